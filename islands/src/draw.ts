// What all pictures share: an SVG to draw on, the width of a text, links. Data reaches the page as text nodes and attributes only.
import { create, select, type Selection } from "d3-selection";

/** Draws, or draws anew, for this width in pixels. */
export type Draw = (width: number) => void;

/** Where a picture is drawn, and what the page says about it. */
export interface Stage {
  host: HTMLElement;
  label: string;
  lang: string;
  outlines: string | undefined;
}

export type Group = Selection<SVGGElement, undefined, null, undefined>;
export type Svg = Selection<SVGSVGElement, undefined, null, undefined>;

/** An SVG that says what it shows. Its units are pixels at the width it was drawn for; on paper it follows the page. */
export function picture(label: string, width: number, height: number): Svg {
  return create<SVGSVGElement>("svg:svg")
    .attr("role", "img")
    .attr("aria-label", label)
    .attr("viewBox", `0 0 ${width} ${Math.ceil(height)}`)
    .attr("width", width)
    .attr("height", Math.ceil(height));
}

/**
 * A group that leads to `href`, if that is an address on this server. For the pointer alone: to assistive technology the picture is one
 * image, in which no link may be; the table beside it holds the same links for all.
 */
export function linked(parent: Group | Svg, href: string | undefined): Group {
  const group = parent.append("g");
  if (href === undefined || !local(href)) return group;
  const go = (event: MouseEvent): void => {
    if (event.ctrlKey || event.metaKey || event.button === 1) open(href, "_blank", "noopener");
    else if (event.button === 0) location.assign(href);
  };
  return group.attr("class", "go").on("click", go).on("auxclick", go);
}

/** Whether an address leads nowhere but to this server, and runs nothing. */
export function local(href: string): boolean {
  return /^(?:[?#]|\/(?![/\\]))/.test(href) && !/[\t\n\r]/.test(href);
}

let ruler: SVGTextElement | undefined;
const widths = new Map<string, number>();

/** The width of a text of this class, in pixels, as the browser sets it. */
export function textWidth(text: string, style = ""): number {
  const key = `${style}\n${text}`;
  let width = widths.get(key);
  if (width === undefined) {
    if (!ruler) {
      const svg = select(document.body).append("svg").attr("class", "island ruler").attr("aria-hidden", "true");
      ruler = svg.append("text").node() as SVGTextElement;
    }
    ruler.setAttribute("class", style);
    ruler.textContent = text;
    width = ruler.getComputedTextLength();
    if (widths.size > 5000) widths.clear();
    widths.set(key, width);
  }
  return width;
}

/** Measures a text of a class. */
export type Measure = typeof textWidth;

/** As much of a text as fits, with an ellipsis where something is missing; nothing where not even a few letters fit. */
export function shortened(text: string, room: number, style = "", measure: Measure = textWidth): string {
  if (measure(text, style) <= room) return text;
  const letters = [...text];
  let low = 0;
  let high = letters.length;
  const cut = (n: number) => `${letters.slice(0, n).join("").trimEnd()}…`;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (measure(cut(middle), style) <= room) low = middle;
    else high = middle - 1;
  }
  return low < 4 ? "" : cut(low);
}

/** A line of text; what was cut off is told to whoever points at it. */
export function line(parent: Group | Svg, text: string, x: number, y: number, style = "", anchor = "start", room = Infinity): void {
  const shown = shortened(text, room, style);
  if (shown === "") return;
  const element = parent
    .append("text")
    .attr("x", round(x))
    .attr("y", round(y))
    .attr("class", style || null)
    .text(shown);
  if (anchor !== "start") element.attr("text-anchor", anchor);
  if (shown !== text) element.append("title").text(text);
}

/** What is told to whoever points at it. */
export function tip(parent: Group, text: string): void {
  parent.append("title").text(text);
}

/** Signs and what they mean, as a line of HTML under or over the picture. */
export function legend(entries: { text: string; sign: (svg: Svg) => void }[]): HTMLElement {
  const list = document.createElement("ul");
  list.className = "signs";
  for (const { text, sign } of entries) {
    const item = list.appendChild(document.createElement("li"));
    const svg = create<SVGSVGElement>("svg:svg")
      .attr("viewBox", "0 0 20 14")
      .attr("width", 20)
      .attr("height", 14)
      .attr("aria-hidden", "true");
    sign(svg);
    item.append(svg.node() as SVGSVGElement, text);
  }
  return list;
}

/** A sign that is a patch of a tone. */
export function patch(tone: string): (svg: Svg) => void {
  return (svg) => void svg.append("rect").attr("x", 4).attr("y", 1).attr("width", 12).attr("height", 12).attr("rx", 2).attr("class", tone);
}

export function round(x: number): number {
  return Math.round(x * 10) / 10;
}
