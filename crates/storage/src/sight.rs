//! What a viewer sees, as conditions of SQL. Every query that returns rows to a person goes through one of these, so that counts, sums,
//! lists and searches hold nothing that is hidden.

use muster_domain::{
    policy::{self, Action, Deed},
    record::Shape,
    variance::VarianceKind,
    viewer::{Sight, Viewer},
};

use crate::db::Value;

/// Stands in a statement for the condition that keeps out what the viewer does not see.
pub(crate) const SIGHT: &str = "{sight}";

/// A condition and the values it takes, which follow those of the statement around it.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    /// The text, to stand after `WHERE` or `AND`.
    pub(crate) sql: String,
    /// The values, in order.
    pub(crate) values: Vec<Value>,
}

impl Condition {
    fn always() -> Self {
        Self { sql: "1 = 1".into(), values: Vec::new() }
    }
}

/// The lengths to which lists of audiences are filled up, so that few statements are prepared.
const LENGTHS: [usize; 5] = [2, 4, 16, 64, 512];

/// The viewer's audiences as a list of places from `$first` on, filled up; `None` for who sees everything.
pub(crate) fn audiences(viewer: &Viewer, first: usize) -> Option<(String, Vec<Value>)> {
    let among = viewer.audiences()?;
    let length = LENGTHS.into_iter().find(|n| *n >= among.len()).unwrap_or(among.len());
    let filled: Vec<Value> =
        among.iter().chain(std::iter::repeat(&among[0])).take(length).map(|a| a.as_str().into()).collect();
    let places: Vec<String> = (first..first + length).map(|n| format!("${n}")).collect();
    Some((format!("({})", places.join(", ")), filled))
}

/// Rows of a sheet's table, called `t`, that the viewer sees. Its values begin at `$first`.
pub(crate) fn records(shape: &Shape, viewer: &Viewer, first: usize) -> Condition {
    let Some((places, values)) = audiences(viewer, first) else { return Condition::always() };
    // A part is seen by whoever sees what it is part of, whose code stands in its first key column.
    let (sheet, key) = (shape.part_of.unwrap_or(shape.sheet), shape.key[0]);
    let sql = format!(
        "EXISTS (SELECT 1 FROM released r WHERE r.sheet = '{sheet}' AND r.record = t.\"{key}\" AND r.audience IN {places})"
    );
    Condition { sql, values }
}

/// Entries, called `e`, that the viewer sees: those for the sake of an offer that they see, or of a need of their own. Its values begin
/// at `$first`.
pub(crate) fn entries(viewer: &Viewer, first: usize) -> Condition {
    let Some((places, values)) = audiences(viewer, first) else { return Condition::always() };
    let sql = format!(
        "(EXISTS (SELECT 1 FROM released r WHERE r.sheet = 'offers' AND r.record = e.offer AND r.audience IN {places})
          OR EXISTS (SELECT 1 FROM released r WHERE r.sheet IN ('requirements', 'packages') AND r.record = e.need AND r.owner = 1
            AND r.audience IN {places}))"
    );
    Condition { sql, values }
}

/// Consignments, called `c`, that the viewer sees: those that their party sends, keeps or is to have, and those in which something of an
/// offer or for a need of theirs moves. Its values begin at `$first`.
pub(crate) fn consignments(viewer: &Viewer, first: usize) -> Condition {
    let Some((places, values)) = audiences(viewer, first) else { return Condition::always() };
    let sql = format!(
        "EXISTS (SELECT 1 FROM released r WHERE r.sheet = 'consignments' AND r.record = c.code AND r.audience IN {places})"
    );
    Condition { sql, values }
}

/// As [`consignments`], looked up for one row after the other, for pages that walk along an index. PostgreSQL would else make a join of
/// it: while it does not know how much is released, it reads all that is released to the viewer for each row, and sorts.
pub(crate) fn consignments_one_by_one(viewer: &Viewer, first: usize) -> Condition {
    let Some((places, values)) = audiences(viewer, first) else { return Condition::always() };
    // The offset is what keeps it from being a join.
    let sql = format!(
        "EXISTS (SELECT 1 FROM released r WHERE r.sheet = 'consignments' AND r.record = c.code AND r.audience IN {places} LIMIT 1 OFFSET 0)"
    );
    Condition { sql, values }
}

