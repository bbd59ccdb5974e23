//! What people do at desks, with a network: consignments are made up, opened with authority, sent and counted where there is no phone;
//! repairs and courses begin and end; promised money is paid.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use jiff::{SignedDuration, Timestamp};
use muster_domain::{date::PartialDate, field::Field, gate::Gate};
use serde_json::{Value, json};

use super::{
    Play,
    hub::{CARRIER, Hands, Keys, hands, lot, new_names, packed, unit_of},
    known::{is_due, pages, records},
    people::{Person, text},
    phone::{Kind, Phone, path},
    story::{INVENTED, ON_ONE, invented, lines, number, present},
    wire::{As, Content, Reply, escaped},
};
use crate::Failure;

/// So many offers go before their papers are there, by authority, and so long the papers take.
const EARLY: usize = 3;
const PAPERS_TAKE: SignedDuration = SignedDuration::from_hours(3 * 24);

/// Gates that authority opens and that have nothing to do with what else rides along.
const BESIDE_OTHERS: [Gate; 2] = [Gate::Clearance, Gate::Condition];

/// A milestone that somebody recorded at a desk: of which consignment, what, by whom, when.
pub(super) type Recorded = (String, String, String, Timestamp);

impl Play {
    /// Asks Muster as somebody to do something, under a key of its own.
    pub(super) async fn act(&mut self, who: &Person, path: &str, body: &Value) -> Result<Reply, Failure> {
        self.deeds += 1;
        let key = format!("desk-{:06}", self.deeds);
        let by = As::Token(&who.token);
        let body = invented(body.clone());
        self.wire.ask(by, ("POST", path), Content::Json(&body.to_string()), Some(&key)).await
    }

    pub(super) async fn get(&self, who: &Person, path: &str) -> Result<Value, Failure> {
        let reply = self.wire.ask(As::Token(&who.token), ("GET", path), Content::None, None).await?;
        Ok(reply.good(&who.name, path)?.body)
    }

    async fn planner(&mut self) -> Result<Person, Failure> {
        self.cast.person(&self.wire, "movement").await
    }

    /// Promised money that is due is paid.
    pub(super) async fn pay(&mut self) -> Result<(), Failure> {
        let fund = self.cast.person(&self.wire, "fund").await?;
        if self.owed.is_none() {
            let offers = records(&self.wire, &fund, "offers").await?;
            // What is pledged without an amount cannot be paid.
            let has_amount = |offer: &Value| text(offer, "quantity").starts_with(|c: char| c.is_ascii_digit());
            let is_money =
                |offer: &&Value| offer["kind"] != "goods" && offer["state"] == "committed" && has_amount(offer);
            let owed = offers.iter().filter(is_money).filter_map(|offer| Some((last_day(offer)?, text(offer, "code"))));
            self.owed = Some(owed.collect());
        }
        let now = self.wire.now();
        let is_due = |(day, _): &(Timestamp, String)| *day <= now;
        let due: Vec<_> = self.owed.iter_mut().flat_map(|owed| owed.extract_if(.., |one| is_due(one))).collect();
        for (at, offer) in due {
            let body = json!({ "offer": offer, "at": at.to_string(), "reason": "paid as promised" });
            let reply = self.act(&fund, "/api/v1/payments", &body).await?;
            if reply.is_done() {
                self.payments += 1;
            } else {
                self.refused.push(format!("payment of {offer}: {}", reply.why()));
            }
        }
        Ok(())
    }

    /// All that is to be done at desks now. Gives whether anything was.
    pub(super) async fn at_desks(&mut self) -> Result<bool, Failure> {
        self.papers().await?;
        let planner = self.planner().await?;
        let now = self.wire.now();
        let due = format!("/api/v1/movements?ready=true&before={now}&limit=1000");
        let steps = pages(&self.wire, &planner, &due, "steps").await?;
        let mut done = self.processes(&steps, &["finish"]).await?;
        done |= self.make_up(&steps).await?;
        let open = "/api/v1/consignments?open=true&limit=1000";
        for head in pages(&self.wire, &planner, open, "consignments").await? {
            done |= self.consignment(&head).await?;
        }
        done |= self.processes(&steps, &["start", "consume"]).await?;
        Ok(done)
    }

