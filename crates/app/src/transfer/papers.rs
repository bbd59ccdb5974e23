//! Documents of a consignment: which it needs for the lane that it is on or goes next, and each as a PDF in the languages of its parties.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use muster_documents::{
    Language, Languages,
    papers::{HandlingUnit, Leg, Line, Moment, Packed, Papers, Party, Place, Value as Worth},
    pdf,
};
use muster_domain::{
    code::Code,
    date::PartialDate,
    document::{Carrier, DocumentKind, Facts, Needed, force_of, required, under_status_of_forces},
    field::{Country, Field, Text},
    fixed::Fixed,
    gs1::Sscc,
    item::ItemKind,
    lane::Lane,
    ledger::entry::{Activity, Subject},
    message,
    picture::Picture,
    viewer::Viewer,
};
use muster_storage::{
    ledger::Request,
    transfer::{Consignment, Handover, Line as Held, Movement, MovementLeg, Unit, read::Title, then},
};
use serde_json::Value;

use super::{
    receipt,
    redirection::done,
    shown::{Ride, Shown},
    title::{Titles, declared, donors, given, kept_by},
};
use crate::{Actor, App, Error, blocking, everything};

/// The handover that is still to come: its receipt is a form to be filled in and signed by hand.
pub const UNSIGNED: &str = "new";

/// Which document of a kind is printed, and how.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// In which languages; none: those that its parties read.
    pub languages: Option<Languages>,
    /// Of a handover receipt, the handover, or [`UNSIGNED`] for a form that is to be signed on paper; none: the last, or such a form as long
    /// as nobody has signed.
    pub handover: Option<String>,
    /// Of a donation certificate, who gives; needed where several do.
    pub donor: Option<String>,
}

/// A document that a consignment needs, and for whose goods each of its copies is.
#[derive(Clone, Debug)]
pub struct Due {
    /// What is needed, and why.
    pub needed: Needed,
    /// Of donation certificates, the donors: one certificate each.
    pub donors: Vec<Code>,
}

impl App {
    /// The documents that a consignment needs for the lane on which it is or goes next, each with its reason.
    ///
    /// # Errors
    /// If there is no such consignment, or the database fails.
    pub async fn documents(&self, viewer: &Viewer, code: &str) -> Result<Vec<Due>, Error> {
        self.documents_of(&self.consignment_shown(viewer, code).await?).await
    }

