//! Title: whose the goods of a consignment are before, on and after their way, and so which of its documents they stand in.

use std::collections::{BTreeMap, BTreeSet};

use muster_domain::{
    code::Code, consignment::ConsignmentState, document::force_of, field::Country, message, offer::Offer,
    picture::Picture,
};
use muster_storage::transfer::{
    read::{Title, titles},
    then::titled,
};

use super::shown::Shown;
use crate::{App, Error};

/// Whose the goods of a consignment are, by line.
pub(super) type Titles = BTreeMap<i64, Title>;

impl App {
    /// Whose the goods are of which the viewer sees the lines.
    pub(super) async fn titles(&self, picture: &Picture, shown: &Shown) -> Result<Titles, Error> {
        let head = &shown.head;
        let passed = if head.state == ConsignmentState::Closed { i64::MAX } else { head.passed };
        let mut conn = self.read().await?;
        let mut titles = titles(&mut conn, head.code.as_str(), passed).await?;
        titles.retain(|line, _| shown.lines.iter().any(|of| of.line == *line && of.present > 0));
        let titled = titled(&mut conn, head.code.as_str()).await?;
        let Some(recipient) = picture.recipient().cloned() else {
            return Ok(titles);
        };
        let passed = |before: &Code, to: &Code| Title { before: before.clone(), now: to.clone(), after: to.clone() };
        for line in shown.lines.iter().filter(|line| line.present > 0) {
            let offer = line.offer.as_ref().and_then(|offer| picture.offers.get(offer.as_str()));
            let donor = offer.map(|offer| offer.donor.code());
            if !titled.contains(&line.line) || offer.is_some_and(Offer::is_lent) {
                // What no step tells of, since it was split off or joined where nothing follows, is still its donor's.
                if let Some(donor) = donor {
                    titles.entry(line.line).or_insert_with(|| passed(donor, donor));
                }
                continue;
            }
            let title = titles.entry(line.line).or_insert_with(|| passed(donor.unwrap_or(&recipient), &recipient));
            // Where nothing follows, no step says whose it is now; and a part that was split off later has no step from before.
            if title.after != recipient {
                (title.now, title.after) = (recipient.clone(), recipient.clone());
            }
            if let Some(donor) = donor.filter(|_| title.before == recipient) {
                title.before = donor.clone();
            }
        }
        Ok(titles)
    }
}

/// Who gives something of a consignment: whose it was before, where others will own it.
pub(super) fn donors(titles: &Titles) -> BTreeSet<&Code> {
    titles.values().filter(|title| title.before != title.after).map(|title| &title.before).collect()
}

/// The country of the force to which goods belong now and at the end of their way; none: they are given, or no force's.
pub(super) fn kept_by<'p>(picture: &'p Picture, title: &Title) -> Option<&'p Country> {
    force_of(picture, title.now.as_str()).filter(|_| title.now == title.after)
}

/// Leaves of a consignment what belongs to a force and goes on belonging to it, for its customs declaration; gives whose it is, if it is
/// one's.
pub(super) fn declared(picture: &Picture, titles: &Titles, shown: &mut Shown) -> Result<Option<Code>, Error> {
    let kept = |line: i64| titles.get(&line).filter(|title| kept_by(picture, title).is_some());
    only(shown, |line| kept(line).is_some());
    if shown.lines.is_empty() {
        return Err(Error::Invalid(message!("document-nothing-kept", consignment = &shown.head.code)));
    }
    let owners: BTreeSet<&Code> =
        shown.lines.iter().filter_map(|line| kept(line.line)).map(|title| &title.now).collect();
    Ok(owners.first().filter(|_| owners.len() == 1).map(|owner| (*owner).clone()))
}

/// Leaves of a consignment what one donor gives, for its certificate; gives who that is, to whom it then belongs, and whether others give,
/// too.
pub(super) fn given(titles: &Titles, donor: Option<&str>, shown: &mut Shown) -> Result<(Code, Code, bool), Error> {
    let all = donors(titles);
    let named = || all.iter().map(|donor| donor.as_str()).collect::<Vec<_>>().join(", ");
    let found = match donor {
        Some(name) => all.iter().find(|donor| donor.as_str() == name),
        None => all.first().filter(|_| all.len() == 1),
    };
    let Some(&donor) = found else {
        let consignment = &shown.head.code;
        return Err(Error::Invalid(match all.is_empty() {
            true => message!("document-nothing-given", consignment),
            false => message!("document-of-which-donor", consignment, donors = named()),
        }));
    };
    let title = |line: i64| titles.get(&line).filter(|title| title.before == *donor && title.before != title.after);
    let after = titles.values().find(|title| title.before == *donor && title.before != title.after);
    let owner = after.map_or_else(|| donor.clone(), |title| title.after.clone());
    only(shown, |line| title(line).is_some());
    Ok((donor.clone(), owner, all.len() > 1))
}

/// Leaves some lines of a consignment, with the handling units on which they lie. Of one on which others lie, too, nobody knows how much of
/// its mass is theirs.
fn only(shown: &mut Shown, stays: impl Fn(i64) -> bool) {
    let on = |shown: &Shown, sscc: &str, theirs: bool| {
        shown.units.iter().any(|unit| unit.sscc.as_deref() == Some(sscc) && stays(unit.line) == theirs)
    };
    let mut units = std::mem::take(&mut shown.handling_units);
    units.retain(|unit| on(shown, &unit.sscc, true));
    for unit in &mut units {
        unit.gross_kg = unit.gross_kg.filter(|_| !on(shown, &unit.sscc, false));
    }
    shown.handling_units = units;
    shown.lines.retain(|line| stays(line.line));
    shown.units.retain(|unit| stays(unit.line));
}
