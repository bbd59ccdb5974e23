// What the page of a hub's phone keeps of work that is not done yet, whatever ends the page; and what it does when the disk or Muster refuses.
import assert from "node:assert/strict";
import { test } from "node:test";
import { again, fill, parts, PATIENCE, phone, PICTURE, PIN, ready, until } from "./phone-pages.mjs";
import { consignment, line } from "./phone-server.mjs";

const paper = { name: "paper.png", mimeType: "image/png", buffer: PICTURE };

test("a page that ends while somebody signs a departure loses nothing of it", async (t) => {
  const { page, muster, wrong } = await ready(t, consignment("C-1", { state: "readied" }));
  await page.evaluate(() => (location.hash = "#/c/C-1/depart"));
  await page.getByRole("button", { name: "All of it is on" }).click();
  await page.getByRole("button", { name: "Dispatch" }).click();
  const side = (name) => page.locator(`fieldset[data-side=${name}]`);
  await page.getByLabel("Carrier").fill("Rail");
  await page.getByLabel("Conveyance").fill("AA 1234");
  await page.getByLabel("Remark").fill("wet");
  await side("takes_over").getByLabel("Name", { exact: true }).fill("Driver");
  await side("takes_over").getByLabel("For which party").fill("Carrier");
  await side("takes_over").getByLabel("Photograph of the signed paper").setInputFiles(paper);
  await side("takes_over").getByText("The photograph is kept on this phone.").waitFor();
  await again(page);
  await page.getByLabel("Carrier").waitFor();
  await side("takes_over").getByText("The photograph is kept on this phone.").waitFor();
  await side("hands_over").getByLabel("PIN").fill(PIN);
  await page.getByRole("button", { name: "Dispatch" }).click();
  const sent = await muster.sent("/depart", PATIENCE);
  const { name, party, photo } = sent.signed.takes_over;
  assert.deepEqual([sent.carrier, sent.conveyance, sent.remark, name, party], ["Rail", "AA 1234", "wet", "Driver", "Carrier"]);
  assert.equal(photo.length, 64);
  assert.equal(muster.asked.filter((one) => one.path === "/api/v1/attachments").length, 1);
  assert.deepEqual(wrong, []);
});

test("a paper that was photographed before something else was counted is not taken for the new count", async (t) => {
  const { page, muster } = await ready(t, consignment("C-1"));
  await page.evaluate(() => (location.hash = "#/c/C-1/arrive"));
  for (let n = 0; n < 2; n += 1) await page.getByRole("button", { name: "All 10 are there" }).first().click();
  await page.getByRole("button", { name: "Sign" }).click();
  const driver = page.locator("fieldset[data-side=hands_over]");
  await driver.getByLabel("Name", { exact: true }).fill("Driver");
  await driver.getByLabel("Photograph of the signed paper").setInputFiles(paper);
  await driver.getByText("The photograph is kept on this phone.").waitFor();
  await page.evaluate(() => (location.hash = "#/c/C-1/arrive/1"));
  await page.getByLabel("There and good", { exact: true }).fill("9");
  await page.evaluate(() => (location.hash = "#/c/C-1/arrive/sign"));
  await driver.getByText("The paper was photographed before something else was counted").waitFor();
  await page.locator("fieldset[data-side=takes_over]").getByLabel("PIN").fill(PIN);
  await page.getByRole("button", { name: "Take over" }).click();
  await page.locator("form > .wrong", { hasText: "The paper was photographed before" }).waitFor();
  await driver.getByLabel("Photograph of the signed paper").setInputFiles(paper);
  await driver.getByText("The photograph is kept on this phone.").waitFor();
  await page.getByRole("button", { name: "Take over" }).click();
  const sent = await muster.sent("/arrive", PATIENCE);
  assert.deepEqual([sent.lines[0].received, sent.signed.hands_over.photo.length], [9, 64]);
});

