//! Gates that were opened with authority, as an auditor finds them.

use axum::http::StatusCode;
use muster_domain::role::Role;
use muster_testkit::database::ENGINES;
use serde_json::{Value, json};

use crate::transfer::{api, made, stocked};

#[tokio::test]
async fn an_auditor_finds_who_opened_which_gate_for_what_and_why() {
    for engine in ENGINES {
        let (site, accounts) = stocked(engine).await;
        let code = made(&site, &accounts[..1]).await;
        let none = site.get("/oversight").await.text;
        assert!(none.contains("No gate was opened with authority."), "{none}");
        let ready = "deed=ready&units+1=L-1+300&override=condition&reason=no+time+to+look";
        let done = site.post(&format!("/consignments/{code}"), &site.cookie, ready).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        for address in ["/oversight", "/oversight?gate=condition&opened_by=anna&opened_from=2026-09-15"] {
            let page = site.get(address).await.text;
            assert!(page.contains("no time to look") && page.contains(&code), "{address}: {page}");
        }
        for other in ["gate=segregation", "opened_by=nobody", "opened_to=2026-09-14", "known=2026-09-14"] {
            let page = site.get(&format!("/oversight?{other}")).await.text;
            assert!(!page.contains("no time to look"), "{other}: {page}");
        }
        let (_, all) = api(&site, "GET", "/overrides?gate=condition&actor=anna", Value::Null).await;
        let one = &all["overrides"][0];
        assert_eq!((&one["consignment"], &one["line"]), (&json!(code), &json!(1)), "{all}");
        assert_eq!((&one["reason"], &all["next"]), (&json!("no time to look"), &Value::Null), "{all}");
        let (status, wrong) = api(&site, "GET", "/overrides?gate=door", Value::Null).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        let japan = site.user("jun", "JPN", &[Role::DonorLiaison]).await;
        let hidden = site.ask("GET", "/api/v1/overrides", &japan).await;
        assert!(hidden.text.contains("\"overrides\":[]"), "{}", hidden.text);
    }
}
