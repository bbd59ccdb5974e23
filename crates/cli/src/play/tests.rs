//! The scripted phone against the real router, on both engines: killed in the middle, with a wrong clock, and beside another phone.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use muster_app::{
    Actor, App,
    interchange::mission::Source,
    storage::{dialect::Engine, ledger::Ledger},
    user::Account,
};
use muster_domain::{
    clock::Clock,
    consignment::Milestone,
    ledger::{
        account::AccountKey,
        entry::{Act, Activity, Command, Note, Posting, Subject},
    },
    role::Role,
    viewer::Viewer,
};
use muster_testkit::{
    FakeChance,
    database::{ENGINES, TestDb, database, seal_key},
};
use muster_web::Surroundings;
use serde_json::{Value, json};

use super::{
    clock::StoryClock,
    hub::{Hands, Keys},
    known::Known,
    people::{Cast, Passwords, Person},
    phone::{Kind, Outcome, Phone, State, path},
    story::Story,
    wire::{As, Break, Content, Wire},
};

const STOCK: &str = "on_hand OP-RHINE DEU NODE-RHINE - SANDBAG/ok -";

fn at(text: &str) -> Timestamp {
    format!("2026-10-{text}:00Z").parse().unwrap()
}

/// A mission with a hub at which people have phones.
struct World {
    wire: Wire,
    app: App,
    clock: Arc<StoryClock>,
    cast: Cast,
    known: Known,
    story: Story,
    code: String,
    _db: TestDb,
}

