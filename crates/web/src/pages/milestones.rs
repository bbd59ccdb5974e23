//! The milestones of a consignment on its page.

use muster_app::{storage::transfer::Reached, transfer::shown::Shown};
use muster_domain::{consignment::Milestone, picture::Picture};

use super::{
    figures,
    record::{
        cells::Cell,
        panels::{Panel, record_cell, text_cell},
    },
};
use crate::text::{self, say_with};

/// A table of milestones, and of gates that were opened with authority.
pub(crate) fn panel(picture: &Picture, shown: &Shown) -> Panel {
    let columns = [
        ("panel-what", false),
        ("consignment-place", false),
        ("panel-when", false),
        ("journal-recorded", false),
        ("panel-who", false),
        ("consignment-remark", false),
    ];
    let mut panel = Panel::new("milestones", &columns);
    for (number, reached) in (1..).zip(&shown.milestones) {
        let kind = milestone(reached, picture, shown);
        let unsigned = shown.unsigned.contains(&number);
        panel.row(vec![
            text_cell(match &reached.taken_back {
                Some(_) => say_with("milestone-taken-back", &[("x", kind.into())]),
                None if unsigned => say_with("milestone-unsigned", &[("x", kind.into())]),
                None => kind,
            }),
            record_cell(picture, "places", reached.place.as_str()),
            text_cell(figures::moment(reached.occurred_at)),
            text_cell(figures::moment(reached.recorded_at)),
            text_cell(reached.actor.clone()),
            text_cell(reached.remark.clone()),
        ]);
        if let Some(one) = &reached.taken_back {
            let kind = text::word(reached.kind.as_str()).into_owned();
            panel.row(vec![
                text_cell(say_with("milestone-takes-back", &[("x", kind.into())])),
                Cell::default(),
                text_cell(figures::moment(one.recorded_at)),
                text_cell(figures::moment(one.recorded_at)),
                text_cell(one.actor.clone()),
                text_cell(one.reason.clone()),
            ]);
        }
    }
    for one in &shown.overrides {
        let gate = text::word(one.gate.as_str()).into_owned();
        panel.row(vec![
            text_cell(say_with("consignment-opened", &[("x", gate.into())])),
            Cell::default(),
            text_cell(figures::moment(one.recorded_at)),
            text_cell(figures::moment(one.recorded_at)),
            text_cell(one.actor.clone()),
            text_cell(one.reason.clone()),
        ]);
    }
    panel
}

/// Milestones for which nobody signed, by number: what, where and when.
pub(crate) fn unsigned(picture: &Picture, shown: &Shown) -> Vec<(i64, String)> {
    let all = (1..).zip(&shown.milestones).filter(|(number, _)| shown.unsigned.contains(number));
    let words = |reached: &Reached| {
        let (kind, at) = (text::word(reached.kind.as_str()), figures::moment(reached.occurred_at));
        let place = picture
            .places
            .get(reached.place.as_str())
            .map_or_else(|| reached.place.to_string(), |p| p.name.to_string());
        format!("{kind}, {place}, {at}")
    };
    all.map(|(number, reached)| (number, words(reached))).collect()
}

/// A milestone in words; of what had been missing, and of what came to another place than it was sent to, it says so.
fn milestone(reached: &Reached, picture: &Picture, shown: &Shown) -> String {
    let kind = text::word(reached.kind.as_str()).into_owned();
    match reached.completes {
        Some(_) => say_with("milestone-late", &[("x", kind.into())]),
        None if is_off_the_way(reached, picture, shown) => say_with("milestone-elsewhere", &[("x", kind.into())]),
        None => kind,
    }
}

/// Whether it was reached at a place to which no lane of the way leads, as far as the viewer sees those.
fn is_off_the_way(reached: &Reached, picture: &Picture, shown: &Shown) -> bool {
    let mut lanes = shown.head.route.iter().map(|lane| picture.lanes.get(lane.as_str()));
    reached.kind == Milestone::ArrivedAtNode
        && lanes.all(|lane| lane.is_some_and(|lane| *lane.to.code() != reached.place))
}
