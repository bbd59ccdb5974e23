//! Who signs a handover on the command line: by PIN, which is asked for or read from a file and never stands among the arguments, or on
//! paper, of which a photograph or scan is kept.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use clap::Args;
use muster_app::{
    Actor, App,
    transfer::handover::{LONGEST_ATTACHMENT, MEDIA_TYPES, MOST_PHOTOS, Means, Signed, Signer, media_type_of},
};
use muster_domain::message;

use crate::{Failure, open};

/// Longest file of PINs, in bytes.
const LONGEST_PINS: u64 = 1_024;

/// Who hands over and who takes over.
#[derive(Debug, Args)]
pub(crate) struct Signing {
    /// Who hands over and signs: the name of their account, or as it stands on the paper
    #[arg(long, value_name = "NAME", requires = "takes_over")]
    hands_over: Option<String>,
    /// Who takes over and signs
    #[arg(long, value_name = "NAME", requires = "hands_over")]
    takes_over: Option<String>,
    /// What who hands over signed on paper: photograph or scan [default: they sign by PIN]
    #[arg(long, value_name = "FILE", requires = "hands_over")]
    hands_over_paper: Option<PathBuf>,
    /// What who takes over signed on paper; the same file if both signed one paper [default: they sign by PIN]
    #[arg(long, value_name = "FILE", requires = "takes_over")]
    takes_over_paper: Option<PathBuf>,
    /// The party of who hands over, if they sign on paper
    #[arg(long, value_name = "PARTY", default_value = "", hide_default_value = true, requires = "hands_over_paper")]
    hands_over_party: String,
    /// The party of who takes over, if they sign on paper
    #[arg(long, value_name = "PARTY", default_value = "", hide_default_value = true, requires = "takes_over_paper")]
    takes_over_party: String,
    /// The PINs of those who sign by PIN, each on a line of this file, who hands over first; - reads them from the standard input
    /// [default: they are asked for, and not shown]
    #[arg(long, value_name = "FILE", requires = "hands_over")]
    pins: Option<PathBuf>,
    /// A photograph of what was handed over; may be given several times
    #[arg(long = "photo", value_name = "FILE", requires = "hands_over")]
    photos: Vec<PathBuf>,
}

/// How somebody signs.
enum By {
    Pin(String),
    Paper(Vec<u8>),
}

/// Two who sign, and what was photographed, all read.
pub(crate) struct Signers {
    sides: [(String, String, By); 2],
    photos: Vec<Vec<u8>>,
}

impl Signing {
    /// Reads PINs, papers and photographs, before the database is opened: what is mistyped changes nothing.
    pub(crate) fn read(&self) -> Result<Option<Signers>, Failure> {
        let (Some(from), Some(to)) = (&self.hands_over, &self.takes_over) else { return Ok(None) };
        if self.photos.len() > MOST_PHOTOS {
            return Err(Failure::option("--photo", message!("at-most", most = MOST_PHOTOS)));
        }
        let paper = |path: &Option<PathBuf>| path.as_deref().map(picture).transpose();
        let papers = [paper(&self.hands_over_paper)?, paper(&self.takes_over_paper)?];
        let photos = self.photos.iter().map(|path| picture(path)).collect::<Result<_, _>>()?;
        let by_pin = papers.iter().filter(|paper| paper.is_none()).count();
        let mut given = self.pins.as_deref().map(|path| pins(path, by_pin)).transpose()?.map(Vec::into_iter);
        let mut side = |name: &String, party: &String, paper: Option<Vec<u8>>| {
            let by = match (paper, &mut given) {
                (Some(paper), _) => By::Paper(paper),
                (None, Some(given)) => By::Pin(given.next().unwrap_or_default()),
                (None, None) => By::Pin(asked(name)?),
            };
            Ok::<_, Failure>((name.clone(), party.clone(), by))
        };
        let [of_from, of_to] = papers;
        let sides = [side(from, &self.hands_over_party, of_from)?, side(to, &self.takes_over_party, of_to)?];
        Ok(Some(Signers { sides, photos }))
    }
}

impl Signers {
    /// Keeps papers and photographs; gives who signed.
    pub(crate) async fn keep(self, app: &App, actor: &Actor) -> Result<Signed, Failure> {
        let keep = async |bytes: &[u8]| app.attach(media_type_of(bytes).unwrap_or_default(), bytes, actor).await;
        let mut signers = Vec::with_capacity(2);
        for (name, party, by) in self.sides {
            let means = match by {
                By::Pin(pin) => Means::Pin(pin),
                By::Paper(bytes) => Means::Paper(keep(&bytes).await?),
            };
            signers.push(Signer { name, party, means });
        }
        let mut photos = Vec::with_capacity(self.photos.len());
        for bytes in &self.photos {
            photos.push(keep(bytes).await?);
        }
        let to = signers.pop().expect("two were read");
        let from = signers.pop().expect("two were read");
        Ok(Signed { from, to, text: String::new(), photos })
    }
}

/// A photograph or paper that may be kept.
pub(crate) fn picture(path: &Path) -> Result<Vec<u8>, Failure> {
    let size = fs::metadata(path).map_err(|error| open::unreadable(path, &error))?.len();
    let bytes = if size > LONGEST_ATTACHMENT as u64 { Vec::new() } else { open::bytes(path)? };
    let kinds = MEDIA_TYPES.join(", ");
    let wrong = || Failure::option(open::shown(path), message!("attachment-right", kinds, most = LONGEST_ATTACHMENT));
    media_type_of(&bytes).map(|_| ()).ok_or_else(wrong)?;
    Ok(bytes)
}

/// So many PINs from a file, one on each line.
fn pins(path: &Path, count: usize) -> Result<Vec<String>, Failure> {
    let mut text = String::new();
    let read = match path.to_str() {
        Some("-") => std::io::stdin().take(LONGEST_PINS).read_to_string(&mut text),
        _ => fs::File::open(path).and_then(|file| file.take(LONGEST_PINS).read_to_string(&mut text)),
    };
    read.map_err(|error| open::unreadable(path, &error))?;
    let all: Vec<String> = text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect();
    if all.len() == count { Ok(all) } else { Err(Failure::option("--pins", message!("pins-each", count))) }
}

/// A PIN that somebody types, and that is not shown.
fn asked(name: &str) -> Result<String, Failure> {
    let nobody =
        |error: std::io::Error| Failure::Unreadable(message!("pin-not-asked", name, error = error.to_string()));
    rpassword::prompt_password(format!("PIN of {name}: ")).map_err(nobody)
}
