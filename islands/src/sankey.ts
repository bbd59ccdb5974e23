// What flows on from stage to stage, and what stays behind. Columns from left to right; where these would be too narrow for their words
// and every stage is one node, bars from top to bottom.
import { type Draw, line, linked, type Measure, picture, round, type Stage, textWidth, tip, type Group, shortened } from "./draw.ts";
import { type Box, settle } from "./labels.ts";
import { flow, type Flow } from "./flow.ts";
import type { Sankey } from "./contract.ts";

const THICK = 12;
const NARROWEST = 104;

export function sankey(stage: Stage, data: Sankey): Draw {
  const graph = flow(data);
  return (width) => {
    const upright = graph.chain && (width - THICK) / graph.columns < NARROWEST;
    stage.host.replaceChildren((upright ? downwards : rightwards)(stage.label, graph, width, textWidth));
    stage.host.classList.toggle("wide", !upright && (width - THICK) / graph.columns < NARROWEST);
    if (stage.host.classList.contains("wide")) {
      // Wider than its frame: the frame scrolls, and the keyboard must reach it.
      stage.host.tabIndex = 0;
      stage.host.setAttribute("role", "group");
      stage.host.setAttribute("aria-label", stage.label);
    } else {
      for (const name of ["tabindex", "role", "aria-label"]) stage.host.removeAttribute(name);
    }
  };
}

/** Draws columns from left to right. */
function rightwards(label: string, graph: Flow, frame: number, measure: Measure): SVGSVGElement {
  const width = Math.max(frame, graph.columns * NARROWEST + THICK);
  const last = graph.nodes.filter((node) => node.column === graph.columns - 1);
  const words = last.map(({ name, text, detail }) =>
    Math.max(measure(name, "strong"), THICK + 8 + Math.max(measure(text, "strong"), measure(detail ?? "", "mu"))),
  );
  const margin = Math.min(Math.max(...words) + 2, width / graph.columns);
  const pitch = graph.columns > 1 ? (width - margin) / (graph.columns - 1) : width;
  const most = Math.max(...graph.byColumn.map((nodes) => nodes.length));
  const behind = graph.links.some((link) => link.to === undefined);
  const gap = most === 1 ? 0 : behind ? 42 : 28;
  const scale = (Math.min(168, Math.max(112, width * 0.14)) * (most > 1 ? 1.5 : 1)) / graph.greatest;
  const top = 24;

  const svg = picture(label, width, 0);
  const bands = svg.append("g");
  const marks = svg.append("g");
  const names = svg.append("g");
  const taken: Box[] = [];
  const at = new Map<string, { x: number; y: number; height: number }>();
  for (const [column, nodes] of graph.byColumn.entries()) {
    let y = top;
    for (const node of nodes) {
      const height = Math.max(node.value * scale, 1);
      const x = column * pitch;
      at.set(node.id, { x, y, height });
      const group = linked(marks, node.href);
      group
        .append("rect")
        .attr("class", "node")
        .attr("x", round(x))
        .attr("y", round(y))
        .attr("width", THICK)
        .attr("height", round(height))
        .attr("rx", 2);
      tip(group, [node.name, node.text, node.detail].filter(Boolean).join("\n"));
      taken.push(
        { x, y, width: THICK, height },
        ...wordsOf(names, node, x, y, height, column === graph.columns - 1 ? margin + 1 : pitch - 6, measure),
      );
      y += height + gap;
    }
  }

  const stubs: { link: Flow["links"][number]; x: number; y: number; thick: number }[] = [];
  for (const link of graph.links) {
    const from = at.get(link.from) as { x: number; y: number; height: number };
    const x = from.x + THICK;
    const y = from.y + link.fromOffset * scale;
    const thick = Math.max(link.value * scale, 1);
    if (link.to === undefined) {
      stubs.push({ link, x, y, thick });
      continue;
    }
    const to = at.get(link.to) as { x: number; y: number; height: number };
    const group = linked(bands, link.href);
    group
      .append("path")
      .attr("class", `band ${link.tone ?? "b3"}`)
      .attr("d", ribbon(x, y, to.x, to.y + link.toOffset * scale, thick));
    tip(group, link.text);
  }

  // From the right: there the parts that stay behind lie highest, and what is written beside them goes down where it must.
  const reach = Math.min(44, pitch * 0.25);
  const drop = 7;
  stubs.sort((a, b) => b.x - a.x || a.y - b.y);
  for (const { x, y, thick } of stubs) taken.push({ x, y: y + drop, width: reach, height: thick });
  for (const { link, x, y, thick } of stubs) {
    const group = linked(bands, link.href);
    group
      .append("path")
      .attr("class", `band ${link.tone ?? "rest"}`)
      .attr("d", ribbon(x, y, x + reach, y + drop, thick));
    tip(group, link.text);
    const room = Math.min(width, pitch * 2 - reach - 20);
    const text = shortened(link.text, room, "mu", measure);
    const wide = measure(text, "mu");
    const box = settle({ x: Math.min(x + reach + 8, width - wide), y: y + drop + thick / 2 - 8, width: wide + 8, height: 16 }, taken);
    // Far from what it speaks of, it would be taken for something else's.
    if (!graph.chain && box.y > y + drop + thick / 2 + 12) continue;
    taken.push(box);
    line(names, text, box.x, box.y + 12, "mu");
  }
  const height = Math.max(...taken.map((box) => box.y + box.height)) + 2;
  return svg
    .attr("viewBox", `0 0 ${width} ${Math.ceil(height)}`)
    .attr("height", Math.ceil(height))
    .node() as SVGSVGElement;
}

