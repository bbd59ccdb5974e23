// Places, and what goes between them. The ground is drawn once for a width and then moved as a whole; what stands on it keeps its size
// and is set anew at each step, so that near by there is room for more names.
import { type GeoPermissibleObjects, type GeoProjection, geoMercator, geoPath } from "d3-geo";
import { scaleSqrt } from "d3-scale";
import { symbol, symbolCircle, symbolDiamond, symbolSquare, symbolTimes, symbolTriangle, type SymbolType } from "d3-shape";
import { zoom, zoomIdentity, type ZoomTransform } from "d3-zoom";
import { feature } from "topojson-client";
import type { Topology } from "topojson-specification";
import type { Lane, LaneLoad, MapData, MapSign, Mode, Place, PlaceKind, View } from "./contract.ts";
import { type Draw, type Group, legend, linked, picture, round, type Stage, type Svg, textWidth, tip } from "./draw.ts";
import { type Box, inside, overlap, place, type Point } from "./labels.ts";
import { along, course, middleLongitude } from "./lanes.ts";

/** Shape and radius: a kind can be told without colour. */
const SIGNS: Record<PlaceKind, [SymbolType, number]> = {
  hub: [symbolCircle, 6],
  depot: [symbolSquare, 3.5],
  port: [symbolSquare, 4.5],
  airfield: [symbolTriangle, 4.5],
  crossing: [symbolTimes, 4],
  repair: [symbolDiamond, 5],
  training: [symbolCircle, 4.5],
  delivery: [symbolCircle, 3],
};
const FULL = 0.995;
const BUSY = 0.7;

type Outlines = Record<"land" | "borders", GeoPermissibleObjects>;

