//! Who is taught and what breaks: some crews go through a serial of a course, and two vehicles that units have go through repair, one of
//! which waits for a part.

use jiff::{ToSpan, civil::Date};
use serde_json::{Value, json};

use super::{
    Play,
    people::{Person, text},
    whole::{PACKAGE, SOURCE},
    wire::{As, Content},
};
use crate::Failure;

/// The serial, the offer whose crews it teaches, and the unit that names them. The offer is made when they are named, since the plan may
/// have promised all those that were there before.
const SERIAL: &str = "TRUCK-26-0";
const OFFER: &str = "UKR-O-90";
const UNIT: &str = "U-LOG-1";
const OFFERED: usize = 12;
/// So many crews are named; the last of them fails.
const CREWS: usize = 3;
/// What a crew must be able to do; the last of them fails at the second.
const OBJECTIVES: [&str; 3] = ["DRIVE", "LOAD", "MAINTAIN"];
/// From this day on something breaks, once units have something.
const BREAKS: Date = jiff::civil::date(2026, 10, 5);
/// So many vehicles; the last of them waits for a part.
const BROKEN: usize = 2;
/// What breaks, and who repairs it: where it is, at which facility.
const REPAIRED: [(&str, &str, &str); 3] = [
    ("PICKUP/ok", "in_country", "WORKS-F"),
    ("T73-LIGHT/ok", "in_country", "WORKS-F"),
    ("HMV/ok", "abroad", "WORKS-A"),
];

/// How far both stories are.
#[derive(Debug, Default)]
pub(super) struct Capability {
    /// The crews, by their nominations.
    crews: Vec<String>,
    /// Whether they were named.
    named: bool,
    /// Whether they were vetted.
    vetted: bool,
    /// Work orders: code, where it is repaired, and what is done next.
    orders: Vec<(String, &'static str, &'static str, usize)>,
}

impl Play {
    /// What is done on a day of both stories.
    pub(super) async fn capability(&mut self, date: Date) -> Result<(), Failure> {
        self.whole(date).await?;
        self.taught(date).await?;
        self.repaired(date).await
    }

    pub(super) async fn does(&mut self, who: &Person, path: &str, mut body: Value) -> Result<Option<Value>, Failure> {
        if body["reason"].is_null() {
            body["reason"] = "as planned".into();
        }
        let reply = self.act(who, path, &body).await?;
        if reply.is_done() {
            self.steps += 1;
            return Ok(Some(reply.body));
        }
        self.refused.push(format!("{path}: {}", reply.why()));
        Ok(None)
    }

    /// Somebody of a party who signs, with a PIN of their own.
    pub(super) async fn signer(&mut self, party: &str) -> Result<(Person, String), Failure> {
        let person = self.cast.mover(&self.wire, &self.known, party).await?;
        let pin = "730194".to_owned();
        let body = json!({ "pin": pin }).to_string();
        let asked = ("PUT", "/api/v1/me/pin");
        let by = As::Token(&person.token);
        self.wire.ask(by, asked, Content::Json(&body), None).await?.good(&person.name, asked.1)?;
        Ok((person, pin))
    }

    async fn taught(&mut self, date: Date) -> Result<(), Failure> {
        let unit = self.cast.person(&self.wire, "ukraine").await?;
        let path = format!("/api/v1/serials/{SERIAL}");
        let serial = self.get(&unit, &path).await?;
        let day = |name: &str| text(&serial, name).parse::<Date>().unwrap_or(Date::MAX);
        let (first, last) = (day("start"), day("end"));
        let before = |days: i64| first.checked_sub(days.days()).unwrap_or(first);
        let crews = self.capability.crews.clone();
        let soon = date >= before(13) && date < first;
        if soon && crews.is_empty() && !self.capability.named {
            self.capability.named = true;
            self.has_crews(date).await?;
            for n in 0..CREWS {
                let mut body = json!({ "serial": SERIAL, "unit": UNIT, "offer": OFFER });
                // One of them is taught for a package.
                if n == 0 {
                    body["need"] = PACKAGE.into();
                }
                let made = self.does(&unit, "/api/v1/nominations", body).await?;
                self.capability.crews.extend(made.map(|made| text(&made, "code")));
            }
        }
        if soon && !self.capability.vetted && !crews.is_empty() {
            self.capability.vetted = true;
            let coordinator = self.cast.person(&self.wire, "training").await?;
            for crew in &crews {
                let expires = last.checked_add(180.days()).unwrap_or(last).to_string();
                let body = json!({ "cleared": true, "authority": "Vetting office", "expires": expires });
                self.does(&coordinator, &format!("/api/v1/nominations/{crew}/vet"), body).await?;
            }
        }
        if date >= first && date <= last && !crews.is_empty() {
            self.at_school(&crews, (date, first, last), &text(&serial, "host")).await?;
        }
        if last.checked_add(1.day()).is_ok_and(|home| home == date) {
            for crew in &crews {
                self.does(&unit, &format!("/api/v1/nominations/{crew}/return"), json!({})).await?;
            }
        }
        Ok(())
    }

