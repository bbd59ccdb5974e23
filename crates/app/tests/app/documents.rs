//! Which papers a consignment needs, and what stands in them: it follows whose the goods are, where they are, and who they go to.

use muster_app::{
    Actor, App,
    interchange::mission::Source,
    storage::ledger::read::AccountFilter,
    transfer::{
        custody::{Circumstances, Conveyance},
        handover::{Means, Signed, Signer},
        making::{New, NewLine},
        packing::{Packed, PackedUnit},
        papers::Asked,
        part::LinePart,
        worth::StatedWorth,
    },
};
use muster_domain::{
    consignment::{Condition, Milestone},
    document::DocumentKind,
    field::{Currency, Field, Text},
    fixed::Fixed,
    ledger::account::AccountPurpose,
    viewer::Viewer,
};
use muster_testkit::database::ENGINES;

use crate::{
    redirection::way_back,
    small::{Site, actor, site, sources, viewer},
    transfer::{all_there, counted},
};

/// Units of an offer that go to a need or a place.
pub(crate) fn offered(offer: &str, quantity: i64, need: Option<&str>) -> NewLine {
    NewLine::Offer { offer: offer.into(), quantity, need: need.map(str::to_owned) }
}

impl Site {
    pub(crate) async fn consigned(&self, to: &str, lines: Vec<NewLine>) -> String {
        let route = if to == "P" { vec!["D-H".into(), "H-P".into()] } else { Vec::new() };
        let new = New { from: "D".into(), to: Some(to.into()), route, lines, ..New::default() };
        self.app.consignment_make(&new, &actor()).await.unwrap().to_string()
    }

    /// Whose is what is in service, and who has it.
    pub(crate) async fn whose_in_service(&self) -> Vec<(String, String)> {
        let filter = AccountFilter { purpose: Some(AccountPurpose::InService), ..AccountFilter::default() };
        let held = self.app.accounts(&viewer(), &filter, App::as_of(None, None), 0, 100).await.unwrap();
        let held = held.into_iter().filter(|(_, _, balance)| balance.posted > 0);
        held.map(|(_, key, _)| (key.owner.to_string(), key.holder.to_string())).collect()
    }

    /// The documents that it needs, with the donors of each.
    async fn needs(&self, code: &str) -> Vec<String> {
        let due = self.app.documents(&viewer(), code).await.unwrap();
        let told = due.iter().map(|one| {
            let donors = one.donors.iter().map(|donor| format!(" {donor}")).collect::<String>();
            format!("{}{donors}", one.needed.kind)
        });
        told.collect()
    }

