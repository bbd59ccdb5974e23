//! Files come in as a job that can be left and come back to.

use std::time::Duration;

use super::*;

impl Caller<'_> {
    /// How a job ended.
    async fn over(&self, path: &str) -> Value {
        for _ in 0..400 {
            let job = self.get(path).await.is(200).json();
            if job["status"] != "running" {
                return job;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("{path} does not end");
    }

    async fn import(&self, query: &str, media_type: &str, key: &str, body: impl Into<Body>) -> Value {
        let asked = self.ask("POST", &format!("/imports?{query}")).with("content-type", media_type);
        let begun = asked.with("idempotency-key", key).send(body).await.is(202);
        let path = begun.header("location").strip_prefix("/api/v1").unwrap().to_owned();
        self.over(&path).await
    }
}

const TABLE: &str = "code,donor,kind,resource,quantity,place,available_from,state,source,fictional\n\
    DEU-10,DEU,goods,VEST/ok,10,DEPOT-DEU,2026-10-01,pledged,,yes\n\
    DEU-11,DEU,goods,VEST/ok,20,DEPOT-DEU,2026-10-01,pledged,,yes\n";

#[tokio::test]
async fn a_table_with_mistakes_is_mended_and_comes_in_once() {
    for engine in ENGINES {
        let site = Site::demonstration(engine, as_is).await;
        let germany = site.caller("germany", "DEU", Role::DonorLiaison).await;
        let poland = site.caller("poland", "POL", Role::DonorLiaison).await;
        let bad = TABLE.replace(",10,DEPOT-DEU", ",1o,DEPOT-DEU").replace("VEST/ok,20", "NOTHING/ok,20");
        let refused = germany.import("sheet=offers", "text/csv", "a", bad).await;
        assert_eq!(refused["status"], "refused");
        let problems = refused["problems"].as_array().unwrap();
        assert!(problems.iter().any(|p| p["line"] == 2 && p["column"] == "quantity"), "{problems:?}");
        germany.get("/records/offers/DEU-11").await.is_problem(404, "not-found");

        let tried = germany.import("sheet=offers&dry_run=true", "text/csv", "b", TABLE).await;
        assert_eq!((&tried["status"], &tried["sheets"]["offers"]["new"]), (&json!("done"), &json!(2)));
        germany.get("/records/offers/DEU-11").await.is_problem(404, "not-found");
        let done = germany.import("sheet=offers&reason=list", "text/csv", "c", TABLE).await;
        assert_eq!((&done["status"], &done["changes"][0]["kind"]), (&json!("done"), &json!("new")));
        assert_eq!(germany.get("/records/offers/DEU-11/history").await.json()["history"][0]["reason"], "list");
        let again = germany.import("sheet=offers&reason=list", "text/csv", "c", TABLE).await;
        assert_eq!(again["job"], done["job"], "the same key is the same job");
        let job = format!("/imports/{}", done["job"].as_str().unwrap());
        poland.get(&job).await.is_problem(404, "not-found");

        // The same as JSON, and as a form with a workbook.
        let offers = json!({ "offers": [offer("DEU-12")] }).to_string();
        assert_eq!(germany.import("", "application/json", "d", offers).await["status"], "done");
        let form = format!(
            "--x\r\ncontent-disposition: form-data; name=\"files\"; filename=\"my list.csv\"\r\n\r\n{}\r\n--x--\r\n",
            TABLE.replace("DEU-1", "DEU-2")
        );
        let done = germany.import("sheet=offers", "multipart/form-data; boundary=x", "e", form).await;
        assert_eq!((&done["status"], &done["sheets"]["offers"]["new"]), (&json!("done"), &json!(2)));
        let theirs = poland.import("sheet=offers", "text/csv", "f", TABLE.replace("DEU-1", "POL-1")).await;
        assert_eq!(theirs["status"], "refused", "Poland cannot speak for Germany");
    }
}

#[tokio::test]
async fn what_is_no_file_is_told_at_once() {
    let site = Site::demonstration(muster_app::storage::dialect::Engine::Sqlite, as_is).await;
    let staff = site.caller("staff", "NSATU", Role::Coordinator).await;
    let send = |query: &str, media_type: &str, body: &str| {
        staff.ask("POST", &format!("/imports{query}")).with("content-type", media_type).send(body.to_owned())
    };
    send("", "text/csv", "code\n").await.is_problem(422, "invalid");
    send("", "application/pdf", "%PDF").await.is_problem(415, "unsupported-media");
    send("", "multipart/form-data", "").await.is_problem(400, "bad-request");
    send("?sheet=nothing", "text/csv", "code\n").await.is_problem(422, "invalid");
    let large = staff.ask("POST", "/imports?sheet=offers").with("content-type", "text/csv");
    large.with("content-length", "999999999").send("x").await.is_problem(413, "too-large");
    site.nobody().ask("POST", "/imports").send("").await.is_problem(401, "unauthorised");
}
