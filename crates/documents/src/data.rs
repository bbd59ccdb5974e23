//! What a template is given: the papers with every figure and time written out. All of it are values, never markup, so that a name
//! prints as it is, whatever it holds.

use jiff::{Timestamp, tz::TimeZone};
use muster_domain::field::Field;
use typst::foundations::{Array, Bytes, Dict, IntoValue, Value, dict};

use crate::{
    figures,
    papers::{Count, HandlingUnit, Leg, Line, Moment, Papers, Party, Place, Signature, Verification},
    symbol,
};

/// The papers for a template, in one or two languages. Symbols are drawn for labels only.
pub(crate) fn data(papers: &Papers, languages: &[&str], labels: bool) -> Dict {
    let zone = &papers.zone;
    let units = figures::column(papers.handling_units.iter().map(|unit| unit.gross_kg));
    let marks = (1..).zip(papers.handling_units.iter().zip(&units.cells));
    dict! {
        "languages" => array(languages.iter().copied()),
        "mission" => text(&papers.mission),
        "number" => text(&papers.number),
        "issued" => figures::time(papers.issued_at, zone),
        "zone" => zone.iana_name().unwrap_or_default(),
        "consignment" => text(&papers.consignment),
        "from" => place(&papers.from),
        "to" => place(&papers.to),
        "consignor" => party(&papers.consignor),
        "consignee" => party(&papers.consignee),
        "carrier" => papers.carrier.as_ref().map(party),
        "donor" => papers.donor.as_ref().map(party),
        "legs" => array(papers.legs.iter().map(|one| leg(one, zone))),
        "lines" => lines(&papers.lines),
        "units" => array(marks.map(|(n, (unit, gross))| handling_unit(n, unit, gross, &papers.lines, labels))),
        "totals" => totals(papers, units),
        "instructions" => paragraphs(&papers.instructions),
        "caveats" => paragraphs(&papers.caveats),
        "unmanifested" => paragraphs(&papers.unmanifested),
        "doubts" => array(papers.doubts.iter().map(|doubt| doubt.as_str().to_owned())),
        "attached" => array(papers.attached.iter().map(|kind| kind.as_str().to_owned())),
        "released" => papers.released.as_ref().map(|one| signature(one, zone)),
        "received" => papers.received.as_ref().map(|one| signature(one, zone)),
        "verification" => papers.verification.as_ref().map(verification),
    }
}

pub(crate) fn array<V: IntoValue>(values: impl Iterator<Item = V>) -> Value {
    Value::Array(values.map(IntoValue::into_value).collect::<Array>())
}

/// How many characters all texts have, and how many the longest.
pub(crate) fn characters(data: &Dict) -> (usize, usize) {
    fn of(value: &Value) -> (usize, usize) {
        let parts = |values: &mut dyn Iterator<Item = &Value>| {
            values.map(of).fold((0, 0), |(all, longest), (more, long)| (all + more, longest.max(long)))
        };
        match value {
            Value::Str(text) => (text.chars().count(), text.chars().count()),
            Value::Array(array) => parts(&mut array.iter()),
            Value::Dict(dict) => parts(&mut dict.iter().map(|(_, value)| value)),
            _ => (0, 0),
        }
    }
    of(&Value::Dict(data.clone()))
}

/// A text as one line, without what cannot be printed; `none` if nothing is left. Marks that turn the direction of writing or hide
/// could make a printed name another than the one that was signed for.
pub(crate) fn text(text: &str) -> Value {
    let hidden = |c: &char| matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    let shown = |c: char| if c.is_control() || c == '\u{2028}' || c == '\u{2029}' { ' ' } else { c };
    let line: String = text.chars().filter(|c| !hidden(c)).map(shown).collect();
    let line = line.trim();
    if line.is_empty() { Value::None } else { line.into_value() }
}

/// A text in its lines, of which none is empty.
fn paragraphs(lines: &str) -> Value {
    array(lines.lines().map(text).filter(|line| *line != Value::None))
}

