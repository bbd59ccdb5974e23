//! Published tables come in as announcements.

use muster_domain::picture::Picture;
use muster_interchange::{
    Issue,
    mission::Reading,
    table::{self, Map, TableReading},
};

use crate::{Actor, App, Error, mission::Imported};

/// What came of a table, or would come of it.
#[derive(Debug)]
pub struct ImportedTable {
    /// Every row with what became of it, and the sums.
    pub reading: TableReading,
    /// What it changed among the records.
    pub imported: Imported,
}

impl App {
    /// Imports a published table by its mapping. A row that cannot be read is left out with its reason and keeps no other row out.
    ///
    /// # Errors
    /// If the mapping is wrong (each fault is told), or the database fails.
    pub async fn import_table(
        &self,
        file_name: &str,
        bytes: &[u8],
        map: &str,
        actor: &Actor,
        dry_run: bool,
    ) -> Result<Result<ImportedTable, Vec<Issue>>, Error> {
        let map = match Map::parse(map) {
            Ok(map) => map,
            Err(issues) => return Ok(Err(issues)),
        };
        let current = self.picture(&actor.viewer).await?;
        let reading = table::read(file_name, bytes, &map, &current);
        let mut incoming = Picture::default();
        // The mapping's parties are added; one that is known already stays as it is.
        let new = reading.parties.iter().filter(|party| !current.parties.contains_key(party.code.as_str()));
        new.for_each(|party| incoming.put(party.clone()));
        reading.announcements.iter().for_each(|announcement| incoming.put(announcement.clone()));
        let imported = self.import(Reading::of(incoming), &[], actor, dry_run).await?;
        Ok(Ok(ImportedTable { reading, imported }))
    }
}
