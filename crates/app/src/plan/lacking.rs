//! What needs lack in a plan and why: the planner's reasons, with what only the records know about them – which caveat excludes an
//! offer, and who offers something without being bound yet.

use std::collections::BTreeMap;

use muster_domain::{offer::OfferState, picture::Picture};
use muster_planner::explain::{Cause, Reason, Shortfall};
use serde::{Deserialize, Serialize};

/// What a need does not get as it should.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lacking {
    /// Whether it comes late, or not at all.
    pub late: bool,
    /// Units, or sets of a package.
    pub units: i64,
    /// What stands in the way, the most units first.
    pub causes: Vec<Because>,
}

/// Something that stands in the way, as the records know it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Because {
    /// What the plan knows of it.
    #[serde(flatten)]
    pub cause: Cause,
    /// Caveats that exclude the offers, if that is the reason.
    pub caveats: Vec<String>,
    /// Offers of the same that nobody is bound to yet, if nobody else offers it.
    pub uncommitted: Vec<String>,
}

/// What each need lacks in a plan.
pub(super) fn lacking(picture: &Picture, shortfalls: &[Shortfall]) -> BTreeMap<String, Vec<Lacking>> {
    let mut lacking: BTreeMap<String, Vec<Lacking>> = BTreeMap::new();
    for shortfall in shortfalls {
        let because = |cause: Cause| Because {
            caveats: match &cause.reason {
                Reason::Caveat { offers } => caveats(picture, &shortfall.want, offers),
                _ => Vec::new(),
            },
            uncommitted: match cause.reason {
                Reason::NotOffered => uncommitted(picture, &cause.resource),
                _ => Vec::new(),
            },
            cause,
        };
        let causes = shortfall.causes.iter().cloned().map(because).collect();
        let entry = Lacking { late: shortfall.late, units: shortfall.units, causes };
        lacking.entry(shortfall.want.clone()).or_default().push(entry);
    }
    lacking
}

/// The caveats that keep offers from a need.
fn caveats(picture: &Picture, need: &str, offers: &[(String, i64)]) -> Vec<String> {
    let requirement = picture.requirements.get(need).map(|r| (r.purpose.as_str(), r.unit.as_str()));
    let package = || picture.packages.get(need).map(|k| (k.purpose.as_str(), k.unit.as_str()));
    let Some((purpose, unit)) = requirement.or_else(package) else { return Vec::new() };
    let offers = offers.iter().filter_map(|(offer, _)| picture.offers.get(offer));
    let caveats = offers.flat_map(|offer| &offer.caveats).filter_map(|c| picture.caveats.get(c.as_str()));
    let mut codes: Vec<String> =
        caveats.filter(|c| c.excludes(picture, purpose, unit).is_some()).map(|c| c.code.to_string()).collect();
    codes.sort();
    codes.dedup();
    codes
}

/// Offers of a resource, or of what can be turned into it, whose donor is not bound yet, or that nobody knows the quantity of.
fn uncommitted(picture: &Picture, resource: &str) -> Vec<String> {
    let makes =
        |input: &str| picture.processes.values().any(|p| p.output.as_str() == resource && p.input.as_str() == input);
    let offers = picture.offers.values().filter(|o| o.resource.as_str() == resource || makes(o.resource.as_str()));
    let gone = [OfferState::Rejected, OfferState::Cancelled];
    let open = offers.filter(|o| !gone.contains(&o.state) && (!o.state.is_committed() || o.quantity.known().is_none()));
    open.map(|o| o.code.to_string()).collect()
}
