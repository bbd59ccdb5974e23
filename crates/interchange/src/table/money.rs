//! A row's amounts: the value, its currency, and what it comes to in the common currency.

use muster_domain::{
    date::PartialDate,
    field::{Currency, Field},
    fixed::Fixed,
    message,
    message::Message,
    stated::Stated,
};

use super::{
    figures,
    map::{CurrencyMap, Money},
    patterns::folded,
    rates::convert,
    read::{Reader, Texted},
};

/// The amounts of a row.
#[derive(Default)]
pub(super) struct Amounts {
    pub(super) value: Option<Stated<Fixed<6>>>,
    pub(super) currency: Option<Currency>,
    pub(super) converted: Option<Stated<Fixed<6>>>,
    pub(super) rate: Option<(Fixed<9>, PartialDate, String)>,
}

impl Reader<'_> {
    /// The amounts of a row, or the reason why it cannot be imported.
    pub(super) fn money(
        &mut self,
        texted: &mut Texted<'_>,
        group: &str,
        date: Option<&Stated<PartialDate>>,
    ) -> Result<Amounts, Message> {
        let map = self.map;
        if !self.counts(texted, group)? {
            return Ok(Amounts::default());
        }
        let mut amounts = Amounts::default();
        if let Some(money) = &map.value {
            amounts.value = self.number::<6>(texted, &money.column);
            amounts.currency = self.currency(texted, money);
            if amounts.currency.is_none()
                && let Some(Stated::Known(_)) = amounts.value
            {
                let at = self.layout.of(&money.column);
                self.tell(texted, Some(at), message!("no-currency-kept"));
                amounts.value = Some(Stated::Unknown(figures::words::<Fixed<6>>(&texted.cells[at])));
            }
        }
        let Some(to) = &map.converted else { return Ok(amounts) };
        if let Some(column) = &to.column {
            amounts.converted = self.number::<6>(texted, column);
        }
        if let (None, Some(Stated::Known(value)), Some(_)) = (&amounts.converted, &amounts.value, to.rule) {
            let value = *value;
            self.convert(texted, &mut amounts, value, date);
        }
        Ok(amounts)
    }

    /// Whether the row's amounts are its own. Where each line repeats its group's, only the first line has them.
    fn counts(&mut self, texted: &Texted<'_>, group: &str) -> Result<bool, Message> {
        let map = self.map;
        if !map.group.repeated || group.is_empty() {
            return Ok(true);
        }
        let value = map.value.iter().map(|money| &money.column);
        let at: Vec<_> =
            value.chain(map.converted.iter().filter_map(|c| c.column.as_ref())).map(|c| self.layout.of(c)).collect();
        let texts: Vec<String> = at.iter().map(|at| texted.cells[*at].clone()).collect();
        if texts.iter().all(String::is_empty) {
            return Ok(false);
        }
        match self.values.get(group) {
            None => {
                self.values.insert(group.to_owned(), texts);
                Ok(true)
            }
            Some(first) if *first == texts => Ok(false),
            Some(_) => Err(self.refuse(texted, at.first().copied(), message!("value-not-repeated", group))),
        }
    }

    fn currency(&mut self, texted: &mut Texted<'_>, money: &Money) -> Option<Currency> {
        let (column, words) = match &money.currency {
            CurrencyMap::Always(currency) => return Some(*currency),
            CurrencyMap::Column(column, words) => (column, words),
        };
        let at = self.layout.of(column);
        self.keep(texted, at);
        let text = folded(&texted.cells[at]);
        let by_word = words.iter().find(|(word, _)| *word == text).map(|(_, currency)| *currency);
        let found = by_word.or_else(|| Currency::parse(&text.to_uppercase()).ok());
        let unknown = self.map.unknown.iter().any(|word| word.is_like(&text));
        if found.is_none() && !text.is_empty() && !unknown {
            self.tell(texted, Some(at), message!("currency-unknown"));
        }
        found
    }

    fn convert(
        &mut self,
        texted: &Texted<'_>,
        amounts: &mut Amounts,
        value: Fixed<6>,
        date: Option<&Stated<PartialDate>>,
    ) {
        let (Some(to), Some(currency)) = (&self.map.converted, amounts.currency) else { return };
        if currency == to.currency {
            amounts.converted = Some(Stated::Known(value));
            return;
        }
        let date = date.and_then(Stated::known).copied();
        let rate = to.rule.and_then(|rule| rule.pick(&to.rates, currency, date));
        let converted = rate.and_then(|rate| convert(value, rate.value, to.round));
        match (rate, converted) {
            (Some(rate), Some(converted)) => {
                amounts.converted = Some(Stated::Known(converted));
                amounts.rate = Some((rate.value, rate.date, rate.source.clone()));
            }
            _ => {
                let currency = currency.code();
                let message = match date {
                    Some(date) => message!("no-rate", currency, date = date.to_string()),
                    None => message!("no-rate-undated", currency),
                };
                self.tell(texted, None, message);
            }
        }
    }
}
