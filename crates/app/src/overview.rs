//! The first picture: how far is the help, what does the plan achieve, and what limits it.

use std::{collections::BTreeMap, sync::Arc};

use jiff::civil::Date;

use muster_domain::{
    code::Code,
    ledger::{account::AccountPurpose, books::Balance},
    message,
    party::PartyKind,
    picture::Picture,
    viewer::{Sight, Viewer},
};
use muster_storage::{
    ledger::read::{self, FlowFilter},
    picture,
};
use serde::Serialize;

use crate::{
    App, Error,
    memory::Seen,
    plan::{Shown, lacking::Lacking},
    repair::cost::currency_of,
    report::{By, ReportRow, rows},
};

/// Everything that the first page and the demonstration's summary say.
#[derive(Clone, Debug)]
pub struct Overview {
    /// Name of the mission.
    pub mission: String,
    /// What it is about.
    pub description: String,
    /// Whether any of its records is made up.
    pub fictional: bool,
    /// The present period, counted from 1, and how many there are; 0 before the start.
    pub period: (i64, u32),
    /// Nations that give.
    pub donors: usize,
    /// Offers, and how many of them are committed with a known quantity.
    pub offers: (usize, usize),
    /// Needs that count.
    pub needs: usize,
    /// Money promised and received, in minor units, by currency.
    pub money: Vec<Money>,
    /// By purpose.
    pub purposes: Vec<ReportRow>,
    /// Needs, most valuable first.
    pub rows: Vec<NeedRow>,
    /// The newest accepted plan, or the newest.
    pub plan: Option<Shown>,
    /// Tonnes of all offers that are neither held nor ended.
    pub pledged: f64,
    /// The last change of any record; not to be shown.
    pub version: i64,
    /// Entries and sealed blocks of the journal; only for who sees everything.
    pub journal: Option<(i64, i64)>,
}

/// Money of one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Money {
    /// The currency.
    pub currency: String,
    /// Decimal places of its minor unit.
    pub places: u32,
    /// Promised and not yet received, in minor units.
    pub promised: i64,
    /// Received, in minor units.
    pub received: i64,
    /// What of that is set aside for what was approved, in minor units.
    pub set_aside: i64,
    /// What of that was paid, in minor units.
    pub paid: i64,
}

/// A need with what meets it.
#[derive(Clone, Debug, PartialEq)]
pub struct NeedRow {
    /// Its figures.
    pub report: ReportRow,
    /// What is counted.
    pub unit: String,
    /// What it is for.
    pub purpose: String,
    /// Name of the place.
    pub place: String,
    /// Until when.
    pub due: String,
    /// Its state.
    pub state: String,
    /// What the plan gives it: offers with units.
    pub offers: Vec<(String, String, i64)>,
    /// The day of the last delivery by the plan.
    pub last: Option<String>,
    /// What it does not get by the plan, or gets late, and why.
    pub lacking: Vec<Lacking>,
}

impl App {
    /// The first picture, as it is now.
    ///
    /// # Errors
    /// If there is no mission, or the database fails.
    pub async fn overview(&self, viewer: &Viewer) -> Result<Arc<Overview>, Error> {
        self.overview_at(viewer, None, None).await
    }

