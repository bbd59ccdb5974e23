//! One vehicle and one crew become one package: a donor gives the vehicle, it breaks down, is brought to works, a fund's keeper agrees to
//! the price, it waits for a part that the donor then gives, is repaired, comes back and is paid for; the crew is taught meanwhile
//! (`capability`), and completes the package with it.

use jiff::civil::Date;
use serde_json::{Value, json};

use super::{
    Play,
    people::{Person, text},
    phone::path,
    story::{INVENTED, invented, lines},
    wire::{As, Content, escaped},
};
use crate::Failure;

/// From this day on.
const ASKED: Date = jiff::civil::date(2026, 10, 19);
/// The package, and whose it is.
pub(super) const PACKAGE: &str = "UKR-P-90";
const UNIT: &str = "U-LOG-1";
const POINT: &str = "POINT-01";
const CREW: &str = "CREW-TRUCK/trained";
/// Who gives, from where: the vehicle, and the part for it.
const DONOR: &str = "POL";
const DEPOT: &str = "DEPOT-POL";
const VEHICLE: (&str, &str) = ("POL-O-90", "HMV/ok");
const PART: (&str, &str) = ("POL-O-91", "TRUCK-SPARES/ok");
/// Who repairs it.
const WORKS: &str = "WORKS-A";

/// What is to be done next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Next {
    #[default]
    Ask,
    GiveVehicle,
    VehicleComes,
    Report,
    Triage,
    Evacuate,
    WorksHaveIt,
    Induct,
    Quote,
    Approve,
    Diagnose,
    GivePart,
    PartComes,
    Fetch,
    Start,
    Test,
    Release,
    Return,
    Settle,
    /// All of it was done, or something was refused.
    Nothing,
}

/// How far the story is.
#[derive(Clone, Debug, Default)]
pub(super) struct Whole {
    next: Next,
    /// The consignment that is waited for.
    consignment: String,
    /// The vehicle's serial number.
    serial: String,
    /// The work order.
    order: String,
}

impl Play {
    /// What is done of it on a day: one thing, and more where goods go on the same day or money is spoken of.
    pub(super) async fn whole(&mut self, date: Date) -> Result<(), Failure> {
        self.next_of_whole(date).await?;
        while matches!(self.whole.next, Next::Quote | Next::Approve | Next::Settle) {
            self.next_of_whole(date).await?;
        }
        Ok(())
    }