fn place(place: &Place) -> Dict {
    dict! {
        "name" => text(&place.name),
        "country" => text(&place.country.text()),
        "locode" => text(&place.locode),
        "address" => paragraphs(&place.address),
    }
}

fn party(party: &Party) -> Dict {
    dict! {
        "name" => text(&party.name),
        "address" => paragraphs(&party.address),
        "country" => text(&party.country.text()),
        "contact" => text(&party.contact),
    }
}

fn leg(leg: &Leg, zone: &TimeZone) -> Dict {
    dict! {
        "mode" => leg.mode.as_str(),
        "conveyance" => text(&leg.conveyance),
        "carrier" => text(&leg.carrier),
        "from" => place(&leg.from),
        "to" => place(&leg.to),
        "departs" => moment(leg.departs, zone),
        "arrives" => moment(leg.arrives, zone),
    }
}

fn moment(moment: Moment, zone: &TimeZone) -> Dict {
    dict! { "planned" => time(moment.planned, zone), "actual" => time(moment.actual, zone) }
}

fn time(at: Option<Timestamp>, zone: &TimeZone) -> Option<String> {
    at.map(|at| figures::time(at, zone))
}

fn lines(lines: &[Line]) -> Value {
    let mass = figures::column(lines.iter().map(|line| line.mass_kg)).cells;
    let volume = figures::column(lines.iter().map(|line| line.volume_m3)).cells;
    let explosive = figures::column(lines.iter().map(|line| line.net_explosive_kg)).cells;
    array(lines.iter().zip(mass).zip(volume).zip(explosive).map(|(((line, mass), volume), explosive)| {
        dict! {
            "number" => line.number.to_string(),
            "consignment" => text(&line.consignment),
            "item" => text(&line.item),
            "nsn" => text(&line.nsn.text()),
            "state" => line.state.map(|state| state.as_str()),
            // Each with how many units are of it, unless all are of one.
            "lots" => array(line.lots().into_iter().map(|(lot, quantity)| dict! {
                "lot" => text(lot),
                "part" => part(line, quantity),
            })),
            "serials" => array(line.serials().map(text)),
            "quantity" => figures::whole(line.quantity.into()),
            "unit" => text(&line.unit),
            "mass" => mass,
            "volume" => volume,
            "un" => text(&line.un_number.text()),
            "shipping-name" => text(&line.proper_shipping_name),
            "hazard" => text(&line.hazard_class),
            "packing-group" => text(&line.packing_group.text()),
            "explosive" => explosive,
            "value" => line.value.as_ref().map(|value| dict! {
                "amount" => figures::money(value.amount_minor.into(), value.currency),
                "currency" => value.currency.code(),
                "method" => text(&value.method),
                "date" => value.date.map(|date| date.to_string()),
                "source" => text(&value.source),
            }),
            "on" => array(line.lies_on().into_iter().map(|(sscc, quantity)| dict! {
                "sscc" => sscc.to_string(),
                "part" => part(line, quantity),
            })),
            "count" => line.count.as_ref().map(|count| dict! {
                "received" => figures::whole(count.received.into()),
                "short" => figures::whole(count.short.into()),
                "damaged" => figures::whole(count.damaged.into()),
                "over" => figures::whole(count.over.into()),
                "differs" => count.received != line.quantity || count.short != 0 || count.damaged != 0 || count.over != 0,
                "remark" => text(&count.remark),
                "particulars" => array(count.particulars.iter().map(|units| dict! {
                    "finding" => units.finding.as_str(),
                    "lot" => text(&units.lot),
                    "serials" => array(units.serials.iter().map(|serial| text(serial))),
                    "quantity" => figures::whole(units.quantity.into()),
                })),
            }),
        }
    }))
}

/// How many units of a line, if that is not all.
fn part(line: &Line, quantity: i64) -> Option<String> {
    (quantity != line.quantity).then(|| figures::whole(quantity.into()))
}

