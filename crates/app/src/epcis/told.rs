//! What happened to a line of a consignment, or to what was wrong with it, as custody events. One line makes its own events, whoever asks,
//! so that an event has the same content, and with it the same id, for all who see it.

use jiff::Timestamp;
use muster_domain::{
    code::Code,
    consignment::{Condition, Milestone},
    field::Field,
    gs1::Sscc,
    picture::Picture,
    variance::{Resolution, VarianceKind},
};
use muster_interchange::epcis::custody::{Correction, Custody, Goods, Naming, Place, State, Step, Thing, to_events};
use muster_storage::{
    epcis::told::{Found, Repacked, Told},
    transfer::{Unit, Variance},
};

pub(super) struct Teller<'a> {
    naming: &'a Naming,
    picture: &'a Picture,
}

impl<'a> Teller<'a> {
    pub(super) fn new(naming: &'a Naming, picture: &'a Picture) -> Self {
        Self { naming, picture }
    }

    /// A line at a milestone.
    pub(super) fn line(&self, told: &Told) -> Vec<Custody> {
        let plain = self.plain(told);
        match told.kind {
            Milestone::Readied => self.packed(told, &plain),
            Milestone::Departed if told.leaves => vec![Custody {
                step: Step::Shipping,
                from_holder: party(&told.consignor),
                to_holder: party(&told.consignee),
                place: None,
                ..plain
            }],
            Milestone::Departed => vec![Custody { step: Step::Departing, place: None, ..plain }],
            Milestone::ArrivedAtNode => vec![Custody { step: Step::Arriving, ..plain }],
            Milestone::Inspected => {
                let state = told.condition.map(|condition| match condition {
                    Condition::Serviceable => State::Conformant,
                    Condition::Unserviceable => State::NeedsReplacement,
                    Condition::Incomplete => State::NonConformant,
                    Condition::Damaged => State::Damaged,
                });
                // Lines at which nobody looked are not in it.
                state.map(|state| Custody { step: Step::Inspecting, state: Some(state), ..plain }).into_iter().collect()
            }
            Milestone::TitleTransferred => vec![Custody {
                step: Step::Accepting,
                state: Some(State::InProgress),
                to_owner: self.picture.mission().and_then(|mission| party(mission.recipient.code())),
                ..plain
            }],
            Milestone::ReceivedByUnit => vec![Custody {
                step: Step::Receiving,
                state: Some(if told.differs { State::MismatchQuantity } else { State::InProgress }),
                from_holder: party(&told.consignor),
                to_holder: party(&told.consignee),
                ..plain
            }],
        }
    }

    /// All that events of a line have alike; on the way, unless they say otherwise.
    fn plain(&self, told: &Told) -> Custody {
        let mut papers = vec![(String::new(), self.naming.line(&told.consignment, told.line))];
        papers.extend(told.movement.as_ref().map(|movement| ("bol".to_owned(), self.naming.movement(movement))));
        let mut units: Vec<&str> = told.units.iter().filter_map(|unit| unit.sscc.as_deref()).collect();
        units.sort_unstable();
        units.dedup();
        let units = units.into_iter().filter_map(|sscc| Sscc::parse(sscc).ok()).map(Thing::Unit);
        let goods = self.goods(&told.resource);
        let counted = told.kind == Milestone::ArrivedAtNode && told.differs;
        Custody {
            state: Some(if counted { State::MismatchQuantity } else { State::InTransit }),
            things: units.chain(things(&goods, &told.units, told.quantity)).collect(),
            consignment: Some(told.consignment.clone()),
            papers,
            ..seen(Step::Arriving, (told.occurred_at, told.recorded_at), &told.place)
        }
    }

    /// What lies on each handling unit, and what lies on none.
    fn packed(&self, told: &Told, plain: &Custody) -> Vec<Custody> {
        let goods = self.goods(&told.resource);
        let plain = Custody { step: Step::Packing, state: Some(State::InProgress), ..plain.clone() };
        let mut carriers: Vec<&str> = told.units.iter().filter_map(|unit| unit.sscc.as_deref()).collect();
        carriers.sort_unstable();
        carriers.dedup();
        let mut events = Vec::new();
        let mut loose = told.quantity;
        let mut without: Vec<Unit> = told.units.iter().filter(|unit| unit.sscc.is_none()).cloned().collect();
        for sscc in carriers {
            let on: Vec<Unit> = told.units.iter().filter(|unit| unit.sscc.as_deref() == Some(sscc)).cloned().collect();
            let Ok(carrier) = Sscc::parse(sscc) else {
                without.extend(on);
                continue;
            };
            let quantity = on.iter().map(|unit| unit.quantity).sum();
            loose -= quantity;
            events.push(Custody { carrier: Some(carrier), things: things(&goods, &on, quantity), ..plain.clone() });
        }
        if loose > 0 {
            events.push(Custody { things: things(&goods, &without, loose), ..plain });
        }
        events
    }

