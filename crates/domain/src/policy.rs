//! The policy: who may do what to which record, and to which state it may be taken. One table, read from top to bottom; what it does
//! not allow is forbidden. Seeing is not decided here but by labels (see [`crate::label`]).

use std::{collections::BTreeSet, fmt};

use crate::{
    announcement::Announcement,
    caveat::Caveat,
    change::Change,
    code::Code,
    course::Course,
    delivery::DeliveryTerm,
    end_use::EndUseRule,
    fund::Fund,
    guideline::{FairShare, Fleet, Reserve},
    instructor::Instructor,
    item::Item,
    label::LABEL,
    lane::Lane,
    message,
    message::{Message, Value},
    mission::Mission,
    offer::{Offer, OfferState},
    package::Package,
    participation::{Participation, ParticipationState, ParticipationStep},
    party::Party,
    picture::Picture,
    place::Place,
    pool::Pool,
    process::Process,
    record::{Record, Shape},
    requirement::{Requirement, RequirementState},
    resource::Resource,
    role::Role,
    serial::{Serial, SerialState},
    statement::Statement,
    viewer::Viewer,
    words,
};

words! {
    /// What somebody may want to do.
    pub enum Action {
        /// Make a record.
        Create = "create",
        /// Change a record's content, or its parts.
        Edit = "edit",
        /// Take a record into another state.
        Transition = "transition",
        /// Change to whom a record is released.
        Release = "release",
        /// Make a plan, and compare plans.
        Plan = "plan",
        /// Accept or discard a plan.
        Accept = "accept",
        /// Record that goods were dispatched or received, or will not be; make up consignments; count and sign.
        Move = "move",
        /// Open a gate that keeps goods from going.
        Override = "override",
        /// Decide how a variance ends.
        Resolve = "resolve",
        /// Say for a nation whether what it gave may go to somebody else.
        Consent = "consent",
        /// Report that something is broken or lost, and say what is known of it; or that it was found again.
        Report = "report",
        /// Decide where something is to be repaired, and whether it is worth it.
        Triage = "triage",
        /// Work on what is to be repaired.
        Repair = "repair",
        /// Name who is to be taught, and say that they do not come or are back.
        Nominate = "nominate",
        /// Say whether somebody may be taught.
        Vet = "vet",
        /// Teach: who came, who was there, who met which objective.
        Train = "train",
        /// Record a payment.
        Pay = "pay",
        /// Keep photographs and papers, for what one records to name them.
        Attach = "attach",
        /// Look at the whole journal, the record of exports, and the seal.
        Audit = "audit",
        /// Give accounts, rights and tokens, and keep the system.
        Administer = "administer",
    }
}

/// On whose records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Those of their own party, and of those that belong to it.
    Own,
    /// Any that they see.
    Seen,
}

/// One line of the table.
#[derive(Debug)]
pub struct Rule {
    /// Whoever has one of these roles
    pub roles: &'static [Role],
    /// may do this
    pub actions: &'static [Action],
    /// to records of these sheets (none named: the action is not about records)
    pub sheets: &'static [&'static str],
    /// of these parties,
    pub whose: Whose,
    /// into these states (none named: any).
    pub states: &'static [&'static str],
}

const OFFERS: &str = Offer::SHEET;
const NEEDS: &[&str] = &[Requirement::SHEET, Package::SHEET];
const CATALOGUE: &[&str] = &[Item::SHEET, Resource::SHEET];
const NETWORK: &[&str] = &[Place::SHEET, Lane::SHEET];
const EVERY_SHEET: &[&str] = &[
    Party::SHEET,
    Mission::SHEET,
    Statement::SHEET,
    Caveat::SHEET,
    Participation::SHEET,
    Item::SHEET,
    Resource::SHEET,
    EndUseRule::SHEET,
    Place::SHEET,
    Lane::SHEET,
    Process::SHEET,
    Pool::SHEET,
    Course::SHEET,
    Instructor::SHEET,
    Serial::SHEET,
    Fund::SHEET,
    Offer::SHEET,
    Requirement::SHEET,
    Package::SHEET,
    Announcement::SHEET,
    FairShare::SHEET,
    Fleet::SHEET,
    Reserve::SHEET,
    DeliveryTerm::SHEET,
];