impl World {
    async fn new(db: TestDb) -> Self {
        let clock = Arc::new(StoryClock::new(at("05T06:00"), at("30T00:00")));
        let ledger = Ledger::open(&db.db, seal_key(), clock.clone()).await.unwrap();
        let app = App::new(db.db.clone(), Some(ledger), clock.clone(), Arc::new(FakeChance::default()));
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../demo/mission");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let sources = files.filter(|path| path.extension().is_some_and(|ending| ending == "csv")).map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            Source { name, bytes: std::fs::read(&path).unwrap() }
        });
        let operator = Actor::new(Viewer::operator("tester"), "a test");
        let imported = app.import_mission(sources.collect(), &operator, false).await.unwrap();
        assert!(imported.issues.is_empty(), "{:?}", imported.issues);
        let to = AccountKey::parse(STOCK).unwrap();
        let from = AccountKey::parse(&STOCK.replace("on_hand OP-RHINE", "national_stock DEU")).unwrap();
        let note =
            Note { key: "stock".into(), occurred_at: clock.now(), actor: "tester".into(), reason: "a test".into() };
        let act = Act::Post {
            activity: Activity::Adjust,
            subject: Subject::default(),
            postings: vec![Posting::new(from, to, 100)],
        };
        assert!(app.post(vec![Command { note, act }], &operator).await.unwrap()[0].is_ok());
        let mut passwords = Passwords::new();
        for (name, party, role) in [
            ("admin", "NSATU", Role::Administrator),
            ("coordinator", "NSATU", Role::Coordinator),
            ("rhine", "OP-RHINE", Role::HubOperator),
            ("hub", "OP-WEST", Role::HubOperator),
            ("hub-2", "OP-WEST", Role::HubOperator),
        ] {
            let account = Account { name: name.into(), party: party.into(), roles: [role].into(), disabled: false };
            passwords.insert(name.into(), app.put_user(&account, None, &operator).await.unwrap().unwrap());
        }
        let wire = Wire::new(app.clone(), Surroundings::default(), clock.clone());
        let mut cast = Cast::new(Arc::new(FakeChance::default()), passwords);
        let known = Known::learn(&wire, &cast.person(&wire, "coordinator").await.unwrap()).await.unwrap();
        cast.is_mover("rhine", "OP-RHINE");
        cast.is_mover("hub", "OP-WEST");
        let (story, code) = (Story::default(), String::new());
        Self { wire, app, clock, cast, known, story, code, _db: db }
    }

    /// With a consignment that is under way to the hub.
    async fn under_way(engine: Engine) -> Self {
        let mut world = Self::new(database(engine).await).await;
        world.make().await;
        let at = path(&world.code);
        let lines = json!([{ "line": 1, "condition": "serviceable" }]);
        world.post("rhine", &format!("{at}/ready"), json!({ "lines": lines, "reason": "test" })).await;
        let on = json!({ "carrier": "C", "conveyance": "W 1", "reason": "test" });
        world.post("rhine", &format!("{at}/depart"), on).await;
        world
    }

    async fn person(&mut self, name: &str) -> Person {
        self.cast.person(&self.wire, name).await.unwrap()
    }

    async fn post(&mut self, who: &str, path: &str, body: Value) -> Value {
        let who = self.person(who).await;
        let content = body.to_string();
        let asked = self.wire.ask(As::Token(&who.token), ("POST", path), Content::Json(&content), None).await;
        asked.unwrap().good(&who.name, path).unwrap().body
    }

    /// Twenty bales are to go to the hub.
    async fn make(&mut self) {
        let lines = json!([{ "account": STOCK, "quantity": 20 }]);
        let new =
            json!({ "from": "NODE-RHINE", "route": ["NODE-RHINE.NODE-WEST.road"], "lines": lines, "reason": "test" });
        let made = self.post("rhine", "/api/v1/consignments", new).await;
        self.code = made["code"].as_str().unwrap().to_owned();
        self.story.made(&self.code);
    }

    /// A phone at the hub, on which its owner and whoever brings goods can sign, and which knows the work.
    async fn phone(&mut self, place: &str, name: &str, shift: SignedDuration) -> (Phone, Keys) {
        let me = self.person(name).await;
        let mut phone = Phone::new(&format!("{place} {name}"), place, me.clone(), shift);
        assert_eq!(phone.sync(&self.wire, None).await.unwrap(), Outcome::Sent);
        let mut keys = Keys::new();
        for (party, who) in
            [("OP-RHINE", self.person("rhine").await), ("OP-WEST", self.person("hub").await), (&me.party, me.clone())]
        {
            keys.insert(party.to_owned(), self.cast.key(&self.wire, &who, &phone.label).await.unwrap());
        }
        (phone, keys)
    }

    /// Whoever has the phone does what is to be done, as far as it knows.
    fn work(&mut self, (phone, keys): &mut (Phone, Keys)) {
        let Self { wire, known, story, .. } = self;
        Hands { wire, known, story, keys }.work(phone);
    }

    /// A phone that at ten, without a network, did what there was to do.
    async fn at_work(&mut self, place: &str, name: &str) -> (Phone, Keys) {
        let mut phone = self.phone(place, name, SignedDuration::ZERO).await;
        self.clock.set(at("08T10:00"));
        self.work(&mut phone);
        phone
    }

    async fn sync(&self, phone: &mut Phone) -> Outcome {
        phone.sync(&self.wire, None).await.unwrap()
    }

    /// What Muster tells of the consignment: its milestones at the hub, and how many handovers were signed.
    async fn told(&self) -> (Vec<(Milestone, Timestamp, String, String)>, usize) {
        let shown = self.app.consignment_shown(&Viewer::operator("tester"), &self.code).await.unwrap();
        let at_hub = shown.milestones.iter().filter(|reached| reached.place.as_str() == "NODE-WEST");
        let one = |reached: &muster_app::storage::transfer::Reached| {
            (reached.kind, reached.occurred_at, reached.actor.clone(), reached.remark.clone())
        };
        (at_hub.map(one).collect(), shown.handovers.len())
    }
}

