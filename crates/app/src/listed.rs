//! Lists of transfer as files: all rows of a list as it is filtered, through the same door as the list itself, so that whoever asks has in the
//! file what the list shows them.

use jiff::Timestamp;
use muster_domain::{code::Code, message, third_party::Answer, viewer::Viewer};
use muster_interchange::{checking::CHECKS, mission::Sheet};
use muster_storage::{
    ledger::{read::AsOf, step::StepFilter},
    transfer::{
        Consignment, ThirdPartyTransfer,
        disposal::{Disposal, DisposalFilter},
        loss::{LossFilter, LossReport},
        tell::{Conveyed, Filter, LegFilter, VarianceFilter},
        third_party::Filter as TransferFilter,
    },
};

use crate::{
    Actor, App, Error,
    list::{Format, MOST_EXPORTED, place_after},
    movement::Expected,
    transfer::{
        end_use::{Due, DueFilter},
        variance::ShownVariance,
    },
};

/// Rows that are read at once.
const AT_ONCE: usize = 1_000;

/// A list, as it is filtered.
#[derive(Clone, Debug)]
pub enum Listing {
    /// Consignments.
    Consignments(Filter),
    /// Of those, the consignments that hold or held a serial number or a handling unit.
    Containing(String, Filter),
    /// Steps that are to happen before a moment and have not.
    Steps(StepFilter, Timestamp),
    /// Legs of movements with what is on them.
    Legs(LegFilter),
    /// Variances.
    Variances(VarianceFilter),
    /// Loss reports, and what consignments missed and was decided to be lost.
    Losses(LossFilter),
    /// Units in service that are to be checked.
    EndUse(AsOf, DueFilter),
    /// The same units as a sheet of checks, to be filled in and sent back.
    EndUseChecks(AsOf, DueFilter),
    /// Third-party transfers.
    ThirdParty(TransferFilter),
    /// Disposals.
    Disposals(DisposalFilter),
}

impl Listing {
    /// The name of its file, without the ending.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Consignments(_) | Self::Containing(..) => "consignments",
            Self::Steps(..) => "steps",
            Self::Legs(_) => "movement_legs",
            Self::Variances(_) => "variances",
            Self::Losses(_) => "losses",
            Self::EndUse(..) => "end_use",
            Self::EndUseChecks(..) => "end_use_checks",
            Self::ThirdParty(_) => "third_party_transfers",
            Self::Disposals(_) => "disposals",
        }
    }

    fn columns(&self) -> &'static [&'static str] {
        match self {
            Self::Consignments(_) | Self::Containing(..) => CONSIGNMENT,
            Self::Steps(..) => STEP,
            Self::Legs(_) => LEG,
            Self::Variances(_) => VARIANCE,
            Self::Losses(_) => LOSS,
            Self::EndUse(..) => DUE,
            Self::EndUseChecks(..) => CHECKS,
            Self::ThirdParty(_) => TRANSFER,
            Self::Disposals(_) => DISPOSAL,
        }
    }
}

impl App {
    /// A list as a file. That it was taken out is noted in the journal.
    ///
    /// # Errors
    /// If the viewer is nobody who is known, there is too much in it, or the database fails.
    pub async fn export_list(&self, listing: &Listing, format: Format, actor: &Actor) -> Result<Vec<u8>, Error> {
        let name = listing.name();
        if !actor.viewer.is_known() {
            return Err(Error::NotFound { what: "sheet", code: name.to_owned() });
        }
        let rows = self.all_of(listing, &actor.viewer).await?;
        let bytes = format.file(vec![Sheet { name, columns: listing.columns().to_vec(), rows }])?;
        self.note_export(&format!("the list of {name} as {}", format.ending()), &bytes, actor).await?;
        Ok(bytes)
    }