    /// The same of a consignment that was looked up.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn documents_of(&self, shown: &Shown) -> Result<Vec<Due>, Error> {
        let picture = self.picture(&everything()).await?;
        // People travel with papers of their own.
        let goods =
            |line: &Held| picture.item_of(line.resource.as_str()).is_none_or(|item| item.kind == ItemKind::Materiel);
        if !there(shown).any(goods) {
            return Ok(Vec::new());
        }
        let titles = self.titles(&picture, shown).await?;
        let of = |needed: Needed| {
            let certificate = needed.kind == DocumentKind::DonationCertificate;
            let donors = if certificate { donors(&titles).into_iter().cloned().collect() } else { Vec::new() };
            Due { needed, donors }
        };
        Ok(required(&facts(&picture, shown, &titles)).into_iter().map(of).collect())
    }

    /// A document of a consignment as a PDF. Who takes it out is noted.
    ///
    /// # Errors
    /// If there is no such consignment or handover that the actor sees, nothing is left in it or nobody gives it, or the database fails.
    pub async fn document(
        &self,
        code: &str,
        kind: DocumentKind,
        asked: &Asked,
        actor: &Actor,
    ) -> Result<Vec<u8>, Error> {
        let mut shown = self.consignment_shown(&actor.viewer, code).await?;
        let picture = self.picture(&everything()).await?;
        let signed = match (kind, asked.handover.as_deref()) {
            (DocumentKind::HandoverReceipt, Some(UNSIGNED)) => None,
            (DocumentKind::HandoverReceipt, Some(name)) => {
                let found = shown.handovers.iter().find(|h| h.code.as_str() == name).cloned();
                Some(found.ok_or_else(|| Error::NotFound { what: "handover", code: name.to_owned() })?)
            }
            (DocumentKind::HandoverReceipt, None) => shown.handovers.last().cloned(),
            _ => None,
        };
        match &signed {
            Some(signed) => shown = self.as_signed(&shown, signed).await?,
            None if there(&shown).next().is_none() => {
                return Err(Error::Invalid(message!("document-nothing-left", consignment = code)));
            }
            None => {}
        }
        let mut papers = match kind {
            DocumentKind::Waybill => {
                let mut papers = papers(&picture, &shown, self.now());
                carried(&shown.head, &mut papers);
                papers.attached = self.attached(&shown).await?;
                papers
            }
            DocumentKind::Form302 => {
                let (mut part, titles) = (shown.clone(), self.titles(&picture, &shown).await?);
                if !is_declared(&facts(&picture, &shown, &titles)) {
                    return Err(Error::Invalid(message!("document-not-declared", consignment = code)));
                }
                let owner = declared(&picture, &titles, &mut part)?;
                let mut papers = papers(&picture, &part, self.now());
                papers.legs.drain(..leg_now(&shown.head).min(papers.legs.len()));
                if let Some(owner) = owner {
                    papers.consignor = party(&picture, owner.as_str());
                }
                papers
            }
            DocumentKind::DonationCertificate => {
                let (mut part, titles) = (shown.clone(), self.titles(&picture, &shown).await?);
                let (donor, owner, others) = given(&titles, asked.donor.as_deref(), &mut part)?;
                let mut papers = papers(&picture, &part, self.now());
                papers.donor = Some(party(&picture, donor.as_str()));
                papers.consignee = party(&picture, owner.as_str());
                papers.number = if others { format!("-{donor}") } else { String::new() };
                papers
            }
            _ => papers(&picture, &shown, self.now()),
        };
        papers.number = format!("{code}-{}{}", letters(kind), papers.number);
        if let Some(signed) = signed {
            let key = muster_storage::ledger::public_key(&mut self.read().await?).await?.unwrap_or_default();
            let sealed = self.receipt(&actor.viewer, signed.code.as_str()).await?;
            receipt::print(&picture, &mut papers, (&signed, &shown.told(&signed), &sealed), &key);
        }
        let bytes = printed(&picture, papers, (kind, asked.languages), std::slice::from_ref(&shown.head)).await?;
        let subject = Subject { consignment: Some(shown.head.code.clone()), ..Subject::default() };
        let note = self.note(actor, Activity::Export, subject, format!("{kind} of {code}"));
        self.ledger()?.submit(Request { commands: vec![note], also: vec![] }).await?;
        Ok(bytes)
    }

    /// The documents that go with a waybill.
    async fn attached(&self, shown: &Shown) -> Result<Vec<DocumentKind>, Error> {
        let stays = [DocumentKind::Waybill, DocumentKind::HandoverReceipt, DocumentKind::Label];
        let due = self.documents_of(shown).await?.into_iter().map(|due| due.needed.kind);
        Ok(due.filter(|kind| !stays.contains(kind)).collect())
    }

    /// The manifest of a movement's leg, of all consignments on it; without a number, of its last. Who takes it out is noted.
    ///
    /// # Errors
    /// If there is no such movement or leg, the actor does not see all that is on it, or the database fails.
    pub async fn manifest(
        &self,
        code: &str,
        leg: Option<i64>,
        languages: Option<Languages>,
        actor: &Actor,
    ) -> Result<Vec<u8>, Error> {
        let moved = self.movement_shown(&actor.viewer, code).await?;
        let not_found = || Error::NotFound { what: "movement", code: code.to_owned() };
        let leg = moved.legs.iter().rfind(|l| leg.is_none_or(|leg| l.leg.leg == leg)).ok_or_else(not_found)?;
        let picture = self.picture(&everything()).await?;
        let mut together: Option<Papers> = None;
        let mut heads = Vec::new();
        for head in &leg.consignments {
            let shown = self.consignment_shown(&actor.viewer, head.code.as_str()).await?;
            if !leg.is_whole() || !shown.whole {
                return Err(Error::Invalid(message!("manifest-not-all", movement = code)));
            }
            let rides = shown.movements.iter().filter(|ride| ride.movement.code == moved.movement.code);
            let which = rides.take_while(|ride| ride.leg.leg != leg.leg.leg).count();
            let shown = self.as_left(&shown, (code, which)).await?;
            let mut own = papers(&picture, &shown, self.now());
            for line in &mut own.lines {
                line.consignment = if leg.consignments.len() > 1 { head.code.to_string() } else { String::new() };
            }
            heads.push(shown.head);
            together = Some(match together {
                None => own,
                Some(before) => with(before, own),
            });
        }
        let mut papers = together.ok_or_else(not_found)?;
        papers.number = format!("{code}-{}-{}", leg.leg.leg, letters(DocumentKind::Manifest));
        if let Some(lane) = picture.lanes.get(leg.leg.lane.as_str()) {
            papers.from = place(&picture, lane.from.as_str());
            papers.to = place(&picture, lane.to.as_str());
            papers.legs = vec![leg_of(&picture, lane, Some((&moved.movement, &leg.leg)), None)];
        }
        let bytes = printed(&picture, papers, (DocumentKind::Manifest, languages), &heads).await?;
        self.note_export(&format!("{} of {code}, leg {}", DocumentKind::Manifest, leg.leg.leg), &bytes, actor).await?;
        Ok(bytes)
    }

    /// A consignment as it left on a movement, the first time or a later one, whatever became of it since.
    async fn as_left(&self, shown: &Shown, (movement, which): (&str, usize)) -> Result<Shown, Error> {
        let left = then::left_on(&mut self.read().await?, shown.head.code.as_str(), movement).await?;
        match left.get(which) {
            Some(number) => self.as_then(shown, *number).await,
            None => Ok(shown.clone()),
        }
    }

    /// A consignment as both parties signed for it, whatever became of it since.
    async fn as_signed(&self, shown: &Shown, handover: &Handover) -> Result<Shown, Error> {
        let mut signed = self.as_then(shown, handover.milestone).await?;
        let statement = statement_of(handover)?;
        let party = |name: &str| Code::new(statement[name].as_str().unwrap_or_default()).ok();
        signed.head.consignor = party("consignor").unwrap_or(signed.head.consignor);
        signed.head.consignee = party("consignee").unwrap_or(signed.head.consignee);
        let then = std::mem::take(&mut signed.lines);
        let line = |said: &Value| {
            // What was missing is told, too, and was no more there then.
            let mut all = then.iter().chain(&shown.lines);
            let line = all.find(|line| said["line"].as_i64() == Some(line.line))?;
            Some(Held { present: said["stated"].as_i64()?, worth: None, ..line.clone() })
        };
        signed.lines = statement["lines"].as_array().into_iter().flatten().filter_map(line).collect();
        Ok(signed)
    }

    /// A consignment as it was at a milestone, as far as the viewer sees what was in it.
    async fn as_then(&self, shown: &Shown, number: i64) -> Result<Shown, Error> {
        let then = then::at(&mut self.read().await?, shown.head.code.as_str(), number).await?;
        let Some(mut then) = then else { return Ok(shown.clone()) };
        let seen = |of: i64| shown.lines.iter().any(|line| line.line == of);
        then.lines.retain(|line| seen(line.line));
        then.units.retain(|unit| seen(unit.line));
        let on_it = |sscc: &str| then.units.iter().any(|unit| unit.sscc.as_deref() == Some(sscc));
        then.handling_units.retain(|unit| on_it(&unit.sscc));
        let mut was = shown.clone();
        (was.head.consignor, was.head.consignee) = (then.consignor, then.consignee);
        was.head.destination = then.destination;
        (was.lines, was.units, was.handling_units) = (then.lines, then.units, then.handling_units);
        Ok(was)
    }
}

