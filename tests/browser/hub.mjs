// A day at the hub without a network, on a phone that is killed and whose clock is wrong; then it is sent, and the ledger is the one of the
// same day done online. Two phones that did the same, answers that were lost, a phone that is revoked.
//
// usage: node hub.mjs MUSTER        the program; with SHOTS=FOLDER it writes pictures there, with SHOTS=1 those of docs/screenshots
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { Client, copy, LINES, prepare, Server } from "./hub-mission.mjs";
import { passkeys } from "./hub-passkeys.mjs";
import { flags, PATIENCE, usable } from "./site.mjs";

const muster = process.argv[2];
const kept = ["in-light", "line-dark", "conflict-light"];
const shots = process.env.SHOTS === "1" ? fileURLToPath(new URL("../../docs/screenshots/", import.meta.url)) : process.env.SHOTS;
const folder = await mkdtemp(join(tmpdir(), "muster-hub-"));
const PIN = "482913";
const HOURS = 3;
const PAPER = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
/** The serial number TR-2 as QR code, DataMatrix and Code 128. */
const CODES = [
  "iVBORw0KGgoAAAANSUhEUgAAAFcAAABXCAAAAABUo4awAAABbUlEQVR4XmP8z0ATwMQwai4oBEbDAZIORsNhaIYDC3I2ZsSWp4EFCFAcQgLlIeUJLpVwA4ZaemBB8zpasYnmX3iYwAMErh1N5VAPB6C/4D5CCxMIF1kQl0qgIcMgHDAzBzwvEF/JDstwQE4kDMSBYRAOmJEOKSfhoQFXgCd5DPVwYMQd3ci1BsEUMtTCgah2NSRw0KpO/PljmNUX8ByBnBfQqgmstcZQTw+YTSZIvMMDBC0Z4BIf0ukBs3BAFoF7GTkB4KpSh0F6AMY41sYSsjhmmKDpGtLhgJYe4AUjPC+giQzXehPTX/BkjxzdyKEBL0/Q9A6z8gHifYjH0YpEiCCuJDFc+5tw/0IYBJPEMGs/YK00IQkDf1kxDMKBARuAlwPIIYMnawzXcEAuByBseKrAGm7DIBwwiz60eIdUr8ihAQwKtFJ0OLUfIBGNHCzInkVuSmEG3bDsbzKQDoZaOIy6FxLHo+EwGg7IuR0AFfRZs7/RLZQAAAAASUVORK5CYII=",
  "iVBORw0KGgoAAAANSUhEUgAAACoAAAAqCAAAAADgqJaHAAAAmUlEQVR4XmP8z0AsYGKghVIWoKGMDAxAZ+Angcpo5wC4xxiRvAhxD0QAwqaDAyDhwAALELgbINFEnxCAJwkIAzle6BMCyGGObDut0wBa7ENSJnLaAAYIrUMAnhEg9sKjAJIkaB0CaNkQLSJomQsY0TyOHOzIQUHrEGBABYwYXFqnAbQED7cfOXxokwgZ4YUPA15AsxAY8MoIAPe/KmDE7h2+AAAAAElFTkSuQmCC",
  "iVBORw0KGgoAAAANSUhEUgAAASkAAACWCAAAAACnGSFKAAACYklEQVR4XmP8z4APMIIlgWqADIhKOAOiDVkBA0wxXAqiEciF2wLRzgizE81kiEpkWaAII5KxmFJwK5D1YrUOWZAB1V+MqC7HGiJMDKOAuBAYDSliU8poSI2GFLVLldE0NZqmRtPUQNXVo7lvNPeN5r7R3DfY+wqj5dRoOTVaTo2WU6PlFMMwAaMl+miJPlqij5booyX6aInOMMLAaN03WveN1n2jdd9o3Tda943WfQyjAGsIjLYSRlsJo62E0VbCaCthtJUw2koYbSQwjLYSKEoEo+2p0fbUaHtqtD012GuS0XJqtJwaLadGy6nRcmq03zfa7xvt92EPgdFWwmgrYbSVMNpKGG0ljLYSRlsJo62E0VYCZWlgtD012p4abU+NtqdG21Oj7anR9tRoe2q0PTXanqJPLhhteY62PEdbnqMtz9GW53BpdYyW6KMl+miJPlqij5booyX66FjC6FgC9hAYbSWMthJGWwmjrYTRVsJoK2G0lTDaShhtJVCWBkbbU6PtqdH21Gh7arQ9NdqeGm1PjbanRttTo+0p+uSC0ZbnaMtztOU52vIcbXkOl1bHaIk+WqKPluijJfpoiT5aoo+OJYyOJWAPgdFWwmgrYbSVMNpKGG0ljLYSRlsJo62E0VYCZWlgtD012p4abU+NtqdG21Oj7anR9tRoe2q0PTXanqJPLhhteY62PEdbnqMtz9GW53BpdYyW6KMl+miJPlqij5booyX66FjC6FgC9hAYbSWMthJGWwmjrYTRVsJoK2G0lTDaShhtJVCWBkbbU6PtqdH21Gh7arQ9NdqeGmmtCQAffRgrY8RXaQAAAABJRU5ErkJggg==",
].map((text) => Buffer.from(text, "base64"));
const picture = (buffer, name = "paper.png") => ({ name, mimeType: "image/png", buffer });

