//! The nouns and rules of Muster.
//!
//! It must not do IO, know SQL or HTTP, read a clock or draw random numbers: what it needs is passed in.
//!
//! - [`field`], [`record`], [`fault`]: how a noun's values are written, and how a wrong one is reported.
//! - [`message`]: what is told to a person.
//! - [`gs1`], [`ncage`], [`stock_class`]: names that trade partners and codification give to things.
//! - one module for each noun, its records and rules; [`need`]: requirements and packages as one.
//! - [`picture`]: all records together, and what must hold between them; [`change`]: what is other in one picture than in the one before.
//! - [`role`], [`label`], [`viewer`], [`policy`]: who may see what and do what.
//! - [`ledger`]: accounts, entries, the rules of the journal, and its seal.

pub mod chance;
pub mod change;
pub mod clock;
pub mod code;
pub mod date;
pub mod fault;
pub mod field;
pub mod fixed;
pub mod gs1;
pub mod label;
pub mod ledger;
pub mod message;
pub mod policy;
pub mod record;
pub mod role;
pub mod stated;
pub mod user;
pub mod viewer;

pub mod announcement;
pub mod caveat;
pub mod clearance;
pub mod consignment;
pub mod course;
pub mod delivery;
pub mod document;
pub mod end_use;
pub mod fund;
pub mod gate;
pub mod guideline;
pub mod hazard;
pub mod instructor;
pub mod item;
pub mod lane;
pub mod loss;
pub mod mission;
pub mod ncage;
pub mod need;
pub mod offer;
pub mod package;
pub mod participation;
pub mod party;
pub mod picture;
pub mod place;
pub mod pool;
pub mod process;
pub mod repair;
pub mod requirement;
pub mod resource;
pub mod serial;
pub mod statement;
pub mod stock_class;
pub mod third_party;
pub mod training;
pub mod variance;
