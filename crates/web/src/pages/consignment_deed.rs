//! What is done with a consignment by the forms of its page.

use std::collections::BTreeMap;

use axum::{
    extract::{Form, Path, State},
    http::header,
    response::{IntoResponse, Response},
};
use muster_app::{
    Actor, Error,
    transfer::{
        count::{Count, Counted, CountedLot},
        custody::{Circumstances, Conveyance},
        handover::{MOST_PHOTOS, Means, Signed, Signer},
        inspecting::Finding,
        packing::{NewHandlingUnit, Packed, PackedUnit},
        part::LinePart,
        repacking::{Load, Onto},
        sheet,
        unmanifested::{Named, Unmanifested},
        worth::StatedWorth,
    },
};
use muster_domain::{
    consignment::{Condition, HandlingUnitKind, Milestone, Seen},
    field::{Currency, Field, Text},
    fixed::Fixed,
    gate::Gate,
    item::Tracking,
    message,
};

use super::given::{Given, Part};
use crate::{Site, auth::Asker, problem};

/// Fields of photographs and papers: a form is shown again with the hashes of those that were kept.
pub(crate) const KEPT: [&str; 3] = ["from_paper", "to_paper", "photo"];

/// The field of a packing list or a count.
pub(crate) const SHEET: &str = "sheet";

/// Keeps photographs and papers that were sent with a form; from then on it names them by their hashes.
pub(crate) async fn keep(
    site: &Site,
    asker: &Asker,
    code: &str,
    given: &mut Given,
    files: Vec<Part>,
) -> Result<(), Error> {
    if files.is_empty() {
        return Ok(());
    }
    // Whoever does not see the consignment leaves nothing behind.
    site.app.consignment_shown(&asker.viewer, code).await?;
    if files.len() > MOST_PHOTOS {
        return Err(Error::Invalid(message!(
            "field-must-be",
            name = "photo",
            right = message!("at-most", most = MOST_PHOTOS)
        )));
    }
    let actor = asker.actor(given.reason());
    for file in files {
        let field = KEPT.into_iter().find(|name| *name == file.name).ok_or_else(no_deed)?;
        let hash = site.app.attach(&file.media_type, &file.bytes, &actor).await?;
        given.and(field, hash);
    }
    Ok(())
}

/// That a form which was sent with a sheet before is not counted by its empty fields: the sheet is sent again, or it is said that there is none.
pub(crate) fn sheet_kept(given: &mut Given, sent: bool) -> Result<(), Error> {
    if sent {
        given.without("by_sheet");
        given.and("by_sheet", "yes".to_owned());
    } else if given.has("by_sheet", "yes") && !given.has("no_sheet", "yes") {
        return Err(Error::Invalid(message!("sheet-again")));
    }
    Ok(())
}