test("where something was put away stays, also when the page is drawn anew or ends", async (t) => {
  const { page, muster } = await ready(t, consignment("C-1", { state: "at_node" }));
  await page.evaluate(() => (location.hash = "#/c/C-1/inspect"));
  await page.getByLabel("Put away at").fill("Bay 4");
  await page.getByRole("button", { name: "All are serviceable" }).click();
  assert.equal(await page.getByLabel("Put away at").inputValue(), "Bay 4");
  await again(page);
  await page.getByLabel("Put away at").waitFor();
  await page.getByRole("group", { name: "1 Vest" }).getByLabel("Remark").fill("dry");
  await page.getByRole("button", { name: "Look at it, put it away" }).click();
  const { lines } = await muster.sent("/inspect", PATIENCE);
  assert.deepEqual(lines.map(({ remark }) => remark), ["dry · put away at Bay 4", "put away at Bay 4"]);
});

test("what had no papers is told by its serial numbers where it has some; refused, it is shown whole and done again from what was said", async (t) => {
  const { page, muster, wrong } = await ready(t);
  await page.evaluate(() => (location.hash = "#/new"));
  await page.getByLabel("What it is").fill("Truck with a crane");
  await page.getByLabel("Quantity").fill("2");
  assert.ok(await page.getByLabel("Serial number", { exact: true }).isHidden());
  await page.getByLabel("Resource, if known").fill("truck");
  await page.getByLabel("Serial number", { exact: true }).fill("TR-1");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByText("Serial numbers: 1 of 2").waitFor();
  await page.getByRole("button", { name: "Keep" }).click();
  await page.getByText("It needs a serial number of each: 1 of 2 are named.").waitFor();
  await page.getByLabel("Serial number", { exact: true }).fill("TR-2");
  await again(page);
  await page.getByText("Serial numbers: 1 of 2").waitFor();
  muster.answer = ({ method, path }) => (method === "POST" && path === "/api/v1/variances" ? [422, { detail: "TR-1 is elsewhere." }] : undefined);
  // What was typed is taken, also if nobody pressed Add.
  await page.getByRole("button", { name: "Keep" }).click();
  const sent = await muster.sent("/api/v1/variances", PATIENCE);
  assert.deepEqual([sent.description, sent.quantity, sent.resource, sent.serials], ["Truck with a crane", 2, "truck", ["TR-1", "TR-2"]]);
  await page.evaluate(() => (location.hash = "#/outbox"));
  await page.locator(".conflict", { hasText: "TR-1 is elsewhere." }).getByText("truck, TR-1, TR-2").waitFor();
  muster.answer = () => undefined;
  await page.getByRole("button", { name: "Do it again" }).click();
  await page.getByText("Serial numbers: 2 of 2").waitFor();
  await page.getByRole("button", { name: "Remove: TR-1" }).click();
  await page.getByLabel("Serial number", { exact: true }).fill("TR-3");
  await page.getByRole("button", { name: "Keep" }).click();
  const reports = () => muster.asked.filter(({ method, path }) => method === "POST" && path === "/api/v1/variances");
  await until("it is sent again", () => reports().length === 2);
  assert.deepEqual(reports()[1].body.serials, ["TR-2", "TR-3"]);
  assert.deepEqual(wrong, []);
});

test("a blind count that was begun is there again, for nobody but who counts", async (t) => {
  const { page } = await parts(t);
  const found = await page.evaluate(async (pin) => {
    await vault.enrol({ name: "petro", party: "P" }, pin, session);
    const draft = { kind: "count", consignment: hub.blindCount("V-1", "olena"), blind: false, lines: {}, things: [], photos: [], loaded: [], said: { quantity: "7" } };
    await phone.draft(draft);
    const opened = (who) => hub.Phone.load(vault, session, who, () => undefined);
    const [hers, his] = [await opened("olena"), await opened("petro")];
    const kept = [hers.begun(hub.blindCount("V-1", "olena"), "count")?.said.quantity, his.begun(hub.blindCount("V-1", "petro"), "count")?.said.quantity];
    await phone.done({ kind: "count", subject: "V-1", path: "/api/v1/variances/V-1/count", body: { quantity: 7 } }, [], `count ${draft.consignment}`);
    return [...kept, (await opened("olena")).begun(draft.consignment, "count")];
  }, PIN);
  assert.deepEqual(found, ["7", undefined, undefined]);
});

