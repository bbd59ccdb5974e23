//! Handovers at a desk: signed on paper with photographs, and shown with who signed, how, and what was photographed.

use axum::http::StatusCode;
use muster_app::Actor;
use muster_domain::{role::Role, viewer::Viewer};
use muster_testkit::database::ENGINES;
use serde_json::{Value, json};

use crate::{
    site::Site,
    transfer::{api, made, stocked},
};

/// What begins as a JPEG does; `n` tells it from others.
fn picture(n: u8) -> Vec<u8> {
    vec![0xff, 0xd8, 0xff, 0xe0, n]
}

async fn readied(site: &Site, accounts: &[&str]) -> String {
    let code = made(site, accounts).await;
    let ready = json!({
        "lines": [{ "line": 1, "condition": "serviceable", "units": [{ "lot": "L-1", "quantity": 300 }] }],
        "reason": "test",
    });
    let (status, said) = api(site, "POST", &format!("/consignments/{code}/ready"), ready).await;
    assert_eq!(status, StatusCode::OK, "{said}");
    code
}

#[tokio::test]
async fn a_handover_that_was_signed_on_paper_is_recorded_at_a_desk_with_its_photographs() {
    for engine in ENGINES {
        let (site, accounts) = stocked(engine).await;
        let code = readied(&site, &accounts[..1]).await;
        site.user("omar", "UKR", &[Role::HubOperator]).await;
        site.app.set_pin("246802", &Actor::new(Viewer::operator("omar"), "my PIN")).await.unwrap();
        let page = format!("/consignments/{code}");
        let shown = site.get(&page).await.text;
        assert!(shown.contains("enctype=\"multipart/form-data\"") && shown.contains("name=\"from_paper\""), "{shown}");

        let (paper, goods) = (picture(1), picture(2));
        let files: [(&str, &str, &[u8]); 3] =
            [("from_paper", "image/jpeg", &paper), ("photo", "image/jpeg", &goods), ("to_paper", "", b"")];
        let fields = [
            ("deed", "depart"),
            ("carrier", "Carrier"),
            ("conveyance", ""),
            ("at", "2026-09-15T08:00"),
            ("from_name", "Wera W."),
            ("from_party", "OP-WEST"),
            ("to_name", "Driver"),
            ("to_party", "Carrier"),
        ];
        // What is no picture is refused, and so is who signed by nothing.
        let wrong = site.send_files(&page, &site.cookie, &fields, &[("photo", "image/jpeg", b"no picture")]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.text.contains("must be one of image/jpeg"), "{}", wrong.text);
        let wrong = site.send_files(&page, &site.cookie, &fields, &[]).await;
        assert!(wrong.text.contains("say how Wera W. signed"), "{}", wrong.text);
        let wrong = site.send_files(&page, &site.cookie, &fields, &[("odd", "image/jpeg", &paper)]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", wrong.text);
        // What came already need not be chosen again when something else is wrong.
        let refused = site.send_files(&page, &site.cookie, &fields, &files).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        let hash = |field: &str| {
            let begin = format!("<input type=\"hidden\" name=\"{field}\" value=\"");
            let rest = refused.text.split(&begin).nth(1).unwrap_or_else(|| panic!("{field}: {}", refused.text));
            rest.split('"').next().unwrap().to_owned()
        };
        let (of_paper, of_goods) = (hash("from_paper"), hash("photo"));
        assert!(refused.text.contains("need not be chosen again: 2"), "{}", refused.text);
        let again: Vec<(&str, &str)> = fields
            .iter()
            .copied()
            .filter(|(name, _)| *name != "conveyance")
            .chain([("conveyance", "W 1"), ("from_paper", &of_paper), ("photo", &of_goods)])
            .collect();
        let done = site.send_files(&page, &site.cookie, &again, &[]).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);

        // At its arrival one signs on paper and the other by PIN.
        let second = picture(3);
        let fields = [
            ("deed", "arrive"),
            ("rest", "as_stated"),
            ("from_name", "Driver"),
            ("to_name", "omar"),
            ("to_pin", "246802"),
        ];
        let done = site.send_files(&page, &site.cookie, &fields, &[("from_paper", "image/jpeg", &second)]).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);

        let (_, told) = api(&site, "GET", &page, Value::Null).await;
        let all = told["handovers"].as_array().unwrap();
        assert_eq!(all.len(), 2, "{told}");
        let by =
            |n: usize, side: &str| (all[n][side]["name"].as_str().unwrap(), all[n][side]["means"].as_str().unwrap());
        assert_eq!((by(0, "hands_over"), by(0, "takes_over")), (("Wera W.", "paper"), ("Driver", "paper")));
        assert_eq!((by(1, "hands_over"), by(1, "takes_over")), (("Driver", "paper"), ("omar", "pin")));
        assert_eq!((&all[0]["kind"], &all[0]["photos"]), (&json!("departed"), &json!([of_goods])));
        assert_eq!(all[0]["takes_over"]["photo"], json!(of_paper), "both signed one paper");
        let shown = site.get(&page).await.text;
        for one in all {
            let code = one["handover"].as_str().unwrap();
            for part in [
                format!("documents/handover_receipt?handover={code}"),
                format!("/api/v1/handovers/{code}/receipt"),
                format!("<img src=\"/api/v1/handovers/{code}/attachments/"),
            ] {
                assert!(shown.contains(&part), "{part}: {shown}");
            }
        }
        for words in ["Wera W. (OP-WEST), on paper", "omar (UKR), by PIN", "Signed paper 1", "Photograph 2"] {
            assert!(shown.contains(words), "{words}: {shown}");
        }
        // Each time both signed.
        assert!(!shown.contains("nobody signed") && !shown.contains("(unsigned)"), "{shown}");
        assert!(!site.get("/consignments?unsigned=yes").await.text.contains(&page));
        let first = all[0]["handover"].as_str().unwrap();
        let address = format!("/api/v1/handovers/{first}/attachments/{of_goods}");
        let kept = site.get(&address).await;
        assert_eq!((kept.status, kept.header("content-type")), (StatusCode::OK, "image/jpeg"));
        assert!(kept.header("content-disposition").starts_with("inline"), "it is looked at where it is linked");
        let paper = site.get(&format!("/api/v1{page}/documents/handover_receipt?handover={first}")).await;
        assert!(paper.status == StatusCode::OK && paper.text.starts_with("%PDF-"), "{}", paper.text);
        // Somebody who does not see the consignment sees nothing of it, and leaves nothing behind.
        let japan = site.user("jun", "JPN", &[Role::DonorLiaison]).await;
        assert_eq!(site.ask("GET", &address, &japan).await.status, StatusCode::NOT_FOUND);
        let sent = site.send_files(&page, &japan, &fields, &[("from_paper", "image/jpeg", &picture(9))]).await;
        assert_eq!(sent.status, StatusCode::NOT_FOUND, "{}", sent.text);
    }
}

