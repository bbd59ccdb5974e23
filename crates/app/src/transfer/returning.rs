//! Back from a unit: what somebody received goes to a depot, a hub or a repair facility as a consignment of its own, with its serial numbers
//! or lots, under the conditions under which it was given. What was given stays the country's, unless it is given back to its nation.

use std::collections::{BTreeMap, BTreeSet};

use muster_domain::{
    code::Code,
    item::Tracking,
    ledger::{
        account::{AccountKey, AccountPurpose},
        entry::{Activity, Subject, Take},
    },
    message,
    place::PlaceKind,
    policy::Action,
};
use muster_storage::{
    repair::held_by,
    transfer::{Line, inspection::in_service_one, third_party::offer_of},
};

use super::{
    Loaded, Work,
    making::{MOST_LINES, New, NewLine},
    subject, takes,
};
use crate::{Actor, App, Error, day, everything};

/// Most serial numbers of one return.
pub const MOST_SERIALS: usize = 2_000;

/// What goes back: units by serial number, or so many of what has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReturnLine {
    /// The resource, for units by serial number: in whatever state.
    pub resource: String,
    /// Their serial numbers.
    pub serials: Vec<String>,
    /// The account in which it is in service, as the ledger names it, for what has no serial number.
    pub account: Option<String>,
    /// The lot, for what is known by lots.
    pub lot: String,
    /// How many units, for what has no serial number.
    pub quantity: i64,
}

/// A return to be made up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewReturn {
    /// What goes back; all of it is with one holder at one place.
    pub lines: Vec<ReturnLine>,
    /// The depot, hub or repair facility to which it goes.
    pub to: String,
    /// The lanes of its way; none: the quickest.
    pub route: Vec<String>,
    /// Whether its nation is to have it back: then the nation owns it from now on. Else whoever owns it stays its owner.
    pub give_back: bool,
    /// A remark.
    pub remark: String,
}

/// Units of one account and one offer that somebody had in service and makes ready to go back: a line of a consignment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Returned {
    /// Where they were in service.
    pub(super) service: Box<AccountKey>,
    /// Where they are ready to leave.
    pub(super) ready: AccountKey,
    /// Of which offer they were, if that is known.
    pub(super) offer: Option<Code>,
    /// The units.
    pub(super) units: Vec<Units>,
}

impl Returned {
    /// How many units in all.
    pub(super) fn quantity(&self) -> i64 {
        self.units.iter().map(|(.., quantity)| quantity).sum()
    }
}

impl App {
    /// Makes up the consignment by which goods in service go back; gives its code. They are out of service from then on, and ready where they
    /// are.
    ///
    /// # Errors
    /// If nobody has them in service, they are of several holders or places, the actor may not move them, the place is none to which goods go
    /// back, no lanes lead there, nobody knows whose gift they were that are to be given back, or the ledger or the database refuses.
    pub async fn goods_return(&self, new: &NewReturn, actor: &Actor) -> Result<Code, Error> {
        let code = self.dated_code("C");
        let Some(mut work) = self.work(actor, &format!("{code} returned"), None).await? else {
            return self.made_before(actor, "returned to ").await;
        };
        if new.lines.is_empty() || new.lines.len() > MOST_LINES {
            return Err(Error::Invalid(message!("consignment-some-lines", most = MOST_LINES)));
        }
        let to = work.place(&new.to).await?;
        if !matches!(to.kind, PlaceKind::Depot | PlaceKind::Hub | PlaceKind::Repair) {
            return Err(Error::Invalid(message!("return-place", place = &new.to)));
        }
        // By the first entry's consignment a repeated request is known.
        work.noted(Activity::Ready, &code, format!("returned to {}", to.code));
        if new.lines.iter().map(|line| line.serials.len()).sum::<usize>() > MOST_SERIALS {
            return Err(Error::Invalid(message!("at-most", most = MOST_SERIALS)));
        }
        let mut held = Vec::new();
        for line in &new.lines {
            held.extend(work.units_back(line).await?);
        }
        let mut named = BTreeSet::new();
        for (account, _, (_, serial, _)) in held.iter().filter(|(.., (_, serial, _))| !serial.is_empty()) {
            if !named.insert((&account.resource, serial)) {
                return Err(Error::Invalid(message!("return-twice", serial)));
            }
        }
        let (from, lines) = work.made_ready(held, new.give_back)?;
        let route = match new.route.as_slice() {
            [] => {
                let (seen, _) = self.memory.picture(&mut work.conn, &actor.viewer).await?;
                let way = seen.quickest(from.as_str(), to.code.as_str(), day(work.at));
                let way = way.ok_or_else(|| Error::Invalid(message!("no-way", from = &from, to = &new.to)))?;
                way.iter().map(ToString::to_string).collect()
            }
            lanes => lanes.to_vec(),
        };
        if route.is_empty() {
            return Err(Error::Invalid(message!("return-there", place = &new.to)));
        }
        let made = New {
            from: from.to_string(),
            to: Some(new.to.clone()),
            route,
            lines: lines.into_iter().map(NewLine::Returned).collect(),
            remark: new.remark.clone(),
        };
        let end = work.make(&code, &made).await?;
        if end != to.code {
            return Err(Error::Invalid(message!("return-elsewhere", to = &to.code, place = &end)));
        }
        work.done().await?;
        Ok(code)
    }
}