fn handling_unit(number: usize, unit: &HandlingUnit, gross: &Option<String>, lines: &[Line], label: bool) -> Dict {
    let on_it: Vec<(&Line, i64)> = lines.iter().filter_map(|line| Some((line, line.on(&unit.sscc)?))).collect();
    let drawn = |svg: String| Bytes::from_string(svg);
    dict! {
        "number" => number.to_string(),
        "sscc" => unit.sscc.to_string(),
        "packing" => unit.packing.as_str(),
        "gross" => gross.clone(),
        "seal" => text(&unit.seal),
        "lines" => array(on_it.iter().map(|&(line, quantity)| dict! {
            "consignment" => text(&line.consignment),
            "number" => line.number.to_string(),
            "part" => part(line, quantity),
        })),
        "contents" => array(on_it.iter().map(|&(line, quantity)| dict! {
            "item" => text(&line.item),
            "quantity" => figures::whole(quantity.into()),
            "unit" => text(&line.unit),
            "un" => text(&line.un_number.text()),
        })),
        "bars" => label.then(|| drawn(symbol::bars(&unit.sscc))),
        "qr" => label.then(|| symbol::qr(&unit.sscc.link().to_string())).flatten().map(drawn),
        "link" => unit.sscc.link().to_string(),
    }
}

fn totals(papers: &Papers, units: figures::Column) -> Dict {
    let lines = &papers.lines;
    let mass = figures::column(lines.iter().map(|line| line.mass_kg));
    let volume = figures::column(lines.iter().map(|line| line.volume_m3));
    let counted = |of: fn(&Count) -> i64| {
        let counts = lines.iter().filter_map(|line| Some((line.unit.as_str(), of(line.count.as_ref()?))));
        quantities(counts.filter(|(_, count)| *count != 0))
    };
    dict! {
        "lines" => figures::whole(lines.len() as i128),
        "quantities" => quantities(lines.iter().map(|line| (line.unit.as_str(), line.quantity))),
        "mass" => mass.sum,
        "mass-unknown" => mass.unknown as i64,
        "volume" => volume.sum,
        "volume-unknown" => volume.unknown as i64,
        "units" => figures::whole(papers.handling_units.len() as i128),
        "gross" => units.sum,
        "gross-unknown" => units.unknown as i64,
        "values" => array(figures::values(lines).into_iter().map(|(currency, sum, lines)| dict! {
            "currency" => currency,
            "sum" => sum,
            "lines" => figures::whole(lines as i128),
        })),
        "value-unknown" => lines.iter().filter(|line| line.value.is_none()).count() as i64,
        "counted" => lines.iter().filter(|line| line.count.is_some()).count() as i64,
        "received" => counted(|count| count.received),
        "short" => counted(|count| count.short),
        "damaged" => counted(|count| count.damaged),
        "over" => counted(|count| count.over),
    }
}

fn quantities<'a>(of: impl Iterator<Item = (&'a str, i64)>) -> Value {
    let sums = figures::quantities(of).into_iter();
    array(sums.map(|(unit, sum)| dict! { "unit" => text(unit), "sum" => sum }))
}

pub(crate) fn signature(signature: &Signature, zone: &TimeZone) -> Dict {
    dict! {
        "name" => text(&signature.name),
        "party" => text(&signature.party),
        "role" => text(&signature.role),
        "place" => text(&signature.place),
        "signed" => time(signature.signed_at, zone),
        "method" => signature.method.as_str(),
        "key" => text(&signature.key),
        "signature" => text(&signature.signature),
    }
}

pub(crate) fn verification(verification: &Verification) -> Dict {
    dict! {
        "text" => paragraphs(&verification.text),
        "hash" => text(&verification.hash),
        "key" => text(&verification.key),
        "qr" => symbol::qr(&verification.qr).filter(|_| !verification.qr.is_empty()).map(Bytes::from_string),
        "sealed" => Some(&verification.sealed).filter(|sealed| !sealed.is_empty()).map(|sealed| Bytes::from_string(sealed.clone())),
    }
}