test("an arrival that is done again is told all the same", async (t) => {
  const { page, muster } = await parts(t);
  const there = (state) => ({ code: "S-1", course: "X", place: "H", host: "OP", start: "2026-01-01", end: "2027-12-31", seats: 8, state: "running", nominations: [{ nomination: "N-1", unit: "U", state, seated: true }], attendance: [] });
  muster.serials.set("S-1", there("cleared"));
  muster.answer = ({ path }) => (path.endsWith("/arrive") ? [422, { detail: "not yet" }] : undefined);
  await page.evaluate(async () => {
    const deed = await phone.done({ kind: "come", subject: "S-1 N-1", path: "/api/v1/nominations/N-1/arrive", body: { at: "", reason: "x" } });
    await sync();
    const card = hub.outbox({ phone, go: () => undefined, warn: (text) => { throw new Error(text); }, redraw: () => undefined }).body.find((one) => one.className === "conflict");
    [...card.querySelectorAll("button")].find((one) => one.textContent.startsWith("Do it again")).click();
    globalThis.deed = deed;
  });
  const { text } = await muster.sent("/remarks", PATIENCE);
  assert.match(text, /S-1 N-1: came/);
  assert.deepEqual(await page.evaluate(() => [deed.state, deed.owed]), ["dropped", true]);
});

test("when the browser closes the database, it is opened anew and what was to be written is written, once", async (t) => {
  const { page } = await parts(t, consignment("C-1"));
  const found = await page.evaluate(async () => {
    await sync(true);
    const close = () => vault.disk.db.close();
    close();
    await phone.draft({ kind: "arrive", consignment: "C-1", blind: false, lines: {}, things: [], photos: [], loaded: [], said: { remark: "x" } });
    const lost = phone.lost;
    close();
    const deed = await act("arrive", phone.view("C-1"), [{ line: 1, received: 9, damaged: 0 }]);
    close();
    const other = await load();
    // The connection is lost after all of it was written.
    const { write } = vault.disk;
    let fails = 1;
    vault.disk.write = (stores, act) => write.call(vault.disk, stores, async (transaction, again) => {
      await act(transaction, again);
      if (fails-- > 0) await new Promise((done, failed) => transaction.addEventListener("complete", () => failed(new DOMException("lost", "UnknownError"))));
    });
    await session.write({ add: [["deed/000000900", { seq: 900 }]] });
    return [lost, deed.seq, other.deeds.map(({ seq }) => seq), (await session.names("deed")).length, fails];
  });
  assert.deepEqual(found, ["", 1, [1], 2, -1]);
});

test("a database that was deleted beneath the page is not begun anew, and that is said", async (t) => {
  const { page } = await parts(t, consignment("C-1"));
  const said = await page.evaluate(async () => {
    await sync(true);
    await new Promise((done, failed) => Object.assign(indexedDB.deleteDatabase("muster-hub"), { onsuccess: done, onerror: failed, onblocked: failed }));
    const said = await act("arrive", phone.view("C-1"), []).catch((error) => error.message);
    return [said, (await indexedDB.databases()).length];
  });
  assert.deepEqual(said, ["The browser has deleted what this page kept. Load it again.", 0]);
});

test("who signs in anew may sign still, also if the new key was not kept", async (t) => {
  const { page } = await parts(t);
  const found = await page.evaluate(async (pin) => {
    const made = await vault.newSigningKey("olena", pin);
    await made.keep("K-1");
    const before = await vault.sign("olena", pin, "text");
    await vault.enrol({ name: "olena", party: "OP" }, pin, session);
    await vault.enrol({ name: "olena", party: "OP" }, pin, session);
    const same = await vault.sign("olena", pin, "text");
    await vault.enrol({ name: "olena", party: "OP" }, "739104", session);
    const other = await vault.sign("olena", "739104", "text");
    const anew = await vault.newSigningKey("olena", "739104");
    await anew.keep("K-2");
    return [before.signature === same.signature, other, (await vault.sign("olena", "739104", "text")).key];
  }, PIN);
  assert.deepEqual(found, [true, null, "K-2"]);
});

