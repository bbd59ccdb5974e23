//! Who trainees are: known to few, looked at on the record, and erased.

use muster_app::{
    Error,
    storage::{dialect::Engine, training::steps},
    training::nomination::{From, NewNomination},
};
use muster_domain::{role::Role, training::NominationState};
use muster_testkit::database::ENGINES;

use crate::{
    small::{actor, viewer},
    training::{nominee, school},
};

#[tokio::test]
async fn who_somebody_is_is_known_to_few_looked_at_on_the_record_and_erased() {
    for engine in ENGINES {
        let site = school(engine).await;
        let new = NewNomination { person: "Taras T., 1990".into(), ..nominee("S-1", From::Offer("O-C".into())) };
        let code = site.app.nominate(&new, &actor()).await.unwrap().to_string();
        let donor = site.member("donor", "JPN", Role::DonorLiaison).await;
        assert!(site.app.nomination_person(&code, &donor).await.is_err());
        let auditor = site.member("auditor", "POL", Role::Auditor).await;
        assert!(site.app.nomination_person(&code, &auditor).await.is_err(), "who looks at all need not know who it is");
        let officer = site.member("officer", "UKR", Role::RequirementsOfficer).await;
        assert_eq!(site.app.nomination_person(&code, &officer).await.unwrap(), "Taras T., 1990");
        assert_eq!(
            site.app.nomination_person(&code, &officer).await.unwrap(),
            "Taras T., 1990",
            "each look is another"
        );
        let entries = site.app.entries(&viewer(), &Default::default(), 0, 1_000).await.unwrap();
        let looks = entries.iter().filter(|entry| entry.about.contains("looked at: who it is")).count();
        assert_eq!(looks, 2);
        assert!(!entries.iter().any(|entry| entry.about.contains("Taras")), "the journal names nobody");
        site.app.nomination_erase(&code, &officer).await.unwrap();
        assert!(matches!(site.app.nomination_person(&code, &officer).await, Err(Error::NotFound { .. })));
        assert_eq!(site.training_state(&code).await, NominationState::Nominated, "what counts stays");
        site.verifies().await;
    }
}

/// Whether a text stands anywhere in the files of a SQLite database.
fn stands_in_files(address: &str, text: &str) -> bool {
    ["", "-wal", "-shm"]
        .iter()
        .filter_map(|ending| std::fs::read(format!("{address}{ending}")).ok())
        .any(|bytes| bytes.windows(text.len()).any(|part| part == text.as_bytes()))
}

#[tokio::test]
async fn who_somebody_was_is_not_in_the_files_once_it_is_erased() {
    let site = school(Engine::Sqlite).await;
    let address = site.database.address.clone();
    // One is erased by a deed, one because its time is over; a third stays.
    let mut codes = Vec::new();
    for person in ["Erased Byadeed, 1990", "Erased Intime, 1991", "Stillhere Known, 1992"] {
        let new = NewNomination { person: person.into(), ..nominee("S-1", From::Offer("O-C".into())) };
        codes.push(site.app.nominate(&new, &actor()).await.unwrap().to_string());
        assert!(stands_in_files(&address, person), "{person}");
    }
    let officer = site.member("officer", "UKR", Role::RequirementsOfficer).await;
    site.app.nomination_erase(&codes[0], &officer).await.unwrap();
    assert!(!stands_in_files(&address, "Erased Byadeed"));
    assert!(stands_in_files(&address, "Erased Intime") && stands_in_files(&address, "Stillhere Known"));
    // Years later.
    let later = site.at("2036-09-16T12:00:00Z").await;
    // Somebody reads meanwhile, so that the log stays: the next time empties it.
    let mut reader = site.database.db.read().await.unwrap();
    steps(&mut reader, &codes[1]).await.unwrap();
    assert_eq!(later.erase_due(&actor()).await.unwrap(), 2);
    assert!(stands_in_files(&address, "Erased Intime"));
    drop(reader);
    assert_eq!(later.erase_due(&actor()).await.unwrap(), 0);
    assert!(!stands_in_files(&address, "Erased Intime") && !stands_in_files(&address, "Stillhere Known"));
    site.verifies().await;
}