use Action::{
    Accept, Administer, Attach, Audit, Consent, Create, Edit, Move, Nominate, Override, Pay, Plan, Release, Repair,
    Report, Resolve, Train, Transition, Triage, Vet,
};
use Role::{
    Administrator, Auditor, Coordinator, DevelopmentPlanner, DonorLiaison, FundManager, HubOperator, MovementPlanner,
    RepairFacility, RepairManager, RequirementsOfficer, TrainingCoordinator, TrainingFacility,
};
use Whose::{Own, Seen};

/// The table.
pub const RULES: &[Rule] = &[
    rule(&[Coordinator], &[Create, Edit, Transition, Release], EVERY_SHEET, Seen, &[]),
    rule(
        &[Coordinator],
        &[Plan, Accept, Move, Override, Resolve, Consent, Report, Triage, Repair, Nominate, Vet, Train, Pay, Audit],
        &[],
        Seen,
        &[],
    ),
    // A donor speaks for itself, and is bound by nobody else.
    rule(&[DonorLiaison], &[Create, Edit, Release], &[Caveat::SHEET, Statement::SHEET, Announcement::SHEET], Own, &[]),
    rule(&[DonorLiaison], &[Edit, Release], &[OFFERS, Participation::SHEET], Own, &[]),
    rule(&[DonorLiaison, RequirementsOfficer], &[Create, Edit, Release], &[DeliveryTerm::SHEET], Own, &[]),
    // A donor's depot makes its consignments ready.
    rule(&[DonorLiaison], &[Move, Consent], &[], Own, &[]),
    rule(
        &[DonorLiaison],
        &[Create, Transition],
        &[OFFERS],
        Own,
        &["pledged", "offered", "committed", "readied", "held", "cancelled"],
    ),
    rule(
        &[DonorLiaison],
        &[Create, Transition],
        &[Participation::SHEET],
        Own,
        &["declared", "accepted", "suspended", "ended"],
    ),
    // The recipient says what it needs, and may decline what it is offered; the mission validates.
    rule(&[RequirementsOfficer, DevelopmentPlanner], &[Edit, Release], NEEDS, Own, &[]),
    rule(
        &[RequirementsOfficer],
        &[Create, Transition],
        NEEDS,
        Own,
        &["draft", "submitted", "prioritised", "withdrawn", "superseded"],
    ),
    rule(&[RequirementsOfficer], &[Transition], &[OFFERS], Seen, &["screened", "held", "rejected"]),
    rule(&[RequirementsOfficer], &[Move], &[], Own, &[]),
    rule(&[DevelopmentPlanner], &[Create, Edit, Transition], NEEDS, Seen, &["draft", "submitted"]),
    // Those who plan and carry out.
    rule(&[MovementPlanner], &[Create, Edit, Release], NETWORK, Seen, &[]),
    rule(&[MovementPlanner], &[Create, Edit], &[Process::SHEET, Pool::SHEET], Seen, &[]),
    rule(&[MovementPlanner], &[Plan, Move, Override, Resolve], &[], Seen, &[]),
    rule(&[HubOperator, TrainingFacility, RepairFacility], &[Edit], &[Place::SHEET], Own, &[]),
    rule(&[HubOperator], &[Move], &[], Own, &[]),
    // Who has something says what is broken, and may mend it where it stands; a facility works on what it was brought.
    rule(&[RequirementsOfficer, HubOperator], &[Report, Repair], &[], Own, &[]),
    rule(&[RepairFacility], &[Move, Report, Repair], &[], Own, &[]),
    rule(&[RepairManager], &[Report, Triage, Repair], &[], Seen, &[]),
    // A unit names who is to be taught, the mission vets them, a facility teaches.
    rule(&[RequirementsOfficer], &[Nominate], &[], Own, &[]),
    rule(&[TrainingFacility], &[Train], &[], Own, &[]),
    rule(&[TrainingFacility], &[Edit, Release], &[Serial::SHEET], Own, &[]),
    rule(&[TrainingFacility], &[Create, Transition], &[Serial::SHEET], Own, &["planned", "running", "completed"]),
    // Who sends instructors says who they are, and when they can come; they are known by codes.
    rule(&[DonorLiaison, TrainingFacility], &[Create, Edit, Release], &[Instructor::SHEET], Own, &[]),
    rule(
        &[TrainingCoordinator],
        &[Create, Edit, Transition, Release],
        &[Course::SHEET, Instructor::SHEET, Serial::SHEET],
        Seen,
        &[],
    ),
    rule(&[TrainingCoordinator], &[Nominate, Vet, Train], &[], Seen, &[]),
    rule(
        &[TrainingCoordinator, RepairManager],
        &[Create, Edit, Release],
        &[Place::SHEET, Process::SHEET, Pool::SHEET],
        Seen,
        &[],
    ),
    rule(&[TrainingCoordinator, RepairManager, DevelopmentPlanner], &[Create, Edit], CATALOGUE, Seen, &[]),
    rule(&[TrainingCoordinator, RepairManager, DevelopmentPlanner], &[Plan], &[], Seen, &[]),
    rule(&[FundManager], &[Create, Edit, Release], &[Fund::SHEET], Seen, &[]),
    rule(&[FundManager], &[Pay], &[], Seen, &[]),
    // Who records what takes evidence keeps it first.
    rule(&[MovementPlanner, RepairManager, FundManager, Coordinator], &[Attach], &[], Seen, &[]),
    rule(&[DonorLiaison, RequirementsOfficer, HubOperator, RepairFacility], &[Attach], &[], Own, &[]),
    // Those who keep and those who look.
    rule(
        &[Administrator],
        &[Create, Edit, Transition, Release],
        &[Party::SHEET, Mission::SHEET, Participation::SHEET],
        Seen,
        &[],
    ),
    rule(&[Administrator], &[Administer, Audit], &[], Seen, &[]),
    rule(&[Auditor], &[Audit], &[], Seen, &[]),
];