/// Does what a form asks for, with the sheet that was sent with it, if one was; gives the page to go to.
pub(crate) async fn carry_out(
    site: &Site,
    asker: &Asker,
    code: &str,
    given: &Given,
    sheet: Option<&Part>,
) -> Result<String, Error> {
    // Nobody opens a gate “as planned”.
    let opens = given.all("override").next().is_some();
    let reason = if opens { given.text("reason").to_owned() } else { given.reason() };
    let (app, actor) = (&site.app, Actor { seen: given.number("version")?, ..asker.form(reason, given)? });
    let how = circumstances(given, &asker.viewer.name)?;
    match given.text("deed") {
        "units" => {
            let kind = HandlingUnitKind::parse(given.text("kind")).unwrap_or(HandlingUnitKind::Pallet);
            let count = given.number("count")?.unwrap_or(1).clamp(1, 1_000);
            let sscc = given.text("sscc").to_owned();
            let count = if sscc.is_empty() { count } else { 1 };
            let (gross_kg, seal) = (given.number("gross_kg")?, given.text("seal").to_owned());
            let units = vec![NewHandlingUnit { sscc, kind, gross_kg, seal }; usize::try_from(count).unwrap_or(1)];
            app.handling_units(code, &units, &actor).await?;
        }
        "repack" => repack(site, asker, code, given, &actor).await?,
        "remove_unit" => app.handling_unit_remove(code, given.text("sscc"), &actor).await?,
        "pack" => app.consignment_pack(code, &packed(site, asker, code, given, sheet).await?, &actor).await?,
        "ready" => {
            let packed = packed(site, asker, code, given, sheet).await?;
            app.consignment_ready(code, &packed, &how, &actor).await?;
        }
        "depart" => {
            let text = |name: &str| given.text(name).to_owned();
            let on =
                Conveyance { movement: text("movement"), carrier: text("carrier"), conveyance: text("conveyance") };
            app.consignment_depart(code, &on, &how, &actor).await?;
        }
        "arrive" => drop(app.consignment_arrive(code, &counted(given, sheet)?, &how, &actor).await?),
        "receive" => drop(app.consignment_receive(code, &counted(given, sheet)?, &how, &actor).await?),
        "stock" => {
            let as_it_is = Count { rest_as_stated: true, ..Count::default() };
            app.consignment_receive(code, &as_it_is, &how, &actor).await?;
        }
        "inspect" => {
            let mut findings = Vec::new();
            for (line, condition) in given.by_line("condition") {
                let Ok(seen) = Seen::parse(condition) else { continue };
                let of = |word: &str| given.text(&format!("{word} {line}"));
                let quantity = match of("so_many") {
                    "" => None,
                    text => Some(number(text)?),
                };
                let serials = named(of("so_named")).map(str::to_owned).collect();
                let lots = of("so_lots").split([',', ';', '\n']).filter(|text| !text.trim().is_empty());
                let lots = lots.map(|text| lot(text).map(|unit| (unit.lot, unit.quantity)));
                let lots = lots.collect::<Result<_, _>>()?;
                findings.push(Finding { line, seen, quantity, serials, lots, remark: of("remark").to_owned() });
            }
            app.consignment_inspect(code, &findings, &how, &actor).await?;
        }
        "title" => drop(app.consignment_transfer_title(code, &how, &actor).await?),
        "cancel" => app.consignment_cancel(code, &actor).await?,
        "sign" => {
            let number = given.number("milestone")?.unwrap_or_default();
            app.consignment_sign(code, number, &how, &actor).await?;
        }
        "take_back" => app.consignment_take_back(code, &actor).await?,
        "redirect" => {
            let need = Some(given.text("need")).filter(|need| !need.is_empty());
            let lanes: Vec<String> = named(given.text("route")).map(str::to_owned).collect();
            app.consignment_redirect(code, (given.text("to"), &lanes, need), &actor).await?;
        }
        "split" => {
            let parts = parts(given)?;
            let with: Vec<String> = given.all("split_unit").map(str::to_owned).collect();
            let new = app.consignment_split(code, &parts, &with, &actor).await?;
            return Ok(format!("/consignments/{new}?said=saved"));
        }
        "join" => {
            let others: Vec<String> =
                given.text("others").split([',', ' ', ';']).filter(|c| !c.is_empty()).map(str::to_owned).collect();
            app.consignment_join(code, &others, &actor).await?;
        }
        "note" => {
            let photos: Vec<String> = given.all("photo").filter(|hash| !hash.is_empty()).map(str::to_owned).collect();
            app.consignment_note(code, given.text("note"), &photos, &actor).await?;
        }
        "value" => app.consignment_value(code, &worth(given)?, &actor).await?,
        _ => return Err(no_deed()),
    }
    Ok(format!("/consignments/{}?said=saved", crate::address::escaped(code)))
}

