//! The pages, one file each; how they write figures is in `figures`, how they draw in `picture`.

pub(crate) mod account;
pub(crate) mod administration;
pub(crate) mod consignment;
pub(crate) mod consignment_deed;
pub(crate) mod consignment_new;
pub(crate) mod figures;
pub(crate) mod hub;
pub(crate) mod import;
pub(crate) mod journal;
pub(crate) mod movements;
pub(crate) mod need;
pub(crate) mod oversight;
pub(crate) mod overview;
pub(crate) mod picture;
pub(crate) mod plan;
pub(crate) mod plan_ask;
pub(crate) mod plan_change;
pub(crate) mod plan_replan;
pub(crate) mod plan_robust;
pub(crate) mod plan_view;
pub(crate) mod plan_why;
pub(crate) mod record;
pub(crate) mod search;
pub(crate) mod sign_in;
pub(crate) mod variance;
pub(crate) mod what_if;