    /// What stands in a document.
    async fn says(&self, code: &str, kind: DocumentKind, donor: Option<&str>) -> String {
        let asked = Asked {
            languages: Some(muster_app::documents::Language::English.into()),
            donor: donor.map(str::to_owned),
            ..Asked::default()
        };
        let bytes = self.app.document(code, kind, &asked, &actor()).await.unwrap();
        let text = pdf_extract::extract_text_from_mem(&bytes).unwrap();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Ready, its trucks by serial numbers that begin so.
    pub(crate) async fn prepared(&self, code: &str, serials: &str) {
        let shown = self.app.consignment_shown(&viewer(), code).await.unwrap();
        let unit = |n: i64| PackedUnit {
            lot: String::new(),
            serial: format!("{serials}{n}"),
            quantity: 1,
            sscc: String::new(),
        };
        let packed = shown.lines.iter().map(|line| Packed {
            line: line.line,
            units: (!serials.is_empty()).then(|| (1..=line.present).map(unit).collect()),
            condition: Some(Condition::Serviceable),
            remark: None,
        });
        let packed: Vec<Packed> = packed.collect();
        self.app.consignment_ready(code, &packed, &Circumstances::default(), &actor()).await.unwrap();
    }

    /// All the way to the end of its route, and into its unit's hands.
    async fn goes(&self, code: &str, legs: usize) {
        self.ready(code).await;
        for _ in 0..legs {
            self.depart(code).await;
            self.arrive(code, &all_there()).await;
        }
        self.app.consignment_receive(code, &all_there(), &Default::default(), &actor()).await.unwrap();
    }
}

/// The small mission, in which two of the trucks are lent and vests are dangerous.
pub(crate) async fn lending(engine: muster_app::storage::dialect::Engine) -> Site {
    let site = site(engine).await;
    let all = sources(|name, text| match name {
        "offers.csv" => {
            let lent = "O-6,POL,goods,truck,2,D,2026-09-07,,,,,committed,,,,,,,,test,yes";
            let lines = text.lines().chain([lent]).enumerate().map(|(n, line)| match (n, line) {
                (0, _) => line.replace(",state,", ",lent_until,state,"),
                (_, line) if line.starts_with("O-6") => line.replace(",committed,", ",2026-12-31,committed,"),
                (_, line) => line.replace(",committed,", ",,committed,").replace(",pledged,", ",,pledged,"),
            });
            lines.collect::<Vec<_>>().join("\n")
        }
        "items.csv" => text
            .replace("un_number,hazard_class,", "un_number,proper_shipping_name,hazard_class,packing_group,")
            .replace("each,10,,,,", "each,10,,1263,PAINT,3,II,")
            .replace("each,3000,,,,", "each,3000,,,,,,")
            .replace("EUR,,,,,quantity", "EUR,,,,,,,quantity"),
        "parties.csv" => text
            .replace("country,parent,source", "country,parent,address,contact,source")
            .replace("JPN,,ISO", "JPN,,Ichigaya 5-1|Tokyo,duty@example.org,ISO")
            .replace("POL,,ISO", "POL,,,,ISO")
            .replace("UKR,,ISO", "UKR,,,,ISO")
            .replace("UKR,UKR,test", "UKR,UKR,,,test,yes\nOPER,Operator,operator,POL,,,,test"),
        "places.csv" => text
            .replace("operator,source", "operator,address,source")
            .replace(",,,,test,yes", ",,,,,test,yes")
            .replace("22,,,,,test", "22,,,OPER,Ramp 4|38-500 Sanok,test"),
        _ => text.to_owned(),
    });
    assert_eq!(site.import(all).await.issues, vec![]);
    site.consented().await;
    site
}

#[tokio::test]
async fn what_is_given_has_a_certificate_and_what_a_force_keeps_is_declared_as_its_own() {
    for engine in ENGINES {
        let site = lending(engine).await;
        // To a unit: it is given. Poland's title passes to Ukraine.
        let given = site.consigned("P", vec![offered("O-2", 1, Some("R-3"))]).await;
        assert_eq!(site.needs(&given).await[2..], ["waybill", "donation_certificate POL", "handover_receipt"]);
        let said = site.says(&given, DocumentKind::DonationCertificate, None).await;
        assert!(said.contains("Poland hereby gives the goods listed below to Ukraine"), "{said}");
        // To a place, across a border: it stays Poland's, and is declared as its force's.
        let kept = site.consigned("P", vec![offered("O-2", 1, None)]).await;
        assert_eq!(site.needs(&kept).await[2..], ["waybill", "form_302", "handover_receipt"]);
        let said = site.says(&kept, DocumentKind::Form302, None).await;
        assert!(said.contains("Poland") && said.contains("Truck"), "{said}");
        let asked = Asked::default();
        let nothing = site.app.document(&kept, DocumentKind::DonationCertificate, &asked, &actor()).await.unwrap_err();
        assert!(nothing.to_string().contains("document-nothing-given"), "{nothing}");
        // Within a country there is no customs, and Japan is no party to the agreement.
        let within = site.consigned("H", vec![offered("O-2", 1, None)]).await;
        assert!(!site.needs(&within).await.contains(&"form_302".into()));
        let others = site.consigned("P", vec![offered("O-1", 10, None)]).await;
        assert!(!site.needs(&others).await.contains(&"form_302".into()), "{:?}", site.needs(&others).await);
    }
}

#[tokio::test]
async fn what_is_lent_stays_the_lenders_in_the_hands_of_the_unit() {
    for engine in ENGINES {
        let site = lending(engine).await;
        let lent = site.consigned("P", vec![offered("O-6", 2, Some("R-3"))]).await;
        assert_eq!(site.needs(&lent).await[2..], ["waybill", "form_302", "handover_receipt"]);
        site.goes(&lent, 2).await;
        let shown = site.app.consignment_shown(&viewer(), &lent).await.unwrap();
        let reached: Vec<Milestone> = shown.milestones.iter().map(|reached| reached.kind).collect();
        assert!(reached.contains(&Milestone::ReceivedByUnit), "{reached:?}");
        assert!(!reached.contains(&Milestone::TitleTransferred), "no title passed: {reached:?}");
        assert_eq!(site.held("O-6", AccountPurpose::InService, "P").await, 2);
        assert_eq!(site.whose_in_service().await, [("POL".to_owned(), "UNIT".to_owned())]);
        site.verifies().await;
    }
}

#[tokio::test]
async fn each_donor_certifies_what_is_its_own_also_when_all_has_come() {
    for engine in ENGINES {
        let site = lending(engine).await;
        // What three consignments brought to the hub goes on in one.
        let mut codes = Vec::new();
        for (lines, tracked) in [
            (offered("O-1", 100, Some("R-1")), ""),
            (offered("O-2", 1, Some("R-3")), "A"),
            (offered("O-6", 1, Some("R-3")), "B"),
        ] {
            let code = site.consigned("P", vec![lines]).await;
            site.prepared(&code, tracked).await;
            site.depart(&code).await;
            site.arrive(&code, &all_there()).await;
            codes.push(code);
        }
        let code = codes.remove(0);
        site.app.consignment_join(&code, &codes, &actor()).await.unwrap();
        let certificates = async || {
            let needs = site.needs(&code).await;
            needs.iter().find(|kind| kind.starts_with("donation")).cloned().unwrap()
        };
        assert_eq!(certificates().await, "donation_certificate JPN POL");
        let asked = Asked::default();
        let which = site.app.document(&code, DocumentKind::DonationCertificate, &asked, &actor()).await.unwrap_err();
        assert!(which.to_string().contains("document-of-which-donor"), "{which}");
        site.depart(&code).await;
        site.arrive(&code, &all_there()).await;
        site.app.consignment_receive(&code, &all_there(), &Default::default(), &actor()).await.unwrap();
        assert_eq!(certificates().await, "donation_certificate JPN POL");
        let japan = site.says(&code, DocumentKind::DonationCertificate, Some("JPN")).await;
        assert!(japan.contains("Vest") && !japan.contains("Truck") && japan.contains("Ichigaya 5-1"), "{japan}");
        let poland = site.says(&code, DocumentKind::DonationCertificate, Some("POL")).await;
        assert!(
            !poland.contains("Vest") && poland.matches("Truck").count() == 1,
            "what is lent is not given: {poland}"
        );
    }
}

#[tokio::test]
async fn a_waybill_is_made_out_for_the_part_of_the_way_that_is_next() {
    for engine in ENGINES {
        let site = lending(engine).await;
        let code = site.consigned("P", vec![offered("O-1", 100, Some("R-1"))]).await;
        let road = site.says(&code, DocumentKind::Waybill, None).await;
        assert!(road.contains("Consignment note (road)") && !road.contains("Point"), "{road}");
        assert!(road.contains("UN 1263 PAINT, 3, II") && road.contains("Ramp 4"), "{road}");
        site.ready(&code).await;
        site.depart(&code).await;
        site.arrive(&code, &all_there()).await;
        let rail = site.says(&code, DocumentKind::Waybill, None).await;
        assert!(rail.contains("Consignment note (rail)") && !rail.contains("Depot"), "{rail}");
        assert!(rail.contains("Point") && rail.contains("Ramp 4"), "{rail}");
    }
}

#[tokio::test]
async fn title_that_passes_where_the_way_ends_is_in_a_certificate_and_in_no_customs_declaration() {
    for engine in ENGINES {
        let site = lending(engine).await;
        let code = site.consigned("P", vec![offered("O-2", 2, None)]).await;
        site.ready(&code).await;
        for _ in 0..2 {
            site.depart(&code).await;
            site.arrive(&code, &all_there()).await;
        }
        assert!(site.needs(&code).await.contains(&"form_302".into()), "it is Poland's until then");
        site.app.consignment_transfer_title(&code, &Circumstances::default(), &actor()).await.unwrap();
        let needs = site.needs(&code).await;
        assert!(needs.contains(&"donation_certificate POL".into()), "{needs:?}");
        assert!(needs.contains(&"form_302".into()), "from now on it is Ukraine's own: {needs:?}");
        let said = site.says(&code, DocumentKind::DonationCertificate, None).await;
        assert!(said.contains("Poland hereby gives the goods listed below to Ukraine"), "{said}");
        // What is taken into stock, and a part that is split off, are as they were given.
        let part = site.app.consignment_split(&code, &[LinePart::of(1, 1)], &[], &actor()).await.unwrap().to_string();
        for code in [&code, &part] {
            site.app.consignment_receive(code, &all_there(), &Default::default(), &actor()).await.unwrap();
            let needs = site.needs(code).await;
            assert!(needs.contains(&"donation_certificate POL".into()), "{needs:?}");
        }
        site.verifies().await;
    }
}

#[tokio::test]
async fn what_goes_on_from_a_hub_has_left_its_donor_once() {
    for engine in ENGINES {
        let site = lending(engine).await;
        let terms = "code,party,name,milestone,source,fictional
T-D,POL,Left,departed,test,yes
T-A,POL,Came,arrived_at_node,test,yes";
        let terms = Source { name: "delivery_terms.csv".into(), bytes: terms.into() };
        assert_eq!(site.import(vec![terms]).await.issues, vec![]);
        let units = async |term: &str| {
            let (_, rows) = site.app.delivered(&viewer(), term, App::as_of(None, None)).await.unwrap();
            rows.iter().map(|row| row.units).sum::<i64>()
        };
        let code = site.consigned("H", vec![offered("O-1", 100, None)]).await;
        site.ready(&code).await;
        assert_eq!((units("T-D").await, units("T-A").await), (0, 0));
        site.depart(&code).await;
        assert_eq!((units("T-D").await, units("T-A").await), (100, 0));
        site.arrive(&code, &all_there()).await;
        site.app.consignment_receive(&code, &all_there(), &Default::default(), &actor()).await.unwrap();
        // Forty of them go on, as stock and in two parts.
        let (account, _) = site.app.stock(&viewer(), "H", None, 10).await.unwrap().found.remove(0);
        let line =
            NewLine::Stock { account: account.to_string(), quantity: 40, need: Some("R-1".into()), serials: vec![] };
        let new = New { from: "H".into(), lines: vec![line], ..New::default() };
        let on = site.app.consignment_make(&new, &actor()).await.unwrap().to_string();
        let part = site.app.consignment_split(&on, &[LinePart::of(1, 10)], &[], &actor()).await.unwrap().to_string();
        for code in [&on, &part] {
            site.ready(code).await;
            site.depart(code).await;
        }
        assert_eq!((units("T-D").await, units("T-A").await), (100, 100));
    }
}

impl Site {
    /// What a party's term calls delivered, in units, and of which offers.
    async fn reached(&self, milestone: &str) -> (i64, Vec<String>) {
        let terms = format!(
            "code,party,name,milestone,source,fictional\nT-{0},POL,Term,{1},test,yes",
            milestone.replace('_', "-").to_uppercase(),
            milestone
        );
        let terms = Source { name: "delivery_terms.csv".into(), bytes: terms.into() };
        assert_eq!(self.import(vec![terms]).await.issues, vec![]);
        let term = format!("T-{}", milestone.replace('_', "-").to_uppercase());
        let (_, rows) = self.app.delivered(&viewer(), &term, App::as_of(None, None)).await.unwrap();
        let offers = rows.iter().filter_map(|row| row.offer.as_ref().map(ToString::to_string)).collect();
        (rows.iter().map(|row| row.units).sum(), offers)
    }