/// Puts what a form names of lines on a handling unit, or takes it off.
async fn repack(site: &Site, asker: &Asker, code: &str, given: &Given, actor: &Actor) -> Result<(), Error> {
    let shown = site.app.consignment_shown(&asker.viewer, code).await?;
    let kind = |line: i64| {
        let of = shown.lines.iter().find(|of| of.line == line)?;
        shown.items.get(&of.resource).map(|(_, tracking)| *tracking)
    };
    let mut loads: BTreeMap<i64, Load> = BTreeMap::new();
    for (line, text) in given.by_line("load").filter(|(_, text)| !text.is_empty()) {
        loads.insert(line, Load { line, quantity: Some(number(text)?), ..Load::default() });
    }
    for (line, text) in given.by_line("load_named").filter(|(_, text)| !text.is_empty()) {
        let load = loads.entry(line).or_insert_with(|| Load { line, ..Load::default() });
        match kind(line) {
            Some(Tracking::Serial) => load.serials = named(text).map(str::to_owned).collect(),
            _ => text.clone_into(&mut load.lot),
        }
    }
    let from = Some(given.text("from")).filter(|from| !from.is_empty());
    let onto = match given.text("onto") {
        "" => Onto::Nothing,
        "new" => {
            let kind = HandlingUnitKind::parse(given.text("kind")).unwrap_or(HandlingUnitKind::Pallet);
            Onto::New(NewHandlingUnit {
                sscc: given.text("sscc").to_owned(),
                kind,
                gross_kg: None,
                seal: String::new(),
            })
        }
        sscc => Onto::Unit(sscc.to_owned()),
    };
    let loads: Vec<Load> = loads.into_values().collect();
    site.app.consignment_repack(code, (from, &onto), &loads, actor).await.map(drop)
}

/// What a line is worth, as it was stated.
fn worth(given: &Given) -> Result<StatedWorth, Error> {
    let must = |name: &'static str, right| Error::Invalid(message!("field-must-be", name, right));
    let text = |name: &'static str| Text::new(given.text(name)).map_err(|right| must(name, right));
    let right = || must("date", message!("a-date"));
    Ok(StatedWorth {
        line: number(given.text("line"))?,
        amount: Fixed::parse(given.text("amount")).map_err(|right| must("amount", right))?,
        currency: Currency::parse(given.text("currency")).map_err(|right| must("currency", right))?,
        method: text("method")?,
        date: given.date("date")?.ok_or_else(right)?,
        source: text("source")?,
    })
}

fn no_deed() -> Error {
    Error::Invalid(message!("field-must-be", name = "deed", right = message!("some-text", most = 10)))
}

/// What a passkey signs of a deed, as its form stands now.
pub(crate) async fn text_to_sign(
    State(site): State<Site>,
    asker: Asker,
    Path(code): Path<String>,
    Form(given): Form<Given>,
) -> Response {
    match to_sign(&site, &asker, &code, &given).await {
        Ok(text) => ([(header::CONTENT_TYPE, "application/json")], text).into_response(),
        Err(error) => problem::of(&error),
    }
}

/// What a passkey signs of the deed of a form.
async fn to_sign(site: &Site, asker: &Asker, code: &str, given: &Given) -> Result<String, Error> {
    let (milestone, count) = match given.text("deed") {
        "depart" => (Milestone::Departed, Count { rest_as_stated: true, ..Count::default() }),
        "arrive" => (Milestone::ArrivedAtNode, count(given)?),
        "receive" => (Milestone::ReceivedByUnit, count(given)?),
        _ => return Err(no_deed()),
    };
    site.app.handover_text(&asker.viewer, code, milestone, &count, given.moment("at")?).await
}

fn circumstances(given: &Given, me: &str) -> Result<Circumstances, Error> {
    Ok(Circumstances {
        at: given.moment("at")?,
        overrides: given.all("override").filter_map(|gate| Gate::parse(gate).ok()).collect(),
        signed: signed(given, me)?,
        remark: given.text("remark").to_owned(),
    })
}

/// Fields by which it is seen that somebody signs.
pub(crate) const SIGNING: [&str; 10] = [
    "from_name",
    "from_pin",
    "from_party",
    "from_paper",
    "to_name",
    "to_pin",
    "to_party",
    "to_paper",
    "photo",
    "by_passkey",
];

