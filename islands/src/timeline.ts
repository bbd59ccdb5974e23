// What lasts and what happens, a line for each row. Names stand before the lines, or over them where the page is narrow.
import { scaleUtc } from "d3-scale";
import { utcDay, utcMonday, utcMonth, utcYear } from "d3-time";
import type { PointShape, Timeline } from "./contract.ts";
import {
  type Draw,
  legend,
  line,
  linked,
  local,
  patch,
  picture,
  round,
  shortened,
  type Stage,
  type Svg,
  textWidth,
  tip,
  type Group,
} from "./draw.ts";
import { everyNth } from "./labels.ts";
import { type Grip, grips } from "./shift.ts";

const THICK = 16;

export function timeline(stage: Stage, data: Timeline): Draw {
  const [from, to] = [day(data.from), day(data.to)];
  const dates = { timeZone: "UTC", day: "numeric", month: "short" } as const;
  const short = new Intl.DateTimeFormat(stage.lang, dates);
  const months = new Intl.DateTimeFormat(stage.lang, { timeZone: "UTC", month: "short", year: "2-digit" });
  const long = new Intl.DateTimeFormat(stage.lang, { ...dates, year: "numeric" });
  return (width) => {
    const narrow = width < 640;
    const left = narrow ? 0 : Math.min(Math.max(0, ...data.rows.map(({ name }) => textWidth(name))) + 16, width * 0.3);
    const pitch = narrow ? 42 : 26;
    const top = data.now ? 38 : 22;
    const height = top + data.rows.length * pitch + 4;
    const x = scaleUtc()
      .domain([from, to])
      .range([left, width - 1]);
    const svg = picture(stage.label, width, height);
    const at = (date: Date): number => Math.min(Math.max(x(date), left), width - 1);

    // Lines at days, Mondays, months or years; as many of their words as have room.
    const pixels = ((width - left) / (to.getTime() - from.getTime())) * 86_400_000;
    const every = pixels > 40 ? utcDay : pixels > 2.4 ? utcMonday : pixels > 0.5 ? utcMonth : utcYear;
    const ticks = every.range(every.ceil(from), to);
    const names = pixels > 2.4 ? short : months;
    const words = ticks.map((tick) => names.format(tick));
    const nth = everyNth(
      ticks.map((tick) => x(tick)),
      words.map((text) => textWidth(text, "mu")),
      10,
    );
    ticks.forEach((tick, n) => {
      const at = Math.round(x(tick)) + 0.5;
      svg
        .append("path")
        .attr("class", "tick")
        .attr("d", `M${at},${top - 6}V${height}`);
      const half = textWidth(words[n] as string, "mu") / 2;
      const crossed = data.now !== undefined && Math.abs(x(day(data.now.at)) - x(tick)) < half + 4;
      if (n % nth === 0 && !crossed && x(tick) - half >= left - 8 && x(tick) + half <= width)
        line(svg, words[n] as string, x(tick), top - 10, "mu", "middle");
    });

    if (data.now) {
      const now = day(data.now.at);
      if (now >= from && now <= to) {
        const here = Math.round(x(now)) + 0.5;
        svg.append("path").attr("class", "now").attr("d", `M${here},16V${height}`);
        const half = textWidth(data.now.text, "strong") / 2;
        line(svg, data.now.text, Math.min(Math.max(here, left + half), width - half), 11, "strong", "middle");
      }
    }

    const shifts: Grip[] = [];
    for (const [n, row] of data.rows.entries()) {
      const y = top + n * pitch;
      const bar = narrow ? y + 20 : y + (pitch - THICK) / 2;
      line(
        linked(svg, row.href),
        row.name,
        0,
        narrow ? y + 14 : y + pitch / 2 + 4,
        row.href === undefined ? "" : "link",
        "start",
        narrow ? width : left - 12,
      );
      if (n > 0)
        svg
          .append("path")
          .attr("class", "empty")
          .attr("d", `M0,${y - 0.5}H${width}`);
      const starts = [...(row.bars ?? []).map((each) => x(day(each.from))), ...(row.points ?? []).map((each) => x(day(each.at)) - 6)];
      for (const each of row.bars ?? []) {
        const [a, b] = [at(day(each.from)), at(day(each.to))];
        if (b <= a) continue;
        const group = linked(svg, each.href);
        group
          .append("rect")
          .attr("class", `span ${each.tone ?? "b2"}`)
          .attr("x", round(a))
          .attr("y", bar)
          .attr("width", round(Math.max(b - a, 2)))
          .attr("height", THICK)
          .attr("rx", 3);
        const when = (days: number): string => long.formatRange(later(each.from, days), later(each.to, days - 1));
        tip(group, `${each.title ?? each.text}\n${when(0)}`);
        if (each.check !== undefined && local(each.check) && each.href !== undefined && local(each.href))
          shifts.push({
            name: each.text,
            title: each.title ?? each.text,
            when,
            href: each.href,
            check: each.check,
            from: day(each.from),
            left: round(a),
            width: round(b - a),
            top: bar + (THICK - 24) / 2,
          });
        const within = shortened(each.text, b - a - 10, "small");
        // Points on the bar would lie on its words.
        const covered = (row.points ?? []).some(
          ({ at }) => x(day(at)) > a - 4 && x(day(at)) < Math.min(b, a + 12 + textWidth(within, "small")),
        );
        const next = Math.min(width, ...starts.filter((start) => start >= b));
        const crossed = (row.bars ?? []).some((other) => other !== each && x(day(other.from)) < b + 4 && x(day(other.to)) > b);
        if (within === each.text && !covered) line(group, within, a + 6, bar + 12, "small on");
        else if (!crossed && textWidth(each.text, "small") <= next - b - 10) line(group, each.text, b + 5, bar + 12, "small");
        else if (within && !covered) line(group, within, a + 6, bar + 12, "small on");
      }
      for (const each of row.points ?? []) {
        const when = day(each.at);
        if (when < from || when > to) continue;
        const group = linked(svg, each.href).attr("transform", `translate(${round(x(when))},${bar + THICK / 2})`);
        mark(group, each.point, each.tone);
        tip(group, `${each.text}\n${long.format(when)}`);
      }
    }
    stage.host.replaceChildren(svg.node() as SVGSVGElement);
    if (data.shift && shifts.length > 0) {
      const { over, hint } = grips(shifts, pixels, width, data.shift);
      const frame = document.createElement("div");
      frame.className = "frame";
      frame.append(svg.node() as SVGSVGElement, over);
      stage.host.replaceChildren(hint, frame);
    }
    if (data.legend?.length) {
      stage.host.prepend(
        legend(
          data.legend.map((entry) => ({
            text: entry.text,
            sign:
              "tone" in entry
                ? patch(`span ${entry.tone}`)
                : (on: Svg) => mark(on.append("g").attr("transform", "translate(10,7)"), entry.point),
          })),
        ),
      );
    }
  };
}

/** A point's state by its shape: done is a full circle, due an empty one, late a triangle. */
function mark(group: Group, shape: PointShape, tone?: string): void {
  const paths = { done: "M-5,0a5,5 0 1,0 10,0a5,5 0 1,0 -10,0z", due: "M-5,0a5,5 0 1,0 10,0a5,5 0 1,0 -10,0z", late: "M0,-6L6,5H-6z" };
  group
    .append("path")
    .attr("class", `point ${shape} ${tone ?? ""}`)
    .attr("d", paths[shape]);
}

function later(text: string, days: number): Date {
  return new Date(day(text).getTime() + days * 86_400_000);
}

function day(text: string): Date {
  const date = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  if (Number.isNaN(date.getTime())) throw new Error(`no date: ${text}`);
  return date;
}
