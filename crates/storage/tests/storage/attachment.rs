//! Photographs and papers: how much somebody sent, and what nothing names.

use jiff::Timestamp;
use muster_storage::transfer::{
    Attachment,
    attachment::{keep, may_be_named, sent_since, sweep},
};
use muster_testkit::database::{ENGINES, database};

#[tokio::test]
async fn what_somebody_sent_since_is_counted_once_and_what_is_old_goes() {
    for engine in ENGINES {
        let database = database(engine).await;
        let db = &database.db;
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let (one, two, three) = (at("2026-09-01T00:00:00Z"), at("2026-09-02T00:00:00Z"), at("2026-09-03T00:00:00Z"));
        let send = async |actor: &str, hash: &str, size: usize, now: Timestamp| {
            let new = Attachment { hash: hash.into(), media_type: "image/png".into(), bytes: vec![7; size] };
            keep(db, &new, actor, now).await.unwrap();
        };
        send("omar", "a", 10, one).await;
        send("omar", "b", 20, two).await;
        // The same twice is sent once; somebody else sends for themselves.
        send("omar", "b", 20, two).await;
        send("wera", "b", 20, three).await;
        let mut conn = db.connect().await.unwrap();
        assert_eq!(sent_since(&mut conn, "omar", Timestamp::MIN, "").await.unwrap(), 30);
        assert_eq!(sent_since(&mut conn, "omar", one, "").await.unwrap(), 20);
        assert_eq!(sent_since(&mut conn, "omar", Timestamp::MIN, "b").await.unwrap(), 10);
        assert_eq!(sent_since(&mut conn, "wera", Timestamp::MIN, "").await.unwrap(), 20);
        assert!(may_be_named(&mut conn, "b", two).await.unwrap() && !may_be_named(&mut conn, "a", one).await.unwrap());
        drop(conn);
        assert_eq!((sweep(db, two).await.unwrap(), sweep(db, two).await.unwrap()), (1, 0), "what was sent again stays");
        let mut conn = db.connect().await.unwrap();
        assert!(!may_be_named(&mut conn, "a", Timestamp::MIN).await.unwrap());
        assert!(may_be_named(&mut conn, "b", Timestamp::MIN).await.unwrap());
    }
}