/// Who signed, if anybody did: by their PINs, one of them perhaps by the passkey of whoever is signed in, or on paper, of which there is
/// a photograph. Both may have signed one paper.
fn signed(given: &Given, me: &str) -> Result<Option<Signed>, Error> {
    if SIGNING.iter().all(|field| given.text(field).is_empty()) {
        return Ok(None);
    }
    let papers = [given.text("from_paper"), given.text("to_paper")];
    let own = |n: usize| Some(papers[n]).filter(|hash| !hash.is_empty()).unwrap_or(papers[1 - n]);
    let signer = |side: &str, paper: &str| {
        if given.text("by_passkey") == side {
            let part = |name: &str| given.text(name).to_owned();
            let means = Means::Passkey {
                key: part("passkey"),
                signature: part("passkey_signature"),
                authenticator_data: part("passkey_authenticator_data"),
                client_data: part("passkey_client_data"),
            };
            return Ok(Signer { name: me.to_owned(), party: String::new(), means });
        }
        let text = |field: &str| given.text(&format!("{side}_{field}")).to_owned();
        let (name, pin) = (text("name"), text("pin"));
        let means = match (pin.is_empty(), paper.is_empty()) {
            (true, false) => Means::Paper(paper.to_owned()),
            (true, true) if !name.is_empty() => return Err(Error::Invalid(message!("signed-how", name))),
            _ => Means::Pin(pin),
        };
        Ok(Signer { name, party: text("party"), means })
    };
    let (from, to) = (signer("from", own(0))?, signer("to", own(1))?);
    // A paper that stands for nobody's signature is still what was photographed.
    let stands = |hash: &str| [&from, &to].iter().any(|by| by.means == Means::Paper(hash.to_owned()));
    let others = papers.into_iter().filter(|hash| !hash.is_empty() && !stands(hash));
    let photos = given.all("photo").filter(|hash| !hash.is_empty()).chain(others).map(str::to_owned).collect();
    Ok(Some(Signed { from, to, text: given.text("signed_text").to_owned(), photos }))
}

/// What lines hold: serial numbers one after the other, or lots each with how many; what a sheet says of them holds instead.
async fn packed(
    site: &Site,
    asker: &Asker,
    code: &str,
    given: &Given,
    sheet: Option<&Part>,
) -> Result<Vec<Packed>, Error> {
    let shown = site.app.consignment_shown(&asker.viewer, code).await?;
    let mut packed: BTreeMap<i64, Packed> = BTreeMap::new();
    for (line, condition) in given.by_line("condition").filter(|(_, condition)| !condition.is_empty()) {
        let right = |right| Error::Invalid(message!("must-be", right));
        let condition = Some(Condition::parse(condition).map_err(right)?);
        packed.insert(line, Packed { line, condition, ..Packed::default() });
    }
    for (line, text) in given.by_line("units") {
        let Some(of) = shown.lines.iter().find(|l| l.line == line) else { continue };
        let tracking = shown.items.get(&of.resource).map_or(Tracking::Quantity, |(_, tracking)| *tracking);
        let units = match tracking {
            Tracking::Quantity => continue,
            Tracking::Serial => named(text).map(serial).collect(),
            Tracking::Lot => text.lines().filter(|l| !l.trim().is_empty()).map(lot).collect::<Result<Vec<_>, _>>()?,
        };
        // Units stay on the pallets on which they lie.
        let units = units.into_iter().map(|unit: PackedUnit| {
            let same = |u: &&muster_app::storage::transfer::Unit| {
                u.line == line && u.lot == unit.lot && u.serial == unit.serial
            };
            let sscc = shown.units.iter().find(same).and_then(|u| u.sscc.clone()).unwrap_or_default();
            PackedUnit { sscc, ..unit }
        });
        let units = Some(units.collect());
        packed.entry(line).or_insert_with(|| Packed { line, ..Packed::default() }).units = units;
    }
    let listed = sheet.map(|sheet| sheet::packed(sheet.file_name(), &sheet.bytes)).transpose();
    for new in listed.map_err(|issues| sheet::faulty(&issues))?.into_iter().flatten() {
        let Packed { line, units, condition, remark } = new;
        let of = packed.entry(line).or_insert_with(|| Packed { line, ..Packed::default() });
        of.condition = condition.or(of.condition);
        of.remark = remark.or(of.remark.take());
        of.units = units.or(of.units.take());
    }
    Ok(packed.into_values().collect())
}