test("a set-up that fails grants nothing, and leaves what another page set up as it is", async (t) => {
  const { muster, open, wrong } = await phone(t, consignment("C-1"));
  const first = await open("/hub");
  const second = await open("/hub");
  // The place is looked up before anything is granted.
  muster.answer = ({ path }) => (path.startsWith("/api/v1/records/places") ? [200, { records: [], next: null }] : undefined);
  await fill(first);
  await first.getByText("There is no place H that you see.").waitFor();
  assert.deepEqual(muster.asked.filter(({ path }) => /tokens|signing-keys/.test(path)), []);
  // What the disk does not keep is revoked.
  muster.answer = ({ method, path }) => (method === "POST" && path === "/api/v1/me/tokens" ? [201, { token: "T-1", secret: "muster_secret" }] : undefined);
  await first.evaluate(() => {
    globalThis.usual = IDBObjectStore.prototype.add;
    const { put } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.put = function (...given) {
      if (this.name === "boxes") throw new DOMException("full", "QuotaExceededError");
      return put.apply(this, given);
    };
  });
  await fill(first);
  await until("the token is revoked", () => muster.asked.some(({ method, path }) => method === "DELETE" && path === "/api/v1/me/tokens/T-1"));
  // One of two is at it: the other waits for nothing, and takes nothing away.
  let free;
  const held = new Promise((done) => (free = done));
  muster.answer = async ({ path }) => {
    if (path === "/api/v1/me/tokens") await held;
    return undefined;
  };
  await fill(second);
  await until("the second asks for a token", () => muster.asked.filter(({ method, path }) => method === "POST" && path === "/api/v1/me/tokens").length === 2);
  await fill(first);
  await first.getByText("This phone’s work is open in another tab or window.").waitFor();
  free();
  await second.getByText("Work as of").waitFor();
  await fill(first);
  await first.getByText("This phone’s work is open in another tab or window.").waitFor();
  await again(second);
  await second.getByText("Work as of").waitFor();
  assert.deepEqual(wrong, []);
});

test("too many attempts to sign in are told as a wait, however Muster says so; a PIN that is forgotten has a way out", async (t) => {
  const { muster, open } = await phone(t);
  const page = await open("/hub");
  for (const [answer, said] of [
    [[422, "<p>Too many attempts. Try again in 240 seconds.</p>", "text/html"], "Too many attempts to sign in. Try again in 4 min."],
    [[422, "<p>The name or the password is wrong.</p>", "text/html"], "This name and password do not fit."],
    [[429, "", "text/html"], "Too many attempts to sign in. Try again later."],
  ]) {
    muster.answer = ({ path }) => (path === "/sign-in" ? answer : undefined);
    await fill(page);
    await page.getByText(said).waitFor();
  }
  muster.answer = () => undefined;
  await fill(page);
  await page.getByText("Work as of").waitFor();
  await page.reload();
  for (let n = 1; n <= 3; n += 1) {
    await page.getByLabel("PIN", { exact: true }).fill("000000");
    await page.getByRole("button", { name: "Open" }).click();
    await page.getByText("That is not the PIN.").waitFor();
    if (n < 3) assert.ok(await page.getByText("If it is forgotten").isHidden());
    await page.getByLabel("PIN", { exact: true }).fill("");
  }
  await page.getByText("If it is forgotten: nobody else can open this phone").waitFor();
});

test("where the database cannot be opened, the page says so and may be loaded again", async (t) => {
  const { open, context } = await phone(t);
  await context.addInitScript(() => {
    const tried = Number(sessionStorage.getItem("tried"));
    sessionStorage.setItem("tried", String(tried + 1));
    const fail = () => {
      throw new DOMException("it is broken", "UnknownError");
    };
    if (tried < 2) indexedDB.open = [fail, () => ({})][tried];
  });
  const page = await open("/hub");
  await page.getByText("What this page keeps cannot be opened: it is broken").waitFor();
  await page.getByRole("button", { name: "Load again" }).click();
  await page.getByText("What this page keeps cannot be opened: the browser does not answer.").waitFor();
  await page.getByRole("button", { name: "Load again" }).click();
  await page.getByRole("button", { name: "Set up this phone" }).waitFor();
});

