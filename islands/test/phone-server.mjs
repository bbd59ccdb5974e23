// The page of a hub's phone from its sources, and beside it a Muster that answers as a test tells it to.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const hub = fileURLToPath(new URL("../src/hub/", import.meta.url));

/** The parts that a test asks by themselves, as `globalThis.hub`. */
const PARTS = ["again", "fault", "model", "notes", "phone", "school", "sync", "vault", "words"].map((name) => `import * as ${name} from "./${name}.ts";`).join("\n") + "\nimport { outbox } from \"./screens/outbox.ts\";\nglobalThis.hub = { outbox, ...again, ...fault, ...model, ...notes, ...phone, ...school, ...sync, ...vault, ...words };";

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

/** A serial that has run for some days, with trainees by their codes and states. */
export function serial(code, days, states) {
  const day = (n) => new Date(Date.now() + n * 86_400_000).toISOString().slice(0, 10);
  const nominations = Object.entries(states).map(([nomination, state]) => ({ nomination, unit: "UNIT", state, seated: true, person: "Olena K." }));
  return { code, course: "TRUCK-CREW", place: "H", host: "OP", start: day(1 - days), end: day(10), seats: 8, state: "running", nominations, attendance: [], remarks: [{ text: "said in confidence" }] };
}

export { line };

const account = (resource, posted) => ({ account: `in_service UNIT U H - ${resource} -`, resource, holder: "UNIT", posted });

/** A Muster that knows consignments, and takes every deed to them; fault reports become work orders. `answer` may answer in its place. */
export class Muster {
  asked = [];
  consignments = new Map();
  orders = new Map();
  serials = new Map();
  /** Nothing gets through any more, not even the page. */
  shut = false;
  answer = () => undefined;
  records = {
    places: [{ code: "H", name: "Node East" }],
    resources: [{ code: "truck", item: "truck", state: "serviceable" }, { code: "truck-u", item: "truck", state: "unserviceable" }, { code: "vest", item: "vest", state: "serviceable" }],
    items: [{ code: "truck", name: "Truck 3 t", tracking: "serial" }, { code: "vest", name: "Vest", tracking: "quantity", gtin: "09501101530003" }],
  };

  /** Takes a fault report; what has a work order gets no second one. */
  reported({ resource, serial = "", quantity = 1, symptom, urgency, at }) {
    if (serial && [...this.orders.values()].some((order) => order.serial === serial)) return [422, { detail: "it has a work order already" }];
    const order = { code: `W-${this.orders.size + 1}`, state: "requested", resource, serial, quantity, holder: "UNIT", place: "H", symptom, urgency, facility: null, reported_at: at };
    this.orders.set(order.code, order);
    return [201, order];
  }

  /** Takes what is said of a day, unless something else was said than whoever says it knew. */
  attended(serial, { day, trainees }, actor = "olena") {
    const known = (nomination) => serial.attendance.find((mark) => mark.nomination === nomination && mark.day === day);
    if (trainees.some(({ nomination, version }) => version !== undefined && version !== (known(nomination)?.version ?? 0))) return [412, { title: "changed" }];
    for (const { nomination, attendance } of trainees) {
      const before = known(nomination);
      serial.attendance = [...serial.attendance.filter((mark) => mark !== before), { nomination, day, attendance, version: (before?.version ?? 0) + 1, recorded_at: new Date().toISOString(), actor }];
    }
    return [200, serial];
  }

  /** What was sent to an address that ends like this, as soon as it has come; whoever waits in vain is told after `patience` milliseconds. */
  async sent(ending, patience) {
    for (const end = Date.now() + patience; Date.now() < end; await sleep(20)) {
      const one = this.asked.find(({ method, path }) => method !== "GET" && path.endsWith(ending));
      if (one) return one.body;
    }
    throw new Error(`nothing was sent to …${ending}`);
  }