    /// Repairs and courses that begin or end, and spares that are used, with the units that are there for them.
    async fn processes(&mut self, steps: &[Value], activities: &[&str]) -> Result<bool, Failure> {
        let mut done = false;
        // Units that a step of this round has taken: the list was made before.
        let mut taken = BTreeSet::new();
        for step in steps {
            let activity = text(step, "activity");
            if !activities.contains(&activity.as_str()) || number(step, "line") == 0 || number(step, "ready") <= 0 {
                continue;
            }
            let end = if activity == "start" { "dispatch" } else { "receive" };
            let mut body = json!({
                "plan": step["plan"], "line": step["line"], "step": step["step"], "quantity": step["ready"],
                "reason": format!("{activity} as planned"),
            });
            let line = (text(step, "plan"), number(step, "line"));
            let mut serials = Vec::new();
            match step["tracking"].as_str() {
                Some("serial") if activity == "finish" => {
                    // What was begun is told by its names, which the works or the school have.
                    let begun = self.begun.get(&line).map_or(&[] as &[String], Vec::as_slice);
                    serials = begun.iter().take(ready(step)).cloned().collect();
                }
                Some("serial") => serials = self.serials_of(step, &mut taken),
                Some("lot") => body["lot"] = self.lot_of(step),
                _ => {}
            }
            if !serials.is_empty() {
                body["serials"] = json!(serials);
            }
            let holder = text(&step["from"], "holder");
            let reply = self.of_party(&holder, &format!("/api/v1/movements/{end}"), &body).await?;
            if reply.is_done() {
                self.steps += 1;
                done = true;
                let begun = self.begun.entry(line).or_default();
                match activity.as_str() {
                    "start" => begun.extend(serials),
                    _ => begun.retain(|serial| !serials.contains(serial)),
                }
            } else {
                self.refused.push(format!("{activity} of line {}: {}", step["line"], reply.why()));
            }
        }
        Ok(done)
    }

    /// So many units as can move with a step: those that are there, or new ones that come out of a donor's stock.
    fn serials_of(&mut self, step: &Value, taken: &mut BTreeSet<(String, String)>) -> Vec<String> {
        if number(step, "step") == 0 {
            return self.story.named(&text(step, "offer"), number(step, "ready"));
        }
        let held = step["held"].as_array().into_iter().flatten().map(|unit| text(unit, "serial"));
        let resource = text(step, "resource");
        let free = |serial: &String| {
            let unit = (resource.clone(), serial.clone());
            !self.promised.contains(&unit) && taken.insert(unit)
        };
        held.filter(free).take(ready(step)).collect()
    }

    /// The lot of which units move with a step.
    fn lot_of(&self, step: &Value) -> Value {
        match step["held"].as_array().and_then(|held| held.first()) {
            Some(held) => held["lot"].clone(),
            None => lot(&text(step, "offer")).into(),
        }
    }

    /// Does something as whoever moves things for a party; what they do not see, the mission's movement planner does.
    async fn of_party(&mut self, party: &str, path: &str, body: &Value) -> Result<Reply, Failure> {
        let own = self.cast.mover(&self.wire, &self.known, party).await?;
        let reply = self.act(&own, path, body).await?;
        if !matches!(reply.status, 403 | 404) {
            return Ok(reply);
        }
        let planner = self.planner().await?;
        self.by_planner += 1;
        self.act(&planner, path, body).await
    }