    /// The recipient has further crews that may be taught.
    async fn has_crews(&mut self, date: Date) -> Result<(), Failure> {
        let coordinator = self.cast.person(&self.wire, "coordinator").await?;
        let offer = json!({
            "code": OFFER, "donor": "UKR", "kind": "goods", "resource": "CREW-TRUCK/untrained", "quantity": OFFERED.to_string(),
            "place": "ASSEMBLY-1", "available_from": date.to_string(), "state": "offered", "source": SOURCE, "fictional": "yes",
        });
        if self.records(&coordinator, "offers", offer).await? {
            self.comes_to(&coordinator, &format!("offers/{OFFER}"), "committed").await?;
        }
        Ok(())
    }

    /// A day at the school: who comes, who is there, and on the last day who can do what.
    async fn at_school(
        &mut self,
        crews: &[String],
        (date, first, last): (Date, Date, Date),
        host: &str,
    ) -> Result<(), Failure> {
        let school = self.cast.mover(&self.wire, &self.known, host).await?;
        if date == first {
            for crew in crews {
                self.does(&school, &format!("/api/v1/nominations/{crew}/arrive"), json!({})).await?;
            }
        }
        // Somebody is ill for a day.
        let ill = |n: usize| n == 1 && first.checked_add(4.days()).is_ok_and(|day| day == date);
        let was = |(n, crew): (usize, &String)| json!({ "nomination": crew, "attendance": if ill(n) { "excused" } else { "present" } });
        let trainees: Vec<Value> = crews.iter().enumerate().map(was).collect();
        let body = json!({ "day": date.to_string(), "trainees": trainees });
        self.does(&school, &format!("/api/v1/serials/{SERIAL}/attendance"), body).await?;
        if date != last {
            return Ok(());
        }
        let (school, pin) = self.signer(host).await?;
        for (n, crew) in crews.iter().enumerate() {
            let fails = n + 1 == CREWS;
            let one = |(k, objective): (usize, &&str)| {
                let met = !(fails && k == 1);
                json!({ "objective": objective, "met": met, "remark": if met { "" } else { "the load shifted" } })
            };
            let objectives: Vec<Value> = OBJECTIVES.iter().enumerate().map(one).collect();
            let path = |end: &str| format!("/api/v1/nominations/{crew}/{end}");
            self.does(&school, &path("assess"), json!({ "objectives": objectives })).await?;
            if fails {
                self.does(&school, &path("fail"), json!({ "remark": "loads not secured" })).await?;
            } else {
                self.does(&school, &path("pass"), json!({ "instructor": school.name, "pin": pin })).await?;
            }
        }
        Ok(())
    }

    async fn repaired(&mut self, date: Date) -> Result<(), Failure> {
        let unit = self.cast.person(&self.wire, "ukraine").await?;
        if date >= BREAKS && self.capability.orders.len() < BROKEN {
            let told = self.get(&unit, "/api/v1/end-use?limit=1000").await?;
            let found = told["due"].as_array().into_iter().flatten().filter_map(|unit| {
                let how = REPAIRED.iter().find(|(resource, ..)| text(unit, "resource") == *resource)?;
                Some((text(unit, "serial"), how))
            });
            let found: Vec<_> = found.take(BROKEN).collect();
            if found.len() == BROKEN {
                for (n, (serial, (resource, echelon, facility))) in found.into_iter().enumerate() {
                    let (symptom, urgency) =
                        if n == 0 { ("overheats uphill", "urgent") } else { ("gears do not engage", "routine") };
                    let body =
                        json!({ "resource": resource, "serial": serial, "symptom": symptom, "urgency": urgency });
                    let made = self.does(&unit, "/api/v1/work-orders", body).await?;
                    self.capability.orders.extend(made.map(|made| (text(&made, "code"), *echelon, *facility, 0)));
                }
            }
            return Ok(());
        }
        for n in 0..self.capability.orders.len() {
            self.order(n, &unit).await?;
        }
        Ok(())
    }

    /// What is done next with a work order.
    async fn order(&mut self, n: usize, unit: &Person) -> Result<(), Failure> {
        let (code, echelon, facility, step) = self.capability.orders[n].clone();
        let path = |end: &str| format!("/api/v1/work-orders/{code}/{end}");
        let operator = self.known.places.get(facility).map(|place| place.operator.clone()).unwrap_or_default();
        let waits = n + 1 == BROKEN;
        let done = match step {
            0 => {
                let manager = self.cast.person(&self.wire, "repair").await?;
                let body = json!({ "echelon": echelon, "facility": facility });
                self.does(&manager, &path("triage"), body).await?
            }
            6 => self.does(unit, &path("return"), json!({})).await?,
            1..=5 => {
                let works = self.cast.mover(&self.wire, &self.known, &operator).await?;
                let (end, body) = match step {
                    1 => ("induct", json!({})),
                    2 if waits => {
                        let parts = json!([{ "resource": "TRUCK-SPARES/ok", "quantity": 1 }]);
                        ("diagnose", json!({ "fault": "gearbox", "parts": parts }))
                    }
                    2 => ("diagnose", json!({ "fault": "radiator", "parts": [] })),
                    3 => ("start", json!({})),
                    4 => ("test", json!({ "passed": true })),
                    _ => {
                        let (tester, pin) = self.signer(&operator).await?;
                        ("release", json!({ "tester": tester.name, "pin": pin }))
                    }
                };
                self.does(&works, &path(end), body).await?
            }
            _ => return Ok(()),
        };
        // What waits for a part waits.
        let stays = done.as_ref().is_none_or(|order| text(order, "state") == "waiting_for_parts");
        self.capability.orders[n].3 = if stays { usize::MAX } else { step + 1 };
        Ok(())
    }
}
