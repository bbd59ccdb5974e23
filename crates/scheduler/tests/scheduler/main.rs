//! Schedules, their judge, and the format.

mod broken;
mod curriculum;
mod documents;
mod page;
mod random;
mod schedules;
mod shop;