/** A phone: a browser of its own, which can be killed as by an empty battery and started again. */
class Phone {
  constructor(name, gate) {
    Object.assign(this, { name, gate, profile: join(folder, name), wrong: [], off: 0 });
  }

  async start() {
    const port = join(this.profile, "DevToolsActivePort");
    await rm(port, { force: true });
    const own = ["--headless=new", "--remote-debugging-port=0", "--remote-allow-origins=*"];
    this.child = spawn("/usr/bin/chromium", [...flags, ...own, `--user-data-dir=${this.profile}`, "about:blank"], { stdio: "ignore", detached: true });
    let text = "";
    for (const until = Date.now() + PATIENCE; Date.now() < until && !text.includes("\n"); ) {
      await new Promise((done) => setTimeout(done, 50));
      text = await readFile(port, "utf8").catch(() => "");
    }
    assert.ok(text.includes("\n"), `${this.name}: the browser did not start`);
    this.browser = await chromium.connectOverCDP(`http://127.0.0.1:${text.split("\n")[0]}`);
    const context = this.browser.contexts()[0];
    // Its first page comes up by itself: another one beside it would be left in the background, where nothing moves.
    const page = (this.page = context.pages()[0] ?? (await context.waitForEvent("page", { timeout: PATIENCE })));
    page.setDefaultTimeout(PATIENCE);
    await page.setViewportSize({ width: 390, height: 844 });
    // As where the page was added to the home screen: what it keeps stays.
    const devtools = await context.newCDPSession(page);
    await devtools.send("Browser.setPermission", { permission: { name: "persistent-storage" }, setting: "granted", origin: this.gate.url });
    page.on("pageerror", (error) => this.wrong.push(`error: ${error}`));
    page.on("console", (message) => {
      if (message.type() === "error" && !/ERR_|status of (401|409|412|422)/.test(message.text())) this.wrong.push(message.text());
    });
    page.on("request", (request) => {
      if (!/^(data|blob|about):/.test(request.url()) && !request.url().startsWith(this.gate.url)) this.wrong.push(`asked ${request.url()}`);
    });
    await page.addInitScript((off) => {
      const Right = Date;
      globalThis.Date = class extends Right {
        constructor(...given) {
          super(...(given.length > 0 ? given : [Right.now() + off]));
        }
        static now() {
          return Right.now() + off;
        }
      };
    }, this.off);
    await page.goto(`${this.gate.url}/hub`);
  }

  end() {
    try {
      process.kill(-this.child.pid, "SIGKILL");
    } catch {
      // It has ended.
    }
  }

  async kill() {
    this.end();
    await this.browser.close().catch(() => undefined);
    await new Promise((done) => setTimeout(done, 200));
  }

  button(name) {
    return this.page.getByRole("button", { name, exact: true });
  }

