//! What stands around every page: navigation, search, the as-of date, and who is signed in.

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use jiff::civil::Date;
use muster_app::transfer::handover::LONGEST_ATTACHMENT;
use muster_domain::{
    picture::Picture,
    policy::{self, Action, Deed},
    role::Role,
    viewer::Viewer,
};

use crate::{
    LONGEST_PHOTOS, assets,
    auth::Asker,
    problem,
    text::{say, say_with},
};

/// A group of pages in the navigation.
pub(crate) struct Group {
    pub(crate) name: &'static str,
    pub(crate) pages: Vec<Link>,
}

/// A page in the navigation.
pub(crate) struct Link {
    pub(crate) name: &'static str,
    pub(crate) address: &'static str,
    pub(crate) here: bool,
}

/// Pages by group: the name of a page's text is also the name by which the page says that it is the one.
const PAGES: &[(&str, &[(&str, &str)])] = &[
    ("nav-picture", &[("nav-overview", "/"), ("nav-plan", "/plan")]),
    ("nav-support", &[("nav-needs", "/needs"), ("nav-offers", "/offers"), ("nav-movements", "/movements")]),
    (
        "nav-transfer",
        &[
            ("nav-consignments", "/consignments"),
            ("nav-variances", "/variances"),
            ("nav-end-use", "/end-use"),
            ("nav-hub", "/hub"),
        ],
    ),
    ("nav-capability", &[("nav-repair", "/repair"), ("nav-training", "/training")]),
    ("nav-network", &[("nav-places", "/places"), ("nav-catalogue", "/catalogue")]),
    ("nav-parties", &[("nav-partners", "/partners")]),
    (
        "nav-trust",
        &[("nav-journal", "/journal"), ("nav-oversight", "/oversight"), ("nav-administration", "/administration")],
    ),
];

/// What stands around a page.
pub(crate) struct Shell {
    pub(crate) style: String,
    pub(crate) script: String,
    /// Name of the page in the browser's tab.
    pub(crate) title: String,
    pub(crate) mission: String,
    pub(crate) groups: Vec<Group>,
    /// Who is signed in; empty for nobody.
    pub(crate) user: String,
    pub(crate) user_party: String,
    /// What is searched for.
    pub(crate) q: String,
    /// The date as of which the page is drawn, if the page can be drawn so.
    pub(crate) as_of: Option<AsOf>,
    /// Something that has just been done, to be said once.
    pub(crate) said: Option<String>,
    /// How much a form may hold.
    pub(crate) sizes: Sizes,
}

/// How much the files of a form may hold, in bytes, so that its page can say so before they are sent.
pub(crate) struct Sizes {
    /// One of them.
    pub(crate) file: usize,
    /// All together.
    pub(crate) files: usize,
}

impl Sizes {
    /// Of photographs and papers.
    pub(crate) const USUAL: Self = Self { file: LONGEST_ATTACHMENT, files: LONGEST_PHOTOS };

    /// What is said of one that is larger.
    pub(crate) fn file_large(&self) -> String {
        say_with("file-large", &[("n", (self.file >> 20).into())])
    }

    /// What is said of all, where they are larger together.
    pub(crate) fn files_large(&self) -> String {
        say_with("files-large", &[("n", (self.files >> 20).into())])
    }
}

/// The date as of which a page is drawn.
pub(crate) struct AsOf {
    pub(crate) date: Option<Date>,
    pub(crate) known: Option<Date>,
    pub(crate) address: &'static str,
}

impl Shell {
    /// Around the page `here` (the name of its text in the navigation), called `title`.
    pub(crate) fn new(asker: &Asker, picture: &Picture, here: &str, title: impl Into<String>) -> Self {
        let viewer = &asker.viewer;
        let groups = PAGES.iter().map(|(name, pages)| {
            let seen = pages.iter().filter(|(page, _)| shows(viewer, page));
            let link = |(name, address): &(&'static str, &'static str)| Link { name, address, here: *name == here };
            Group { name, pages: seen.map(link).collect() }
        });
        Self {
            style: assets::style(),
            script: assets::script(),
            title: title.into(),
            mission: picture.mission().map_or_else(|| say("no-mission").into_owned(), |m| m.name.to_string()),
            groups: groups.filter(|group| !group.pages.is_empty()).collect(),
            user: viewer.name.clone(),
            user_party: viewer.party.as_ref().map_or_else(String::new, |party| {
                picture.parties.get(party.as_str()).map_or_else(|| party.to_string(), |p| p.name.to_string())
            }),
            q: String::new(),
            as_of: None,
            said: None,
            sizes: Sizes::USUAL,
        }
    }
}

/// Whether a page is in somebody's navigation. What they may see on it is decided elsewhere.
fn shows(viewer: &Viewer, page: &str) -> bool {
    let may = |action| policy::may(viewer, &Deed::of(action)).is_ok();
    match page {
        "nav-oversight" => may(Action::Audit),
        "nav-administration" => may(Action::Administer),
        "nav-plan" => viewer.sight == muster_domain::viewer::Sight::Everything,
        "nav-hub" => {
            let at_hubs = [Role::HubOperator, Role::DonorLiaison, Role::MovementPlanner, Role::Coordinator];
            at_hubs.iter().any(|role| viewer.roles.contains(role))
        }
        "nav-movements" | "nav-journal" | "nav-consignments" | "nav-variances" | "nav-end-use" | "nav-repair"
        | "nav-training" => viewer.is_known(),
        _ => true,
    }
}

/// A page as an answer.
pub(crate) fn html(page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => Html(text).into_response(),
        Err(error) => problem::internal(&error),
    }
}
