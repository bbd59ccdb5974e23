//! `muster consignment`: goods under one document set, from the depot to the unit.

use std::{collections::BTreeMap, fs, path::PathBuf};

use jiff::Timestamp;
use muster_app::{
    Actor, App,
    listed::Listing,
    storage::transfer::{delivered::Delivered, opened::OpenedFilter, tell::Filter},
    transfer::{
        custody::{Circumstances, Conveyance, Done},
        inspecting::Finding,
        making::{New, NewLine},
        packing::{NewHandlingUnit, Packed},
        papers::Asked,
        part::LinePart,
        repacking::{Load, Onto},
        returning::{NewReturn, ReturnLine},
        sheet::packed,
        shown::head,
    },
};
use muster_domain::{
    consignment::{Condition, ConsignmentState, HandlingUnitKind, Seen},
    document::DocumentKind,
    field::{Currency, Field},
    gate::Gate,
    message,
};
use muster_web::words;

use crate::{
    Failure,
    args::{Format, ListFormat, Place},
    available,
    counting::counted,
    listed, note, open, opened, output, passed,
    sheet::{self, faultless},
    shown,
    signing::Signers,
    transfer::{AS_PLANNED, ConsignmentCommand, How, Why},
    worth,
};

impl Why {
    fn actor(&self, place: &Place) -> Actor {
        Actor { key: self.key.clone(), seen: self.seen, ..open::actor(place, &self.reason) }
    }
}

impl How {
    /// How it happened, and who says so. Read before the database is opened, so that what is mistyped changes nothing.
    fn read(&self, place: &Place) -> Result<(Circumstances, Actor), Failure> {
        let gate = |text: &String| Gate::parse(text).map_err(|right| Failure::option("--override", right));
        let circumstances = Circumstances {
            at: self.at,
            overrides: self.overrides.iter().map(gate).collect::<Result<_, _>>()?,
            signed: None,
            remark: self.remark.clone(),
        };
        let mut actor = self.why.actor(place);
        // Nobody opens a gate “as planned”.
        if !circumstances.overrides.is_empty() && actor.reason == AS_PLANNED {
            actor.reason.clear();
        }
        Ok((circumstances, actor))
    }
}