/// The lines of which something is left.
fn there(shown: &Shown) -> impl Iterator<Item = &Held> {
    shown.lines.iter().filter(|line| line.present > 0)
}

/// What was signed.
fn statement_of(handover: &Handover) -> Result<Value, Error> {
    let broken = |error: serde_json::Error| muster_storage::Error::Corrupt(format!("{}: {error}", handover.code));
    Ok(serde_json::from_str(&handover.statement).map_err(broken)?)
}

/// What goes together on one conveyance; of several who send, or are to have it, all are named.
fn with(mut papers: Papers, more: Papers) -> Papers {
    for (all, own) in [(&mut papers.consignor, &more.consignor), (&mut papers.consignee, &more.consignee)] {
        if all.name == own.name || all.name.is_empty() && all.address.lines().any(|name| name == own.name) {
            continue;
        }
        let before = if all.name.is_empty() { all.address.clone() } else { all.name.clone() };
        *all = Party { address: format!("{before}\n{}", own.name), ..Party::default() };
    }
    let same = |one: &Party, two: &Party| one.name == two.name;
    papers.donor = papers.donor.zip(more.donor).and_then(|(one, two)| same(&one, &two).then_some(one));
    papers.consignment = format!("{}, {}", papers.consignment, more.consignment);
    papers.lines.extend(more.lines);
    papers.handling_units.extend(more.handling_units);
    for (all, own) in [(&mut papers.instructions, more.instructions), (&mut papers.caveats, more.caveats)] {
        for text in own.lines().filter(|text| !text.is_empty()) {
            if !all.lines().any(|said| said == text) {
                let between = if all.is_empty() { "" } else { "\n" };
                all.push_str(&format!("{between}{text}"));
            }
        }
    }
    papers
}

