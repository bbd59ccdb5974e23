//! Linear programs solved nearly, by first-order steps: the primal-dual hybrid gradient method.
//!
//! It needs nothing but products with the matrix, goes on from where it was when rows and columns come and go, and its
//! prices are good long before they are exact. What makes it quick here is the measure: columns are counted in shares
//! of the most they can be, rows in shares of their limit, so that all numbers lie between 0 and 1.
//!
//! Source: Applegate and others, *Practical large-scale linear programming using primal-dual hybrid gradient* (2021),
//! with the reflected Halpern steps and restarts of Lu and Yang, *Restarted Halpern PDHG for linear programming*
//! (2024). Scaling by sums: Pock and Chambolle (2011), with which steps of length 1 converge.

/// Steps between looks at how far they still move.
const LOOK: usize = 40;
/// Restarts once the movement has fallen to this share since the last one,
const ENOUGH: f64 = 0.2;
/// or to this one and grows again,
const LITTLE: f64 = 0.8;
/// or after this share of all steps of a run.
const LONG: f64 = 0.36;
/// Entries from which two threads are worth starting, twice in each step.
const LARGE: usize = 400_000;

/// Rows or columns of a sparse matrix.
#[derive(Debug, Default, Clone)]
pub(crate) struct Sparse {
    start: Vec<usize>,
    index: Vec<u32>,
    value: Vec<f64>,
}

impl Sparse {
    pub(crate) fn new() -> Sparse {
        Sparse { start: vec![0], index: Vec::new(), value: Vec::new() }
    }

    pub(crate) fn push(&mut self, entries: impl IntoIterator<Item = (usize, f64)>) {
        for (i, v) in entries {
            self.index.push(u32::try_from(i).expect("programs have fewer than four thousand million rows"));
            self.value.push(v);
        }
        self.start.push(self.index.len());
    }

    fn len(&self) -> usize {
        self.start.len() - 1
    }

    pub(crate) fn of(&self, n: usize) -> impl Iterator<Item = (usize, f64)> {
        let range = self.start[n]..self.start[n + 1];
        self.index[range.clone()].iter().map(|&i| i as usize).zip(self.value[range].iter().copied())
    }

    fn dot(&self, n: usize, v: &[f64]) -> f64 {
        self.of(n).map(|(i, a)| a * v[i]).sum()
    }

    /// The same matrix by the other side, which has so many members.
    fn turned(&self, members: usize) -> Sparse {
        let mut start = vec![0; members + 1];
        self.index.iter().for_each(|&i| start[i as usize + 1] += 1);
        (0..members).for_each(|i| start[i + 1] += start[i]);
        let mut next = start.clone();
        let (mut index, mut value) = (vec![0; self.index.len()], vec![0.0; self.index.len()]);
        for n in 0..self.len() {
            for (i, v) in self.of(n) {
                (index[next[i]], value[next[i]]) = (n as u32, v);
                next[i] += 1;
            }
        }
        Sparse { start, index, value }
    }

    /// Where to divide the members so that both parts have as many entries.
    fn middle(&self) -> usize {
        self.start.partition_point(|&s| s < self.index.len() / 2).min(self.len())
    }
}

/// Most `cost`·x with `lower` ≤ rows ≤ `upper`, and x ≥ 0 but for the first columns, which have ranges.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) columns: Sparse,
    pub(crate) cost: Vec<f64>,
    /// Least and most of the first columns.
    pub(crate) ranges: Vec<(f64, f64)>,
    pub(crate) lower: Vec<f64>,
    pub(crate) upper: Vec<f64>,
    /// In what the rows are measured; positive.
    pub(crate) size: Vec<f64>,
    /// Most that the price of a row can be: for that, its upper limit may be passed.
    pub(crate) most_price: Vec<f64>,
}

/// An answer, and where to go on from.
#[derive(Debug, Default, Clone)]
pub(crate) struct Point {
    pub(crate) x: Vec<f64>,
    /// Prices of rows; negative only for lower limits.
    pub(crate) y: Vec<f64>,
    /// Ratio of the lengths of dual and primal steps; 0: not known yet.
    pub(crate) weight: f64,
}

/// The program in its own measure.
struct Scaled {
    columns: Sparse,
    rows: Sparse,
    cost: Vec<f64>,
    ranges: Vec<(f64, f64)>,
    lower: Vec<f64>,
    upper: Vec<f64>,
    most_price: Vec<f64>,
    column_scale: Vec<f64>,
    row_scale: Vec<f64>,
}