pub(crate) async fn run(place: &Place, command: ConsignmentCommand) -> Result<(), Failure> {
    use ConsignmentCommand as C;
    match command {
        C::List { state, at, offer, need, contains, late, arrives_by, unsigned, format } => {
            let state = state.map(|s| ConsignmentState::parse(&s).map_err(|right| Failure::option("--state", right)));
            let state = state.transpose()?;
            let app = open::reading(place).await?;
            open::place(&app, place, at.as_deref()).await?;
            let late_at = late.then(|| app.now());
            let filter = Filter { state, place: at, offer, need, late_at, arrives_by, unsigned, ..Filter::default() };
            list(place, &app, &filter, contains.as_deref(), format).await
        }
        C::Propose { place: from, before } => available::propose(place, &from, before).await,
        C::Progress { offer } => available::progress(place, &offer).await,
        C::Available { place: from } => available::list(place, &from).await,
        C::Make { from, to, lines, stock, offers, route, remark, why } => {
            let lines = lines.iter().map(|line| plan_line(line)).chain(stock.iter().map(|stock| stock_line(stock)));
            let lines = lines.chain(offers.iter().map(|offer| offer_line(offer)));
            let new = New { from, to, route, lines: lines.collect::<Result<_, _>>()?, remark };
            let app = open::writing(place).await?;
            let code = app.consignment_make(&new, &why.actor(place)).await?;
            output::line(&format!("Made {code}."));
            Ok(())
        }
        C::Return { to, resource, serials, stock, give_back, route, remark, why } => {
            let mut lines = stock.iter().map(|stock| returned(stock)).collect::<Result<Vec<_>, _>>()?;
            if !serials.is_empty() {
                lines.push(ReturnLine { resource, serials, ..ReturnLine::default() });
            }
            let app = open::writing(place).await?;
            let code = app.goods_return(&NewReturn { lines, to, route, give_back, remark }, &why.actor(place)).await?;
            output::line(&format!("Made {code}."));
            Ok(())
        }
        C::Show { code, format } => {
            let app = open::reading(place).await?;
            let shown = app.consignment_shown(&open::viewer(place), &code).await?;
            match format {
                Format::Json => output::line(&shown.json().to_string()),
                Format::Human => shown::tell(&shown, &app.notes_of(&shown).await?),
            }
            Ok(())
        }
        C::Gates { code } => {
            let app = open::reading(place).await?;
            let shut = app.gates(&code, &open::actor(place, "a look")).await?;
            if shut.is_empty() {
                output::line("Nothing keeps it from going.");
            }
            for shut in shut {
                let kind = if shut.gate.blocks() { "shut" } else { "warns" };
                let line = if shut.line > 0 { format!(" line {}", shut.line) } else { String::new() };
                output::line(&format!("{} {kind}{line}: {}", shut.gate, words(&shut.why)));
            }
            Ok(())
        }
        C::Units { code, kind, count, sscc, gross_kg, seal, why } => {
            let kind = HandlingUnitKind::parse(&kind).map_err(|right| Failure::option("--kind", right))?;
            let unit = NewHandlingUnit { sscc: sscc.unwrap_or_default(), kind, gross_kg, seal };
            let app = open::writing(place).await?;
            let units = vec![unit; usize::from(count.max(1))];
            for sscc in app.handling_units(&code, &units, &why.actor(place)).await? {
                output::line(&sscc);
            }
            Ok(())
        }
        C::Put { code, lines, on, new, sscc, from, why } => {
            let onto = match (on, new) {
                (Some(on), _) => Onto::Unit(on),
                (None, kind) => {
                    let kind = kind.as_deref().unwrap_or("pallet");
                    let kind = HandlingUnitKind::parse(kind).map_err(|right| Failure::option("--new", right))?;
                    Onto::New(NewHandlingUnit {
                        sscc: sscc.unwrap_or_default(),
                        kind,
                        gross_kg: None,
                        seal: String::new(),
                    })
                }
            };
            repack(place, &code, (from.as_deref(), &onto), &lines, &why).await
        }
        C::TakeOff { code, from, lines, why } => {
            repack(place, &code, (Some(&from), &Onto::Nothing), &lines, &why).await
        }
        C::RemoveUnit { code, sscc, why } => {
            open::writing(place).await?.handling_unit_remove(&code, &sscc, &why.actor(place)).await?;
            output::line(&format!("{sscc} is none of {code} any more."));
            Ok(())
        }
        C::Pack { code, list, why } => {
            let packed = faultless(packed(&open::shown(&list), &open::bytes(&list)?))?;
            let app = open::writing(place).await?;
            app.consignment_pack(&code, &packed, &why.actor(place)).await?;
            output::line(&format!("Packed {} lines of {code}.", packed.len()));
            Ok(())
        }
        C::Sheet { code, kind, file, blind } => sheet::write(place, &code, kind, &file, blind).await,
        C::Ready { code, condition, how } => {
            let condition =
                condition.map(|c| Condition::parse(&c).map_err(|right| Failure::option("--condition", right)));
            let condition = condition.transpose()?;
            let (how, actor) = how.read(place)?;
            let app = open::writing(place).await?;
            let lines = app.consignment_shown(&open::viewer(place), &code).await?.lines;
            let unseen = lines.iter().filter(|line| line.condition.is_none() && condition.is_some());
            let packed: Vec<Packed> =
                unseen.map(|line| Packed { line: line.line, condition, ..Packed::default() }).collect();
            said(&code, &app.consignment_ready(&code, &packed, &how, &actor).await?, "is ready");
            Ok(())
        }
        C::Depart { code, carrier, conveyance, movement, signing, how } => {
            let on = Conveyance { movement, carrier, conveyance };
            let (how, actor) = how.read(place)?;
            let signers = signing.read()?;
            let app = open::writing(place).await?;
            let how = signed(&app, how, signers, &actor).await?;
            said(&code, &app.consignment_depart(&code, &on, &how, &actor).await?, "departed");
            Ok(())
        }
        C::Arrive(counting) => {
            let (code, count) = (&counting.code, counted(&counting)?);
            let (how, actor) = counting.how.read(place)?;
            let signers = counting.signing.read()?;
            let app = open::writing(place).await?;
            let how = signed(&app, how, signers, &actor).await?;
            said(code, &app.consignment_arrive(code, &count, &how, &actor).await?, "arrived");
            Ok(())
        }
        C::Receive(counting) => {
            let (code, count) = (&counting.code, counted(&counting)?);
            let (how, actor) = counting.how.read(place)?;
            let signers = counting.signing.read()?;
            let app = open::writing(place).await?;
            let how = signed(&app, how, signers, &actor).await?;
            said(code, &app.consignment_receive(code, &count, &how, &actor).await?, "was received");
            Ok(())
        }
        C::Inspect { code, lines, remarks, how } => {
            let remarks = remarks.iter().map(|text| line_remark(text)).collect::<Result<BTreeMap<_, _>, _>>()?;
            let remarked =
                |found: Finding| Finding { remark: remarks.get(&found.line).cloned().unwrap_or_default(), ..found };
            let findings = lines.iter().map(|text| finding(text).map(remarked)).collect::<Result<Vec<_>, _>>()?;
            if remarks.keys().any(|line| findings.iter().all(|of| of.line != *line)) {
                return Err(Failure::option("--line-remark", message!("line-and-remark")));
            }
            let (how, actor) = how.read(place)?;
            let app = open::writing(place).await?;
            said(&code, &app.consignment_inspect(&code, &findings, &how, &actor).await?, "was inspected");
            Ok(())
        }
        C::Title { code, how } => {
            let (how, actor) = how.read(place)?;
            let app = open::writing(place).await?;
            let done = app.consignment_transfer_title(&code, &how, &actor).await?;
            said(&code, &done, "is the recipient’s");
            Ok(())
        }
        C::Cancel { code, why } => {
            open::writing(place).await?.consignment_cancel(&code, &why.actor(place)).await?;
            output::line(&format!("{code} is cancelled."));
            Ok(())
        }
        C::Sign { code, milestone, remark, signing, why } => {
            let (actor, signers) = (why.actor(place), signing.read()?);
            let app = open::writing(place).await?;
            let how = Circumstances { remark, ..Circumstances::default() };
            let how = signed(&app, how, signers, &actor).await?;
            let done = app.consignment_sign(&code, milestone, &how, &actor).await?;
            said(&code, &done, &format!("was signed for, at its milestone {milestone}"));
            Ok(())
        }
        C::TakeBack { code, why } => {
            let app = open::writing(place).await?;
            app.consignment_take_back(&code, &why.actor(place)).await?;
            output::line(&format!("The last milestone of {code} is taken back."));
            Ok(())
        }
        C::Redirect { code, to, route, need, why } => {
            let app = open::writing(place).await?;
            app.consignment_redirect(&code, (&to, &route, need.as_deref()), &why.actor(place)).await?;
            output::line(&format!("{code} goes to {to}."));
            Ok(())
        }
        C::TurnedUp { place: at_place, thing, remark, at, why } => {
            let app = open::writing(place).await?;
            let code = app.consignment_turned_up((&at_place, &thing), at, &remark, &why.actor(place)).await?;
            output::line(&format!("{code} is at {at_place}."));
            Ok(())
        }
        C::Split { code, lines, with, why } => {
            let parts = lines.iter().map(|text| part(text)).collect::<Result<Vec<_>, _>>()?;
            let app = open::writing(place).await?;
            let new = app.consignment_split(&code, &parts, &with, &why.actor(place)).await?;
            output::line(&format!("Made {new} of a part of {code}."));
            Ok(())
        }
        C::Note { code, text, photos, why } => note::add(place, &code, &text, &photos, &why.actor(place)).await,
        C::Value { code, stated, why } => worth::state(place, &code, &stated, &why.actor(place)).await,
        C::Join { code, others, why } => {
            open::writing(place).await?.consignment_join(&code, &others, &why.actor(place)).await?;
            output::line(&format!("{} went into {code}.", others.join(", ")));
            Ok(())
        }
        C::Print { code, kind, out, printed, handover, donor } => {
            let Some(kind) = kind else { return needed(place, &code).await };
            let kind = DocumentKind::parse(&kind).map_err(|right| Failure::option("KIND", right))?;
            let app = open::writing(place).await?;
            let asked = Asked { languages: printed.languages()?, handover, donor };
            let actor = open::actor(place, "printed on the command line");
            let bytes = app.document(&code, kind, &asked, &actor).await?;
            let out = out.unwrap_or_else(|| PathBuf::from(format!("{code}-{kind}.pdf")));
            fs::write(&out, bytes).map_err(|error| open::unreadable(&out, &error))?;
            output::line(&format!("Wrote {}.", open::shown(&out)));
            Ok(())
        }
        C::Delivered { term, as_of, known } => {
            let app = open::reading(place).await?;
            let (term, found) = app.delivered(&open::viewer(place), &term, App::as_of(as_of, known)).await?;
            output::line(&format!("{} ({} of {}): {}", term.name, term.code, term.party, term.milestone));
            let row = |row: &Delivered| {
                vec![
                    row.offer.as_ref().map_or_else(String::new, ToString::to_string),
                    row.resource.to_string(),
                    output::whole(row.units),
                    row.worth.as_ref().map_or_else(String::new, |(currency, minor)| amount(currency, *minor)),
                ]
            };
            let headings = [("offer", false), ("resource", false), ("units", true), ("value", true)];
            output::table(&headings, &found.iter().map(row).collect::<Vec<_>>());
            Ok(())
        }
        C::Overrides { gate, by, consignment, from, to, format } => {
            let gate = gate.map(|gate| Gate::parse(&gate).map_err(|right| Failure::option("--gate", right)));
            let filter = OpenedFilter { gate: gate.transpose()?, actor: by, consignment, from, to, after: None };
            opened::list(place, filter, format).await
        }
        C::Passed { place: node, from, to } => passed::list(place, &node, (from, to)).await,
    }
}