    /// What was put on a handling unit or taken off it.
    pub(super) fn repacked(&self, one: &Repacked) -> Option<Custody> {
        let quantity = one.units.iter().map(|unit| unit.quantity).sum();
        let step = if one.joins { Step::Packing } else { Step::Unpacking };
        Some(Custody {
            state: Some(State::InProgress),
            carrier: Some(Sscc::parse(&one.sscc).ok()?),
            things: things(&self.goods(&one.resource), &one.units, quantity),
            consignment: Some(one.consignment.clone()),
            papers: vec![(String::new(), self.naming.line(&one.consignment, one.line))],
            ..seen(step, (one.occurred_at, one.recorded_at), &one.place)
        })
    }

    /// What was found wrong. What is missing is told by the arrival or receipt itself, which has another quantity than was sent; but where
    /// nothing came it is told of the papers that they do not agree with what is there.
    pub(super) fn found(&self, found: &Found) -> Vec<Custody> {
        let variance = &found.variance;
        let (step, state) = match variance.kind {
            VarianceKind::Short if found.came => return Vec::new(),
            VarianceKind::Short => return self.nothing_came(variance).into_iter().collect(),
            VarianceKind::Damaged => (Step::Inspecting, State::Damaged),
            VarianceKind::Over | VarianceKind::Unmanifested => (Step::Holding, State::Unavailable),
        };
        let (quantity, units) = &found.whole;
        let plain = self.of_variance(&Variance { quantity: *quantity, ..variance.clone() }, units);
        let recorded = Some(found.known_at);
        plain.map(|plain| Custody { step, state: Some(state), recorded, ..plain }).into_iter().collect()
    }

    /// That a line of the papers was held against what came, which was nothing of it. Of what is not there no event can say that it was
    /// seen, and a quantity is of something (EPCIS 7.3.3.3); papers are things, too, and to look at them is to inspect (CBV 7.1).
    fn nothing_came(&self, variance: &Variance) -> Option<Custody> {
        let consignment = variance.consignment.clone().filter(|_| variance.line > 0)?;
        let plain = self.of_variance(variance, &[])?;
        Some(Custody {
            step: Step::Inspecting,
            state: Some(State::MismatchQuantity),
            things: vec![Thing::Line(consignment, variance.line)],
            place: None,
            ..plain
        })
    }

    /// All that events of a variance have alike; nothing while nobody knows what it is, or the books hold it elsewhere.
    fn of_variance(&self, variance: &Variance, units: &[Unit]) -> Option<Custody> {
        let goods = self.goods(&variance.account.as_ref()?.resource);
        let consignment = variance.consignment.clone();
        let line = consignment.as_ref().filter(|_| variance.line > 0);
        let line = line.map(|consignment| (String::new(), self.naming.line(consignment, variance.line)));
        let own = (String::new(), self.naming.variance(&variance.code));
        Some(Custody {
            things: things(&goods, units, variance.quantity),
            consignment,
            papers: line.into_iter().chain([own]).collect(),
            ..seen(Step::Holding, (variance.occurred_at, variance.recorded_at), &variance.place)
        })
    }

    /// Whether a variance ended so that the event of the line at which it was found was wrong.
    pub(super) fn asks_for_line(&self, found: &Found) -> bool {
        let counted = matches!(found.variance.kind, VarianceKind::Short | VarianceKind::Over) && found.came;
        counted && matches!(found.variance.resolved, Some((Resolution::Miscounted, ..)))
    }

    /// How a variance ended. Was it a wrong count, then the event of the line says so, and what puts it right comes before it.
    pub(super) fn ended(&self, found: &Found, line: Option<&Told>) -> Vec<Custody> {
        let (variance, units) = (&found.variance, found.units.as_slice());
        let Some((resolution, at, ..)) = &variance.resolved else { return Vec::new() };
        let (step, state) = match resolution {
            Resolution::Found => (Step::Receiving, State::InProgress),
            Resolution::Lost | Resolution::WrittenOff => (Step::Decommissioning, State::Inactive),
            Resolution::Accepted => (Step::Storing, State::Available),
            Resolution::ToRepair => (Step::Storing, State::NeedsReplacement),
            Resolution::Returned => (Step::Shipping, State::Returned),
            Resolution::TakenBack => return did_not_occur(self.found(found), *at),
            // The variance of what was missing tells that it came.
            Resolution::Manifested => return Vec::new(),
            Resolution::Miscounted => {
                return match line {
                    Some(line) => self.corrected(found, line, *at),
                    None if variance.kind == VarianceKind::Short && !found.came => self.came_after_all(found, *at),
                    None if variance.kind == VarianceKind::Damaged => self.not_hurt(found, *at),
                    None => Vec::new(),
                };
            }
        };
        let plain = self.of_variance(variance, units);
        let ended = |plain: Custody| Custody {
            step,
            state: Some(state),
            when: *at,
            recorded: Some(*at),
            place: plain.place.filter(|_| matches!(step, Step::Receiving | Step::Storing)),
            ..plain
        };
        plain.map(ended).into_iter().collect()
    }