impl Scaled {
    fn new(program: &Program) -> Scaled {
        let mut columns = program.columns.clone();
        let most = |n: usize| {
            let limits = program.columns.of(n).filter(|&(i, a)| a > 0.0 && program.upper[i] > 0.0);
            limits.map(|(i, a)| program.upper[i] / a).fold(f64::INFINITY, f64::min)
        };
        let mut column_scale: Vec<f64> =
            (0..columns.len()).map(most).map(|m| if m.is_finite() { m } else { 1.0 }).collect();
        let mut row_scale: Vec<f64> = program.size.iter().map(|s| 1.0 / s).collect();
        let mut row_sum = vec![0.0; row_scale.len()];
        for (n, scale) in column_scale.iter_mut().enumerate() {
            let range = columns.start[n]..columns.start[n + 1];
            let entries = || columns.index[range.clone()].iter().map(|i| *i as usize);
            let mut sum = 0.0;
            for (i, a) in entries().zip(&mut columns.value[range.clone()]) {
                *a *= *scale * row_scale[i];
                sum += a.abs();
                row_sum[i] += a.abs();
            }
            let root = if sum > 0.0 { f64::sqrt(sum) } else { 1.0 };
            *scale /= root;
            columns.value[range].iter_mut().for_each(|a| *a /= root);
        }
        let root: Vec<f64> = row_sum.iter().map(|s| if *s > 0.0 { s.sqrt() } else { 1.0 }).collect();
        columns.index.iter().zip(&mut columns.value).for_each(|(i, a)| *a /= root[*i as usize]);
        row_scale.iter_mut().zip(&root).for_each(|(scale, root)| *scale /= root);
        let scaled = |limits: &[f64]| limits.iter().zip(&row_scale).map(|(l, s)| l * s).collect();
        Scaled {
            rows: columns.turned(row_scale.len()),
            cost: program.cost.iter().zip(&column_scale).map(|(c, s)| c * s).collect(),
            ranges: program.ranges.iter().zip(&column_scale).map(|((l, m), s)| (l / s, m / s)).collect(),
            lower: scaled(&program.lower),
            upper: scaled(&program.upper),
            most_price: program.most_price.iter().zip(&row_scale).map(|(p, s)| p / s).collect(),
            columns,
            column_scale,
            row_scale,
        }
    }

    /// A first ratio of steps: that of what the sides are measured in.
    fn weight(&self) -> f64 {
        let length = |v: &mut dyn Iterator<Item = f64>| v.map(|a| a * a).sum::<f64>().sqrt();
        let limits = self.upper.iter().zip(&self.lower).map(|(u, l)| if u.is_finite() { *u } else { *l });
        let (cost, limit) = (length(&mut self.cost.iter().copied()), length(&mut limits.into_iter()));
        if cost > 0.0 && limit > 0.0 { cost / limit } else { 1.0 }
    }
}

/// One side while it steps.
struct Side {
    now: Vec<f64>,
    /// Where the present run of steps began.
    anchor: Vec<f64>,
    /// After the plain step, before it is drawn back to the anchor.
    stepped: Vec<f64>,
    /// As far beyond the step as it was long.
    beyond: Vec<f64>,
}

impl Side {
    fn new(now: Vec<f64>) -> Side {
        Side { anchor: now.clone(), stepped: now.clone(), beyond: now.clone(), now }
    }

    /// Steps all members: `step` gives where a member goes from its number and present value.
    fn step(&mut self, pull: f64, at: usize, two: bool, step: &(dyn Fn(usize, f64) -> f64 + Sync)) {
        let walk = |first: usize, now: &mut [f64], anchor: &[f64], stepped: &mut [f64], beyond: &mut [f64]| {
            for n in 0..now.len() {
                let to = step(first + n, now[n]);
                (stepped[n], beyond[n]) = (to, 2.0 * to - now[n]);
                now[n] = pull * anchor[n] + (1.0 - pull) * beyond[n];
            }
        };
        if !two {
            return walk(0, &mut self.now, &self.anchor, &mut self.stepped, &mut self.beyond);
        }
        let (now, more_now) = self.now.split_at_mut(at);
        let (anchor, more_anchor) = self.anchor.split_at(at);
        let (stepped, more_stepped) = self.stepped.split_at_mut(at);
        let (beyond, more_beyond) = self.beyond.split_at_mut(at);
        std::thread::scope(|scope| {
            scope.spawn(|| walk(at, more_now, more_anchor, more_stepped, more_beyond));
            walk(0, now, anchor, stepped, beyond);
        });
    }

    fn restart(&mut self) {
        self.now.copy_from_slice(&self.stepped);
        self.anchor.copy_from_slice(&self.stepped);
    }

    /// How far the last step went.
    fn moved(&self) -> f64 {
        // beyond = 2 stepped − before
        self.stepped.iter().zip(&self.beyond).map(|(s, b)| (b - s) * (b - s)).sum::<f64>().sqrt()
    }

    fn far(&self) -> f64 {
        self.stepped.iter().zip(&self.anchor).map(|(s, a)| (s - a) * (s - a)).sum::<f64>().sqrt()
    }
}

