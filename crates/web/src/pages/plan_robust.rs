//! How a plan fares when journeys take longer and goods are lost, for people.

use muster_app::{
    Error,
    planner::robust::{Chance, Rates, Robustness},
};
use muster_domain::{message, picture::Picture};

use super::{
    figures::{Calendar, percent, rounded, share},
    record::{
        cells::Cell,
        list::Parameters,
        panels::{Panel, need_cell, number_cell, text_cell},
    },
};
use crate::text::say_with;

/// Needs that are shown at once, the least sure first.
const FIRST: usize = 10;

/// A trial, ready to be shown.
pub(crate) struct Robust {
    pub(crate) hint: String,
    pub(crate) mean: String,
    pub(crate) delay: String,
    pub(crate) longer: String,
    pub(crate) loss: String,
    pub(crate) needs: Panel,
    pub(crate) more: Panel,
}

impl Robust {
    /// The rates that were asked for, if any were.
    pub(crate) fn rates(parameters: &Parameters) -> Result<Option<Rates>, Error> {
        let usual = Rates::default();
        let rate = |name: &str, usual: f64| match parameters.get(name).map_or("", |text| text.trim()) {
            "" => Ok(usual),
            text => match text.parse::<f64>() {
                Ok(share) if (0.0..=100.0).contains(&share) => Ok(share / 100.0),
                _ => Err(Error::Invalid(message!("robust-wrong"))),
            },
        };
        if !["delay", "longer", "loss"].iter().any(|name| parameters.contains_key(*name)) {
            return Ok(None);
        }
        let (delay, longer) = (rate("delay", usual.delay)?, rate("longer", usual.longer)?);
        Ok(Some(Rates { delay, longer, loss: rate("loss", usual.loss)?, ..usual }))
    }

    pub(crate) fn new(picture: &Picture, calendar: &Calendar<'_>, found: &Robustness) -> Self {
        let rates = &found.rates;
        let mut wants: Vec<(&String, &Chance)> = found.wants.iter().collect();
        wants.sort_by(|a, b| a.1.all.total_cmp(&b.1.all).then(a.1.in_time.total_cmp(&b.1.in_time)));
        let panel = |wants: &[(&String, &Chance)]| {
            let columns = [
                ("panel-need", false),
                ("panel-planned", true),
                ("robust-average", true),
                ("robust-all", true),
                ("robust-in-time", true),
            ];
            let mut panel = Panel::new("robust", &columns);
            for (need, chance) in wants {
                let number = |text: String| Cell { number: true, ..text_cell(text) };
                panel.row(vec![
                    need_cell(picture, need),
                    number_cell(chance.planned),
                    number(rounded(chance.mean)),
                    number(percent(chance.all)),
                    number(percent(chance.in_time)),
                ]);
            }
            panel
        };
        let values = [
            ("n", i64::from(rates.samples).into()),
            ("noun", calendar.noun().into()),
            ("delay", percent(rates.delay).into()),
            ("longer", percent(rates.longer).into()),
            ("loss", percent(rates.loss).into()),
        ];
        let of = |value: f64| percent(share(value, found.planned));
        let (first, rest) = wants.split_at(wants.len().min(FIRST));
        Self {
            hint: say_with("robust-hint", &values),
            mean: say_with("robust-mean", &[("mean", of(found.mean).into()), ("low", of(found.low).into())]),
            delay: field(rates.delay),
            longer: field(rates.longer),
            loss: field(rates.loss),
            needs: panel(first),
            more: panel(rest),
        }
    }
}

/// A rate as a field of a form holds it: per cent.
fn field(rate: f64) -> String {
    let percent = (rate * 1e6).round() / 1e4;
    percent.to_string()
}