/// What goes of each line into a part of the consignment: a number of units, or those that are named.
fn parts(given: &Given) -> Result<Vec<LinePart>, Error> {
    let mut parts: BTreeMap<i64, LinePart> = BTreeMap::new();
    for (line, text) in given.by_line("split").filter(|(_, text)| !matches!(text.trim(), "" | "0")) {
        parts.insert(line, LinePart { line, quantity: Some(number(text)?), ..LinePart::default() });
    }
    for (line, text) in given.by_line("split_named") {
        let serials: Vec<String> = named(text).map(str::to_owned).collect();
        if !serials.is_empty() {
            parts.entry(line).or_insert_with(|| LinePart { line, ..LinePart::default() }).serials = serials;
        }
    }
    Ok(parts.into_values().collect())
}

/// Serial numbers, one after the other.
pub(crate) fn named(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ';', ' ', '\n', '\r', '\t']).filter(|serial| !serial.is_empty())
}

fn serial(text: &str) -> PackedUnit {
    PackedUnit { lot: String::new(), serial: text.to_owned(), quantity: 1, sscc: String::new() }
}

fn lot(text: &str) -> Result<PackedUnit, Error> {
    let right = || Error::Invalid(message!("must-be", right = message!("lot-and-units")));
    let (lot, units) = text.trim().rsplit_once(char::is_whitespace).ok_or_else(right)?;
    let quantity = units.parse().map_err(|_| right())?;
    Ok(PackedUnit { lot: lot.trim().to_owned(), serial: String::new(), quantity, sscc: String::new() })
}

/// A number of units; none, if nothing was typed.
fn number(text: &str) -> Result<i64, Error> {
    let wrong = || Error::Invalid(message!("must-be", right = message!("a-whole-number", least = 0, most = i64::MAX)));
    if text.is_empty() { Ok(0) } else { text.parse::<i64>().ok().filter(|n| *n >= 0).ok_or_else(wrong) }
}

/// What was counted: what a sheet says of the lines, if one was sent, or what was typed.
fn counted(given: &Given, sheet: Option<&Part>) -> Result<Count, Error> {
    match sheet {
        Some(sheet) => {
            let lines = sheet::counted(sheet.file_name(), &sheet.bytes);
            with_things(given, lines.map_err(|issues| sheet::faulty(&issues))?)
        }
        None => count(given),
    }
}

/// What was typed of what was counted: numbers by line, or serial numbers each as there, hurt or missing.
fn count(given: &Given) -> Result<Count, Error> {
    let mut lines: BTreeMap<i64, Counted> = BTreeMap::new();
    for (line, text) in given.by_line("received").filter(|(_, text)| !text.is_empty()) {
        lines.insert(line, Counted { line, received: number(text)?, ..Counted::default() });
    }
    for (line, text) in given.by_line("damaged") {
        if let Some(counted) = lines.get_mut(&line) {
            counted.damaged = number(text)?;
        }
    }
    for (line, found) in given.by_line("unit") {
        let counted = lines.entry(line).or_insert_with(|| Counted { line, ..Counted::default() });
        match found.split_once(' ') {
            Some(("there", serial)) => {
                counted.serials.push(serial.to_owned());
                counted.received += 1;
            }
            Some(("damaged", serial)) => {
                counted.damaged_serials.push(serial.to_owned());
                counted.damaged += 1;
            }
            _ => {}
        }
    }
    lots(given, &mut lines)?;
    typed(given, &mut lines)?;
    with_things(given, lines.into_values().collect())
}

