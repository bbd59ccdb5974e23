//! A mission small enough to be planned in a moment, and an application on it.

use std::{ops::ControlFlow, sync::Arc, time::Duration};

use muster_app::{
    Actor, App,
    interchange::mission::Source,
    mission::Imported,
    plan::{Ask, Shown},
    storage::{dialect::Engine, ledger::Ledger},
};
use muster_domain::viewer::Viewer;
use muster_testkit::{
    FakeChance, FakeClock,
    database::{TestDb, database, seal_key},
};

/// An application on a new database, with its clock at the mission's second week.
pub(crate) struct Site {
    pub(crate) app: App,
    pub(crate) database: TestDb,
}

pub(crate) async fn site(engine: Engine) -> Site {
    let database = database(engine).await;
    let clock = Arc::new(FakeClock::at("2026-09-16T12:00:00Z"));
    let ledger = Ledger::open(&database.db, seal_key(), clock.clone()).await.unwrap();
    Site { app: App::new(database.db.clone(), Some(ledger), clock, Arc::new(FakeChance::default())), database }
}

/// Who sees everything and may do everything.
pub(crate) fn viewer() -> Viewer {
    Viewer::operator("tester")
}

pub(crate) fn actor() -> Actor {
    Actor::new(viewer(), "a test")
}

/// The sheets: two donors, a hub, a delivery point, a works; vests by number, trucks by serial number, euros.
pub(crate) const SHEETS: &[(&str, &str)] = &[
    (
        "mission.csv",
        "code,name,recipient,start,period_days,periods,currency,cost_weight,description,source,fictional
M,Small mission,UKR,2026-09-07,7,12,EUR,0.01,,test,yes",
    ),
    (
        "parties.csv",
        "code,name,kind,country,parent,source,fictional
JPN,Japan,nation,JPN,,ISO 3166,no
POL,Poland,nation,POL,,ISO 3166,no
UKR,Ukraine,nation,UKR,,ISO 3166,no
UNIT,Unit,unit,UKR,UKR,test,yes",
    ),
    (
        "caveats.csv",
        "code,party,name,purposes,recipients,non_lethal,uses,conditions,first_check_days,recheck_days,text,source,fictional
C-1,JPN,Protection only,protection,UKR,yes,,origin_consent,90,365,only for protection,test,yes",
    ),
    (
        "items.csv",
        "code,name,kind,nsn,supply_class,purpose,unit_of_issue,mass_kg,volume_m3,un_number,hazard_class,tracking,source,fictional
vest,Vest,materiel,,II,protection,each,10,,,,quantity,test,yes
truck,Truck,materiel,,II,mobility,each,3000,,,,serial,test,yes
EUR,Euro,money,,,,EUR,,,,,quantity,ISO 4217,no",
    ),
    (
        "resources.csv",
        "code,item,state,source,fictional
vest,vest,serviceable,test,yes
truck,truck,serviceable,test,yes
truck-u,truck,unserviceable,test,yes
EUR,EUR,funds,test,yes",
    ),
    (
        "places.csv",
        "code,name,kind,country,unlocode,latitude,longitude,handling_t,storage_t,operator,source,fictional
D,Depot,depot,POL,,52,17,,,,test,yes
H,Hub,hub,POL,,51,22,,,,test,yes
W,Works,repair,POL,,51,21,,,,test,yes
P,Point,delivery,UKR,,50,26,,,,test,yes",
    ),
    (
        "lanes.csv",
        "code,from,to,mode,transit_days,capacity_t,cost_per_t,forbids,source,fictional
D-H,D,H,road,3,20,2.5,,test,yes
H-P,H,P,rail,2,20,2.5,,test,yes
D-W,D,W,road,1,20,2.5,,test,yes
W-P,W,P,road,3,20,2.5,,test,yes",
    ),
    (
        "processes.csv",
        "code,kind,place,input,output,duration_days,capacity,cost,source,fictional
FIX,repair,W,truck-u,truck,7,2,10,test,yes",
    ),
    (
        "funds.csv",
        "code,name,holder,currency,source,fictional
F,Fund,UKR,EUR,test,yes",
    ),
    (
        "offers.csv",
        "code,donor,kind,resource,quantity,place,available_from,caveats,fund,earmark,terms,state,state_reason,value,value_currency,value_method,value_date,statement,note,source,fictional
O-1,JPN,goods,vest,500,D,2026-09-07,C-1,,,,committed,,,,,,,,test,yes
O-2,POL,goods,truck,3,D,2026-09-07,,,,,committed,,,,,,,,test,yes
O-3,POL,goods,truck-u,4,D,2026-09-07,,,,,committed,,,,,,,,test,yes
O-4,JPN,goods,vest,several dozen,D,2026,,,,,pledged,,undisclosed,,,,,,test,yes
O-5,JPN,contribution,EUR,1250000.50,,2026-09-01,,F,medical,,committed,,,,,,,,test,yes",
    ),
    (
        "requirements.csv",
        "code,unit,place,purpose,quantity,priority,due,expires,state,state_reason,justification,source,fictional
R-1,UNIT,P,protection,300,1,2026-10-26,2026-11-16,validated,,,test,yes
R-2,UNIT,P,medical,100,1,2026-10-26,2026-11-16,validated,,,test,yes
R-3,UNIT,P,mobility,5,100,2026-10-26,2026-11-16,validated,,,test,yes",
    ),
    (
        "requirement_accepts.csv",
        "requirement,resource,utility,source,fictional
R-1,vest,1,test,yes
R-2,vest,1,test,yes
R-3,truck,1,test,yes",
    ),
];

