//! From tasks that share resources to a schedule with a proven bound: the order of work in a repair shop, a timetable of courses.
//!
//! [`document`] is what is asked, as it stands in files, [`problem`] the same once it is known to be right, [`solve`] schedules,
//! [`check`] judges any schedule independently, [`schedule`] is what is answered; [`curriculum`] is all that for timetables of
//! courses. The crate must not know the database or the web, and does no input or output, no logging and no waiting; its only clock
//! is the one that keeps the time limit.

pub mod check;
pub mod curriculum;
pub mod document;
pub mod problem;
mod profile;
pub mod schedule;
pub mod solve;

pub use check::check;
pub use document::Document;
pub use problem::Problem;
pub use schedule::Schedule;
pub use solve::solve;
