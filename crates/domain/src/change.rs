//! Changes: what is other in one picture than in the one before.

use crate::{
    fault::{Fault, Faults},
    field::Scalar,
    label::LABEL,
    message,
    offer::Offer,
    package::Package,
    picture::{Holds, Picture, Visitor, visit},
    record::{Record, Shape},
    requirement::Requirement,
    serial::Serial,
};

/// A record's values as the database and as people see them.
#[derive(Clone, Debug, PartialEq)]
pub struct Values {
    /// In the order of the columns, as the database keeps them.
    pub scalars: Vec<Scalar>,
    /// In the order of the columns, as text.
    pub cells: Vec<String>,
}

/// One record that is new, other than it was, or gone.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The sheet.
    pub sheet: &'static str,
    /// The record's key.
    pub key: String,
    /// What it was; `None`: it is new.
    pub before: Option<Values>,
    /// What it is; `None`: it is gone.
    pub after: Option<Values>,
}

impl Change {
    /// The columns whose text differs, with the text before and after. A new record's are all its columns that are not empty.
    pub fn columns(&self) -> Vec<(&'static str, &str, &str)> {
        let shape = Shape::of(self.sheet).expect("a change is of a known sheet");
        (0..shape.columns.len())
            .filter(|n| at(&self.before, *n) != at(&self.after, *n))
            .map(|n| (shape.columns[n].name, at(&self.before, n), at(&self.after, n)))
            .collect()
    }
}

fn at(values: &Option<Values>, n: usize) -> &str {
    values.as_ref().map_or("", |v| v.cells[n].as_str())
}

/// What `incoming` changes in `current`: records that are new or other than before; and, of a record that `incoming` names, the parts
/// (accepted resources, components, steps, closures, substitutes) that it names no more. Records that it does not name stay.
///
/// The second value lists changes of state that may not happen.
pub fn changes(current: &Picture, incoming: &Picture) -> (Vec<Change>, Vec<Fault>) {
    let mut compare = Compare { current, incoming, changes: Vec::new() };
    visit(&mut compare);
    (compare.changes, transition_faults(current, incoming))
}

struct Compare<'a> {
    current: &'a Picture,
    incoming: &'a Picture,
    changes: Vec<Change>,
}

impl Visitor for Compare<'_> {
    fn visit<R: Record>(&mut self)
    where
        Picture: Holds<R>,
    {
        let values = |record: &R| Values { scalars: record.scalars(), cells: record.cells() };
        let (current, incoming) = (self.current.of::<R>(), self.incoming.of::<R>());
        for (key, record) in incoming {
            let before = current.get(key);
            if before != Some(record) {
                let change = Change {
                    sheet: R::SHEET,
                    key: key.clone(),
                    before: before.map(values),
                    after: Some(values(record)),
                };
                self.changes.push(change);
            }
        }
        let Some(parent) = R::SHAPE.part_of else { return };
        for (key, record) in current.iter().filter(|(key, _)| !incoming.contains_key(*key)) {
            let owner = key.split(' ').next().unwrap_or_default();
            if self.incoming.has(parent, owner) {
                self.changes.push(Change {
                    sheet: R::SHEET,
                    key: key.clone(),
                    before: Some(values(record)),
                    after: None,
                });
            }
        }
    }
}

fn transition_faults(current: &Picture, incoming: &Picture) -> Vec<Fault> {
    let mut found = Vec::new();
    let mut refuse = |sheet, key: &str, from: &str, to: &str| {
        Faults::of(sheet, key, &mut found).column("state", to, message!("state-may-follow", state = from));
    };
    for (key, offer) in &incoming.offers {
        if let Some(before) = current.offers.get(key).map(|o| o.state)
            && before != offer.state
            && !before.may_become(offer.state)
        {
            refuse(Offer::SHEET, key, before.as_str(), offer.state.as_str());
        }
    }
    let needs = |p: &Picture, key: &str| {
        p.requirements.get(key).map(|r| r.state).or_else(|| p.packages.get(key).map(|k| k.state))
    };
    for (sheet, key) in incoming
        .requirements
        .keys()
        .map(|k| (Requirement::SHEET, k))
        .chain(incoming.packages.keys().map(|k| (Package::SHEET, k)))
    {
        if let (Some(before), Some(after)) = (needs(current, key), needs(incoming, key))
            && before != after
            && !before.next().contains(&after)
        {
            refuse(sheet, key, before.as_str(), after.as_str());
        }
    }
    for (key, serial) in &incoming.serials {
        if let Some(before) = current.serials.get(key).map(|serial| serial.state)
            && before != serial.state
            && !before.next().contains(&serial.state)
        {
            refuse(Serial::SHEET, key, before.as_str(), serial.state.as_str());
        }
    }
    found
}

/// Gives records that say nothing of their label the one they have: a file without that column releases nothing and withdraws nothing.
pub fn keep_labels(current: &Picture, incoming: &mut Picture) {
    struct Keep<'a> {
        from: &'a Picture,
        to: &'a mut Picture,
    }
    impl Visitor for Keep<'_> {
        fn visit<R: Record>(&mut self)
        where
            Picture: Holds<R>,
        {
            let Some(at) = R::SHAPE.at(LABEL) else { return };
            let known = self.from.of::<R>();
            for (key, record) in Holds::<R>::sheet_mut(self.to) {
                let Some(before) = known.get(key) else { continue };
                let (label, mut scalars) = (before.scalars().swap_remove(at), record.scalars());
                if record.cells()[at].is_empty() && scalars[at] != label {
                    scalars[at] = label;
                    *record = R::from_scalars(&scalars).expect("both labels were read before");
                }
            }
        }
    }
    visit(&mut Keep { from: current, to: incoming });
}

/// `current` with `incoming` laid over it, as [`changes`] describes.
pub fn merged(current: &Picture, incoming: &Picture) -> Picture {
    struct Lay<'a> {
        into: Picture,
        from: &'a Picture,
    }
    impl Visitor for Lay<'_> {
        fn visit<R: Record>(&mut self)
        where
            Picture: Holds<R>,
        {
            if let Some(parent) = R::SHAPE.part_of {
                let stays = |key: &String| !self.from.has(parent, key.split(' ').next().unwrap_or_default());
                Holds::<R>::sheet_mut(&mut self.into).retain(|key, _| stays(key));
            }
            Holds::<R>::sheet_mut(&mut self.into).extend(self.from.of::<R>().clone());
        }
    }
    let mut lay = Lay { into: current.clone(), from: incoming };
    visit(&mut lay);
    lay.into
}