const fn rule(
    roles: &'static [Role],
    actions: &'static [Action],
    sheets: &'static [&'static str],
    whose: Whose,
    states: &'static [&'static str],
) -> Rule {
    Rule { roles, actions, sheets, whose, states }
}

/// What somebody wants to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed<'a> {
    /// What.
    pub action: Action,
    /// To a record of which sheet; empty if it is not about a record.
    pub sheet: &'a str,
    /// Whether it is their own.
    pub own: bool,
    /// Into which state.
    pub state: Option<&'a str>,
}

impl<'a> Deed<'a> {
    /// A deed that is not about a record.
    pub fn of(action: Action) -> Self {
        Deed { action, sheet: "", own: false, state: None }
    }
}

impl Rule {
    fn allows(&self, roles: &BTreeSet<Role>, deed: &Deed<'_>) -> bool {
        self.roles.iter().any(|role| roles.contains(role))
            && self.actions.contains(&deed.action)
            && (self.sheets.is_empty() && deed.sheet.is_empty() || self.sheets.contains(&deed.sheet))
            && (self.whose == Seen || deed.own)
            && (self.states.is_empty() || deed.state.is_none_or(|state| self.states.contains(&state)))
    }
}

/// Somebody may not do what they want to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    action: Action,
    sheet: String,
    state: Option<String>,
    needs: Vec<(Role, Whose)>,
}

impl Denied {
    /// Who may, if anybody may.
    pub fn message(&self) -> Message {
        let who = |(role, whose): &(Role, Whose)| {
            let role = Value::word(role.as_str());
            if *whose == Own { message!("role-of-party", role) } else { message!("role", role) }
        };
        let (deed, who) = (self.deed(), self.needs.iter().map(who).collect::<Vec<_>>());
        if who.is_empty() { message!("nobody-may", deed) } else { message!("only-these-may", deed, who) }
    }

