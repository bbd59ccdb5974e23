// A small mission for the hub's day: a depot, a hub, a delivery point; vests by number, trucks by serial number, rations by lot. It is made
// once and copied, so that the same day can be done on two servers that know the same codes.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, writeFile } from "node:fs/promises";
import { createServer, request } from "node:http";
import { join } from "node:path";

const SHEETS = {
  mission: "code,name,recipient,start,period_days,periods,currency,cost_weight,gs1_prefix,source,fictional\nM,A day at the hub,UKR,2026-09-07,7,12,EUR,0.01,9501101,test,yes",
  parties: "code,name,kind,country,parent,source,fictional\nJPN,Japan,nation,JPN,,ISO 3166,no\nUKR,Ukraine,nation,UKR,,ISO 3166,no\nUNIT,Unit,unit,UKR,UKR,test,yes\nOP,Operator,operator,POL,,test,yes\nDEPOT,Depot keepers,operator,POL,,test,yes",
  items: "code,name,kind,nsn,supply_class,purpose,unit_of_issue,mass_kg,volume_m3,un_number,hazard_class,tracking,source,fictional\nvest,Body armour vest,materiel,,II,protection,each,10,,,,quantity,test,yes\ntruck,Truck 3 t,materiel,,II,mobility,each,3000,,,,serial,test,yes\nration,Ration pack,materiel,,I,food,each,1,,,,lot,test,yes",
  resources: "code,item,state,source,fictional\nvest,vest,serviceable,test,yes\ntruck,truck,serviceable,test,yes\ntruck-u,truck,unserviceable,test,yes\nration,ration,serviceable,test,yes",
  places: "code,name,kind,country,unlocode,latitude,longitude,handling_t,storage_t,operator,source,fictional\nD,Depot,depot,POL,,52,17,,,DEPOT,test,yes\nH,Node East,hub,POL,,51,22,,,OP,test,yes\nP,Point 1,delivery,UKR,,50,26,,,UKR,test,yes",
  lanes: "code,from,to,mode,transit_days,capacity_t,cost_per_t,forbids,source,fictional\nD-H,D,H,road,1,2000,2.5,,test,yes\nH-P,H,P,road,1,2000,2.5,,test,yes",
};

export const LINES = 50;

export class Server {
  /** Starts `muster serve` on a folder. */
  static async start(muster, folder) {
    const server = Object.assign(new Server(), { muster, folder });
    const child = spawn(muster, ["serve", "--data", folder, "--listen", "127.0.0.1:0", "--api-rate", "1000"], { stdio: ["ignore", "pipe", "pipe"] });
    server.child = child;
    let said = "";
    server.port = await new Promise((done, failed) => {
      const look = (chunk) => {
        said += chunk;
        const found = said.match(/127\.0\.0\.1:([1-9]\d*)/);
        if (found) done(Number(found[1]));
      };
      child.stdout.on("data", look);
      child.stderr.on("data", look);
      child.on("exit", () => failed(new Error(`muster serve ended: ${said}`)));
      setTimeout(() => failed(new Error(`muster serve says nothing: ${said}`)), 60_000).unref();
    });
    server.gates = [];
    return server;
  }

  /** Opens a way by which a phone reaches the server. It may be shut, and it may lose answers after the server gave them. */
  async gate() {
    const gate = { closed: false, lose: [], lost: 0 };
    const http = createServer((asked, answer) => {
      if (gate.closed) return asked.socket.destroy();
      const onward = request({ port: this.port, host: "127.0.0.1", path: asked.url, method: asked.method, headers: asked.headers }, (came) => {
        const lost = gate.lose.findIndex((path) => asked.method === "POST" && path.test(asked.url));
        if (lost >= 0) {
          gate.lose.splice(lost, 1);
          gate.lost += 1;
          came.resume();
          came.on("end", () => asked.socket.destroy());
          return;
        }
        answer.writeHead(came.statusCode, came.headers);
        came.pipe(answer);
      });
      onward.on("error", () => asked.socket.destroy());
      asked.pipe(onward);
    });
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    this.gates.push(http);
    gate.url = `http://127.0.0.1:${http.address().port}`;
    gate.shut = () => {
      gate.closed = true;
      http.closeAllConnections();
    };
    return gate;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  async run(...args) {
    const child = spawn(this.muster, [...args, "--data", this.folder], { stdio: ["pipe", "pipe", "pipe"] });
    if (this.input) child.stdin.end(this.input);
    else child.stdin.end();
    let [out, err] = ["", ""];
    child.stdout.on("data", (chunk) => (out += chunk));
    child.stderr.on("data", (chunk) => (err += chunk));
    const [code] = await once(child, "close");
    if (code !== 0) throw new Error(`muster ${args.join(" ")}: ${out}${err}`);
    return out;
  }

  async stop() {
    for (const http of this.gates ?? []) {
      http.close();
      http.closeAllConnections();
    }
    if (this.child?.exitCode === null) {
      this.child.kill("SIGTERM");
      await once(this.child, "exit");
    }
  }
}

/** Asks a server's API as somebody, and takes no refusal. */
export class Client {
  constructor(url, token) {
    Object.assign(this, { url, token });
  }

