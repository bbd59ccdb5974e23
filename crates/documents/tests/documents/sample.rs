//! Papers for the tests.

use jiff::{
    Timestamp,
    tz::{TimeZone, offset},
};
use muster_documents::papers::{
    Count, Doubt, Finding, HandlingUnit, Leg, Line, Method, Moment, Packed, Papers, Particular, Party, Place,
    Signature, Value, Verification,
};
use muster_domain::{
    consignment::HandlingUnitKind,
    date::PartialDate,
    document::DocumentKind,
    field::Field,
    fixed::Fixed,
    gs1::Sscc,
    item::{Nsn, PackingGroup, UnNumber},
    lane::Mode,
    resource::ResourceState,
};

/// The consignment that tests begin with: two legs, three handling units, four lines of which one is dangerous and one is missing most of
/// what could be known.
pub(crate) fn papers() -> Papers {
    let legs = vec![
        leg(
            Mode::Road,
            "JP-88-123 / JP-88-124",
            "Nordfracht Spedition GmbH",
            place("Ramstein", "DEU", "DERMS"),
            place("Rzeszów", "POL", "PLRZE"),
        ),
        Leg {
            departs: Moment { planned: time("2026-11-30T06:00:00Z"), actual: None },
            arrives: Moment { planned: time("2026-11-30T18:30:00Z"), actual: None },
            ..leg(
                Mode::Rail,
                "Wagon 33 51 4576 021-7",
                "PKP Cargo",
                place("Rzeszów", "POL", "PLRZE"),
                place("Lviv", "UKR", "UALWO"),
            )
        },
    ];
    let lines = vec![
        Line {
            nsn: Nsn::parse("8470-30-001-2345").ok(),
            mass_kg: Some(Fixed(4_320_500)),
            volume_m3: Some(Fixed(21_600)),
            value: value(43_200_000, "JPY", "replacement cost", "Ministry of Defence, Japan"),
            units: vec![on(1, "", 600), on(2, "", 360)],
            ..line(1, "Body armour, fragmentation protective, size M", 960, "each")
        },
        Line {
            mass_kg: Some(Fixed(812_250)),
            volume_m3: Some(Fixed(3_900)),
            un_number: UnNumber::parse("1263").ok(),
            proper_shipping_name: "PAINT".into(),
            hazard_class: "3".into(),
            packing_group: Some(PackingGroup::II),
            value: value(1_234_567, "EUR", "invoice", "Contract 2026/77"),
            units: vec![on(2, "L-2026-114", 80), on(2, "L-2026-115", 40)],
            ..line(2, "Paint, olive drab", 120, "can")
        },
        Line {
            mass_kg: Some(Fixed(7_400_000)),
            value: value(8_800_000, "EUR", "book value", "Depot card 14"),
            units: vec![Packed { serials: ["FL-000123", "FL-000124"].map(String::from).to_vec(), ..on(3, "", 2) }],
            state: Some(ResourceState::Unserviceable),
            ..line(3, "Truck, utility, 4×4, Type 73", 2, "each")
        },
        Line { state: None, ..line(4, "Spare parts, assorted", 12, "set") },
    ];
    Papers {
        mission: "Mission of the example".into(),
        number: "DOC-2026-00042".into(),
        issued_at: time("2026-11-28T08:15:00Z").unwrap(),
        zone: TimeZone::fixed(offset(1)),
        consignment: "C-2026-0117".into(),
        from: place("Ramstein", "DEU", "DERMS"),
        to: place("Lviv", "UKR", "UALWO"),
        consignor: party("Bundesamt für Ausrüstung", "Mainzer Straße 1\n56068 Koblenz", "DEU"),
        consignee: party("Військова частина А0000", "вул. Городоцька, 40\n79000 Львів", "UKR"),
        carrier: Some(party("Nordfracht Spedition GmbH", "Hafenstraße 9\n20457 Hamburg", "DEU")),
        donor: Some(party("防衛省 (Ministry of Defence)", "東京都新宿区市谷本村町5-1", "JPN")),
        legs,
        lines,
        handling_units: vec![
            HandlingUnit { seal: "S-7781".into(), ..unit(1, HandlingUnitKind::Pallet, Some(4_500_000)) },
            unit(2, HandlingUnitKind::Box, Some(850_500)),
            unit(3, HandlingUnitKind::Vehicle, None),
        ],
        instructions: "Keep dry.\nCall the duty officer two hours before arrival.".into(),
        unmanifested: "2 × a crate of boots".into(),
        doubts: Vec::new(),
        attached: vec![DocumentKind::PackingList, DocumentKind::Form302],
        caveats: "Not to be passed on to others without the donor’s consent.\nEnd-use check 90 days after arrival."
            .into(),
        released: Some(Signature {
            name: "Erika Mustermann".into(),
            party: "Bundesamt für Ausrüstung".into(),
            role: "Depot manager".into(),
            place: "Ramstein".into(),
            signed_at: time("2026-11-28T08:10:00Z"),
            method: Method::Key,
            key: "SHA256:2f9a 77c1 04be".into(),
            signature: "ed25519:9d1c4f…e07a".into(),
        }),
        received: None,
        verification: Some(Verification {
            text: "Scan the code, or ask the mission for this hash.".into(),
            hash: "5f1d7a84db00d2fce00b31a7fc73224f5f1d7a84db00d2fce00b31a7fc73224f".into(),
            key: "2f9a77c104be5d60a3b1".into(),
            qr: "https://muster.example/verify/5f1d7a84db00d2fc".into(),
            sealed: r#"{"format":"muster-receipt/1"}"#.into(),
        }),
    }
}