    fn deed(&self) -> Message {
        let sheet = Value::word(self.sheet.as_str());
        match (self.action, &self.state) {
            (Action::Transition, Some(state)) => message!("deed-transition-to", sheet, state),
            (Action::Transition, None) => message!("deed-transition", sheet),
            (Action::Create, Some(state)) => message!("deed-create-in", sheet, state),
            (Action::Create, None) => message!("deed-create", sheet),
            (Action::Edit, _) => message!("deed-edit", sheet),
            (Action::Release, _) => message!("deed-release", sheet),
            (Action::Plan, _) => message!("deed-plan"),
            (Action::Accept, _) => message!("deed-accept"),
            (Action::Move, _) => message!("deed-move"),
            (Action::Override, _) => message!("deed-override"),
            (Action::Resolve, _) => message!("deed-resolve"),
            (Action::Consent, _) => message!("deed-consent"),
            (Action::Report, _) => message!("deed-report"),
            (Action::Triage, _) => message!("deed-triage"),
            (Action::Repair, _) => message!("deed-repair"),
            (Action::Nominate, _) => message!("deed-nominate"),
            (Action::Vet, _) => message!("deed-vet"),
            (Action::Train, _) => message!("deed-train"),
            (Action::Pay, _) => message!("deed-pay"),
            (Action::Attach, _) => message!("deed-attach"),
            (Action::Audit, _) => message!("deed-audit"),
            (Action::Administer, _) => message!("deed-administer"),
        }
    }
}

/// For logs.
impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.message().fmt(f)
    }
}

impl std::error::Error for Denied {}

fn plain(word: &str) -> String {
    word.replace('_', " ")
}

/// What somebody may do that is about no record, at least where it is about what is their own.
pub fn allowed(viewer: &Viewer) -> impl Iterator<Item = Action> {
    Action::ALL.iter().copied().filter(|action| may(viewer, &Deed { own: true, ..Deed::of(*action) }).is_ok())
}

/// Whether somebody may do something.
///
/// # Errors
/// Who may, if they may not.
pub fn may(viewer: &Viewer, deed: &Deed<'_>) -> Result<(), Denied> {
    if viewer.writes && RULES.iter().any(|rule| rule.allows(&viewer.roles, deed)) {
        return Ok(());
    }
    let mut needs: Vec<(Role, Whose)> = Vec::new();
    for role in Role::ALL {
        let allows =
            |own| RULES.iter().any(|rule| rule.allows(&BTreeSet::from([*role]), &Deed { own, ..deed.clone() }));
        if allows(false) {
            needs.push((*role, Seen));
        } else if allows(true) {
            needs.push((*role, Own));
        }
    }
    Err(Denied { action: deed.action, sheet: deed.sheet.to_owned(), state: deed.state.map(str::to_owned), needs })
}

/// The deeds that a change of a record consists of. `before` and `after` are all records then; whether it is the viewer's own is
/// decided by both.
pub fn deeds<'a>(viewer: &Viewer, change: &'a Change, before: &Picture, after: &Picture) -> Vec<Deed<'a>> {
    let shape = Shape::of(change.sheet).expect("a change is of a known sheet");
    let sheet = shape.part_of.unwrap_or(change.sheet);
    let own = |picture: &Picture| {
        let key = change.key.split(' ').next().unwrap_or_default();
        owner(picture, sheet, key).map(|owner| owner.is_some_and(|party| viewer.owns(&party)))
    };
    // What is not there yet, or no more, is nobody else's.
    let own = match (own(before), own(after)) {
        (None, None) => false,
        (before, after) => before.unwrap_or(true) && after.unwrap_or(true),
    };
    let deed = |action, state| Deed { action, sheet, own, state };
    let state = || {
        let after = change.after.as_ref().filter(|_| shape.at("state").is_some());
        after.map(|values| shape.cell(&values.cells, "state"))
    };
    if shape.part_of.is_some() {
        let step = change.sheet == ParticipationStep::SHEET && change.after.is_some();
        return vec![if step { deed(Transition, state()) } else { deed(Edit, None) }];
    }
    if change.before.is_none() {
        return vec![deed(Create, state())];
    }
    let mut deeds = Vec::new();
    for (column, ..) in change.columns() {
        let next = match column {
            "state" | "state_reason" => deed(Transition, state()),
            LABEL => deed(Release, None),
            _ => deed(Edit, None),
        };
        if !deeds.contains(&next) {
            deeds.push(next);
        }
    }
    deeds
}

