// Shares of capacity by row and column. The fuller, the darker; full is marked by a shape as well.
import type { Heatmap } from "./contract.ts";
import { type Draw, legend, line, linked, picture, round, type Stage, type Svg, textWidth, tip, type Group } from "./draw.ts";
import { everyNth } from "./labels.ts";

const STEPS = 5;
const FULL = 0.995;

export function heatmap(stage: Stage, data: Heatmap): Draw {
  return (width) => {
    const narrow = width < 560;
    const longest = Math.max(0, ...data.rows.map(({ name }) => textWidth(name)));
    const left = narrow ? 0 : Math.min(longest + 12, width * 0.26);
    const cell = Math.min((width - left) / Math.max(data.columns.length, 1), 64);
    const high = Math.max(18, Math.min(cell, 26));
    // Where the page is narrow, names stand over the rows.
    const pitch = high + (narrow ? 20 : 0);
    const top = 22;
    const svg = picture(stage.label, width, top + data.rows.length * pitch + 2);

    const heads = data.columns.map(({ label }) => textWidth(label, "mu"));
    const middles = data.columns.map((_, n) => left + (n + 0.5) * cell);
    const nth = everyNth(middles, heads, 6);
    const head = svg.append("g");
    data.columns.forEach(({ label }, n) => {
      const half = (heads[n] as number) / 2;
      if (n % nth === 0) line(head, label, Math.min(Math.max(middles[n] as number, half), width - half), 12, "mu", "middle");
    });

    const figures = Math.max(0, ...data.cells.map(({ text }) => textWidth(text, "figure"))) <= cell - 6;
    const ground = svg.append("g");
    for (const [n, { name, href }] of data.rows.entries()) {
      const y = top + n * pitch;
      line(
        linked(svg, href),
        name,
        0,
        narrow ? y + 15 : y + high / 2 + 4,
        href === undefined ? "" : "link",
        "start",
        narrow ? width : left - 8,
      );
      ground
        .append("path")
        .attr("class", "empty")
        .attr("d", `M${round(left)},${y + pitch - 0.5}H${round(left + cell * data.columns.length)}`);
    }
    for (const each of data.cells) {
      const row = data.rows[each.row];
      const column = data.columns[each.column];
      if (!row || !column) continue;
      const group = linked(svg, undefined).attr(
        "transform",
        `translate(${round(left + each.column * cell)},${top + (each.row + 1) * pitch - high})`,
      );
      square(group, each.share, cell, high, figures ? each.text : "");
      tip(group, each.title ?? `${row.name} · ${column.label}\n${each.text}`);
    }
    stage.host.replaceChildren(svg.node() as SVGSVGElement);
    if (data.legend?.length) {
      stage.host.append(
        legend(
          data.legend.map(({ share, text }) => ({
            text,
            sign: (on: Svg) => square(on.append("g").attr("transform", "translate(2,0)"), share, 16, 14, ""),
          })),
        ),
      );
    }
  };
}

function square(group: Group, share: number, width: number, height: number, text: string): void {
  const full = share >= FULL;
  const tone = full ? "full" : `q${share <= 0 ? 0 : Math.min(STEPS, Math.floor(share * STEPS) + 1)}`;
  group.attr("class", `cell ${tone}`);
  group
    .append("rect")
    .attr("x", 0.5)
    .attr("y", 0.5)
    .attr("width", round(Math.max(width - 1, 1)))
    .attr("height", height - 1)
    .attr("rx", width < 8 ? 0 : 2);
  if (text) line(group, text, width / 2, height / 2 + 4, "figure", "middle");
  if (full) {
    // A corner folded down, or a bar across where there are figures and no room.
    const size = Math.min(width - 2, 7);
    group
      .append("path")
      .attr("class", "mark")
      .attr("d", `M${round(width - 0.5 - size)},0.5h${round(size)}v${round(size)}z`);
  }
}
