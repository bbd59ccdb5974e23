//! The main job through the use cases, on both engines.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod beyond;
mod capacities;
mod cost;
mod count;
mod documents;
mod elsewhere;
mod end_use;
mod epcis;
mod epcis_order;
mod epcis_sent;
mod free;
mod gate;
mod hands;
mod instructor;
mod loss;
mod main_job;
mod misrouted;
mod missing;
mod needs;
mod nomination;
mod pass_share;
mod passkeys;
mod person;
mod phones;
mod race;
mod records;
mod redirection;
mod register;
mod repacking;
mod repair;
mod replan;
mod returning;
mod sequence;
mod signing;
mod small;
mod timetable;
mod training;
mod transfer;
mod travel;
mod variance;
mod webhook;
mod works;