export function map(stage: Stage, data: MapData): Draw {
  const places = new Map(data.places.map((each) => [each.id, each]));
  const byWeight = [...data.places].sort((a, b) => b.weight - a.weight);
  const lanes = bent(data.lanes.filter((lane) => places.has(lane.from) && places.has(lane.to)));
  if (places.size === 0) throw new Error("no places");
  const larger = scaleSqrt()
    .domain([0, Math.max(...data.places.map((each) => each.amount?.value ?? 0), 1)])
    .range([0, 6]);
  const radius = (each: Place, detail: number): number => ((SIGNS[each.kind] ?? SIGNS.delivery)[1] + larger(each.amount?.value ?? 0)) * detail;
  const middle = middleLongitude(data.places.map((each) => each.longitude));
  const views: View[] = data.views?.length ? data.views : [{ name: "" }];

  let outlines: Outlines | undefined;
  let view = 0;
  let period: number | undefined;
  let size: [number, number] = [0, 0];
  let projection: GeoProjection = geoMercator();
  let svg: Svg | undefined;
  let at: ZoomTransform = zoomIdentity;
  let waiting = false;

  const tools = document.createElement("div");
  tools.className = "tools";
  const frame = document.createElement("div");
  frame.className = "view";
  frame.tabIndex = 0;
  frame.setAttribute("role", "group");
  frame.setAttribute("aria-label", data.controls.help);
  // Seen while the frame has the keyboard; to assistive technology it is the frame's name.
  const help = document.createElement("p");
  help.className = "help";
  help.setAttribute("aria-hidden", "true");
  help.textContent = data.controls.help;
  stage.host.append(tools, frame, help);
  if (data.legend?.length) stage.host.append(legend(data.legend.map((entry) => ({ text: entry.text, sign: (on) => sign(on, entry) }))));

  const behaviour = zoom<SVGSVGElement, undefined>()
    // The page scrolls over the map; the wheel is the map's with a key held, or once the map was chosen.
    .filter((event: Event) => {
      if (event instanceof WheelEvent) return event.ctrlKey || event.metaKey || frame.contains(document.activeElement);
      return !(event instanceof MouseEvent) || event.button === 0;
    })
    .duration(matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 200)
    .on("zoom", ({ transform, sourceEvent }: { transform: ZoomTransform; sourceEvent: Event | null }) => {
      at = transform;
      if (sourceEvent) moved();
      later();
    });
  const buttons = views.length > 1 ? views.map(({ name }, n) => button(name, () => look(n))) : [];
  tools.append(...buttons);
  const farther = button("−", () => step(1 / 1.6), data.controls.zoom_out);
  const nearer = button("+", () => step(1.6), data.controls.zoom_in);
  tools.append(farther, nearer);
  if (data.periods) tools.append(slider(data.periods, (chosen) => ((period = chosen), later())));

  frame.addEventListener("keydown", (event) => {
    const keys: Record<string, () => void> = {
      "+": () => step(1.6),
      "=": () => step(1.6),
      "-": () => step(1 / 1.6),
      ArrowLeft: () => move(60, 0),
      ArrowRight: () => move(-60, 0),
      ArrowUp: () => move(0, 60),
      ArrowDown: () => move(0, -60),
      "0": () => look(0),
    };
    const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  const outlinesAt = stage.outlines;
  if (outlinesAt !== undefined) {
    fetch(outlinesAt)
      .then(async (response) => {
        const topology = (await response.json()) as Topology;
        const shape = (name: string): GeoPermissibleObjects => feature(topology, topology.objects[name] as never) as never;
        outlines = { land: shape("land"), borders: shape("borders") };
        ground();
      })
      .catch((error: unknown) => console.warn("no outlines", error));
  }

  return (width) => {
    const height = Math.round(Math.min(Math.max(width * 0.52, 300), 560));
    const before = size;
    size = [width, height];
    projection = geoMercator()
      .rotate([-middle, 0])
      .fitSize(size, corners({ name: "" }));
    svg = picture(stage.label, width, height);
    svg.append("g").attr("class", "ground");
    for (const name of ["lanes", "places", "names"]) svg.append("g").attr("class", name);
    frame.replaceChildren(svg.node() as SVGSVGElement);
    const world = [
      [-179.9 + middle, 82],
      [179.9 + middle, -57],
    ].map((point) => projection(point as Point)) as [Point, Point];
    behaviour
      .extent([[0, 0], size])
      .translateExtent(world)
      .scaleExtent([Math.min(1, width / (world[1][0] - world[0][0])), 80]);
    svg.call(behaviour).style("touch-action", "pan-y");
    ground();
    if (before[0] === 0) look(view);
    else svg.call(behaviour.transform, zoomIdentity.translate((at.x * width) / before[0], (at.y * height) / before[1]).scale(at.k));
  };

  function corners({ box }: View): GeoPermissibleObjects {
    // Some room around each place, so that one place alone is a part of the world, too.
    const all = (): Point[] => [
      ...data.places.flatMap(({ longitude: x, latitude: y }): Point[] => [
        [x - 1.5, y - 1],
        [x + 1.5, y + 1],
      ]),
      ...lanes.flatMap(({ via = [] }) => via),
    ];
    return {
      type: "MultiPoint",
      coordinates: box
        ? [
            [box[0], box[1]],
            [box[2], box[3]],
          ]
        : all(),
    };
  }

  /** Shows a part of the world as a whole. */
  function look(chosen: number): void {
    view = chosen;
    const [[x0, y0], [x1, y1]] = geoPath(projection).bounds(corners(views[view] as View)) as [Point, Point];
    const room = (views[view] as View).box ? 0 : size[0] < 700 ? 28 : 56;
    const k = Math.min((size[0] - 2 * room) / Math.max(x1 - x0, 1), (size[1] - 2 * room) / Math.max(y1 - y0, 1), 80);
    go(zoomIdentity.translate(size[0] / 2 - (k * (x0 + x1)) / 2, size[1] / 2 - (k * (y0 + y1)) / 2).scale(k));
    buttons.forEach((each, n) => each.setAttribute("aria-pressed", String(n === view)));
  }

  function go(transform: ZoomTransform): void {
    if (svg) svg.call(behaviour.transform, transform);
  }

  function step(factor: number): void {
    if (svg) svg.call(behaviour.scaleBy, factor);
    moved();
  }

  function move(x: number, y: number): void {
    if (svg) svg.call(behaviour.translateBy, x / at.k, y / at.k);
    moved();
  }

  function moved(): void {
    for (const each of buttons) each.setAttribute("aria-pressed", "false");
  }

  function ground(): void {
    if (!svg || !outlines) return;
    const path = geoPath(projection).digits(2);
    const group = svg.select<SVGGElement>(".ground");
    group.selectAll("*").remove();
    for (const name of ["land", "borders"] as const) group.append("path").attr("class", name).attr("d", path(outlines[name]));
  }

  /** Draws before the next frame, once. */
  function later(): void {
    if (waiting || !svg) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      if (svg) upon(svg);
    });
  }

  /** Draws what stands on the ground. */
  function upon(on: Svg): void {
    on.select(".ground").attr("transform", at.toString());
    const spot = ([longitude, latitude]: Point): Point => {
      const [x, y] = projection([longitude, latitude]) ?? [0, 0];
      return [at.applyX(x), at.applyY(y)];
    };
    const spots = new Map(data.places.map((each) => [each.id, spot([each.longitude, each.latitude])]));
    // Signs grow with the map, but far more slowly.
    const degree = (projection.scale() * at.k * Math.PI) / 180;
    const detail = Math.min(Math.max(0.45 + 0.12 * Math.log2(degree + 1), 0.55), 1.1);
    const view: Box = { x: 0, y: 0, width: size[0], height: size[1] };

    const drawn = drawLanes(on.select<SVGGElement>(".lanes"), lanes, period, detail, (lane) => {
      const [from, to] = [spots.get(lane.from) as Point, spots.get(lane.to) as Point];
      return course(from, to, (lane.via ?? []).map(spot), lane.bend);
    });

    const group = on.select<SVGGElement>(".places");
    group.selectAll("*").remove();
    const near: Box = { x: -20, y: -20, width: size[0] + 40, height: size[1] + 40 };
    const seen = byWeight.filter((each) => inside(around(spots.get(each.id) as Point, 0), near));
    for (const each of [...seen].reverse()) {
      const [x, y] = spots.get(each.id) as Point;
      const mark = linked(group, each.href)
        .classed(`place ${each.kind}`, true)
        .attr("transform", `translate(${round(x)},${round(y)})`);
      const [shape] = SIGNS[each.kind] ?? SIGNS.delivery;
      // A ground that is easier to hit than the sign.
      mark.append("circle").attr("class", "hit").attr("r", 10);
      mark.append("path").attr("d", symbol(shape, area(shape, radius(each, detail)))());
      tip(mark, [label(each), each.text].filter(Boolean).join("\n"));
    }

    const names = on.select<SVGGElement>(".names");
    names.selectAll("*").remove();
    const room = (each: Place): number => radius(each, detail) + 1;
    const taken = seen.map((each) => around(spots.get(each.id) as Point, room(each)));
    const named = seen.filter((each) => inside(around(spots.get(each.id) as Point, 0), view));
    const boxes = place(
      named.map((each) => ({
        at: spots.get(each.id) as Point,
        radius: room(each),
        width: textWidth(label(each), style(each)) + 2,
        height: 14,
        far: each.kind === "hub",
      })),
      { x: 2, y: 2, width: size[0] - 4, height: size[1] - 4 },
      taken,
      drawn.flatMap((each) => each.points),
    );
    named.forEach((each, n) => {
      const { box, leader } = boxes[n] ?? {};
      if (!box) return;
      taken.push(box);
      if (leader)
        names
          .append("path")
          .attr("class", "leader")
          .attr("d", `M${leader.map((point) => point.map(round).join(",")).join("L")}`);
      names
        .append("text")
        .attr("class", style(each))
        .attr("x", round(box.x + 1))
        .attr("y", round(box.y + 11))
        .text(label(each));
    });

    // What the lanes carry, where room is left.
    const most = Math.max(...drawn.map(({ load }) => load.value));
    for (const { load, points } of [...drawn].sort((a, b) => b.load.value - a.load.value)) {
      const {
        at: [x, y],
        length,
      } = along(points, 0.42);
      const width = textWidth(load.text, "amount") + 4;
      const box = { x: x - width / 2, y: y - 7, width, height: 14 };
      if (
        load.value < most / 6 ||
        load.value <= 0 ||
        length < width * 3 ||
        !inside(box, view) ||
        taken.some((other) => overlap(box, other))
      )
        continue;
      taken.push(box);
      names
        .append("text")
        .attr("class", "amount")
        .attr("x", round(box.x + 2))
        .attr("y", round(box.y + 11))
        .text(load.text);
    }
  }
}

