// What the gallery shows: made up, at real magnitudes, on the demonstration's places and lanes.
import { readFile } from "node:fs/promises";

const mission = new URL("../../demo/mission/", import.meta.url);

/** The same numbers on every run. */
function chance(seed) {
  let state = seed;
  return () => ((state = (state * 48271) % 2147483647) - 1) / 2147483646;
}

async function sheet(name) {
  const [head, ...lines] = (await readFile(new URL(name, mission), "utf8")).trim().split(/\r?\n/);
  const fields = (line) =>
    [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain);
  const names = fields(head);
  return lines.map((line) => Object.fromEntries(fields(line).map((value, n) => [names[n], value])));
}

const tonnes = (value) => `${Math.round(value).toLocaleString("en-GB")} t`;
const percent = (share) => `${Math.round(share * 100)} %`;
const WEEKS = Array.from({ length: 26 }, (_, n) => n + 1);

function stages() {
  const names = ["Pledged", "Committed", "Allocated", "Moving", "Received", "In service"];
  const values = [4.81, 3.9, 3.08, 2.5, 1.97, 1.73];
  const behind = [
    ["no offer text yet · 31", 0.71],
    ["withdrawn · 4", 0.2],
    ["condition open · 22", 0.82],
    ["lane or node full · 14", 0.58],
    ["in transit · 38", 0.53],
    ["not yet issued · 9", 0.24],
  ];
  const from = [0, 0, 1, 2, 3, 4];
  return {
    nodes: names.map((name, n) => ({
      id: `s${n}`,
      name,
      text: `€ ${values[n].toFixed(2)} bn`,
      detail: percent(values[n] / values[0]),
      href: `#s${n}`,
    })),
    links: [
      ...values
        .slice(1)
        .map((value, n) => ({ from: `s${n}`, to: `s${n + 1}`, value, text: `${names[n]} → ${names[n + 1]}: € ${value.toFixed(2)} bn` })),
      ...behind.map(([text, value], n) => ({ from: `s${from[n]}`, value, text, to: null, tone: n === 1 ? "warn" : null })),
    ],
  };
}

function donors() {
  const random = chance(11);
  const columns = [
    ["Germany", "United States", "United Kingdom", "Netherlands", "Japan", "Poland", "26 others"],
    ["Protection", "Mobility", "Communications", "Medical", "Engineering", "Demining"],
    ["Received", "Moving", "Planned"],
  ];
  const nodes = columns.flatMap((names, c) => names.map((name) => ({ id: `${c}${name}`, name })));
  const links = [];
  const held = new Map();
  const add = (from, to, value) => {
    if (value < 0.5) return;
    links.push({ from, to, value, text: `${from.slice(1)} → ${to.slice(1)}: € ${value.toFixed(0)} m` });
    held.set(to, (held.get(to) ?? 0) + value);
    if (from[0] === "0") held.set(from, (held.get(from) ?? 0) + value);
  };
  columns[0].forEach((donor, n) =>
    columns[1].forEach((purpose) => random() < 0.6 && add(`0${donor}`, `1${purpose}`, (240 / (n + 1)) * random())),
  );
  columns[1].forEach((purpose) => {
    const all = held.get(`1${purpose}`) ?? 0;
    columns[2].forEach((state, n) => add(`1${purpose}`, `2${state}`, all * [0.5, 0.2, 0.2][n]));
    links.push({ from: `1${purpose}`, value: all * 0.1, text: "open" });
  });
  return { nodes: nodes.map((node) => ({ ...node, text: `€ ${(held.get(node.id) ?? 0).toFixed(0)} m` })), links };
}

/** From Japan by Suez and Gibraltar, or by Suez alone. */
const SUEZ = [
  [139.6, 34.8],
  [131, 30.2],
  [122, 24],
  [113, 12],
  [104.8, 1.4],
  [101, 3],
  [95, 6],
  [80.3, 5.4],
  [52, 12.6],
  [43.4, 12.6],
  [38, 20],
  [32.6, 29.6],
  [32.3, 31.6],
];
const GIBRALTAR = [
  [19, 35.2],
  [11.2, 37.6],
  [0, 36.6],
  [-5.6, 35.95],
  [-9.6, 37],
  [-9.8, 43.4],
  [-5.6, 48.8],
  [1.3, 50.9],
  [3.5, 52.4],
  [6, 54],
];

