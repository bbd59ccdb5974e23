//! One unit with a serial number, whatever became of it: where it is, and all that happened to it, told in one list; and lists of units.

use jiff::Timestamp;
use muster_domain::{code::Code, ledger::account::AccountKey, viewer::Viewer, words};
use muster_storage::{
    db::Conn,
    repair::steps,
    transfer::{
        disposal::{self, DisposalFilter},
        held::{self, HeldFilter, HeldUnit},
        history, inspection,
        loss::{self, LossFilter},
        third_party,
    },
};

use crate::{App, Error};

/// Most of each kind that is told of one unit.
const MOST: i64 = 500;

words! {
    /// What can happen to a unit.
    pub enum Happened {
        /// It moved, or changed hands or owner where it is: an entry of the journal.
        Moved = "moved",
        /// A consignment with it reached a milestone at which nothing moves.
        Reached = "reached",
        /// A consignment with it was signed for.
        Signed = "signed",
        /// Its end use was checked.
        Checked = "checked",
        /// A check of it was taken back.
        CheckTakenBack = "check_taken_back",
        /// Something was wrong with it.
        Variance = "variance",
        /// What was wrong with it was resolved.
        Resolved = "resolved",
        /// It was reported lost.
        Lost = "lost",
        /// What was reported lost was found again.
        Found = "found",
        /// It was disposed of.
        Disposed = "disposed",
        /// That was recorded by mistake.
        DisposalTakenBack = "disposal_taken_back",
        /// It was asked that it may go to somebody else.
        Asked = "asked",
        /// A nation answered that.
        Answered = "answered",
        /// That ended.
        Ended = "ended",
        /// A work order for it came to a state.
        Repair = "repair",
    }
}

/// Something that happened to a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happening {
    /// When.
    pub occurred_at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// What.
    pub what: Happened,
    /// That in the field's words: the activity, milestone, grade, kind of variance or loss, resolution, answer or state.
    pub word: &'static str,
    /// The handover, check, variance, report, disposal, transfer or work order; none for what is an entry or a milestone alone.
    pub code: Option<Code>,
    /// By or in which consignment.
    pub consignment: Option<Code>,
    /// Where, of what has a place.
    pub place: Option<Code>,
    /// The account it left and the one it went to, of what moved it.
    pub way: Option<(AccountKey, AccountKey)>,
    /// Of which offer, of what moved it.
    pub offer: Option<Code>,
    /// Who recorded it.
    pub actor: String,
    /// Why, or a remark.
    pub remark: String,
}

impl Happening {
    /// Something of one moment, with nothing else said yet.
    fn new(what: Happened, word: &'static str, at: Timestamp, actor: &str, remark: &str) -> Self {
        Self {
            occurred_at: at,
            recorded_at: at,
            what,
            word,
            code: None,
            consignment: None,
            place: None,
            way: None,
            offer: None,
            actor: actor.to_owned(),
            remark: remark.to_owned(),
        }
    }

    fn recorded(self, recorded_at: Timestamp) -> Self {
        Self { recorded_at, ..self }
    }

    fn of(self, code: &Code) -> Self {
        Self { code: Some(code.clone()), ..self }
    }

    fn at(self, place: Option<&Code>) -> Self {
        Self { place: place.cloned(), ..self }
    }

    fn within(self, consignment: Option<&Code>) -> Self {
        Self { consignment: consignment.cloned(), ..self }
    }
}