type BentLane = Lane & { bend: number };

/** Lanes between the same places are bent unlike, so that each can be seen. */
function bent(lanes: readonly Lane[]): BentLane[] {
  const count = new Map<string, number>();
  return lanes.map((lane) => {
    const key = `${lane.from}\n${lane.to}`;
    const n = count.get(key) ?? 0;
    count.set(key, n + 1);
    return { ...lane, bend: 0.07 + n * 0.09 };
  });
}

interface DrawnLane {
  load: LaneLoad;
  points: Point[];
}

function drawLanes(
  group: Group,
  lanes: BentLane[],
  period: number | undefined,
  detail: number,
  way: (lane: BentLane) => Point[],
): DrawnLane[] {
  group.selectAll("*").remove();
  const load = (lane: BentLane): LaneLoad =>
    period === undefined ? lane : (lane.by_period?.find((each) => each.period === period) ?? { value: 0, text: "" });
  const all = period === undefined ? lanes : lanes.flatMap((lane) => lane.by_period ?? []);
  const thick = scaleSqrt()
    .domain([0, Math.max(...all.map((each) => each.value), 1e-9)])
    .range([0.8, 6 * detail]);
  return lanes.map((lane) => {
    const carried = load(lane);
    const points = way(lane);
    const state = carried.value <= 0 ? "idle" : degree(carried.load);
    const on = linked(group, lane.href).classed(`lane ${lane.mode} ${state}`, true);
    const d = `M${points.map(([x, y]) => `${round(x)},${round(y)}`).join("L")}`;
    const width = carried.value > 0 ? thick(carried.value) : 0.8;
    on.append("path").attr("class", "hit").attr("d", d);
    on.append("path")
      .attr("class", "way")
      .attr("d", d)
      .attr("stroke-width", round(width))
      .attr("stroke-dasharray", dashes(lane.mode, width));
    tip(on, carried.text);
    const { at, angle, length } = along(points, 0.6);
    if (carried.value > 0 && length > 36) {
      const half = 2.5 + width * 0.7;
      const arrow = on.append("g").attr("transform", `translate(${round(at[0])},${round(at[1])}) rotate(${round(angle)})`);
      arrow
        .append("path")
        .attr("class", "arrow")
        .attr("d", `M${round(half * 1.3)},0L${round(-half)},${round(-half)}V${round(half)}Z`);
      if (state === "full")
        arrow
          .append("path")
          .attr("class", "stop")
          .attr("d", `M${round(half * 1.3 + 2.5)},${round(-half - 2)}V${round(half + 2)}`);
    }
    return { load: carried, points };
  });
}