/// A line and what is said of it, as `2=cracked`.
fn line_remark(text: &str) -> Result<(i64, String), Failure> {
    let right = || Failure::option("--line-remark", message!("line-and-remark"));
    let (line, remark) = text.split_once('=').ok_or_else(right)?;
    Ok((line.parse().map_err(|_| right())?, remark.to_owned()))
}

/// Puts units of lines on a handling unit, or takes them off.
async fn repack(
    place: &Place,
    code: &str,
    way: (Option<&str>, &Onto),
    lines: &[String],
    why: &Why,
) -> Result<(), Failure> {
    let loads = lines.iter().map(|text| load(text)).collect::<Result<Vec<_>, _>>()?;
    let app = open::writing(place).await?;
    match app.consignment_repack(code, way, &loads, &why.actor(place)).await? {
        Some(sscc) => output::line(&sscc),
        None => output::line("Taken off."),
    }
    Ok(())
}

/// Which units of a line, as `2`, `2=10`, `2=10@LOT`, or `2@SERIAL,SERIAL`.
fn load(text: &str) -> Result<Load, Failure> {
    let right = || Failure::option("--line", message!("line-and-load"));
    let (rest, names) = text.split_once('@').unwrap_or((text, ""));
    let (line, quantity) = rest.split_once('=').unwrap_or((rest, ""));
    let quantity = Some(quantity).filter(|text| !text.is_empty()).map(str::parse).transpose();
    let (line, quantity) = (line.parse().map_err(|_| right())?, quantity.map_err(|_| right())?);
    if quantity.is_some_and(|quantity: i64| quantity < 1) {
        return Err(right());
    }
    let serials = names.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    Ok(match quantity {
        Some(_) => Load { line, quantity, lot: names.to_owned(), ..Load::default() },
        None => Load { line, serials, ..Load::default() },
    })
}