    /// Consignments are made up of all that can leave now.
    async fn make_up(&mut self, steps: &[Value]) -> Result<bool, Failure> {
        let leaves =
            |step: &&Value| step["activity"] == "depart" && number(step, "ready") > 0 && number(step, "line") > 0;
        let holder = |step: &Value| (text(step, "plan"), number(step, "line"));
        let holders: BTreeMap<(String, i64), String> =
            steps.iter().filter(leaves).map(|step| (holder(step), text(&step["from"], "holder"))).collect();
        let places: BTreeSet<String> = steps.iter().filter(leaves).map(|step| text(&step["from"], "place")).collect();
        let (planner, now) = (self.planner().await?, self.wire.now());
        let mut done = false;
        for place in places {
            let ask = format!("/api/v1/consignment-proposals?place={}&before={now}", escaped(&place));
            let told = self.get(&planner, &ask).await?;
            for proposal in told["proposals"].as_array().into_iter().flatten() {
                let mut by_holder: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
                for line in proposal["lines"].as_array().into_iter().flatten() {
                    let Some(holder) = holders.get(&holder(line)) else { continue };
                    let taken = json!({ "plan": line["plan"], "line": line["line"], "quantity": line["quantity"] });
                    by_holder.entry(holder).or_default().push(taken);
                }
                for (holder, lines) in by_holder {
                    let body = json!({ "from": place, "lines": lines, "reason": "goes together" });
                    let made = self.of_party(holder, "/api/v1/consignments", &body).await?;
                    let made = made.good(holder, "/api/v1/consignments")?.body;
                    self.made(holder, &made).await?;
                    done = true;
                }
            }
        }
        Ok(done)
    }

    /// It is known from now on; some go on a pallet, and some only with authority.
    pub(super) async fn made(&mut self, holder: &str, consignment: &Value) -> Result<(), Failure> {
        let code = text(consignment, "code");
        self.story.made(&code);
        let own = self.cast.mover(&self.wire, &self.known, holder).await?;
        if self.story.is_on_pallet(consignment, &self.known) {
            let seal = format!("S{:05}", self.story.number(&code));
            let body = json!({ "units": [{ "kind": "pallet", "seal": seal }], "reason": "put on a pallet" });
            let at = format!("{}/handling-units", path(&code));
            let made = self.act(&own, &at, &body).await?.good(&own.name, &at)?;
            self.pallets.insert(code.clone(), made.body["ssccs"][0].as_str().unwrap_or_default().to_owned());
        }
        let shut = self.get(&own, &format!("{}/gates", path(&code))).await?;
        let shut: Vec<&Value> = shut["gates"].as_array().into_iter().flatten().collect();
        let lacking = |line: &&Value| shut.iter().any(|g| g["gate"] == "clearance" && g["line"] == line["line"]);
        let offers: BTreeSet<String> = lines(consignment).filter(lacking).map(|line| text(line, "offer")).collect();
        // A few go before their papers are there.
        let mut early = false;
        if self.went_early < EARLY && !offers.is_empty() && !self.story.is_lost(&code) {
            let come = self.wire.now().saturating_add(PAPERS_TAKE).unwrap_or(Timestamp::MAX);
            self.went_early += offers.len();
            self.early.extend(offers.iter().map(|offer| (offer.clone(), (come, BTreeSet::new()))));
        }
        for offer in offers {
            match self.early.get_mut(&offer) {
                Some((_, waiting)) => early |= waiting.insert(code.clone()),
                None => early |= !self.cleared(&offer).await?,
            }
        }
        let by_authority = Gate::OF_THE_WAY.map(Gate::as_str);
        let is_kept = |gate: &Value| gate["gate"].as_str().is_some_and(|gate| by_authority.contains(&gate));
        if early || shut.into_iter().any(is_kept) {
            self.story.by_authority.insert(code);
        }
        Ok(())
    }

    /// Papers that were on their way are there: what went without them goes on as everything does.
    async fn papers(&mut self) -> Result<(), Failure> {
        let now = self.wire.now();
        let there: Vec<_> = self.early.iter().filter(|(_, (come, _))| *come <= now).map(|(o, _)| o.clone()).collect();
        for offer in there {
            let (_, waiting) = self.early.remove(&offer).unwrap_or_default();
            if self.cleared(&offer).await? {
                self.story.by_authority.retain(|code| !waiting.contains(code));
            }
        }
        Ok(())
    }

