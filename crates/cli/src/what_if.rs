//! `muster plan what-if`.

use std::str::FromStr;

use muster_app::{
    plan::{
        summary::Summary,
        what_if::{Question, Scenario},
    },
    planner::change::Change,
};
use serde_json::json;

use muster_domain::message;

use crate::{
    Failure,
    args::{Format, Place, WhatIf},
    open, output, plan,
};

/// Solves again with what would be otherwise, and sets both beside each other.
pub(crate) async fn run(place: &Place, asked: &WhatIf) -> Result<(), Failure> {
    let app = open::reading(place).await?;
    let shown = app.plan(&open::viewer(place), Some(&asked.code)).await?;
    let picture = app.picture(&open::viewer(place)).await?;
    let periods = picture.mission().map_or(1, |mission| mission.periods as usize);
    let question = Question {
        plan: shown.stored.plan.code.to_string(),
        changes: changes(asked, periods)?,
        time_limit: asked.time_limit.map(plan::seconds).transpose()?,
        keep: asked.keep,
    };
    let scenario = app.what_if(question, &open::actor(place, "a scenario"), plan::progress()).await?;
    if asked.format == Format::Json {
        let needs: Vec<_> = scenario.needs.iter().map(|(need, more)| json!({ "need": need, "more": more })).collect();
        let all = json!({
            "plan": scenario.plan.as_str(), "changes": scenario.changes, "before": scenario.before,
            "after": scenario.after, "needs": needs, "lines_kept": scenario.kept.0,
        });
        output::line(&all.to_string());
        return Ok(());
    }
    for change in &scenario.changes {
        output::line(&muster_web::change(&picture, change));
    }
    tell(&scenario);
    Ok(())
}

fn tell(scenario: &Scenario) {
    let (before, after) = (&scenario.before, &scenario.after);
    let row =
        |name: &str, figure: &dyn Fn(&Summary) -> String| vec![format!("  {name}"), figure(before), figure(after)];
    let rows = [
        row("value reached", &|s| output::percent(s.value, s.wanted)),
        row("value less cost", &|s| output::rounded(s.objective)),
        row("needs met in full", &|s| s.needs.full.to_string()),
        row("sets complete", &|s| s.sets.1.to_string()),
        row("cost", &|s| output::rounded(s.cost)),
        row("lines", &|s| s.lines.to_string()),
        row("seconds", &|s| format!("{:.1}", s.seconds)),
    ];
    output::table(&[("  ", false), ("the plan", true), ("what if", true)], &rows);
    output::line(&format!("  {} of {} lines stay as they are", scenario.kept.0, scenario.kept.1));
    if scenario.needs.is_empty() {
        return output::line("Every need gets the same.");
    }
    output::line("Needs that get more or less:");
    for (need, more) in &scenario.needs {
        output::line(&format!("  {need} {}{}", if *more > 0 { "+" } else { "" }, output::whole(*more)));
    }
}

fn changes(asked: &WhatIf, periods: usize) -> Result<Vec<Change>, Failure> {
    let mut changes = Vec::new();
    for text in &asked.close_place {
        let ([place], rest) = parts::<1>(text)?;
        let (from, to) = span(rest, periods)?;
        changes.push(Change::ClosePlace { place: place.into(), from, to });
    }
    for text in &asked.close_lane {
        let ([lane], rest) = parts::<1>(text)?;
        let (from, to) = span(rest, periods)?;
        changes.push(Change::LimitLane { lane: lane.into(), from, to, capacity_t: 0.0 });
    }
    for text in &asked.limit_lane {
        let ([lane, tonnes], rest) = parts::<2>(text)?;
        let (from, to) = span(rest, periods)?;
        changes.push(Change::LimitLane { lane: lane.into(), from, to, capacity_t: number(tonnes)? });
    }
    for text in &asked.delay_lane {
        let ([lane, n], _) = parts::<2>(text)?;
        changes.push(Change::DelayLane { lane: lane.into(), periods: number(n)? });
    }
    changes.extend(asked.drop_donor.iter().map(|donor| Change::DropDonor { donor: donor.clone() }));
    changes.extend(asked.drop_offer.iter().map(|offer| Change::DropOffer { offer: offer.clone() }));
    for text in &asked.delay_offer {
        let ([offer, n], _) = parts::<2>(text)?;
        changes.push(Change::DelayOffer { offer: offer.into(), periods: number(n)? });
    }
    for (n, text) in (1..).zip(&asked.add_offer) {
        let ([resource, units, place], rest) = parts::<3>(text)?;
        changes.push(Change::AddOffer {
            offer: format!("offer {n} of the scenario"),
            donor: String::new(),
            resource: resource.into(),
            quantity: number(units)?,
            place: place.into(),
            from: span(rest, periods)?.0,
        });
    }
    Ok(changes)
}

/// The first parts of a text with colons between, and the one after them if there is one.
fn parts<const N: usize>(text: &str) -> Result<([&str; N], Option<&str>), Failure> {
    let all: Vec<&str> = text.split(':').collect();
    let wrong = || Failure::Unreadable(message!("option-parts", given = text, least = N, most = N + 1));
    let first = all.get(..N).and_then(|first| first.try_into().ok()).ok_or_else(wrong)?;
    if all.len() > N + 1 { Err(wrong()) } else { Ok((first, all.get(N).copied())) }
}

/// Periods like 5-8 or 5, counted from 1, as first and last, counted from 0; none: all.
fn span(text: Option<&str>, periods: usize) -> Result<(usize, usize), Failure> {
    let Some(text) = text else { return Ok((0, periods.saturating_sub(1))) };
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    let (from, to): (usize, usize) = (number(from)?, number(to)?);
    match (from.checked_sub(1), to.checked_sub(1)) {
        (Some(from), Some(to)) if from <= to && to < periods => Ok((from, to)),
        _ => Err(Failure::Unreadable(message!("periods-within", given = text, most = periods))),
    }
}

fn number<T: FromStr>(text: &str) -> Result<T, Failure> {
    text.trim().parse().map_err(|_| Failure::Unreadable(message!("option-number", given = text)))
}