/// Goes so many steps on from a point, which must have as many members as the program.
pub(crate) fn walk(program: &Program, point: &mut Point, steps: usize) {
    let scaled = Scaled::new(program);
    let (columns, rows) = (&scaled.columns, &scaled.rows);
    if point.weight <= 0.0 {
        point.weight = scaled.weight();
    }
    let mut weight = point.weight;
    let mut x = Side::new(point.x.iter().zip(&scaled.column_scale).map(|(x, s)| x / s).collect());
    let mut y = Side::new(point.y.iter().zip(&scaled.row_scale).map(|(y, s)| y / s).collect());
    let two = columns.index.len() >= LARGE;
    let (half_columns, half_rows) = (columns.middle(), rows.middle());
    let (mut since, mut first, mut last) = (0, f64::INFINITY, f64::INFINITY);
    for n in 1..=steps {
        let pull = 1.0 / (since + 2) as f64;
        {
            let (prices, length) = (&y.now, 1.0 / weight);
            let go = |j: usize, x: f64| {
                let (least, most) = scaled.ranges.get(j).copied().unwrap_or((0.0, f64::INFINITY));
                (x + length * (scaled.cost[j] - columns.dot(j, prices))).max(least).min(most)
            };
            x.step(pull, half_columns, two, &go);
        }
        {
            let (beyond, length) = (&x.beyond, weight);
            let go = |i: usize, y: f64| {
                let free = y / length + rows.dot(i, beyond);
                (length * (free - free.clamp(scaled.lower[i], scaled.upper[i]))).min(scaled.most_price[i])
            };
            y.step(pull, half_rows, two, &go);
        }
        since += 1;
        if since != 1 && n % LOOK != 0 {
            continue;
        }
        let moved = (weight * x.moved().powi(2) + y.moved().powi(2) / weight).sqrt();
        if since == 1 {
            (first, last) = (moved, f64::INFINITY);
            continue;
        }
        let long = since as f64 >= LONG * n as f64 && n > 2 * LOOK;
        if moved <= ENOUGH * first || (moved <= LITTLE * first && moved > last) || long {
            let (far_x, far_y) = (x.far(), y.far());
            if far_x > 1e-12 && far_y > 1e-12 {
                weight = (weight * far_y / far_x).sqrt();
            }
            x.restart();
            y.restart();
            since = 0;
        }
        last = moved;
    }
    point.weight = weight;
    point.x = x.stepped.iter().zip(&scaled.column_scale).map(|(x, s)| x * s).collect();
    point.y = y.stepped.iter().zip(&scaled.row_scale).map(|(y, s)| y * s).collect();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_program_is_solved() {
        // Most of x + y with x + 2y ≤ 4 and x ≤ 2.5: 3.25, with prices 0.5 and 0.5.
        let mut columns = Sparse::new();
        columns.push([(0, 1.0), (1, 1.0)]);
        columns.push([(0, 2.0)]);
        let program = Program {
            columns,
            cost: vec![1.0, 1.0],
            ranges: vec![],
            lower: vec![f64::NEG_INFINITY; 2],
            upper: vec![4.0, 2.5],
            size: vec![4.0, 2.5],
            most_price: vec![f64::INFINITY; 2],
        };
        let mut point = Point { x: vec![0.0; 2], y: vec![0.0; 2], weight: 0.0 };
        for _ in 0..10 {
            walk(&program, &mut point, 200);
        }
        let near = |a: &[f64], b: [f64; 2]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-6);
        assert!(near(&point.x, [2.5, 0.75]) && near(&point.y, [0.5, 0.5]), "{point:?}");
    }

    #[test]
    fn a_limit_is_passed_for_its_price() {
        // Most of x up to 3, with x ≤ 1 or else 0.25 each: 2.5.
        let mut columns = Sparse::new();
        columns.push([(0, 1.0), (1, 1.0)]);
        let program = Program {
            columns,
            cost: vec![1.0],
            ranges: vec![],
            lower: vec![f64::NEG_INFINITY; 2],
            upper: vec![1.0, 3.0],
            size: vec![1.0, 3.0],
            most_price: vec![0.25, f64::INFINITY],
        };
        let mut point = Point { x: vec![0.0], y: vec![0.0; 2], weight: 0.0 };
        for _ in 0..10 {
            walk(&program, &mut point, 200);
        }
        assert!((point.x[0] - 3.0).abs() < 1e-6 && (point.y[0] - 0.25).abs() < 1e-6, "{point:?}");
    }

    #[test]
    fn at_least_has_a_negative_price() {
        // Most of −x with x ≥ 2: price −1.
        let mut columns = Sparse::new();
        columns.push([(0, 1.0)]);
        let program = Program {
            columns,
            cost: vec![-1.0],
            ranges: vec![],
            lower: vec![2.0],
            upper: vec![3.0],
            size: vec![3.0],
            most_price: vec![f64::INFINITY],
        };
        let mut point = Point { x: vec![0.0], y: vec![0.0], weight: 0.0 };
        for _ in 0..10 {
            walk(&program, &mut point, 200);
        }
        assert!((point.x[0] - 2.0).abs() < 1e-6 && (point.y[0] + 1.0).abs() < 1e-6, "{point:?}");
    }
}
