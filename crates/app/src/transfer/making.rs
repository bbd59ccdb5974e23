//! Consignments are made up: from what accepted plans are to move next from a place, from stock that is there, or straight
//! from an offer (`giving`).

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use muster_domain::{
    code::Code,
    consignment::ConsignmentState,
    item::Tracking,
    ledger::{
        account::{AccountKey, AccountPurpose},
        entry::{Act, Activity, EntryNumber, Posting, Subject},
    },
    message,
    need::Need,
    offer::Offer,
    picture::Picture,
    policy::Action,
    record::Record,
    stated::Stated,
};
use muster_storage::{
    ledger::read,
    transfer::{
        Consignment, EntryRef, Line, Unit, Worth, Write,
        stock::{at_end, free_in},
    },
};

use super::{
    Work,
    giving::{ByNeed, add},
    returning::Returned,
    way::{following, way},
    worth::MOST_MINOR,
};
use crate::{
    Actor, App, Error,
    movement::steps,
    plan::acceptance::{crossing, in_service, unit_of},
};

/// Most lines of one consignment.
pub const MOST_LINES: usize = 2_000;

/// What a consignment is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewLine {
    /// Units of a line of an accepted plan.
    Plan {
        /// The plan.
        plan: String,
        /// Its line.
        line: i64,
        /// How many units; none: all that can go.
        quantity: Option<i64>,
    },
    /// Units from an account.
    Stock {
        /// The account, as the ledger names it.
        account: String,
        /// How many units.
        quantity: i64,
        /// The need that they are for; none: they go to the place, for whoever keeps it.
        need: Option<String>,
        /// Which units, by serial number; none named: whoever counts them says so.
        serials: Vec<String>,
    },
    /// Units of a committed offer that no plan has promised to anybody, straight from where the donor has them.
    Offer {
        /// The offer.
        offer: String,
        /// How many units.
        quantity: i64,
        /// The need that they are for; none: they go to the place, for whoever keeps it.
        need: Option<String>,
    },
    /// Units that somebody had in service and that go back (`returning`).
    Returned(Returned),
}

/// A consignment to be made up.
#[derive(Clone, Debug, Default)]
pub struct New {
    /// The place it leaves.
    pub from: String,
    /// The place it is for; none: as far as its lines go together.
    pub to: Option<String>,
    /// The lanes of its way, where it is made from stock or an offer; else those of its plan. None: the quickest.
    pub route: Vec<String>,
    /// Its lines.
    pub lines: Vec<NewLine>,
    /// A remark.
    pub remark: String,
}

impl App {
    /// Makes up a consignment; gives its code.
    ///
    /// # Errors
    /// If a line is not there, cannot go from that place or not that way, or the ledger or the database refuses.
    pub async fn consignment_make(&self, new: &New, actor: &Actor) -> Result<Code, Error> {
        let code = self.dated_code("C");
        let Some(mut work) = self.work(actor, &format!("{code} made"), None).await? else {
            return self.made_before(actor, "made up").await;
        };
        work.make(&code, new).await?;
        work.done().await?;
        Ok(code)
    }

    /// Gives up a consignment that has not left: its lines are free again.
    ///
    /// # Errors
    /// If there is none, it has left, or the ledger or the database refuses.
    pub async fn consignment_cancel(&self, code: &str, actor: &Actor) -> Result<(), Error> {
        let begun = self.begin_with(code, (Activity::Plan, "cancelled"), None, actor).await?;
        let Some((loaded, mut work)) = begun else { return Ok(()) };
        work.may(Action::Move, &[&loaded.head.consignor])?;
        if !loaded.head.state.may_be_cancelled() {
            return Err(Error::Invalid(message!("consignment-has-left", consignment = code)));
        }
        work.noted(Activity::Plan, &loaded.head.code, "cancelled".into());
        // What was made from stock was promised for it alone.
        let mut given_up: ByNeed = BTreeMap::new();
        for line in loaded.lines.iter().filter(|line| line.plan.is_none() && line.present > 0) {
            work.release(&loaded, line.line, 0, line.present);
            if let Some(need) = &line.need {
                add(&mut given_up, need, &line.resource, -line.present);
            }
        }
        work.binds(&loaded.head.code, given_up).await?;
        work.stays(&loaded).await?;
        work.writes.push(Write::Set(Consignment { state: ConsignmentState::Cancelled, ..loaded.head.clone() }));
        work.done().await
    }