/// A document as a PDF.
async fn printed(
    picture: &Picture,
    papers: Papers,
    (kind, languages): (DocumentKind, Option<Languages>),
    heads: &[Consignment],
) -> Result<Vec<u8>, Error> {
    let languages = languages.unwrap_or_else(|| usual_languages(picture, heads));
    blocking(move || pdf(&papers, kind, languages).map_err(|error| Error::Invalid(error.message()))).await
}

/// The languages in which the parties of consignments read: that of who sends and that of who is to have it, each by the country of the
/// party, or else of the place; of several, where all read the same. English stands for every other, and beside the one that both read.
fn usual_languages(picture: &Picture, heads: &[Consignment]) -> Languages {
    let of = |party: &Code, place: &Code| {
        let own = picture.parties.get(party.as_str()).and_then(|party| party.country.as_ref());
        let there = || picture.places.get(place.as_str()).map(|place| &place.country);
        own.or_else(there).map_or(Language::English, |country| language_of(country.as_str()))
    };
    let all = |each: &dyn Fn(&Consignment) -> Language| {
        let mut read = heads.iter().map(each);
        let first = read.next().unwrap_or(Language::English);
        if read.all(|other| other == first) { first } else { Language::English }
    };
    let sends = all(&|head| of(&head.consignor, &head.origin));
    let receives = all(&|head| of(&head.consignee, &head.destination));
    let second = if sends == receives { Language::English } else { receives };
    Languages { first: sends, second: Some(second).filter(|second| *second != sends) }
}

/// The language of documents that a country reads, by ISO 3166 alpha-3.
fn language_of(country: &str) -> Language {
    match country {
        "UKR" => Language::Ukrainian,
        "DEU" | "AUT" => Language::German,
        "FRA" => Language::French,
        "POL" => Language::Polish,
        "JPN" => Language::Japanese,
        _ => Language::English,
    }
}

/// By which letters a document's number ends.
fn letters(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::PackingList => "PL",
        DocumentKind::Manifest => "MF",
        DocumentKind::Waybill => "WB",
        DocumentKind::Form302 => "302",
        DocumentKind::DonationCertificate => "DC",
        DocumentKind::HandoverReceipt => "HR",
        DocumentKind::Label => "LB",
    }
}

fn lanes_of<'a>(picture: &'a Picture, head: &Consignment) -> Vec<&'a Lane> {
    head.route.iter().filter_map(|lane| picture.lanes.get(lane.as_str())).collect()
}

/// Leaves in a waybill the part of the way for which it is made out: from where the goods are now, or go next, as far as they go by that
/// mode.
fn carried(head: &Consignment, papers: &mut Papers) {
    papers.legs.drain(..leg_now(head).min(papers.legs.len()));
    let mode = papers.legs.first().map(|leg| leg.mode);
    let same = papers.legs.iter().take_while(|leg| Some(leg.mode) == mode).count();
    papers.legs.truncate(same);
    if let [first, .., last] | [first @ last] = papers.legs.as_slice() {
        (papers.from, papers.to) = (first.from.clone(), last.to.clone());
    }
}

/// Which lane of its route a consignment is on, or goes next; the last, if it has come to its end.
fn leg_now(head: &Consignment) -> usize {
    done(head).min(head.route.len().saturating_sub(1))
}

/// The ride on the lane that it is on, or goes next, if it is known by what.
fn ride_now(shown: &Shown) -> Option<&Ride> {
    let lane = leg_now(&shown.head);
    shown.movements.iter().rfind(|ride| ride.lane == lane)
}

/// Whether the goods of a force are declared at a border.
fn is_declared(facts: &Facts) -> bool {
    required(facts).iter().any(|needed| needed.kind == DocumentKind::Form302)
}

