//! From a document to a problem, with all that is wrong in it.

use std::{
    collections::{HashMap, HashSet},
    fmt::Display,
};

use super::{
    Held, MAX_CAPACITY, MAX_DEMANDS, MAX_FAULTS, MAX_MODES, MAX_PRECEDENCES, MAX_PRICE, MAX_RESOURCES, MAX_STRETCHES,
    MAX_TASKS, MAX_TEXT, MAX_TIME, MAX_WEIGHT, Problem, Store, Way, Work,
};
use crate::{
    document::{self, Demand, Document, FORMAT, Fault, Objective},
    profile::Profile,
};

/// Reads a document.
pub(super) fn read(document: &Document) -> Result<Problem, Vec<Fault>> {
    let mut faults = Faults::default();
    faults.check(document.format == FORMAT, "$.format", || format!("must be {FORMAT:?}"));
    faults.text("$.name", &document.name, false);
    if let Some(horizon) = document.horizon {
        faults.range("$.horizon", horizon, 0, MAX_TIME);
    }
    let long = document.jobs.as_deref().and_then(|jobs| from_jobs(document, jobs, &mut faults));
    let document = long.as_ref().unwrap_or(document);
    for (list, has, most) in [
        ("$.resources", document.resources.len(), MAX_RESOURCES),
        ("$.tasks", document.tasks.len(), MAX_TASKS),
        ("$.precedence", document.precedence.len(), MAX_PRECEDENCES),
    ] {
        faults.check(has <= most, list, || format!("has {has} members, more than {most}"));
    }
    // What is too much is not looked at more closely; what is wrong in parts is not looked at as a whole.
    faults.none_yet()?;
    let (resources, names) = resources(document, &mut faults);
    let tasks = tasks(document, &names, &resources, &mut faults);
    let (before, after) = precedence(document, &mut faults);
    faults.none_yet()?;
    let order = ordered(&before, &after).map_err(|circle| {
        let ids: Vec<&str> = circle.iter().map(|&n| tasks[n].id.as_str()).collect();
        vec![Fault { path: "$.precedence".into(), message: format!("goes in a circle: {}", ids.join(", ")) }]
    })?;
    let reach = reach(&resources, &tasks, &after);
    faults.check(reach <= MAX_TIME, "$.tasks", || {
        format!("releases, calendars, durations and lags add up to {reach}, beyond the latest time {MAX_TIME}: count in a coarser unit")
    });
    fixed(&tasks, &resources, &before, document, &mut faults);
    faults.none_yet()?;
    let (name, objective) = (document.name.clone(), document.objective);
    Ok(Problem { name, objective, resources, tasks, before, after, order, reach })
}

/// The long form of a job shop.
fn from_jobs(document: &Document, jobs: &[Vec<(i64, i64)>], faults: &mut Faults) -> Option<Document> {
    let alone = document.resources.is_empty() && document.tasks.is_empty() && document.precedence.is_empty();
    faults.check(alone, "$.jobs", || {
        "stands in the place of resources, tasks and precedence: give one or the other".into()
    });
    faults.check(document.objective == Objective::Makespan, "$.objective", || {
        "must be \"makespan\" where there are jobs: their tasks have no due times".into()
    });
    let steps: usize = jobs.iter().map(Vec::len).sum();
    faults.check(steps <= MAX_TASKS, "$.jobs", || format!("has {steps} steps, more than {MAX_TASKS}"));
    if !faults.list.is_empty() {
        return None;
    }
    let (mut machines, mut tasks, mut precedence) = (0, Vec::new(), Vec::new());
    for (n, job) in jobs.iter().enumerate() {
        for (m, &(machine, duration)) in job.iter().enumerate() {
            let path = format!("$.jobs[{n}][{m}]");
            faults.range(&format!("{path}[0]"), machine, 0, MAX_RESOURCES as i64 - 1);
            faults.range(&format!("{path}[1]"), duration, 0, MAX_TIME);
            machines = machines.max(machine + 1);
            let (id, demands) = (format!("{n}.{m}"), vec![Demand::whole(machine.to_string(), 1)]);
            tasks.push(document::Task { id: id.clone(), duration: Some(duration), demands, ..Default::default() });
            if m > 0 {
                precedence.push(document::Precedence { before: format!("{n}.{}", m - 1), after: id, lag: 0 });
            }
        }
    }
    if !faults.list.is_empty() {
        return None;
    }
    let machine = |n: i64| document::Resource { id: n.to_string(), capacity: 1, calendar: Vec::new() };
    let resources = (0..machines).map(machine).collect();
    Some(Document { resources, tasks, precedence, jobs: None, ..document.clone() })
}