/// What goes of a line into a part, as `2=10` or `2@SERIAL,SERIAL`, or both, which must agree.
fn part(text: &str) -> Result<LinePart, Failure> {
    let right = || Failure::option("--line", message!("line-and-part"));
    let (rest, names) = text.split_once('@').unwrap_or((text, ""));
    let (line, quantity) = match rest.split_once('=') {
        Some((line, quantity)) => (line, Some(quantity.parse().map_err(|_| right())?)),
        None => (rest, None),
    };
    let serials: Vec<String> = names.split(',').map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned).collect();
    if quantity.is_some_and(|quantity: i64| quantity < 1) || (quantity.is_none() && serials.is_empty()) {
        return Err(right());
    }
    Ok(LinePart { line: line.parse().map_err(|_| right())?, quantity, serials })
}

/// How it happened, with who signed.
async fn signed(
    app: &App,
    how: Circumstances,
    signers: Option<Signers>,
    actor: &Actor,
) -> Result<Circumstances, Failure> {
    let signed = match signers {
        Some(signers) => Some(signers.keep(app, actor).await?),
        None => None,
    };
    Ok(Circumstances { signed, ..how })
}

/// Tells which documents a consignment needs, and why.
async fn needed(place: &Place, code: &str) -> Result<(), Failure> {
    let app = open::reading(place).await?;
    for one in app.documents(&open::viewer(place), code).await? {
        let donors = one.donors.iter().map(|donor| format!(" --donor {donor}")).collect::<Vec<_>>();
        let kinds = if donors.len() > 1 { donors } else { vec![String::new()] };
        for donor in kinds {
            output::line(&format!("{:<22} {}", format!("{}{donor}", one.needed.kind), words(&one.needed.why)));
        }
    }
    Ok(())
}

