//! From a planning problem to a plan with a proven bound.
//!
//! [`instance`] reads what is offered and wanted, [`solve`] plans, [`check`] judges any plan independently, and
//! [`first_come`] is the peer to compare with. [`explain`] says why a plan leaves a want unmet, [`ask`] what more of what
//! would be worth, [`change`] what would be otherwise, [`robust`] how a plan fares when things go wrong. The crate must not
//! know the database or the web, and does no input or output, no logging and no waiting; its only clock is the one that
//! keeps the time limit.

pub mod ask;
pub mod change;
pub mod check;
pub mod explain;
pub mod first_come;
pub mod instance;
pub mod json;
pub mod plan;
pub mod robust;
pub mod solve;

pub use check::check;
pub use instance::Instance;
pub use plan::Plan;
