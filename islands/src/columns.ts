// Values over time: columns side by side, lines across them, so that two ways can be compared.
import { scaleBand, scaleLinear } from "d3-scale";
import { line as path } from "d3-shape";
import type { Columns } from "./contract.ts";
import { type Draw, legend, line, patch, picture, round, type Stage, type Svg, textWidth, tip } from "./draw.ts";
import { everyNth } from "./labels.ts";

export function columns(stage: Stage, data: Columns): Draw {
  const solid = data.series.filter(({ shape }) => shape === "column");
  const lines = data.series.filter(({ shape }) => shape === "line");
  const greatest = Math.max(
    ...data.ticks.map(({ value }) => value),
    ...data.columns.flatMap(({ values }) => values.map(({ value }) => value)),
    1e-9,
  );
  return (width) => {
    const height = Math.round(Math.min(Math.max(width * 0.22, 150), 220));
    const left = Math.max(0, ...data.ticks.map(({ text }) => textWidth(text, "mu"))) + 8;
    const top = 10;
    const bottom = height - 22;
    const x = scaleBand<number>().domain(data.columns.keys()).range([left, width]).paddingInner(0.28).paddingOuter(0.1);
    const each = scaleBand<string>()
      .domain(solid.map(({ id }) => id))
      .range([0, x.bandwidth()])
      .paddingInner(0.06);
    const y = scaleLinear().domain([0, greatest]).range([bottom, top]);
    const svg = picture(stage.label, width, height);

    for (const { value, text } of data.ticks) {
      const at = round(y(value)) + 0.5;
      svg
        .append("path")
        .attr("class", value === 0 ? "axis" : "tick")
        .attr("d", `M${round(left)},${at}H${width}`);
      line(svg, text, left - 8, at + 4, "mu", "end");
    }
    const middles = data.columns.map((_, n) => (x(n) ?? 0) + x.bandwidth() / 2);
    const nth = everyNth(
      middles,
      data.columns.map(({ label }) => textWidth(label, "mu")),
      8,
    );
    for (const [n, { label, values }] of data.columns.entries()) {
      const middle = middles[n] as number;
      const half = textWidth(label, "mu") / 2;
      if (n % nth === 0) line(svg, label, Math.min(middle, width - half), height - 5, "mu", "middle");
      const group = svg.append("g");
      // Whoever points anywhere in a column is told all of it.
      group
        .append("rect")
        .attr("class", "hit")
        .attr("x", round((x(n) ?? 0) - x.step() * 0.14))
        .attr("y", top)
        .attr("width", round(x.step()))
        .attr("height", bottom - top);
      for (const { id, tone } of solid) {
        const value = values.find((other) => other.series === id)?.value ?? 0;
        if (value > 0)
          group
            .append("rect")
            .attr("class", `part ${tone}`)
            .attr("x", round((x(n) ?? 0) + (each(id) ?? 0)))
            .attr("y", round(y(value)))
            .attr("width", round(each.bandwidth()))
            .attr("height", round(bottom - y(value)));
      }
      const told = data.series.flatMap(({ id, name }) =>
        values.filter(({ series }) => series === id).map(({ text }) => `${name}: ${text}`),
      );
      tip(group, [label, ...told].join("\n"));
    }
    for (const { id, tone } of lines) {
      const points = data.columns.flatMap(({ values }, n) =>
        values.filter(({ series }) => series === id).map(({ value }): [number, number] => [middles[n] as number, y(value)]),
      );
      // A rim keeps the line apart from the columns it crosses.
      svg.append("path").attr("class", "over under").attr("d", path()(points));
      svg.append("path").attr("class", `over ${tone}`).attr("d", path()(points));
      for (const [cx, cy] of points)
        svg
          .append("circle")
          .attr("class", `over ${tone}`)
          .attr("cx", round(cx))
          .attr("cy", round(cy))
          .attr("r", points.length > 40 ? 0 : 2.5);
    }
    const signs = data.series.map(({ name, tone, shape }) => ({
      text: name,
      sign: shape === "column" ? patch(`part ${tone}`) : lineSign(tone),
    }));
    stage.host.replaceChildren(legend(signs), svg.node() as SVGSVGElement);
  };
}

function lineSign(tone: string): (svg: Svg) => void {
  return (svg) => {
    svg.append("path").attr("class", `over ${tone}`).attr("d", "M1,7H19");
    svg.append("circle").attr("class", `over ${tone}`).attr("cx", 10).attr("cy", 7).attr("r", 2.5);
  };
}
