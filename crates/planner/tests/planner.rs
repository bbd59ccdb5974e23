//! The planner from outside: documents, the judge, the peers, and plans on small random instances.
#![expect(clippy::unwrap_used, reason = "everything here is test code")]

#[path = "planner/broken.rs"]
mod broken;
#[path = "planner/changes.rs"]
mod changes;
#[path = "planner/documents.rs"]
mod documents;
#[path = "planner/later.rs"]
mod later;
#[path = "planner/peers.rs"]
mod peers;
#[path = "planner/plans.rs"]
mod plans;
#[path = "planner/random.rs"]
mod random;
#[path = "planner/reasons.rs"]
mod reasons;
#[path = "planner/requests.rs"]
mod requests;
#[path = "planner/robust.rs"]
mod robust;
#[path = "planner/yard.rs"]
mod yard;