/// Counted lines with what came besides.
fn with_things(given: &Given, lines: Vec<Counted>) -> Result<Count, Error> {
    let thing = given.text("thing");
    let unmanifested = if thing.is_empty() {
        Vec::new()
    } else {
        let quantity = given.number("thing_quantity")?.unwrap_or(1);
        let named = Named {
            lot: given.text("thing_lot").to_owned(),
            serials: named(given.text("thing_serials")).map(str::to_owned).collect(),
        };
        let resource = given.text("thing_resource").to_owned();
        vec![Unmanifested { description: thing.to_owned(), quantity, resource, named, ..Unmanifested::default() }]
    };
    let rest_as_stated = given.text("rest") == "as_stated";
    Ok(Count { lines, rest_as_stated, unmanifested })
}

/// Lots of lines that were counted each by itself: once one was, all of the line must be.
fn lots(given: &Given, lines: &mut BTreeMap<i64, Counted>) -> Result<(), Error> {
    let by_line = |word: &str| {
        let mut all: BTreeMap<i64, Vec<&str>> = BTreeMap::new();
        for (line, text) in given.by_line(word) {
            all.entry(line).or_default().push(text);
        }
        all
    };
    let [lots, mut received, mut damaged] = ["lot", "lot_received", "lot_damaged"].map(by_line);
    for (line, lots) in lots {
        let (received, damaged) =
            (received.remove(&line).unwrap_or_default(), damaged.remove(&line).unwrap_or_default());
        if received.iter().chain(&damaged).all(|text| text.is_empty()) {
            continue;
        }
        let counted = lines.entry(line).or_insert_with(|| Counted { line, ..Counted::default() });
        for (place, lot) in lots.into_iter().enumerate() {
            let text = |all: &[&'_ str]| all.get(place).copied().unwrap_or_default().to_owned();
            if text(&received).is_empty() {
                return Err(Error::Invalid(message!("count-each-lot", line)));
            }
            add_lot(counted, lot, number(&text(&received))?, number(&text(&damaged))?)?;
        }
    }
    Ok(())
}

/// Serial numbers and lots that were typed by who is not told which there are.
fn typed(given: &Given, lines: &mut BTreeMap<i64, Counted>) -> Result<(), Error> {
    for (word, hurt) in [("found", false), ("found_damaged", true)] {
        for (line, text) in given.by_line(word).filter(|(_, text)| !text.is_empty()) {
            let counted = lines.entry(line).or_insert_with(|| Counted { line, ..Counted::default() });
            let names: Vec<String> = named(text).map(str::to_owned).collect();
            let count = names.len() as i64;
            if hurt {
                counted.damaged += count;
                counted.damaged_serials.extend(names);
            } else {
                counted.received += count;
                counted.serials.extend(names);
            }
        }
    }
    for (word, hurt) in [("found_lots", false), ("found_lots_damaged", true)] {
        for (line, text) in given.by_line(word) {
            for of in text.lines().filter(|of| !of.trim().is_empty()) {
                let PackedUnit { lot, quantity, .. } = lot(of)?;
                let counted = lines.entry(line).or_insert_with(|| Counted { line, ..Counted::default() });
                let (received, damaged) = if hurt { (0, quantity) } else { (quantity, 0) };
                add_lot(counted, &lot, received, damaged)?;
            }
        }
    }
    Ok(())
}

/// Most lots of one line that are counted on a page: more are counted by a file or by the API.
const MOST_LOTS: usize = 500;

/// Adds what was counted of a lot to what was counted of its line.
fn add_lot(counted: &mut Counted, lot: &str, received: i64, damaged: i64) -> Result<(), Error> {
    let sum = |one: i64, two: i64| one.checked_add(two).ok_or_else(|| Error::Invalid(message!("ledger-too-much")));
    counted.received = sum(counted.received, received)?;
    counted.damaged = sum(counted.damaged, damaged)?;
    if counted.lots.len() >= MOST_LOTS {
        return Err(Error::Invalid(message!("at-most", most = MOST_LOTS)));
    }
    match counted.lots.iter_mut().find(|known| known.lot == lot) {
        Some(known) => {
            known.received = sum(known.received, received)?;
            known.damaged = sum(known.damaged, damaged)?;
        }
        None => counted.lots.push(CountedLot { lot: lot.to_owned(), received, damaged }),
    }
    Ok(())
}
