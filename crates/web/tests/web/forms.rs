//! What forms do: records are made, changed and taken further; signing in, accounts and tokens.

use axum::http::StatusCode;
use muster_app::storage::dialect::Engine;
use muster_domain::role::Role;
use muster_testkit::database::ENGINES;

use crate::site::{Site, as_is};

const OFFER: &str = "code=JPN-NEW&donor=JPN&kind=goods&resource=VEST%2Fok&quantity=40&place=JPYOK&available_from=2026-10&state=offered&releasable_to=owner&label_was=&source=test&fictional=yes";

/// The etag that a form carries.
fn etag(text: &str) -> String {
    text.split("name=\"etag\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_donor_makes_changes_and_commits_its_own_offer_and_no_other() {
    for engine in ENGINES {
        let site = Site::demonstration(engine, as_is).await;
        let japan = site.user("yuki", "JPN", &[Role::DonorLiaison]).await;
        let wrong = site.post("/records/offers", &japan, &OFFER.replace("quantity=40", "quantity=4.5&note=kept")).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            wrong.text.contains("must be a whole number for goods") && wrong.text.contains("kept"),
            "what was typed stays"
        );
        let foreign = site.post("/records/offers", &japan, &OFFER.replace("donor=JPN", "donor=POL")).await;
        assert_eq!(foreign.status, StatusCode::FORBIDDEN);
        let code = site.post("/records/offers", &japan, &OFFER.replace("code=JPN-NEW", "code=NEW")).await;
        assert!(code.text.contains("must begin with JPN-"), "{}", code.text);
        let made = site.post("/records/offers", &japan, OFFER).await;
        assert_eq!(
            (made.status, made.header("location")),
            (StatusCode::SEE_OTHER, "/records/offers/JPN-NEW?said=made"),
            "{}",
            made.text
        );
        assert_eq!(site.post("/records/offers", &japan, OFFER).await.status, StatusCode::CONFLICT, "the code is taken");
        let form = site.ask("GET", "/records/offers/JPN-NEW/edit", &japan).await;
        let old = etag(&form.text);
        let edited = format!("{}&etag={old}", OFFER.replace("quantity=40", "quantity=50"));
        assert_eq!(site.post("/records/offers/JPN-NEW", &japan, &edited).await.status, StatusCode::SEE_OTHER);
        let late = site.post("/records/offers/JPN-NEW", &japan, &edited.replace("quantity=50", "quantity=60")).await;
        assert_eq!(late.status, StatusCode::CONFLICT, "somebody who saw the offer of before changes nothing");
        let page = site.ask("GET", "/records/offers/JPN-NEW", &japan).await;
        assert!(page.text.contains("<dd>50</dd>") && page.text.contains("Offered"), "the state stays as it is");
        let taken = site.post("/records/offers/JPN-NEW/state", &japan, "state=committed&reason=signed").await;
        assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.text);
        let page = site.ask("GET", "/records/offers/JPN-NEW", &japan).await;
        assert!(
            page.text.contains("Commitment, expected") && page.text.contains("yuki: signed"),
            "it stands in the journal"
        );
        let back = site.post("/records/offers/JPN-NEW/state", &japan, "state=offered&reason=no").await;
        assert_eq!(back.status, StatusCode::UNPROCESSABLE_ENTITY);
        let validated = site.post("/records/offers/JPN-NEW/state", &japan, "state=allocated&reason=no").await;
        assert_eq!(validated.status, StatusCode::FORBIDDEN, "a donor does not allocate");
        site.app.verify(&muster_domain::viewer::Viewer::operator("t"), None, None, |_| ()).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_need_that_was_handed_in_twice_is_merged_and_a_part_of_it_split_off() {
    for engine in ENGINES {
        let site = Site::demonstration(engine, as_is).await;
        let ukraine = site.user("olena", "UKR", &[Role::RequirementsOfficer]).await;
        let need = |code: &str, quantity: &str| {
            format!(
                "code={code}&unit=U-DEM-1&place=POINT-05&purpose=demining&quantity={quantity}&priority=5&due=2026-10-30&expires=2026-11-30&state=submitted&releasable_to=participants&label_was=&source=test&fictional=yes&requirement_accepts.0.resource=VEST%2Fok&requirement_accepts.0.utility=1"
            )
        };
        for (code, quantity) in [("UKR-A", "10"), ("UKR-B", "7")] {
            let made = site.post("/records/requirements", &ukraine, &need(code, quantity)).await;
            assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
        }
        let address = "/records/requirements/UKR-A";
        let page = site.ask("GET", address, &ukraine).await;
        assert!(page.text.contains("UKR-A/merge") && page.text.contains("UKR-A/split"));
        let form = site.ask("GET", &format!("{address}/merge"), &ukraine).await;
        assert!(form.text.contains("UKR-B") && form.text.contains("for 7, due"), "{}", form.text);
        let etag = etag(&form.text);
        let merge = format!("{address}/merge");
        for wrong in [
            "other=UKR-B",
            "other=UKR-B&quantity=0&reason=x",
            "other=R-001&reason=x",
            "reason=x",
            "other=UKR-B&quantity=x&reason=x",
        ] {
            let told = site.post(&merge, &ukraine, &format!("etag={etag}&{wrong}")).await;
            assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
            assert!(told.text.contains("role=\"alert\""), "{wrong}");
        }
        let told = site.post(&merge, &ukraine, "etag=other&other=UKR-B&reason=twice").await;
        assert_eq!(told.status, StatusCode::CONFLICT);
        assert!(
            told.text.contains("value=\"UKR-B\" checked") && told.text.contains("value=\"twice\""),
            "what was typed stays"
        );
        let merged = site.post(&merge, &ukraine, &format!("etag={etag}&other=UKR-B&reason=twice")).await;
        assert_eq!(
            (merged.status, merged.header("location")),
            (StatusCode::SEE_OTHER, "/records/requirements/UKR-A?said=saved")
        );
        let gone = site.ask("GET", "/records/requirements/UKR-B", &ukraine).await;
        assert!(
            gone.text.contains("Superseded")
                && gone.text.contains("merged into UKR-A: twice")
                && !gone.text.contains("UKR-B/merge")
        );

        let form = site.ask("GET", &format!("{address}/split"), &ukraine).await;
        assert!(form.text.contains("value=\"UKR-A-2\"") && form.text.contains("It is 17 now"), "{}", form.text);
        let etag = self::etag(&form.text);
        let split = format!("{address}/split");
        for wrong in [
            "code=UKR-A-2&quantity=17&reason=x",
            "code=&quantity=1&reason=x",
            "code=UKR-A-2&quantity=1&due=soon&reason=x",
            "code=UKR-A-2&quantity=1&place=NOWHERE&reason=x",
        ] {
            let told = site.post(&split, &ukraine, &format!("etag={etag}&{wrong}")).await;
            assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}: {}", told.text);
        }
        let made = site
            .post(&split, &ukraine, &format!("etag={etag}&code=UKR-A-2&quantity=4&place=POINT-02&due=&reason=half"))
            .await;
        assert_eq!(
            (made.status, made.header("location")),
            (StatusCode::SEE_OTHER, "/records/requirements/UKR-A-2?said=made"),
            "{}",
            made.text
        );
        let rest = site.ask("GET", address, &ukraine).await;
        assert!(rest.text.contains("<dd>13</dd>"));
        let japan = site.user("yuki", "JPN", &[Role::DonorLiaison]).await;
        for form in ["merge", "split"] {
            let told = site.ask("GET", &format!("{address}/{form}"), &japan).await;
            assert_eq!(told.status, StatusCode::FORBIDDEN, "a need is its owner's to change");
            let told =
                site.post(&format!("{address}/{form}"), &japan, "other=UKR-A-2&code=JPN-1&quantity=1&reason=x").await;
            assert_eq!(told.status, StatusCode::FORBIDDEN);
            let absent = site.ask("GET", &format!("/records/requirements/UKR-Z/{form}"), &ukraine).await;
            assert_eq!(absent.status, StatusCode::NOT_FOUND);
        }
    }
}