fn resources<'d>(document: &'d Document, faults: &mut Faults) -> (Vec<Store>, HashMap<&'d str, usize>) {
    let (mut stores, mut names) = (Vec::new(), HashMap::new());
    for (n, resource) in document.resources.iter().enumerate() {
        let path = format!("$.resources[{n}]");
        faults.text(&format!("{path}.id"), &resource.id, true);
        if let Some(first) = names.insert(resource.id.as_str(), n) {
            faults.add(format!("{path}.id"), format!("{:?} is already the id of resources[{first}]", resource.id));
        }
        faults.range(&format!("{path}.capacity"), resource.capacity, 0, MAX_CAPACITY);
        let has = resource.calendar.len();
        faults.check(has <= MAX_STRETCHES, &format!("{path}.calendar"), || {
            format!("has {has} members, more than {MAX_STRETCHES}")
        });
        let mut steps: Vec<(i64, i64)> = Vec::new();
        for (m, stretch) in resource.calendar.iter().enumerate().take(MAX_STRETCHES) {
            let path = format!("{path}.calendar[{m}]");
            faults.range(&format!("{path}.from"), stretch.from, 0, MAX_TIME);
            faults.range(&format!("{path}.to"), stretch.to, 0, MAX_TIME);
            faults.check(stretch.from < stretch.to, &format!("{path}.to"), || {
                format!("{} is not after from, {}", stretch.to, stretch.from)
            });
            faults.range(&format!("{path}.capacity"), stretch.capacity, 0, resource.capacity.max(0));
            let last = steps.last().map_or(0, |(time, _)| *time);
            faults.check(stretch.from >= last, &format!("{path}.from"), || {
                format!("{} is before {last}, when the stretch before it ends", stretch.from)
            });
            if last == stretch.from {
                steps.pop();
            }
            steps.extend([(stretch.from, stretch.capacity), (stretch.to, resource.capacity)]);
        }
        stores.push(Store { id: resource.id.clone(), capacity: resource.capacity, steps });
    }
    (stores, names)
}

fn tasks(document: &Document, names: &HashMap<&str, usize>, stores: &[Store], faults: &mut Faults) -> Vec<Work> {
    let (mut works, mut ids) = (Vec::new(), HashMap::new());
    for (n, task) in document.tasks.iter().enumerate() {
        let path = format!("$.tasks[{n}]");
        faults.text(&format!("{path}.id"), &task.id, true);
        if let Some(first) = ids.insert(task.id.as_str(), n) {
            faults.add(format!("{path}.id"), format!("{:?} is already the id of tasks[{first}]", task.id));
        }
        let mut modes = Vec::new();
        if task.modes.is_empty() {
            match task.duration {
                Some(duration) => modes.extend(way(&path, duration, &task.demands, names, stores, faults)),
                None => faults.add(format!("{path}.duration"), "is missing, and there are no modes"),
            }
        } else {
            let alone = task.duration.is_none() && task.demands.is_empty();
            faults.check(alone, &format!("{path}.modes"), || "stand in the place of duration and demands".into());
            let has = task.modes.len();
            faults.check(has <= MAX_MODES, &format!("{path}.modes"), || {
                format!("has {has} members, more than {MAX_MODES}")
            });
            for (m, mode) in task.modes.iter().enumerate().take(MAX_MODES) {
                let path = format!("{path}.modes[{m}]");
                modes.extend(way(&path, mode.duration, &mode.demands, names, stores, faults));
            }
        }
        for (field, value, most) in [
            ("release", Some(task.release), MAX_TIME),
            ("due", task.due, MAX_TIME),
            ("deadline", task.deadline, MAX_TIME),
            ("weight", task.weight, MAX_WEIGHT),
            ("fixed.start", task.fixed.map(|fixed| fixed.start), MAX_TIME),
            ("preferred.start", task.preferred.map(|preferred| preferred.start), MAX_TIME),
            ("preferred.price", task.preferred.map(|preferred| preferred.price), MAX_PRICE),
        ] {
            if let Some(value) = value {
                faults.range(&format!("{path}.{field}"), value, 0, most);
            }
        }
        if let Some(fixed) = task.fixed {
            faults.check(fixed.mode < task.modes.len().max(1), &format!("{path}.fixed.mode"), || {
                format!("there is no mode {}", fixed.mode)
            });
        }
        works.push(Work {
            id: task.id.clone(),
            modes,
            release: task.release,
            due: task.due,
            weight: task.weight.unwrap_or(1),
            deadline: [task.deadline, document.horizon].into_iter().flatten().min(),
            fixed: task.fixed.map(|fixed| (fixed.start, fixed.mode)),
            preferred: task.preferred.map(|preferred| (preferred.start, preferred.price)),
        });
    }
    works
}