impl App {
    /// Units with serial numbers that the viewer sees, in the order of these, each with where it is.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn units(&self, viewer: &Viewer, filter: &HeldFilter, limit: i64) -> Result<Vec<HeldUnit>, Error> {
        let mut conn = self.read().await?;
        let (picture, _) = self.memory.picture(&mut conn, viewer).await?;
        let sees = |offer: &str| picture.offers.contains_key(offer);
        // Who has a unit need not know who gave it, and finds it out by no filter.
        if filter.offer.as_deref().is_some_and(|offer| !sees(offer)) {
            return Ok(Vec::new());
        }
        let mut found = held::list(&mut conn, viewer, filter, limit).await?;
        found.iter_mut().for_each(|unit| unit.offer = unit.offer.take().filter(|offer| sees(offer.as_str())));
        Ok(found)
    }

    /// Where a unit is, by any resource of its item, if the viewer sees that.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn unit(&self, viewer: &Viewer, resource: &str, serial: &str) -> Result<Option<HeldUnit>, Error> {
        let filter = HeldFilter { unit: Some((resource.to_owned(), serial.to_owned())), ..HeldFilter::default() };
        Ok(self.units(viewer, &filter, 1).await?.pop())
    }

    /// All that happened to a unit, by any resource of its item, as far as the viewer sees each part of it; the newest first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn unit_history(&self, viewer: &Viewer, resource: &str, serial: &str) -> Result<Vec<Happening>, Error> {
        let mut conn = self.read().await?;
        let mut all = moves(&mut conn, viewer, resource, serial).await?;
        all.extend(variances(&mut conn, viewer, resource, serial).await?);
        all.extend(checks(&mut conn, viewer, resource, serial).await?);
        let unit = Some((resource.to_owned(), serial.to_owned()));
        let filter = LossFilter { unit: unit.clone(), ..LossFilter::default() };
        for report in &loss::list(&mut conn, viewer, &filter, MOST).await? {
            let word = report.how.as_str();
            let told = Happening::new(Happened::Lost, word, report.occurred_at, &report.actor, &report.circumstances);
            // What a consignment missed is told as its variance.
            if report.consignment.is_none() {
                all.push(told.recorded(report.recorded_at).of(&report.code).at(report.place.as_ref()));
            }
            if let Some(found) = &report.found {
                let told = Happening::new(Happened::Found, "", found.at, &found.actor, &found.reason);
                all.push(told.recorded(found.recorded_at).of(&report.code));
            }
        }
        let filter = DisposalFilter { unit: unit.clone(), ..DisposalFilter::default() };
        for one in disposal::list(&mut conn, viewer, &filter, MOST).await? {
            let told = Happening::new(Happened::Disposed, "", one.occurred_at, &one.actor, &one.reason);
            all.push(told.recorded(one.recorded_at).of(&one.code).at(one.account.place.as_ref()));
            if let Some(back) = &one.taken_back {
                let what = Happened::DisposalTakenBack;
                all.push(Happening::new(what, "", back.recorded_at, &back.actor, &back.reason).of(&one.code));
            }
        }
        let filter = third_party::Filter { unit, ..third_party::Filter::default() };
        for one in third_party::list(&mut conn, viewer, &filter, MOST).await? {
            let to = format!("{}: {}", one.receiver, one.purpose);
            all.push(Happening::new(Happened::Asked, "", one.asked_at, &one.asked_by, &to).of(&one.code));
            for (nation, said) in one.nations.iter().filter_map(|nation| Some((&nation.nation, nation.said.as_ref()?)))
            {
                let what = format!("{nation} {}", said.reference);
                let word = said.answer.as_str();
                all.push(Happening::new(Happened::Answered, word, said.at, &said.actor, what.trim()).of(&one.code));
            }
            if let Some((state, at, actor)) = &one.ended {
                all.push(Happening::new(Happened::Ended, state.as_str(), *at, actor, "").of(&one.code));
            }
        }
        all.extend(self.repairs(&mut conn, viewer, resource, serial).await?);
        all.sort_by_key(|one| std::cmp::Reverse((one.occurred_at, one.recorded_at)));
        Ok(all)
    }

    /// What became of the work orders for a unit.
    async fn repairs(
        &self,
        conn: &mut Conn,
        viewer: &Viewer,
        resource: &str,
        serial: &str,
    ) -> Result<Vec<Happening>, Error> {
        let mut all = Vec::new();
        for order in self.orders_of(conn, viewer, (resource, serial), (false, MOST)).await? {
            for step in steps(conn, order.code.as_str()).await? {
                let word = step.state.as_str();
                let told = Happening::new(Happened::Repair, word, step.occurred_at, &step.actor, &step.remark);
                all.push(told.recorded(step.recorded_at).of(&order.code).at(order.facility.as_ref()));
            }
        }
        Ok(all)
    }
}

/// How it moved, what was signed for, and milestones at which nothing moves.
async fn moves(conn: &mut Conn, viewer: &Viewer, resource: &str, serial: &str) -> Result<Vec<Happening>, Error> {
    let mut all = Vec::new();
    for one in history::moves(conn, viewer, resource, serial).await? {
        let word = one.activity.as_str();
        let told = Happening::new(Happened::Moved, word, one.occurred_at, &one.actor, &one.reason);
        let told = told.recorded(one.recorded_at).within(one.consignment.as_ref()).at(one.to.place.as_ref());
        all.push(Happening { way: one.from.map(|from| (from, one.to)), offer: one.offer, ..told });
    }
    for one in history::milestones(conn, viewer, resource, serial).await? {
        let what = if one.handover.is_some() { Happened::Signed } else { Happened::Reached };
        let told = Happening::new(what, one.kind.as_str(), one.occurred_at, &one.actor, &one.remark);
        let told = told.recorded(one.recorded_at).within(Some(&one.consignment)).at(Some(&one.place));
        all.push(Happening { code: one.handover, ..told });
    }
    Ok(all)
}

/// What was wrong with it, and how that ended.
async fn variances(conn: &mut Conn, viewer: &Viewer, resource: &str, serial: &str) -> Result<Vec<Happening>, Error> {
    let mut all = Vec::new();
    for one in history::variances(conn, viewer, resource, serial).await? {
        let said = |what, word, at, actor: &str, remark: &str| {
            Happening::new(what, word, at, actor, remark)
                .of(&one.code)
                .within(one.consignment.as_ref())
                .at(Some(&one.place))
        };
        let told = said(Happened::Variance, one.kind.as_str(), one.occurred_at, &one.actor, &one.remark);
        all.push(told.recorded(one.recorded_at));
        if let Some((resolution, at, by, reason)) = &one.resolved {
            all.push(said(Happened::Resolved, resolution.as_str(), *at, by, reason));
        }
    }
    Ok(all)
}

/// Its end-use checks.
async fn checks(conn: &mut Conn, viewer: &Viewer, resource: &str, serial: &str) -> Result<Vec<Happening>, Error> {
    if !inspection::is_known(conn, viewer, resource, serial).await? {
        return Ok(Vec::new());
    }
    let mut all = Vec::new();
    for one in inspection::of_unit(conn, resource, serial).await? {
        let word = one.grade.as_str();
        let told = Happening::new(Happened::Checked, word, one.occurred_at, &one.actor, &one.remark);
        all.push(told.recorded(one.recorded_at).of(&one.code));
        if let Some(back) = &one.taken_back {
            let what = Happened::CheckTakenBack;
            all.push(Happening::new(what, word, back.recorded_at, &back.actor, &back.reason).of(&one.code));
        }
    }
    Ok(all)
}
