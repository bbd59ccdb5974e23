//! Title passes: the recipient becomes the owner of what is in a consignment, where it is, and what was promised of it goes on as theirs.

use muster_domain::{
    code::Code,
    consignment::Milestone,
    ledger::{
        account::{AccountKey, AccountPurpose},
        entry::Activity,
    },
    message,
    policy::Action,
};
use muster_storage::{
    ledger::read,
    transfer::{Consignment, Line, Write},
};

use super::{
    Loaded, Work,
    custody::{Circumstances, Done, allowed},
    redirection::rest_of,
};
use crate::{Actor, App, Error, plan::acceptance::unit_of};

impl App {
    /// The recipient becomes the owner of what is in a consignment, where it is.
    ///
    /// # Errors
    /// If there is none, it is on its way, the actor acts for none of those whose goods they are, the recipient owns it
    /// already, something of it is lent, its plan goes on by several ways or into a repair or course, or the ledger or the database refuses.
    pub async fn consignment_transfer_title(
        &self,
        code: &str,
        circumstances: &Circumstances,
        actor: &Actor,
    ) -> Result<Done, Error> {
        let begun = self.begin_with(code, (Activity::TransferTitle, "to "), circumstances.at, actor).await?;
        let Some((loaded, mut work)) = begun else { return Ok(Done::repeated()) };
        allowed(&loaded.head, Milestone::TitleTransferred)?;
        let recipient = work.picture.recipient().cloned();
        let recipient = recipient.ok_or_else(|| Error::Invalid(message!("no-mission-any-more")))?;
        let places = work.holdings(&loaded).await?;
        // Whose the goods are gives them away, and nobody else.
        for owner in places.values().map(|held| &held.owner).filter(|owner| **owner != recipient) {
            work.may(Action::Move, &[owner])?;
        }
        let entry = work.noted(Activity::TransferTitle, &loaded.head.code, format!("to {recipient}"));
        let lent = |line: &Line| line.offer.as_ref().is_some_and(|offer| work.is_lent(offer));
        if let Some(line) = loaded.lines.iter().find(|line| line.present > 0 && lent(line)) {
            return Err(Error::Invalid(message!("title-of-loan", line = line.line)));
        }
        let missing = work.missing(&loaded).await?;
        if places.values().all(|held| held.owner == recipient) {
            return Err(Error::Invalid(message!("title-there", consignment = code, party = &recipient)));
        }
        let further = work.further(&loaded).await?;
        let route = [rest_of(&loaded.head), further.clone()].concat();
        let (mut steps, mut units, mut unbound) = (Vec::new(), Vec::new(), Vec::new());
        for line in loaded.lines.iter().filter(|line| line.present > 0) {
            let Some(held) = places.get(&line.line) else { continue };
            if held.owner == recipient {
                if further.is_empty() {
                    continue;
                }
                return Err(Error::Invalid(message!("title-line-passed", line = line.line, party = &recipient)));
            }
            let owned = AccountKey { owner: recipient.clone(), ..held.clone() };
            // Only where a unit was to have it by this consignment, or by the plan that goes on from here, one is to.
            let received = loaded.steps.contains_key(&(line.line, 2 * loaded.head.route.len() as i64));
            let need = line.need.as_ref().filter(|_| received || !further.is_empty());
            units.extend(need.and_then(|need| unit_of(&work.picture, need.as_str())));
            let of = (line, need, missing.get(&line.line));
            steps.push(work.rebind(&loaded, of, (held, &owned), &route).await?);
            unbound.extend(missing.get(&line.line).map(|missed| (line.line, -missed)));
        }
        // What is missing is its owner's as before, and promised to nobody any more.
        work.book_apart_missing(&loaded).await?;
        work.bind_lines(&loaded, &unbound).await?;
        let head = work.goes_further(&loaded.head, further, units);
        work.writes.push(Write::Set(head));
        let titled = steps.iter().map(|(line, ..)| *line).collect();
        work.writes.push(Write::Steps(loaded.head.code.clone(), steps));
        let milestone = (Milestone::TitleTransferred, Some(titled));
        work.reached_by(&loaded.head, milestone, None, &circumstances.remark, entry);
        work.done().await?;
        Ok(Done::default())
    }
}

impl Work<'_> {
    /// The lanes by which its plan goes on from where a consignment's way ends; none if none does.
    pub(super) async fn further(&mut self, loaded: &Loaded) -> Result<Vec<Code>, Error> {
        let part = || Error::Invalid(message!("title-ways-part", consignment = &loaded.head.code));
        let mut all: Option<Vec<Code>> = None;
        for line in loaded.lines.iter().filter(|line| line.present > 0) {
            self.lies_here(loaded, line, line.present).await?;
            let mut lanes = Vec::new();
            if let Some(beyond) = loaded.beyond.get(&line.line).filter(|beyond| !beyond.is_empty()) {
                let between = read::accounts_between(&mut self.conn, *beyond.start(), *beyond.end()).await?;
                for (_, to) in between.into_values() {
                    match to.purpose {
                        AccountPurpose::InTransit => lanes.extend(to.via),
                        AccountPurpose::OnHand | AccountPurpose::InService => {}
                        // It is repaired, taught or used up.
                        _ => return Err(part()),
                    }
                }
            }
            if *all.get_or_insert_with(|| lanes.clone()) != lanes {
                return Err(part());
            }
        }
        Ok(all.unwrap_or_default())
    }

    /// A consignment whose way goes further, into these hands.
    fn goes_further(&mut self, head: &Consignment, further: Vec<Code>, units: Vec<Code>) -> Consignment {
        let Some(destination) = self.end_of(&further).cloned() else { return head.clone() };
        let mut audiences = self.keepers_along(head.place.as_str(), &further);
        audiences.extend(units.iter().map(|unit| (unit.clone(), true)));
        let consignee = self.who_takes(units, &destination).unwrap_or_else(|| head.consignee.clone());
        audiences.push((consignee.clone(), true));
        self.writes.push(Write::Sees(head.code.clone(), audiences));
        let route = head.route.iter().cloned().chain(further).collect();
        Consignment { consignee, destination, route, departs_at: Some(self.now), ..head.clone() }
    }
}