    async fn all_of(&self, listing: &Listing, viewer: &Viewer) -> Result<Vec<Vec<String>>, Error> {
        let limit = AT_ONCE as i64;
        let mut all = Rows::default();
        match listing {
            Listing::Containing(name, filter) => {
                all.take(&self.consignments_with(viewer, name, filter).await?, consignment)?;
            }
            Listing::Consignments(filter) => {
                let mut filter = filter.clone();
                loop {
                    let page = self.consignments(viewer, &filter, limit).await?;
                    filter.after = page.last().map(|last| filter.place_of(last));
                    if all.take(&page, consignment)? {
                        break;
                    }
                }
            }
            Listing::Steps(filter, before) => {
                let mut begin = (Timestamp::MIN, 0);
                loop {
                    let from = (begin.0, i64::try_from(begin.1).unwrap_or(i64::MAX));
                    let page = self.open_steps(viewer, filter, from, *before, limit).await?;
                    let moments: Vec<Timestamp> = page.iter().map(|expected| expected.step.due).collect();
                    begin = place_after(&moments, begin).unwrap_or(begin);
                    if all.take(&page, step)? {
                        break;
                    }
                }
            }
            Listing::Legs(filter) => {
                let mut after = None;
                loop {
                    let page = self.legs(viewer, filter, after.as_ref(), limit).await?;
                    after = page.last().map(Conveyed::place);
                    if all.take(&page, leg)? {
                        break;
                    }
                }
            }
            Listing::Variances(filter) => {
                let mut filter = filter.clone();
                loop {
                    let page = self.variances(viewer, &filter, limit).await?;
                    filter.after = page.last().map(ShownVariance::place);
                    if all.take(&page, variance)? {
                        break;
                    }
                }
            }
            Listing::Losses(filter) => {
                let mut filter = filter.clone();
                loop {
                    let page = self.loss_reports(viewer, &filter, limit).await?;
                    filter.after = page.last().map(LossReport::place);
                    if all.take(&page, loss)? {
                        break;
                    }
                }
            }
            Listing::EndUse(as_of, filter) | Listing::EndUseChecks(as_of, filter) => {
                let row: fn(&Due) -> Vec<String> = if matches!(listing, Listing::EndUse(..)) { due } else { to_check };
                let mut filter = DueFilter { limit: AT_ONCE, ..filter.clone() };
                loop {
                    let page = self.end_use(viewer, *as_of, &filter).await?;
                    all.take(&page.due, row)?;
                    let Some(next) = page.next else { break };
                    filter.after = Some(next);
                }
            }
            Listing::ThirdParty(filter) => {
                let mut filter = filter.clone();
                loop {
                    let page = self.third_party_transfers(viewer, &filter, limit).await?;
                    filter.after = page.last().map(ThirdPartyTransfer::place);
                    if all.take(&page, transfer)? {
                        break;
                    }
                }
            }
            Listing::Disposals(filter) => {
                let mut filter = filter.clone();
                loop {
                    let page = self.disposals(viewer, &filter, limit).await?;
                    filter.after = page.last().map(Disposal::place);
                    if all.take(&page, disposal)? {
                        break;
                    }
                }
            }
        }
        Ok(all.0)
    }
}

/// Rows of a file, as far as they were read.
#[derive(Default)]
struct Rows(Vec<Vec<String>>);

impl Rows {
    /// Takes a page in; gives whether it was the last.
    fn take<T>(&mut self, page: &[T], row: fn(&T) -> Vec<String>) -> Result<bool, Error> {
        self.0.extend(page.iter().map(row));
        if self.0.len() > MOST_EXPORTED {
            return Err(Error::Invalid(message!("export-too-large", most = MOST_EXPORTED)));
        }
        Ok(page.len() < AT_ONCE)
    }
}

const CONSIGNMENT: &[&str] = &[
    "code",
    "state",
    "consignor",
    "consignee",
    "origin",
    "destination",
    "place",
    "route",
    "created_at",
    "departs_at",
    "arrives_at",
];

fn consignment(one: &Consignment) -> Vec<String> {
    vec![
        one.code.to_string(),
        one.state.to_string(),
        one.consignor.to_string(),
        one.consignee.to_string(),
        one.origin.to_string(),
        one.destination.to_string(),
        one.place.to_string(),
        one.route.iter().map(Code::as_str).collect::<Vec<_>>().join(" "),
        one.created_at.to_string(),
        moment(one.departs_at),
        moment(one.arrives_at),
    ]
}

const STEP: &[&str] = &[
    "due",
    "activity",
    "resource",
    "quantity",
    "open",
    "ready",
    "offer",
    "need",
    "plan",
    "line",
    "from_holder",
    "from_place",
    "to_holder",
    "to_place",
    "via",
];

fn step(expected: &Expected) -> Vec<String> {
    let step = &expected.step;
    vec![
        step.due.to_string(),
        step.activity.to_string(),
        step.resource.to_string(),
        step.quantity.to_string(),
        step.open.to_string(),
        step.ready.to_string(),
        code(step.offer.as_ref()),
        code(step.need.as_ref()),
        code(step.plan.as_ref()),
        if step.line > 0 { step.line.to_string() } else { String::new() },
        step.from.1.to_string(),
        code(step.from.2.as_ref()),
        step.to.1.to_string(),
        code(step.to.2.as_ref()),
        code(step.via.as_ref()),
    ]
}

const LEG: &[&str] = &[
    "movement",
    "leg",
    "mode",
    "carrier",
    "conveyance",
    "lane",
    "departed_at",
    "arrives_at",
    "arrived_at",
    "consignments",
];

fn leg(one: &Conveyed) -> Vec<String> {
    let (movement, leg) = (&one.movement, &one.leg);
    vec![
        movement.code.to_string(),
        leg.leg.to_string(),
        movement.mode.to_string(),
        movement.carrier.clone(),
        movement.conveyance.clone(),
        leg.lane.to_string(),
        leg.departed_at.to_string(),
        leg.arrives_at.to_string(),
        moment(leg.arrived_at),
        one.consignments.to_string(),
    ]
}

const VARIANCE: &[&str] = &[
    "code",
    "kind",
    "consignment",
    "line",
    "place",
    "holder",
    "resource",
    "description",
    "quantity",
    "occurred_at",
    "due_at",
    "waits_for",
    "resolution",
    "resolved_at",
    "part_of",
];