async function map() {
  const random = chance(7);
  const [places, lanes] = [await sheet("places.csv"), await sheet("lanes.csv")];
  const weights = { hub: 90, port: 60, airfield: 40, repair: 30, depot: 20, training: 25, crossing: 35, delivery: 15 };
  const used = lanes.filter(
    ({ from, to, mode }) => random() < 0.3 && (mode !== "air" || random() < 0.7) && !(from.startsWith("DEPOT") && random() < 0.5),
  );
  const flows = used.map(({ code, from, to, mode, capacity_t }) => {
    const capacity = Number(capacity_t) || 100;
    const by_period = WEEKS.flatMap((_, period) => {
      const load = random() * 1.3;
      const value = Math.min(1, load) * capacity;
      return random() < 0.35 ? [] : [{ period, value, text: tonnes(value), load: Math.min(1, load) }];
    });
    const value = by_period.reduce((sum, each) => sum + each.value, 0);
    const load = Math.min(1, value / (capacity * 16));
    const far = from.startsWith("JP") || to.startsWith("JP");
    const via = mode !== "sea" || !far ? undefined : /^(RO|BG|GR|TR|HR|IT|SI)/.test(to) ? SUEZ : [...SUEZ, ...GIBRALTAR];
    return { id: code, from, to, mode, value, text: tonnes(value), load, href: `/lanes/${code}`, ...(via ? { via } : {}), by_period };
  });
  const busy = new Map();
  for (const { from, to, value } of flows) for (const code of [from, to]) busy.set(code, (busy.get(code) ?? 0) + value);
  return {
    places: places
      .filter(({ code, kind }) => busy.has(code) || kind === "hub")
      .map(({ code, name, kind, latitude, longitude }) => ({
        id: code,
        name,
        kind,
        latitude: Number(latitude),
        longitude: Number(longitude),
        href: `/places/${code}`,
        weight: weights[kind] + Math.sqrt(busy.get(code) ?? 0),
        text: `${tonnes(busy.get(code) ?? 0)} in and out`,
        // At some of them something stands.
        amount: kind === "repair" ? { value: 12, text: "12" } : undefined,
      })),
    lanes: flows,
    views: [{ name: "All" }, { name: "Europe", box: [-9, 36, 39, 60] }, { name: "The mission", box: [16, 45, 38, 53] }],
    periods: { name: "Week", whole: "All 26 weeks", labels: WEEKS.map((week) => `Week ${week}`) },
    legend: [
      { place: "hub", text: "hub" },
      { place: "depot", text: "depot" },
      { place: "port", text: "port" },
      { place: "airfield", text: "airfield" },
      { place: "crossing", text: "crossing" },
      { place: "repair", text: "repair" },
      { place: "training", text: "training" },
      { place: "delivery", text: "delivery" },
      { mode: "road", text: "road" },
      { mode: "rail", text: "rail" },
      { mode: "sea", text: "sea" },
      { mode: "air", text: "air" },
      { load: "busy", text: "70 % of capacity or more" },
      { load: "full", text: "full" },
    ],
    controls: { zoom_in: "Zoom in", zoom_out: "Zoom out", help: "Map: arrow keys move it, plus and minus zoom, Ctrl and wheel zoom" },
  };
}

function load() {
  const random = chance(3);
  const names = [
    "Node West, handling",
    "Node South, handling",
    "Node Delta, storage",
    "Crossing 1",
    "Crossing 2, change of gauge",
    "Crossing 4",
    "Bremerhaven – Node Rhine, rail",
    "Gdynia – Node North, rail",
    "Constanta – Node Delta, road",
    "Works B, engines",
    "Works D, vehicles",
    "School 2, drivers",
    "School 5, interpreters",
  ];
  const cells = names.flatMap((name, row) => {
    const peak = 6 + random() * 12;
    return WEEKS.flatMap((week, column) => {
      const share = Math.min(1, Math.max(0, 1.08 - Math.abs(week - peak) / 10 + (random() - 0.5) * 0.35));
      return share < 0.03
        ? []
        : [{ row, column, share, text: `${Math.round(share * 100)}`, title: `${name}, week ${week}\n${percent(share)} of capacity` }];
    });
  });
  return {
    rows: names.map((name, n) => (n % 2 ? { name } : { name, href: `/limits/${n}` })),
    columns: WEEKS.map((week) => ({ label: `W${week}` })),
    cells,
    legend: [
      { share: 0.1, text: "under 20 %" },
      { share: 0.3, text: "under 40 %" },
      { share: 0.5, text: "under 60 %" },
      { share: 0.7, text: "under 80 %" },
      { share: 0.9, text: "under 100 %" },
      { share: 1, text: "full" },
    ],
  };
}

function needs() {
  const rows = [
    ["Protection", [580, 120, 180, 120]],
    ["Communications", [440, 90, 310, 160]],
    ["Demining", [71, 8, 21, 0]],
    ["Mobility", [360, 140, 300, 200]],
    ["Medical and evacuation of casualties", [49, 20, 22, 9]],
    ["Engineering", [28, 6, 40, 26]],
  ];
  const series = ["received", "moving", "planned", "open"];
  return {
    scale: "each",
    series: series.map((name, n) => ({ id: name, name, tone: ["b1", "b2", "b3", "rest"][n] })),
    rows: rows.map(([name, parts]) => ({
      name,
      href: `/needs?purpose=${name.slice(0, 4)}`,
      text: tonnes(parts.reduce((a, b) => a + b)),
      parts: parts.map((value, n) => ({ series: series[n], value, text: tonnes(value) })),
    })),
  };
}