#[tokio::test]
async fn what_was_recorded_unsigned_is_signed_for_later_on_its_page_and_in_the_api() {
    for engine in ENGINES {
        let (site, accounts) = stocked(engine).await;
        let code = readied(&site, &accounts[..1]).await;
        let depart = json!({ "carrier": "C", "conveyance": "W 1", "reason": "test" });
        let (status, said) = api(&site, "POST", &format!("/consignments/{code}/depart"), depart).await;
        assert_eq!(status, StatusCode::OK, "{said}");
        let page = format!("/consignments/{code}");
        let shown = site.get(&page).await.text;
        assert!(shown.contains("Sign for what was recorded") && shown.contains("Departed, Node West"), "{shown}");
        let fields = [
            ("deed", "sign"),
            ("milestone", "2"),
            ("from_name", "Wera W."),
            ("from_party", "OP-WEST"),
            ("to_name", "Driver"),
            ("to_party", "Carrier"),
        ];
        let wrong = site.send_files(&page, &site.cookie, &fields, &[]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.text.contains("say how Wera W. signed"), "{}", wrong.text);
        let sign = |number: i64| {
            let one = |name: &str| json!({ "name": name, "pin": "246802" });
            let signed = json!({ "hands_over": one("wera"), "takes_over": one("omar") });
            json!({ "milestone": number, "signed": signed, "reason": "test" })
        };
        for (name, party) in [("wera", "OP-WEST"), ("omar", "UKR")] {
            site.user(name, party, &[Role::HubOperator]).await;
            site.app.set_pin("246802", &Actor::new(Viewer::operator(name), "my PIN")).await.unwrap();
        }
        let address = format!("/consignments/{code}/sign");
        let (status, said) = api(&site, "POST", &address, sign(1)).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{said}");
        assert!(said.to_string().contains("no custody"), "{said}");
        assert_eq!(api(&site, "POST", &address, sign(7)).await.0, StatusCode::NOT_FOUND);
        let signed = site.send_files(&page, &site.cookie, &fields, &[("from_paper", "image/jpeg", &picture(1))]).await;
        assert_eq!(signed.status, StatusCode::SEE_OTHER, "{}", signed.text);
        let shown = site.get(&page).await.text;
        assert!(shown.contains("signed for later than it was recorded"), "{shown}");
        assert!(!shown.contains("Sign for what was recorded") && !shown.contains("(unsigned)"), "{shown}");
        let (status, said) = api(&site, "POST", &address, sign(2)).await;
        assert!(status == StatusCode::UNPROCESSABLE_ENTITY && said.to_string().contains("was signed for"), "{said}");
        let paper = site.get(&format!("/api/v1{page}/documents/handover_receipt")).await;
        assert!(paper.status == StatusCode::OK && paper.text.starts_with("%PDF-"), "{}", paper.text);
    }
}