fn plan_line(text: &str) -> Result<NewLine, Failure> {
    let right = || Failure::option("--line", message!("plan-and-line"));
    let mut parts = text.splitn(3, ':');
    let (Some(plan), Some(line)) = (parts.next(), parts.next()) else { return Err(right()) };
    let quantity = parts.next().map(str::parse).transpose().map_err(|_| right())?;
    Ok(NewLine::Plan { plan: plan.to_owned(), line: line.parse().map_err(|_| right())?, quantity })
}

fn stock_line(text: &str) -> Result<NewLine, Failure> {
    let right = || Failure::option("--stock", message!("units-and-account"));
    let mut parts = text.splitn(3, ':');
    let (Some(units), Some(account)) = (parts.next(), parts.next()) else { return Err(right()) };
    let quantity = units.parse().map_err(|_| right())?;
    Ok(NewLine::Stock {
        account: account.to_owned(),
        quantity,
        need: parts.next().map(str::to_owned),
        serials: Vec::new(),
    })
}

fn returned(text: &str) -> Result<ReturnLine, Failure> {
    let right = || Failure::option("--stock", message!("units-and-account"));
    let mut parts = text.splitn(3, ':');
    let (Some(units), Some(account)) = (parts.next(), parts.next()) else { return Err(right()) };
    let (account, quantity) = (Some(account.to_owned()), units.parse().map_err(|_| right())?);
    Ok(ReturnLine { account, quantity, lot: parts.next().unwrap_or_default().to_owned(), ..ReturnLine::default() })
}

fn offer_line(text: &str) -> Result<NewLine, Failure> {
    let right = || Failure::option("--offer", message!("units-and-offer"));
    let mut parts = text.splitn(3, ':');
    let (Some(units), Some(offer)) = (parts.next(), parts.next()) else { return Err(right()) };
    let quantity = units.parse().map_err(|_| right())?;
    Ok(NewLine::Offer { offer: offer.to_owned(), quantity, need: parts.next().map(str::to_owned) })
}