fn variance(shown: &ShownVariance) -> Vec<String> {
    let one = &shown.variance;
    let resolved = one.resolved.as_ref();
    vec![
        one.code.to_string(),
        one.kind.to_string(),
        code(one.consignment.as_ref()),
        // What belongs to no line has none.
        if one.line > 0 { one.line.to_string() } else { String::new() },
        one.place.to_string(),
        one.holder.to_string(),
        code(one.resource.as_ref()),
        one.description.clone(),
        if shown.blind { String::new() } else { one.quantity.to_string() },
        one.occurred_at.to_string(),
        one.due_at.to_string(),
        shown.waits_for.map_or_else(String::new, |level| level.to_string()),
        resolved.map_or_else(String::new, |(how, ..)| how.to_string()),
        moment(resolved.map(|(_, at, ..)| *at)),
        code(one.part_of.as_ref()),
    ]
}

const LOSS: &[&str] = &[
    "code",
    "how",
    "resource",
    "lot",
    "serial",
    "quantity",
    "holder",
    "owner",
    "place",
    "offer",
    "consignment",
    "occurred_at",
    "known_at",
    "due_at",
    "reported_at",
    "days_late",
    "found_at",
];

fn loss(one: &LossReport) -> Vec<String> {
    vec![
        one.code.to_string(),
        one.how.to_string(),
        one.account.resource.to_string(),
        one.lot.clone(),
        one.serial.clone(),
        one.quantity.to_string(),
        one.account.holder.to_string(),
        one.account.owner.to_string(),
        code(one.place.as_ref()),
        code(one.offer.as_ref()),
        code(one.consignment.as_ref()),
        one.occurred_at.to_string(),
        one.known_at.to_string(),
        one.due_at.to_string(),
        one.recorded_at.to_string(),
        one.days_late().to_string(),
        moment(one.found.as_ref().map(|found| found.at)),
    ]
}

const DUE: &[&str] = &[
    "resource",
    "serial",
    "holder",
    "place",
    "caveats",
    "offer",
    "received_at",
    "checked_at",
    "due_at",
    "overdue",
    "rules",
];

fn due(one: &Due) -> Vec<String> {
    let (unit, account) = (&one.unit, &one.unit.account);
    vec![
        account.resource.to_string(),
        unit.serial.clone(),
        account.holder.to_string(),
        code(account.place.as_ref()),
        account.caveats.iter().map(Code::as_str).collect::<Vec<_>>().join(" "),
        code(unit.offer.as_ref()),
        unit.received_at.to_string(),
        moment(unit.checked_at),
        one.due_at.to_string(),
        if one.overdue { "yes" } else { "no" }.to_owned(),
        one.rules.iter().map(|(_, code)| code.as_str()).collect::<Vec<_>>().join(" "),
    ]
}

/// A unit of which nobody has said yet what was found.
fn to_check(one: &Due) -> Vec<String> {
    let (resource, empty) = (one.unit.account.resource.to_string(), String::new);
    vec![resource, one.unit.serial.clone(), empty(), empty(), empty()]
}

const TRANSFER: &[&str] = &[
    "code", "state", "resource", "serial", "holder", "receiver", "purpose", "agreed", "refused", "silent", "asked_at",
    "ended_at",
];

fn transfer(one: &ThirdPartyTransfer) -> Vec<String> {
    let nations = |wanted: Option<Answer>| {
        let said = one.nations.iter().filter(|nation| nation.said.as_ref().map(|said| said.answer) == wanted);
        said.map(|nation| nation.nation.as_str()).collect::<Vec<_>>().join(" ")
    };
    vec![
        one.code.to_string(),
        one.state().to_string(),
        one.resource.to_string(),
        one.serial.clone(),
        one.holder.to_string(),
        one.receiver.to_string(),
        one.purpose.clone(),
        nations(Some(Answer::Consents)),
        nations(Some(Answer::Refuses)),
        nations(None),
        one.asked_at.to_string(),
        moment(one.ended.as_ref().map(|(_, at, _)| *at)),
    ]
}

const DISPOSAL: &[&str] =
    &["code", "resource", "serial", "holder", "owner", "place", "offer", "occurred_at", "recorded_at", "taken_back_at"];

fn disposal(one: &Disposal) -> Vec<String> {
    let account = &one.account;
    vec![
        one.code.to_string(),
        account.resource.to_string(),
        one.serial.clone(),
        account.holder.to_string(),
        account.owner.to_string(),
        code(account.place.as_ref()),
        code(one.offer.as_ref()),
        one.occurred_at.to_string(),
        one.recorded_at.to_string(),
        moment(one.taken_back.as_ref().map(|back| back.recorded_at)),
    ]
}

fn moment(at: Option<Timestamp>) -> String {
    at.map_or_else(String::new, |at| at.to_string())
}

fn code(code: Option<&Code>) -> String {
    code.map_or_else(String::new, ToString::to_string)
}