  reply(request) {
    const { method, path } = request;
    const [, code, deed] = path.match(/^\/api\/v1\/consignments\/([^/?]+)(?:\/(\w+))?$/) ?? [];
    const known = this.consignments.get(code);
    if (path === "/sign-in" || path === "/sign-out") return [204];
    if (path === "/api/v1/me") return [200, { name: "olena", party: "OP", may: ["move", "report", "train"] }];
    if (path === "/api/v1/me/tokens") return [201, { secret: "muster_secret" }];
    if (path === "/api/v1/me/signing-keys") return [200, { key: `K-${this.asked.length}` }];
    if (path === "/api/v1/me/pin") return [204];
    if (path === "/api/v1/attachments") return [200, { sha256: "0" }];
    const [, state] = path.match(/^\/api\/v1\/records\/serials\?.*state=(\w+)/) ?? [];
    if (state) return [200, { records: [...this.serials.values()].filter((serial) => serial.state === state), next: null }];
    const [, run, said] = path.match(/^\/api\/v1\/serials\/([^/]+)(?:\/(\w+))?$/) ?? [];
    if (said === "attendance") return this.attended(this.serials.get(run), request.body);
    if (run) return this.serials.has(run) ? [200, this.serials.get(run)] : [404, { title: "not found" }];
    const [, nomination] = path.match(/^\/api\/v1\/nominations\/([^/]+)\/arrive$/) ?? [];
    const nominated = [...this.serials.values()].flatMap((serial) => serial.nominations).find((one) => one.nomination === nomination);
    if (nominated) return [200, Object.assign(nominated, { state: "in_training" })];
    if (path.startsWith("/api/v1/records/")) return [200, { records: this.records[path.match(/records\/(\w+)/)[1]] ?? [], next: null }];
    if (path.startsWith("/api/v1/ledger/accounts")) return [200, { accounts: path.includes("in_service") ? [account("truck", 30), account("vest", 900)] : [], next: null }];
    if (path.startsWith("/api/v1/work-orders?")) return [200, { work_orders: [...this.orders.values()].filter(({ serial }) => path.includes(`serial=${serial}`)) }];
    if (path === "/api/v1/work-orders") return this.reported(request.body);
    const [, order, note] = path.match(/^\/api\/v1\/work-orders\/([^/]+)(\/notes)?$/) ?? [];
    if (order) return this.orders.has(order) ? [200, note ? { code: order } : this.orders.get(order)] : [404, { title: "not found" }];
    if (path.startsWith("/api/v1/variances")) return [200, method === "POST" ? { code: "V-1" } : { variances: [] }];
    if (path.startsWith("/api/v1/consignments?")) return [200, { consignments: [...this.consignments.values()], next: null }];
    if (!known) return [404, { title: "not found" }];
    if (deed === "notes") return [201, { notes: [] }];
    if (deed && (request.body.version ?? known.version) !== known.version) return [412, { title: "changed" }];
    if (deed) return [200, { consignment: code, version: (known.version += 1) }];
    return [200, known];
  }
}

/** Serves the page under `/hub`, its parts under `/parts`, and a Muster; where it is asked for, with what keeps the page on the phone. */
export async function serve(muster, kept = false) {
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
  if (kept) files["/hub/sw.js"] = ["text/javascript", `self.kept = ${JSON.stringify({ version: "1", files: ["/hub", "/page.js", "/hub.css"] })};\n${await readFile(`${hub}worker.js`, "utf8")}`];
  const server = createServer(async (request, response) => {
    if (muster.shut) return request.socket.destroy();
    const file = files[request.url];
    if (file) return response.writeHead(200, { "content-type": file[0], "service-worker-allowed": "/hub" }).end(file[1]);
    if (!/^\/(api|sign-)/.test(request.url)) return response.writeHead(404).end();
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const asked = { method: request.method, path: request.url, token: (request.headers.authorization ?? "").replace("Bearer ", ""), body: request.headers["content-type"] === "application/json" ? JSON.parse(text) : text };
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