#[tokio::test]
async fn a_phone_that_is_killed_while_it_sends_does_nothing_twice_and_loses_nothing() {
    for engine in ENGINES {
        for (how, known_before) in [(Break::Before, 0..=0), (Break::After, 1..=1), (Break::Within, 0..=1)] {
            let mut world = World::under_way(engine).await;
            let mut hub = world.at_work("NODE-WEST", "hub").await;
            assert_eq!(hub.0.waiting(), 1);
            let key = hub.0.deeds()[0].key.clone();
            assert_eq!(hub.0.sync(&world.wire, Some((0, how))).await.unwrap(), Outcome::Killed);
            assert_eq!((hub.0.waiting(), hub.0.deeds()[0].key.as_str()), (1, key.as_str()), "{how:?}: it is kept");
            // By then Muster has forgotten what it answered: only the journal knows the key.
            world.clock.set(at("11T10:00"));
            assert_eq!(world.sync(&mut hub.0).await, Outcome::Sent);
            let (tally, deed) = (hub.0.tally, &hub.0.deeds()[0]);
            assert_eq!((deed.state, tally.killed, tally.sent_again), (State::Done, 1, 1), "{how:?}: {}", deed.problem);
            assert!(known_before.contains(&tally.done_before), "{how:?}: {}", tally.done_before);
            let (milestones, handovers) = world.told().await;
            assert_eq!((milestones.len(), handovers), (1, 1), "{how:?}: {milestones:?}");
            assert_eq!(milestones[0].0, Milestone::ArrivedAtNode);
            assert_eq!(hub.0.repeat(&world.wire).await.unwrap(), (1, 0), "{how:?}: Muster knows it by its key");
            assert_eq!(world.told().await.0.len(), 1);
        }
    }
}

#[tokio::test]
async fn what_a_phone_dates_by_a_wrong_clock_is_told_as_it_was() {
    for engine in ENGINES {
        for minutes in [160, -2_000] {
            let mut world = World::under_way(engine).await;
            let mut hub = world.phone("NODE-WEST", "hub", SignedDuration::from_mins(minutes)).await;
            let done = at("08T10:00");
            world.clock.set(done);
            world.work(&mut hub);
            assert_eq!(hub.0.deeds()[0].made, done + SignedDuration::from_mins(minutes));
            world.clock.set(at("09T18:00"));
            world.sync(&mut hub.0).await;
            let (milestones, handovers) = world.told().await;
            let (_, told, _, remark) = &milestones[0];
            assert!(told.duration_since(done).abs() <= SignedDuration::from_secs(1), "{minutes}: {told}");
            assert!(remark.contains("put right") && remark.contains(&(-minutes).to_string()), "{remark}");
            assert_eq!((handovers, hub.0.tally.put_right), (1, 1), "what was signed keeps the phone's time");
        }
    }
}

#[tokio::test]
async fn of_two_phones_that_counted_the_same_the_second_is_told_and_gives_up() {
    for engine in ENGINES {
        let mut world = World::under_way(engine).await;
        let (mut first, mut second) = (
            world.phone("NODE-WEST", "hub", SignedDuration::ZERO).await,
            world.phone("NODE-WEST", "hub-2", SignedDuration::ZERO).await,
        );
        world.clock.set(at("08T10:00"));
        world.work(&mut first);
        world.work(&mut second);
        world.sync(&mut first.0).await;
        world.sync(&mut second.0).await;
        let deed = &second.0.deeds()[0];
        assert_eq!((first.0.deeds()[0].state, deed.state), (State::Done, State::Refused));
        assert!(deed.problem.contains("in the meantime"), "{}", deed.problem);
        assert_eq!(world.told().await.0.len(), 1, "it arrived once");
        let given_up = second.0.give_up(&world.wire);
        assert!(given_up[0].0 == world.code && given_up[0].1.contains("hub-2: arrive of"), "{given_up:?}");
        assert!(second.0.give_up(&world.wire).is_empty(), "once");
        world.sync(&mut second.0).await;
        assert_eq!((second.0.deeds()[0].state, second.0.waiting()), (State::Dropped, 0));
        let (milestones, handovers) = world.told().await;
        let told: Vec<_> = milestones.iter().map(|(kind, _, actor, _)| (*kind, actor.as_str())).collect();
        assert_eq!(told, [(Milestone::ArrivedAtNode, "hub"), (Milestone::Inspected, "hub-2")]);
        let remark = &milestones[1].3;
        assert!(
            remark.contains("given up on the phone") && remark.contains("in the meantime"),
            "it says why: {remark}"
        );
        assert_eq!(handovers, 1);
    }
}