    /// The first picture as it was at the end of a day, as known at the end of another. What is known only now (the plan, what money
    /// was promised) is left out of a past one.
    ///
    /// # Errors
    /// If there is no mission, or the database fails.
    pub async fn overview_at(
        &self,
        viewer: &Viewer,
        as_of: Option<Date>,
        known: Option<Date>,
    ) -> Result<Arc<Overview>, Error> {
        let now = as_of.is_none() && known.is_none();
        let at = Self::as_of(as_of, known);
        let mut conn = self.read().await?;
        let (seen, version) = self.memory.picture(&mut conn, viewer).await?;
        let drawn = Seen {
            audiences: viewer.audiences(),
            version,
            entry: read::number_at(&mut conn, jiff::Timestamp::MAX).await?,
            at: (as_of, known),
            today: self.today(),
        };
        if let Some(overview) = self.memory.overview(&drawn).await {
            return Ok(overview);
        }
        let picture = match known {
            None => seen,
            Some(_) => Arc::new(picture::load_known_at(&mut conn, viewer, at.known).await?),
        };
        let flows = read::flows(&mut conn, viewer, FlowFilter::default(), at).await?;
        let funds = read::money(&mut conn, viewer, at).await?;
        let journal = match viewer.sight {
            Sight::Everything => Some(read::counts(&mut conn).await?).map(|(entries, _, blocks)| (entries, blocks)),
            Sight::Released { .. } => None,
        };
        drop(conn);
        let plan = match !now || self.plans(viewer).await?.is_empty() {
            true => None,
            false => Some(self.plan(viewer, None).await?),
        };
        let tonnes = |offer: &muster_domain::offer::Offer| {
            let mass = picture.item_of(offer.resource.as_str()).and_then(|item| item.mass_kg);
            let units = if offer.kind.is_money() { None } else { picture.offered_units(offer) };
            units.unwrap_or(0) as f64 * mass.map_or(0.0, |mass| mass.as_f64() / 1_000.0)
        };
        let pledged = picture.offers.values().filter(|o| !o.state.is_stop()).map(tonnes).sum();
        let mission = picture.mission().ok_or_else(|| Error::Invalid(message!("no-mission-yet")))?;
        let donors: std::collections::BTreeSet<&str> = picture.offers.values().map(|o| o.donor.as_str()).collect();
        let nation = |code: &&&str| picture.parties.get(**code).is_some_and(|p| p.kind == PartyKind::Nation);
        let committed =
            picture.offers.values().filter(|o| o.state.is_committed() && o.quantity.known().is_some()).count();
        let needs = rows(&picture, &flows, By::Need);
        let overview = Arc::new(Overview {
            mission: mission.name.to_string(),
            description: mission.description.clone(),
            fictional: mission.fictional || picture.offers.values().any(|o| o.fictional),
            period: ((mission.period_of(as_of.unwrap_or_else(|| self.today())) + 1).max(0), mission.periods),
            donors: donors.iter().filter(nation).count(),
            offers: (picture.offers.len(), committed),
            needs: needs.len(),
            money: money(&picture, &funds),
            purposes: rows(&picture, &flows, By::Purpose),
            rows: need_rows(&picture, needs, plan.as_ref()),
            plan,
            journal,
            pledged,
            version,
        });
        self.memory.keep_overview(drawn, overview.clone()).await;
        Ok(overview)
    }
}

fn money(picture: &Picture, funds: &[(AccountPurpose, Code, Balance)]) -> Vec<Money> {
    let mut sums: BTreeMap<&'static str, Money> = BTreeMap::new();
    for (purpose, resource, balance) in funds {
        let Some(currency) = currency_of(picture, resource) else { continue };
        let none = Money {
            currency: currency.code().to_owned(),
            places: currency.places(),
            promised: 0,
            received: 0,
            set_aside: 0,
            paid: 0,
        };
        let sum = sums.entry(currency.code()).or_insert(none);
        // What is set aside or was paid came in before: it is wanting where it was.
        sum.promised += balance.pending;
        sum.received += balance.posted;
        if *purpose == AccountPurpose::Consumed {
            sum.set_aside += balance.pending;
            sum.paid += balance.posted;
        }
    }
    sums.into_values().collect()
}

fn need_rows(picture: &Picture, needs: Vec<ReportRow>, plan: Option<&Shown>) -> Vec<NeedRow> {
    let mission = picture.mission();
    let mut rows: Vec<NeedRow> = needs
        .into_iter()
        .map(|report| {
            let code = report.code.as_str();
            let served = plan.and_then(|p| p.summary.served.get(code));
            let offers = served.map(|s| s.offers.iter()).into_iter().flatten().map(|(offer, units)| {
                let donor = picture.offers.get(offer).map_or("", |o| o.donor.as_str());
                (offer.clone(), donor.to_owned(), *units)
            });
            let (unit, purpose, place, due, state) = describe(picture, code);
            NeedRow {
                unit,
                purpose,
                place,
                due,
                state,
                offers: offers.collect(),
                last: served.and_then(|s| Some(mission?.day_of(s.last?).to_string())),
                lacking: served.map_or_else(Vec::new, |s| s.lacking.clone()),
                report,
            }
        })
        .collect();
    rows.sort_by(|a, b| b.report.needed.value.total_cmp(&a.report.needed.value));
    rows
}

/// Unit of count, purpose, name of the place, due date and state of a need.
fn describe(picture: &Picture, code: &str) -> (String, String, String, String, String) {
    let place = |code: &str| picture.places.get(code).map_or_else(|| code.to_owned(), |p| p.name.to_string());
    if let Some(r) = picture.requirements.get(code) {
        let item = picture.accepts(code).next().and_then(|a| picture.item_of(a.resource.as_str()));
        let unit = item.map_or_else(String::new, |i| i.unit_of_issue.to_string());
        return (unit, r.purpose.to_string(), place(r.place.as_str()), r.due.to_string(), r.state.to_string());
    }
    match picture.packages.get(code) {
        Some(k) => {
            ("set".into(), k.purpose.to_string(), place(k.place.as_str()), k.due.to_string(), k.state.to_string())
        }
        None => Default::default(),
    }
}
