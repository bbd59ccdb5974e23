// A bar for each row, made of parts. Names stand before the bars, or over them where the page is narrow.
import type { Bars } from "./contract.ts";
import { type Draw, legend, line, linked, patch, picture, round, type Stage, textWidth, tip } from "./draw.ts";

const THICK = 12;

export function bars(stage: Stage, data: Bars): Draw {
  const tones = new Map(data.series.map(({ id, tone }) => [id, tone]));
  const names = new Map(data.series.map(({ id, name }) => [id, name]));
  const sums = data.rows.map(({ parts }) => parts.reduce((sum, part) => sum + part.value, 0));
  const greatest = Math.max(...sums, 1e-9);
  return (width) => {
    const narrow = width < 560;
    const words = Math.max(0, ...data.rows.map(({ name }) => textWidth(name))) + 16;
    const figures = Math.max(0, ...data.rows.map(({ text = "" }) => textWidth(text))) + 12;
    const left = narrow ? 0 : Math.min(words, width * 0.32);
    const right = narrow ? 0 : Math.min(figures, width * 0.25);
    const pitch = narrow ? 42 : 28;
    const svg = picture(stage.label, width, data.rows.length * pitch);
    for (const [n, row] of data.rows.entries()) {
      const y = n * pitch;
      const bar = narrow ? y + 22 : y + (pitch - THICK) / 2;
      const base = narrow ? y + 15 : y + pitch / 2 + 4;
      const link = row.href === undefined ? "" : "link";
      line(linked(svg, row.href), row.name, 0, base, link, "start", narrow ? width - figures : left - 12);
      if (row.text) line(svg, row.text, width, base, "", "end", Math.max(right, figures));
      const full = data.scale === "each" ? (sums[n] as number) || 1 : greatest;
      let x = left;
      for (const part of row.parts.filter(({ value }) => value > 0)) {
        const long = (part.value / full) * (width - left - right);
        const group = svg.append("g");
        group
          .append("rect")
          .attr("class", `part ${tones.get(part.series) ?? "rest"}`)
          .attr("x", round(x))
          .attr("y", bar)
          .attr("width", round(Math.max(long, 0.5)))
          .attr("height", THICK);
        tip(group, `${row.name}\n${names.get(part.series) ?? ""}: ${part.text}`);
        x += long;
      }
    }
    stage.host.replaceChildren(
      legend(data.series.map(({ name, tone }) => ({ text: name, sign: patch(`part ${tone}`) }))),
      svg.node() as SVGSVGElement,
    );
  };
}