  /** Signs in by name and password, and takes a token. */
  static async of(url, name, password) {
    const answer = await fetch(`${url}/sign-in`, { method: "POST", body: new URLSearchParams({ name, password }), redirect: "manual" });
    const cookie = (answer.headers.get("set-cookie") ?? "").split(";")[0];
    const granted = await fetch(`${url}/api/v1/me/tokens`, { method: "POST", headers: { cookie, "content-type": "application/json", "sec-fetch-site": "same-origin" }, body: JSON.stringify({ label: "test", writes: true, days: 3 }) });
    const { secret } = await granted.json();
    if (!secret) throw new Error(`${name} gets no token: ${granted.status}`);
    return new Client(url, secret);
  }

  async ask(method, path, body, type = "application/json") {
    const headers = { authorization: `Bearer ${this.token}` };
    if (body !== undefined) headers["content-type"] = type;
    const answer = await fetch(`${this.url}/api/v1${path}`, { method, headers, body: body === undefined || type !== "application/json" ? body : JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === "" ? null : JSON.parse(text);
  }

  get(path) {
    return this.ask("GET", path);
  }

  post(path, body) {
    return this.ask("POST", path, body);
  }
}

/** Makes the mission with its accounts and sends consignments on their way to the hub. Gives passwords, and codes by name. */
export async function prepare(muster, folder) {
  const sheets = join(folder, "sheets");
  const data = join(folder, "made");
  await mkdir(sheets, { recursive: true });
  for (const [name, text] of Object.entries(SHEETS)) await writeFile(join(sheets, `${name}.csv`), `${text}\n`);
  const made = Object.assign(new Server(), { muster, folder: data });
  await made.run("import", "mission", sheets);
  const passwords = {};
  for (const [name, party, ...roles] of [["olena", "OP", "hub_operator"], ["petro", "OP", "hub_operator"], ["staff", "JPN", "coordinator", "movement_planner"]]) {
    const said = await made.run("user", "put", name, "--party", party, ...roles.flatMap((role) => ["--role", role]));
    passwords[name] = said.match(/\b[a-z2-9]{16}\b/)[0];
  }
  // What is at the depot: one line for each kind, and a serial number for each truck.
  const account = (resource) => `on_hand DEPOT JPN D - ${resource} -`;
  const outside = (resource) => `national_stock JPN JPN D - ${resource} -`;
  const posting = (resource, quantity, more = {}) => ({ from: outside(resource), to: account(resource), quantity, ...more });
  const trucks = Array.from({ length: 30 }, (_, n) => posting("truck", 1, { serial: `TR-${n + 1}` }));
  const post = (key, postings) => JSON.stringify({ key, activity: "commit", actor: "test", reason: "stock", postings });
  // What the hub has in service itself.
  const own = ["TR-101", "TR-102"].map((serial) => ({ from: outside("truck"), to: "in_service OP JPN H - truck -", quantity: 1, serial }));
  made.input = [post("own", own), post("a", [posting("vest", 100_000)]), post("b", trucks), post("c", [posting("ration", 100_000, { lot: "L1" })])].join("\n");
  await made.run("ledger", "post", "-");
  const server = await Server.start(muster, data);
  const codes = {};
  try {
    const staff = await Client.of(server.url, "staff", passwords.staff);
    const send = async (name, lines) => {
      const { code } = await staff.post("/consignments", { from: "D", route: ["D-H", "H-P"], lines: lines.map(([resource, quantity]) => ({ account: account(resource), quantity })), remark: name, reason: "test" });
      codes[name] = code;
      const { ssccs } = await staff.post(`/consignments/${code}/handling-units`, { units: [{ kind: "pallet", gross_kg: 400, seal: "S-1" }], reason: "test" });
      codes[`${name} pallet`] = ssccs[0];
      let truck = codes.truck ?? 0;
      const packed = lines.map(([resource, quantity], n) => ({
        line: n + 1,
        condition: "serviceable",
        ...(resource === "truck" ? { units: Array.from({ length: quantity }, () => ({ serial: `TR-${(truck += 1)}` })) } : {}),
        ...(resource === "ration" ? { units: [{ lot: "L1", quantity }] } : {}),
      }));
      codes.truck = truck;
      await staff.post(`/consignments/${code}/ready`, { lines: packed, overrides: ["clearance"], reason: "test" });
      await staff.post(`/consignments/${code}/depart`, { carrier: "Carrier", conveyance: "WX 12345", overrides: ["clearance"], reason: "test" });
    };
    const many = (resource, n, from = 0) => Array.from({ length: n }, (_, line) => [resource, 10 + line + from]);
    await send("vests", many("vest", LINES));
    await send("mixed", [["truck", 3], ["truck", 2], ...many("vest", LINES - 2, 5)]);
    await send("rations", many("ration", LINES));
    await send("onward", many("vest", LINES, 20));
    await send("twice", many("vest", 3));
    await send("keyed", many("vest", 2));
  } finally {
    await server.stop();
  }
  return { data, passwords, codes };
}

/** The mission again, for another server. */
export async function copy(from, to) {
  await cp(from, to, { recursive: true });
  return to;
}