#[tokio::test]
async fn what_was_opened_with_authority_is_counted_where_it_comes_as_everything_is() {
    for engine in ENGINES {
        let mut world = World::under_way(engine).await;
        world.story.by_authority.insert(world.code.clone());
        let mut hub = world.at_work("NODE-WEST", "hub").await;
        world.sync(&mut hub.0).await;
        assert_eq!(world.told().await.0.len(), 1, "it arrived");
    }
}

#[tokio::test]
async fn what_only_authority_opens_is_sent_from_no_phone() {
    for engine in ENGINES {
        let mut world = World::new(database(engine).await).await;
        world.make().await;
        world.story.by_authority.insert(world.code.clone());
        let rhine = world.at_work("NODE-RHINE", "rhine").await;
        assert!(rhine.0.deeds().is_empty(), "{:?}", rhine.0.deeds());
    }
}

#[tokio::test]
async fn what_a_phone_gave_up_is_left_to_the_desk() {
    for engine in ENGINES {
        let mut world = World::under_way(engine).await;
        world.story.at_desk.insert(world.code.clone());
        let hub = world.at_work("NODE-WEST", "hub").await;
        assert!(hub.0.deeds().is_empty(), "{:?}", hub.0.deeds());
    }
}

#[tokio::test]
async fn only_what_a_shut_gate_keeps_is_told_as_that() {
    for engine in ENGINES {
        let mut world = World::new(database(engine).await).await;
        world.make().await;
        let rhine = world.person("rhine").await;
        let at = format!("{}/ready", path(&world.code));
        let ask = async |body: Value| {
            let (by, content) = (As::Token(&rhine.token), body.to_string());
            world.wire.ask(by, ("POST", &at), Content::Json(&content), None).await.unwrap()
        };
        let unseen = ask(json!({ "lines": [], "reason": "test" })).await;
        assert!(unseen.is_shut() && unseen.status == 422, "nobody looked at its condition: {}", unseen.body);
        let wrong = ask(json!({ "lines": [{ "line": 7 }], "reason": "test" })).await;
        assert!(!wrong.is_shut() && wrong.status == 422, "there is no such line: {}", wrong.body);
    }
}

#[test]
fn units_are_numbered_after_those_that_have_numbers() {
    let mut story = Story::after([("O-1".to_owned(), 2)].into());
    assert_eq!(story.named("O-1", 2), ["O-1-00003", "O-1-00004"]);
    assert_eq!(story.named("O-2", 1), ["O-2-00001"]);
}

#[test]
fn what_is_made_up_says_so_in_its_reason() {
    let told = super::story::invented(json!({ "reason": "loaded and gone" }));
    assert_eq!(told["reason"], "loaded and gone (invented)");
    assert_eq!(super::story::invented(told.clone()), told, "once");
}

#[tokio::test]
async fn what_does_not_matter_to_a_deed_does_not_stop_it() {
    for engine in ENGINES {
        let mut world = World::new(database(engine).await).await;
        world.make().await;
        let mut rhine = world.at_work("NODE-RHINE", "rhine").await;
        assert_eq!(rhine.0.deeds()[0].kind, Kind::Ready);
        // Somebody puts a pallet under it before the phone has a network again.
        let pallet = json!({ "units": [{ "kind": "pallet", "seal": "S1" }], "reason": "test" });
        world.post("rhine", &format!("{}/handling-units", path(&world.code)), pallet).await;
        world.sync(&mut rhine.0).await;
        assert!(rhine.0.deeds().iter().all(|deed| deed.state == State::Done), "{:?}", rhine.0.deeds());
    }
}

#[tokio::test]
async fn deeds_to_one_consignment_follow_each_other_by_their_versions() {
    for engine in ENGINES {
        let mut world = World::new(database(engine).await).await;
        world.make().await;
        let mut rhine = world.at_work("NODE-RHINE", "rhine").await;
        assert_eq!(rhine.0.views()[0]["state"], "under_way", "the phone knows what was done on it");
        assert_eq!(world.sync(&mut rhine.0).await, Outcome::Sent);
        let states: Vec<_> = rhine.0.deeds().iter().map(|deed| (deed.kind, deed.state)).collect();
        assert_eq!(states, [(Kind::Ready, State::Done), (Kind::Depart, State::Done)]);
    }
}
