//! The handling units of a consignment on its page: each with what lies on it.

use muster_app::transfer::shown::Shown;

use crate::text;

/// One handling unit.
pub(crate) struct UnitRow {
    pub(crate) sscc: String,
    pub(crate) kind: String,
    pub(crate) gross: String,
    pub(crate) seal: String,
    /// What lies on it: the line, and what of it.
    pub(crate) on: Vec<(i64, String)>,
}

/// All that are shown, in order.
pub(crate) fn rows(shown: &Shown) -> Vec<UnitRow> {
    let row = |unit: &muster_app::storage::transfer::HandlingUnit| {
        let mut on: Vec<(i64, Vec<String>)> = Vec::new();
        for of in shown.units.iter().filter(|of| of.sscc.as_ref() == Some(&unit.sscc)) {
            let what = match (of.lot.as_str(), of.serial.as_str()) {
                ("", "") => of.quantity.to_string(),
                (lot, "") => format!("{} × {lot}", of.quantity),
                (_, serial) => serial.to_owned(),
            };
            match on.iter_mut().find(|(line, _)| *line == of.line) {
                Some((_, all)) => all.push(what),
                None => on.push((of.line, vec![what])),
            }
        }
        UnitRow {
            sscc: unit.sscc.clone(),
            kind: text::word(unit.kind.as_str()).into_owned(),
            gross: unit.gross_kg.map_or_else(String::new, |mass| mass.to_string()),
            seal: unit.seal.clone(),
            on: on.into_iter().map(|(line, all)| (line, all.join(", "))).collect(),
        }
    };
    shown.handling_units.iter().map(row).collect()
}
