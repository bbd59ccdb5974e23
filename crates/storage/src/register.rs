//! Registers: what happened with consignments, movements, variances, units, losses, work orders and nominations, as sheets for those who live in
//! sheets.
//! They go out and never come in again: what happens is recorded by those who do it.
//!
//! Who people are, who recorded something and what they remarked stands in none of them.

use muster_domain::{
    field::{Currency, Field as _},
    fixed::Fixed,
    viewer::Viewer,
};

use crate::{
    Error,
    db::{Conn, Row, Value},
    sight::{self, Condition, SIGHT},
    transfer::{
        held::{CHECKED, HELD, OFFER, RECEIVED},
        worth::value_of,
    },
};

/// How a column is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum As {
    /// A text as it is.
    Text,
    /// A whole number.
    Number,
    /// A moment: RFC 3339, UTC.
    Moment,
    /// An amount in minor units of the currency in the next column: in major units, with its decimal places.
    Minor,
}

/// A sheet of what happened.
pub struct Register {
    /// Its name.
    pub name: &'static str,
    columns: &'static [(&'static str, &'static str, As)],
    from: &'static str,
    order: &'static str,
    sight: fn(&Viewer, usize) -> Condition,
}

use As::{Minor, Moment, Number, Text};

/// Where a statement says of which rows the viewer is still to count what they tell.
const BLIND: &str = "{blind}";