    async fn next_of_whole(&mut self, date: Date) -> Result<(), Failure> {
        let whole = self.whole.clone();
        let unit = self.cast.person(&self.wire, "ukraine").await?;
        let order = |end: &str| format!("/api/v1/work-orders/{}/{end}", whole.order);
        let next = match whole.next {
            Next::Ask if date < ASKED => return Ok(()),
            Next::Ask => self.asks(&unit, date).await?.map(|()| Next::GiveVehicle),
            Next::GiveVehicle => self.gives(VEHICLE, 1, PACKAGE, date).await?.map(|()| Next::VehicleComes),
            Next::VehicleComes | Next::WorksHaveIt | Next::PartComes if !self.is_there(&whole.consignment).await? => {
                return Ok(());
            }
            Next::VehicleComes => {
                let units = self.get(&unit, &path(&whole.consignment)).await?;
                let unit_of = |line: &Value| Some(text(line["units"].as_array()?.first()?, "serial"));
                self.whole.serial = lines(&units).find_map(unit_of).unwrap_or_default();
                Some(Next::Report)
            }
            Next::Report => {
                let body = json!({
                    "resource": VEHICLE.1, "serial": whole.serial, "urgency": "urgent",
                    "symptom": "does not pull away when it is loaded",
                });
                let made = self.does(&unit, "/api/v1/work-orders", body).await?;
                self.whole.order = made.as_ref().map(|made| text(made, "code")).unwrap_or_default();
                made.map(|_| Next::Triage)
            }
            Next::Triage => {
                let manager = self.cast.person(&self.wire, "repair").await?;
                let body = json!({ "echelon": "abroad", "facility": WORKS });
                self.does(&manager, &order("triage"), body).await?.map(|_| Next::Evacuate)
            }
            Next::Evacuate => {
                let sent = self.does(&unit, &order("evacuate"), json!({})).await?;
                match sent.map(|order| text(&order, "consignment")) {
                    Some(code) => {
                        self.goes(&unit, &code).await?;
                        Some(Next::WorksHaveIt)
                    }
                    None => None,
                }
            }
            Next::WorksHaveIt => Some(Next::Induct),
            Next::GivePart => {
                let told = self.get(&unit, &format!("/api/v1/work-orders/{}", whole.order)).await?;
                let raised = |part: &Value| Some(text(part, "requirement")).filter(|code| !code.is_empty());
                let need = told["parts"].as_array().into_iter().flatten().find_map(raised).unwrap_or_default();
                let coordinator = self.cast.person(&self.wire, "coordinator").await?;
                match self.comes_to(&coordinator, &format!("requirements/{}", escaped(&need)), "validated").await? {
                    true => self.gives(PART, 4, &need, date).await?.map(|()| Next::PartComes),
                    false => None,
                }
            }
            Next::PartComes => Some(Next::Fetch),
            Next::Return => self.does(&unit, &order("return"), json!({})).await?.map(|_| Next::Settle),
            Next::Approve => {
                let body = json!({ "remark": "as such repairs cost" });
                self.at_fund(&order("quotes/1/approve"), body).await?.map(|_| Next::Diagnose)
            }
            Next::Settle => {
                let body = json!({ "amount": "1650.00" });
                self.at_fund(&order("quotes/1/settle"), body).await?.map(|_| Next::Nothing)
            }
            Next::Induct | Next::Quote | Next::Diagnose | Next::Fetch | Next::Start | Next::Test | Next::Release => {
                self.at_works(whole.next, order).await?
            }
            Next::Nothing => return Ok(()),
        };
        self.whole.next = next.unwrap_or(Next::Nothing);
        Ok(())
    }

    /// What the keeper of the funds decides and pays.
    async fn at_fund(&mut self, path: &str, body: Value) -> Result<Option<Value>, Failure> {
        let keeper = self.cast.person(&self.wire, "fund").await?;
        self.does(&keeper, path, body).await
    }

    /// What the works do.
    async fn at_works(&mut self, next: Next, order: impl Fn(&str) -> String) -> Result<Option<Next>, Failure> {
        let operator = self.known.places.get(WORKS).map(|place| place.operator.clone()).unwrap_or_default();
        let works = self.cast.mover(&self.wire, &self.known, &operator).await?;
        let parts = json!([{ "resource": PART.1, "quantity": 1 }]);
        let (end, body, then) = match next {
            Next::Induct => ("induct", json!({}), Next::Quote),
            Next::Quote => ("quotes", json!({ "amount": "1700.00", "remark": "labour and test" }), Next::Approve),
            Next::Diagnose => ("diagnose", json!({ "fault": "clutch worn out", "parts": parts }), Next::GivePart),
            Next::Fetch => ("fetch", json!({}), Next::Start),
            Next::Start => ("start", json!({}), Next::Test),
            Next::Test => ("test", json!({ "passed": true }), Next::Release),
            _ => {
                let (tester, pin) = self.signer(&operator).await?;
                ("release", json!({ "tester": tester.name, "pin": pin, "warranty_days": 180 }), Next::Return)
            }
        };
        Ok(self.does(&works, &order(end), body).await?.map(|_| then))
    }

    /// The unit asks for it, and the mission finds that right.
    async fn asks(&mut self, unit: &Person, date: Date) -> Result<Option<()>, Failure> {
        let component = |resource: &str, role: &str| json!({ "resource": resource, "quantity": "1", "role": role, "source": SOURCE, "fictional": "yes" });
        let after = |days: i64| date.checked_add(jiff::Span::new().days(days)).unwrap_or(date).to_string();
        let package = json!({
            "code": PACKAGE, "name": "Supply vehicle with its crew", "unit": UNIT, "place": POINT, "purpose": "mobility", "count": "1",
            "priority": "300", "due": after(35), "expires": after(120), "state": "submitted", "source": SOURCE, "fictional": "yes",
            "package_components": [component(VEHICLE.1, "equipment"), component(CREW, "crew")],
        });
        if !self.records(unit, "packages", package).await? {
            return Ok(None);
        }
        let coordinator = self.cast.person(&self.wire, "coordinator").await?;
        let right = self.comes_to(&coordinator, &format!("packages/{PACKAGE}"), "validated").await?;
        Ok(Some(()).filter(|()| right))
    }

