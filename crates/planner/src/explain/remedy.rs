//! What would take the causes of a shortfall away.

use super::{Reason, Shortfall};
use crate::change::Change;
use crate::instance::Instance;
use crate::solve::LimitKind;

/// The changes that take away what stands in the way of a shortfall of this instance's plan. Empty if nothing does, or
/// if it would not pay.
pub fn remedy(instance: &Instance, shortfall: &Shortfall) -> Vec<Change> {
    let requirements = instance.requirements.iter().map(|r| (&r.id, &r.place));
    let mut wants = requirements.chain(instance.packages.iter().map(|k| (&k.id, &k.place)));
    let Some((_, place)) = wants.find(|(id, _)| **id == shortfall.want) else { return Vec::new() };
    let mut changes = Vec::new();
    for (n, cause) in shortfall.causes.iter().enumerate() {
        match &cause.reason {
            Reason::NotOffered | Reason::NoWay { .. } => changes.push(Change::AddOffer {
                offer: format!("remedy {n}"),
                donor: String::new(),
                resource: cause.resource.clone(),
                quantity: cause.units,
                place: place.clone(),
                from: 0,
            }),
            Reason::Caveat { offers } => {
                changes.extend(offers.iter().map(|(offer, _)| Change::LiftCaveat { offer: offer.clone() }));
            }
            Reason::Elsewhere { offers, .. } => changes
                .extend(offers.iter().map(|(offer, units)| Change::MoreOf { offer: offer.clone(), units: *units })),
            Reason::Full { what, id, periods, lacking, .. } => {
                // The checker's tolerance is no part of what is asked for.
                let more = lacking * (1.0 + 1e-9);
                // A lane is widened in these periods only, other limits for good.
                let each = if *what == LimitKind::Lane { periods.as_slice() } else { periods.get(..1).unwrap_or(&[]) };
                changes.extend(each.iter().filter_map(|&t| Change::widen(*what, id, (t, t), more)));
            }
            Reason::TooLate { arrives, last, .. } => {
                changes.push(Change::MoreTime { want: shortfall.want.clone(), periods: arrives.saturating_sub(*last) });
            }
            Reason::Horizon { arrives, .. } => {
                let periods = (arrives + 1).saturating_sub(instance.periods);
                changes.push(Change::MoreTime { want: shortfall.want.clone(), periods });
            }
            Reason::Dear { .. } | Reason::NotSought => {}
        }
    }
    changes
}