/// All registers.
pub const REGISTERS: &[Register] = &[
    Register {
        name: "consignments",
        columns: &[
            ("code", "c.code", Text),
            ("state", "c.state", Text),
            ("consignor", "c.consignor", Text),
            ("consignee", "c.consignee", Text),
            ("origin", "c.origin", Text),
            ("destination", "c.destination", Text),
            ("place", "c.place", Text),
            ("route", "c.route", Text),
            ("created_at", "c.created_at", Moment),
            ("departs_at", "c.departs_at", Moment),
            ("arrives_at", "c.arrives_at", Moment),
        ],
        from: "consignment c",
        order: "c.code",
        sight: sight::consignments,
    },
    Register {
        name: "consignment_lines",
        columns: &[
            ("consignment", "l.consignment", Text),
            ("line", "l.line", Number),
            ("offer", "l.offer", Text),
            ("need", "l.need", Text),
            ("resource", "l.resource", Text),
            ("quantity", "l.quantity", Number),
            ("present", "l.present", Number),
            ("condition", "l.condition", Text),
            ("value", value_of!("l.present"), Minor),
            ("currency", "l.value_currency", Text),
            ("value_method", "l.value_method", Text),
            ("value_date", "l.value_date", Text),
        ],
        from: "consignment_line l",
        order: "l.consignment, l.line",
        sight: sight::consignment_lines,
    },
    Register {
        name: "consignment_units",
        columns: &[
            ("consignment", "u.consignment", Text),
            ("line", "u.line", Number),
            ("resource", "l.resource", Text),
            ("lot", "u.lot", Text),
            ("serial", "u.serial", Text),
            ("quantity", "u.quantity", Number),
            ("sscc", "u.sscc", Text),
        ],
        from: "consignment_unit u JOIN consignment_line l ON l.consignment = u.consignment AND l.line = u.line",
        order: "u.consignment, u.line, u.number",
        sight: sight::consignment_lines,
    },
    Register {
        name: "milestones",
        columns: &[
            ("consignment", "m.consignment", Text),
            ("number", "m.number", Number),
            ("milestone", "m.kind", Text),
            ("place", "m.place", Text),
            ("movement", "m.movement", Text),
            ("occurred_at", "m.occurred_at", Moment),
            ("recorded_at", "m.recorded_at", Moment),
            // Which milestone it completes, where it is only of units that had been missing then.
            ("completes", "m.completes", Number),
            // When it was said to have been recorded by mistake: it then counts for nothing.
            ("taken_back_at", "y.recorded_at", Moment),
            // Whether custody passed by it and nobody signed.
            ("unsigned", "CASE WHEN m.kind NOT IN ('departed', 'arrived_at_node', 'received_by_unit') OR m.completes IS NOT NULL OR y.number IS NOT NULL THEN NULL
                WHEN EXISTS (SELECT 1 FROM handover h WHERE h.consignment = m.consignment AND h.milestone = m.number) THEN 'no' ELSE 'yes' END", Text),
        ],
        from: "milestone m JOIN consignment c ON c.code = m.consignment
            LEFT JOIN milestone_taken_back y ON y.consignment = m.consignment AND y.number = m.number",
        order: "m.consignment, m.number",
        sight: sight::consignments,
    },
    Register {
        name: "gate_overrides",
        columns: &[
            ("consignment", "g.consignment", Text),
            ("number", "g.number", Number),
            ("gate", "g.gate", Text),
            ("line", "g.line", Number),
            ("recorded_at", "g.recorded_at", Moment),
        ],
        from: "gate_override g JOIN consignment c ON c.code = g.consignment",
        order: "g.consignment, g.number",
        sight: sight::overrides,
    },
    Register {
        name: "milestone_units",
        columns: &[
            ("consignment", "u.consignment", Text),
            ("number", "u.number", Number),
            ("milestone", "m.kind", Text),
            ("place", "m.place", Text),
            ("occurred_at", "m.occurred_at", Moment),
            ("line", "u.line", Number),
            ("resource", "l.resource", Text),
            ("lot", "u.lot", Text),
            ("serial", "u.serial", Text),
            ("quantity", "u.quantity", Number),
            ("sscc", "u.sscc", Text),
            ("taken_back_at", "y.recorded_at", Moment),
        ],
        from: "milestone_unit u JOIN milestone_line l ON l.consignment = u.consignment AND l.number = u.number AND l.line = u.line
            JOIN milestone m ON m.consignment = u.consignment AND m.number = u.number
            LEFT JOIN milestone_taken_back y ON y.consignment = m.consignment AND y.number = m.number",
        order: "u.consignment, u.number, u.line, u.unit",
        sight: sight::consignment_lines,
    },
    Register {
        name: "movement_legs",
        columns: &[
            ("movement", "g.movement", Text),
            ("leg", "g.leg", Number),
            ("consignment", "c.code", Text),
            ("mode", "v.mode", Text),
            ("carrier", "v.carrier", Text),
            ("conveyance", "v.conveyance", Text),
            ("lane", "g.lane", Text),
            ("departed_at", "g.departed_at", Moment),
            ("arrives_at", "g.arrives_at", Moment),
            ("arrived_at", "g.arrived_at", Moment),
        ],
        from: "movement_load o JOIN consignment c ON c.code = o.consignment
            JOIN movement_leg g ON g.movement = o.movement AND g.leg = o.leg JOIN movement v ON v.code = g.movement",
        order: "g.movement, g.leg, c.code",
        sight: sight::consignments,
    },
    Register {
        name: "variances",
        columns: &[
            ("code", "v.code", Text),
            ("kind", "v.kind", Text),
            ("consignment", "v.consignment", Text),
            ("line", "v.line", Number),
            ("place", "v.place", Text),
            ("holder", "v.holder", Text),
            ("resource", "v.resource", Text),
            // Who is still to count it is not told how many there are.
            ("quantity", "CASE WHEN {blind} THEN NULL ELSE v.quantity END", Number),
            ("occurred_at", "v.occurred_at", Moment),
            ("due_at", "v.due_at", Moment),
            ("taken_to_mission_at", "em.recorded_at", Moment),
            ("taken_to_nations_at", "en.recorded_at", Moment),
            ("resolution", "v.resolution", Text),
            ("resolved_at", "v.resolved_at", Moment),
            ("part_of", "v.part_of", Text),
            ("found_at", "v.found_at", Moment),
        ],
        // What is a part by itself was taken to somebody with the whole.
        from: "variance v LEFT JOIN variance_escalation em ON em.variance = COALESCE(v.part_of, v.code) AND em.level = 'mission'
                AND em.recorded_at <= COALESCE(v.resolved_at, em.recorded_at)
            LEFT JOIN variance_escalation en ON en.variance = COALESCE(v.part_of, v.code) AND en.level = 'nations'
                AND en.recorded_at <= COALESCE(v.resolved_at, en.recorded_at)",
        order: "v.code",
        sight: sight::variances,
    },
    Register {
        name: "variance_units",
        columns: &[
            ("variance", "v.code", Text),
            ("consignment", "v.consignment", Text),
            ("resource", "v.resource", Text),
            ("lot", "u.lot", Text),
            ("serial", "u.serial", Text),
            ("quantity", "u.quantity", Number),
        ],
        from: "variance_unit u JOIN variance v ON v.code = u.variance",
        order: "v.code, u.number",
        // Who is still to count it is not told what it names.
        sight: sight::counted_variances,
    },
    Register {
        name: "units",
        columns: &[
            ("serial", "h.serial", Text),
            ("item", "h.item", Text),
            ("resource", "h.resource", Text),
            ("state", "a.purpose", Text),
            ("holder", "a.holder", Text),
            ("owner", "a.owner", Text),
            ("place", "a.place", Text),
            ("via", "a.via", Text),
            ("caveats", "a.caveats", Text),
            ("offer", OFFER, Text),
            ("since", "h.occurred_at", Moment),
            ("received_at", RECEIVED, Moment),
            ("checked_at", CHECKED, Moment),
        ],
        from: HELD,
        order: "h.serial, h.resource",
        sight: sight::held,
    },
    Register {
        name: "checks",
        columns: &[
            ("code", "i.code", Text),
            ("resource", "i.resource", Text),
            ("serial", "i.serial", Text),
            ("found", "i.grade", Text),
            ("occurred_at", "i.occurred_at", Moment),
            ("recorded_at", "i.recorded_at", Moment),
            ("evidence", "i.evidence", Text),
            ("taken_back_at", "b.recorded_at", Moment),
        ],
        from: "inspection i LEFT JOIN inspection_taken_back b ON b.inspection = i.code",
        order: "i.code",
        sight: sight::inspections,
    },
    Register {
        name: "loss_reports",
        columns: &[
            ("code", "l.code", Text),
            ("how", "l.how", Text),
            ("resource", "l.resource", Text),
            ("lot", "l.lot", Text),
            ("serial", "l.serial", Text),
            ("quantity", "l.quantity", Number),
            ("holder", "l.holder", Text),
            ("owner", "l.owner", Text),
            ("place", "l.place", Text),
            ("offer", "l.offer", Text),
            ("occurred_at", "l.occurred_at", Moment),
            ("known_at", "l.known_at", Moment),
            ("due_at", "l.due_at", Moment),
            ("reported_at", "l.recorded_at", Moment),
            ("found_at", "l.found_at", Moment),
        ],
        from: "loss_report l",
        order: "l.code",
        sight: sight::loss_reports,
    },
    Register {
        name: "disposals",
        columns: &[
            ("code", "d.code", Text),
            ("resource", "d.resource", Text),
            ("serial", "d.serial", Text),
            ("holder", "d.holder", Text),
            ("owner", "d.owner", Text),
            ("offer", "d.offer", Text),
            ("occurred_at", "d.occurred_at", Moment),
            ("recorded_at", "d.recorded_at", Moment),
            ("certificate", "d.certificate", Text),
            ("taken_back_at", "b.recorded_at", Moment),
        ],
        from: "disposal d LEFT JOIN disposal_taken_back b ON b.disposal = d.code",
        order: "d.code",
        sight: sight::disposals,
    },
    Register {
        name: "work_orders",
        columns: &[
            ("code", "w.code", Text),
            ("state", "w.state", Text),
            ("urgency", "w.urgency", Text),
            ("resource", "w.resource", Text),
            ("serial", "w.serial", Text),
            ("quantity", "w.quantity", Number),
            ("holder", "w.holder", Text),
            ("owner", "w.owner", Text),
            ("place", "w.place", Text),
            ("echelon", "w.echelon", Text),
            ("facility", "w.facility", Text),
            ("contractor", "w.contractor", Text),
            ("reported_at", "w.reported_at", Moment),
            ("warranty_until", "w.warranty_until", Text),
            ("under_warranty_of", "w.under_warranty_of", Text),
        ],
        from: "work_order w",
        order: "w.code",
        sight: sight::work_orders,
    },
    Register {
        name: "work_order_steps",
        columns: &[
            ("work_order", "w.code", Text),
            ("number", "s.number", Number),
            ("state", "s.state", Text),
            ("occurred_at", "s.occurred_at", Moment),
            ("recorded_at", "s.recorded_at", Moment),
        ],
        from: "work_order_step s JOIN work_order w ON w.code = s.work_order",
        order: "w.code, s.number",
        sight: sight::work_orders,
    },
    Register {
        name: "work_order_blocks",
        columns: &[
            ("work_order", "w.code", Text),
            ("number", "b.number", Number),
            ("reason", "b.reason", Text),
            ("since", "b.since", Moment),
            ("until", "b.until", Moment),
        ],
        from: "work_order_block b JOIN work_order w ON w.code = b.work_order",
        order: "w.code, b.number",
        sight: sight::work_orders,
    },
    Register {
        name: "work_order_parts",
        columns: &[
            ("work_order", "w.code", Text),
            ("resource", "p.resource", Text),
            ("wanted", "p.wanted", Number),
            ("instead_of", "p.instead_of", Text),
            ("requirement", "p.requirement", Text),
        ],
        from: "work_order_part p JOIN work_order w ON w.code = p.work_order",
        order: "w.code, p.resource",
        sight: sight::work_orders,
    },
    Register {
        name: "work_order_quotes",
        columns: &[
            ("work_order", "w.code", Text),
            ("number", "q.number", Number),
            ("state", "q.state", Text),
            ("party", "q.party", Text),
            ("fund", "q.fund", Text),
            ("amount", "q.amount", Minor),
            ("currency", "q.currency", Text),
            ("paid", "CASE WHEN q.paid_at IS NULL THEN NULL ELSE q.paid END", Minor),
            ("paid_currency", "q.currency", Text),
            ("quoted_at", "q.quoted_at", Moment),
            ("decided_at", "q.decided_at", Moment),
            ("paid_at", "q.paid_at", Moment),
        ],
        from: "work_order_quote q JOIN work_order w ON w.code = q.work_order",
        order: "w.code, q.number",
        sight: sight::quotes,
    },
    Register {
        name: "nominations",
        columns: &[
            ("code", "n.code", Text),
            ("trainee", "n.trainee", Text),
            ("serial", "n.serial", Text),
            ("state", "n.state", Text),
            ("unit", "n.unit", Text),
            ("resource", "n.resource", Text),
            ("offer", "n.offer", Text),
            ("need", "n.need", Text),
            ("authority", "n.authority", Text),
            ("vetted_on", "n.vetted_on", Text),
            ("expires_on", "n.expires_on", Text),
            ("nominated_at", "n.nominated_at", Moment),
        ],
        from: "nomination n",
        order: "n.code",
        sight: sight::nominations,
    },
    Register {
        name: "nomination_steps",
        columns: &[
            ("nomination", "n.code", Text),
            ("number", "s.number", Number),
            ("state", "s.state", Text),
            ("occurred_at", "s.occurred_at", Moment),
            ("recorded_at", "s.recorded_at", Moment),
        ],
        from: "nomination_step s JOIN nomination n ON n.code = s.nomination",
        order: "n.code, s.number",
        sight: sight::nominations,
    },
    Register {
        name: "nomination_journeys",
        columns: &[
            ("nomination", "n.code", Text),
            ("number", "j.number", Number),
            ("from", "j.from_place", Text),
            ("to", "j.to_place", Text),
            ("lanes", "j.lanes", Text),
            ("departed_at", "j.departed_at", Moment),
            ("arrives_at", "j.arrives_at", Moment),
        ],
        from: "nomination_journey j JOIN nomination n ON n.code = j.nomination",
        order: "n.code, j.number",
        sight: sight::nominations,
    },
    Register {
        name: "attendance",
        columns: &[
            ("nomination", "n.code", Text),
            ("day", "a.day", Text),
            ("attendance", "a.attendance", Text),
            ("recorded_at", "a.recorded_at", Moment),
        ],
        // What was said of a day last.
        from: "(SELECT nomination, day, MAX(number) AS number FROM attendance GROUP BY nomination, day) l
            JOIN attendance a ON a.nomination = l.nomination AND a.day = l.day AND a.number = l.number JOIN nomination n ON n.code = a.nomination",
        order: "n.code, a.day",
        sight: sight::nominations,
    },
];

impl Register {
    /// The register of a name.
    pub fn of(name: &str) -> Option<&'static Self> {
        REGISTERS.iter().find(|register| register.name == name)
    }

    /// Its columns.
    pub fn columns(&self) -> Vec<&'static str> {
        self.columns.iter().map(|(name, ..)| *name).collect()
    }

    /// Its statement: `$1` is the most rows; the viewer's sight follows.
    fn sql(&self) -> String {
        let columns: Vec<&str> = self.columns.iter().map(|(_, column, _)| *column).collect();
        format!("SELECT {} FROM {} WHERE {SIGHT} ORDER BY {} LIMIT $1", columns.join(", "), self.from, self.order)
    }

    /// Its rows that the viewer sees, each cell as text.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn rows(&self, conn: &mut Conn, viewer: &Viewer, limit: i64) -> Result<Vec<Vec<String>>, Error> {
        let sight = (self.sight)(viewer, 2);
        let mut values: Vec<Value> = vec![limit.into()];
        values.extend(sight.values);
        let mut sql = self.sql().replace(SIGHT, &sight.sql);
        if sql.contains(BLIND) {
            let blind = sight::blind(viewer, 1 + values.len());
            sql = sql.replace(BLIND, &blind.sql);
            values.extend(blind.values);
        }
        let rows = conn.rows(&sql, values).await?;
        rows.iter().map(|row| self.cells(row)).collect()
    }

    fn cells(&self, row: &Row) -> Result<Vec<String>, Error> {
        let cell = |(n, (_, _, how)): (usize, &(_, _, As))| match how {
            Text => Ok(row.maybe_text(n)?.unwrap_or_default()),
            Number => Ok(row.maybe_integer(n)?.map_or_else(String::new, |number| number.to_string())),
            Moment => Ok(row.maybe_timestamp(n)?.map_or_else(String::new, |at| at.to_string())),
            Minor => {
                let currency = row.maybe_text(n + 1)?.map(|code| Currency::parse(&code)).transpose();
                let currency = currency.map_err(|_| Error::Corrupt("a currency is none".into()))?;
                let amount = row.maybe_integer(n)?.zip(currency);
                let text = |(minor, currency): (i64, Currency)| Fixed::<3>::of_minor(minor, currency.places()).text();
                Ok(amount.map_or_else(String::new, text))
            }
        };
        self.columns.iter().enumerate().map(cell).collect()
    }
}
