//! Offers: what a donor gives, from pledge to service, and under which limits.

use jiff::civil::Date;

use crate::{
    caveat::Caveat,
    code::{Code, Ref},
    date::PartialDate,
    fault::Faults,
    field::{Currency, Field},
    fixed::Fixed,
    fund::Fund,
    message,
    party::Party,
    place::Place,
    record,
    record::Rules,
    resource::Resource,
    stated::Stated,
    statement::Statement,
    words,
};

words! {
    /// What is given.
    pub enum OfferKind {
        /// Materiel, or people to be trained.
        Goods = "goods",
        /// Money that need not be paid back.
        Grant = "grant",
        /// Money to be paid back under terms.
        Loan = "loan",
        /// Money into a trust fund.
        Contribution = "contribution",
    }
}

impl OfferKind {
    /// Whether it is money.
    pub fn is_money(self) -> bool {
        self != Self::Goods
    }
}

words! {
    /// How far an offer has come. Each milestone has its own time; "delivered" is never one flag.
    pub enum OfferState {
        /// Intent, not binding.
        Pledged = "pledged",
        /// Itemised, with conditions.
        Offered = "offered",
        /// Looked through by the mission.
        Screened = "screened",
        /// Bound by the donor.
        Committed = "committed",
        /// Bound to a need.
        Allocated = "allocated",
        /// Made ready at its place.
        Readied = "readied",
        /// Put under transport documents.
        Consigned = "consigned",
        /// On its way.
        Departed = "departed",
        /// Reached a node of the mission.
        ArrivedAtNode = "arrived_at_node",
        /// Counted and looked at.
        Inspected = "inspected",
        /// The recipient owns it.
        TitleTransferred = "title_transferred",
        /// The unit has it.
        ReceivedByUnit = "received_by_unit",
        /// In use.
        InService = "in_service",
        /// Stopped for now, for a reason.
        Held = "held",
        /// Not taken, for a reason.
        Rejected = "rejected",
        /// Taken back, for a reason.
        Cancelled = "cancelled",
    }
}

impl OfferState {
    /// Whether it ends an offer's way or interrupts it, and so needs a reason.
    pub fn is_stop(self) -> bool {
        matches!(self, Self::Held | Self::Rejected | Self::Cancelled)
    }

    /// Whether the donor is bound, so that the mission may count on it.
    pub fn is_committed(self) -> bool {
        (Self::Committed..=Self::InService).contains(&self)
    }

    /// Whether `next` may follow. A milestone may be passed over (not every offer has every one), never gone back on; any state but
    /// an end may be held, rejected or cancelled; what is held goes on where it was or further on.
    pub fn may_become(self, next: Self) -> bool {
        match self {
            Self::Rejected | Self::Cancelled => false,
            Self::Held => next != Self::Held,
            Self::InService => next.is_stop(),
            _ => next > self,
        }
    }
}

record! {
    /// What a donor gives.
    pub struct Offer in "offers" by (code) owned by (donor) usually Owner {
        /// Its code.
        code: Code,
        /// Who gives.
        donor: Ref<Party>,
        /// What kind of gift.
        kind: OfferKind,
        /// What is given.
        resource: Ref<Resource>,
        /// How much: whole units of issue, or an amount in whole units of the currency.
        quantity: Stated<Fixed<3>>,
        /// Where goods wait.
        place: Option<Ref<Place>>,
        /// From when it can be moved or paid.
        available_from: Stated<PartialDate>,
        /// The donor's limits.
        caveats: Vec<Ref<Caveat>>,
        /// The fund that a contribution is for.
        fund: Option<Ref<Fund>>,
        /// What money may be used for.
        earmark: String,
        /// A loan's terms.
        terms: String,
        /// How far it has come.
        state: OfferState,
        /// Why it is in that state.
        state_reason: String,
        /// What it is worth, as its donor valued it, in whole units of the currency.
        value: Option<Stated<Fixed<3>>>,
        /// Currency of the value.
        value_currency: Option<Currency>,
        /// How it was valued.
        value_method: String,
        /// When it was valued.
        value_date: Option<PartialDate>,
        /// The statement behind it.
        statement: Option<Ref<Statement>>,
        /// A remark.
        note: String,
        /// Units that stay together; none: each may go its own way.
        lot: Option<u32>,
        /// Lent: the day on which the donor needs it back; none: given.
        lent_until: Option<Date>,
        /// A purpose that the donor would like it to serve.
        wish_purpose: String,
        /// What each unit that serves it is worth more in a plan.
        wish_bonus: Option<Fixed<3>>,
    }
}

