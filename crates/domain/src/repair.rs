//! Repair: what is broken goes from a fault report through triage into a work order, until it is released, cannibalised or given up. Each
//! state has its clock; what stands still has a reason and somebody whose turn it is.

use jiff::{SignedDuration, Timestamp};

use crate::words;

words! {
    /// How far a work order has come.
    pub enum WorkOrderState {
        /// A unit reported a fault.
        Requested = "requested",
        /// It was decided where it is to be repaired.
        Triaged = "triaged",
        /// The facility has it.
        Inducted = "inducted",
        /// What is wrong is known, and what is needed.
        Diagnosed = "diagnosed",
        /// Parts are missing.
        WaitingForParts = "waiting_for_parts",
        /// It is being worked on.
        InRepair = "in_repair",
        /// It was tested and passed.
        Tested = "tested",
        /// It is fit for use again, and its tester signed for it.
        Released = "released",
        /// The unit has it back.
        Returned = "returned",
        /// Not worth repairing: it leaves the books.
        BeyondEconomicRepair = "beyond_economic_repair",
        /// Parts of it were recovered, the rest leaves the books.
        Cannibalised = "cannibalised",
        /// There was nothing to repair, or it was lost before anybody began.
        Cancelled = "cancelled",
    }
}

impl WorkOrderState {
    /// The states that may follow this one.
    pub fn next(self) -> &'static [Self] {
        use WorkOrderState::{
            BeyondEconomicRepair, Cancelled, Cannibalised, Diagnosed, InRepair, Inducted, Released, Requested,
            Returned, Tested, Triaged, WaitingForParts,
        };
        match self {
            Requested => &[Triaged, Cancelled],
            // What is lost on its way is given up.
            Triaged => &[Triaged, Inducted, BeyondEconomicRepair, Cancelled],
            Inducted => &[Diagnosed, BeyondEconomicRepair, Cannibalised],
            // A second look may find more.
            Diagnosed => &[Diagnosed, WaitingForParts, InRepair, BeyondEconomicRepair, Cannibalised],
            WaitingForParts => &[Diagnosed, InRepair, BeyondEconomicRepair, Cannibalised],
            // A test that failed leaves it in repair.
            InRepair => &[Diagnosed, InRepair, Tested, BeyondEconomicRepair, Cannibalised],
            // A test that is repeated and failed leads back.
            Tested => &[InRepair, Released],
            Released => &[Returned],
            Returned | BeyondEconomicRepair | Cannibalised | Cancelled => &[],
        }
    }

    /// Whether a state may follow.
    pub fn allows(self, next: Self) -> bool {
        self.next().contains(&next)
    }

    /// Whether the facility has it and works on it, or waits to.
    pub fn is_in_shop(self) -> bool {
        (Self::Inducted..=Self::Tested).contains(&self)
    }

    /// Whether it is being worked on, or only its release is missing.
    pub fn is_in_hand(self) -> bool {
        matches!(self, Self::InRepair | Self::Tested)
    }

    /// Whether there is still something to be done at the facility or before.
    pub fn is_open(self) -> bool {
        self < Self::Released
    }

    /// Whether nothing follows.
    pub fn is_over(self) -> bool {
        self.next().is_empty()
    }
}

words! {
    /// Where something is to be repaired.
    pub enum Echelon {
        /// Where it stands, by the unit or a team that comes, or with advice from afar.
        OnSite = "on_site",
        /// At a facility in the country.
        InCountry = "in_country",
        /// At a facility in another country.
        Abroad = "abroad",
    }
}

words! {
    /// How urgent it is.
    pub enum Urgency {
        /// In its turn.
        Routine = "routine",
        /// Before others.
        Urgent = "urgent",
        /// Before all others: without it the unit cannot do its task.
        Critical = "critical",
    }
}

impl Urgency {
    /// Days within which it ought to be mended.
    pub fn days(self) -> i64 {
        match self {
            Self::Critical => 14,
            Self::Urgent => 30,
            Self::Routine => 60,
        }
    }

    /// How much a day too late weighs, and a requirement for its parts.
    pub fn weight(self) -> i64 {
        match self {
            Self::Critical => 30,
            Self::Urgent => 10,
            Self::Routine => 3,
        }
    }
}

words! {
    /// Why a work order stands still.
    pub enum BlockingReason {
        /// Parts are missing.
        Parts = "parts",
        /// The price is too high or not agreed.
        Price = "price",
        /// Intellectual property or a licence is in the way.
        Licence = "licence",
        /// Tools are missing.
        Tools = "tools",
        /// Test equipment is missing.
        TestEquipment = "test_equipment",
        /// It cannot be brought.
        Transport = "transport",
        /// Somebody has to decide.
        Decision = "decision",
    }
}

words! {
    /// How far a quotation for a repair has come.
    pub enum QuoteState {
        /// Whoever repairs said what it costs, and the fund's keeper has not decided.
        Quoted = "quoted",
        /// The fund's keeper agreed: so much of the fund is set aside for it.
        Approved = "approved",
        /// The fund's keeper did not agree.
        Refused = "refused",
        /// Nothing is to be decided any more.
        Withdrawn = "withdrawn",
        /// What was due was paid, and what was set aside besides is free again.
        Paid = "paid",
    }
}

