//! Schedules, their judge, and the format.

mod broken;
mod curriculum;
mod documents;
mod page;
mod parts;
mod random;
mod schedules;
mod shop;