    /// The donor offers something, is bound to it, and sends it for a need.
    async fn gives(
        &mut self,
        (offer, resource): (&str, &str),
        offered: i64,
        need: &str,
        date: Date,
    ) -> Result<Option<()>, Failure> {
        let donor = self.cast.mover(&self.wire, &self.known, DONOR).await?;
        let record = json!({
            "code": offer, "donor": DONOR, "kind": "goods", "resource": resource, "quantity": offered.to_string(), "place": DEPOT,
            "available_from": date.to_string(), "state": "offered", "source": SOURCE, "fictional": "yes",
        });
        if !self.records(&donor, "offers", record).await? {
            return Ok(None);
        }
        if !self.comes_to(&donor, &format!("offers/{offer}"), "committed").await? {
            return Ok(None);
        }
        let body = json!({ "from": DEPOT, "lines": [{ "offer": offer, "quantity": 1, "need": need }] });
        let Some(made) = self.does(&donor, "/api/v1/consignments", body).await? else { return Ok(None) };
        self.goes(&donor, &text(&made, "code")).await?;
        Ok(Some(()))
    }

    /// A consignment of this story goes: desks do all that is done to it, and it arrives.
    async fn goes(&mut self, who: &Person, code: &str) -> Result<(), Failure> {
        let made = self.get(who, &path(code)).await?;
        self.made(&text(&made, "consignor"), &made).await?;
        self.story.needed.insert(code.to_owned());
        self.whole.consignment = code.to_owned();
        Ok(())
    }

    /// Whether a consignment is where it was to be; until then it goes on as far as it can today.
    async fn is_there(&mut self, code: &str) -> Result<bool, Failure> {
        let coordinator = self.cast.person(&self.wire, "coordinator").await?;
        loop {
            let head = self.get(&coordinator, &path(code)).await?;
            if head["state"] == "closed" || !self.consignment(&head).await? {
                return Ok(head["state"] == "closed");
            }
        }
    }

    /// Takes a record into another state; gives whether that was done.
    pub(super) async fn comes_to(&mut self, who: &Person, record: &str, state: &str) -> Result<bool, Failure> {
        let at = format!("/api/v1/records/{record}");
        let shown = self.wire.ask(As::Token(&who.token), ("GET", &at), Content::None, None).await?;
        let shown = shown.good(&who.name, &at)?;
        let tag = shown.headers.get("etag").and_then(|tag| tag.to_str().ok()).unwrap_or_default();
        let body = invented(json!({ "state": state, "reason": "found right" })).to_string();
        self.deeds += 1;
        let key = format!("desk-{:06}", self.deeds);
        let asked = ("POST", &*format!("{at}/state"));
        let reply = self.wire.ask(As::Token(&who.token), asked, Content::Deed(&body, tag), Some(&key)).await?;
        if !reply.is_done() {
            self.refused.push(format!("{record} {state}: {}", reply.why()));
        }
        Ok(reply.is_done())
    }

    /// A new record; gives whether it was taken.
    pub(super) async fn records(&mut self, who: &Person, sheet: &str, record: Value) -> Result<bool, Failure> {
        let why = escaped(&format!("asked for{INVENTED}"));
        let at = format!("/api/v1/records/{sheet}?reason={why}");
        let reply = self.act(who, &at, &invented(record)).await?;
        if !reply.is_done() {
            self.refused.push(format!("{sheet}: {}", reply.why()));
        }
        Ok(reply.is_done())
    }
}

/// Where the records of this story come from.
pub(super) const SOURCE: &str = "Invented for the demonstration";