    /// What a term's goods are worth, in minor units.
    async fn worth(&self, milestone: &str) -> i64 {
        let term = format!("T-{}", milestone.replace('_', "-").to_uppercase());
        let (_, rows) = self.app.delivered(&viewer(), &term, App::as_of(None, None)).await.unwrap();
        rows.iter().filter_map(|row| row.worth.as_ref().map(|(_, minor)| minor)).sum()
    }

    /// A consignment of vests that has come to the hub on its way to the point.
    async fn at_hub(&self, vests: i64, need: Option<&str>) -> String {
        let code = self.consigned("P", vec![offered("O-1", vests, need)]).await;
        self.ready(&code).await;
        self.depart(&code).await;
        self.arrive(&code, &all_there()).await;
        code
    }

    async fn goes_on(&self, code: &str) {
        self.depart(code).await;
        self.arrive(code, &all_there()).await;
    }

    async fn joins(&self, code: &str, other: &str) {
        self.app.consignment_join(code, &[other.to_owned()], &actor()).await.unwrap();
    }

    async fn split(&self, code: &str, line: i64, units: i64) -> String {
        self.app.consignment_split(code, &[LinePart::of(line, units)], &[], &actor()).await.unwrap().to_string()
    }
}

/// That the first line is worth a thousand euros.
fn a_thousand() -> StatedWorth {
    StatedWorth {
        line: 1,
        amount: Fixed::parse("1000").unwrap(),
        currency: Currency::parse("EUR").unwrap(),
        method: Text::new("book value").unwrap(),
        date: "2026-09-01".parse().unwrap(),
        source: Text::new("test").unwrap(),
    }
}

#[tokio::test]
async fn what_is_joined_or_split_again_and_again_is_counted_once() {
    for engine in ENGINES {
        let site = lending(engine).await;
        let (one, two) = (site.at_hub(100, None).await, site.at_hub(50, None).await);
        site.app.consignment_value(&two, &a_thousand(), &actor()).await.unwrap();
        assert_eq!((site.reached("departed").await.0, site.reached("arrived_at_node").await.0), (150, 150));
        assert_eq!(site.worth("departed").await, 100_000);
        site.joins(&one, &two).await;
        let part = site.split(&one, 2, 30).await;
        let less = site.split(&part, 1, 10).await;
        for code in [&one, &part, &less] {
            site.goes_on(code).await;
        }
        assert_eq!((site.reached("departed").await.0, site.reached("arrived_at_node").await.0), (150, 150));
        assert_eq!((site.worth("departed").await, site.worth("arrived_at_node").await), (100_000, 100_000));
        site.verifies().await;
    }
}

#[tokio::test]
async fn what_is_missing_or_hurt_takes_its_worth_with_it() {
    for engine in ENGINES {
        let site = lending(engine).await;
        let code = site.consigned("P", vec![offered("O-1", 100, None)]).await;
        site.app.consignment_value(&code, &a_thousand(), &actor()).await.unwrap();
        site.ready(&code).await;
        site.depart(&code).await;
        site.arrive(&code, &counted(1, 94, 1)).await;
        for milestone in ["departed", "arrived_at_node"] {
            site.reached(milestone).await;
        }
        assert_eq!((site.worth("departed").await, site.worth("arrived_at_node").await), (100_000, 94_000));
        let part = site.split(&code, 1, 4).await;
        let mut worth = Vec::new();
        for code in [&code, &part] {
            let line = site.app.consignment_shown(&viewer(), code).await.unwrap().lines.remove(0);
            worth.push(line.worth.unwrap().of(line.present));
        }
        assert_eq!(worth, [90_000, 4_000]);
        site.verifies().await;
    }
}

#[tokio::test]
async fn a_milestone_is_of_the_lines_that_reached_it() {
    for engine in ENGINES {
        let site = lending(engine).await;
        // Given and lent, received together.
        let (given, lent) = (offered("O-2", 1, Some("R-3")), offered("O-6", 1, Some("R-3")));
        let code = site.consigned("P", vec![given, lent]).await;
        site.goes(&code, 2).await;
        assert_eq!(site.reached("title_transferred").await, (1, vec!["O-2".to_owned()]));
        assert_eq!(site.reached("received_by_unit").await.0, 2);
        // For a unit and as stock, received together.
        let (unit, stock) = (site.at_hub(100, Some("R-1")).await, site.at_hub(50, None).await);
        site.joins(&unit, &stock).await;
        site.goes_on(&unit).await;
        site.app.consignment_receive(&unit, &all_there(), &Default::default(), &actor()).await.unwrap();
        assert_eq!(site.reached("received_by_unit").await.0, 102, "what is stock no unit received");
        assert_eq!(site.reached("title_transferred").await.0, 101);
        site.verifies().await;
    }
}

#[tokio::test]
async fn title_goes_with_the_goods_and_not_with_the_consignment() {
    for engine in ENGINES {
        let site = lending(engine).await;
        let mut codes = Vec::new();
        for vests in [100, 60, 40, 30] {
            let code = site.at_hub(vests, None).await;
            site.goes_on(&code).await;
            codes.push(code);
        }
        let [plain, titled, titled_too, other] = codes.try_into().unwrap();
        for code in [&titled, &titled_too] {
            site.app.consignment_transfer_title(code, &Circumstances::default(), &actor()).await.unwrap();
        }
        let certificate = "donation_certificate JPN".to_owned();
        assert!(!site.needs(&plain).await.contains(&certificate));
        // What was given is joined to what was not, and the other way round.
        site.joins(&plain, &titled).await;
        site.joins(&titled_too, &other).await;
        for (code, stands, not) in [(&plain, "60", "100"), (&titled_too, "40", "30")] {
            assert!(site.needs(code).await.contains(&certificate));
            let said = site.says(code, DocumentKind::DonationCertificate, None).await;
            assert!(said.contains(&format!(" {stands} each")), "{said}");
            assert!(!said.contains(&format!(" {not} each")), "{said}");
        }
        let part = site.split(&plain, 2, 20).await;
        let less = site.split(&part, 1, 5).await;
        let untitled = site.split(&plain, 1, 10).await;
        for (code, given) in [(&part, true), (&less, true), (&untitled, false)] {
            assert_eq!(site.needs(code).await.contains(&certificate), given);
        }
        site.verifies().await;
    }
}

#[tokio::test]
async fn papers_of_what_is_parted_and_joined_say_what_went_and_how() {
    for engine in ENGINES {
        let site = lending(engine).await;
        let code = site.at_hub(100, None).await;
        let part = site.split(&code, 1, 40).await;
        site.depart(&part).await;
        // The part never was on the road that its first lane stands for.
        let waybill = site.says(&part, DocumentKind::Waybill, None).await;
        assert!(waybill.contains("Consignment note (rail)") && waybill.contains("PL 12345"), "{waybill}");
        // The manifest of the first leg lists all that was on it.
        let shown = site.app.consignment_shown(&viewer(), &code).await.unwrap();
        let movement = shown.movements[0].movement.code.to_string();
        let english = Some(muster_app::documents::Language::English.into());
        let manifest = site.app.manifest(&movement, Some(1), english, &actor()).await.unwrap();
        let manifest = pdf_extract::extract_text_from_mem(&manifest).unwrap();
        assert!(manifest.contains("100 each") && !manifest.contains("60 each"), "{manifest}");
        // What is joined to another is none of the first's any more.
        let joined = site.at_hub(30, None).await;
        site.joins(&code, &joined).await;
        assert_eq!(site.needs(&joined).await, [""; 0]);
        let list = DocumentKind::PackingList;
        let nothing = site.app.document(&joined, list, &Asked::default(), &actor()).await.unwrap_err();
        assert!(nothing.to_string().contains("document-nothing-left"), "{nothing}");
        site.split(&code, 2, 30).await;
        let said = site.says(&code, list, None).await;
        assert!(said.contains("60 each") && !said.contains(" 0 each") && said.matches("Vest").count() == 1, "{said}");
    }
}

#[tokio::test]
async fn a_receipt_on_paper_says_what_was_signed() {
    for engine in ENGINES {
        let site = lending(engine).await;
        for (name, party) in [("driver", "POL"), ("keeper", "JPN")] {
            site.hub_operator(name, party).await;
            site.app.set_pin("135790", &Actor::new(Viewer::operator(name), "my PIN")).await.unwrap();
        }
        let code = site.consigned("P", vec![offered("O-1", 100, Some("R-1"))]).await;
        site.ready(&code).await;
        let signer =
            |name: &str| Signer { name: name.into(), party: String::new(), means: Means::Pin("135790".into()) };
        let signed = Signed { from: signer("keeper"), to: signer("driver"), text: String::new(), photos: vec![] };
        let how = Circumstances { signed: Some(signed), ..Circumstances::default() };
        let on = Conveyance { carrier: "Carrier".into(), conveyance: "PL 1".into(), ..Conveyance::default() };
        site.app.consignment_depart(&code, &on, &how, &actor()).await.unwrap();
        let receipt = async || site.says(&code, DocumentKind::HandoverReceipt, None).await;
        let before = receipt().await;
        assert!(before.contains("Vest") && before.contains("100") && before.contains("Point"), "{before}");
        site.arrive(&code, &all_there()).await;
        // Trucks are joined to it, vests split off, and it is sent back.
        let trucks = site.consigned("P", vec![offered("O-2", 2, Some("R-3"))]).await;
        site.prepared(&trucks, "A").await;
        site.depart(&trucks).await;
        site.arrive(&trucks, &all_there()).await;
        site.joins(&code, &trucks).await;
        site.split(&code, 1, 30).await;
        assert_eq!(site.import(vec![way_back()]).await.issues, vec![]);
        site.app.consignment_redirect(&code, ("D", &[], None), &actor()).await.unwrap();
        assert_eq!(receipt().await, before);
        site.verifies().await;
    }
}