  async setUp(user, password) {
    const { page } = this;
    const fill = (label, text) => page.getByLabel(label, { exact: true }).fill(text);
    await fill("Name", user);
    await fill("Password", password);
    await fill("PIN for this phone", PIN);
    await fill("The PIN again", PIN);
    await fill("Place", "H");
    await fill("Name of this phone", this.name);
    await this.button("Set up this phone").click();
    await page.getByRole("heading", { name: "Coming in" }).waitFor();
    await this.said("All is sent", "Work as of");
    await page.evaluate(() => navigator.serviceWorker.ready);
  }

  async unlock() {
    await this.page.getByLabel("PIN", { exact: true }).fill(PIN);
    await this.button("Open").click();
    await this.page.locator("nav a").first().waitFor();
  }

  async go(address) {
    await this.page.evaluate((hash) => (location.hash = hash), address);
    await this.page.waitForFunction((hash) => location.hash === hash, address);
    await new Promise((done) => setTimeout(done, 60));
  }

  async said(...texts) {
    for (const text of texts) await this.page.getByText(text).first().waitFor();
  }

  /** Counts all lines that are not counted yet as they are stated, each by its own tap. */
  async asStated(code, kind = "arrive", most = LINES) {
    await this.go(`#/c/${code}/${kind}`);
    await this.page.locator(".lines").waitFor();
    await this.page.evaluate(async (taps) => {
      const open = () => document.querySelectorAll(".lines li button");
      for (let n = 0; n < taps && open().length > 0; n += 1) {
        const before = open().length;
        open()[0].click();
        // The tap is over when it is on the disk.
        while (open().length === before) await new Promise((done) => setTimeout(done, 2));
      }
    }, most);
  }

  async line(code, line, numbers) {
    await this.go(`#/c/${code}/arrive/${line}`);
    for (const [label, n] of Object.entries(numbers)) await this.page.getByLabel(label, { exact: true }).fill(String(n));
  }

  async tick(serial) {
    await this.page.getByLabel("Serial number", { exact: true }).fill(serial);
    await this.button("Tick off").click();
    await this.page.getByRole("button", { name: `${serial} there`, exact: true }).waitFor();
  }

  /** Signs: the operator by their key, whoever drives on paper. */
  async sign(mine, finish) {
    const { page } = this;
    const [own, other] = mine === "to" ? ["takes_over", "hands_over"] : ["hands_over", "takes_over"];
    const side = (name) => page.locator(`fieldset[data-side=${name}]`);
    await side(own).getByLabel("PIN", { exact: true }).fill(PIN);
    await side(other).getByLabel("Name", { exact: true }).fill("Driver");
    await side(other).getByLabel("For which party").fill("Carrier");
    await side(other).getByLabel("Photograph of the signed paper").setInputFiles(picture(PAPER));
    await this.done(finish);
  }

  /** Does what a form is for, and waits until it is kept. */
  async done(name) {
    const form = this.page.url();
    await this.button(name).click();
    await this.page.waitForFunction((before) => location.href !== before, form);
    await this.said("Kept on this phone");
  }

  async takeOver(code) {
    await this.go(`#/c/${code}/arrive`);
    await this.button("Sign").click();
    await this.sign("to", "Take over");
  }

  /** Reports that one of the hub's own trucks is broken. */
  async broken(serial, symptom) {
    await this.go("#/fault");
    await this.page.getByLabel("What is broken").selectOption({ label: "truck – OP: 2" });
    await this.page.getByLabel("Serial number", { exact: true }).fill(serial);
    await this.page.getByLabel("What is wrong with it").fill(symptom);
    await this.page.getByLabel("Photograph", { exact: true }).setInputFiles(picture(PAPER));
    await this.said("Photographs: 1");
  }

  /** That everybody can use the page, and that it did nothing wrong. */
  async check(name) {
    const { page } = this;
    for (const colorScheme of shots ? ["dark", "light"] : ["light"]) {
      await page.emulateMedia({ colorScheme });
      if (shots && (process.env.SHOTS !== "1" || kept.includes(`${name}-${colorScheme}`))) await page.screenshot({ path: join(shots, `hub-${name}-${colorScheme}.png`) });
    }
    await usable(page, this.wrong, name);
  }

