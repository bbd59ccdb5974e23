//! Conditions that a query collects as they are asked for.

use crate::db::Value;

/// Conditions of a query with their values, numbered as they come.
pub(crate) struct Where {
    conditions: Vec<String>,
    pub(crate) values: Vec<Value>,
}

impl Where {
    /// No condition yet; `values` are those of the statement around it.
    pub(crate) fn after(values: Vec<Value>) -> Self {
        Self { conditions: Vec::new(), values }
    }

    /// One more condition: `make` gets the number of its first value.
    pub(crate) fn and(&mut self, make: impl FnOnce(usize) -> (String, Vec<Value>)) {
        let (condition, values) = make(self.values.len() + 1);
        self.conditions.push(condition);
        self.values.extend(values);
    }

    /// A condition without values.
    pub(crate) fn plain(&mut self, condition: &str) {
        self.conditions.push(condition.to_owned());
    }

    /// That a column has a value, or stands to it as `column` ends: `a.b >=`.
    pub(crate) fn is(&mut self, column: &str, value: Option<impl Into<Value>>) {
        let column = if column.ends_with(['<', '>', '=']) { column.to_owned() } else { format!("{column} =") };
        if let Some(value) = value {
            self.and(|n| (format!("{column} ${n}"), vec![value.into()]));
        }
    }

    /// That a column has one of these values; none given: nothing has.
    pub(crate) fn among(&mut self, column: &str, values: &[String]) {
        if values.is_empty() {
            return self.plain("1 = 0");
        }
        self.and(|n| {
            let places = places(n, values.len());
            (format!("{column} IN ({places})"), values.iter().map(|value| value.as_str().into()).collect())
        });
    }

    /// That a row's time is before one, or the same and its code a lesser one; without, any row will do.
    pub(crate) fn before(&mut self, time: &str, code: &str, last: Option<&(i64, String)>) {
        if let Some((at, last)) = last {
            let values = vec![(*at).into(), last.as_str().into()];
            self.and(|n| (format!("({time}, {code}) < (${n}, ${})", n + 1), values));
        }
    }

    /// All of them, to stand after `WHERE`.
    pub(crate) fn text(&self) -> String {
        self.conditions.join(" AND ")
    }
}

/// Places of so many values from `$first` on, with commas between.
pub(crate) fn places(first: usize, count: usize) -> String {
    (first..first + count).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ")
}