impl Offer {
    /// Whether its donor needs it back: it is lent, not given.
    pub fn is_lent(&self) -> bool {
        self.lent_until.is_some()
    }
}

impl Rules for Offer {
    fn rules(&self, faults: &mut Faults<'_>) {
        let goods = self.kind == OfferKind::Goods;
        faults.require(!goods || self.place.is_some(), "place", "", message!("place-of-goods-missing"));
        faults.require(
            self.kind != OfferKind::Contribution || self.fund.is_some(),
            "fund",
            "",
            message!("fund-missing"),
        );
        if let Some(quantity) = self.quantity.known() {
            faults.require(quantity.0 > 0, "quantity", quantity.text(), message!("above-zero"));
            faults.require(
                !goods || quantity.whole().is_some(),
                "quantity",
                quantity.text(),
                message!("goods-in-whole-numbers"),
            );
        }
        faults.require(
            !self.state.is_stop() || !self.state_reason.trim().is_empty(),
            "state_reason",
            "",
            message!("offer-reason-missing"),
        );
        faults.require(self.lot.is_none_or(|lot| lot > 0), "lot", self.lot.text(), message!("above-zero"));
        let bonus = self.wish_bonus;
        faults.require(bonus.is_none_or(|b| b.0 > 0), "wish_bonus", bonus.text(), message!("above-zero"));
        let both = bonus.is_some() != self.wish_purpose.is_empty();
        faults.require(both, "wish_bonus", bonus.text(), message!("wish-in-part"));
        for (column, text) in [("lot", self.lot.text()), ("lent_until", self.lent_until.text())] {
            faults.require(goods || text.is_empty(), column, text, message!("for-goods-only"));
        }
        if let Some(value) = self.value.as_ref().and_then(Stated::known) {
            faults.require(value.0 >= 0, "value", value.text(), message!("not-negative"));
            faults.require(self.value_currency.is_some(), "value_currency", "", message!("currency-of-value-missing"));
            faults.require(!self.value_method.is_empty(), "value_method", "", message!("value-method-missing"));
            faults.require(self.value_date.is_some(), "value_date", "", message!("value-date-missing"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Cells, Record};

    #[test]
    fn a_value_says_in_what_currency_how_and_when_it_was_found() {
        let offer = [
            ("code", "O-1"),
            ("donor", "JPN"),
            ("kind", "goods"),
            ("resource", "vest"),
            ("quantity", "300"),
            ("place", "D"),
            ("available_from", "2026-09-14"),
            ("state", "committed"),
            ("value", "1200000"),
            ("source", "test"),
            ("fictional", "yes"),
        ];
        let told = [("value_currency", "EUR"), ("value_method", "net book value"), ("value_date", "2026-08-01")];
        let faults = |cells: &[(&str, &str)]| {
            let cell = |name: &str| cells.iter().find(|(n, _)| *n == name).map_or("", |(_, text)| *text);
            let mut found = Vec::new();
            let mut faults = Faults::of(Offer::SHEET, "test", &mut found);
            let read = Offer::read(&mut Cells::new(&cell, &mut faults)).unwrap();
            read.rules(&mut faults);
            found.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(faults(&[&offer[..], &told[..]].concat()), Vec::<String>::new());
        for missing in 0..told.len() {
            let rest: Vec<_> = told.iter().enumerate().filter(|(n, _)| *n != missing).map(|(_, cell)| *cell).collect();
            let said = faults(&[&offer[..], &rest[..]].concat());
            assert!(said.len() == 1 && said[0].contains(told[missing].0), "{said:?}");
        }
    }

    #[test]
    fn milestones_are_never_gone_back_on() {
        use OfferState::{Allocated, Cancelled, Committed, Held, InService, Offered, Pledged, Rejected};
        assert!(Pledged.may_become(Offered) && Committed.may_become(Allocated) && Pledged.may_become(Committed));
        assert!(!Allocated.may_become(Committed) && !Committed.may_become(Committed));
        for state in OfferState::ALL {
            let ended = matches!(state, Rejected | Cancelled);
            assert_eq!(state.may_become(Cancelled), !ended, "{state}");
            assert_eq!(state.may_become(Held), !ended && *state != Held, "{state}");
        }
        assert!(Held.may_become(Committed) && !InService.may_become(Allocated) && !Rejected.may_become(Offered));
    }
}