/// Lot, serial number and how many units.
type Units = (String, String, i64);

/// Units of one account: what is to go back, of which offer, by lot and serial number.
type Held = (AccountKey, Option<Code>, Units);

impl Work<'_> {
    /// What a line takes out of service.
    async fn units_back(&mut self, line: &ReturnLine) -> Result<Vec<Held>, Error> {
        if line.serials.is_empty() {
            return self.many_back(line).await;
        }
        let mut held: Vec<Held> = Vec::with_capacity(line.serials.len());
        for serial in &line.serials {
            let none = || Error::Invalid(message!("not-in-service", resource = &line.resource, serial));
            let found = in_service_one(&mut self.conn, &everything(), &line.resource, serial).await?;
            let found = found.filter(|unit| unit.account.purpose == AccountPurpose::InService).ok_or_else(none)?;
            self.may_with(Action::Move, &found.account, serial, none).await?;
            let offer = offer_of(&mut self.conn, found.account.resource.as_str(), serial).await?;
            held.push((found.account, offer, (String::new(), serial.clone(), 1)));
        }
        Ok(held)
    }

    /// The same of what has no serial number, of which whoever has it says how many.
    async fn many_back(&mut self, line: &ReturnLine) -> Result<Vec<Held>, Error> {
        let account = line.account.as_deref().filter(|account| !account.is_empty());
        let account = account.ok_or_else(|| Error::Invalid(message!("loss-serial-or-account")))?;
        let account = AccountKey::parse(account).map_err(Error::must_be)?;
        let none =
            || Error::Invalid(message!("not-in-service", resource = account.resource.as_str(), serial = &line.lot));
        if account.purpose != AccountPurpose::InService || self.may(Action::Move, &[&account.holder]).is_err() {
            return Err(none());
        }
        let tracking = self.tracking(&account.resource);
        if tracking == Tracking::Serial || (tracking == Tracking::Lot) == line.lot.is_empty() {
            return Err(Error::Invalid(message!("loss-serial-or-account")));
        }
        let there = held_by(&mut self.conn, &account).await?;
        if line.quantity < 1 || line.quantity > there {
            return Err(Error::Invalid(message!("return-quantity", there)));
        }
        let offer = self.offer_into(&account, &line.lot, None).await?;
        Ok(vec![(account, offer, (line.lot.clone(), String::new(), line.quantity))])
    }

    /// Takes goods out of service where they are, and puts together what goes as one line; gives where that is.
    fn made_ready(&mut self, held: Vec<Held>, give_back: bool) -> Result<(Code, Vec<Returned>), Error> {
        let nowhere = || Error::Invalid(message!("return-no-place"));
        let first = held.first().map(|(account, ..)| account.clone()).ok_or_else(nowhere)?;
        let from = first.place.clone().ok_or_else(nowhere)?;
        let mut lines: BTreeMap<(AccountKey, Option<Code>), Vec<Units>> = BTreeMap::new();
        for (account, offer, unit) in held {
            if account.holder != first.holder || account.place != first.place {
                return Err(Error::Invalid(message!("return-of-two", holder = &first.holder, place = &from)));
            }
            lines.entry((account, offer)).or_default().push(unit);
        }
        let mut returned = Vec::with_capacity(lines.len());
        for ((account, offer), units) in lines {
            let owner = if give_back { self.giver(offer.as_ref())? } else { account.owner.clone() };
            let ready = AccountKey { purpose: AccountPurpose::OnHand, owner, ..account.clone() };
            let take = |(lot, serial, quantity): &Units| Take {
                line: 0,
                quantity: *quantity,
                lot: lot.clone(),
                serial: serial.clone(),
            };
            let subject = Subject { offer: offer.clone(), ..Subject::default() };
            let takes: Vec<Take> = units.iter().map(take).collect();
            self.post(Activity::Ready, subject, &account, &ready, &takes);
            returned.push(Returned { service: Box::new(account), ready, offer, units });
        }
        Ok((from, returned))
    }

    /// The nation that gave something.
    fn giver(&self, offer: Option<&Code>) -> Result<Code, Error> {
        let offer = offer.and_then(|offer| self.picture.offers.get(offer.as_str()));
        let giver = offer.map(|offer| offer.donor.code().clone());
        giver.ok_or_else(|| Error::Invalid(message!("return-giver-unknown")))
    }

    /// Puts what was made ready to go back into service again, as it was before: the return is given up.
    pub(super) async fn stays(&mut self, loaded: &Loaded) -> Result<(), Error> {
        let mut steps = self.next_steps(loaded).await?;
        for line in loaded.lines.iter().filter(|line| line.present > 0) {
            let Some((step, service)) = steps.remove(&line.line).zip(line.ready_from.as_ref()) else { continue };
            let takes = takes(self.tracking(&line.resource), &loaded.units_of(line.line), line.present)?;
            self.post(Activity::Adjust, subject(&loaded.head.code, line), &step.from, service, &takes);
        }
        Ok(())
    }
}

/// Whether a line goes back from who received it: what its donor wanted met before it let go was met, or was not asked, then.
pub(super) fn goes_back(line: &Line) -> bool {
    line.ready_from.is_some() && line.need.is_none()
}