#[tokio::test]
async fn a_need_is_written_with_what_meets_it() {
    for engine in ENGINES {
        let site = Site::demonstration(engine, as_is).await;
        let ukraine = site.user("olena", "UKR", &[Role::RequirementsOfficer]).await;
        let form = "code=UKR-N1&unit=U-DEM-1&place=POINT-05&purpose=demining&quantity=10&priority=5&due=2026-10-30&expires=2026-11-30&state=draft&releasable_to=participants&label_was=&source=test&fictional=yes&requirement_accepts.0.resource=VEST%2Fok&requirement_accepts.0.utility=1&requirement_accepts.1.resource=&requirement_accepts.1.utility=";
        let made = site.post("/records/requirements", &ukraine, form).await;
        assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
        let none = site
            .post(
                "/records/requirements",
                &ukraine,
                &form
                    .replace("UKR-N1", "UKR-N2")
                    .replace("requirement_accepts.0.resource=VEST%2Fok", "requirement_accepts.0.resource=NOWHERE"),
            )
            .await;
        assert!(
            none.status == StatusCode::UNPROCESSABLE_ENTITY && none.text.contains("must be a code from resources"),
            "{}",
            none.text
        );
        let sent = site.post("/records/requirements/UKR-N1/state", &ukraine, "state=submitted&reason=ready").await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER);
        let valid = site.post("/records/requirements/UKR-N1/state", &ukraine, "state=validated&reason=mine").await;
        assert_eq!(valid.status, StatusCode::FORBIDDEN, "the mission validates, not who asks");
        assert_eq!(
            site.post("/records/requirements/UKR-N1/state", &site.cookie, "state=validated&reason=checked")
                .await
                .status,
            StatusCode::SEE_OTHER
        );
        let page = site.ask("GET", "/records/requirements/UKR-N1", &ukraine).await;
        assert!(
            page.text.contains("Which offers fit it") && page.text.contains("O-JPN-04"),
            "an offer of vests that is released to it"
        );
    }
}