/// Lines of consignments, called `l`, that the viewer sees: all of a consignment that their party handles; else those of an offer that
/// they see or for a need of their own. Its values begin at `$first`.
pub(crate) fn consignment_lines(viewer: &Viewer, first: usize) -> Condition {
    let Some((places, values)) = audiences(viewer, first) else { return Condition::always() };
    let sql = format!(
        "(EXISTS (SELECT 1 FROM released r WHERE r.sheet = 'consignments' AND r.record = l.consignment AND r.owner = 1 AND r.audience IN {places})
          OR EXISTS (SELECT 1 FROM released r WHERE r.sheet = 'offers' AND r.record = l.offer AND r.audience IN {places})
          OR EXISTS (SELECT 1 FROM released r WHERE r.sheet IN ('requirements', 'packages') AND r.record = l.need AND r.owner = 1
            AND r.audience IN {places}))"
    );
    Condition { sql, values }
}

/// Rows of which a column names the viewer's own party or one that belongs to it. Its values begin at `$first`.
pub(crate) fn own(viewer: &Viewer, column: &str, first: usize) -> Condition {
    if let Some((places, values)) = audiences(viewer, first) {
        return Condition { sql: format!("{column} IN {places}"), values };
    }
    match &viewer.party {
        Some(party) => Condition { sql: format!("{column} = ${first}"), values: vec![party.into()] },
        None => Condition { sql: "FALSE".into(), values: Vec::new() },
    }
}

/// Rows of which a column names an offer that is the viewer's own party's; who sees everything sees those of all. Its values, which are
/// those of [`own`] for who does not, begin at `$first`.
pub(crate) fn gave(viewer: &Viewer, column: &str, first: usize) -> Condition {
    let Some((places, values)) = audiences(viewer, first) else { return Condition::always() };
    let sql = format!(
        "EXISTS (SELECT 1 FROM released r WHERE r.sheet = 'offers' AND r.record = {column} AND r.owner = 1 AND r.audience IN {places})"
    );
    Condition { sql, values }
}

/// Variances, called `v`, that the viewer is still to count, or may count again, not knowing how many there are: nobody resolved them, and no
/// two people agree. Its values begin at `$first`.
pub(crate) fn blind(viewer: &Viewer, first: usize) -> Condition {
    let never = || Condition { sql: "FALSE".into(), values: Vec::new() };
    let may = |own| policy::may(viewer, &Deed { own, ..Deed::of(Action::Move) }).is_ok();
    let holds = match (viewer.party.is_some(), may(false), may(true)) {
        (true, true, _) => Condition::always(),
        (true, false, true) => own(viewer, "v.holder", first),
        _ => return never(),
    };
    // Who counted again says what they counted last.
    let last = |count: &str| {
        let later = format!("x.variance = {count}.variance AND x.actor = {count}.actor AND x.number > {count}.number");
        format!("NOT EXISTS (SELECT 1 FROM blind_count x WHERE {later})")
    };
    let kinds: Vec<String> = VarianceKind::ALL
        .iter()
        .filter(|kind| kind.needs_blind_count())
        .map(|kind| format!("'{}'", kind.as_str()))
        .collect();
    let sql = format!(
        "(v.resolution IS NULL AND v.kind IN ({}) AND {}
          AND NOT EXISTS (SELECT 1 FROM blind_count a JOIN blind_count b ON b.variance = a.variance AND b.quantity = a.quantity
            AND b.actor <> a.actor WHERE a.variance = v.code AND {} AND {}))",
        kinds.join(", "),
        holds.sql,
        last("a"),
        last("b"),
    );
    Condition { sql, values: holds.values }
}

/// Variances, called `v`, that the viewer sees: those that their party holds, those of lines that they see, and what stood on no manifest
/// of a consignment that they handle. Its values begin at `$first`.
pub(crate) fn variances(viewer: &Viewer, first: usize) -> Condition {
    let Some((places, values)) = audiences(viewer, first) else { return Condition::always() };
    let line = consignment_lines(viewer, first);
    let sql = format!(
        "(v.holder IN {places} OR (v.line = 0 AND EXISTS (SELECT 1 FROM released r
            WHERE r.sheet = 'consignments' AND r.record = v.consignment AND r.owner = 1 AND r.audience IN {places}))
          OR EXISTS (SELECT 1 FROM consignment_line l WHERE l.consignment = v.consignment AND l.line = v.line AND {}))",
        line.sql
    );
    Condition { sql, values }
}