/** Writes a node's name over it and its figures beside it, and says where they are. */
function wordsOf(names: Group, node: Flow["nodes"][number], x: number, y: number, height: number, room: number, measure: Measure): Box[] {
  const boxes: Box[] = [];
  const write = (text: string, left: number, base: number, style: string): void => {
    const shown = shortened(text, room - (left - x), style, measure);
    line(names, text, left, base, style, "start", room - (left - x));
    if (shown) boxes.push({ x: left, y: base - 12, width: measure(shown, style), height: 16 });
  };
  write(node.name, x, y - 7, "strong");
  const beside = x + THICK + 8;
  if (height >= 34 && node.detail) {
    write(node.text, beside, y + 15, "strong");
    write(node.detail, beside, y + 30, "mu");
  } else if (height >= 16) {
    write(node.text, beside, y + height / 2 + 4, "strong");
  } else {
    const after = x + measure(node.name, "strong") + 8;
    if (measure(node.text, "mu") <= room - (after - x)) write(node.text, after, y - 7, "mu");
  }
  return boxes;
}

/** Draws one bar under the other, each stage flowing down into the next. */
function downwards(label: string, graph: Flow, width: number, measure: Measure): SVGSVGElement {
  const scale = width / graph.greatest;
  const svg = picture(label, width, 0);
  const bands = svg.append("g");
  const marks = svg.append("g");
  const names = svg.append("g");
  const stages = graph.byColumn.map((nodes) => nodes[0] as Flow["nodes"][number]);
  const tops: number[] = [];
  let y = 0;
  for (const stage of stages) {
    tops.push(y);
    const behind = graph.links.filter((link) => link.from === stage.id && link.to === undefined);
    y += 20 + THICK + 22 + 16 * behind.length;
  }
  for (const [n, stage] of stages.entries()) {
    const bar = (tops[n] as number) + 20;
    line(names, stage.name, 0, bar - 6, "strong", "start", width / 2);
    const figures = [stage.text, stage.detail].filter(Boolean).join(" · ");
    line(names, figures, width, bar - 6, "", "end", width / 2 - 8);
    const group = linked(marks, stage.href);
    group
      .append("rect")
      .attr("class", "node")
      .attr("x", 0)
      .attr("y", bar)
      .attr("width", round(Math.max(stage.value * scale, 1)))
      .attr("height", THICK)
      .attr("rx", 2);
    tip(group, `${stage.name}\n${figures}`);
    let below = bar + THICK + 15;
    for (const link of graph.links.filter((other) => other.from === stage.id)) {
      const thick = Math.max(link.value * scale, 1);
      const left = link.fromOffset * scale;
      const band = linked(bands, link.href);
      tip(band, link.text);
      if (link.to === undefined) {
        band
          .append("path")
          .attr("class", `band ${link.tone ?? "rest"}`)
          .attr("d", `M${round(left)},${bar + THICK}h${round(thick)}v6l${round(-thick / 2)},4l${round(-thick / 2)},-4z`);
        const wide = measure(link.text, "mu");
        const from = Math.max(0, Math.min(left + thick / 2 - wide / 2, width - wide));
        line(names, link.text, from, below + 9, "mu", "start", width);
        below += 16;
      } else {
        const next = tops[stages.findIndex((other) => other.id === link.to)] as number;
        band
          .append("path")
          .attr("class", `band ${link.tone ?? "b3"}`)
          .attr(
            "d",
            `M${round(left)},${bar + THICK}h${round(thick)}L${round(link.toOffset * scale + thick)},${next + 20}h${round(-thick)}z`,
          );
      }
    }
  }
  const height = (tops.at(-1) as number) + 20 + THICK + 2;
  return svg.attr("viewBox", `0 0 ${width} ${height}`).attr("height", height).node() as SVGSVGElement;
}

/** A band from one upright edge to another. */
function ribbon(x0: number, y0: number, x1: number, y1: number, thick: number): string {
  const middle = round((x0 + x1) / 2);
  const [a, b, c, d] = [round(y0), round(y1), round(y1 + thick), round(y0 + thick)];
  return `M${round(x0)},${a}C${middle},${a} ${middle},${b} ${round(x1)},${b}V${c}C${middle},${c} ${middle},${d} ${round(x0)},${d}Z`;
}
