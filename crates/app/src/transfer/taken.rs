//! What comes of a count or a look at a consignment: lines as they now are, and what is wrong with them.

use muster_domain::{code::Code, ledger::account::AccountKey, variance::VarianceKind};
use muster_storage::transfer::{Line, Unit};

use super::giving::{ByNeed, add};

/// What was taken over of a consignment.
pub(crate) struct Taken {
    /// Lines that came into other hands, as they now are.
    pub(crate) lines: Vec<Line>,
    /// All units that are with them.
    pub(crate) units: Vec<Unit>,
    /// Lines whose units changed.
    pub(super) recounted: Vec<i64>,
    /// Of each line what is missing, hurt and too much, with its account.
    pub(crate) wrong: Vec<Wrong>,
    /// Who now holds what stands on no line.
    pub(crate) holder: Code,
    /// Units, by need and by what they are, that are promised to it no more.
    pub(super) released: ByNeed,
    /// The lines to which the title passed to another.
    pub(super) titled: Vec<i64>,
}

impl Taken {
    /// Nothing yet, in these hands.
    pub(crate) fn nothing(holder: Code) -> Self {
        let (lines, units, recounted, wrong) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { lines, units, recounted, wrong, holder, released: ByNeed::new(), titled: Vec::new() }
    }

    /// Units of a line are hurt, and kept apart.
    pub(crate) fn hurt(&mut self, line: &Line, of_it: (i64, Vec<Unit>), apart: AccountKey, remark: &str) {
        self.gives_up(line, of_it.0);
        self.is_wrong((VarianceKind::Damaged, line), of_it, apart, remark);
    }

    /// Units of a line are not there any more, and are missed in that account.
    pub(super) fn misses(&mut self, line: &Line, of_it: (i64, Vec<Unit>), account: AccountKey, remark: &str) {
        self.is_wrong((VarianceKind::Short, line), of_it, account, remark);
    }

    fn is_wrong(
        &mut self,
        (kind, line): (VarianceKind, &Line),
        (quantity, units): (i64, Vec<Unit>),
        account: AccountKey,
        remark: &str,
    ) {
        let (line, holder, remark) = (line.clone(), account.holder.clone(), remark.to_owned());
        self.wrong.push(Wrong { kind, line, quantity, units, holder, account, remark });
    }

    /// Whether something is missing.
    pub(super) fn is_short(&self) -> bool {
        self.wrong.iter().any(|wrong| wrong.kind == VarianceKind::Short)
    }

    /// Units of a line will not come to its need.
    pub(super) fn gives_up(&mut self, line: &Line, quantity: i64) {
        if let Some(need) = &line.need {
            add(&mut self.released, need, &line.resource, -quantity);
        }
    }
}

/// What is wrong with a line.
pub(crate) struct Wrong {
    pub(crate) kind: VarianceKind,
    pub(crate) line: Line,
    pub(crate) quantity: i64,
    pub(crate) units: Vec<Unit>,
    /// In whose hands it is, or should be.
    pub(crate) holder: Code,
    /// Where it is, or would be.
    pub(crate) account: AccountKey,
    pub(crate) remark: String,
}
