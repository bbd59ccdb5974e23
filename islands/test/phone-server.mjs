// The page of a hub's phone from its sources, and beside it a Muster that answers as a test tells it to.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const hub = fileURLToPath(new URL("../src/hub/", import.meta.url));

/** The parts that a test asks by themselves, as `globalThis.hub`. */
const PARTS = ["model", "phone", "sync", "vault", "words"].map((name) => `import * as ${name} from "./${name}.ts";`).join("\n") + "\nglobalThis.hub = { ...model, ...phone, ...sync, ...vault, ...words };";

async function bundled(input) {
  const { outputFiles } = await build({ ...input, bundle: true, write: false, format: "esm", target: "chrome111", logLevel: "warning" });
  return outputFiles[0].text;
}

/** The texts as the page of the server carries them. */
async function words() {
  const file = await readFile(new URL("../../crates/web/locales/en/hub.ftl", import.meta.url), "utf8");
  const pairs = file.split("\n").flatMap((line) => (/^[a-z]/.test(line) ? [line.split(/ = (.*)/).slice(0, 2)] : []));
  return JSON.stringify(Object.fromEntries(pairs.map(([name, text]) => [name, text.replace(/\{ (\$[a-z]+) \}/g, "{$1}")])));
}

const line = (n, more = {}) => ({ line: n, resource: "vest", item: "Vest", tracking: "quantity", quantity: 10, present: 10, condition: null, remark: "", need: null, units: [], ...more });

export function consignment(code, more = {}) {
  return {
    code, state: "under_way", consignor: "D", consignee: "U", origin: "D", destination: "P", place: "H", route: ["D-H", "H-P"], lane: "D-H", at_end: false,
    departs_at: null, arrives_at: null, remark: "", version: 4, lines: [line(1), line(2)], handling_units: [], milestones: [], movements: [], variances: [], ...more,
  };
}

export { line };

/** A Muster that knows consignments, and takes every deed to them. `answer` may answer in its place. */
export class Muster {
  asked = [];
  consignments = new Map();
  answer = () => undefined;

  reply(request) {
    const { method, path } = request;
    const [, code, deed] = path.match(/^\/api\/v1\/consignments\/([^/?]+)(?:\/(\w+))?$/) ?? [];
    const known = this.consignments.get(code);
    if (path === "/sign-in" || path === "/sign-out") return [204];
    if (path === "/api/v1/me") return [200, { name: "olena", party: "OP" }];
    if (path === "/api/v1/me/tokens") return [201, { secret: "muster_secret" }];
    if (path === "/api/v1/me/signing-keys") return [200, { key: `K-${this.asked.length}` }];
    if (path === "/api/v1/me/pin") return [204];
    if (path === "/api/v1/attachments") return [200, { sha256: "0" }];
    if (path.startsWith("/api/v1/records/")) return [200, { records: path.includes("/places") ? [{ code: "H", name: "Node East" }] : [], next: null }];
    if (path.startsWith("/api/v1/variances")) return [200, method === "POST" ? { code: "V-1" } : { variances: [] }];
    if (path.startsWith("/api/v1/consignments?")) return [200, { consignments: [...this.consignments.values()], next: null }];
    if (!known) return [404, { title: "not found" }];
    if (deed && (request.body.version ?? known.version) !== known.version) return [412, { title: "changed" }];
    if (deed) return [200, { consignment: code, version: (known.version += 1) }];
    return [200, known];
  }
}

/** Serves the page under `/hub`, its parts under `/parts`, and a Muster. */
export async function serve(muster) {
  const [page, parts, texts] = await Promise.all([
    bundled({ entryPoints: [`${hub}main.ts`] }),
    bundled({ stdin: { contents: PARTS, resolveDir: hub, loader: "ts" } }),
    words(),
  ]);
  const style = await readFile(`${hub}hub.css`, "utf8");
  const host = `<div id="hub" data-words="${texts.replaceAll("&", "&amp;").replaceAll('"', "&quot;")}" data-scan="/none.js" data-wasm="/none.wasm"></div>`;
  const html = (script) => `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Hub</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/hub.css">${host}<script type="module" src="${script}"></script></html>`;
  const files = {
    "/hub": ["text/html", html("/page.js")],
    "/parts": ["text/html", html("/parts.js")],
    "/page.js": ["text/javascript", page],
    "/parts.js": ["text/javascript", parts],
    "/hub.css": ["text/css", style],
  };
  const server = createServer(async (request, response) => {
    const file = files[request.url];
    if (file) return response.writeHead(200, { "content-type": file[0] }).end(file[1]);
    if (!/^\/(api|sign-)/.test(request.url)) return response.writeHead(404).end();
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const asked = { method: request.method, path: request.url, body: request.headers["content-type"] === "application/json" ? JSON.parse(text) : text };
    muster.asked.push(asked);
    const [status, body, type = "application/json"] = (await muster.answer(asked)) ?? muster.reply(asked);
    if (status === 0) return request.socket.destroy();
    response.writeHead(status, body === undefined ? {} : { "content-type": type });
    response.end(body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body));
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