fn facts(picture: &Picture, shown: &Shown, titles: &Titles) -> Facts {
    let head = &shown.head;
    let lanes = lanes_of(picture, head);
    let now = head.lane().or(head.route.last()).and_then(|lane| picture.lanes.get(lane.as_str()));
    // What lies behind it needs no papers any more.
    let ahead = lanes.iter().skip(leg_now(head)).flat_map(|lane| [lane.from.as_str(), lane.to.as_str()]);
    let places = ahead.chain([head.place.as_str()]);
    let countries: BTreeSet<&str> =
        places.filter_map(|place| picture.places.get(place)).map(|place| place.country.as_str()).collect();
    let item = |resource: &Code| picture.item_of(resource.as_str());
    // A carrier that is called by the code of a force is that; others carry for payment.
    let force = ride_now(shown).is_some_and(|ride| force_of(picture, &ride.movement.carrier).is_some());
    // What has come to its end is declared no more.
    let open = |_: &&Title| head.state.is_open();
    let kept = titles.values().filter(open).filter_map(|title| kept_by(picture, title));
    let keep: BTreeSet<&str> = kept.map(Country::as_str).collect();
    Facts {
        crosses_border: countries.len() > 1,
        mode: now.map_or(muster_domain::lane::Mode::Road, |lane| lane.mode),
        carrier: if force { Carrier::Force } else { Carrier::Commercial },
        given: !donors(titles).is_empty(),
        kept: !keep.is_empty(),
        status_of_forces: countries.iter().chain(&keep).all(|country| under_status_of_forces(country)),
        hazardous: there(shown).any(|l| item(&l.resource).is_some_and(|item| item.un_number.is_some())),
        handling_units: !shown.handling_units.is_empty(),
    }
}

pub(super) fn place(picture: &Picture, code: &str) -> Place {
    let Some(place) = picture.places.get(code) else { return Place { name: code.to_owned(), ..Place::default() } };
    Place {
        name: place.name.to_string(),
        country: Some(place.country.clone()),
        locode: place.unlocode.as_ref().map(Field::text).unwrap_or_default(),
        address: in_lines(&place.address),
    }
}

fn party(picture: &Picture, code: &str) -> Party {
    let Some(party) = picture.parties.get(code) else { return Party { name: code.to_owned(), ..Party::default() } };
    Party {
        name: party.name.to_string(),
        address: in_lines(&party.address),
        country: party.country.clone(),
        contact: party.contact.clone(),
    }
}

fn in_lines(address: &[Text]) -> String {
    address.iter().map(Text::as_str).collect::<Vec<_>>().join("\n")
}

fn papers(picture: &Picture, shown: &Shown, now: jiff::Timestamp) -> Papers {
    let head = &shown.head;
    let offers = || there(shown).filter_map(|line| picture.offers.get(line.offer.as_ref()?.as_str()));
    let donors: BTreeSet<&str> = offers().map(|offer| offer.donor.as_str()).collect();
    let one_donor = donors.first().filter(|_| donors.len() == 1);
    let mut caveats: BTreeSet<&str> = BTreeSet::new();
    for offer in offers() {
        let texts = offer.caveats.iter().filter_map(|code| picture.caveats.get(code.as_str()));
        caveats.extend(texts.map(|caveat| caveat.text.as_str()));
    }
    let carrier = ride_now(shown).map(|ride| ride.movement.carrier.as_str());
    let carrier = carrier.map(|carrier| match picture.parties.contains_key(carrier) {
        true => party(picture, carrier),
        false => Party { name: carrier.to_owned(), ..Party::default() },
    });
    let lies_on = |sscc: &str| shown.units.iter().any(|unit| unit.sscc.as_deref() == Some(sscc));
    Papers {
        mission: picture.mission().map(|mission| mission.name.to_string()).unwrap_or_default(),
        number: String::new(),
        issued_at: now,
        zone: TimeZone::UTC,
        consignment: head.code.to_string(),
        from: place(picture, head.origin.as_str()),
        to: place(picture, head.destination.as_str()),
        consignor: party(picture, head.consignor.as_str()),
        consignee: party(picture, head.consignee.as_str()),
        carrier,
        donor: one_donor.map(|donor| party(picture, donor)),
        legs: legs(picture, shown),
        lines: there(shown).map(|line| paper_line(picture, shown, line)).collect(),
        attached: Vec::new(),
        handling_units: shown
            .handling_units
            .iter()
            .filter(|unit| lies_on(&unit.sscc))
            .filter_map(handling_unit)
            .collect(),
        instructions: head.remark.clone(),
        caveats: caveats.into_iter().collect::<Vec<_>>().join("\n"),
        unmanifested: String::new(),
        doubts: Vec::new(),
        released: None,
        received: None,
        verification: None,
    }
}