    /// The donor's liaison officer records that what the caveats of an offer ask for before release is there.
    async fn cleared(&mut self, offer: &str) -> Result<bool, Failure> {
        let at = format!("/api/v1/records/offers/{}", escaped(offer));
        let planner = self.planner().await?;
        let donor = text(&self.get(&planner, &at).await?, "donor");
        let own = self.cast.mover(&self.wire, &self.known, &donor).await?;
        let shown = self.wire.ask(As::Token(&own.token), ("GET", &at), Content::None, None).await?;
        let shown = shown.good(&own.name, &at)?;
        let mut clearances: Vec<Value> = shown.body["clearances"].as_array().cloned().unwrap_or_default();
        let caveats = text(&shown.body, "caveats");
        let conditions: BTreeSet<&str> = caveats.split('|').flat_map(|caveat| self.known.conditions(caveat)).collect();
        for condition in conditions {
            if clearances.iter().all(|one| one["condition"] != condition) {
                let reference = format!("{offer}-{} (invented)", clearances.len() + 1);
                let date = self.wire.now().to_string()[..10].to_owned();
                clearances.push(json!({
                    "condition": condition, "authority": format!("{donor} (invented)"), "reference": reference, "source": "Invented for the demonstration", "fictional": "yes", "date": date,
                }));
            }
        }
        self.deeds += 1;
        let key = format!("desk-{:06}", self.deeds);
        let body = json!({ "clearances": clearances }).to_string();
        let tag = shown.headers.get("etag").and_then(|tag| tag.to_str().ok()).unwrap_or_default();
        let why = format!("{at}?reason={}", escaped(&format!("papers are there{INVENTED}")));
        let change = Content::Change(&body, tag);
        let reply = self.wire.ask(As::Token(&own.token), ("PATCH", &why), change, Some(&key)).await?;
        if reply.is_done() {
            self.cleared += 1;
        } else {
            self.refused.push(format!("clearance of {offer}: {}", reply.why()));
        }
        Ok(reply.is_done())
    }

    /// The next that is to be done with a consignment, if it is to be done at a desk.
    pub(super) async fn consignment(&mut self, head: &Value) -> Result<bool, Failure> {
        let (code, now) = (text(head, "code"), self.wire.now());
        let state = text(head, "state");
        let at_end = head["at_end"] == true;
        let kind = match state.as_str() {
            "packing" => Kind::Ready,
            "readied" | "at_node" if !at_end && is_due(head, "departs_at", now) => Kind::Depart,
            "at_node" if at_end => Kind::Receive,
            "under_way" if is_due(head, "arrives_at", now) && !self.story.is_lost(&code) => Kind::Arrive,
            _ => return Ok(false),
        };
        let (_, holder) = self.known.holders(head);
        let ends = head["place"] == head["destination"];
        let party = if kind == Kind::Receive || ends && self.has_phone(head, &text(head, "consignee")) {
            text(head, "consignee")
        } else {
            holder
        };
        let by_authority = self.story.by_authority.contains(&code) && matches!(kind, Kind::Ready | Kind::Depart);
        let by_desk = by_authority || self.story.is_at_desk(&code);
        if !by_desk && self.has_phone(head, &party) {
            self.phone(&text(head, "place"), &party, head, kind).await?;
            return Ok(false);
        }
        let own = self.cast.mover(&self.wire, &self.known, &party).await?;
        let seen = self.get(&own, &path(&code)).await?;
        self.at_desk(&own, kind, &seen).await
    }

    /// Whether a phone of a party is used where a consignment is.
    fn has_phone(&self, head: &Value, party: &str) -> bool {
        let place = self.known.places.get(&text(head, "place")).map_or("", |place| place.kind.as_str());
        match place {
            "hub" | "depot" => true,
            "delivery" => head["consignee"] == party && head["place"] == head["destination"],
            _ => false,
        }
    }