/// The sheets as sources, each as `change` makes it.
pub(crate) fn sources(change: impl Fn(&str, &str) -> String) -> Vec<Source> {
    SHEETS.iter().map(|(name, text)| Source { name: (*name).into(), bytes: change(name, text).into_bytes() }).collect()
}

/// One sheet with a text in it replaced.
pub(crate) fn with(sheet: &str, old: &str, new: &str) -> Vec<Source> {
    sources(|name, text| {
        assert!(name != sheet || text.contains(old), "{sheet} has no {old}");
        if name == sheet { text.replace(old, new) } else { text.to_owned() }
    })
}

impl Site {
    /// The same mission at another time.
    pub(crate) async fn at(&self, when: &str) -> App {
        let (db, clock) = (&self.database.db, Arc::new(FakeClock::at(when)));
        let ledger = Ledger::open(db, seal_key(), clock.clone()).await.unwrap();
        // Another moment is another chance.
        let seed = when.bytes().fold(1_u64, |seed, byte| seed.wrapping_mul(31).wrapping_add(byte.into()));
        App::new(db.clone(), Some(ledger), clock, Arc::new(FakeChance::seeded(seed)))
    }

    /// What the donor of the vests asks for before they leave is there.
    pub(crate) async fn consented(&self) {
        let met = "offer,condition,authority,reference,date,expires,source,fictional
O-1,origin_consent,Ministry,No 7,2026-09-01,,test,yes";
        let met = Source { name: "clearances.csv".into(), bytes: met.into() };
        assert_eq!(self.import(vec![met]).await.issues, vec![]);
    }

    pub(crate) async fn import(&self, sources: Vec<Source>) -> Imported {
        self.app.import_mission(sources, &actor(), false).await.unwrap()
    }

    pub(crate) async fn filled(&self) {
        let imported = self.import(sources(|_, text| text.to_owned())).await;
        assert_eq!(imported.issues, vec![]);
    }

    pub(crate) async fn plan(&self) -> Shown {
        let ask = Ask { from: None, gap: 0.0, time_limit: Duration::from_secs(20), seed: 1, keep: None };
        self.app.plan_run(ask, &actor(), |_| ControlFlow::Continue(())).await.unwrap()
    }

    /// A plan in the place of what was promised.
    pub(crate) async fn replan(&self, from: Option<&str>) -> Shown {
        let from = from.map(|day| day.parse().unwrap());
        let ask = Ask { from, gap: 0.0, time_limit: Duration::from_secs(20), seed: 1, keep: Some(0.01) };
        self.app.plan_run(ask, &actor(), |_| ControlFlow::Continue(())).await.unwrap()
    }

    /// A webhook of somebody's own for some events.
    pub(crate) async fn hook(&self, events: &[&str], whose: &Actor) -> String {
        let events: Vec<String> = events.iter().map(|event| (*event).to_owned()).collect();
        self.app.webhook_put("x", "https://example.org", &events, whose).await.unwrap().0.code.to_string()
    }

    /// What a webhook was told, each with its type, in the order of codes and steps.
    pub(crate) async fn told(&self, hook: &str, whose: &Actor) -> Vec<serde_json::Value> {
        while self.app.webhooks_look().await.unwrap() {}
        let all = self.app.webhook_deliveries(&whose.viewer, hook, None, 200).await.unwrap();
        let mut told: Vec<serde_json::Value> = all.iter().map(|one| serde_json::from_str(&one.body).unwrap()).collect();
        told.sort_by_key(|one| (one["data"]["code"].to_string(), one["data"]["step"].as_i64()));
        told
    }

    pub(crate) async fn verifies(&self) {
        self.app.verify(&viewer(), None, None, |_| ()).await.unwrap().unwrap();
    }
}
