//! What is left of an offer: what it is to bring, less what left its own place or is to leave it.

use muster_domain::{
    code::Code,
    item::ItemKind,
    ledger::{
        account::{AccountKey, AccountPurpose},
        entry::{Activity, EntryKind},
    },
    resource::ResourceState,
    viewer::Viewer,
};

use super::read::{self, AsOf, EntryFilter, Flow, FlowFilter};
use crate::{Error, db::Conn, statements};

statements! {
    STATE_OF = "SELECT state FROM resources WHERE code = $1";
}

/// What a flow adds to what is bound: what is promised, less what was taken back, plus what happened without a promise.
pub fn change(flow: &Flow) -> i64 {
    match flow.kind {
        EntryKind::Pending => flow.quantity,
        EntryKind::Void => -flow.quantity,
        EntryKind::Noted => 0,
        EntryKind::Posted if flow.settles => 0,
        EntryKind::Posted => flow.quantity,
    }
}

/// Units that an offer's flows took from its own place, without those that came back out of a course untrained, and without people who
/// travelled back. Each flow counts for what `counts` says of it: what happened, or also what is to happen.
pub fn gone<'a>(
    flows: impl IntoIterator<Item = &'a Flow>,
    counts: impl Fn(&Flow) -> i64,
    (resource, kind): (&Code, ItemKind),
    place: Option<&Code>,
) -> i64 {
    let back = |from: AccountPurpose| {
        from == AccountPurpose::InProcess || from == AccountPurpose::InTransit && kind == ItemKind::Personnel
    };
    let here =
        |(purpose, at): &(AccountPurpose, Option<Code>)| *purpose == AccountPurpose::OnHand && at.as_ref() == place;
    let one = |flow: &Flow| match flow {
        flow if here(&flow.from) => counts(flow),
        flow if here(&flow.to) && back(flow.from.0) => -counts(flow),
        _ => 0,
    };
    flows.into_iter().filter(|flow| flow.resource == *resource).map(one).sum()
}

/// Units of a committed offer that are still at its own place and promised to nobody.
///
/// # Errors
/// If the engine fails.
pub async fn left_of(conn: &mut Conn, offer: &str, account: &AccountKey) -> Result<i64, Error> {
    let filter = EntryFilter { offer: Some(offer.to_owned()), ..EntryFilter::default() };
    let open = read::open(conn, &filter, Some(Activity::Commit), 0, 1_000).await?;
    let all = read::settled(conn, offer, Activity::Commit).await? + open.iter().map(|open| open.quantity).sum::<i64>();
    let kind = kind_of(conn, &account.resource).await?;
    Ok(all - gone(&flows(conn, offer).await?, change, (&account.resource, kind), account.place.as_ref()))
}

/// Units of an offer that came out of its donor's stock and have not left its own place yet.
///
/// # Errors
/// If the engine fails.
pub async fn come_of(conn: &mut Conn, offer: &str, account: &AccountKey) -> Result<i64, Error> {
    let posted = |flow: &Flow| if flow.kind == EntryKind::Posted { flow.quantity } else { 0 };
    let kind = kind_of(conn, &account.resource).await?;
    let gone = gone(&flows(conn, offer).await?, posted, (&account.resource, kind), account.place.as_ref());
    Ok((read::settled(conn, offer, Activity::Commit).await? - gone).max(0))
}

async fn kind_of(conn: &mut Conn, resource: &Code) -> Result<ItemKind, Error> {
    let row = conn.row(STATE_OF, vec![resource.into()]).await?;
    let state: Option<ResourceState> = row.map(|row| row.word(0)).transpose()?;
    Ok(state.map_or(ItemKind::Materiel, ResourceState::kind))
}

async fn flows(conn: &mut Conn, offer: &str) -> Result<Vec<Flow>, Error> {
    let filter = FlowFilter { offer: Some(offer), need: None };
    read::flows(conn, &Viewer::operator("muster"), filter, AsOf::NOW).await
}
