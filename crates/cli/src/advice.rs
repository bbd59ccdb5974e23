//! What a plan advises: `muster plan why`, `muster plan ask` and `muster plan robust`.

use muster_app::{
    plan::summary::Served,
    planner::{
        ask::Ask,
        robust::{Chance, Rates},
    },
};
use serde_json::json;

use muster_domain::message;

use crate::{
    Failure,
    args::{Format, Place},
    open, output, plan,
};

/// Tells why needs stay unmet or are met late.
pub(crate) async fn why(place: &Place, code: Option<&str>, need: Option<&str>, format: Format) -> Result<(), Failure> {
    let app = open::reading(place).await?;
    let shown = app.plan(&open::viewer(place), code).await?;
    let picture = app.picture(&open::viewer(place)).await?;
    let served = &shown.summary.served;
    if let Some(need) = need.filter(|need| !served.contains_key(*need)) {
        let plan = &shown.stored.plan.code;
        return Err(Failure::Told(message!("need-not-in-plan", plan, need)));
    }
    let lacking: Vec<(&String, &Served)> = served
        .iter()
        .filter(|(code, served)| need.is_none_or(|need| need == *code) && !served.lacking.is_empty())
        .collect();
    if format == Format::Json {
        let needs = lacking.iter().map(|(code, served)| {
            let words: Vec<_> = served.lacking.iter().flat_map(|lacking| muster_web::why(&picture, lacking)).collect();
            json!({ "need": code, "open": served.open, "planned": served.planned, "lacking": served.lacking, "words": words })
        });
        let all = json!({ "plan": shown.stored.plan.code.as_str(), "needs": needs.collect::<Vec<_>>() });
        output::line(&all.to_string());
        return Ok(());
    }
    if lacking.is_empty() {
        output::line("It is met in full and in time.");
    }
    for (code, served) in lacking {
        let planned = format!("{} of {} planned", output::whole(served.planned), output::whole(served.open));
        output::line(&format!("{code}: {planned}"));
        for lacking in &served.lacking {
            let what = if lacking.late { "late" } else { "missing" };
            output::line(&format!("  {} {what}", output::whole(lacking.units)));
            for sentence in muster_web::why(&picture, lacking) {
                output::line(&format!("    {sentence}"));
            }
        }
    }
    Ok(())
}

/// Tells what to ask for.
pub(crate) async fn ask(
    place: &Place,
    code: Option<&str>,
    verify: Option<usize>,
    seconds: f64,
    format: Format,
) -> Result<(), Failure> {
    plan::seconds(seconds)?;
    let app = open::reading(place).await?;
    let viewer = open::viewer(place);
    let picture = app.picture(&viewer).await?;
    let asks: Vec<Ask> = match verify {
        None => app.plan(&viewer, code).await?.summary.asks,
        Some(first) => app.plan_verify(&viewer, code, first, seconds, plan::progress()).await?,
    };
    let gain = |ask: &Ask| ask.verified.as_ref().map(|v| v.gain);
    if format == Format::Json {
        let rows = asks.iter().map(|ask| {
            json!({ "request": muster_web::request(&picture, ask), "brings": muster_web::brings(&picture, ask), "ask": ask })
        });
        output::line(&json!({ "asks": rows.collect::<Vec<_>>() }).to_string());
        return Ok(());
    }
    if asks.is_empty() {
        output::line("Nothing that could be asked for would gain anything.");
    }
    for ask in &asks {
        let verified = gain(ask).map_or_else(
            || "not solved again".to_owned(),
            |gain| format!("{} when solved again", output::rounded(gain)),
        );
        output::line(&format!("{:>7}  {}", output::rounded(ask.predicted), muster_web::request(&picture, ask)));
        output::line(&format!("         would {} ({verified})", muster_web::brings(&picture, ask)));
    }
    Ok(())
}

/// Tells how a plan fares when things go wrong.
pub(crate) async fn robust(place: &Place, code: Option<&str>, rates: Rates, format: Format) -> Result<(), Failure> {
    let app = open::reading(place).await?;
    let found = app.plan_robustness(&open::viewer(place), code, rates).await?;
    if format == Format::Json {
        let text = serde_json::to_string(&found).expect("chances can be written as JSON");
        output::line(&text);
        return Ok(());
    }
    output::line(&format!(
        "Of a value of {} planned, {} arrives on average, and {} or more in nine of ten of {} samples.",
        output::rounded(found.planned),
        output::percent(found.mean, found.planned),
        output::percent(found.low, found.planned),
        rates.samples
    ));
    let mut wants: Vec<(&String, &Chance)> = found.wants.iter().collect();
    wants.sort_by(|a, b| a.1.all.total_cmp(&b.1.all));
    let row = |(need, chance): (&String, &Chance)| {
        let share = |p: f64| output::percent(p, 1.0);
        vec![
            need.clone(),
            output::whole(chance.planned),
            format!("{:.1}", chance.mean),
            share(chance.all),
            share(chance.in_time),
        ]
    };
    let headings = [("need", false), ("planned", true), ("on average", true), ("all of it", true), ("in time", true)];
    output::table(&headings, &wants.into_iter().map(row).collect::<Vec<_>>());
    Ok(())
}