  async sendNow() {
    await this.go("#/outbox");
    await this.button("Send and fetch now").click();
  }
}

/** The same day, done online by a program that knows nothing of the phone. */
async function online(server, password, codes) {
  const olena = await Client.of(server.url, "olena", password);
  await olena.ask("PUT", "/me/pin", { pin: PIN });
  const { sha256 } = await olena.ask("POST", "/attachments", PAPER, "image/png");
  const [me, driver] = [{ name: "olena", pin: PIN }, { name: "Driver", party: "Carrier", photo: sha256 }];
  const taken = { hands_over: driver, takes_over: me };
  const lines = async (code, changed = {}) => (await olena.get(`/consignments/${code}`)).lines.map((line) => ({ line: line.line, received: line.present, ...changed[line.line] }));
  const arrive = async (code, changed, more = {}) => olena.post(`/consignments/${code}/arrive`, { lines: await lines(code, changed), signed: taken, reason: "counted at the hub", ...more });
  await arrive(codes.vests);
  await arrive(
    codes.mixed,
    { 1: { received: 2, serials: ["TR-2", "TR-1"] }, 2: { received: 1, serials: ["TR-4"], damaged: 1, damaged_serials: ["TR-5"] }, 3: { received: 13 }, 4: { received: 15, damaged: 1 } },
    { unmanifested: [{ description: "Box without papers", quantity: 2 }] },
  );
  await arrive(codes.rations);
  await arrive(codes.onward);
  await olena.post(`/consignments/${codes.onward}/inspect`, { lines: (await lines(codes.onward)).map(({ line }) => ({ line, condition: "serviceable" })), reason: "looked at, at the hub" });
  await olena.post(`/consignments/${codes.onward}/depart`, { carrier: "Carrier", conveyance: "UA 777", signed: { hands_over: me, takes_over: driver }, reason: "left the hub" });
  await arrive(codes.twice);
  const reported = { resource: "truck", serial: "TR-101", symptom: "does not start", urgency: "routine", reason: "reported from a phone" };
  await olena.post("/work-orders", { ...reported, photo: sha256 });
}

