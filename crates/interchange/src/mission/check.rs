//! What must hold within and between records, told by file and line.

use muster_domain::{
    change::merged,
    fault::Fault,
    message,
    picture::{Picture, SHAPES},
    record::Shape,
};

use super::read::Reading;
use crate::issue::{Issue, Issues};

impl Reading {
    /// What does not hold once the records read are laid over `current`, by file and line. A record that broke a rule of its own before
    /// and stands in none of the files stops nobody: the rule may be younger than the record.
    ///
    /// What follows from a record that could not be read is left out: a reference to it, or that something lacks it as a part. The
    /// issue of that record says it already.
    pub fn check(&self, current: &Picture) -> Vec<Issue> {
        let mut faults = merged(current, &self.picture).faults();
        if !faults.is_empty() {
            let before = current.faults();
            let is_read = |fault: &Fault| self.spots.contains_key(&(fault.sheet, fault.key.clone()));
            let own_rule = |fault: &Fault| !fault.key.is_empty() && fault.message.key != "must-be";
            faults.retain(|fault| is_read(fault) || !own_rule(fault) || !before.contains(fault));
        }
        self.told(&faults)
    }

    /// As [`Reading::check`], for somebody who sees `current` but not everything there is: what seems to be wrong with it alone, since
    /// they do not see what it refers to, is not told.
    pub fn check_seen(&self, current: &Picture) -> Vec<Issue> {
        let before = current.faults();
        let mut faults = merged(current, &self.picture).faults();
        faults.retain(|fault| !before.contains(fault));
        self.told(&faults)
    }

    fn told(&self, faults: &[Fault]) -> Vec<Issue> {
        let mut issues = Issues::default();
        for fault in faults.iter().filter(|fault| !self.follows_from_broken(fault)) {
            issues.add(self.locate(fault));
        }
        issues.into_vec()
    }

    /// The fault with the file and line of its record. Where the record stands in none of the files, the file is empty and the
    /// message names the record.
    pub fn locate(&self, fault: &Fault) -> Issue {
        let said = fault.message.clone();
        let issue = match self.spots.get(&(fault.sheet, fault.key.clone())) {
            Some(spot) => self.places[spot.place].issue(spot.line, said),
            None if fault.key.is_empty() => Issue::of_file("", message!("of-sheet", sheet = fault.sheet, said)),
            None => Issue::of_file("", message!("stored-record", said, key = &fault.key, sheet = fault.sheet)),
        };
        match fault.column {
            Some(column) => issue.in_column(column, &fault.value),
            None => issue,
        }
    }

    fn follows_from_broken(&self, fault: &Fault) -> bool {
        let Some(shape) = Shape::of(fault.sheet) else { return false };
        let broken = |sheet: &'static str, key: &str| {
            self.broken_sheets.contains(sheet) || self.broken.contains(&(sheet, key.to_owned()))
        };
        let owner = fault.key.split(' ').next().unwrap_or_default();
        let of_whole_sheet = fault.key.is_empty() && self.broken.iter().any(|(sheet, _)| *sheet == fault.sheet);
        let part_is_broken =
            SHAPES.iter().any(|part| part.part_of == Some(fault.sheet) && self.broken_sheets.contains(part.sheet));
        let refers_to = shape.columns.iter().find(|c| Some(c.name) == fault.column).and_then(|c| (c.refers_to)());
        of_whole_sheet
            || broken(fault.sheet, &fault.key)
            || (fault.column.is_none() && part_is_broken)
            || shape.part_of.is_some_and(|parent| broken(parent, owner))
            || refers_to.is_some_and(|sheet| broken(sheet, &fault.value))
    }
}