    /// That what was told not to have come had come: what did, and that the event which said otherwise was wrong.
    fn came_after_all(&self, found: &Found, at: Timestamp) -> Vec<Custody> {
        let (variance, units) = (&found.variance, found.units.as_slice());
        let told = Variance { code: variance.whole().clone(), ..variance.clone() };
        let (Some(plain), Some(wrong)) = (self.of_variance(variance, units), self.nothing_came(&told)) else {
            return Vec::new();
        };
        let right = Custody { step: Step::Receiving, state: Some(State::InProgress), recorded: Some(at), ..plain };
        // Of what is left it is still true that it did not come.
        if found.left.0 > 0 {
            return vec![right];
        }
        let by = to_events(std::slice::from_ref(&right), self.naming).0.into_iter().filter_map(|event| event.id);
        let correction = Some(Correction { declared: at, did_not_occur: false, by: by.collect() });
        vec![right, Custody { recorded: Some(at), correction, ..wrong }]
    }

    /// That what was told to be hurt was not: what of it is right, what is still hurt, and that the event which said otherwise was wrong.
    fn not_hurt(&self, found: &Found, at: Timestamp) -> Vec<Custody> {
        let variance = &found.variance;
        let looked = |(quantity, units): &(i64, Vec<Unit>), code: &Code, state| {
            let told = Variance { code: code.clone(), quantity: *quantity, ..variance.clone() };
            let plain = self.of_variance(&told, units).filter(|_| *quantity > 0);
            plain.map(|plain| Custody { step: Step::Inspecting, state: Some(state), recorded: Some(at), ..plain })
        };
        let right = looked(&found.right, &variance.code, State::Conformant);
        let right: Vec<Custody> =
            right.into_iter().chain(looked(&found.left, variance.whole(), State::Damaged)).collect();
        let by = to_events(&right, self.naming).0.into_iter().filter_map(|event| event.id).collect();
        let correction = Some(Correction { declared: at, did_not_occur: false, by });
        let wrong = looked(&found.whole, variance.whole(), State::Damaged);
        right.into_iter().chain(wrong.map(|wrong| Custody { correction, ..wrong })).collect()
    }

    fn corrected(&self, found: &Found, line: &Told, at: Timestamp) -> Vec<Custody> {
        let missing = found.variance.kind == VarianceKind::Short;
        let (quantity, units) = &found.right;
        let right = Told {
            // Some of it may be as it was counted.
            differs: *quantity < found.whole.0,
            recorded_at: at,
            quantity: line.quantity + if missing { *quantity } else { 0 },
            units: line.units.iter().chain(units.iter().filter(|_| missing)).cloned().collect(),
            ..line.clone()
        };
        let right = self.line(&right);
        let by = to_events(&right, self.naming).0.into_iter().filter_map(|event| event.id).collect();
        let correction = Some(Correction { declared: at, did_not_occur: false, by });
        let wrong = self.line(line).into_iter();
        let wrong = wrong.map(|event| Custody { recorded: Some(at), correction: correction.clone(), ..event });
        right.into_iter().chain(wrong).collect()
    }

    fn goods(&self, resource: &Code) -> Goods {
        let item = self.picture.item_of(resource.as_str()).map(|item| item.code.clone());
        Goods::Item(item.unwrap_or_else(|| resource.clone()))
    }
}

/// That what these events tell did not happen, as was said then.
pub(super) fn did_not_occur(told: Vec<Custody>, at: Timestamp) -> Vec<Custody> {
    let correction = Some(Correction { declared: at, did_not_occur: true, by: Vec::new() });
    told.into_iter().map(|event| Custody { recorded: Some(at), correction: correction.clone(), ..event }).collect()
}

/// That something was seen at a place, when it happened and when it was recorded; of what, and in which state, is still to be said.
fn seen(step: Step, (when, recorded): (Timestamp, Timestamp), place: &Code) -> Custody {
    let place = Some(Place::Code(place.clone()));
    Custody {
        id: None,
        step,
        state: None,
        when,
        offset_minutes: 0,
        recorded: Some(recorded),
        carrier: None,
        things: Vec::new(),
        seen_at: place.clone(),
        place,
        from_holder: None,
        to_holder: None,
        from_owner: None,
        to_owner: None,
        consignment: None,
        papers: Vec::new(),
        correction: None,
    }
}

fn party(code: &Code) -> Option<Place> {
    Some(Place::Code(code.clone()))
}

/// Units by serial number and by lot, each lot once, and the rest by their number.
fn things(goods: &Goods, units: &[Unit], quantity: i64) -> Vec<Thing> {
    let mut things = Vec::new();
    let mut lots: std::collections::BTreeMap<&str, i64> = std::collections::BTreeMap::new();
    let mut rest = quantity;
    for unit in units {
        if !unit.serial.is_empty() {
            things.push(Thing::Serial(goods.clone(), unit.serial.clone()));
            rest -= 1;
        } else if !unit.lot.is_empty() {
            *lots.entry(&unit.lot).or_default() += unit.quantity;
            rest -= unit.quantity;
        }
    }
    let count = |n: i64| u64::try_from(n).ok().filter(|n| *n > 0);
    things.extend(lots.into_iter().filter_map(|(lot, n)| Some(Thing::Lot(goods.clone(), lot.to_owned(), count(n)?))));
    things.extend(count(rest).map(|n| Thing::Count(goods.clone(), n)));
    things
}