/// Gates that were opened, called `g`, of consignments, called `c`, that the viewer sees: those for lines that they see; those for all of a
/// consignment if they see all its lines. Its values begin at `$first`.
pub(crate) fn overrides(viewer: &Viewer, first: usize) -> Condition {
    let Some((_, values)) = audiences(viewer, first) else { return Condition::always() };
    let (consignment, line) = (consignments(viewer, first), consignment_lines(viewer, first));
    let sql = format!(
        "({} AND (EXISTS (SELECT 1 FROM consignment_line l WHERE l.consignment = g.consignment AND l.line = g.line AND {})
          OR g.line = 0 AND NOT EXISTS (SELECT 1 FROM consignment_line l WHERE l.consignment = g.consignment AND NOT {})))",
        consignment.sql, line.sql, line.sql
    );
    Condition { sql, values }
}

/// Moves of units, each by an entry, called `e`, into an account, called `a`, that the viewer sees: those by entries that they see, and
/// those by which their own parties have something in service. Its values begin at `$first`.
pub(crate) fn units(viewer: &Viewer, first: usize) -> Condition {
    let Some((_, values)) = audiences(viewer, first) else { return Condition::always() };
    let (entries, accounts) = (entries(viewer, first), accounts(viewer, first));
    Condition { sql: format!("({} OR (a.purpose = 'in_service' AND {}))", entries.sql, accounts.sql), values }
}

/// Units, called `u`, each with who has it now, that the viewer sees: those that their own parties hold or own, and those that were ever
/// moved for the sake of an offer that they see. Its values begin at `$first`.
pub(crate) fn watched(viewer: &Viewer, first: usize) -> Condition {
    let Some((places, values)) = audiences(viewer, first) else { return Condition::always() };
    // Which offers the viewer sees is looked up once and not for each unit.
    let sql = format!(
        "(u.owner IN {places} OR u.holder IN {places} OR u.given IN (SELECT g.given FROM unit_given g
            JOIN released r ON r.sheet = 'offers' AND r.record = g.offer AND r.audience IN {places}))"
    );
    Condition { sql, values }
}

/// Units with serial numbers, called `h`, each where it is, the account `a`, that the viewer sees: those that their own parties hold or own,
/// and those that were ever moved for the sake of an offer that they see; none that they are still to count blind. Its values begin at
/// `$first`.
pub(crate) fn held(viewer: &Viewer, first: usize) -> Condition {
    let (sql, values) = match audiences(viewer, first) {
        Some((places, values)) => {
            let sql = format!(
                "(a.owner IN {places} OR a.holder IN {places} OR EXISTS (SELECT 1 FROM posting g JOIN resources x ON x.code = g.resource
                    JOIN entry f ON f.number = g.entry JOIN released r ON r.sheet = 'offers' AND r.record = f.offer AND r.audience IN {places}
                    WHERE g.serial = h.serial AND g.serial <> '' AND x.item = h.item))"
            );
            (sql, values)
        }
        None => ("1 = 1".to_owned(), Vec::new()),
    };
    let blind = blind(viewer, first + values.len());
    let apart = format!(
        "a.purpose = 'quarantine' AND EXISTS (SELECT 1 FROM variance v JOIN variance_unit w ON w.variance = v.code
            WHERE v.account = a.name AND w.serial = h.serial AND {})",
        blind.sql
    );
    Condition { sql: format!("({sql} AND NOT ({apart}))"), values: values.into_iter().chain(blind.values).collect() }
}

/// End-use checks, called `i`, that the viewer sees: those of units of which they see that they moved. Its values begin at `$first`.
pub(crate) fn inspections(viewer: &Viewer, first: usize) -> Condition {
    if audiences(viewer, first).is_none() {
        return Condition::always();
    }
    let units = units(viewer, first);
    let sql = format!(
        "EXISTS (SELECT 1 FROM posting p JOIN entry e ON e.number = p.entry JOIN account a ON a.id = p.to_account
            JOIN resources s ON s.code = p.resource WHERE p.serial = i.serial AND p.serial <> ''
              AND s.item = (SELECT x.item FROM resources x WHERE x.code = i.resource) AND {})",
        units.sql
    );
    Condition { sql, values: units.values }
}

/// Variances, called `v`, that the viewer sees and is not still to count blind: what they name is told. Its values begin at `$first`.
pub(crate) fn counted_variances(viewer: &Viewer, first: usize) -> Condition {
    let seen = variances(viewer, first);
    let blind = blind(viewer, first + seen.values.len());
    let values = seen.values.into_iter().chain(blind.values).collect();
    Condition { sql: format!("({} AND NOT {})", seen.sql, blind.sql), values }
}

