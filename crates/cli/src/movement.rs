//! `muster dispatch`, `receive`, `pay`, `void` and `transition`.

use muster_app::movement::{Move, Moved, Payment};
use muster_domain::{field::Field, fixed::Fixed};

use crate::{
    Failure,
    args::{Pay, Place, Step, Transition, Void},
    open, output,
};

fn step(step: &Step) -> Move {
    Move {
        plan: step.plan.clone(),
        line: step.line,
        step: None,
        quantity: step.quantity,
        serials: step.serial.clone(),
        lot: step.lot.clone(),
        at: step.at,
        key: step.key.clone(),
    }
}

fn tell(moved: &Moved) {
    let (from, to) = &moved.way;
    output::line(&format!(
        "Entry {}: {} {}, {} still open.",
        moved.entry,
        moved.activity,
        output::whole(moved.quantity),
        output::whole(moved.open)
    ));
    output::line(&format!("  from {from}\n  to   {to}"));
}

/// Records a departure or start.
pub(crate) async fn dispatch(place: &Place, arguments: &Step) -> Result<(), Failure> {
    let app = open::writing(place).await?;
    tell(&app.dispatch(&step(arguments), &open::actor(place, &arguments.reason)).await?);
    Ok(())
}

/// Records an arrival, finish or receipt.
pub(crate) async fn receive(place: &Place, arguments: &Step) -> Result<(), Failure> {
    let app = open::writing(place).await?;
    tell(&app.receive(&step(arguments), &open::actor(place, &arguments.reason)).await?);
    Ok(())
}

/// Records a payment.
pub(crate) async fn pay(place: &Place, arguments: &Pay) -> Result<(), Failure> {
    let amount = arguments.amount.as_deref().map(Fixed::<3>::parse).transpose();
    let amount = amount.map_err(|right| Failure::option("--amount", right))?;
    let payment = Payment { offer: arguments.offer.clone(), amount, at: arguments.at, key: arguments.key.clone() };
    let app = open::writing(place).await?;
    let (minor, currency, open) = app.pay(&payment, &open::actor(place, &arguments.reason)).await?;
    let amount = |minor| output::money(minor, currency.places());
    output::line(&format!(
        "{} {} of offer {} received, {} still open.",
        amount(minor),
        currency.code(),
        arguments.offer,
        amount(open)
    ));
    Ok(())
}

/// Gives up what is open of a line.
pub(crate) async fn void(place: &Place, void: &Void) -> Result<(), Failure> {
    let app = open::writing(place).await?;
    let steps = app.void(&void.plan, void.line, &open::actor(place, &void.reason)).await?;
    output::line(&format!("Voided {steps} open steps of line {} of plan {}.", void.line, void.plan));
    Ok(())
}

/// Takes a record into another state.
pub(crate) async fn transition(place: &Place, arguments: &Transition) -> Result<(), Failure> {
    let Transition { sheet, code, state, reason } = arguments;
    let app = open::writing(place).await?;
    let imported = app.transition(sheet, code, state, &open::actor(place, reason)).await?;
    if imported.changes.is_empty() {
        output::line(&format!("{code} is {state} already."));
    } else {
        output::line(&format!("{code} is now {state}; {} ledger entries.", imported.entries));
    }
    Ok(())
}
