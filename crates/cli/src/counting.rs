//! What was counted of a consignment, as it is said on the command line: a file of lines, and things that stand on no manifest.

use muster_app::transfer::{
    count::{Count, Counted, CountedLot},
    sheet,
    unmanifested::{Named, Unmanifested},
};
use muster_domain::message;

use crate::{Failure, open, sheet::faultless, transfer::Counting};

/// What was counted.
pub(crate) fn counted(counting: &Counting) -> Result<Count, Failure> {
    let mut lines = match &counting.count {
        Some(path) => faultless(sheet::counted(&open::shown(path), &open::bytes(path)?))?,
        None => Vec::new(),
    };
    for text in &counting.lines {
        lines.push(counted_line(text)?);
    }
    let unmanifested = counting.unmanifested.iter().map(|text| thing(text)).collect::<Result<_, _>>()?;
    Ok(Count { lines, rest_as_stated: counting.rest_as_stated, unmanifested })
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
        counted.add(CountedLot { lot: lot.trim().to_owned(), received, damaged }).ok_or_else(right)?;
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