/// The same with what was counted on arrival.
pub(crate) fn counted() -> Papers {
    let mut papers = papers();
    for line in &mut papers.lines {
        line.count = Some(Count { received: line.quantity, ..Count::default() });
    }
    papers.lines[0].count = Some(Count {
        received: 950,
        short: 10,
        damaged: 3,
        over: 0,
        remark: "One carton open; ten vests missing.".into(),
        particulars: vec![],
    });
    let particular = |finding, lot: &str, serials: &[&str], quantity| Particular {
        finding,
        lot: lot.into(),
        serials: serials.iter().map(ToString::to_string).collect(),
        quantity,
    };
    papers.lines[1].count = Some(Count {
        received: 121,
        short: 1,
        over: 2,
        particulars: vec![
            particular(Finding::Received, "L-2026-114", &[], 79),
            particular(Finding::Short, "L-2026-114", &[], 1),
            particular(Finding::Received, "L-2026-115", &[], 40),
            particular(Finding::Over, "L-2026-115", &[], 2),
        ],
        ..Count::default()
    });
    papers.lines[2].count = Some(Count {
        received: 2,
        damaged: 1,
        particulars: vec![particular(Finding::Damaged, "", &["FL-000124"], 1)],
        ..Count::default()
    });
    papers.doubts = vec![Doubt::OneParty];
    papers.received = Some(Signature {
        name: "Олена Шевченко".into(),
        party: "Військова частина А0000".into(),
        role: "Начальник складу".into(),
        place: "Львів".into(),
        signed_at: time("2026-11-30T19:05:00Z"),
        method: Method::Pin,
        key: String::new(),
        signature: "pin:0b77…19".into(),
    });
    papers
}

/// As little as there can be.
pub(crate) fn bare() -> Papers {
    Papers {
        mission: String::new(),
        number: String::new(),
        consignment: String::new(),
        from: Place::default(),
        to: Place::default(),
        consignor: Party::default(),
        consignee: Party::default(),
        carrier: None,
        donor: None,
        legs: Vec::new(),
        lines: vec![Line { state: None, ..line(1, "", 1, "") }],
        handling_units: vec![unit(1, HandlingUnitKind::Other, None)],
        instructions: String::new(),
        unmanifested: String::new(),
        attached: Vec::new(),
        caveats: String::new(),
        released: None,
        received: None,
        verification: None,
        ..papers()
    }
}