fn handling_unit(unit: &muster_storage::transfer::HandlingUnit) -> Option<HandlingUnit> {
    Some(HandlingUnit {
        sscc: Sscc::parse(&unit.sscc).ok()?,
        packing: unit.kind,
        gross_kg: unit.gross_kg.and_then(|mass| mass.checked_mul(Fixed::<3>::ONE)).map(Fixed),
        seal: unit.seal.clone(),
    })
}

fn legs(picture: &Picture, shown: &Shown) -> Vec<Leg> {
    let gone = |n: usize| shown.movements.iter().find(|ride| ride.lane == n).map(|ride| (&ride.movement, &ride.leg));
    let lanes = lanes_of(picture, &shown.head);
    let planned = |n: usize| shown.head.departs_at.filter(|_| n == leg_now(&shown.head) && gone(n).is_none());
    lanes.iter().enumerate().map(|(n, lane)| leg_of(picture, lane, gone(n), planned(n))).collect()
}

fn leg_of(
    picture: &Picture,
    lane: &Lane,
    by: Option<(&Movement, &MovementLeg)>,
    departs_at: Option<jiff::Timestamp>,
) -> Leg {
    Leg {
        mode: lane.mode,
        conveyance: by.map(|(movement, _)| movement.conveyance.clone()).unwrap_or_default(),
        carrier: by.map(|(movement, _)| movement.carrier.clone()).unwrap_or_default(),
        from: place(picture, lane.from.as_str()),
        to: place(picture, lane.to.as_str()),
        departs: Moment { planned: departs_at, actual: by.map(|(_, leg)| leg.departed_at) },
        arrives: Moment { planned: by.map(|(_, leg)| leg.arrives_at), actual: by.and_then(|(_, leg)| leg.arrived_at) },
    }
}

fn paper_line(picture: &Picture, shown: &Shown, line: &Held) -> Line {
    let item = picture.item_of(line.resource.as_str());
    let units = || shown.units.iter().filter(|unit| unit.line == line.line);
    let packed = |unit: &Unit| Packed {
        lot: unit.lot.clone(),
        serials: Some(unit.serial.clone()).filter(|serial| !serial.is_empty()).into_iter().collect(),
        quantity: unit.quantity,
        handling_unit: unit.sscc.as_deref().and_then(|sscc| Sscc::parse(sscc).ok()),
    };
    let times = |each: Fixed<3>| each.0.checked_mul(line.present).map(Fixed);
    Line {
        consignment: String::new(),
        number: u32::try_from(line.line).unwrap_or(u32::MAX),
        item: item.map_or_else(|| line.resource.to_string(), |item| item.name.to_string()),
        nsn: item.and_then(|item| item.nsn.clone()),
        state: picture.resources.get(line.resource.as_str()).map(|resource| resource.state),
        units: units().map(packed).collect(),
        quantity: line.present,
        unit: item.map(|item| item.unit_of_issue.to_string()).unwrap_or_default(),
        mass_kg: item.and_then(|item| item.mass_kg).and_then(times),
        volume_m3: item.and_then(|item| volume(item.volume_m3?, line.present)),
        un_number: item.and_then(|item| item.un_number.clone()),
        proper_shipping_name: item.map(|item| item.proper_shipping_name.clone()).unwrap_or_default(),
        hazard_class: item.map(|item| item.hazard_class.clone()).unwrap_or_default(),
        packing_group: item.and_then(|item| item.packing_group),
        net_explosive_kg: item.and_then(|item| item.net_explosive_kg).and_then(times),
        value: line.worth.as_ref().map(|worth| Worth {
            amount_minor: worth.of(line.present),
            currency: worth.currency,
            method: worth.method.clone(),
            date: PartialDate::parse(&worth.date).ok(),
            source: worth.source.clone(),
        }),
        count: None,
    }
}

/// The volume of so many units, to the cubic decimetre.
fn volume(each: Fixed<6>, units: i64) -> Option<Fixed<3>> {
    each.0.checked_mul(units).map(|all| Fixed(all / 1_000))
}
