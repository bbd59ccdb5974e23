//! Disposals of a unit, on its page.

use muster_app::storage::{
    repair::WorkOrder,
    transfer::{corrected::TakenBack, disposal::Disposal},
};

use super::{
    figures, loss,
    record::{
        cells::Cell,
        panels::{Panel, text_cell},
    },
};
use crate::{
    address::escaped,
    text::{say, say_with},
};

/// That something was taken back, when, by whom and why, in words; nothing if it was not.
pub(crate) fn back(back: Option<&TakenBack>) -> String {
    let told = |back: &TakenBack| {
        let said = [
            ("at", figures::moment(back.recorded_at).into()),
            ("by", back.actor.as_str().into()),
            ("reason", back.reason.as_str().into()),
        ];
        say_with("taken-back-told", &said)
    };
    back.map_or_else(String::new, told)
}

/// That a unit was disposed of: when, by whom, why, its certificate, the work orders that ended with it, and that it was a mistake.
pub(crate) fn panel(all: &[(Disposal, Vec<WorkOrder>)]) -> Panel {
    let columns = [
        ("disposal", false),
        ("panel-when", false),
        ("panel-who", false),
        ("end-use-dispose-certificate", false),
        ("loss-work-orders", false),
        ("taken-back", false),
    ];
    let mut panel = Panel::new("disposals", &columns);
    for (one, orders) in all {
        let certificate = format!("/api/v1/disposals/{}/certificate", escaped(one.code.as_str()));
        panel.row(vec![
            text_cell(one.code.to_string()),
            text_cell(figures::moment(one.occurred_at)),
            text_cell(format!("{}: {}", one.actor, one.reason)),
            Cell::link(say("end-use-evidence-of"), certificate),
            loss::order_cell(orders),
            text_cell(back(one.taken_back.as_ref())),
        ]);
    }
    panel
}
