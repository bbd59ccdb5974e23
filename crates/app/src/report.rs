//! Plan against actual: what was needed, offered, planned, dispatched and received, as of any date, as known on any date.
//!
//! *Planned* is all that is bound to a need, whether it has happened or not; *dispatched* is what of it has left the place where it was;
//! *received* is what units have taken over. What was lost on the way, or went elsewhere, is bound no more and so is neither planned nor
//! dispatched; what is missing is, until somebody decides. Quantities of different things are not added: rows of donors and purposes count
//! tonnes and value (units times the need's priority and the utility of what meets it).

use std::{collections::BTreeMap, sync::Arc};

use jiff::civil::Date;
use muster_domain::{
    code::Code,
    ledger::{account::AccountPurpose, entry::EntryKind},
    picture::Picture,
    viewer::Viewer,
};
use muster_storage::{
    ledger::{
        left::change,
        read::{self, Flow, FlowFilter},
    },
    picture,
};
use serde::Serialize;

use crate::{App, Error};

/// What a report's rows are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// One row for each requirement and package.
    Need,
    /// One row for each donor.
    Donor,
    /// One row for each purpose.
    Purpose,
}

/// The figures of one step, in one row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Figures {
    /// Units; complete sets for a package; 0 where rows add different things.
    pub units: i64,
    /// Tonnes.
    pub tonnes: f64,
    /// Value; 0 for what is offered, whose value depends on the need it meets.
    pub value: f64,
}

impl Figures {
    fn add(&mut self, other: Self) {
        self.units += other.units;
        self.tonnes += other.tonnes;
        self.value += other.value;
    }
}

/// A row of a report.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ReportRow {
    /// Code of the need or donor; the purpose itself.
    pub code: String,
    /// What it is, for people.
    pub name: String,
    /// What was asked for.
    pub needed: Figures,
    /// What donors are bound to give.
    pub offered: Figures,
    /// What was bound to needs.
    pub planned: Figures,
    /// What of that has left the place where it was, and is on its way or received.
    pub dispatched: Figures,
    /// What units have taken over.
    pub received: Figures,
}

/// A report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// What had happened by then; none: by now.
    pub as_of: Option<String>,
    /// As known then; none: as known now.
    pub known: Option<String>,
    /// The rows, by code.
    pub rows: Vec<ReportRow>,
}

impl App {
    /// Draws a report.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn report(
        &self,
        viewer: &Viewer,
        by: By,
        as_of: Option<Date>,
        known: Option<Date>,
    ) -> Result<Report, Error> {
        let mut conn = self.read().await?;
        let at = Self::as_of(as_of, known);
        let picture = match known {
            None => self.memory.picture(&mut conn, viewer).await?.0,
            Some(_) => Arc::new(picture::load_known_at(&mut conn, viewer, at.known).await?),
        };
        let flows = read::flows(&mut conn, viewer, FlowFilter::default(), at).await?;
        let text = |day: Option<Date>| day.map(|day| day.to_string());
        Ok(Report { as_of: text(as_of), known: text(known), rows: rows(&picture, &flows, by) })
    }
}

/// How far goods have come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Planned,
    Dispatched,
    Received,
}

/// The rows of a report from records and flows.
pub(crate) fn rows(picture: &Picture, flows: &[Flow], by: By) -> Vec<ReportRow> {
    let draw = Draw { picture, by };
    let mut rows: BTreeMap<String, ReportRow> = BTreeMap::new();
    draw.needed(&mut rows);
    draw.offered(&mut rows);
    let counted = draw.counted(flows);
    draw.flows(&counted, &mut rows);
    if by == By::Need {
        draw.sets(&counted, &mut rows);
    }
    rows.into_iter().map(|(code, row)| ReportRow { code, ..row }).collect()
}

/// Units planned, dispatched and received by some flows, whatever they are of.
pub(crate) fn units(picture: &Picture, flows: &[Flow]) -> [i64; 3] {
    let draw = Draw { picture, by: By::Need };
    let mut sums = [0; 3];
    for counted in draw.counted(flows) {
        sums[counted.step as usize] += counted.units;
    }
    sums
}

/// Units that came as far as a step, or, below zero, that went back from it.
struct Counted<'f> {
    of: Of<'f>,
    /// In which state.
    resource: &'f Code,
    step: Step,
    units: i64,
}

/// For which need, of which offer, and which item.
type Of<'f> = (Option<&'f Code>, Option<&'f Code>, &'f str);

struct Draw<'a> {
    picture: &'a Picture,
    by: By,
}

/// A requirement or package, briefly.
struct Need<'a> {
    purpose: &'a str,
    name: String,
    needed: Figures,
}