/// One way of a task; `None` if a fault would make it useless.
fn way(
    path: &str,
    duration: i64,
    demands: &[Demand],
    names: &HashMap<&str, usize>,
    stores: &[Store],
    faults: &mut Faults,
) -> Option<Way> {
    faults.range(&format!("{path}.duration"), duration, 0, MAX_TIME);
    let has = demands.len();
    faults.check(has <= MAX_DEMANDS, &format!("{path}.demands"), || {
        format!("has {has} members, more than {MAX_DEMANDS}")
    });
    let (mut held, mut places, mut whole): (Vec<Held>, Vec<usize>, HashSet<usize>) = Default::default();
    for (n, demand) in demands.iter().enumerate().take(MAX_DEMANDS) {
        let (path, id, amount) = (format!("{path}.demands[{n}]"), &demand.resource, demand.amount);
        let Some(&resource) = names.get(id.as_str()) else {
            faults.add(format!("{path}[0]"), format!("there is no resource {id:?}"));
            continue;
        };
        let before = faults.count();
        faults.range(&format!("{path}[1]"), amount, 0, MAX_CAPACITY);
        let capacity = stores[resource].capacity;
        faults.check(amount <= capacity.max(0), &format!("{path}[1]"), || {
            format!("{amount} of {id:?} is more than there is, {capacity}")
        });
        if let Some((from, to)) = demand.part {
            faults.range(&format!("{path}[2]"), from, 0, MAX_TIME);
            faults.check(from < to, &format!("{path}[3]"), || format!("{to} is not after from, {from}"));
            faults
                .check(to <= duration, &format!("{path}[3]"), || format!("{to} is after its end: it takes {duration}"));
        } else {
            faults.check(whole.insert(resource), &format!("{path}[0]"), || {
                format!("{id:?} is demanded twice for all the time")
            });
        }
        // What takes no time holds nothing.
        if faults.count() == before && amount > 0 && duration > 0 {
            let (from, to) = demand.part.unwrap_or((0, duration));
            held.push(Held { resource, amount, from, to });
            places.push(n);
        }
    }
    let way = Way::new(duration, held);
    for of in way.held.chunk_by(|one, other| one.resource == other.resource) {
        let capacity = stores[of[0].resource].capacity;
        let Some(peak) = of.iter().find(|held| held.amount > capacity) else { continue };
        // Told where it becomes too much.
        let there = |held: &Held| held.resource == peak.resource && (held.from..held.to).contains(&peak.from);
        let mut sum = 0;
        let over = way.demands.iter().zip(&places).filter(|(held, _)| there(held)).find(|(held, _)| {
            sum += held.amount;
            sum > capacity
        });
        let (Some((_, n)), id) = (over, &stores[peak.resource].id) else { continue };
        let why = format!("with what else is held then, {sum} of {id:?} is more than there is, {capacity}");
        faults.add(format!("{path}.demands[{n}][1]"), why);
    }
    Some(way)
}

type Links = Vec<Vec<(usize, i64)>>;

fn precedence(document: &Document, faults: &mut Faults) -> (Links, Links) {
    let ids: HashMap<&str, usize> = document.tasks.iter().enumerate().map(|(n, task)| (task.id.as_str(), n)).collect();
    let (mut before, mut after) = (vec![Vec::new(); document.tasks.len()], vec![Vec::new(); document.tasks.len()]);
    for (n, link) in document.precedence.iter().enumerate() {
        let path = format!("$.precedence[{n}]");
        faults.range(&format!("{path}.lag"), link.lag, 0, MAX_TIME);
        let ends = [("before", &link.before), ("after", &link.after)].map(|(end, id)| {
            let found = ids.get(id.as_str()).copied();
            faults.check(found.is_some(), &format!("{path}.{end}"), || format!("there is no task {id:?}"));
            found
        });
        if let [Some(first), Some(second)] = ends {
            after[first].push((second, link.lag));
            before[second].push((first, link.lag));
        }
    }
    (before, after)
}

/// All tasks, each after those before it.
///
/// # Errors
/// Tasks that go in a circle.
fn ordered(before: &Links, after: &Links) -> Result<Vec<usize>, Vec<usize>> {
    let mut missing: Vec<usize> = before.iter().map(Vec::len).collect();
    let mut order: Vec<usize> = (0..before.len()).filter(|&n| missing[n] == 0).collect();
    let mut next = 0;
    while let Some(&task) = order.get(next) {
        next += 1;
        for &(follower, _) in &after[task] {
            missing[follower] -= 1;
            if missing[follower] == 0 {
                order.push(follower);
            }
        }
    }
    if order.len() == before.len() {
        return Ok(order);
    }
    // From any task that is left one can go back to others that are left, until one comes again.
    let mut seen = vec![usize::MAX; before.len()];
    let mut way = Vec::new();
    let mut at = (0..before.len()).find(|&n| missing[n] > 0);
    while let Some(task) = at {
        if seen[task] != usize::MAX {
            way.drain(..seen[task]);
            break;
        }
        seen[task] = way.len();
        way.push(task);
        at = before[task].iter().map(|(n, _)| *n).find(|&n| missing[n] > 0);
    }
    way.reverse();
    // Told from the one that comes first in the document.
    let first = (0..way.len()).min_by_key(|&place| way[place]).unwrap_or(0);
    way.rotate_left(first);
    way.truncate(20);
    Err(way)
}