#[tokio::test]
async fn passwords_sessions_and_tokens() {
    for engine in ENGINES {
        let site = Site::demonstration(engine, as_is).await;
        let wrong = site.post("/sign-in", "", "name=anna&password=wrong").await;
        let nobody = site.post("/sign-in", "", "name=nobody&password=wrong").await;
        assert_eq!((wrong.status, nobody.status), (StatusCode::UNPROCESSABLE_ENTITY, StatusCode::UNPROCESSABLE_ENTITY));
        assert_eq!(
            wrong.text.replace("anna", "nobody"),
            nobody.text,
            "it is not told whether there is such an account"
        );
        for _ in 0..5 {
            site.post("/sign-in", "", "name=anna&password=wrong").await;
        }
        let wait = site.post("/sign-in", "", "name=anna&password=wrong").await;
        assert_eq!(wait.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(wait.text.contains("Too many attempts") && wait.text.contains("name=\"password\""), "{}", wait.text);
        assert!(wait.header("retry-after").parse::<u64>().unwrap() > 0);
        let japan = site.user("yuki", "JPN", &[Role::DonorLiaison]).await;
        let away = site.post("/sign-in", "", "name=yuki&password=x&next=https%3A%2F%2Fevil.example").await;
        assert!(away.text.contains("name=\"next\" value=\"/\""), "it leads nowhere else");
        let token = |text: &str| {
            text.split("muster_").nth(1).unwrap().split(['<', ' ']).next().map(|t| format!("muster_{t}")).unwrap()
        };
        let granted = site.post("/account", &japan, "do=grant&label=robot&days=3").await;
        assert_eq!(granted.status, StatusCode::OK);
        let secret = token(&granted.text);
        let by_token = |address: &'static str, secret: String| {
            let request =
                axum::http::Request::builder().uri(address).header("authorization", format!("Bearer {secret}"));
            site.answer(request.body(axum::body::Body::empty()).unwrap())
        };
        assert!(by_token("/records/offers/O-JPN-11", secret.clone()).await.status == StatusCode::OK);
        assert_eq!(by_token("/", "muster_wrong".into()).await.status, StatusCode::UNAUTHORIZED);
        let code = site
            .ask("GET", "/account", &japan)
            .await
            .text
            .split("value=\"T-")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned();
        site.post("/account", &japan, &format!("do=revoke&token=T-{code}")).await;
        assert_eq!(by_token("/", secret).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(site.ask("GET", "/administration", &japan).await.status, StatusCode::FORBIDDEN);
        assert_eq!(
            site.post("/administration", &japan, "name=evil&party=JPN&roles=administrator").await.status,
            StatusCode::FORBIDDEN
        );
        site.post("/account", &japan, "do=everywhere").await;
        assert_eq!(
            site.ask("GET", "/records/offers/O-JPN-11", &japan).await.status,
            StatusCode::NOT_FOUND,
            "the session has ended"
        );
        let form = site.get("/administration?user=yuki").await.text;
        let etag = form.split("name=\"etag\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        let site = &site;
        let save = |etag: &str, rest: &str| {
            let form = format!("name=yuki&party=JPN&roles=donor_liaison&do=save&etag={etag}{rest}");
            async move { site.post("/administration", &site.cookie, &form).await }
        };
        assert_eq!(save(etag, "&disabled=yes").await.status, StatusCode::OK);
        let stale = save(etag, "").await;
        assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED, "what somebody else did is not undone unseen");
        assert!(stale.text.contains("changed in the meantime") && stale.text.contains("value=\"yes\" checked"));
        assert!(site.get("/oversight?activity=administer").await.text.contains("yuki of JPN, donor_liaison, disabled"));
    }
}

#[tokio::test]
async fn a_file_with_mistakes_is_looked_at_mended_and_imported() {
    for engine in [Engine::Sqlite] {
        let site = Site::demonstration(engine, as_is).await;
        let japan = site.user("yuki", "JPN", &[Role::DonorLiaison]).await;
        let head = "code,donor,kind,resource,quantity,place,available_from,caveats,fund,earmark,terms,state,state_reason,value,value_currency,value_method,value_date,statement,note,source,fictional";
        let send = async |rows: &str| {
            let body = format!(
                "--x\r\ncontent-disposition: form-data; name=\"files\"; filename=\"my list.csv\"\r\n\r\n{head}\n{rows}\r\n--x\r\ncontent-disposition: form-data; name=\"sheet\"\r\n\r\noffers\r\n--x--\r\n"
            );
            let request = axum::http::Request::builder()
                .method("POST")
                .uri("/import")
                .header("cookie", &japan)
                .header("sec-fetch-site", "same-origin")
                .header("content-type", "multipart/form-data; boundary=x");
            let answer = site.answer(request.body(axum::body::Body::from(body)).unwrap()).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
            answer.header("location").to_owned()
        };
        let bad = "JPN-1,JPN,goods,VEST/ok,-4,JPYOK,2026-10-01,,,,,offered,,,,,,,,test,yes\nJPN-2,JPN,goods,NOTHING,4,JPYOK,2026-10-01,,,,,offered,,,,,,,,test,yes\nJPN-3,POL,goods,VEST/ok,4,JPYOK,2026-10-01,,,,,offered,,,,,,,,test,yes";
        let upload = send(bad).await;
        let page = site.ask("GET", &upload, &japan).await;
        for text in [
            "must be above 0",
            "must be a code from resources",
            "only these may create offers",
            "offers.csv",
            "3 problems",
        ] {
            assert!(page.text.contains(text), "{text}");
        }
        assert_eq!(
            site.ask("GET", &upload, &site.cookie).await.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "nobody else gets it"
        );
        assert!(!page.text.contains(">Import</button>"));
        let upload = send(&bad.replace("-4", "4").replace("NOTHING", "HELMET/ok").replace("POL", "JPN")).await;
        let page = site.ask("GET", &upload, &japan).await;
        assert!(page.text.contains(">Import</button>"), "{}", page.text);
        let done = site.post(&upload, &japan, "reason=our+list").await;
        assert_eq!((done.status, done.header("location")), (StatusCode::SEE_OTHER, "/records/offers?said=imported"));
        assert_eq!(site.ask("GET", "/records/offers/JPN-2", &japan).await.status, StatusCode::OK);
    }
}