function degree(load: number | undefined): "free" | "busy" | "full" {
  return load === undefined || load < BUSY ? "free" : load < FULL ? "busy" : "full";
}

/** How a line is broken tells how goods go. */
function dashes(mode: Mode, width: number): string | null {
  const unit = Math.max(width, 1.2);
  const pattern = { road: null, rail: [4, 1.2], sea: [0.1, 2], air: [2, 2] }[mode];
  return pattern ? pattern.map((n) => round(n * unit)).join(" ") : null;
}

function label({ name, amount }: Place): string {
  return amount ? `${name}: ${amount.text}` : name;
}

function style(place: Place): string {
  return place.kind === "hub" ? "name hub" : "name";
}

function around([x, y]: Point, radius: number): Box {
  return { x: x - radius, y: y - radius, width: 2 * radius, height: 2 * radius };
}

/** d3 draws symbols by area; this is that of a symbol of about this radius. */
function area(shape: SymbolType, radius: number): number {
  if (shape === symbolCircle) return Math.PI * radius * radius;
  if (shape === symbolSquare) return 4 * radius * radius * 0.85;
  if (shape === symbolDiamond) return 2 * radius * radius * 1.1;
  if (shape === symbolTimes) return radius * radius * 4;
  return 1.6 * radius * radius * 1.2;
}

function sign(on: Svg, entry: MapSign): void {
  const group = on.append("g");
  if ("place" in entry) {
    const [shape, radius] = SIGNS[entry.place] ?? SIGNS.delivery;
    group
      .attr("class", `place ${entry.place}`)
      .attr("transform", "translate(10,7)")
      .append("path")
      .attr("d", symbol(shape, area(shape, radius))());
    return;
  }
  const state = "load" in entry ? entry.load : "free";
  const mode = "mode" in entry ? entry.mode : "road";
  group.attr("class", `lane ${mode} ${state}`);
  group.append("path").attr("class", "way").attr("d", "M1,7H19").attr("stroke-width", 2.4).attr("stroke-dasharray", dashes(mode, 2));
  if (state === "full") group.append("path").attr("class", "stop").attr("d", "M14,2V12");
}

function button(text: string, press: () => void, label?: string): HTMLButtonElement {
  const element = document.createElement("button");
  element.type = "button";
  element.textContent = text;
  if (label !== undefined) {
    element.setAttribute("aria-label", label);
    element.title = label;
  }
  element.addEventListener("click", press);
  return element;
}

/** A labelled slider over periods; its first stop is the whole. */
function slider({ name, whole, labels }: NonNullable<MapData["periods"]>, chosen: (period: number | undefined) => void): HTMLElement {
  const label = document.createElement("label");
  const input = document.createElement("input");
  const output = document.createElement("output");
  input.type = "range";
  input.min = "0";
  input.max = String(labels.length);
  input.value = "0";
  const show = (): void => {
    const n = Number(input.value);
    const text = n === 0 ? whole : (labels[n - 1] ?? "");
    output.textContent = text;
    input.setAttribute("aria-valuetext", text);
    chosen(n === 0 ? undefined : n - 1);
  };
  input.addEventListener("input", show);
  label.className = "period";
  label.append(name, input, output);
  show();
  return label;
}
