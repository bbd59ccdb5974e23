//! Disposals of a unit, on its page.

use muster_app::storage::transfer::disposal::Disposal;

use super::{
    figures,
    record::{
        cells::Cell,
        panels::{Panel, text_cell},
    },
};
use crate::{address::escaped, text::say};

/// That a unit was disposed of: when, by whom, why, and its certificate.
pub(crate) fn panel(all: &[Disposal]) -> Panel {
    let columns =
        [("disposal", false), ("panel-when", false), ("panel-who", false), ("end-use-dispose-certificate", false)];
    let mut panel = Panel::new("disposals", &columns);
    for one in all {
        let certificate = format!("/api/v1/disposals/{}/certificate", escaped(one.code.as_str()));
        panel.row(vec![
            text_cell(one.code.to_string()),
            text_cell(figures::moment(one.occurred_at)),
            text_cell(format!("{}: {}", one.actor, one.reason)),
            Cell::link(say("end-use-evidence-of"), certificate),
        ]);
    }
    panel
}