/// By when everything can have ended: what is put as early as it can be waits for nothing but releases, calendars, settled
/// and expected starts, other tasks and lags.
fn reach(stores: &[Store], works: &[Work], after: &Links) -> i64 {
    let calendars = stores.iter().filter_map(|store| store.steps.last().map(|(time, _)| *time)).max();
    let starts = works.iter().flat_map(|work| {
        [Some(work.release), work.fixed.map(|(start, _)| start), work.preferred.map(|(start, _)| start)]
    });
    let latest = starts.flatten().chain(calendars).max().unwrap_or(0);
    let longest = |work: &Work| work.modes.iter().map(|way| way.duration).max().unwrap_or(0);
    let lags: i64 = after.iter().filter_map(|links| links.iter().map(|(_, lag)| *lag).max()).sum();
    latest + works.iter().map(longest).sum::<i64>() + lags
}

/// Whether what is settled can be so.
fn fixed(works: &[Work], stores: &[Store], before: &Links, document: &Document, faults: &mut Faults) {
    let mut profiles: Vec<Profile> = stores.iter().map(Profile::new).collect();
    for (n, work) in works.iter().enumerate() {
        let Some((start, mode)) = work.fixed else { continue };
        let (path, way) = (format!("$.tasks[{n}].fixed.start"), &work.modes[mode]);
        let end = start + way.duration;
        faults.check(start >= work.release, &path, || format!("{start} is before its release, {}", work.release));
        if let Some(deadline) = work.deadline {
            faults.check(end <= deadline, &path, || {
                format!("from {start} it ends at {end}, after its deadline, {deadline}")
            });
        }
        for &(earlier, lag) in &before[n] {
            if let Some((first, mode)) = works[earlier].fixed {
                let free = first + works[earlier].modes[mode].duration + lag;
                faults.check(free <= start, &path, || {
                    format!("{start} is before {free}, when {:?}, which is fixed too, lets it start", works[earlier].id)
                });
            }
        }
        for held in way.held.chunk_by(|one, other| one.resource == other.resource) {
            let profile = &mut profiles[held[0].resource];
            let fits = held.iter().all(|held| profile.fits(start + held.from, start + held.to, held.amount));
            faults.check(fits, &path, || {
                let id = &document.resources[held[0].resource].id;
                format!("what is fixed demands more of {id:?} than there is then")
            });
            held.iter().for_each(|held| profile.take(start + held.from, start + held.to, held.amount));
        }
    }
}

/// Collects faults.
#[derive(Default)]
struct Faults {
    list: Vec<Fault>,
    beyond: usize,
}

impl Faults {
    /// How many there are so far, told or not.
    fn count(&self) -> usize {
        self.list.len() + self.beyond
    }

    fn add(&mut self, path: impl Into<String>, message: impl Into<String>) {
        if self.list.len() < MAX_FAULTS {
            self.list.push(Fault { path: path.into(), message: message.into() });
        } else {
            self.beyond += 1;
        }
    }

    fn check(&mut self, holds: bool, path: &str, message: impl FnOnce() -> String) {
        if !holds {
            self.add(path, message());
        }
    }

    fn range<N: PartialOrd + Display>(&mut self, path: &str, value: N, least: N, most: N) {
        self.check(value >= least, path, || format!("must not be below {least}, is {value}"));
        self.check(value <= most, path, || format!("must not be above {most}, is {value}"));
    }

    fn text(&mut self, path: &str, text: &str, needed: bool) {
        self.check(!needed || !text.is_empty(), path, || "is empty".into());
        self.check(text.len() <= MAX_TEXT, path, || format!("has {} bytes, more than {MAX_TEXT}", text.len()));
    }

    /// All faults so far, if there are any.
    fn none_yet(&mut self) -> Result<(), Vec<Fault>> {
        if self.list.is_empty() {
            return Ok(());
        }
        let mut list = std::mem::take(&mut self.list);
        if self.beyond > 0 {
            list.push(Fault { path: "$".into(), message: format!("and {} more faults", self.beyond) });
        }
        Err(list)
    }
}
