//! What lines of consignments are worth, as somebody states it.

use axum::http::StatusCode;
use muster_domain::role::Role;
use muster_testkit::database::ENGINES;
use serde_json::{Value, json};

use crate::transfer::{api, made, stocked};

#[tokio::test]
async fn what_a_line_is_worth_is_stated_with_how_when_and_by_whom_it_was_found() {
    for engine in ENGINES {
        let (site, accounts) = stocked(engine).await;
        let code = made(&site, &accounts[..1]).await;
        let path = format!("/consignments/{code}/value");
        let worth = json!({
            "line": 1, "amount": "1200.50", "currency": "EUR", "method": "book value", "date": "2026-09-01",
            "source": "Depot card 14", "reason": "test",
        });
        assert_eq!(api(&site, "POST", &path, worth.clone()).await.0, StatusCode::NO_CONTENT);
        let (_, shown) = api(&site, "GET", &format!("/consignments/{code}"), Value::Null).await;
        let stated = json!({
            "minor": 120_050, "currency": "EUR", "method": "book value", "date": "2026-09-01", "source": "Depot card 14",
        });
        assert_eq!(shown["lines"][0]["value"], stated, "{shown}");
        // On its page it is stated anew; what was stated before is in the journal.
        let form =
            "deed=value&line=1&amount=1100&currency=EUR&method=appraisal&date=2026-09-10&source=Surveyor&reason=worn";
        let page = format!("/consignments/{code}");
        assert_eq!(site.post(&page, &site.cookie, form).await.status, StatusCode::SEE_OTHER);
        let journal = site.get("/journal?activity=change").await;
        assert!(
            journal.text.contains("EUR 1100 by appraisal, Surveyor after EUR 1200.5 by book value"),
            "{}",
            journal.text
        );
        for (field, wrong) in [
            ("amount", json!("1200.505")),
            ("amount", json!("-1")),
            ("currency", json!("EURO")),
            ("method", json!("")),
            ("source", json!("")),
            ("date", json!("yesterday")),
            ("line", json!(9)),
        ] {
            let mut worth = worth.clone();
            worth[field] = wrong;
            let (status, said) = api(&site, "POST", &path, worth).await;
            assert!(
                matches!(status, StatusCode::UNPROCESSABLE_ENTITY | StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND),
                "{field}: {status} {said}"
            );
        }
        let refused = site.post(&page, &site.cookie, &form.replace("1100", "11x")).await;
        assert!(
            refused.text.contains("value=\"11x\"") && refused.text.contains("value=\"Surveyor\""),
            "{}",
            refused.text
        );
        let japan = site.user("jun", "JPN", &[Role::DonorLiaison]).await;
        assert_eq!(site.post(&page, &japan, form).await.status, StatusCode::NOT_FOUND);
    }
}
