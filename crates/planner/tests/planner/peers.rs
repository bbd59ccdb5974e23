//! Agreement with the Python peers: the repository's own judge, and others where they are on the machine; else the tests
//! of these say so and pass.

use std::path::{Path, PathBuf};
use std::process::Command;

use muster_planner::plan::{Leg, Plan, Target};
use muster_planner::{Instance, check, first_come};
use serde_json::Value;

use crate::broken;
use crate::plans;
use crate::random::{self, Dice};

/// The folder of the judge that was written in Python from docs/assistance-plan.md.
fn own() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peer")
}

/// The folder of the peers, if it is there.
fn peers() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/planbench");
    let there = folder.join("check.py").exists() && Command::new("python3").arg("--version").output().is_ok();
    if !there {
        eprintln!("skipped: the Python peers or python3 are not on this machine");
    }
    there.then_some(folder)
}

fn python(folder: &Path, code: &str, input: &Path) -> Vec<Value> {
    let output = Command::new("python3").args(["-B", "-c", code]).arg(input).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

/// Judges each line (instance, plan) of a file; a crash is a fault, as it is for whoever runs check.py.
const JUDGE: &str = r"
import json, sys
from check import check
for line in open(sys.argv[1]):
    instance, plan = json.loads(line)
    try:
        objective, value, cost, faults = check(instance, plan)
        print(json.dumps([objective, len(faults)]))
    except Exception as e:
        print(json.dumps([None, 1]))
";

const GREEDY: &str = r"
import json, sys
from greedy import plan
for line in open(sys.argv[1]):
    print(json.dumps(plan(json.loads(line))['objective']))
";

const GENERATE: &str = r"
import json, sys
from generate import generate
for line in open(sys.argv[1]):
    size, seed, tight = json.loads(line)
    print(json.dumps(generate(size, seed, tight)))
";

fn same_verdicts(folder: &Path, pairs: &[(Instance, Plan)]) -> usize {
    let file = tempfile::NamedTempFile::new().unwrap();
    let lines: Vec<String> = pairs.iter().map(|(i, p)| format!("[{},{}]", i.to_json(), p.to_json())).collect();
    std::fs::write(file.path(), lines.join("\n")).unwrap();
    let theirs = python(folder, JUDGE, file.path());
    assert_eq!(theirs.len(), pairs.len());
    let mut faulty = 0;
    for (n, ((instance, plan), theirs)) in pairs.iter().zip(theirs).enumerate() {
        let ours = check(instance, plan);
        let told = theirs[1].as_u64().unwrap();
        assert_eq!(ours.faults.is_empty(), told == 0, "{n} {}: {:?} but {told}", instance.name, ours.faults);
        if let Some(objective) = theirs[0].as_f64() {
            let same = (ours.objective - objective).abs() <= 1e-9 * objective.abs().max(1.0);
            assert!(same, "{n} {}: {} but {objective}", instance.name, ours.objective);
        }
        faulty += usize::from(told > 0);
    }
    faulty
}

/// Changes one thing of a plan, often so that it breaks a rule.
fn corrupt(dice: &mut Dice, instance: &Instance, plan: &mut Plan) {
    let period = |dice: &mut Dice| dice.below(instance.periods + 2) as i64 - 1;
    if plan.flows.is_empty() || (dice.one_in(5) && !plan.packages.is_empty()) {
        if let Some(line) = plan.packages.first_mut() {
            match dice.below(3) {
                0 => line.count += dice.below(4) as i64 - 2,
                1 => line.period = period(dice),
                _ => line.package = "package-0".into(),
            }
        }
        return;
    }
    let late = |dice: &mut Dice| dice.below(3) as i64;
    let n = dice.below(plan.flows.len());
    let other = dice.below(plan.flows.len());
    let (path, target) = (plan.flows[other].path.clone(), plan.flows[other].target.clone());
    let flow = &mut plan.flows[n];
    match dice.below(11) {
        9 => flow.target = Target::Process { id: format!("process-{}", dice.below(3)), input: dice.below(3) },
        10 => flow.path.insert(0, Leg::Order { order: late(dice) }),
        0 => flow.quantity += dice.below(5) as i64 - 2,
        1 => flow.arrive = period(dice),
        2 => flow.offer = format!("offer-{}", dice.below(instance.offers.len() + 1)),
        3 => flow.path = path,
        4 => flow.target = target,
        5 => _ = flow.path.pop(),
        6 => flow.target = Target::Requirement(format!("requirement-{}", dice.below(5))),
        7 => flow.target = Target::Package { id: "package-0".into(), component: dice.below(3) },
        _ => {
            let late = late(dice);
            let last = flow.path.last_mut();
            if let Some(Leg::Lane { depart: t, .. } | Leg::Process { start: t, .. } | Leg::Order { order: t }) = last {
                *t += late - 1;
            }
        }
    }
}

/// A plan, and what five times one or two changes make of it.
fn corrupted(dice: &mut Dice, instance: Instance, plan: Plan) -> Vec<(Instance, Plan)> {
    let changed = |_| {
        let mut changed = plan.clone();
        (0..dice.from(1, 2)).for_each(|_| corrupt(dice, &instance, &mut changed));
        changed.objective = check(&instance, &changed).objective;
        (instance.clone(), changed)
    };
    let mut pairs: Vec<_> = (0..5).map(changed).collect();
    pairs.push((instance, plan));
    pairs
}

#[test]
fn the_judge_agrees_with_check_py_on_every_broken_rule() {
    let Some(folder) = peers() else { return };
    // NaN is no JSON; check.py waits for ever for what is far past.
    let apart = ["objective no number", "lane far past the horizon", "process far past"];
    let told = |case: &&broken::Case| !apart.contains(&case.0);
    let pairs: Vec<_> = broken::CASES.iter().filter(told).map(broken::broken).collect();
    same_verdicts(&folder, &pairs);
}

#[test]
fn the_judge_agrees_with_check_py_on_random_plans_and_their_corruptions() {
    let Some(folder) = peers() else { return };
    let dice = &mut Dice(7);
    let mut pairs = Vec::new();
    for seed in 0..300 {
        let instance = random::instance(seed);
        let plan = first_come::plan(&instance);
        pairs.extend(corrupted(dice, instance, plan));
    }
    let faulty = same_verdicts(&folder, &pairs);
    assert!(faulty > 100 && faulty < pairs.len() - 300, "both kinds are tried: {faulty} of {}", pairs.len());
}

/// Writes what the judge in Python was tested on: name, instance, plan, whether it is faulty, and the true objective.
const CASES: &str = r"
import json, sys
import test_check as t
from check import check
def told(name, change):
    instance, plan = t.good()
    change(instance, plan)
    plan['objective'], plan['bound'] = check(instance, plan)[0], None
    objective, _, _, faults = check(instance, plan)
    try:
        print(json.dumps([name, instance, plan, len(faults) > 0, objective], allow_nan=False))
    except ValueError:
        pass
told('good', lambda i, p: None)
for name, change, _ in t.BROKEN:
    told(name, change)
for name, change, _ in t.LIMITS:
    told(name + ', within', change(t.LESS))
    told(name + ', beyond', change(t.EVEN_LESS))
for name, change, _ in t.ALLOWED:
    told(name, change)
";

#[test]
fn both_judges_were_written_from_one_text() {
    let cases = python(&own(), CASES, Path::new("-"));
    let (mut judged, mut faulty, mut refused) = (0, 0, Vec::new());
    for case in &cases {
        let name = case[0].as_str().unwrap();
        // An instance that is not in order is refused before any judge sees it.
        let Ok(instance) = Instance::parse(case[1].to_string().as_bytes()) else {
            refused.push(name);
            continue;
        };
        let told = case[3].as_bool().unwrap();
        (judged, faulty) = (judged + 1, faulty + usize::from(told));
        match Plan::parse(case[2].to_string().as_bytes()) {
            Err(faults) => assert!(told, "{name}: {faults:?}"),
            Ok(plan) => {
                let ours = check(&instance, &plan);
                assert_eq!(ours.faults.is_empty(), !told, "{name}: {:?}", ours.faults);
                let objective = case[4].as_f64().unwrap();
                let same = (ours.objective - objective).abs() <= 1e-9 * objective.abs().max(1.0);
                assert!(told || same, "{name}: {} but {objective}", ours.objective);
            }
        }
    }
    assert!(faulty >= 120 && judged - faulty >= 40, "{judged} judged, {faulty} of them faulty");
    assert!(refused.len() <= 6, "{refused:?}");
}

#[test]
fn both_judges_agree_on_random_plans_of_the_later_format_and_their_corruptions() {
    let dice = &mut Dice(11);
    let mut pairs = Vec::new();
    for seed in 0..250 {
        let instance = if seed % 2 == 0 { random::shop(seed) } else { random::later(seed, random::SMALL) };
        let plan = plans::run(&instance).plan;
        pairs.extend(corrupted(dice, instance, plan));
    }
    let faulty = same_verdicts(&own(), &pairs);
    assert!(faulty > 100 && faulty < pairs.len() - 250, "both kinds are tried: {faulty} of {}", pairs.len());
}

#[test]
fn the_own_judge_agrees_on_the_first_format_too() {
    let apart = ["objective no number"];
    let pairs: Vec<_> = broken::CASES.iter().filter(|case| !apart.contains(&case.0)).map(broken::broken).collect();
    assert!(same_verdicts(&own(), &pairs) > 50);
}

#[test]
fn the_judge_in_python_passes_its_own_tests() {
    let output = Command::new("python3").args(["-B", "-m", "unittest", "-q"]).current_dir(own()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn first_come_is_worth_what_greedy_py_is() {
    let Some(folder) = peers() else { return };
    let file = tempfile::NamedTempFile::new().unwrap();
    let cases = [("xs", 1, 1.0), ("xs", 2, 0.5), ("xs", 3, 2.0), ("s", 1, 1.0), ("s", 2, 0.5), ("s", 3, 1.0)];
    let lines: Vec<String> = cases.iter().map(|c| serde_json::to_string(c).unwrap()).collect();
    std::fs::write(file.path(), lines.join("\n")).unwrap();
    let documents: Vec<String> = python(&folder, GENERATE, file.path()).iter().map(Value::to_string).collect();
    std::fs::write(file.path(), documents.join("\n")).unwrap();
    for (document, theirs) in documents.iter().zip(python(&folder, GREEDY, file.path())) {
        let instance = Instance::parse(document.as_bytes()).unwrap();
        let plan = first_come::plan(&instance);
        assert_eq!(check(&instance, &plan).faults, Vec::<String>::new());
        let theirs = theirs.as_f64().unwrap();
        assert!((plan.objective - theirs).abs() <= 1e-9 * theirs.abs(), "{}: {}", instance.name, plan.objective);
    }
}
