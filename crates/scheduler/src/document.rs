//! What is asked, as it stands in files of the format `muster-schedule/1` (`docs/schedule.md`).
//!
//! These types are the format and nothing else: whether what they say can be meant is for [`Problem::new`](crate::Problem::new).

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, IgnoredAny, SeqAccess, Visitor},
    ser::SerializeSeq,
};

/// The name of the format.
pub const FORMAT: &str = "muster-schedule/1";
/// Most bytes of a document.
pub const MAX_BYTES: usize = 64 << 20;

/// One thing that is wrong in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// JSON path of the place, such as `$.tasks[3].due`.
    pub path: String,
    /// What is wrong there, in words.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

/// A scheduling problem as it is written. Times are whole numbers of whatever unit the writer counts in.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// [`FORMAT`].
    pub format: String,
    /// A name for people.
    #[serde(default)]
    pub name: String,
    /// What is to be small.
    pub objective: Objective,
    /// Everything must have ended by then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub horizon: Option<i64>,
    /// What tasks share.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<Resource>,
    /// What is to be done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<Task>,
    /// What must have ended before something else starts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub precedence: Vec<Precedence>,
    /// The short form of a job shop, in the place of resources, tasks and precedence: for each job its steps in order, each a
    /// machine, counted from 0, and a duration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jobs: Option<Vec<Vec<(i64, i64)>>>,
}

/// What is to be small.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// The time at which everything has ended.
    #[default]
    Makespan,
    /// The sum over all tasks of weight × time by which the task ends after it was due.
    WeightedTardiness,
}

/// What tasks share: bays, people of a skill, a test stand.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Resource {
    /// Its name.
    pub id: String,
    /// How much there is of it at a time.
    pub capacity: i64,
    /// When there is less.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calendar: Vec<Stretch>,
}

/// A stretch of time in which there is less of a resource.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Stretch {
    /// Its first time.
    pub from: i64,
    /// The first time after it.
    pub to: i64,
    /// How much there is.
    pub capacity: i64,
}

/// What is to be done, without a break once it has begun.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// Its name.
    pub id: String,
    /// How long it takes, if there is one way to do it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<i64>,
    /// What it holds while it lasts, if there is one way to do it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub demands: Vec<Demand>,
    /// The ways to do it, if there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub modes: Vec<Mode>,
    /// It starts no earlier: parts arrive, the equipment comes in.
    #[serde(default)]
    pub release: i64,
    /// When it should have ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<i64>,
    /// What each unit of time after it was due weighs; 1 if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<i64>,
    /// When it must have ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<i64>,
    /// It has begun, or its time is settled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixed: Option<Fixed>,
    /// When people count on it, and what it costs to disappoint them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred: Option<Preferred>,
}

/// A way to do a task.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Mode {
    /// How long it takes.
    pub duration: i64,
    /// What it holds while it lasts.
    #[serde(default)]
    pub demands: Vec<Demand>,
}

/// What a task holds of a resource: `[resource, amount]` all the time, `[resource, amount, from, to]` in a part of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Demand {
    /// The resource.
    pub resource: String,
    /// How much of it.
    pub amount: i64,
    /// From how long after the task's start on, up to how long after it; none: all the time.
    pub part: Option<(i64, i64)>,
}

impl Demand {
    /// What is held all the time.
    pub fn whole(resource: impl Into<String>, amount: i64) -> Self {
        Self { resource: resource.into(), amount, part: None }
    }

    /// What is held from so long after the task's start on, up to so long after it.
    pub fn part(resource: impl Into<String>, amount: i64, from: i64, to: i64) -> Self {
        Self { resource: resource.into(), amount, part: Some((from, to)) }
    }
}

impl Serialize for Demand {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(if self.part.is_some() { 4 } else { 2 }))?;
        list.serialize_element(&self.resource)?;
        list.serialize_element(&self.amount)?;
        if let Some((from, to)) = self.part {
            list.serialize_element(&from)?;
            list.serialize_element(&to)?;
        }
        list.end()
    }
}

impl<'de> Deserialize<'de> for Demand {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(DemandVisitor)
    }
}

struct DemandVisitor;

impl<'de> Visitor<'de> for DemandVisitor {
    type Value = Demand;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[resource, amount] or [resource, amount, from, to]")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Demand, A::Error> {
        let resource = list.next_element()?.ok_or_else(|| A::Error::invalid_length(0, &self))?;
        let amount = list.next_element()?.ok_or_else(|| A::Error::invalid_length(1, &self))?;
        let part = match list.next_element()? {
            Some(from) => Some((from, list.next_element()?.ok_or_else(|| A::Error::invalid_length(3, &self))?)),
            None => None,
        };
        if list.next_element::<IgnoredAny>()?.is_some() {
            return Err(A::Error::invalid_length(5, &self));
        }
        Ok(Demand { resource, amount, part })
    }
}

/// A settled start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Fixed {
    /// When it starts.
    pub start: i64,
    /// In which of its ways, counted from 0.
    #[serde(default)]
    pub mode: usize,
}

/// A start that people count on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Preferred {
    /// When they expect it to start.
    pub start: i64,
    /// What any other start adds to the objective.
    pub price: i64,
}

/// `after` starts no earlier than `lag` after `before` ended.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Precedence {
    /// The task that ends.
    pub before: String,
    /// The task that starts.
    pub after: String,
    /// The time between.
    #[serde(default)]
    pub lag: i64,
}

impl Document {
    /// Reads a document.
    ///
    /// # Errors
    /// The first thing that is not of the format, with its place.
    pub fn parse(bytes: &[u8]) -> Result<Self, Vec<Fault>> {
        parse(bytes)
    }

    /// The document as text.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("texts, numbers and lists can be written as JSON")
    }
}

/// Reads a value, telling the place of what is not of its form.
pub(crate) fn parse<'b, T: Deserialize<'b>>(bytes: &'b [u8]) -> Result<T, Vec<Fault>> {
    let fault = |path: String, message: String| vec![Fault { path, message }];
    if bytes.len() > MAX_BYTES {
        return Err(fault("$".into(), format!("has {} bytes, more than {MAX_BYTES}", bytes.len())));
    }
    let mut source = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut source).map_err(|error| {
        let path = error.path().to_string();
        let path = if path == "." { "$".to_owned() } else { format!("$.{path}") };
        fault(path, error.into_inner().to_string())
    })?;
    source.end().map_err(|error| fault("$".into(), error.to_string()))?;
    Ok(value)
}