    /// A name that tells its day and nothing of how many others there are.
    pub(crate) fn dated_code(&self, letter: &str) -> Code {
        let today = self.today();
        let day = format!("{:02}{:02}{:02}", today.year() % 100, today.month(), today.day());
        let code = format!("{letter}-{day}-{}", self.secret(6).to_uppercase());
        Code::new(&code).expect("letters, digits and dashes make a code")
    }
}

/// What becomes a line.
pub(super) struct Part {
    pub(super) plan: Option<(Code, i64)>,
    pub(super) offer: Option<Code>,
    pub(super) need: Option<Code>,
    pub(super) held: AccountKey,
    pub(super) last: AccountKey,
    pub(super) quantity: i64,
    pub(super) route: Vec<Code>,
    pub(super) entries: Vec<EntryRef>,
    pub(super) departs_at: Option<Timestamp>,
}

impl Work<'_> {
    /// Makes up a consignment; gives where it goes.
    pub(crate) async fn make(&mut self, code: &Code, new: &New) -> Result<Code, Error> {
        if new.lines.is_empty() || new.lines.len() > MOST_LINES {
            return Err(Error::Invalid(message!("consignment-some-lines", most = MOST_LINES)));
        }
        self.place(&new.from).await?;
        let (mut lines, mut steps, mut ends, mut audiences) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut units: Vec<Unit> = Vec::new();
        let mut route: Option<Vec<Code>> = None;
        let (mut departs_at, mut consignor) = (None::<Timestamp>, None::<Code>);
        let mut bound: ByNeed = BTreeMap::new();
        // Units that are not free any more: of each stock, as the ledger names it, and from where each plan's step begins. What lines before take
        // is none of the next.
        let place = Code::new(&new.from).map_err(Error::must_be)?;
        let of_stock = new.lines.iter().any(|line| matches!(line, NewLine::Stock { .. }));
        let mut stocks = if of_stock { at_end(&mut self.conn, &place).await? } else { BTreeMap::new() };
        let mut of_plans: BTreeMap<EntryNumber, i64> = BTreeMap::new();
        // The note comes first: by its key a repeated request is known.
        self.noted(Activity::Plan, code, "made up".into());
        for (number, asked) in (1..).zip(&new.lines) {
            let part = match asked {
                NewLine::Plan { plan, line, quantity } => {
                    self.of_plan(new, (plan, *line), &of_plans, *quantity).await?
                }
                NewLine::Stock { account, quantity, need, serials } => {
                    if !serials.is_empty() && serials.len() as i64 != *quantity {
                        return Err(Error::Invalid(message!(
                            "consignment-serials",
                            line = number,
                            quantity = *quantity
                        )));
                    }
                    let taken = stocks.entry(account.clone()).or_default();
                    let part = self.of_stock(code, new, (account, *taken), *quantity, need.as_deref()).await?;
                    *taken += *quantity;
                    part
                }
                NewLine::Returned(returned) => self.of_returned(code, new, returned)?,
                NewLine::Offer { offer, quantity, need } => {
                    self.of_offer(code, new, (offer, *quantity), need.as_deref()).await?
                }
            };
            if *route.get_or_insert_with(|| part.route.clone()) != part.route {
                return Err(Error::Invalid(message!("consignment-lines-part", line = number)));
            }
            if *consignor.get_or_insert_with(|| part.held.holder.clone()) != part.held.holder {
                return Err(Error::Invalid(message!("consignment-lines-of-two", line = number)));
            }
            departs_at = departs_at.into_iter().chain(part.departs_at).min();
            audiences.extend([(part.held.owner.clone(), false), (part.last.holder.clone(), true)]);
            audiences
                .extend(part.need.as_ref().and_then(|n| unit_of(&self.picture, n.as_str())).map(|unit| (unit, true)));
            if let NewLine::Returned(returned) = asked {
                let giver = returned.offer.as_ref().and_then(|offer| self.picture.offers.get(offer.as_str()));
                audiences.extend(giver.map(|offer| (offer.donor.code().clone(), false)));
            }
            ends.push(part.last.holder.clone());
            if let Some(need) = part.need.as_ref().filter(|_| part.plan.is_none()) {
                add(&mut bound, need, &part.held.resource, part.quantity);
            }
            let offer = part.offer.as_ref().and_then(|offer| self.picture.offers.get(offer.as_str()));
            if let Some((_, EntryRef::Known(first))) = part.plan.as_ref().zip(part.entries.first()) {
                *of_plans.entry(*first).or_default() += part.quantity;
            }
            lines.push(Line {
                line: number,
                plan: part.plan,
                worth: offer.and_then(|offer| worth(&self.picture, offer)),
                ready_from: match asked {
                    NewLine::Returned(returned) => Some((*returned.service).clone()),
                    _ => None,
                },
                offer: part.offer,
                need: part.need,
                resource: part.held.resource.clone(),
                quantity: part.quantity,
                present: part.quantity,
                condition: None,
                remark: String::new(),
            });
            match asked {
                NewLine::Stock { serials, .. } if !serials.is_empty() => {
                    let unit = |serial: &String| Unit {
                        line: number,
                        lot: String::new(),
                        serial: serial.clone(),
                        quantity: 1,
                        sscc: None,
                    };
                    units.extend(serials.iter().map(unit));
                }
                NewLine::Returned(returned) => {
                    let known = returned.units.iter().filter(|(lot, serial, _)| !lot.is_empty() || !serial.is_empty());
                    let unit = |(lot, serial, quantity): &(String, String, i64)| Unit {
                        line: number,
                        lot: lot.clone(),
                        serial: serial.clone(),
                        quantity: *quantity,
                        sscc: None,
                    };
                    units.extend(known.map(unit));
                }
                _ => units.extend(self.all_known(number, &part.held, part.quantity).await?),
            }
            steps.push((number, 0, part.entries));
        }
        self.binds(code, bound).await?;
        let (route, consignor) = (route.unwrap_or_default(), consignor.ok_or(Error::Changed)?);
        self.may(Action::Move, &[&consignor])?;
        let destination = self.end_of(&route).unwrap_or(&place).clone();
        audiences.extend(self.keepers_along(&new.from, &route));
        audiences.push((consignor.clone(), true));
        let consignee = self.who_takes(ends, &destination).ok_or(Error::Changed)?;
        let end = destination.clone();
        let head = Consignment {
            code: code.clone(),
            // What is where its unit is to have it goes nowhere: it is there to be received.
            state: if route.is_empty() { ConsignmentState::AtNode } else { ConsignmentState::Packing },
            consignor,
            consignee,
            origin: place.clone(),
            destination,
            place,
            route,
            passed: 0,
            created_at: self.now,
            departs_at,
            arrives_at: None,
            remark: new.remark.clone(),
            made_from: None,
            sent_to: None,
            version: 0,
            milestones: 0,
        };
        self.writes.push(Write::New(head, audiences));
        self.writes.push(Write::Lines(code.clone(), lines));
        self.writes.push(Write::Steps(code.clone(), steps));
        self.writes.push(Write::Units(code.clone(), Vec::new(), units));
        for (first, quantity) in of_plans {
            self.writes.push(Write::Taken(code.clone(), first, quantity));
        }
        Ok(end)
    }

    /// Who takes over what goes into these hands: where it goes to several units, whoever keeps the place does so for them.
    pub(super) fn who_takes(&self, ends: impl IntoIterator<Item = Code>, place: &Code) -> Option<Code> {
        let ends: BTreeSet<Code> = ends.into_iter().collect();
        let keeper = if ends.len() == 1 { None } else { self.keeper(place) };
        keeper.or_else(|| ends.into_iter().next())
    }

    /// The units of a line by lot or serial number, where all that the account holds goes along: then nobody need name them again.
    async fn all_known(&mut self, line: i64, held: &AccountKey, quantity: i64) -> Result<Vec<Unit>, Error> {
        if self.tracking(&held.resource) == Tracking::Quantity {
            return Ok(Vec::new());
        }
        let known = read::holdings_of(&mut self.conn, held).await?;
        if known.iter().map(|(.., units)| units).sum::<i64>() != quantity {
            return Ok(Vec::new());
        }
        let unit = |(lot, serial, quantity)| Unit { line, lot, serial, quantity, sscc: None };
        Ok(known.into_iter().map(unit).collect())
    }

    async fn of_plan(
        &mut self,
        new: &New,
        (plan, line): (&str, i64),
        taken: &BTreeMap<EntryNumber, i64>,
        quantity: Option<i64>,
    ) -> Result<Part, Error> {
        let (allocation, _) = steps(&mut self.conn, plan, line).await?;
        self.app.sees_line(&mut self.conn, &self.actor.viewer, plan, line, &allocation).await?;
        let way = way(&mut self.conn, plan, line, &new.from, new.to.as_deref()).await?;
        let nothing = || Error::Invalid(message!("consignment-line-not-there", plan, line, place = &new.from));
        let way = way.ok_or_else(nothing)?;
        let free = way.free - way.entries.first().and_then(|first| taken.get(first)).copied().unwrap_or(0);
        if free < 1 {
            return Err(nothing());
        }
        let quantity = quantity.unwrap_or(free);
        if !(1..=free).contains(&quantity) {
            return Err(Error::Invalid(message!("consignment-line-too-much", plan, line, free, quantity)));
        }
        Ok(Part {
            plan: Some((way.plan, line)),
            offer: way.offer,
            need: way.need,
            held: way.held,
            last: way.last,
            quantity,
            route: way.route,
            entries: way.entries.into_iter().map(EntryRef::Known).collect(),
            departs_at: Some(way.departs_at),
        })
    }

    /// That what a donor allows with its goods, wherever they are by now, fits a need.
    pub(crate) fn allowed_for(&self, held: &AccountKey, need: &Code) -> Result<(), Error> {
        let Some(found) = Need::of(&self.picture, need.as_str()) else { return Ok(()) };
        let (purpose, unit) = (found.purpose(), found.unit().as_str());
        let excludes = |code: &&Code| {
            let caveat = self.picture.caveats.get(code.as_str());
            caveat.is_some_and(|caveat| caveat.excludes(&self.picture, purpose, unit).is_some())
        };
        match held.caveats.iter().find(excludes) {
            Some(caveat) => {
                let resource = &held.resource;
                Err(Error::Invalid(message!("goods-not-for", resource, need, caveat)))
            }
            None => Ok(()),
        }
    }

    async fn of_stock(
        &mut self,
        code: &Code,
        new: &New,
        (account, taken): (&str, i64),
        quantity: i64,
        need: Option<&str>,
    ) -> Result<Part, Error> {
        let held = AccountKey::parse(account).map_err(Error::must_be)?;
        let here = held.place.as_ref().is_some_and(|place| place.as_str() == new.from);
        if held.purpose != AccountPurpose::OnHand || !here {
            return Err(Error::Invalid(message!("consignment-stock-elsewhere", account, place = &new.from)));
        }
        if quantity < 1 {
            return Err(Error::Invalid(message!("ledger-quantity", most = i64::MAX, quantity)));
        }
        let need = need.map(Code::new).transpose().map_err(Error::must_be)?;
        if let Some(need) = &need {
            let (seen, _) = self.app.memory.picture(&mut self.conn, &self.actor.viewer).await?;
            let missing = || Error::NotFound { what: "need", code: need.to_string() };
            Need::of(&seen, need.as_str()).ok_or_else(missing)?;
            self.allowed_for(&held, need)?;
        }
        let free = free_in(&mut self.conn, &held).await? + self.brought_to(&held) - taken;
        if quantity > free {
            return Err(Error::Invalid(message!("consignment-stock-too-much", account, free = free.max(0), quantity)));
        }
        let route = self.whither(new, need.as_ref())?;
        if route.is_empty() && need.is_none() {
            return Err(Error::Invalid(message!("consignment-stock-there", account, place = &new.from)));
        }
        let subject = Subject { need: need.clone(), consignment: Some(code.clone()), ..Subject::default() };
        let lent = self.was_lent(&held).await?;
        let (entries, last) =
            self.promise(&subject, &held, &route, need.as_ref().map(|need| (need, lent)), quantity)?;
        Ok(Part { plan: None, offer: None, need, held, last, quantity, route, entries, departs_at: Some(self.now) })
    }

    /// What goes back is for no need, and its donor's promise was kept: nothing of it is promised anew.
    fn of_returned(&mut self, code: &Code, new: &New, returned: &Returned) -> Result<Part, Error> {
        let route =
            new.route.iter().map(|lane| Code::new(lane)).collect::<Result<Vec<_>, _>>().map_err(Error::must_be)?;
        let subject = Subject { consignment: Some(code.clone()), ..Subject::default() };
        let (held, quantity) = (returned.ready.clone(), returned.quantity());
        let (entries, last) = self.promise(&subject, &held, &route, None, quantity)?;
        let (offer, departs_at) = (returned.offer.clone(), Some(self.now));
        Ok(Part { plan: None, offer, need: None, held, last, quantity, route, entries, departs_at })
    }

    /// Pending entries of a way: departure and arrival on each lane, and the receipt by the unit whose need it is.
    pub(crate) fn promise(
        &mut self,
        subject: &Subject,
        held: &AccountKey,
        route: &[Code],
        need: Option<(&Code, bool)>,
        quantity: i64,
    ) -> Result<(Vec<EntryRef>, AccountKey), Error> {
        let picture = self.picture.clone();
        let (mut held, mut at, mut entries) = (held.clone(), self.now, Vec::new());
        for lane in following(&picture, held.place.clone().as_ref(), route)? {
            let (on_lane, there) = crossing(&picture, lane, &held);
            entries.push(self.pend(Activity::Depart, subject, at, &held, &on_lane, quantity));
            at += jiff::SignedDuration::from_hours(24 * i64::from(lane.transit_days));
            entries.push(self.pend(Activity::Arrive, subject, at, &on_lane, &there, quantity));
            held = there;
        }
        if let Some((need, lent)) = need {
            let missing = |what| Error::NotFound { what, code: need.to_string() };
            let unit = unit_of(&picture, need.as_str()).ok_or_else(|| missing("need"))?;
            let service = in_service(picture.mission().ok_or_else(|| missing("mission"))?, unit, &held, lent);
            entries.push(self.pend(Activity::Receive, subject, at, &held, &service, quantity));
            held = service;
        }
        Ok((entries, held))
    }

    fn pend(
        &mut self,
        activity: Activity,
        subject: &Subject,
        at: Timestamp,
        from: &AccountKey,
        to: &AccountKey,
        quantity: i64,
    ) -> EntryRef {
        let postings = vec![Posting::new(from.clone(), to.clone(), quantity)];
        self.command_at(at, Act::Pend { activity, subject: subject.clone(), postings })
    }
}

/// What units of an offer are worth, by what their donor said of all of it.
fn worth(picture: &Picture, offer: &Offer) -> Option<Worth> {
    let (value, currency) = (offer.value.as_ref().and_then(Stated::known)?, offer.value_currency?);
    Some(Worth {
        minor: value.minor(currency.places()).filter(|minor| *minor <= MOST_MINOR)?,
        units: picture.offered_units(offer).filter(|units| *units > 0)?,
        currency,
        method: offer.value_method.clone(),
        date: offer.value_date.as_ref().map_or_else(String::new, ToString::to_string),
        source: format!("{} {}", Offer::SHEET, offer.code),
    })
}