/// Many lines with long names, and many serial numbers.
pub(crate) fn long(lines: u32, serials: u32) -> Papers {
    let name = "Generator set, diesel engine, skid mounted, 10 kilowatt, 60 hertz, with trailer and distribution illumination set";
    let one = |n: u32| Line {
        nsn: Nsn::parse("6115-01-275-5061").ok(),
        mass_kg: Some(Fixed(i64::from(n) * 1_250)),
        volume_m3: Some(Fixed(i64::from(n) * 20)),
        value: value(
            i64::from(n) * 10_007,
            if n.is_multiple_of(3) { "EUR" } else { "USD" },
            "replacement cost",
            "Price list 2026",
        ),
        units: vec![Packed {
            serials: (0..if n.is_multiple_of(50) { serials } else { 0 })
                .map(|s| format!("GEN-{n:04}-{s:05}"))
                .collect(),
            ..on(n % 40, "", i64::from(n) * 3)
        }],
        ..line(n, name, i64::from(n) * 3, "each")
    };
    Papers {
        lines: (1..=lines).map(one).collect(),
        handling_units: (0..40).map(|n| unit(n, HandlingUnitKind::Pallet, Some(i64::from(n) * 1_000_500))).collect(),
        ..papers()
    }
}

pub(crate) fn line(number: u32, item: &str, quantity: i64, unit: &str) -> Line {
    Line {
        consignment: String::new(),
        number,
        item: item.into(),
        nsn: None,
        state: Some(ResourceState::Serviceable),
        units: Vec::new(),
        quantity,
        unit: unit.into(),
        mass_kg: None,
        volume_m3: None,
        un_number: None,
        proper_shipping_name: String::new(),
        hazard_class: String::new(),
        packing_group: None,
        net_explosive_kg: None,
        value: None,
        count: None,
    }
}

fn leg(mode: Mode, conveyance: &str, carrier: &str, from: Place, to: Place) -> Leg {
    let departs = Moment { planned: time("2026-11-28T09:00:00Z"), actual: time("2026-11-28T09:20:00Z") };
    let arrives = Moment { planned: time("2026-11-29T17:00:00Z"), actual: None };
    Leg { mode, conveyance: conveyance.into(), carrier: carrier.into(), from, to, departs, arrives }
}

fn place(name: &str, country: &str, locode: &str) -> Place {
    Place { name: name.into(), country: Field::parse(country).ok(), locode: locode.into(), address: String::new() }
}

fn party(name: &str, address: &str, country: &str) -> Party {
    let country = Field::parse(country).ok();
    Party { name: name.into(), address: address.into(), country, contact: "duty@example.org, +00 000 000".into() }
}

fn value(amount_minor: i64, currency: &str, method: &str, source: &str) -> Option<Value> {
    let (currency, date) = (Field::parse(currency).unwrap(), PartialDate::parse("2026-10").ok());
    Some(Value { amount_minor, currency, method: method.into(), date, source: source.into() })
}

/// So many units of a lot on the n-th handling unit.
fn on(n: u32, lot: &str, quantity: i64) -> Packed {
    Packed { lot: lot.into(), serials: Vec::new(), quantity, handling_unit: sscc(n) }
}

fn unit(n: u32, packing: HandlingUnitKind, gross: Option<i64>) -> HandlingUnit {
    HandlingUnit { sscc: sscc(n).unwrap(), packing, gross_kg: gross.map(Fixed), seal: String::new() }
}

/// The n-th number of a company prefix that nobody has.
pub(crate) fn sscc(n: u32) -> Option<Sscc> {
    Sscc::next(3, "0095000", n.into()).ok()
}

fn time(text: &str) -> Option<Timestamp> {
    Some(text.parse().unwrap())
}
