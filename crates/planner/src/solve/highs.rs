//! The few calls of HiGHS that the planner needs, made safe.
//!
//! The crate `highs` can't interrupt an integer solve, so `highs-sys` is used directly. All `unsafe` of the crate is here, and nothing of planning is.
#![expect(unsafe_code, reason = "calls of a C library; each is justified where it stands")]

use std::ffi::{CString, c_char, c_int, c_void};
use std::ops::ControlFlow;

use highs_sys as c;

/// Columns or rows to add: bounds, and a sparse matrix by its starts.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// Costs of columns; unused for rows.
    pub(crate) cost: Vec<f64>,
    pub(crate) lower: Vec<f64>,
    pub(crate) upper: Vec<f64>,
    start: Vec<c::HighsInt>,
    index: Vec<c::HighsInt>,
    value: Vec<f64>,
}

impl Batch {
    pub(crate) fn is_empty(&self) -> bool {
        self.lower.is_empty()
    }

    /// Adds one column or row; `entries` are (row or column, coefficient).
    pub(crate) fn push(&mut self, cost: f64, lower: f64, upper: f64, entries: impl Iterator<Item = (usize, f64)>) {
        self.start.push(int(self.index.len()));
        for (i, v) in entries {
            self.index.push(int(i));
            self.value.push(v);
        }
        self.cost.push(cost);
        self.lower.push(lower);
        self.upper.push(upper);
    }
}

fn int(n: usize) -> c::HighsInt {
    c::HighsInt::try_from(n).expect("models have fewer than two thousand million columns, rows and entries")
}

/// What an integer solve reports while it runs: the objective of its best solution, minimising.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Report {
    pub(crate) primal: f64,
}

/// Threads of every model: HiGHS has one pool per process, and refuses models that ask for another size.
const THREADS: i32 = 2;

/// One HiGHS model; minimises.
pub(crate) struct Highs {
    model: *mut c_void,
    columns: usize,
}

impl Drop for Highs {
    fn drop(&mut self) {
        // SAFETY: the pointer came from Highs_create and is destroyed once.
        unsafe { c::Highs_destroy(self.model) }
    }
}

impl Highs {
    pub(crate) fn new(seed: u64) -> Highs {
        // SAFETY: no precondition.
        let model = unsafe { c::Highs_create() };
        let mut highs = Highs { model, columns: 0 };
        highs.set_bool("output_flag", false);
        highs.set_int("threads", THREADS);
        // HiGHS takes 31 bits.
        highs.set_int("random_seed", i32::try_from(seed & 0x7fff_ffff).expect("31 bits"));
        highs
    }

    pub(crate) fn set_bool(&mut self, option: &str, value: bool) {
        let name = CString::new(option).expect("option names have no zero bytes");
        // SAFETY: the model is alive and the name ends in zero.
        unsafe { c::Highs_setBoolOptionValue(self.model, name.as_ptr(), c::HighsInt::from(value)) };
    }

    pub(crate) fn set_int(&mut self, option: &str, value: i32) {
        let name = CString::new(option).expect("option names have no zero bytes");
        // SAFETY: as above.
        unsafe { c::Highs_setIntOptionValue(self.model, name.as_ptr(), value) };
    }

    pub(crate) fn set_float(&mut self, option: &str, value: f64) {
        let name = CString::new(option).expect("option names have no zero bytes");
        // SAFETY: as above.
        unsafe { c::Highs_setDoubleOptionValue(self.model, name.as_ptr(), value) };
    }

    pub(crate) fn add_columns(&mut self, batch: &Batch) {
        if batch.is_empty() {
            return;
        }
        // SAFETY: all arrays have the lengths that are passed; HiGHS copies them.
        unsafe {
            c::Highs_addCols(
                self.model,
                int(batch.lower.len()),
                batch.cost.as_ptr(),
                batch.lower.as_ptr(),
                batch.upper.as_ptr(),
                int(batch.index.len()),
                batch.start.as_ptr(),
                batch.index.as_ptr(),
                batch.value.as_ptr(),
            )
        };
        self.columns += batch.lower.len();
    }

    pub(crate) fn add_rows(&mut self, batch: &Batch) {
        if batch.is_empty() {
            return;
        }
        // SAFETY: all arrays have the lengths that are passed; HiGHS copies them.
        unsafe {
            c::Highs_addRows(
                self.model,
                int(batch.lower.len()),
                batch.lower.as_ptr(),
                batch.upper.as_ptr(),
                int(batch.index.len()),
                batch.start.as_ptr(),
                batch.index.as_ptr(),
                batch.value.as_ptr(),
            )
        };
    }

