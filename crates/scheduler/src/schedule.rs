//! What is answered, as it stands in files of the format `muster-schedule-result/1` (`docs/schedule.md`).

use serde::{Deserialize, Serialize};

use crate::document::{self, Fault};

/// The name of the format.
pub const FORMAT: &str = "muster-schedule-result/1";

/// How a solve ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// No schedule is better.
    Optimal,
    /// A schedule, perhaps not the best.
    Feasible,
    /// There is no schedule.
    Infeasible,
    /// No schedule was found, and none was ruled out.
    Stopped,
}

impl Status {
    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Optimal => "optimal",
            Self::Feasible => "feasible",
            Self::Infeasible => "infeasible",
            Self::Stopped => "stopped",
        }
    }
}

/// A schedule, or word that there is none.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// [`FORMAT`].
    pub format: String,
    /// The problem's name.
    pub name: String,
    /// How the solve ended.
    pub status: Status,
    /// What the schedule costs; none if there is no schedule.
    pub objective: Option<i64>,
    /// No schedule costs less than this.
    pub bound: i64,
    /// By how much of its cost the schedule may be above the best there is.
    pub gap: Option<f64>,
    /// How long it took.
    pub seconds: f64,
    /// The seed of everything random.
    pub seed: u64,
    /// When each task starts, in the problem's order; empty if there is no schedule.
    pub tasks: Vec<Placed>,
}

/// When a task starts, and how it is done.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Placed {
    /// The task.
    pub id: String,
    /// When it starts.
    pub start: i64,
    /// In which of its ways, counted from 0.
    #[serde(default)]
    pub mode: usize,
}

impl Schedule {
    /// Reads a schedule.
    ///
    /// # Errors
    /// The first thing that is not of the format, with its place.
    pub fn parse(bytes: &[u8]) -> Result<Self, Vec<Fault>> {
        let schedule: Self = document::parse(bytes)?;
        if schedule.format != FORMAT {
            return Err(vec![Fault { path: "$.format".into(), message: format!("must be {FORMAT:?}") }]);
        }
        Ok(schedule)
    }

    /// The schedule as text.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("texts, numbers and lists can be written as JSON")
    }
}
