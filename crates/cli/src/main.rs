//! The `muster` command. The only place that reads files, the environment and the clock.

mod advice;
mod args;
mod available;
mod consignment;
mod conveyed;
mod counting;
mod demo;
mod disposal;
mod end_use;
mod epcis;
mod import;
mod ledger;
mod listed;
mod loss;
mod movement;
mod need;
mod note;
mod open;
mod opened;
mod output;
mod passed;
mod plan;
mod play;
mod repair;
mod replan;
mod report;
mod schedule;
mod serve;
mod sheet;
mod shown;
mod signing;
mod third_party;
mod training;
mod transfer;
mod unit;
mod user;
mod variance;
mod what_if;
mod whereabouts;
mod worth;

use std::process::ExitCode;

use args::{Arguments, Command};
use clap::Parser;
use muster_domain::{message, message::Message};
use muster_web::words;

/// Why a command ended without doing what it was asked to.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Something does not fit. Exit code 1.
    Told(Message),
    /// Problems have been printed already. Exit code 1.
    Printed,
    /// What was given cannot be read at all. Exit code 2.
    Unreadable(Message),
}

impl Failure {
    /// An option or argument that is not what it must be.
    pub(crate) fn option(option: impl Into<String>, right: Message) -> Self {
        Self::Unreadable(message!("option-must-be", option = option.into(), right))
    }
}

impl From<muster_app::Error> for Failure {
    fn from(error: muster_app::Error) -> Self {
        Self::Told(error.message())
    }
}

impl From<muster_app::storage::Error> for Failure {
    fn from(error: muster_app::storage::Error) -> Self {
        Self::Told(error.message())
    }
}

fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_env("MUSTER_LOG")
        .unwrap_or_else(|_| "warn,sqlx::postgres::notice=error".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output::error(&words(&message!("cannot-start", error = error.to_string())));
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(run(arguments));
    // A planner that was interrupted may still be at work on a thread of its own.
    runtime.shutdown_background();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Told(why)) => {
            output::error(&words(&why));
            ExitCode::from(1)
        }
        Err(Failure::Printed) => ExitCode::from(1),
        Err(Failure::Unreadable(why)) => {
            output::error(&words(&why));
            ExitCode::from(2)
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Failure> {
    let place = arguments.place;
    match arguments.command {
        Command::Demo(demo) => demo::run(&place, &demo).await,
        Command::Serve(serve) => serve::run(&place, &serve).await,
        Command::Template { path } => import::template(&path),
        Command::Import(import) => import::run(&place, &import).await,
        Command::Export(export) => import::export(&place, &export).await,
        Command::Plan(command) => plan::run(&place, &command).await,
        Command::Schedule(command) => schedule::run(&command),
        Command::Dispatch(step) => movement::dispatch(&place, &step).await,
        Command::Receive(step) => movement::receive(&place, &step).await,
        Command::Pay(pay) => movement::pay(&place, &pay).await,
        Command::Void(void) => movement::void(&place, &void).await,
        Command::Consignment(command) => consignment::run(&place, command).await,
        Command::Movement(command) => conveyed::run(&place, command).await,
        Command::Variance(command) => variance::run(&place, command).await,
        Command::EndUse(command) => end_use::run(&place, command).await,
        Command::Repair(command) => repair::run(&place, command).await,
        Command::Training(command) => training::run(&place, command).await,
        Command::Handover(command) => variance::handover(&place, command).await,
        Command::Transition(transition) => movement::transition(&place, &transition).await,
        Command::Need(command) => need::run(&place, command).await,
        Command::History { sheet, key } => report::history(&place, &sheet, &key).await,
        Command::Report(report) => report::run(&place, &report).await,
        Command::User(command) => user::run(&place, command).await,
        Command::Ledger(command) => ledger::run(&place, &command).await,
    }
}
