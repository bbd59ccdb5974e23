//! The list of all things that events name, as far as a viewer sees the events: handling units, single things and what else stands there for
//! one thing. It is read name by name from what is kept, without making the events.

use std::collections::BTreeSet;

use muster_domain::{code::Code, field::Field as _, gs1::Sscc, picture::Picture, viewer::Viewer};
use muster_interchange::epcis::custody::{Named, Naming};
use muster_storage::{
    db::Conn,
    epcis::thing::{self as store, Which},
};

use crate::{App, Error};

/// Most names of a page.
pub const MOST_THINGS: usize = 500;

/// Which part of the list comes next: handling units, things by serial number, lines of which nothing came; then things of others.
const UNITS: u8 = 0;
const SERIALS: u8 = 1;
const LINES: u8 = 2;
const OVER: u8 = 4;

/// Where a page ended: part, and its last name and number.
pub type Place = (u8, String, i64);

/// A page of names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Things {
    /// The names.
    pub names: Vec<String>,
    /// Where it ended, if there may be more.
    pub next: Option<Place>,
}

impl App {
    /// Names of things in events that the viewer sees, each once, after a place. A page may have fewer names than asked for.
    ///
    /// # Errors
    /// If there is no mission, or the database fails.
    pub async fn epcis_things(&self, viewer: &Viewer, after: Option<Place>, most: usize) -> Result<Things, Error> {
        let (naming, picture) = self.telling().await?;
        let mut conn = self.read().await?;
        let most = most.clamp(1, MOST_THINGS);
        let list = List { viewer, naming: &naming, picture: &picture };
        let (mut names, mut place) = (Vec::new(), after.unwrap_or((UNITS, String::new(), 0)));
        while place.0 < OVER && names.len() < most {
            let wanted = most - names.len();
            let (found, last) = list.part(&mut conn, &place, wanted as i64).await?;
            names.extend(found);
            place = last.unwrap_or((place.0 + 1, String::new(), 0));
        }
        Ok(Things { names, next: Some(place).filter(|place| place.0 < OVER) })
    }
}

struct List<'a> {
    viewer: &'a Viewer,
    naming: &'a Naming,
    picture: &'a Picture,
}

impl List<'_> {
    /// The next names of a part, and where they end; `None`: with them the part.
    async fn part(
        &self,
        conn: &mut Conn,
        (part, after, number): &Place,
        most: i64,
    ) -> Result<(Vec<String>, Option<Place>), Error> {
        let (found, last): (Vec<String>, Option<(String, i64)>) = match *part {
            UNITS => {
                let units = store::units(conn, self.viewer, Which::After(after, most)).await?;
                let last = full(&units, most).map(|last| (last.clone(), 0));
                (units.iter().filter_map(|unit| unit_id(unit)).collect(), last)
            }
            SERIALS => {
                let serials = store::serials(conn, self.viewer, Which::After(after, most)).await?;
                let last = full(&serials, most).map(|last| (last.clone(), 0));
                (self.of_serials(conn, &serials).await?.into_iter().collect(), last)
            }
            LINES => {
                let lines = store::lines(conn, self.viewer, &(after.clone(), *number), most).await?;
                let last = full(&lines, most).map(|(code, line)| (code.to_string(), *line));
                (lines.iter().map(|(code, line)| self.naming.line(code, *line)).collect(), last)
            }
            _ => {
                let names = store::others(conn, self.viewer, after, most).await?;
                let last = full(&names, most).map(|last| (last.clone(), 0));
                (self.not_ours(conn, names).await?, last)
            }
        };
        Ok((found, last.map(|(name, number)| (*part, name, number))))
    }

    /// The names of things with these serial numbers; of one item each once, in whatever condition it was.
    async fn of_serials(&self, conn: &mut Conn, serials: &[String]) -> Result<BTreeSet<String>, Error> {
        if serials.is_empty() {
            return Ok(BTreeSet::new());
        }
        let found = store::of_serials(conn, self.viewer, serials).await?;
        let name = |(serial, resource): &(String, Code)| {
            let item = self.picture.item_of(resource.as_str()).map(|item| item.code.clone());
            self.naming.serial_id(&item.unwrap_or_else(|| resource.clone()), serial)
        };
        Ok(found.iter().map(name).collect())
    }

    /// Those of the names that were not told of as our own.
    async fn not_ours(&self, conn: &mut Conn, names: Vec<String>) -> Result<Vec<String>, Error> {
        let (mut units, mut serials) = (Vec::new(), Vec::new());
        for name in &names {
            match self.naming.named(name) {
                Some(Named::Unit(sscc)) => units.push(sscc.to_string()),
                Some(Named::Serial(serial)) => serials.push(serial),
                Some(Named::Consignment(_)) | None => {}
            }
        }
        let mut own = self.of_serials(conn, &serials).await?;
        let units = store::units(conn, self.viewer, Which::Among(&units)).await?;
        own.extend(units.iter().filter_map(|unit| unit_id(unit)));
        Ok(names.into_iter().filter(|name| !own.contains(name)).collect())
    }
}

fn unit_id(number: &str) -> Option<String> {
    Sscc::parse(number).ok().map(|sscc| sscc.link().to_string())
}

/// The last of a page that has as much as was asked for.
fn full<T>(all: &[T], most: i64) -> Option<&T> {
    all.last().filter(|_| all.len() as i64 == most)
}
