//! What the pages answer, on both engines.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod apart;
mod api;
mod asked;
mod counting;
mod end_use;
mod forms;
mod handover;
mod late;
mod listed;
mod misrouted;
mod note;
mod opened;
mod pages;
mod passkeys;
mod phones;
mod plan;
mod price;
mod put_right;
mod repair;
mod rights;
mod sheet;
mod site;
mod taking_back;
mod training;
mod transfer;
mod twice;
mod variance;
mod worth;