test("whoever signs in anew has what waited sent at once; a missing key is said, and what went wrong stays to be read", async (t) => {
  const { page, muster } = await ready(t, consignment("C-1"));
  muster.answer = ({ path, token }) => (path.startsWith("/api") && token === "muster_secret" ? [401, { title: "unauthorised" }] : undefined);
  await page.evaluate(() => (location.hash = "#/c/C-1/arrive"));
  for (let n = 0; n < 2; n += 1) await page.getByRole("button", { name: "All 10 are there: Line" }).first().click();
  await page.getByRole("button", { name: "Sign" }).click();
  await page.getByLabel("Nobody signs").check();
  await page.getByRole("button", { name: "Take over" }).click();
  await page.getByText("Muster no longer takes requests of olena").waitFor();
  muster.answer = ({ method, path }) => (method === "POST" && path === "/api/v1/me/signing-keys" ? [503, { title: "busy" }] : undefined);
  await page.evaluate(() => (location.hash = "#/phone"));
  for (const [label, text] of [["Name", "olena"], ["Password", "secret"], ["PIN for this phone", PIN], ["The PIN again", PIN]]) await page.getByLabel(label, { exact: true }).fill(text);
  await page.getByRole("button", { name: "Add somebody, or sign in anew" }).click();
  await muster.sent("/arrive", PATIENCE);
  const said = page.getByRole("alert").getByText("No new signing key was made");
  await said.waitFor();
  await page.waitForTimeout(5_000);
  await said.getByRole("button", { name: "Close" }).click();
  await said.waitFor({ state: "detached" });
  assert.equal(await page.title(), "Muster at the hub");
});

test("a serial number of the phone is taken as such, also if it looks like a pallet's with a wrong check digit", async (t) => {
  const serial = "395011010013000128";
  const { page } = await ready(t, consignment("C-1", { lines: [line(1, { tracking: "serial", quantity: 1, present: 1, units: [{ lot: "", serial, quantity: 1, sscc: null }] })] }));
  const scan = async (code) => {
    await page.getByRole("button", { name: "Scan", exact: true }).click();
    await page.getByLabel("Type the code").fill(code);
    await page.getByRole("button", { name: "Take it" }).click();
  };
  await scan("395011010013000127");
  await page.getByRole("dialog").getByText("type (21) before it").waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
  await scan(serial);
  await page.waitForFunction(() => location.hash === "#/c/C-1");
});

test("of what was sent and had no answer it is said that it may be in Muster already, before another gives it up and in what is told of it", async (t) => {
  const { page, muster } = await parts(t, consignment("C-1"));
  muster.answer = ({ path }) => (path.endsWith("/arrive") ? [0] : undefined);
  const said = await page.evaluate(async (pin) => {
    await sync(true);
    await vault.enrol({ name: "petro", party: "P" }, pin, session);
    await phone.admit("petro", "muster_petro");
    const seen = phone.view("C-1");
    const left = await phone.done({ kind: "arrive", subject: "C-1", by: "petro", saw: hub.essence(seen, "arrive"), path: "/api/v1/consignments/C-1/arrive", body: { at: "", version: seen.version, lines: [{ line: 1, received: 9, damaged: 0 }] } });
    await sync();
    const shown = () => hub.outbox({ phone }).body.map((one) => one.textContent).join(" ");
    const before = [left.state, left.stuck, shown().includes("no answer to this yet"), shown().includes("It may be in Muster already: it was sent")];
    await phone.settings({ revoked: ["petro"] });
    const after = shown().includes("It may be in Muster already: it was sent");
    await phone.giveUp(left, hub.told(left));
    return [...before, after];
  }, PIN);
  assert.deepEqual(said, ["sending", true, true, false, true]);
  assert.match((await muster.sent("/notes", PATIENCE)).text, /It may be in Muster already.*1: 9/);
});
