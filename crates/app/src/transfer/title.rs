//! Title: whose the goods of a consignment are before, on and after their way, and so which of its documents they stand in.

use std::collections::{BTreeMap, BTreeSet};

use muster_documents::papers::{Line, Papers};
use muster_domain::{
    code::Code,
    consignment::{ConsignmentState, Milestone},
    document::force_of,
    field::Country,
    message,
    picture::Picture,
};
use muster_storage::transfer::{
    Reached,
    read::{Title, titles},
};

use super::{papers::party, shown::Shown};
use crate::{App, Error, everything};

/// Whose the goods of a consignment are, by line.
pub(super) type Titles = BTreeMap<i64, Title>;

impl App {
    /// Whose the goods are of which the viewer sees the lines.
    pub(super) async fn titles(&self, shown: &Shown) -> Result<Titles, Error> {
        let head = &shown.head;
        let passed = if head.state == ConsignmentState::Closed { i64::MAX } else { head.passed };
        let mut titles = titles(&mut self.read().await?, head.code.as_str(), passed).await?;
        titles.retain(|line, _| shown.lines.iter().any(|of| of.line == *line));
        // What passed before anything left is no part of the way any more.
        let passed_at_origin =
            |reached: &Reached| reached.kind == Milestone::TitleTransferred && reached.place == head.origin;
        if shown.milestones.iter().any(passed_at_origin) {
            let picture = self.picture(&everything()).await?;
            for line in &shown.lines {
                let offer = line.offer.as_ref().and_then(|offer| picture.offers.get(offer.as_str()));
                if let (Some(title), Some(offer)) = (titles.get_mut(&line.line), offer) {
                    title.before = offer.donor.code().clone();
                }
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

/// Leaves in a customs declaration what belongs to a force and goes on belonging to it. Whose it is declares it.
pub(super) fn declared(picture: &Picture, titles: &Titles, papers: &mut Papers) {
    let title = |line: &Line| titles.get(&i64::from(line.number));
    papers.lines.retain(|line| title(line).is_some_and(|title| kept_by(picture, title).is_some()));
    let owners: BTreeSet<&Code> = papers.lines.iter().filter_map(title).map(|title| &title.now).collect();
    if let (Some(owner), 1) = (owners.first(), owners.len()) {
        papers.consignor = party(picture, owner.as_str());
    }
}

/// Leaves in a donation certificate what one donor gives, to whom it then belongs.
pub(super) fn given(picture: &Picture, titles: &Titles, donor: Option<&str>, papers: &mut Papers) -> Result<(), Error> {
    let all = donors(titles);
    let named = || all.iter().map(|donor| donor.as_str()).collect::<Vec<_>>().join(", ");
    let donor = match donor {
        Some(name) => all.iter().find(|donor| donor.as_str() == name),
        None => all.first().filter(|_| all.len() == 1),
    };
    let Some(&donor) = donor else {
        let consignment = &papers.consignment;
        return Err(Error::Invalid(match all.is_empty() {
            true => message!("document-nothing-given", consignment),
            false => message!("document-of-which-donor", consignment, donors = named()),
        }));
    };
    let title = |line: &Line| titles.get(&i64::from(line.number)).filter(|title| title.before != title.after);
    papers.lines.retain(|line| title(line).is_some_and(|title| title.before == *donor));
    papers.donor = Some(party(picture, donor.as_str()));
    if let Some(title) = papers.lines.iter().find_map(title) {
        papers.consignee = party(picture, title.after.as_str());
    }
    papers.number = if all.len() > 1 { format!("{}-{donor}", papers.number) } else { papers.number.clone() };
    Ok(())
}
