//! What a consignment missed and somebody decided to be lost turns up after all: that it was lost is taken back, and it is stock.

use muster_domain::ledger::{
    account::{AccountKey, AccountPurpose},
    entry::{Act, Activity, EntryNumber},
};
use muster_storage::transfer::{EntryRef, Unit, Variance, loss::lost_by};

use super::{Work, takes};
use crate::Error;

impl Work<'_> {
    /// Takes back that what a variance is about was lost, by the entry that notes that it ended so: it is where it was missed. Its consignment
    /// has gone on without it, so nothing is promised of it, and it is stock of the place, of whoever keeps that. Gives the entry by which it
    /// is back.
    pub(super) async fn is_back(
        &mut self,
        variance: &Variance,
        units: &[Unit],
        noted: EntryNumber,
    ) -> Result<EntryRef, Error> {
        let missed = variance.account.as_ref().ok_or(Error::Changed)?;
        self.is_nowhere_else(&missed.resource, units).await?;
        let mut back = None;
        for entry in lost_by(&mut self.conn, noted).await? {
            back = Some(self.command(Act::Correct { entry, replacement: Vec::new() }));
        }
        let back = back.ok_or(Error::Changed)?;
        if missed.purpose != AccountPurpose::OnHand {
            let keeper = self.keeper(&variance.place);
            let stock = AccountKey {
                purpose: AccountPurpose::OnHand,
                holder: keeper.unwrap_or_else(|| missed.holder.clone()),
                place: Some(variance.place.clone()),
                via: None,
                ..missed.clone()
            };
            let takes = takes(self.tracking(&missed.resource), units, variance.quantity)?;
            self.post(Activity::Inspect, self.subject_of(variance), missed, &stock, &takes);
        }
        Ok(back)
    }
}