    pub(crate) fn set_integer(&mut self, column: usize) {
        // SAFETY: HiGHS checks the column's number.
        unsafe { c::Highs_changeColIntegrality(self.model, int(column), c::kHighsVarTypeInteger) };
    }

    /// Gives the integer solve a solution to start from.
    pub(crate) fn start_from(&mut self, columns: &[f64]) {
        assert_eq!(columns.len(), self.columns, "a start has a value for each column");
        let none = std::ptr::null();
        // SAFETY: the array has one value per column; null means that the others are not known.
        unsafe { c::Highs_setSolution(self.model, columns.as_ptr(), none, none, none) };
    }

    /// Solves within `seconds`.
    fn run(&mut self, seconds: f64) {
        // HiGHS counts its time over all runs of a model unless the clock is reset.
        // SAFETY: the model is alive.
        unsafe { c::Highs_zeroAllClocks(self.model) };
        self.set_float("time_limit", seconds.max(0.01));
        // SAFETY: the model is alive.
        unsafe { c::Highs_run(self.model) };
    }

    /// Solves an integer model within `seconds`, telling `watch`, which may end it.
    pub(crate) fn run_watched(&mut self, seconds: f64, watch: &mut dyn FnMut(Report) -> ControlFlow<()>) {
        let mut watcher: Watcher<'_> = watch;
        let data = (&raw mut watcher).cast::<c_void>();
        // SAFETY: `watcher` outlives the run, and the callback is taken off before this returns.
        unsafe {
            c::Highs_setCallback(self.model, Some(on_callback), data);
            c::Highs_startCallback(self.model, INTERRUPT);
        }
        self.run(seconds);
        // SAFETY: as above.
        unsafe {
            c::Highs_stopCallback(self.model, INTERRUPT);
            c::Highs_setCallback(self.model, None, std::ptr::null_mut());
        }
    }

    /// Values of the columns after a solve.
    pub(crate) fn values(&self) -> Vec<f64> {
        let mut columns = vec![0.0; self.columns];
        let none = std::ptr::null_mut();
        // SAFETY: the array has as many members as the model has columns; null means that the others are not asked for.
        unsafe { c::Highs_getSolution(self.model, columns.as_mut_ptr(), none, none, none) };
        columns
    }

    /// True if the last solve left a feasible solution.
    pub(crate) fn has_solution(&self) -> bool {
        let mut status: c::HighsInt = 0;
        let name = CString::new("primal_solution_status").expect("no zero bytes");
        // SAFETY: the name ends in zero and the target outlives the call.
        unsafe { c::Highs_getIntInfoValue(self.model, name.as_ptr(), &raw mut status) };
        // 0: none, 1: infeasible, 2: feasible (HiGHS's SolutionStatus)
        status == 2
    }
}

type Watcher<'w> = &'w mut dyn FnMut(Report) -> ControlFlow<()>;

/// `kHighsCallbackMipInterrupt` of the C interface.
const INTERRUPT: c_int = 6;

unsafe extern "C" fn on_callback(
    kind: c_int,
    _message: *const c_char,
    out: *const c::HighsCallbackDataOut,
    answer: *mut c::HighsCallbackDataIn,
    data: *mut c_void,
) {
    if kind != INTERRUPT || out.is_null() || answer.is_null() || data.is_null() {
        return;
    }
    // SAFETY: HiGHS passes valid records for the time of the call, and `data` is the watcher of `run_watched`.
    let (watcher, out, answer) = unsafe { (&mut *data.cast::<Watcher<'_>>(), &*out, &mut *answer) };
    let report = Report { primal: out.mip_primal_bound };
    // A panic must not cross C++ frames: it ends the solve instead.
    let verdict = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| watcher(report)));
    if !matches!(verdict, Ok(ControlFlow::Continue(()))) {
        answer.user_interrupt = 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Most of x + y with x + 2y ≤ 4 and x ≤ 2.5.
    fn model() -> Highs {
        let mut highs = Highs::new(1);
        let mut rows = Batch::default();
        rows.push(0.0, f64::NEG_INFINITY, 4.0, std::iter::empty());
        highs.add_rows(&rows);
        let mut columns = Batch::default();
        columns.push(-1.0, 0.0, 2.5, std::iter::once((0, 1.0)));
        columns.push(-1.0, 0.0, f64::INFINITY, std::iter::once((0, 2.0)));
        highs.add_columns(&columns);
        highs
    }

    #[test]
    fn whole_numbers_are_solved_for_and_a_watch_is_heard() {
        let mut highs = model();
        (0..2).for_each(|n| highs.set_integer(n));
        highs.run_watched(10.0, &mut |_| ControlFlow::Continue(()));
        assert!(highs.has_solution());
        assert_eq!(highs.values(), [2.0, 1.0]);
    }
}