    /// The phone is set up when it is first needed, and whoever hands over or takes over there makes a key on it.
    async fn phone(&mut self, place: &str, party: &str, head: &Value, kind: Kind) -> Result<(), Failure> {
        let at = (place.to_owned(), party.to_owned());
        if !self.phones.contains_key(&at) {
            let me = self.cast.mover(&self.wire, &self.known, party).await?;
            let label = format!("{place} {party}");
            let phone = Phone::new(&label, place, me, self.shift_of(self.phones.len()));
            self.phones.insert(at.clone(), (phone, Keys::new()));
        }
        let (gives, takes) = hands(&self.known, head, kind);
        for party in [gives, takes, text(head, "consignee")] {
            let Some((phone, keys)) = self.phones.get_mut(&at) else { continue };
            if let Entry::Vacant(lacking) = keys.entry(party) {
                let who = self.cast.mover(&self.wire, &self.known, lacking.key()).await?;
                lacking.insert(self.cast.key(&self.wire, &who, &phone.label).await?);
            }
        }
        Ok(())
    }

    async fn at_desk(&mut self, own: &Person, kind: Kind, seen: &Value) -> Result<bool, Failure> {
        let now = self.wire.now();
        let mut body = match kind {
            Kind::Ready => {
                let lines = self.packed(seen).await?;
                json!({ "at": now.to_string(), "lines": lines, "reason": "made ready" })
            }
            Kind::Depart => return self.send(own, seen).await,
            _ => {
                let (gives, takes) = hands(&self.known, seen, kind);
                let mut keys = Keys::new();
                for party in [gives, takes] {
                    let who = self.cast.mover(&self.wire, &self.known, &party).await?;
                    let key = self.cast.key(&self.wire, &who, &format!("own of {}", who.name)).await?;
                    keys.insert(party, key);
                }
                let (wire, known, story) = (&self.wire, &self.known, &mut self.story);
                Hands { wire, known, story, keys: &keys }.counted(seen, kind, now).1
            }
        };
        // Photographs are taken with phones.
        if let Some(signed) = body.get_mut("signed").and_then(Value::as_object_mut) {
            signed.remove("photos");
        }
        body["version"] = seen["version"].clone();
        let gates = if kind == Kind::Ready { by_authority() } else { Vec::new() };
        let done = self.deed(own, kind, seen, body.clone(), &gates).await?.is_done();
        if done && kind == Kind::Ready && self.is_repaired(seen) {
            self.promised.extend(units_of(seen, &body));
        }
        Ok(done)
    }

    /// Whether it comes out of works or a school, where its units had names before.
    fn is_repaired(&self, seen: &Value) -> bool {
        let origin = self.known.places.get(&text(seen, "origin")).map_or("", |place| place.kind.as_str());
        ["repair", "training"].contains(&origin)
    }

    /// The units of each line that is made ready; what has been repaired has the names that it had.
    async fn packed(&mut self, seen: &Value) -> Result<Vec<Value>, Failure> {
        let code = text(seen, "code");
        let sscc = self.pallets.get(&code).cloned().unwrap_or_default();
        if !self.is_repaired(seen) {
            let story = &mut self.story;
            return Ok(packed(&self.known, seen, &sscc, |line| new_names(story, line)));
        }
        let planner = self.planner().await?;
        let ask = format!("/api/v1/movements?place={}&limit=1000", escaped(&text(seen, "origin")));
        let steps = pages(&self.wire, &planner, &ask, "steps").await?;
        let mut promised = self.promised.clone();
        Ok(packed(&self.known, seen, &sscc, |line| {
            let of_line = |step: &&Value| step["line"] == line["plan_line"] && step["activity"] == "depart";
            let held = steps.iter().find(of_line).and_then(|step| step["held"].as_array());
            let (mut left, mut units) = (present(line), Vec::new());
            for unit in held.into_iter().flatten() {
                let name = (text(line, "resource"), text(unit, "serial"));
                let taken = number(unit, "quantity").min(left);
                if taken > 0 && (name.1.is_empty() || promised.insert(name)) {
                    let mut unit = unit_of(unit);
                    unit["quantity"] = taken.into();
                    units.push(unit);
                    left -= taken;
                }
            }
            units
        }))
    }

