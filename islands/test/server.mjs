// The gallery under the policy that pages have, on a free port of the loopback interface.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { data, rewritten } from "./data.mjs";

const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'";
const TYPES = { css: "text/css", js: "text/javascript", json: "application/json" };
const assets = new URL("../../crates/web/assets/", import.meta.url);

const escaped = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

/** What the server would write beside a picture, in short. */
function table(data) {
  const rows = data.nodes ?? data.places ?? data.rows ?? data.columns;
  const line = ({ name, label, text }) => `<tr><th scope="row">${escaped(name ?? label)}</th><td>${escaped(text ?? "–")}</td></tr>`;
  return `<details><summary>Table</summary><table><tbody>${rows.map(line).join("")}</tbody></table></details>`;
}

const pages = {
  "/": (all) => all,
  "/hostile": (all) =>
    rewritten(all, (text) =>
      /^[/#]/.test(text) ? "javascript:document.title='run'" : `<img src=x onerror="document.title='run'">${text}</script>`,
    ),
  "/broken": (all) =>
    Object.fromEntries(Object.keys(all).map((name) => [name, { nodes: name === "stages" ? 7 : [], rows: [], places: [] }])),
  "/least": (all) => ({
    ...all,
    map: { ...all.map, places: all.map.places.slice(0, 1), views: undefined, periods: undefined, legend: undefined },
    load: { rows: [], columns: [], cells: [] },
    needs: { ...all.needs, rows: [] },
    met: { ...all.met, columns: [], ticks: [] },
    courses: { ...all.courses, rows: [] },
  }),
};

async function answer(path) {
  if (pages[path]) {
    const all = pages[path](await data());
    const blocks = Object.entries(all).map(
      ([id, value]) => `<script type="application/json" id="${id}">${JSON.stringify(value).replaceAll("<", "\\u003c")}</script>`,
    );
    const html = (await readFile(new URL("../gallery.html", import.meta.url), "utf8"))
      .replace(/\{\{table (\w+)\}\}/g, (_, id) =>
        path === "/broken" ? "<table><tbody><tr><td>kept</td></tr></tbody></table>" : table(all[id]),
      )
      .replace("</main>", () => `</main>\n${blocks.join("\n")}`);
    return ["text/html; charset=utf-8", html];
  }
  const name = /^\/assets\/([\w.]+)$/.exec(path)?.[1];
  return name ? [TYPES[name.split(".").pop()], await readFile(new URL(name, assets))] : undefined;
}

export async function serve(port = 0) {
  const server = createServer(async (request, response) => {
    const found = await answer(new URL(request.url, "http://x").pathname).catch(() => undefined);
    response.writeHead(found ? 200 : 404, {
      "content-type": found?.[0] ?? "text/plain",
      "content-security-policy": POLICY,
      "x-content-type-options": "nosniff",
    });
    response.end(found?.[1] ?? "not found");
  });
  await new Promise((done) => server.listen(port, "127.0.0.1", done));
  return { url: `http://127.0.0.1:${server.address().port}`, stop: () => server.close() };
}
