//! Schedules, their judge, and the format.

mod broken;
mod documents;
mod page;
mod random;
mod schedules;
mod shop;