    /// It leaves: with others of its sender that go by the same lane today, or alone. Of what others send one does not know the conveyance.
    async fn send(&mut self, own: &Person, seen: &Value) -> Result<bool, Failure> {
        let now = self.wire.now();
        let (code, lane) = (text(seen, "code"), text(seen, "lane"));
        let mode = self.known.lanes.get(&lane).map_or_else(String::new, |(_, mode)| mode.clone());
        let leaves = (format!("{} {}", &now.to_string()[..10], own.name), lane.clone());
        let body = json!({ "at": now.to_string(), "version": seen["version"], "reason": "loaded and gone" });
        if let Some((movement, riding)) = self.story.rides.get(&leaves).filter(|(_, riding)| *riding < ON_ONE).cloned()
        {
            let mut together = body.clone();
            together["movement"] = movement.clone().into();
            // What may not travel beside it goes alone.
            if self.deed(own, Kind::Depart, seen, together, &BESIDE_OTHERS).await?.is_done() {
                self.story.rides.insert(leaves, (movement, riding + 1));
                return Ok(true);
            }
        }
        let mut alone = body;
        alone["carrier"] = CARRIER.into();
        alone["conveyance"] = format!("{mode} {:04}", self.story.number(&code)).into();
        let reply = self.deed(own, Kind::Depart, seen, alone, &by_authority()).await?;
        if let Some(movement) = reply.body["movement"].as_str().filter(|_| reply.is_done()) {
            self.story.rides.insert(leaves, (movement.to_owned(), 1));
        }
        Ok(reply.is_done())
    }

    /// A deed to a consignment; where a gate is shut that may be opened, the movement planner does it with authority.
    async fn deed(
        &mut self,
        own: &Person,
        kind: Kind,
        seen: &Value,
        body: Value,
        gates: &[Gate],
    ) -> Result<Reply, Failure> {
        let code = text(seen, "code");
        let at = format!("{}/{}", path(&code), kind.end());
        let planner = self.planner().await?;
        let mut opened = body.clone();
        opened["overrides"] = gates.iter().map(|gate| gate.as_str()).collect();
        opened["reason"] = "the papers are on their way, and the mission answers for it".into();
        let gated = !gates.is_empty();
        let mut who = own;
        let mut reply = if gated && self.story.by_authority.contains(&code) {
            who = &planner;
            self.act(&planner, &at, &opened).await?
        } else {
            self.act(own, &at, &body).await?
        };
        if gated && who.name == own.name && reply.is_shut() {
            who = &planner;
            reply = self.act(&planner, &at, &opened).await?;
        }
        if !reply.is_done() {
            self.refused.push(format!("{} of {code}: {}", kind.end(), reply.why()));
            return Ok(reply);
        }
        if who.name == planner.name {
            self.story.by_authority.insert(code.clone());
        }
        if kind != Kind::Receive || seen["into_stock"] != true {
            let at = body["at"].as_str().and_then(|at| at.parse().ok()).unwrap_or(Timestamp::MIN);
            self.recorded.push((code, kind.milestone().to_owned(), who.name.clone(), at));
        }
        Ok(reply)
    }
}

/// How many units can move with a step.
fn ready(step: &Value) -> usize {
    usize::try_from(number(step, "ready")).unwrap_or_default()
}

/// Gates that authority opens.
fn by_authority() -> Vec<Gate> {
    Gate::ALL.iter().copied().filter(|gate| gate.may_be_overridden()).collect()
}

/// The units with numbers that were made ready, by resource.
fn units_of(seen: &Value, body: &Value) -> Vec<(String, String)> {
    let resource = |of: &Value| lines(seen).find(|line| line["line"] == of["line"]).map(|line| text(line, "resource"));
    let of_line = |line: &Value| {
        let resource = resource(line).unwrap_or_default();
        let serials = line["units"].as_array().into_iter().flatten().map(|unit| text(unit, "serial"));
        serials.filter(|serial| !serial.is_empty()).map(|serial| (resource.clone(), serial)).collect::<Vec<_>>()
    };
    lines(body).flat_map(of_line).collect()
}

/// The last day on which money is to come, if it is known.
fn last_day(offer: &Value) -> Option<Timestamp> {
    let last = PartialDate::parse(&text(offer, "available_from")).ok()?.latest();
    Some(muster_app::start_of(last))
}
