//! What was counted of a consignment, as it is said on the command line: a file of lines, and things that stand on no manifest.

use muster_app::{
    interchange::packing::{self, CountRow},
    transfer::{
        count::{Count, Counted, CountedLot},
        unmanifested::{Named, Unmanifested},
    },
};
use muster_domain::message;

use crate::{Failure, consignment::faultless, open, transfer::Counting};

/// What was counted.
pub(crate) fn counted(counting: &Counting) -> Result<Count, Failure> {
    let rows = match &counting.count {
        Some(path) => faultless(packing::count(&open::shown(path), &open::bytes(path)?))?,
        None => Vec::new(),
    };
    let mut lines = lines(rows)?;
    for text in &counting.lines {
        lines.push(counted_line(text)?);
    }
    let unmanifested = counting.unmanifested.iter().map(|text| thing(text)).collect::<Result<_, _>>()?;
    Ok(Count { lines, rest_as_stated: counting.rest_as_stated, unmanifested })
}

/// The rows of a file, line by line: rows of one line's lots belong together.
fn lines(rows: Vec<CountRow>) -> Result<Vec<Counted>, Failure> {
    let mut lines: Vec<Counted> = Vec::new();
    for row in rows {
        let whole = Counted { line: row.line, remark: row.remark, ..Counted::default() };
        if row.lot.is_empty() {
            let (serials, damaged_serials) = (row.serials, row.damaged_serials);
            lines.push(Counted { received: row.received, damaged: row.damaged, serials, damaged_serials, ..whole });
            continue;
        }
        let lot = CountedLot { lot: row.lot, received: row.received, damaged: row.damaged };
        let same = lines.iter().rposition(|line| line.line == row.line && !line.lots.is_empty());
        let mut of =
            same.map_or_else(|| Counted { remark: String::new(), ..whole.clone() }, |place| lines.remove(place));
        add(&mut of, lot).ok_or_else(|| Failure::option("--count", message!("ledger-too-much")))?;
        let remarks = [of.remark.as_str(), &whole.remark].into_iter().filter(|text| !text.is_empty());
        of.remark = remarks.collect::<Vec<_>>().join("; ");
        lines.push(of);
    }
    Ok(lines)
}

/// Adds a lot to what was counted of its line; none, if that is more than can be.
fn add(line: &mut Counted, lot: CountedLot) -> Option<()> {
    line.received = line.received.checked_add(lot.received)?;
    line.damaged = line.damaged.checked_add(lot.damaged)?;
    line.lots.push(lot);
    Some(())
}

/// What was counted of a line, as `2=8/1` or `2=L-1:5,L-2:3/1`.
fn counted_line(text: &str) -> Result<Counted, Failure> {
    let right = || Failure::option("--line", message!("line-and-count"));
    let (line, rest) = text.split_once('=').ok_or_else(right)?;
    let line = line.trim().parse().map_err(|_| right())?;
    let count = |text: &str| {
        let (received, damaged) = text.split_once('/').unwrap_or((text, "0"));
        let number = |text: &str| text.trim().parse::<i64>().ok().filter(|n| *n >= 0).ok_or_else(right);
        Ok::<_, Failure>((number(received)?, number(damaged)?))
    };
    let mut counted = Counted { line, ..Counted::default() };
    if !rest.contains(':') {
        (counted.received, counted.damaged) = count(rest)?;
        return Ok(counted);
    }
    for part in rest.split(',') {
        // A lot's name may hold a colon; what comes after the last is the count.
        let (lot, of) = part.rsplit_once(':').ok_or_else(right)?;
        let (received, damaged) = count(of)?;
        add(&mut counted, CountedLot { lot: lot.trim().to_owned(), received, damaged }).ok_or_else(right)?;
    }
    Ok(counted)
}

/// Something on no manifest, as `what=a crate;units=3;resource=VEST/ok;lot=L-1`.
fn thing(text: &str) -> Result<Unmanifested, Failure> {
    let right = || Failure::option("--unmanifested", message!("a-thing"));
    let mut thing = Unmanifested { quantity: 1, ..Unmanifested::default() };
    let mut named = Named::default();
    for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=').ok_or_else(right)?;
        let value = value.trim();
        match name.trim() {
            "what" => value.clone_into(&mut thing.description),
            "units" => thing.quantity = value.parse().map_err(|_| right())?,
            "resource" => value.clone_into(&mut thing.resource),
            "lot" => value.clone_into(&mut named.lot),
            "serials" => named.serials = value.split(',').map(|serial| serial.trim().to_owned()).collect(),
            "remark" => value.clone_into(&mut thing.remark),
            _ => return Err(right()),
        }
    }
    if thing.description.is_empty() { Err(right()) } else { Ok(Unmanifested { named, ..thing }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(line: i64, lot: &str, received: i64, remark: &str) -> CountRow {
        CountRow { line, lot: lot.into(), received, remark: remark.into(), ..CountRow::default() }
    }

    #[test]
    fn rows_of_a_lines_lots_are_one_line() {
        let rows = vec![row(1, "L-1", 2, ""), row(2, "", 7, "wet"), row(1, "L-2", 3, "torn"), row(1, "L-3", 0, "none")];
        let lines = lines(rows).unwrap_or_default();
        let told: Vec<_> =
            lines.iter().map(|line| (line.line, line.received, line.lots.len(), line.remark.as_str())).collect();
        assert_eq!(told, [(2, 7, 0, "wet"), (1, 5, 3, "torn; none")]);
        // A line that is counted in whole and by lots is told as twice.
        assert_eq!(super::lines(vec![row(1, "L-1", 2, ""), row(1, "", 7, "")]).unwrap_or_default().len(), 2);
        assert!(super::lines(vec![row(1, "L-1", i64::MAX, ""), row(1, "L-2", 1, "")]).is_err());
    }
}