/** What the ledger says, without times, keys and names that are drawn. */
async function ledger(server, password) {
  const staff = await Client.of(server.url, "staff", password);
  const all = async (path, name) => {
    const found = [];
    for (let cursor = ""; cursor !== null; ) {
      const page = await staff.get(`${path}?limit=1000${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);
      found.push(...page[name]);
      cursor = page.next;
    }
    return found;
  };
  const plain = (value) => JSON.stringify(value).replace(/\b[HMVW]-\d{6}-[A-Z0-9]{6}\b/g, "…").replace(/[0-9a-f]{64}/g, "…").replace(/ · the phone’s clock was wrong; time moved by -\d+ min/, "");
  const entries = (await all("/journal", "entries"))
    .filter((entry) => entry.actor === "olena" && entry.activity !== "administer")
    .map(({ kind, activity, actor, reason, offer, need, plan, about, lines }) => plain({ kind, activity, actor, reason, offer, need, plan, about, lines }))
    .sort();
  const balances = (await all("/ledger/accounts", "accounts")).map(plain).sort();
  return { entries, balances };
}

/** What is in the one and not in the other, as often as it is. */
function without(all, others) {
  const rest = [...others];
  return all.filter((one) => {
    const at = rest.indexOf(one);
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
}

const started = Date.now();
const servers = [];
const phones = [];
// The browsers are groups of processes of their own: nobody else ends them.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.once(signal, () => {
    for (const phone of phones) phone.end();
    for (const one of servers) one.child?.kill("SIGTERM");
    process.exit(1);
  });
}
try {
  const { data, passwords, codes } = await prepare(muster, folder);
  const server = await Server.start(muster, data);
  const other = await Server.start(muster, await copy(data, join(folder, "online")));
  servers.push(server, other);
  const [first, second] = [new Phone("gate-1", await server.gate()), new Phone("gate-2", await server.gate())];
  phones.push(first, second);
  await Promise.all([first.start(), second.start()]);
  await first.page.getByRole("heading", { name: "Set up this phone" }).waitFor();
  await first.check("set-up");
  await first.setUp("olena", passwords.olena);
  await second.setUp("petro", passwords.petro);
  await first.check("in");

  // From here on there is no network.
  for (const phone of phones) phone.gate.shut();
  await first.page.reload();
  await first.check("locked");
  await first.page.getByLabel("PIN", { exact: true }).fill("000000");
  await first.button("Open").click();
  await first.said("That is not the PIN");
  await first.unlock();
  await first.asStated(codes.vests);
  await first.check("counted");
  await first.takeOver(codes.vests);

  // A serial number read from pictures of three kinds of code; one truck is missing, one is hurt.
  await first.go(`#/c/${codes.mixed}/arrive/1`);
  for (const code of CODES) {
    await first.button("Scan a serial number").click();
    await first.page.locator("dialog").waitFor();
    await first.page.getByRole("dialog").getByLabel("Picture of a code").setInputFiles(picture(code, "code.png"));
    await first.page.locator("dialog").waitFor({ state: "detached" });
    await first.page.getByRole("button", { name: "TR-2 there", exact: true }).waitFor();
  }
  await first.tick("TR-1");
  await first.check("serials");
  await first.go(`#/c/${codes.mixed}/arrive/2`);
  await first.tick("TR-4");
  await first.tick("TR-5");
  await first.page.getByRole("button", { name: "TR-5 there", exact: true }).click();
  await first.line(codes.mixed, 3, { "There and good": 13 });
  await first.line(codes.mixed, 4, { "There and good": 15, Damaged: 1 });
  await first.page.getByLabel("Photograph", { exact: true }).setInputFiles(picture(CODES[0], "damage.png"));
  await first.said("Photographs: 1");
  await first.check("line");
  await first.asStated(codes.mixed, "arrive", 20);
  // The battery is empty in the middle of it. What was tapped is there again, and so is what was signed.
  await first.kill();
  first.off = HOURS * 3_600_000;
  await first.start();
  await first.unlock();
  await first.said("Not sent yet: 1");
  await first.go(`#/c/${codes.mixed}/arrive`);
  await first.said(`Lines to count: ${LINES - 24} of ${LINES}`);
  await first.asStated(codes.mixed);
  await first.page.locator("summary", { hasText: "Came with no papers" }).click();
  await first.page.getByLabel("What it is").fill("Box without papers");
  await first.page.getByLabel("Quantity", { exact: true }).fill("2");
  await first.button("Add").click();
  await first.said("2 × Box without papers");
  await first.button("Sign").click();
  await first.said("short 1", "damaged 1", "short 2");
  await first.check("sign");
  await first.sign("to", "Take over");
  // It is killed as soon as it has said so.
  await first.kill();
  await first.start();
  await first.unlock();
  await first.said("Not sent yet: 2");
  await first.asStated(codes.rations);
  await first.takeOver(codes.rations);
  await first.asStated(codes.onward);
  await first.takeOver(codes.onward);
  await first.go(`#/c/${codes.onward}/inspect`);
  await first.button("All are serviceable").click();
  await first.page.getByLabel("Put away at").fill("Bay 4");
  await first.done("Look at it, put it away");
  await first.go(`#/c/${codes.onward}/depart`);
  await first.button("All of it is on").click();
  await first.check("load");
  await first.button("Dispatch").click();
  await first.page.getByLabel("Carrier").fill("Carrier");
  await first.page.getByLabel("Conveyance").fill("UA 777");
  await first.sign("from", "Dispatch");
  await first.asStated(codes.twice);
  await first.takeOver(codes.twice);
  // A truck of the hub itself is broken. What was written of it is there after the battery was empty.
  await first.broken("TR-101", "does not start");
  await first.check("fault");
  await first.kill();
  await first.start();
  await first.unlock();
  await first.go("#/problems");
  await first.button("Report a fault – go on").click();
  await first.done("Keep");
  await first.said("Reported from this phone", "TR-101", "Not sent yet: 8");
  await first.go("#/outbox");
  await first.check("outbox");
  // Nothing on its disk tells what it is about.
  const sealed = await first.page.evaluate(async () => {
    const db = await new Promise((done) => (indexedDB.open("muster-hub").onsuccess = (event) => done(event.target.result)));
    const all = await new Promise((done) => (db.transaction("boxes").objectStore("boxes").getAll().onsuccess = (event) => done(event.target.result)));
    const names = await new Promise((done) => (db.transaction("boxes").objectStore("boxes").getAllKeys().onsuccess = (event) => done(event.target.result)));
    return names.join(" ") + all.map((box) => new TextDecoder("latin1").decode(box.bytes)).join(" ");
  });
  for (const word of [codes.vests, "TR-4", "Carrier", "vest", "muster_"]) assert.ok(!sealed.includes(word), `${word} can be read on the phone`);

  // Another phone counted one of them, too, and found less.
  await second.page.reload();
  await second.unlock();
  await second.line(codes.twice, 2, { "There and good": 9 });
  await second.asStated(codes.twice);
  await second.takeOver(codes.twice);
  await second.broken("TR-101", "smells of smoke");
  await second.done("Keep");

  // There is a network again, and a bad one: three answers are lost after the server did what it was asked.
  first.gate.lose = [/\/arrive$/, /\/depart$/, /attachments/];
  first.gate.closed = false;
  await first.sendNow();
  for (let n = 0; n < 30 && !(await first.page.getByText("All is sent").count()); n += 1) {
    await first.page.waitForTimeout(500);
    if (!(await first.page.getByText("Sending").count())) await first.sendNow();
  }
  await first.said("All is sent");
  assert.equal(first.gate.lost, 3, "answers were lost");

  await online(other, passwords.olena, codes);
  const [offline, same] = [await ledger(server, passwords.staff), await ledger(other, passwords.staff)];
  for (const name of ["balances", "entries"]) {
    assert.deepEqual([without(offline[name], same[name]), without(same[name], offline[name])], [[], []], name);
  }
  const staff = await Client.of(server.url, "staff", passwords.staff);
  const shown = await staff.get(`/consignments/${codes.rations}`);
  const arrived = shown.milestones.find((one) => one.milestone === "arrived_at_node");
  assert.ok(Math.abs(Date.parse(arrived.occurred_at) - Date.now()) < 600_000 && arrived.remark.includes("clock was wrong"), JSON.stringify(arrived));
  assert.equal((await staff.get(`/consignments/${codes.mixed}`)).handovers.length, shown.handovers.length);
  await server.run("ledger", "verify");

  await first.go("#/problems");
  await first.said("Reported from this phone", "requested");
  await first.check("reported");
  const [order] = (await staff.get("/work-orders?serial=TR-101")).work_orders;
  assert.deepEqual([order.state, order.symptom.split(" · ")[0], order.holder], ["requested", "does not start", "OP"]);

  // The second phone is told of it, with both versions, and what it reported is not lost.
  second.gate.closed = false;
  await second.sendNow();
  await second.said("To be decided: 2");
  const broken = second.page.locator("section.conflict", { hasText: "reported broken" });
  assert.match(await broken.innerText(), new RegExp(`${order.code}, requested.*smells of smoke\\s+does not start ·`, "s"));
  await broken.getByRole("button", { name: "Give mine up" }).click();
  await second.said("remark on what was given up", "To be decided: 1", "Waiting: 0");
  const { notes } = await staff.get(`/work-orders/${order.code}`);
  assert.ok(notes.some((note) => /smells of smoke/.test(note.text)), JSON.stringify(notes));
  // So is its count.
  await second.said("counted and taken over", "In Muster it is now: here.", "arrived by olena");
  await second.check("conflict");
  const row = await second.page.locator("tr.differs").innerText();
  assert.match(row, /9.*11/s);
  await second.button("Give mine up").click();
  await second.said(`${codes.twice}: remark on what was given up`);
  await second.said("Waiting: 0");
  const both = await staff.get(`/consignments/${codes.twice}`);
  const said = (await staff.get(`/consignments/${codes.twice}/notes`)).notes;
  assert.equal(both.milestones.filter((one) => one.milestone === "arrived_at_node").length, 1);
  assert.ok(said.some((note) => note.actor === "petro" && note.text.includes("2: 9")), JSON.stringify(said));

  // Two people of one phone sign, each by their own key. Meanwhile somebody parts the consignment: it is done again on what it is now.
  await second.go("#/phone");
  await second.page.locator("summary", { hasText: "Add somebody" }).click();
  for (const [label, text] of [["Name", "olena"], ["Password", passwords.olena], ["PIN for this phone", "111222"], ["The PIN again", "111222"]]) {
    await second.page.getByLabel(label, { exact: true }).fill(text);
  }
  await second.button("Add somebody, or sign in anew").click();
  await second.said("olena can now use this phone");
  const departs = async () => {
    await second.button("All of it is on").click();
    await second.button("Dispatch").click();
    await second.page.getByLabel("Carrier").fill("Carrier");
    await second.page.getByLabel("Conveyance").fill("UA 778");
    for (const [side, name, pin] of [["hands_over", "petro", PIN], ["takes_over", "olena", "111222"]]) {
      const box = second.page.locator(`fieldset[data-side=${side}]`);
      await box.getByLabel("Signs", { exact: true }).selectOption(name);
      await box.getByLabel("PIN", { exact: true }).fill(pin);
    }
    await second.done("Dispatch");
  };
  second.gate.shut();
  await second.go(`#/c/${codes.twice}/depart`);
  await departs();
  await staff.post(`/consignments/${codes.twice}/split`, { lines: [{ line: 1, quantity: 4 }], reason: "test" });
  second.gate.closed = false;
  await second.sendNow();
  await second.said("dispatched", "To be decided: 1");
  await second.button("Do it again on Muster’s version").click();
  await second.button("I have seen it").click();
  await departs();
  await second.go("#/outbox");
  await second.said("Waiting: 0");
  const gone = await staff.get(`/consignments/${codes.twice}`);
  assert.deepEqual([gone.state, gone.lines[0].present], ["under_way", 6]);
  const { statement } = await staff.get(`/handovers/${gone.handovers.at(-1).handover}/receipt`);
  assert.deepEqual([statement.hands_over.name, statement.hands_over.means, statement.takes_over.name, statement.takes_over.means], ["petro", "key", "olena", "key"]);

  // Browsers know passkeys by a name of the host, not by its address.
  const gate = await server.gate();
  gate.url = gate.url.replace("127.0.0.1", "localhost");
  const third = new Phone("gate-3", gate);
  phones.push(third);
  await third.start();
  await passkeys(third, server, passwords, codes.keyed, { folder, pin: PIN, paper: picture(PAPER) });

  // A phone that was lost is revoked: it says so, and keeps what it has not sent until it is wiped.
  const olena = await Client.of(server.url, "olena", passwords.olena);
  const { tokens } = await olena.get("/me/tokens");
  await olena.ask("DELETE", `/me/tokens/${tokens.find((token) => token.label === "Hub phone H gate-1").token}`);
  await first.go("#/new");
  await first.page.getByLabel("What it is").fill("Tent");
  await first.button("Keep").click();
  await first.said("Muster no longer takes requests of olena", "Not sent yet: 1");
  await first.go("#/phone");
  await first.check("revoked");
  await first.page.locator("summary", { hasText: "Remove this phone" }).click();
  await first.page.getByLabel("I know that what was not sent is lost").check();
  await first.button("Delete everything").click();
  await first.page.getByRole("heading", { name: "Set up this phone" }).waitFor();
  assert.deepEqual(phones.map((phone) => phone.wrong), [[], [], []]);
  console.log(`hub: ${4 * LINES} lines in ${((Date.now() - started) / 1_000).toFixed(0)} s`);
} catch (error) {
  for (const phone of phones) {
    await phone.page?.screenshot({ path: `${folder}-${phone.name}.png` }).catch(() => undefined);
    console.error(`${phone.name}: ${await phone.page?.evaluate(() => `${location.hash}\n${document.body.innerText}`).catch((e) => e)}\n${phone.wrong.join("\n")}`.slice(0, 3_000));
  }
  throw error;
} finally {
  for (const phone of phones) await phone.kill().catch(() => undefined);
  for (const one of servers) await one.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
