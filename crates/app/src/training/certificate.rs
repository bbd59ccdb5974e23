//! What somebody who passed may show: a statement that is sealed, so that anybody with the public key can check it, without Muster and
//! without a network. It names nobody: the trainee is known by a code.

use jiff::tz::TimeZone;
use muster_documents::{
    Languages,
    certificate::{Certificate as Printed, Objective},
    papers::{Signature, Verification},
};
use muster_domain::{
    code::Code,
    field::Field,
    ledger::entry::{Act, Activity, Subject},
    serial::Serial,
    viewer::Viewer,
};
use muster_storage::training::{self as store, Certificate, Nomination, Write};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    Actor, App, Error, blocking, everything,
    sealed::{CERTIFICATE, Sealed, hex},
    transfer::Work,
};

impl App {
    /// A certificate that the viewer sees, by its code or by that of its nomination: what it says, its hash, and the seal over it.
    ///
    /// # Errors
    /// If there is none, or the database fails.
    pub async fn certificate(&self, viewer: &Viewer, code: &str) -> Result<Value, Error> {
        let mut conn = self.read().await?;
        let found = store::certificate(&mut conn, viewer, code).await?;
        let found = found.ok_or_else(|| Error::NotFound { what: "certificate", code: code.to_owned() })?;
        sealed(&found).shown(CERTIFICATE, &mut conn).await
    }

    /// The same as a PDF. Who takes it out is noted.
    ///
    /// # Errors
    /// If there is none, or the database fails.
    pub async fn certificate_pdf(
        &self,
        code: &str,
        languages: Option<Languages>,
        actor: &Actor,
    ) -> Result<Vec<u8>, Error> {
        let mut conn = self.read().await?;
        let found = store::certificate(&mut conn, &actor.viewer, code).await?;
        let found = found.ok_or_else(|| Error::NotFound { what: "certificate", code: code.to_owned() })?;
        let key = muster_storage::ledger::public_key(&mut conn).await?.unwrap_or_default();
        let sealed = sealed(&found);
        let whole = sealed.shown(CERTIFICATE, &mut conn).await?;
        drop(conn);
        let picture = self.picture(&everything()).await?;
        let said = sealed.said()?;
        let text = |name: &str| said.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let objectives = said.get("objectives").and_then(Value::as_array).cloned().unwrap_or_default();
        let objective = |of: &Value| Objective {
            code: of["objective"].as_str().unwrap_or_default().to_owned(),
            text: of["text"].as_str().unwrap_or_default().to_owned(),
        };
        let standards = said.get("standards").and_then(Value::as_array).cloned().unwrap_or_default();
        let digits = hex(&Sha256::digest(&key));
        let party = text("party");
        let printed = Printed {
            mission: picture.mission().map(|mission| mission.name.to_string()).unwrap_or_default(),
            number: found.code.to_string(),
            issued_at: text("passed_at").parse().unwrap_or_else(|_| self.now()),
            zone: TimeZone::UTC,
            trainee: text("trainee"),
            course: text("course_name"),
            level: text("level"),
            place: text("place_name"),
            host: text("host_name"),
            from: text("from"),
            to: text("to"),
            language: text("language"),
            standards: standards.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            objectives: objectives.iter().map(objective).collect(),
            signed: Signature {
                name: text("instructor"),
                party: picture.parties.get(&party).map_or(party, |p| p.name.to_string()),
                role: String::new(),
                place: text("place_name"),
                signed_at: text("passed_at").parse().ok(),
                method: muster_documents::papers::Method::Pin,
                key: String::new(),
                signature: String::new(),
            },
            verification: Verification {
                text: String::new(),
                hash: found.hash.clone(),
                key: digits[..32].to_owned(),
                qr: format!("{CERTIFICATE} {} sha256 {}", found.code, found.hash),
                sealed: whole.to_string(),
            },
        };
        let languages = languages.unwrap_or(Languages {
            first: muster_documents::Language::English,
            second: Some(muster_documents::Language::Ukrainian),
        });
        let pdf = move || {
            muster_documents::certificate::pdf(&printed, languages).map_err(|error| Error::Invalid(error.message()))
        };
        let bytes = blocking(pdf).await?;
        self.note_export(&format!("certificate {}", found.code), &bytes, actor).await?;
        Ok(bytes)
    }
}

fn sealed(certificate: &Certificate) -> Sealed {
    let Certificate { statement, hash, seal, .. } = certificate.clone();
    Sealed { statement, hash, seal }
}

impl Work<'_> {
    /// Adds the sealed certificate of somebody who passed, with its note; gives its code.
    pub(super) fn certify(
        &mut self,
        nomination: &Nomination,
        serial: &Serial,
        objectives: &[(Code, bool)],
        (instructor, party): (&str, &Code),
    ) -> Result<Code, Error> {
        let picture = self.picture.clone();
        let course = self.course_of(serial)?;
        let name = |party: &str| picture.parties.get(party).map_or_else(|| party.to_owned(), |p| p.name.to_string());
        let place = picture.places.get(serial.place.as_str()).map(|place| place.name.to_string());
        let text = |objective: &Code| {
            let all = picture.objectives(course.code.as_str());
            all.filter(|of| of.objective == *objective).map(|of| of.text.to_string()).next().unwrap_or_default()
        };
        let code = self.app.dated_code("Q");
        let statement = json!({
            "certificate": code.as_str(),
            "trainee": nomination.trainee.as_str(),
            "nomination": nomination.code.as_str(),
            "unit": nomination.unit.as_str(),
            "course": course.code.as_str(),
            "course_name": course.name.as_str(),
            "level": course.level.as_str(),
            "language": serial.language.as_ref().unwrap_or(&course.language).text(),
            "standards": course.standards.iter().map(|standard| standard.as_str()).collect::<Vec<_>>(),
            "objectives": objectives.iter().map(|(of, _)| json!({ "objective": of.as_str(), "text": text(of) })).collect::<Vec<_>>(),
            "serial": serial.code.as_str(),
            "place": serial.place.as_str(),
            "place_name": place.unwrap_or_else(|| serial.place.to_string()),
            "host": serial.host.as_str(),
            "host_name": name(serial.host.as_str()),
            "from": serial.start.to_string(),
            "to": serial.end.to_string(),
            "passed_at": self.at.to_string(),
            "instructor": instructor,
            "party": party.as_str(),
        });
        let Sealed { statement, hash, seal } = Sealed::new(&statement, self.app.ledger()?);
        let subject = Subject { need: nomination.need.clone(), ..Subject::default() };
        let about = format!("{code} sha256 {hash}");
        let entry = self.command(Act::Note { activity: Activity::Finish, subject, about });
        let certificate =
            Certificate { code: code.clone(), nomination: nomination.code.clone(), statement, hash, seal };
        self.trainings.push(Write::Certificate(certificate, entry));
        Ok(code)
    }
}
