//! Readers that are given up in the middle: whoever comes after them finds the connection as it should be.

use std::{future::Future, pin::pin, task::Context};

use jiff::Timestamp;
use muster_storage::user;
use muster_testkit::database::{ENGINES, database};

#[tokio::test]
async fn who_gives_up_while_a_view_begins_leaves_no_view_behind() {
    for engine in ENGINES {
        let site = database(engine).await;
        for _ in 0..20 {
            {
                // As when somebody hangs up: it is asked for, and no longer waited for.
                let mut given_up = pin!(site.db.read());
                let mut context = Context::from_waker(std::task::Waker::noop());
                let _ = given_up.as_mut().poll(&mut context);
            }
            user::tried(&site.db, "nobody", false, Timestamp::UNIX_EPOCH).await.unwrap();
        }
    }
}

#[tokio::test]
async fn who_writes_while_they_hold_a_view_waits_for_no_other_view() {
    for engine in ENGINES {
        let site = database(engine).await;
        let mut views = Vec::new();
        for _ in 0..8 {
            views.push(site.db.read().await.unwrap());
        }
        user::tried(&site.db, "nobody", false, Timestamp::UNIX_EPOCH).await.unwrap();
    }
}
