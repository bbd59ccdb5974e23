//! What a committed offer means for the ledger: its quantity is to come from the donor's own stock or treasury. Whenever an offer
//! changes, what is open of the old commitment is voided and the new one is made.

use std::collections::BTreeMap;

use jiff::Timestamp;
use muster_domain::{
    change::Change,
    code::Code,
    fault::{Fault, Faults},
    ledger::{
        account::{AccountKey, AccountPurpose},
        entry::{Act, Activity, Command, EntryNumber, Note, Posting, Subject},
    },
    message,
    offer::Offer,
    picture::Picture,
    record::Record,
};

use crate::{Actor, start_of};

/// Where an offer's goods wait, or where its money is to be paid, in the donor's name.
pub(crate) fn account_of(picture: &Picture, offer: &Offer) -> Option<AccountKey> {
    let fund = offer.fund.as_ref().and_then(|f| picture.funds.get(f.as_str()));
    let recipient = picture.mission()?.recipient.code().clone();
    let donor = offer.donor.code().clone();
    let money = offer.kind.is_money();
    let key = AccountKey {
        purpose: if money { AccountPurpose::Fund } else { AccountPurpose::OnHand },
        holder: if money { fund.map_or(recipient, |f| f.holder.code().clone()) } else { donor.clone() },
        owner: donor,
        place: offer.place.as_ref().map(|p| p.code().clone()),
        via: offer.fund.as_ref().map(|f| f.code().clone()),
        resource: offer.resource.code().clone(),
        caveats: Vec::new(),
    };
    Some(key.with_caveats(offer.caveats.iter().map(|c| c.code().clone())))
}

/// The outside account from which it comes: its owner's stock.
pub(crate) fn source_of(key: &AccountKey) -> AccountKey {
    AccountKey { purpose: AccountPurpose::NationalStock, holder: key.owner.clone(), via: None, ..key.clone() }
}

#[derive(PartialEq)]
struct Commitment {
    to: AccountKey,
    units: i64,
    from_when: Timestamp,
}

fn commitment(picture: &Picture, code: &str) -> Option<Commitment> {
    let offer = picture.offers.get(code).filter(|o| o.state.is_committed())?;
    let from_when = start_of(offer.available_from.known()?.earliest());
    Some(Commitment { to: account_of(picture, offer)?, units: picture.offered_units(offer)?, from_when })
}

/// What is pending and what has come of each offer's commitment: the open entry with its open quantity, and what was posted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Standing {
    /// Pending commitments and what is open of each.
    pub(crate) open: Vec<(EntryNumber, i64)>,
    /// What has come.
    pub(crate) come: i64,
}

/// The commands that bring the ledger's commitments from `before` to `after`, for offers among `changes`; and the offers whose new
/// quantity is below what has come already.
pub(crate) fn commands(
    before: &Picture,
    after: &Picture,
    changes: &[Change],
    standing: &BTreeMap<String, Standing>,
    actor: &Actor,
    (version, now): (i64, Timestamp),
) -> (Vec<Command>, Vec<Fault>) {
    let (mut commands, mut faults) = (Vec::new(), Vec::new());
    for change in changes.iter().filter(|c| c.sheet == Offer::SHEET) {
        let (old, new) = (commitment(before, &change.key), commitment(after, &change.key));
        if old == new {
            continue;
        }
        let Ok(code) = Code::new(&change.key) else { continue };
        let now_at = standing.get(&change.key).cloned().unwrap_or_default();
        let note = |what: String, at| Note {
            key: format!("offer {code} {what} change {}", version + 1),
            occurred_at: at,
            actor: actor.name().to_owned(),
            reason: actor.reason.clone(),
        };
        for (pending, _) in &now_at.open {
            let act = Act::Void { pending: *pending, takes: Vec::new() };
            commands.push(Command { note: note(format!("voided {pending}"), now), act });
        }
        let Some(new) = new else { continue };
        let rest = new.units - now_at.come;
        if rest < 0 {
            let message = message!("offer-below-come", come = now_at.come);
            Faults::of(Offer::SHEET, &change.key, &mut faults).column("quantity", new.units.to_string(), message);
        }
        if rest > 0 {
            let subject = Subject { offer: Some(code.clone()), ..Subject::default() };
            let postings = vec![Posting::new(source_of(&new.to), new.to, rest)];
            let act = Act::Pend { activity: Activity::Commit, subject, postings };
            commands.push(Command { note: note("committed".into(), new.from_when), act });
        }
    }
    (commands, faults)
}