impl Draw<'_> {
    fn mass_t(&self, resource: &str) -> f64 {
        self.picture.item_of(resource).and_then(|item| item.mass_kg).map_or(0.0, |mass| mass.as_f64() / 1_000.0)
    }

    fn item_name(&self, resource: &str) -> String {
        let item = self.picture.item_of(resource);
        item.map_or_else(|| resource.to_owned(), |item| item.name.to_string())
    }

    fn need(&self, code: &str) -> Option<Need<'_>> {
        if let Some(r) = self.picture.requirements.get(code).filter(|r| r.state.counts()) {
            let best = self.picture.accepts(code).max_by_key(|a| a.utility)?;
            let units = i64::from(r.quantity);
            let needed = Figures {
                units,
                tonnes: units as f64 * self.mass_t(best.resource.as_str()),
                value: units as f64 * r.priority.as_f64(),
            };
            return Some(Need { purpose: r.purpose.as_str(), name: self.item_name(best.resource.as_str()), needed });
        }
        let k = self.picture.packages.get(code).filter(|k| k.state.counts())?;
        let set_t: f64 =
            self.picture.components(code).map(|c| f64::from(c.quantity) * self.mass_t(c.resource.as_str())).sum();
        let units = i64::from(k.count);
        let needed = Figures { units, tonnes: units as f64 * set_t, value: units as f64 * k.priority.as_f64() };
        Some(Need { purpose: k.purpose.as_str(), name: k.name.to_string(), needed })
    }

    /// The row of a flow or need; for donors the offer decides.
    fn row<'r>(
        &self,
        rows: &'r mut BTreeMap<String, ReportRow>,
        need: &str,
        offer: Option<&str>,
    ) -> Option<&'r mut ReportRow> {
        let (code, name) = match self.by {
            By::Need => (need.to_owned(), self.need(need)?.name),
            By::Purpose => (self.need(need)?.purpose.to_owned(), String::new()),
            By::Donor => {
                let donor = self.picture.offers.get(offer?)?.donor.as_str();
                (donor.to_owned(), self.picture.parties.get(donor)?.name.to_string())
            }
        };
        Some(rows.entry(code).or_insert_with(|| ReportRow { name, ..ReportRow::default() }))
    }

    fn needed(&self, rows: &mut BTreeMap<String, ReportRow>) {
        for code in self.picture.requirements.keys().chain(self.picture.packages.keys()) {
            let Some(need) = self.need(code) else { continue };
            if let Some(row) = self.row(rows, code, None) {
                row.needed.add(need.needed);
            }
        }
    }

    /// What donors are bound to give: by donor, and by the purpose of the item. It belongs to no need.
    fn offered(&self, rows: &mut BTreeMap<String, ReportRow>) {
        for offer in self.picture.offers.values().filter(|o| o.state.is_committed() && !o.kind.is_money()) {
            let Some(units) = self.picture.offered_units(offer) else { continue };
            let resource = offer.resource.as_str();
            let item = self.picture.item_of(resource);
            let (code, name) = match self.by {
                By::Need => continue,
                By::Donor => (
                    offer.donor.to_string(),
                    self.picture.parties.get(offer.donor.as_str()).map_or_else(String::new, |p| p.name.to_string()),
                ),
                By::Purpose => match item.map(|i| i.purpose.clone()).filter(|p| !p.is_empty()) {
                    Some(purpose) => (purpose, String::new()),
                    None => continue,
                },
            };
            let row = rows.entry(code).or_insert_with(|| ReportRow { name, ..ReportRow::default() });
            row.offered.add(Figures { units: 0, tonnes: units as f64 * self.mass_t(resource), value: 0.0 });
        }
    }

    fn flows(&self, counted: &[Counted<'_>], rows: &mut BTreeMap<String, ReportRow>) {
        for Counted { of: (need, offer, _), resource, step, units } in counted {
            let Some(need) = need else { continue };
            let figures = self.worth(need.as_str(), resource.as_str(), *units);
            let Some(row) = self.row(rows, need.as_str(), offer.map(Code::as_str)) else { continue };
            let into = match step {
                Step::Planned => &mut row.planned,
                Step::Dispatched => &mut row.dispatched,
                Step::Received => &mut row.received,
            };
            into.add(figures);
        }
    }

    /// What flows add to which step. What is planned is dispatched unless it still waits where it is to begin.
    fn counted<'f>(&'f self, flows: &'f [Flow]) -> Vec<Counted<'f>> {
        // Whole units are added before anything is made of them, so that what is nothing is nothing.
        let mut sums: BTreeMap<(Of<'f>, &'f Code, Step), i64> = BTreeMap::new();
        // Of each: what is to come of it, and as what it is to come.
        let mut coming: BTreeMap<Of<'f>, (i64, &'f Code)> = BTreeMap::new();
        for flow in flows {
            let (of, resource) = (self.of(flow), &flow.resource);
            for (step, units) in steps(flow) {
                *sums.entry((of, resource, step)).or_default() += units;
                let (rest, _) = coming.entry(of).or_insert((0, resource));
                if step == Step::Planned {
                    *sums.entry((of, resource, Step::Dispatched)).or_default() += units;
                    *rest += units;
                } else {
                    *rest -= units;
                }
            }
        }
        let waits = self.waits(flows);
        for (of, (rest, resource)) in coming {
            let waits = waits.get(&of).copied().unwrap_or(0).min(rest).max(0);
            *sums.entry((of, resource, Step::Dispatched)).or_default() -= waits;
        }
        let counted = |((of, resource, step), units)| Counted { of, resource, step, units };
        sums.into_iter().map(counted).collect()
    }

    fn of<'f>(&'f self, flow: &'f Flow) -> Of<'f> {
        let resource = flow.resource.as_str();
        // What is mended on its way is the same item in another state.
        let item = self.picture.item_of(resource).map_or(resource, |item| item.code.as_str());
        (flow.need.as_ref(), flow.offer.as_ref(), item)
    }

    /// Units that are to leave a place and neither are to come there before, nor came there on the same way.
    fn waits<'f>(&'f self, flows: &'f [Flow]) -> BTreeMap<Of<'f>, i64> {
        let mut places: BTreeMap<(Of<'f>, Option<&'f Code>), (i64, i64)> = BTreeMap::new();
        for flow in flows {
            for ((purpose, place), leaves) in [(&flow.from, 1), (&flow.to, -1)] {
                if *purpose == AccountPurpose::OnHand {
                    let (to_leave, came) = places.entry((self.of(flow), place.as_ref())).or_default();
                    *to_leave += leaves * open(flow);
                    *came -= leaves * if flow.kind == EntryKind::Posted { flow.quantity } else { 0 };
                }
            }
        }
        let mut waits = BTreeMap::new();
        for ((of, _), (to_leave, came)) in places {
            *waits.entry(of).or_default() += (to_leave - came.max(0)).max(0);
        }
        waits
    }

    /// Units of a resource as a need counts them. Parts of a package have no value of their own.
    fn worth(&self, need: &str, resource: &str, units: i64) -> Figures {
        let tonnes = units as f64 * self.mass_t(resource);
        let Some(r) = self.picture.requirements.get(need) else { return Figures { units: 0, tonnes, value: 0.0 } };
        let named = self.picture.accepts(need).find(|a| a.resource.as_str() == resource).map(|a| a.utility.as_f64());
        // What stands in for what is named brings less.
        let utility = named.or_else(|| self.picture.accepted(need).get(resource).copied()).unwrap_or(1.0);
        Figures { units, tonnes, value: units as f64 * r.priority.as_f64() * utility }
    }

    /// Complete sets of packages: the parts of which there is least decide.
    fn sets(&self, counted: &[Counted<'_>], rows: &mut BTreeMap<String, ReportRow>) {
        let mut parts: BTreeMap<(&str, &str), [i64; 3]> = BTreeMap::new();
        for Counted { of: (need, ..), resource, step, units } in counted {
            let Some(need) = need else { continue };
            parts.entry((need.as_str(), resource.as_str())).or_default()[*step as usize] += units;
        }
        for (code, package) in &self.picture.packages {
            let Some(row) = rows.get_mut(code) else { continue };
            let sets = |step: Step| {
                let part = |c: &muster_domain::package::PackageComponent| {
                    parts.get(&(code.as_str(), c.resource.as_str())).map_or(0, |p| p[step as usize])
                        / i64::from(c.quantity)
                };
                self.picture.components(code).map(part).min().unwrap_or(0).min(i64::from(package.count))
            };
            for (step, figures) in [
                (Step::Planned, &mut row.planned),
                (Step::Dispatched, &mut row.dispatched),
                (Step::Received, &mut row.received),
            ] {
                figures.units = sets(step);
                figures.value = figures.units as f64 * package.priority.as_f64();
            }
        }
    }
}

/// What a flow itself says of what is planned and received.
fn steps(flow: &Flow) -> Vec<(Step, i64)> {
    let mut steps = Vec::new();
    let posted = flow.kind == EntryKind::Posted;
    match (flow.from.0, flow.to.0) {
        (_, AccountPurpose::InService) => {
            steps.push((Step::Planned, change(flow)));
            if posted {
                steps.push((Step::Received, flow.quantity));
            }
        }
        (AccountPurpose::InService, _) if posted => {
            steps.push((Step::Received, -flow.quantity));
            if !flow.settles {
                steps.push((Step::Planned, -flow.quantity));
            }
        }
        _ => {}
    }
    steps
}

/// What a flow adds to what is still to happen.
fn open(flow: &Flow) -> i64 {
    match flow.kind {
        EntryKind::Pending => flow.quantity,
        EntryKind::Void => -flow.quantity,
        EntryKind::Posted if flow.settles => -flow.quantity,
        EntryKind::Posted | EntryKind::Noted => 0,
    }
}