/// The party that owns a record: outside `None` if there is no such record, inside if it is the mission's.
pub fn owner(picture: &Picture, sheet: &str, key: &str) -> Option<Option<Code>> {
    let cells = picture.cells(sheet, key)?;
    Some(Shape::of(sheet).and_then(|shape| shape.reach(&cells)).and_then(|reach| reach.owner))
}

/// The states that records of a sheet can be in; none for those that have none.
pub fn states(sheet: &str) -> Vec<&'static str> {
    match sheet {
        Offer::SHEET => OfferState::ALL.iter().map(|s| s.as_str()).collect(),
        Requirement::SHEET | Package::SHEET => RequirementState::ALL.iter().map(|s| s.as_str()).collect(),
        Participation::SHEET => ParticipationState::ALL.iter().map(|s| s.as_str()).collect(),
        Serial::SHEET => SerialState::ALL.iter().map(|s| s.as_str()).collect(),
        _ => Vec::new(),
    }
}

/// The states that may follow the one in which a record is.
pub fn following(picture: &Picture, sheet: &str, key: &str) -> Vec<&'static str> {
    let words = |next: &[RequirementState]| next.iter().map(|s| s.as_str()).collect();
    match sheet {
        Offer::SHEET => picture.offers.get(key).map_or_else(Vec::new, |offer| {
            OfferState::ALL.iter().filter(|next| offer.state.may_become(**next)).map(|s| s.as_str()).collect()
        }),
        Requirement::SHEET => picture.requirements.get(key).map_or_else(Vec::new, |r| words(r.state.next())),
        Package::SHEET => picture.packages.get(key).map_or_else(Vec::new, |k| words(k.state.next())),
        Serial::SHEET => picture
            .serials
            .get(key)
            .map_or_else(Vec::new, |serial| serial.state.next().iter().map(|s| s.as_str()).collect()),
        Participation::SHEET => picture
            .steps(key)
            .last()
            .map_or_else(Vec::new, |step| step.state.next().iter().map(|s| s.as_str()).collect()),
        _ => Vec::new(),
    }
}

/// The whole policy as a document, made by asking it about every role, action, sheet, owner and state.
pub fn document() -> String {
    let mut text = String::from(
        "# Who may do what\n\nWritten from the program's own policy (`crates/domain/src/policy.rs`), by asking it about every role, action, \
         sheet, owner and\nstate; a test compares. *Own*: only records of their own party and of those that belong to it. *Any*: every record \
         they see.\nWhat stands nowhere is forbidden. What somebody sees is decided by labels, see the [guide](guide.md).\n",
    );
    for role in Role::ALL {
        text.push_str(&format!("\n## {}\n\n", capital(&plain(role.as_str()))));
        let sees = if role.is_staff() { "every record" } else { "what is their own party's or released to them" };
        text.push_str(&format!("Sees {sees}.\n"));
        let lines = lines_of(*role);
        if !lines.is_empty() {
            text.push_str("\n| action | records | whose | into which states |\n| --- | --- | --- | --- |\n");
        }
        for line in lines {
            text.push_str(&line);
        }
    }
    text
}