function met() {
  const random = chance(5);
  return {
    series: [
      { id: "plan", name: "Plan", tone: "b1", shape: "column" },
      { id: "first", name: "First come, first served", tone: "warn", shape: "line" },
    ],
    columns: WEEKS.map((week) => {
      const plan = 14e6 * (1 - Math.exp(-week / 9)) * (0.94 + random() * 0.06);
      const first = plan * (0.62 + random() * 0.12);
      return {
        label: `Week ${week}`,
        values: [
          { series: "plan", value: plan, text: `€ ${(plan / 1e6).toFixed(1)} m` },
          { series: "first", value: first, text: `€ ${(first / 1e6).toFixed(1)} m` },
        ],
      };
    }),
    ticks: [0, 5, 10, 15].map((n) => ({ value: n * 1e6, text: n ? `€ ${n} m` : "0" })),
  };
}

function courses() {
  return {
    from: "2026-08-31",
    to: "2026-12-14",
    now: { at: "2026-09-14", text: "14 Sep" },
    shift: { hint: "Drag a bar to see what other days would mean.", then: "Enter checks, Esc gives up" },
    legend: [
      { tone: "b1", text: "confirmed" },
      { tone: "b2", text: "planned" },
      { tone: "rest", text: "no host yet" },
      { tone: "bad", text: "clashes" },
      { point: "done", text: "kit there" },
      { point: "due", text: "kit due" },
      { point: "late", text: "kit late" },
    ],
    rows: [
      {
        name: "T-014 Drivers, light trucks",
        href: "/courses/14",
        bars: [
          { from: "2026-09-02", to: "2026-09-26", text: "24 of 24 seats", tone: "b1" },
          { from: "2026-10-05", to: "2026-10-31", text: "24 of 24 seats", tone: "b1" },
        ],
        points: [{ at: "2026-09-01", text: "8 trucks", point: "done" }],
      },
      {
        name: "T-031 Drivers, recovery vehicles",
        href: "/courses/31",
        bars: [
          { from: "2026-09-21", to: "2026-10-10", text: "8 seats short", tone: "bad", title: "begins 6 days before its trucks arrive", href: "/courses/31", check: "/courses/31?start=" },
        ],
        points: [{ at: "2026-09-27", text: "4 recovery vehicles", point: "late" }],
      },
      {
        name: "T-033 Deminers",
        bars: [{ from: "2026-09-07", to: "2026-11-28", text: "16 of 20 seats, two interpreters", tone: "b1" }],
        points: [
          { at: "2026-09-04", text: "detectors", point: "done" },
          { at: "2026-10-20", text: "protective suits", point: "due" },
        ],
      },
      {
        name: "T-040 Medics, combat casualties",
        bars: [
          { from: "2026-10-12", to: "2026-10-24", text: "30 of 30", tone: "b2", href: "/courses/40", check: "/courses/40?start=" },
          { from: "2026-11-02", to: "2026-11-14", text: "12 of 30", tone: "b2" },
          { from: "2026-11-23", to: "2026-12-05", text: "0 of 30", tone: "rest" },
        ],
      },
      {
        name: "T-052 Signallers",
        bars: [{ from: "2026-10-19", to: "2026-11-28", text: "18 of 24 seats", tone: "b2" }],
        points: [{ at: "2026-10-15", text: "40 radios", point: "due" }],
      },
      {
        name: "T-058 Mechanics, engines and transmissions",
        bars: [{ from: "2026-11-09", to: "2026-12-19", text: "host wanted", tone: "rest" }],
      },
      {
        name: "Interpreters (Ukrainian, English)",
        bars: [
          { from: "2026-08-20", to: "2026-09-12", text: "4", tone: "b2" },
          { from: "2026-09-14", to: "2026-11-07", text: "6 of 7", tone: "bad" },
        ],
      },
    ],
  };
}

export async function data() {
  return { stages: stages(), donors: donors(), map: await map(), load: load(), needs: needs(), met: met(), courses: courses() };
}

/** Every text of the data that people wrote, in another form. */
export function rewritten(value, change) {
  if (Array.isArray(value)) return value.map((each) => rewritten(each, change));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [
      key,
      typeof each === "string" && ["name", "text", "label", "title", "detail", "whole", "help"].includes(key)
        ? change(each)
        : key === "href" || key === "check"
          ? change(each)
          : rewritten(each, change),
    ]),
  );
}