/// Loss reports, called `l`, that the viewer sees: those of what their own parties had or owned, and those of what they gave. Where it
/// is not known whose gift was lost of goods that are known by number alone, whoever gave some of them sees it. Its values begin at `$first`.
pub(crate) fn loss_reports(viewer: &Viewer, first: usize) -> Condition {
    let Some((places, values)) = audiences(viewer, first) else { return Condition::always() };
    let sql = format!(
        "(l.holder IN {places} OR l.owner IN {places} OR {}
          OR l.offer IS NULL AND l.serial = '' AND EXISTS (SELECT 1 FROM account a JOIN posting p ON p.to_account = a.id
            JOIN entry e ON e.number = p.entry WHERE a.name = l.account AND p.kind = 'posted' AND p.lot = l.lot AND {}))",
        gave(viewer, "l.offer", first).sql,
        gave(viewer, "e.offer", first).sql,
    );
    Condition { sql, values }
}

/// Disposals, called `d`, that the viewer sees: those of what their own parties had or owned, and those of what they gave. Its values begin
/// at `$first`.
pub(crate) fn disposals(viewer: &Viewer, first: usize) -> Condition {
    let Some((places, values)) = audiences(viewer, first) else { return Condition::always() };
    let gave = gave(viewer, "d.offer", first).sql;
    let sql = format!("(d.holder IN {places} OR d.owner IN {places} OR {gave})");
    Condition { sql, values }
}

/// Third-party transfers, called `t`, that the viewer sees: those in which their nation is asked, those of what their own parties have,
/// and those of units of which they see that they moved. Its values begin at `$first`.
pub(crate) fn third_party_transfers(viewer: &Viewer, first: usize) -> Condition {
    let Some((places, values)) = audiences(viewer, first) else { return Condition::always() };
    let entries = entries(viewer, first);
    let sql = format!(
        "(t.holder IN {places} OR EXISTS (SELECT 1 FROM third_party_answer n WHERE n.transfer = t.code AND n.nation IN {places})
          OR EXISTS (SELECT 1 FROM posting p JOIN entry e ON e.number = p.entry
            WHERE p.resource = t.resource AND p.serial = t.serial AND p.serial <> '' AND {}))",
        entries.sql
    );
    Condition { sql, values }
}

/// Work orders, called `w`, that the viewer sees: those of goods that their own parties had or own, and those that their own repair.
/// Its values begin at `$first`.
pub(crate) fn work_orders(viewer: &Viewer, first: usize) -> Condition {
    let Some((places, values)) = audiences(viewer, first) else { return Condition::always() };
    Condition {
        sql: format!(
            "(w.holder IN {places} OR w.owner IN {places} OR w.operator IN {places} OR w.contractor IN {places})"
        ),
        values,
    }
}

/// Quotations, called `q`, for work orders, called `w`, that the viewer sees: for goods that their own parties had or own, those by which they
/// are to be paid, and those that funds of theirs are to pay. Its values begin at `$first`.
pub(crate) fn quotes(viewer: &Viewer, first: usize) -> Condition {
    let Some((places, values)) = audiences(viewer, first) else { return Condition::always() };
    let sql = format!(
        "(w.holder IN {places} OR w.owner IN {places} OR q.party IN {places} OR EXISTS (SELECT 1 FROM released r WHERE r.sheet = 'funds'
            AND r.record = q.fund AND r.owner = 1 AND r.audience IN {places}))"
    );
    Condition { sql, values }
}

/// Nominations, called `n`, that the viewer sees: those of their own units, and those for serials that they host. Its values begin at
/// `$first`.
pub(crate) fn nominations(viewer: &Viewer, first: usize) -> Condition {
    let Some((places, values)) = audiences(viewer, first) else { return Condition::always() };
    let sql = format!(
        "(n.unit IN {places} OR EXISTS (SELECT 1 FROM released r WHERE r.sheet = 'serials' AND r.record = n.serial AND r.owner = 1
            AND r.audience IN {places}))"
    );
    Condition { sql, values }
}

/// Events that others recorded, called `e`, that the viewer sees: those that their own party took in. Its values begin at `$first`.
pub(crate) fn captured(viewer: &Viewer, first: usize) -> Condition {
    let Some((places, values)) = audiences(viewer, first) else { return Condition::always() };
    Condition { sql: format!("e.party IN {places}"), values }
}

/// Accounts, called `a`, that the viewer sees: what their own parties hold or own. Its values begin at `$first`.
pub(crate) fn accounts(viewer: &Viewer, first: usize) -> Condition {
    let Sight::Released { .. } = viewer.sight else { return Condition::always() };
    let Some((places, values)) = audiences(viewer, first) else { return Condition::always() };
    Condition { sql: format!("(a.owner IN {places} OR a.holder IN {places})"), values }
}