fn lines_of(role: Role) -> Vec<String> {
    let roles = BTreeSet::from([role]);
    let allows = |action, sheet: &str, own, state: Option<&str>| {
        RULES.iter().any(|rule| rule.allows(&roles, &Deed { action, sheet, own, state }))
    };
    let mut lines: Vec<(Action, &str, String, Vec<&str>)> = Vec::new();
    for action in Action::ALL.iter().copied() {
        for sheet in std::iter::once("").chain(EVERY_SHEET.iter().copied()) {
            for (own, whose) in [(false, "any"), (true, "own")] {
                let states = if matches!(action, Create | Transition) { states(sheet) } else { Vec::new() };
                if action == Transition && states.is_empty() {
                    continue;
                }
                // What they may do to any record they may do to their own.
                let new = |state| allows(action, sheet, own, state) && !(own && allows(action, sheet, false, state));
                let (said, yes) = if states.is_empty() {
                    (String::new(), new(None))
                } else {
                    let some: Vec<&str> = states.iter().copied().filter(|state| new(Some(state))).collect();
                    (if some.len() == states.len() { "any".into() } else { some.join(", ") }, !some.is_empty())
                };
                if !yes {
                    continue;
                }
                match lines.iter_mut().find(|l| (l.0, l.1, &l.2) == (action, whose, &said)) {
                    Some(line) => line.3.push(sheet),
                    None => lines.push((action, whose, said, vec![sheet])),
                }
            }
        }
    }
    let line = |(action, whose, said, sheets): (Action, &str, String, Vec<&str>)| {
        let records: Vec<String> = sheets.iter().map(|s| plain(s)).collect();
        let records = if sheets.len() == EVERY_SHEET.len() { "all".to_owned() } else { records.join(", ") };
        let whose = if sheets == [""] && whose == "any" { "" } else { whose };
        format!("| {action} | {records} | {whose} | {said} |\n")
    };
    lines.into_iter().map(line).collect()
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::SHAPES;

    fn somebody(roles: &[Role]) -> Viewer {
        Viewer { roles: roles.iter().copied().collect(), ..Viewer::operator("somebody") }
    }

    #[test]
    fn the_document_says_what_the_policy_does() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/rights.md");
        let written = std::fs::read_to_string(file).unwrap_or_default();
        if std::env::args().any(|a| a == "--write-rights") || written.is_empty() {
            std::fs::write(file, document()).unwrap();
        }
        assert_eq!(document(), written, "docs/rights.md is stale: remove it and run this test twice");
    }

    #[test]
    fn every_sheet_with_a_label_is_in_the_policy() {
        let labelled: Vec<&str> = SHAPES.iter().filter(|s| s.usual.is_some()).map(|s| s.sheet).collect();
        assert_eq!(labelled.len(), EVERY_SHEET.len());
        assert!(EVERY_SHEET.iter().all(|sheet| labelled.contains(sheet)));
        for rule in RULES {
            let known: Vec<&str> = rule.sheets.iter().flat_map(|sheet| states(sheet)).collect();
            assert!(rule.states.iter().all(|state| known.contains(state)), "{rule:?}");
        }
    }

    #[test]
    fn whoever_records_what_takes_evidence_may_keep_it() {
        for role in Role::ALL {
            let may = |action| may(&somebody(&[*role]), &Deed { own: true, ..Deed::of(action) }).is_ok();
            let records = [Move, Report, Triage, Repair, Pay].into_iter().any(may);
            assert_eq!(may(Attach), records, "{role}");
        }
    }

    #[test]
    fn who_looks_changes_nothing() {
        for action in Action::ALL {
            for sheet in std::iter::once("").chain(EVERY_SHEET.iter().copied()) {
                let deed = Deed { action: *action, sheet, own: true, state: None };
                let allowed = may(&somebody(&[Role::Auditor]), &deed).is_ok();
                assert_eq!(allowed, *action == Action::Audit && sheet.is_empty(), "{deed:?}");
                assert!(may(&Viewer::public(), &deed).is_err());
                let token = Viewer { writes: false, ..somebody(Role::ALL) };
                assert!(may(&token, &deed).is_err(), "a token for reading does nothing else");
            }
        }
    }

    #[test]
    fn a_party_role_touches_only_its_own_except_that_a_recipient_may_decline() {
        for role in Role::ALL.iter().filter(|role| !role.is_staff()) {
            for action in Action::ALL {
                for sheet in std::iter::once("").chain(EVERY_SHEET.iter().copied()) {
                    for state in states(sheet).into_iter().map(Some).chain([None]) {
                        let deed = Deed { action: *action, sheet, own: false, state };
                        if may(&somebody(&[*role]), &deed).is_ok() {
                            assert_eq!((*role, *action, sheet), (RequirementsOfficer, Transition, OFFERS));
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_refusal_says_who_may() {
        let deed = Deed { action: Transition, sheet: OFFERS, own: false, state: Some("committed") };
        assert_eq!(
            may(&somebody(&[HubOperator]), &deed).unwrap_err().to_string(),
            "only-these-may(deed=deed-transition-to(sheet=offers, state=committed), who=[role(role=coordinator), role-of-party(role=donor_liaison)])"
        );
        assert_eq!(
            may(&somebody(&[Auditor]), &Deed::of(Accept)).unwrap_err().to_string(),
            "only-these-may(deed=deed-accept, who=[role(role=coordinator)])"
        );
    }
}