impl QuoteState {
    /// Whether somebody has still to decide, or to quote anew.
    pub fn is_unsettled(self) -> bool {
        matches!(self, Self::Quoted | Self::Refused)
    }

    /// The states that may follow this one.
    pub fn next(self) -> &'static [Self] {
        match self {
            Self::Quoted => &[Self::Approved, Self::Refused, Self::Withdrawn],
            // What was set aside is free again where the repair is decided on anew.
            Self::Approved => &[Self::Paid, Self::Withdrawn],
            Self::Refused => &[Self::Withdrawn],
            Self::Withdrawn | Self::Paid => &[],
        }
    }
}

/// How long something was in each state: pairs of a state and the time in it, up to `now` for the last.
pub fn clocks(steps: &[(WorkOrderState, Timestamp)], now: Timestamp) -> Vec<(WorkOrderState, SignedDuration)> {
    let ends = steps.iter().skip(1).map(|(_, at)| *at).chain([now]);
    let pairs = steps.iter().zip(ends).filter(|((state, _), _)| !state.is_over());
    pairs.map(|((state, from), to)| (*state, to.duration_since(*from))).collect()
}

/// The value below which a share of all values lies, by the nearest rank; none of no values. `share` is from 0 to 1.
pub fn percentile(values: &[SignedDuration], share: f64) -> Option<SignedDuration> {
    let mut sorted = values.to_vec();
    sorted.sort();
    let rank = (share.clamp(0.0, 1.0) * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied()
}

/// How much of the time between two moments lies outside of some spans, which may overlap.
pub fn time_outside((from, to): (Timestamp, Timestamp), spans: &[(Timestamp, Timestamp)]) -> SignedDuration {
    let mut spans = spans.to_vec();
    spans.sort();
    let (mut left, mut known) = (SignedDuration::ZERO, from);
    for (start, end) in spans {
        if start > known {
            left += start.min(to).duration_since(known.min(to));
        }
        known = known.max(end);
    }
    left + to.max(known).duration_since(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_in_spans_that_overlap_or_lie_partly_outside_is_taken_off_once() {
        let at = |hour: i64| Timestamp::from_second(3_600 * hour).unwrap();
        let outside = |spans: &[(i64, i64)]| {
            let spans: Vec<_> = spans.iter().map(|(from, to)| (at(*from), at(*to))).collect();
            time_outside((at(10), at(20)), &spans).as_hours()
        };
        assert_eq!(outside(&[]), 10);
        assert_eq!(outside(&[(14, 16), (12, 15)]), 6);
        assert_eq!(outside(&[(5, 11), (19, 30)]), 8);
        assert_eq!(outside(&[(0, 5), (20, 22)]), 10);
        assert_eq!((outside(&[(5, 25)]), outside(&[(8, 12), (9, 11)])), (0, 8));
    }

    #[test]
    fn every_order_that_is_not_over_can_come_to_an_end_and_none_goes_on_after_it() {
        for state in WorkOrderState::ALL {
            let mut reached = vec![*state];
            let mut n = 0;
            while n < reached.len() {
                for next in reached[n].next() {
                    if !reached.contains(next) {
                        reached.push(*next);
                    }
                }
                n += 1;
            }
            assert!(reached.iter().any(|s| s.is_over()), "{state} goes round for ever");
            let begun = reached.contains(&WorkOrderState::Requested);
            assert!(*state == WorkOrderState::Requested || !begun, "{state} begins anew");
        }
        assert!(
            !WorkOrderState::Requested.allows(WorkOrderState::InRepair),
            "nothing is repaired that was not looked at"
        );
        assert!(!WorkOrderState::InRepair.allows(WorkOrderState::Released), "nothing is released untested");
    }

    #[test]
    fn the_clock_of_each_state_runs_until_the_next_one() {
        let at = |hour: i64| Timestamp::from_second(hour * 3_600).unwrap();
        use WorkOrderState::{Cancelled, Requested, Triaged};
        let steps = [(Requested, at(0)), (Triaged, at(5))];
        let hours = SignedDuration::from_hours;
        assert_eq!(clocks(&steps, at(12)), [(Requested, hours(5)), (Triaged, hours(7))]);
        let over = [(Requested, at(0)), (Cancelled, at(5))];
        assert_eq!(clocks(&over, at(12)), [(Requested, hours(5))], "what is over has no clock");
    }

    #[test]
    fn percentiles_are_of_the_nearest_rank() {
        let days = |all: &[i64]| all.iter().map(|day| SignedDuration::from_hours(24 * day)).collect::<Vec<_>>();
        let all = days(&[9, 1, 5, 3, 7]);
        assert_eq!(percentile(&all, 0.5), Some(days(&[5])[0]));
        assert_eq!(percentile(&all, 0.9), Some(days(&[9])[0]));
        assert_eq!(percentile(&all, 0.0), Some(days(&[1])[0]));
        assert_eq!(percentile(&[], 0.5), None);
    }
}
