// Draws every `<figure data-island="KIND" data-source="ID" data-label="…">` from the JSON in `<script type="application/json" id="ID">`.
// What the server wrote into the figure stays: when a picture cannot be drawn, nothing is missing but the picture.
import { bars } from "./bars.ts";
import { columns } from "./columns.ts";
import type { Draw, Stage } from "./draw.ts";
import { heatmap } from "./heatmap.ts";
import { map } from "./map.ts";
import { sankey } from "./sankey.ts";
import { timeline } from "./timeline.ts";

// The contract is the server's to keep; what breaks it throws, and the table stays.
const islands: Record<string, (stage: Stage, data: never) => Draw> = { bars, columns, heatmap, map, sankey, timeline };

for (const figure of document.querySelectorAll<HTMLElement>("figure[data-island]")) {
  try {
    show(figure);
  } catch (error) {
    failed(error);
  }
}

function show(figure: HTMLElement): void {
  const { island = "", source = "", label = "", outlines } = figure.dataset;
  const block = document.getElementById(source);
  const make = Object.hasOwn(islands, island) ? islands[island] : undefined;
  if (!make || !block) throw new Error(`no picture "${island}" or no data "${source}"`);
  const host = document.createElement("div");
  host.className = `island ${island}`;
  // Where English is all that is said, the day comes before the month, as in all other texts.
  const said = figure.closest<HTMLElement>("[lang]")?.lang || "en";
  const lang = said === "en" ? "en-GB" : said;
  const draw = make(
    { host, label, lang, outlines },
    JSON.parse(block.textContent ?? "", (_, value: unknown) => value ?? undefined) as never,
  );
  figure.prepend(host);

  let drawn = 0;
  const redraw = (): void => {
    const width = Math.floor(host.clientWidth);
    if (width === 0 || width === drawn) return;
    drawn = width;
    try {
      draw(width);
    } catch (error) {
      observer.disconnect();
      host.remove();
      failed(error);
    }
  };
  const observer = new ResizeObserver(() => requestAnimationFrame(redraw));
  observer.observe(figure);
  redraw();
}

function failed(error: unknown): void {
  console.warn("a picture could not be drawn", error);
}
