//! A phone that was lost, revoked by whoever keeps the system at a terminal.

use muster_app::Actor;
use muster_domain::viewer::Viewer;

use crate::{DEMO, code, handover::opened, muster, text};

#[test]
fn a_phone_is_revoked_at_a_terminal_with_the_key_by_which_it_signs() {
    let folder = tempfile::tempdir().unwrap();
    let mission = folder.path().join("mission");
    let run = |arguments: &[&str]| {
        let output = muster(&mission, arguments);
        (code(&output), text(&output.stdout) + &text(&output.stderr))
    };
    assert_eq!(run(&["import", "mission", DEMO]).0, 0);
    assert_eq!(run(&["user", "put", "wera", "--party", "OP-WEST", "--role", "hub_operator"]).0, 0);
    assert_eq!(run(&["user", "tokens", "wera"]), (0, "wera has no token.\n".into()));
    let public = "O2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik=";
    let phone = || {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let (app, own) = (opened(&mission).await, Actor::new(Viewer::operator("wera"), "my phone"));
            let (token, _) = app.grant_token("Hub phone H", true, 90, &own).await.unwrap();
            let key = app.add_signing_key(public, "Hub phone H", Some(token.code.as_str()), &own).await.unwrap();
            (token.code.to_string(), key)
        })
    };
    let (token, key) = phone();
    let (status, told) = run(&["user", "tokens", "wera"]);
    let row = told.lines().find(|line| line.contains(&token)).unwrap_or_default();
    assert!(status == 0 && row.contains("Hub phone H") && row.trim_end().ends_with(&key), "{told}");
    assert!(run(&["user", "keys", "wera"]).1.contains(&token));
    for (arguments, said) in [
        (["user", "revoke", "nobody", &token], "there is no account nobody"),
        (["user", "revoke", "wera", "T-1"], "there is no token T-1"),
    ] {
        let (status, told) = run(&arguments);
        assert!(status == 1 && told.contains(said), "{told}");
    }
    let words = format!("Revoked of wera: token {token} and signing key {key}.\n");
    assert_eq!(run(&["user", "revoke", "wera", &key]), (0, words));
    assert_eq!(run(&["user", "tokens", "wera"]), (0, "wera has no token.\n".into()));
    assert!(run(&["user", "keys", "wera"]).1.contains("not since"));
}