async fn list(
    place: &Place,
    app: &App,
    filter: &Filter,
    contains: Option<&str>,
    format: ListFormat,
) -> Result<(), Failure> {
    let viewer = open::viewer(place);
    let listing = match contains {
        Some(name) => Listing::Containing(name.into(), filter.clone()),
        None => Listing::Consignments(filter.clone()),
    };
    if listed::as_csv(app, place, format, &listing).await? {
        return Ok(());
    }
    let mut found = Vec::new();
    if let Some(name) = contains {
        found = app.consignments_with(&viewer, name, filter).await?;
    } else {
        let mut filter = filter.clone();
        loop {
            let page = app.consignments(&viewer, &filter, 1_000).await?;
            let Some(last) = page.last() else { break };
            filter.after = Some(filter.place_of(last));
            found.extend(page);
        }
    }
    if format == ListFormat::Json {
        for one in &found {
            output::line(&head(one).to_string());
        }
        return Ok(());
    }
    if found.is_empty() {
        return nothing("No consignments.");
    }
    let moment = |at: Option<Timestamp>| at.map_or_else(String::new, |at| at.to_string());
    let rows: Vec<Vec<String>> = found
        .iter()
        .map(|one| {
            vec![
                one.code.to_string(),
                one.state.to_string(),
                shown::place(one),
                format!("{} → {}", one.origin, one.destination),
                one.consignee.to_string(),
                moment(one.departs_at),
                moment(one.arrives_at),
            ]
        })
        .collect();
    let headings =
        ["consignment", "state", "place", "way", "for", "departs", "arrives"].map(|heading| (heading, false));
    output::table(&headings, &rows);
    Ok(())
}

/// An amount in a currency, by its minor units.
fn amount(currency: &str, minor: i64) -> String {
    let places = Currency::parse(currency).map_or(0, Currency::places);
    format!("{currency} {}", output::money(minor, places))
}

fn nothing(words: &str) -> Result<(), Failure> {
    output::line(words);
    Ok(())
}

fn said(code: &str, done: &Done, what: &str) {
    if done.repeated {
        output::line(&format!("{code}: this was recorded before."));
        return;
    }
    output::line(&format!("{code} {what}."));
    for warning in &done.warnings {
        output::line(&format!("  note: {}", words(warning)));
    }
    if let Some(movement) = &done.movement {
        output::line(&format!("  movement {movement}"));
    }
    if let Some(handover) = &done.handover {
        output::line(&format!("  handover {handover}"));
    }
    for variance in &done.variances {
        output::line(&format!("  variance {variance}"));
    }
}

/// How a line was found, as `2=damaged`, `2=missing:3`, `2=missing@PK-1,PK-2` or, of lots, `2=missing@L-1:3`.
fn finding(text: &str) -> Result<Finding, Failure> {
    let right = || Failure::option("--line", message!("line-and-condition"));
    let (line, rest) = text.split_once('=').ok_or_else(right)?;
    let (rest, named) = rest.split_once('@').unwrap_or((rest, ""));
    let (seen, quantity) = rest.split_once(':').unwrap_or((rest, ""));
    let quantity = Some(quantity).filter(|text| !text.is_empty()).map(str::parse).transpose();
    let (mut serials, mut lots) = (Vec::new(), Vec::new());
    for name in named.split(',').filter(|name| !name.is_empty()) {
        // What comes after the last colon is how many of a lot.
        match name.rsplit_once(':').and_then(|(lot, units)| Some((lot.to_owned(), units.parse().ok()?))) {
            Some(lot) => lots.push(lot),
            None => serials.push(name.to_owned()),
        }
    }
    Ok(Finding {
        line: line.parse().map_err(|_| right())?,
        seen: Seen::parse(seen).map_err(|_| right())?,
        quantity: quantity.map_err(|_| right())?,
        serials,
        lots,
        remark: String::new(),
    })
}
