// The page of a hub's phone in a browser: what it keeps, what it sends, and what two of its pages do to each other.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { apart } from "./browser.mjs";
import { again, fill, parts, PATIENCE, phone, PICTURE, PIN, ready, until } from "./phone-pages.mjs";
import { consignment, line, Muster, serial, serve } from "./phone-server.mjs";

test("a phone is set up, and what is counted reaches Muster", async (t) => {
  const { page, muster, wrong } = await ready(t, consignment("C-1"));
  await page.getByRole("link", { name: "C-1" }).click();
  await page.getByRole("button", { name: "Count what came" }).click();
  for (let n = 0; n < 2; n += 1) await page.getByRole("button", { name: "All 10 are there" }).first().click();
  await page.getByRole("button", { name: "Sign" }).click();
  await page.getByLabel("Nobody signs").check();
  await page.getByRole("button", { name: "Take over" }).click();
  await page.getByText("Kept on this phone").waitFor();
  const sent = await muster.sent("/arrive", PATIENCE);
  await page.locator(".bar .state", { hasText: "All is sent" }).waitFor();
  assert.deepEqual(sent.lines, [{ line: 1, received: 10, damaged: 0 }, { line: 2, received: 10, damaged: 0 }]);
  assert.deepEqual(wrong, []);
});

test("each lot of a line is counted by itself, and what was counted of it is what Muster gets", async (t) => {
  const units = [["L-1", 6], ["L-2", 4]].map(([lot, quantity]) => ({ lot, serial: "", quantity, sscc: null }));
  const { page, muster, wrong } = await ready(t, consignment("C-1", { lines: [line(1, { tracking: "lot", units })] }));
  await page.getByRole("link", { name: "C-1" }).click();
  await page.getByRole("button", { name: "Count what came" }).click();
  await page.locator("[data-line='1'] a").click();
  const lot = (name) => page.locator("fieldset", { has: page.locator("legend", { hasText: name }) });
  await lot("L-1").locator("input").first().fill("6");
  await lot("L-2").locator("input").first().fill("3");
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByText("All lines are counted").waitFor();
  await page.getByRole("button", { name: "Sign" }).click();
  await page.getByLabel("Nobody signs").check();
  await page.getByRole("button", { name: "Take over" }).click();
  const sent = await muster.sent("/arrive", PATIENCE);
  const lots = [{ lot: "L-1", received: 6, damaged: 0 }, { lot: "L-2", received: 3, damaged: 0 }];
  assert.deepEqual(sent.lines, [{ line: 1, received: 9, damaged: 0, lots }]);
  assert.deepEqual(wrong, []);
});

test("a code on a piece or a case leads to the line that it is about", async (t) => {
  const units = [["L-1", 6], ["L-2", 4]].map(([lot, quantity]) => ({ lot, serial: "", quantity, sscc: null }));
  const lines = [line(1), line(2, { tracking: "lot", units }), line(3, { resource: "truck" })];
  const { page, wrong } = await ready(t, consignment("C-1", { lines }));
  const scan = async (code) => {
    await page.evaluate(() => (location.hash = "#/c/C-1/arrive"));
    await page.getByRole("button", { name: "Scan a serial number or what it is" }).click();
    await page.getByLabel("Type the code").fill(code);
    await page.getByRole("button", { name: "Take it" }).click();
  };
  const leads = (n) => page.waitForFunction((hash) => location.hash === hash, `#/c/C-1/arrive/${n}`);
  await scan("9501101530003");
  await leads(1);
  await scan("(01)09501101530003(10)L-2");
  await leads(2);
  await scan("12345670");
  await page.getByText("No line has 12345670").waitFor();
  assert.deepEqual(wrong, []);
});

test("a consignment is one by what it is, not by how its code begins; a report of what has no papers asks for none", async (t) => {
  const { page, muster } = await parts(t, consignment("X-1"));
  const found = await page.evaluate(async () => {
    const { phone } = globalThis;
    await sync(true);
    const report = (n) => phone.done({ kind: "unmanifested", subject: "", path: "/api/v1/variances", body: { description: `Tent ${n}`, quantity: n } });
    const [first, second] = [await report(1), await report(2)];
    await sync();
    return { known: [...phone.consignments.keys()], settled: [first.settled, second.settled] };
  });
  assert.deepEqual(found, { known: ["X-1"], settled: [true, true] });
  assert.deepEqual(muster.asked.filter((one) => one.method === "GET" && one.path.startsWith("/api/v1/consignments/")).map((one) => one.path), ["/api/v1/consignments/X-1"]);
});

test("what was done to a consignment that is another by now is decided by a person, also if the phone heard of it meanwhile", async (t) => {
  const { page, muster } = await parts(t, consignment("C-1"));
  await page.evaluate(async () => {
    await sync(true);
    globalThis.seen = phone.view("C-1");
  });
  muster.consignments.set("C-1", consignment("C-1", { version: 5, lines: [line(1, { present: 7 }), line(2)] }));
  const states = await page.evaluate(async () => {
    await sync(true);
    const deed = await act("arrive", seen, [{ line: 1, received: 10, damaged: 0 }, { line: 2, received: 10, damaged: 0 }]);
    await sync();
    return [phone.view("C-1").lines[0].present, deed.state];
  });
  assert.deepEqual(states, [7, "refused"]);
  assert.equal(muster.asked.filter((one) => one.method === "POST").length, 1);
});

test("what was done after something that is given up is decided, too", async (t) => {
  const { page, muster } = await parts(t, consignment("C-1"));
  await page.evaluate(() => sync(true));
  muster.consignments.set("C-1", consignment("C-1", { version: 6, state: "at_node", lane: "H-P" }));
  const states = await page.evaluate(async () => {
    const first = await act("arrive", phone.view("C-1"), [{ line: 1, received: 9, damaged: 0 }]);
    const second = await act("inspect", phone.view("C-1"), [{ line: 1, condition: "serviceable" }]);
    await sync();
    const before = [first.state, second.state];
    await phone.giveUp(first, null);
    await sync();
    return [...before, first.state, second.state];
  });
  assert.deepEqual(states, ["refused", "waiting", "dropped", "refused"]);
});

test("a version in which nothing differs that was seen needs nobody", async (t) => {
  const { page, muster } = await parts(t, consignment("C-1"));
  await page.evaluate(() => sync(true));
  muster.consignments.set("C-1", consignment("C-1", { version: 7, remark: "fragile" }));
  const state = await page.evaluate(async () => {
    const deed = await act("arrive", phone.view("C-1"), [{ line: 1, received: 9, damaged: 0 }]);
    await sync();
    return deed.state;
  });
  assert.equal(state, "done");
});

test("looking at a consignment leaves what was packed of it", async (t) => {
  const { page } = await ready(t, consignment("C-1", { state: "packing", lines: [line(1, { tracking: "serial", quantity: 2, present: 2 })] }));
  await page.evaluate(() => (location.hash = "#/c/C-1/ready"));
  await page.getByLabel("Serial number", { exact: true }).fill("TR-1");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByText("Serial numbers: 1 of 2").waitFor();
  await page.evaluate(() => (location.hash = "#/c/C-1/inspect"));
  await page.getByRole("heading", { name: "Look at it" }).waitFor();
  await page.getByLabel("Condition").selectOption("damaged");
  await page.evaluate(() => (location.hash = "#/c/C-1"));
  await page.getByRole("button", { name: "Make ready – go on" }).click();
  await page.getByText("Serial numbers: 1 of 2").waitFor();
});

test("when the disk or an answer fails, the phone tries again by itself", async (t) => {
  const { page, muster } = await parts(t, consignment("C-1"));
  const lists = (one) => one.path.startsWith("/api/v1/consignments?");
  muster.answer = (request) => (lists(request) && muster.asked.filter(lists).length === 1 ? [503, { title: "busy" }] : undefined);
  await page.evaluate(() => phone.sync(true));
  await page.waitForFunction(() => phone.consignments.size === 1);
  await page.evaluate(async () => {
    const { write } = session;
    let fails = 1;
    session.write = (all) => (all.put?.some(([name]) => name.startsWith("deed/")) && fails-- > 0 ? Promise.reject(new Error("the disk is full")) : write.call(session, all));
    globalThis.deed = await act("arrive", phone.view("C-1"), [{ line: 1, received: 9, damaged: 0 }]);
  });
  await page.waitForFunction(() => phone.trouble === "the disk is full" && !phone.busy);
  await page.waitForFunction(() => deed.settled);
  assert.equal(muster.asked.filter((one) => one.path.endsWith("/arrive")).length, 1);
});

test("one deed at which the server fails does not keep the phone from fetching the work", async (t) => {
  const { page, muster } = await parts(t, consignment("C-1"));
  muster.answer = ({ path }) => (path.endsWith("/arrive") ? [500, { title: "broken" }] : undefined);
  const known = await page.evaluate(async () => {
    await sync(true);
    await act("arrive", phone.view("C-1"), [{ line: 1, received: 9, damaged: 0 }]);
    await sync();
    return true;
  });
  muster.consignments.set("C-2", consignment("C-2"));
  await page.evaluate(() => sync(true));
  assert.deepEqual([known, await page.evaluate(() => [...phone.consignments.keys()].sort())], [true, ["C-1", "C-2"]]);
});

/** As when somebody puts the phone into a pocket, and takes it out again. */
const look = (page, state) =>
  page.evaluate((to) => {
    Object.defineProperty(document, "visibilityState", { value: to, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, state);

test("a phone that slept in a pocket is locked when it is looked at, though its timers stood still", async (t) => {
  const { page } = await ready(t, consignment("C-1"));
  await look(page, "hidden");
  // Its timers stand still, time does not.
  await page.evaluate(() => {
    const then = Date.now() + 11 * 60_000;
    Date.now = () => then;
  });
  await look(page, "visible");
  await page.getByRole("button", { name: "Open" }).waitFor();
});

test("what was tapped last before locking is kept", async (t) => {
  const { page } = await ready(t, consignment("C-1"));
  await page.evaluate(() => (location.hash = "#/c/C-1/arrive/1"));
  await page.getByLabel("There and good", { exact: true }).fill("7");
  await page.evaluate(() => (location.hash = "#/phone"));
  await page.getByRole("button", { name: "Lock" }).waitFor();
  // All of it at once, as a hurried thumb does: the disk is slower.
  await page.evaluate(async (patience) => {
    const end = Date.now() + patience;
    const found = async (find) => {
      while (!find() && Date.now() < end) await new Promise((done) => setTimeout(done, 5));
      return find();
    };
    location.hash = "#/c/C-1/arrive/2";
    const input = await found(() => document.querySelector("input[type=number]"));
    const seal = crypto.subtle.encrypt.bind(crypto.subtle);
    crypto.subtle.encrypt = async (...given) => (await new Promise((done) => setTimeout(done, 300)), seal(...given));
    input.value = "8";
    input.dispatchEvent(new Event("input"));
    location.hash = "#/phone";
    (await found(() => [...document.querySelectorAll("button")].find((one) => one.textContent === "Lock"))).click();
  }, PATIENCE);
  await page.getByLabel("PIN", { exact: true }).fill(PIN);
  await page.getByRole("button", { name: "Open" }).click();
  await page.evaluate(() => (location.hash = "#/c/C-1/arrive"));
  await page.getByText("All lines are counted").waitFor();
});

test("a page that another took over writes nothing more, and asks for nothing more", async (t) => {
  const { page: first, open } = await ready(t, consignment("C-1"));
  await first.evaluate(() => (location.hash = "#/c/C-1/arrive/1"));
  await first.getByLabel("There and good", { exact: true }).fill("7");
  await first.evaluate(() => {
    globalThis.input = document.querySelector("input[type=number]");
  });
  await first.evaluate(() => (location.hash = "#/c/C-1/arrive"));
  await first.getByRole("button", { name: "Scan", exact: true }).click();
  await first.getByRole("dialog").waitFor();
  const second = await open("/hub");
  await second.getByLabel("PIN", { exact: true }).fill(PIN);
  await second.getByRole("button", { name: "Open" }).click();
  await second.getByRole("navigation").getByText("Outbox").waitFor();
  await first.getByText("This phone’s work is open in another tab or window.").waitFor();
  assert.equal(await first.getByRole("dialog").count(), 0);
  await second.evaluate(() => (location.hash = "#/c/C-1/arrive/1"));
  await second.getByLabel("There and good", { exact: true }).fill("9");
  // A tap that comes late.
  await first.evaluate(() => {
    input.value = "3";
    input.dispatchEvent(new Event("input"));
  });
  await second.waitForTimeout(300);
  await second.reload();
  await second.getByLabel("PIN", { exact: true }).fill(PIN);
  await second.getByRole("button", { name: "Open" }).click();
  await second.getByText("9 · short 1").or(second.getByText("short 1")).first().waitFor();
});

test("PINs that are tried at the same time are counted one after another", async (t) => {
  const { page } = await parts(t);
  const tried = await page.evaluate(async () => {
    const tries = await Promise.allSettled(Array.from({ length: 8 }, (_, n) => vault.unlock("olena", `00000${n}`)));
    const [person] = await vault.people();
    return { waits: tries.map((one) => one.reason.wait > 0), wrong: person.wrong };
  });
  // Two are free, the third is told to wait, and no more are looked at.
  assert.deepEqual([tried.waits.filter((wait) => !wait).length, tried.wrong], [2, 3]);
});

test("a signing key stays when its owner opens the phone meanwhile", async (t) => {
  const { page } = await parts(t);
  const signed = await page.evaluate(async (pin) => {
    const opening = vault.unlock("olena", pin);
    const made = await vault.newSigningKey("olena", pin);
    const late = vault.unlock("olena", pin);
    await made.keep("K-1");
    await Promise.all([opening, late]);
    return vault.sign("olena", pin, "text");
  }, PIN);
  assert.equal(signed?.key, "K-1");
});

test("what cannot be written says why", async (t) => {
  const { page } = await parts(t);
  const said = await page.evaluate(async () => {
    await session.write({ add: [["deed/1", {}]] });
    return session.write({ add: [["deed/1", {}]] }).catch((error) => error?.name ?? String(error));
  });
  assert.equal(said, "ConstraintError");
});

/** Does something to a consignment that is another by now, so that it is to be decided. */
async function refused(t) {
  const made = await parts(t, consignment("C-1"));
  await made.page.evaluate(() => sync(true));
  made.muster.consignments.set("C-1", consignment("C-1", { version: 6, state: "at_node" }));
  await made.page.evaluate(async () => {
    globalThis.deed = await act("arrive", phone.view("C-1"), [{ line: 1, received: 9, damaged: 0 }]);
    await sync();
  });
  assert.equal(await made.page.evaluate(() => deed.state), "refused");
  return made;
}

test("what is given up is told once, however often somebody taps, and with it or not at all", async (t) => {
  const { page } = await refused(t);
  const found = await page.evaluate(async () => {
    const { write } = session;
    let full = true;
    session.write = (all) => (full && all.add ? Promise.reject(new Error("the disk is full")) : write.call(session, all));
    await phone.giveUp(deed, "9 of line 1").catch(() => undefined);
    const [kept] = (await load()).deeds;
    full = false;
    await Promise.all([phone.giveUp(deed, "9 of line 1"), phone.giveUp(deed, "9 of line 1")]);
    return [kept.state, deed.state, ...phone.deeds.slice(1).map((one) => one.kind)];
  });
  assert.deepEqual(found, ["refused", "dropped", "note"]);
});

test("what a page did while another took over is not in the way of the other", async (t) => {
  const { page } = await parts(t);
  const found = await page.evaluate(async () => {
    const other = await load();
    const report = (by, description) => by.done({ kind: "unmanifested", subject: "", path: "/api/v1/variances", body: { description, quantity: 1 } });
    await report(phone, "Tent");
    await phone.close();
    await report(other, "Box");
    return [other.deeds, (await load()).deeds].map((deeds) => deeds.map((one) => `${one.seq} ${one.body.description}`));
  });
  assert.deepEqual(found, [["1 Tent", "2 Box"], ["1 Tent", "2 Box"]]);
});

test("a photograph stays as long as anything on the phone needs it, whatever its clock says", async (t) => {
  const { page } = await parts(t);
  const there = await page.evaluate(async () => {
    const [day, now] = [86_400_000, Date.now()];
    const deed = (seq, more) => ({ seq, key: `k${seq}`, kind: "arrive", subject: "C-1", by: "olena", path: "", body: {}, photos: [], made: now, at: now, state: "done", settled: true, ...more });
    const photo = (name) => ({ id: `photo/${name}`, hash: name });
    const deeds = [
      deed(1, { state: "dropped", at: now - 40 * day, photos: [photo("again"), photo("old")] }),
      deed(2, { photos: [photo("kept")] }),
      deed(3, { state: "waiting", settled: false, photos: [photo("again")] }),
    ];
    await session.write({
      put: [
        ...deeds.map((one) => [`deed/00000000${one.seq}`, one]),
        ...["again", "old", "kept", "nobody", "begun"].map((name) => [`photo/${name}`, new Uint8Array(4)]),
        ["draft/x", { kind: "receive", consignment: "C-2", lines: {}, things: [], loaded: [], photos: [{ ...photo("begun"), line: 1 }] }],
        ["about/", { place: "H", label: "", blind: false, revoked: [], contact: { phone: now, server: now } }],
      ],
    });
    const right = Date.now;
    // A clock that fell back to its first day.
    Date.now = () => 0;
    const opened = await load();
    Date.now = right;
    const photos = {};
    for (const name of ["again", "old", "kept", "nobody", "begun"]) photos[name] = (await session.bytes(`photo/${name}`)) !== null;
    return { seqs: opened.deeds.map((one) => one.seq), photos };
  });
  assert.deepEqual(there, { seqs: [2, 3], photos: { again: true, old: false, kept: true, nobody: false, begun: true } });
});

test("setting up says what was wrong, leaves nothing behind, and may be tried again", async (t) => {
  const { muster, open, wrong } = await phone(t);
  const page = await open("/hub");
  const people = () => page.evaluate(() => new Promise((done) => {
    indexedDB.open("muster-hub").onsuccess = ({ target }) => (target.result.transaction("people").objectStore("people").getAllKeys().onsuccess = (event) => done(event.target.result));
  }));
  const fails = async (path, reply, said) => {
    muster.answer = (request) => (request.path.startsWith(path) ? reply : undefined);
    await fill(page);
    await page.getByText(said).waitFor();
    assert.deepEqual([path, await people()], [path, []]);
  };
  await fails("/sign-in", [503, { title: "busy" }], "no answer from Muster");
  await fails("/sign-in", [401, { title: "no" }], "This name and password do not fit.");
  await fails("/api/v1/records/places", [503, { title: "busy" }], "no answer from Muster");
  await fails("/api/v1/records/places", [200, { records: [], next: null }], "There is no place H that you see.");
  await page.getByLabel("Sign with this PIN on Muster’s pages, too").check();
  await fails("/api/v1/me/pin", [422, { detail: "This PIN is too easy." }], "This PIN is too easy.");
  await fails("/api/v1/me/pin", [0], "no answer from Muster");
  muster.answer = () => undefined;
  await fill(page);
  await page.getByText("Work as of").waitFor();
  assert.deepEqual([await people(), wrong], [["olena"], []]);
});

test("whom Muster takes again is no longer said to be revoked", async (t) => {
  const { page, muster } = await ready(t, consignment("C-1"));
  muster.answer = () => [401, { title: "unauthorised" }];
  await page.evaluate(() => (location.hash = "#/outbox"));
  await page.getByRole("button", { name: "Send and fetch now" }).click();
  await page.getByText("Muster no longer takes requests of olena").waitFor();
  muster.answer = () => undefined;
  await page.getByRole("button", { name: "Send and fetch now" }).click();
  await page.getByText("Muster no longer takes requests of olena").waitFor({ state: "detached" });
});

test("a field shows the number that is kept", async (t) => {
  const { page } = await ready(t, consignment("C-1"));
  await page.evaluate(() => (location.hash = "#/c/C-1/arrive/1"));
  const [good, damaged] = [page.getByLabel("There and good", { exact: true }), page.getByLabel("Damaged", { exact: true })];
  await page.getByRole("button", { name: "One more: Damaged" }).click();
  assert.deepEqual([await good.inputValue(), await damaged.inputValue()], ["0", "1"]);
  await good.fill("9");
  await good.fill("9.5");
  await damaged.focus();
  assert.equal(await good.inputValue(), "9");
  await page.getByText("as stated").or(page.getByText("damaged 1")).first().waitFor();
});

test("what is not counted is not signed, however one comes there", async (t) => {
  const { page } = await ready(t, consignment("C-1"));
  await page.evaluate(() => (location.hash = "#/c/C-1/arrive/sign"));
  await page.getByText("Lines to count: 2 of 2").waitFor();
  assert.equal(await page.getByLabel("Nobody signs").count(), 0);
});

test("whoever uses keys or a screen reader keeps their place while the page changes", async (t) => {
  const serial = (name) => ({ lot: "", serial: name, quantity: 1, sscc: null });
  const truck = line(1, { tracking: "serial", quantity: 2, present: 2, units: [serial("TR-1"), serial("TR-2")] });
  const { page, muster } = await ready(t, consignment("C-1", { lines: [truck, line(2), line(3)] }), consignment("C-2"));
  const focused = () => page.evaluate(() => document.activeElement.textContent);
  // What is announced is announced once: its place stays.
  const [place, scan] = [await page.locator(".bar [role=status]").elementHandle(), await page.getByRole("button", { name: "Scan", exact: true }).elementHandle()];
  await page.getByRole("link", { name: "C-2" }).focus();
  const there = await page.evaluateHandle(() => document.activeElement);
  await page.evaluate(() => dispatchEvent(new Event("online")));
  await page.getByText("Fetching").waitFor({ state: "detached" });
  await page.waitForTimeout(200);
  assert.ok(await there.evaluate((one) => one.isConnected && one === document.activeElement), "what did not change was drawn anew");
  muster.consignments.set("C-0", consignment("C-0"));
  await page.evaluate(() => dispatchEvent(new Event("online")));
  await page.getByRole("link", { name: "C-0" }).waitFor();
  assert.match(await focused(), /^C-2/);
  assert.deepEqual(await Promise.all([place, scan].map((one) => one.evaluate((node) => node.isConnected))), [true, true]);

  await page.getByRole("navigation").getByRole("link", { name: "In", exact: true }).focus();
  muster.consignments.set("C-3", consignment("C-3"));
  await page.evaluate(() => dispatchEvent(new Event("online")));
  await page.getByRole("link", { name: "C-3" }).waitFor();
  assert.equal(await focused(), "In");

  await page.evaluate(() => (location.hash = "#/c/C-1/arrive/1"));
  await page.getByRole("button", { name: "TR-2 not seen" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "TR-2 there" }).waitFor();
  assert.equal(await focused(), "TR-2there");
  await page.evaluate(() => (location.hash = "#/c/C-1/arrive"));
  await page.getByRole("button", { name: "All 10 are there" }).first().focus();
  await page.keyboard.press("Enter");
  await page.getByText("Counted: 10").waitFor();
  assert.match(await focused(), /^2Vest/);
});

test("what came with it and was typed is signed with the count, also if nobody pressed Add", async (t) => {
  const { page, muster } = await ready(t, consignment("C-1"));
  await page.evaluate(() => (location.hash = "#/c/C-1/arrive"));
  for (let n = 0; n < 2; n += 1) await page.getByRole("button", { name: "All 10 are there" }).first().click();
  await page.getByText("Came with no papers").click();
  await page.getByLabel("What it is").fill("Box");
  await page.getByLabel("Quantity", { exact: true }).fill("0");
  await page.getByRole("button", { name: "Sign" }).click();
  await page.getByText("Say what it is, and how many.").waitFor();
  await page.getByLabel("Quantity", { exact: true }).fill("2");
  await page.getByRole("button", { name: "Sign" }).click();
  await page.getByText("2 × Box").waitFor();
  await page.getByLabel("Nobody signs").check();
  await page.getByRole("button", { name: "Take over" }).click();
  await page.getByText("Kept on this phone").waitFor();
  assert.deepEqual((await muster.sent("/arrive", PATIENCE)).unmanifested, [{ description: "Box", quantity: 2 }]);
});

test("a draft that has come to its end is not begun again by a photograph that comes late", async (t) => {
  const { page } = await parts(t, consignment("C-1"));
  const begun = await page.evaluate(async () => {
    await sync(true);
    const draft = { kind: "arrive", consignment: "C-1", blind: false, lines: {}, things: [], photos: [], loaded: [] };
    await phone.draft(draft);
    await act("arrive", phone.view("C-1"), [{ line: 1, received: 9, damaged: 0 }]);
    await phone.draft(draft);
    return [phone.isBegun("C-1"), (await load()).isBegun("C-1")];
  });
  assert.deepEqual(begun, [false, false]);
});

test("what Muster no longer shows is not shown as it was before", async (t) => {
  const { page, muster } = await parts(t, consignment("C-1"));
  const known = await page.evaluate(() => sync(true).then(() => phone.consignments.size));
  muster.answer = ({ method, path }) => {
    if (method === "GET" && path.endsWith("/C-1")) return [404, { title: "not found" }];
    return method === "POST" ? [200, { version: 5 }] : undefined;
  };
  const after = await page.evaluate(async () => {
    const deed = await act("arrive", phone.view("C-1"), [{ line: 1, received: 9, damaged: 0 }]);
    await sync();
    return [deed.settled, phone.consignments.size, (await load()).consignments.size];
  });
  assert.deepEqual([known, after], [1, [true, 0, 0]]);
});

test("names are kept once they are there, and not fetched again because something else failed", async (t) => {
  const { page, muster } = await parts(t);
  muster.answer = ({ path }) => (path.startsWith("/api/v1/variances") ? [503, { title: "busy" }] : undefined);
  await page.evaluate(() => sync(true));
  await page.evaluate(() => sync(true));
  assert.equal(muster.asked.filter((one) => one.path.startsWith("/api/v1/records/places")).length, 1);
  assert.equal(await page.evaluate(async () => (await load()).placeName("H")), "Node East");
});

/** A phone that may be killed: set up, then without a network. `start` gives its page, open again. */
async function battery(t, muster) {
  const folder = await mkdtemp(join(tmpdir(), "muster-phone-"));
  const server = await serve(muster, true);
  const wrong = [];
  let now;
  const start = async () => {
    now = await apart(folder);
    const { page } = now;
    page.setDefaultTimeout(PATIENCE);
    page.on("pageerror", (error) => wrong.push(String(error)));
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(`${server.url}/hub`);
    return page;
  };
  t.after(async () => {
    await now?.kill();
    server.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  const page = await start();
  await fill(page);
  await page.getByText("Work as of").waitFor();
  await page.evaluate(() => navigator.serviceWorker.ready);
  muster.shut = true;
  const again = async () => {
    await now.kill();
    const opened = await start();
    await opened.getByLabel("PIN", { exact: true }).fill(PIN);
    await opened.getByRole("button", { name: "Open" }).click();
    await opened.locator("nav a").first().waitFor();
    return opened;
  };
  return { page, again, wrong };
}


test("faults are reported without a network on a phone that is killed, reach Muster once and in order, and say what became of them", async (t) => {
  const muster = new Muster();
  // Somebody else reported one of them meanwhile.
  muster.orders.set("W-0", { code: "W-0", state: "triaged", resource: "truck-u", serial: "TR-9", quantity: 1, holder: "UNIT", place: "H", symptom: "no brakes", urgency: "critical", facility: null, reported_at: "2026-11-20T08:00:00Z" });
  const phone = await battery(t, muster);
  let { page } = phone;
  const go = (address) => page.evaluate((to) => (location.hash = to), address);
  await go("#/problems");
  await page.getByRole("button", { name: "Report a fault" }).click();
  await page.getByRole("button", { name: "Keep" }).click();
  await page.getByText("Choose what is broken.").waitFor();
  await page.getByLabel("What is broken").selectOption({ label: "Truck 3 t – UNIT: 30" });
  await page.getByLabel("Serial number", { exact: true }).fill("TR-7");
  await page.getByLabel("What is wrong with it").fill("does not start");
  await page.getByLabel("Urgency").selectOption("urgent");
  await page.getByLabel("Photograph", { exact: true }).setInputFiles({ name: "paper.png", mimeType: "image/png", buffer: PICTURE });
  await page.getByText("Photographs: 1").waitFor();
  // The battery is empty in the middle of it.
  page = await phone.again();
  await go("#/problems");
  await page.getByRole("button", { name: "Report a fault – go on" }).click();
  assert.deepEqual(await Promise.all(["Serial number", "What is wrong with it", "Urgency"].map((label) => page.getByLabel(label, { exact: true }).inputValue())), ["TR-7", "does not start", "urgent"]);
  await page.getByText("Photographs: 1").waitFor();
  await page.getByRole("button", { name: "Keep" }).click();
  await page.getByText("Kept on this phone").waitFor();
  // As soon as it has said so.
  page = await phone.again();
  await page.getByText("Not sent yet: 1").waitFor();
  const report = async (what, more, symptom) => {
    await go("#/fault");
    await page.getByLabel("What is broken").selectOption({ label: what });
    for (const [label, text] of Object.entries(more)) await page.getByLabel(label, { exact: true }).fill(text);
    await page.getByLabel("What is wrong with it").fill(symptom);
    await page.getByRole("button", { name: "Keep" }).click();
    await page.getByText("Reported from this phone").waitFor();
  };
  await report("Vest – UNIT: 900", { "How many are broken": "3" }, "torn");
  await report("Truck 3 t – UNIT: 30", { "Serial number": "TR-9" }, "smells of smoke");
  await page.getByText("Not sent yet: 3").waitFor();
  assert.equal(await page.locator(".reported li").count(), 3);

  // There is a network again, and the first answer is lost.
  let lost = false;
  muster.answer = (request) => {
    if (lost || request.path !== "/api/v1/work-orders") return undefined;
    lost = true;
    return [0];
  };
  muster.shut = false;
  await go("#/outbox");
  await page.getByRole("button", { name: "Send and fetch now" }).click();
  await page.getByText("To be decided: 1").waitFor();
  const reported = () => muster.asked.filter((one) => one.path === "/api/v1/work-orders").map((one) => one.body);
  // What has a photograph comes last.
  await until("four reports", () => reported().length >= 4);
  const sent = reported();
  assert.deepEqual(sent.map((one) => one.symptom), ["torn", "torn", "smells of smoke", "does not start"]);
  assert.deepEqual(sent[0], sent[1]);
  assert.deepEqual([sent[3].serial, sent[3].urgency, sent[3].photo.length, sent[0].account, sent[0].quantity], ["TR-7", "urgent", 64, "in_service UNIT U H - vest -", 3]);
  // Neither version is lost: mine goes to the work order that is there.
  await page.getByText("In Muster it is now: W-0, triaged.").waitFor();
  await page.getByRole("row", { name: "What is wrong with it smells of smoke no brakes" }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Put it right" }).count(), 0);
  await page.getByRole("button", { name: "Give mine up" }).click();
  await page.locator(".bar .state", { hasText: "All is sent" }).waitFor();
  assert.match(muster.asked.find((one) => one.path === "/api/v1/work-orders/W-0/notes").body.text, /smells of smoke/);

  muster.orders.get("W-3").state = "in_repair";
  await page.getByRole("button", { name: "Send and fetch now" }).click();
  await go("#/problems");
  const cards = page.locator(".reported li");
  await cards.filter({ hasText: "W-3" }).getByText("in repair").waitFor();
  assert.match(await cards.filter({ hasText: "W-2" }).innerText(), /Vest × 3.*torn.*requested/s);

  // What is put right is not written over another report that is begun.
  muster.answer = (request) => (request.method === "POST" && request.path === "/api/v1/work-orders" ? [422, { detail: "there is no such serial number" }] : undefined);
  await report("Truck 3 t – UNIT: 30", { "Serial number": "TR-8" }, "no lights");
  await page.getByText("To be decided: 1").waitFor();
  await go("#/fault");
  await page.getByLabel("What is wrong with it").fill("another");
  await go("#/outbox");
  await page.getByRole("button", { name: "Put it right" }).click();
  await page.getByText("Finish first what is begun of this.").waitFor();
  await go("#/fault");
  assert.equal(await page.getByLabel("What is wrong with it").inputValue(), "another");
  assert.deepEqual(phone.wrong, []);
});

/** Tells what is on a phone's disk from what was there before. */
const kept = (page) => page.evaluate(async () => {
  const db = await new Promise((done) => (indexedDB.open("muster-hub").onsuccess = ({ target }) => done(target.result)));
  const all = await new Promise((done) => (db.transaction("boxes").objectStore("boxes").getAll().onsuccess = ({ target }) => done(target.result)));
  db.close();
  return all.map((box) => [...new Uint8Array(box.bytes).slice(0, 16)].join(" ")).join("|");
});

test("who was there is recorded for days without a network on a phone that is killed; what others said meanwhile is shown beside it", async (t) => {
  const muster = new Muster();
  const run = serial("S-1", 3, { "N-1": "in_training", "N-2": "in_training", "N-3": "cleared", "N-4": "nominated" });
  muster.serials.set("S-1", run);
  muster.serials.set("S-2", { ...serial("S-2", -60, {}), state: "confirmed" });
  const phone = await battery(t, muster);
  let { page } = phone;
  const day = (n) => new Date(Date.now() + n * 86_400_000).toISOString().slice(0, 10);
  const go = (address) => page.evaluate((to) => (location.hash = to), address);
  const mark = (who, how) => page.getByRole("group", { name: new RegExp(`^${who}`) }).getByLabel(how, { exact: true }).check();
  const keep = async () => {
    await page.getByRole("button", { name: "Record the day" }).click();
    await page.waitForFunction(() => location.hash === "#/s/S-1");
  };
  await page.getByRole("navigation").getByRole("link", { name: "School" }).click();
  assert.equal(await page.locator(".cards li").count(), 1, "what begins in two months is not taken along");
  await page.getByRole("link", { name: "S-1" }).click();
  // One more comes; then it is told of all three of yesterday.
  await page.getByRole("listitem").filter({ hasText: "N-3" }).getByRole("button", { name: "Came: N-3", exact: true }).click();
  await page.getByRole("listitem").filter({ hasText: "N-3" }).getByText("came – not sent yet").waitFor();
  await page.getByText("Not sent yet: 1").waitFor();
  await go(`#/s/S-1/${day(-1)}`);
  assert.equal(await page.getByRole("group").count(), 3);
  const before = await kept(page);
  await mark("N-1", "absent");
  await until("the mark is on the disk", async () => (await kept(page)) !== before);
  // The battery is empty in the middle of it.
  page = await phone.again();
  await go(`#/s/S-1/${day(-1)}`);
  assert.ok(await page.getByRole("group", { name: /^N-1/ }).getByLabel("absent").isChecked());
  await page.getByText("not recorded yet: 2").waitFor();
  await mark("N-2", "excused");
  await page.getByRole("button", { name: "All others were present" }).click();
  await page.getByText("Of everybody it is recorded").waitFor();
  await keep();
  // As soon as it has said so.
  page = await phone.again();
  await page.getByText("Not sent yet: 2").waitFor();
  await go(`#/s/S-1/${day(0)}`);
  await page.getByRole("button", { name: "All others were present" }).click();
  await keep();
  await page.getByText("present 3").waitFor();
  // A mark of the same day is put right before anything is sent.
  await go(`#/s/S-1/${day(0)}`);
  await mark("N-2", "absent");
  await keep();
  await go(`#/s/S-1/${day(-2)}`);
  await mark("N-1", "present");
  await keep();
  await page.getByText("Not sent yet: 5").waitFor();
  assert.deepEqual(await page.evaluate(async () => {
    const db = await new Promise((done) => (indexedDB.open("muster-hub").onsuccess = ({ target }) => done(target.result)));
    const all = await new Promise((done) => (db.transaction("boxes").objectStore("boxes").getAll().onsuccess = ({ target }) => done(target.result)));
    const text = all.map((box) => new TextDecoder("latin1").decode(box.bytes)).join(" ");
    return ["N-1", "present", "S-1"].filter((word) => text.includes(word));
  }), [], "nothing on its disk can be read");

  // Meanwhile somebody else said otherwise of yesterday, and the same of the first day.
  muster.attended(run, { day: day(-1), trainees: [{ nomination: "N-1", attendance: "present" }] }, "petro");
  muster.attended(run, { day: day(-2), trainees: [{ nomination: "N-1", attendance: "present" }, { nomination: "N-2", attendance: "absent" }] }, "petro");
  muster.shut = false;
  await go("#/outbox");
  await page.getByRole("button", { name: "Send and fetch now" }).click();
  await page.getByText("To be decided: 1").waitFor();
  await page.getByRole("row", { name: /^N-1 absent present, by petro/ }).waitFor();
  const now = (n) => Object.fromEntries(run.attendance.filter((one) => one.day === day(n)).map((one) => [one.nomination, `${one.attendance} ${one.actor}`]));
  assert.deepEqual([now(-2), now(-1), now(0)], [
    { "N-1": "present olena", "N-2": "absent petro" },
    { "N-1": "present petro" },
    { "N-1": "present olena", "N-2": "absent olena", "N-3": "present olena" },
  ]);
  // It is marked again on what Muster has: of one it stays as the other said.
  await page.getByRole("button", { name: "Do it again on Muster’s version" }).click();
  // The list of conflicts says “present, by petro”, too: it is left first.
  await page.waitForFunction((hash) => location.hash === hash, `#/s/S-1/${day(-1)}`);
  await page.getByText("present, by petro").waitFor();
  // The days that were sent meanwhile are shown as they were sent.
  await go("#/s/S-1");
  await page.getByText("present 2 · absent 1").waitFor();
  await go(`#/s/S-1/${day(-1)}`);
  await mark("N-1", "present");
  await keep();
  await page.locator(".bar .state", { hasText: "All is sent" }).waitFor();
  assert.deepEqual(now(-1), { "N-1": "present petro", "N-2": "excused olena", "N-3": "present olena" });
  const asked = muster.asked.filter((one) => one.method === "POST" && /arrive|attendance/.test(one.path)).map((one) => one.path.split("/").at(-1));
  assert.equal(asked[0], "arrive");
  assert.equal(run.nominations[2].state, "in_training");

  // What is given up is told as a remark.
  await page.evaluate(() => (location.hash = "#/school"));
  muster.answer = (request) => (request.path.endsWith("/attendance") ? [412, { title: "changed" }] : undefined);
  muster.attended(run, { day: day(0), trainees: [{ nomination: "N-3", attendance: "excused" }] }, "petro");
  await go(`#/s/S-1/${day(0)}`);
  await mark("N-3", "absent");
  await mark("N-1", "excused");
  await keep();
  await go("#/outbox");
  await page.getByText("The rest of the day is sent again.").waitFor();
  muster.answer = () => undefined;
  await page.getByRole("button", { name: "Give mine up" }).click();
  await page.locator(".bar .state", { hasText: "All is sent" }).waitFor();
  assert.match(muster.asked.find((one) => one.path === "/api/v1/serials/S-1/remarks").body.text, /S-1 .*attendance.*UTC\. N-3: absent$/);
  assert.deepEqual(now(0), { "N-1": "excused olena", "N-2": "absent olena", "N-3": "excused petro" });

  // A mark that was begun is cleared when somebody says otherwise meanwhile; the others stay.
  const fetch = async () => {
    const before = muster.asked.length;
    await go("#/outbox");
    await page.getByRole("button", { name: "Send and fetch now" }).click();
    await until("the serial is asked for", () => muster.asked.slice(before).some((one) => one.path === "/api/v1/serials/S-1"));
    await page.waitForTimeout(200);
  };
  await go(`#/s/S-1/${day(0)}`);
  await mark("N-2", "excused");
  await mark("N-3", "present");
  await go("#/school");
  muster.attended(run, { day: day(0), trainees: [{ nomination: "N-2", attendance: "present" }] }, "petro");
  await fetch();
  await go(`#/s/S-1/${day(0)}`);
  const group = (who) => page.getByRole("group", { name: new RegExp(`^${who}`) });
  await group("N-2").getByText("You had marked: excused.").waitFor();
  assert.deepEqual([await group("N-2").getByLabel("present").isChecked(), await group("N-3").getByLabel("present").isChecked()], [true, true]);
  // What is begun stays, also when Muster no longer tells of the serial.
  muster.answer = (request) => (request.path === "/api/v1/serials/S-1" ? [404, { title: "not found" }] : undefined);
  await fetch();
  await go(`#/s/S-1/${day(0)}`);
  assert.ok(await group("N-3").getByLabel("present").isChecked());
  assert.deepEqual(phone.wrong, []);
});

/** Of two who share a phone, `petro` sees nothing of the school, and nothing that is in service. */
function apartFrom(muster) {
  muster.answer = ({ token, path }) => {
    if (token !== "muster_petro") return undefined;
    if (path === "/api/v1/me") return [200, { name: "petro", party: "P", may: ["move"] }];
    if (/serials|ledger|work-orders/.test(path)) return /work-orders|serials\/S/.test(path) ? [404, { title: "not found" }] : [200, { records: [], accounts: [], next: null }];
    return undefined;
  };
}

test("what one of those who share a phone sees is not shown to another, also without a network", async (t) => {
  const { page, muster } = await parts(t, consignment("C-1"));
  muster.serials.set("S-1", serial("S-1", 3, { "N-1": "in_training" }));
  apartFrom(muster);
  const found = await page.evaluate(async (pin) => {
    await sync(true);
    await phone.done({ kind: "fault", subject: "", path: "/api/v1/work-orders", body: { resource: "truck", serial: "TR-7", symptom: "no start", urgency: "urgent" } });
    await sync();
    await vault.enrol({ name: "petro", party: "P" }, pin, session);
    await phone.admit("petro", "muster_petro");
    const knows = (one) => [one.me, one.serials().map(({ code }) => code), [...one.orders.keys()], one.catalogue.held.length, one.teaches(), one.fetched !== undefined];
    const as = async (who, all) => {
      await phone.close();
      globalThis.phone = await hub.Phone.load(vault, session, who, () => undefined);
      if (all) await sync(true);
      return [knows(phone), [...phone.consignments.keys()]];
    };
    const first = knows(phone);
    return [first, ...(await as("petro", false)), ...(await as("petro", true)), ...(await as("olena", false))];
  }, PIN);
  const olena = ["olena", ["S-1"], ["W-1"], 2, true, true];
  assert.deepEqual(found, [olena, ["petro", [], [], 0, false, false], ["C-1"], ["petro", [], [], 0, false, true], ["C-1"], olena, ["C-1"]]);
});

test("what somebody did is told to them, whoever has the phone open by then", async (t) => {
  const { page, muster } = await parts(t);
  muster.serials.set("S-1", serial("S-1", 3, { "N-1": "in_training", "N-2": "cleared" }));
  apartFrom(muster);
  const states = await page.evaluate(async (pin) => {
    await sync(true);
    await vault.enrol({ name: "petro", party: "P" }, pin, session);
    await phone.admit("petro", "muster_petro");
    await phone.close();
    const open = async (who) => (globalThis.phone = await hub.Phone.load(vault, session, who, () => undefined));
    await open("petro");
    const come = await phone.done({ kind: "come", subject: "S-1 N-2", by: "olena", path: "/api/v1/nominations/N-2/arrive", body: { at: "", reason: "came" } });
    await sync();
    const settled = come.settled;
    await phone.close();
    await open("olena");
    return [settled, phone.serials()[0].nominations.map(({ state }) => state), [...phone.orders.keys()]];
  }, PIN);
  assert.deepEqual(states, [true, ["in_training", "in_training"], []]);
});

test("what an earlier version kept for all goes to the only one who has the phone, and is dropped where several share it", async (t) => {
  const { page } = await parts(t);
  const found = await page.evaluate(async (pin) => {
    const [about] = await session.all("about");
    const held = [{ account: "A", resource: "truck", holder: "UNIT", quantity: 1 }];
    const old = async () => session.write({
      put: [
        ["about/", { ...about, learnt: 5, fetched: 7 }],
        ["catalogue/", { resources: { truck: "Truck" }, places: {}, lanes: {}, tracking: {}, held }],
        [await session.name("serial", "S-1"), { code: "S-1", course: "X", start: "2026-01-01", end: "2026-01-02", state: "running", nominations: [], attendance: [] }],
        [await session.name("order", "W-1"), { code: "W-1", state: "requested", resource: "truck", serial: "TR-7" }],
      ],
    });
    const told = async (who) => {
      const one = await hub.Phone.load(vault, session, who, () => undefined);
      const boxes = [...(await session.names("serial")), ...(await session.names("order")), ...(await session.names("catalogue"))].length;
      return [one.serials().length, one.orders.size, one.catalogue.held.length, one.fetched ?? 0, boxes];
    };
    await old();
    const alone = [await told("olena"), await told("olena")];
    for (const kind of ["serial", "order", "mine"]) await session.write({ drop: await session.names(kind) });
    await vault.enrol({ name: "petro", party: "P" }, pin, session);
    await old();
    return [...alone, await told("petro"), await told("olena")];
  }, PIN);
  assert.deepEqual(found, [[1, 1, 1, 7, 2], [1, 1, 1, 7, 2], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]]);
});

test("the school is shown to who may teach, whether or not a serial runs at the place", async (t) => {
  const { page, muster } = await ready(t, consignment("C-1"));
  const link = page.getByRole("navigation").getByRole("link", { name: "School" });
  await link.click();
  await page.getByText("No serial runs at this place.").waitFor();
  muster.serials.set("S-1", serial("S-1", 3, { "N-1": "in_training" }));
  muster.answer = ({ path }) => (path === "/api/v1/me" ? [200, { name: "olena", party: "OP", may: ["move"] }] : undefined);
  await page.evaluate(() => (location.hash = "#/outbox"));
  await page.getByRole("button", { name: "Send and fetch now" }).click();
  await link.waitFor({ state: "hidden" });
  assert.ok(!muster.asked.some((one) => one.path === "/api/v1/serials/S-1"), "nothing is fetched for nobody");
});

test("a day is recorded on a phone whose clock fell back to its first day, and it is said that the clock was wrong", async (t) => {
  const run = serial("S-1", 3, { "N-1": "in_training" });
  const made = await phone(t);
  made.muster.serials.set("S-1", run);
  const page = await made.open("/hub");
  await fill(page);
  await page.getByText("Work as of").waitFor();
  const { muster } = made;
  muster.shut = true;
  await page.evaluate(() => {
    const first = Date.UTC(2000, 0, 1);
    Date.now = () => first;
    location.hash = "#/s/S-1";
  });
  await page.getByText("The clock of this phone has stopped").waitFor();
  const days = page.getByRole("listitem").filter({ has: page.getByRole("link") });
  assert.equal(await page.locator(".cards a").count(), (Date.parse(run.end) - Date.parse(run.start)) / 86_400_000 + 1, "any day of the serial may be it");
  assert.equal(await days.filter({ hasText: "today" }).count(), 0);
  await page.evaluate((day) => (location.hash = `#/s/S-1/${day}`), run.start);
  await page.getByRole("button", { name: "All others were present" }).click();
  await page.getByRole("button", { name: "Record the day" }).click();
  await page.getByText("Kept on this phone").waitFor();
  muster.shut = false;
  await page.evaluate(() => (location.hash = "#/outbox"));
  await page.getByRole("button", { name: "Send and fetch now" }).click();
  const sent = await muster.sent("/attendance", PATIENCE);
  assert.equal(sent.day, run.start);
  assert.match(sent.reason, /^attendance recorded on a phone · the phone’s clock was wrong; time moved by \d+ min$/);
  // Now the phone knows by how much its clock is wrong.
  await page.evaluate(() => (location.hash = "#/s/S-1"));
  await page.getByText("today").waitFor();
  assert.deepEqual(made.wrong, []);
});

test("a fault report that was begun is thrown away when somebody says so twice, and stays away", async (t) => {
  const { page, wrong } = await ready(t);
  await page.evaluate(() => (location.hash = "#/fault"));
  const symptom = page.getByLabel("What is wrong with it");
  await symptom.waitFor();
  assert.ok(await page.getByText("Throw this report away").isHidden(), "there is nothing yet");
  await symptom.fill("no start");
  await page.getByText("Throw this report away").click();
  await page.getByText("Delete what was written and photographed of it?").waitFor();
  await page.getByRole("button", { name: "Delete the report" }).click();
  await page.getByText("Thrown away.").waitFor();
  await page.reload();
  await page.getByLabel("PIN", { exact: true }).fill(PIN);
  await page.getByRole("button", { name: "Open" }).click();
  await page.evaluate(() => (location.hash = "#/fault"));
  await symptom.waitFor();
  assert.equal(await symptom.inputValue(), "");
  assert.deepEqual(wrong, []);
});

const PALLET = "395011010013000129";
const OTHER = "395011010013000136";
const packed = (lot, quantity, sscc = null, serial = "") => ({ lot, serial, quantity, sscc });

/** Opens the work of a consignment, and makes it ready. */
async function makeReady(page, code) {
  await page.evaluate((hash) => (location.hash = hash), `#/c/${code}/ready`);
  await page.getByRole("button", { name: "All are serviceable" }).click();
  await page.getByRole("button", { name: "Make ready" }).click();
  await page.getByText("Kept on this phone").waitFor();
}

test("what is made ready stays on its pallets, each lot by itself; of what is as it was nothing is sent", async (t) => {
  const lines = [
    line(1, { tracking: "lot", units: [packed("L-1", 6, PALLET), packed("L-2", 4, OTHER)] }),
    line(2, { tracking: "lot", units: [packed("L-1", 6, PALLET), packed("L-2", 4, OTHER)] }),
    line(3, { tracking: "serial", quantity: 2, present: 2, units: [packed("L-7", 1, PALLET, "TR-1"), packed("", 1, null, "TR-2")] }),
    line(4, { units: [packed("", 10, PALLET)] }),
  ];
  const { page, muster, wrong } = await ready(t, consignment("C-1", { state: "packing", lines }));
  await page.evaluate(() => (location.hash = "#/c/C-1/ready"));
  const card = (n) => page.locator(".lines > li").nth(n - 1);
  const lot = (n, of) => card(n).locator("fieldset").nth(of);
  assert.deepEqual([await lot(1, 0).locator("legend").innerText(), await lot(1, 1).getByLabel("Lot").inputValue(), await lot(1, 1).getByLabel("Quantity").inputValue()], [`Lot on ${PALLET}`, "L-2", "4"]);
  await lot(1, 0).getByLabel("Lot").fill("L-9");
  await lot(1, 1).getByLabel("Quantity").fill("7");
  await page.getByRole("button", { name: "All are serviceable" }).click();
  await page.getByRole("button", { name: "Make ready" }).click();
  await page.getByText("Line 1 needs a name and a number of each lot, in all no more than 10.").waitFor();
  await lot(1, 1).getByLabel("Quantity").fill("3");
  await card(1).getByRole("button", { name: "One more lot" }).click();
  assert.equal(await lot(1, 2).getByLabel("Quantity").inputValue(), "1");
  await lot(1, 2).getByLabel("Lot").fill("L-3");
  // What is taken off and comes back is on its pallet again.
  await card(3).getByRole("listitem").filter({ hasText: "TR-1" }).getByRole("button", { name: "Remove" }).click();
  await card(3).getByLabel("Serial number").fill(`${PALLET}`);
  await card(3).getByRole("button", { name: "Add" }).click();
  await card(3).getByText(`${PALLET} is the number of a pallet or box, not a serial number.`).waitFor();
  await card(3).getByLabel("Serial number").fill("TR-1");
  await card(3).getByRole("button", { name: "Add" }).click();
  await card(3).getByText(`TR-1 L-7 on ${PALLET}`).waitFor();
  await page.getByRole("button", { name: "Make ready" }).click();
  const sent = await muster.sent("/ready", PATIENCE);
  assert.deepEqual(sent.lines, [
    { line: 1, condition: "serviceable", units: [{ lot: "L-9", quantity: 6, sscc: PALLET }, { lot: "L-2", quantity: 3, sscc: OTHER }, { lot: "L-3", quantity: 1 }] },
    ...[2, 3, 4].map((n) => ({ line: n, condition: "serviceable" })),
  ]);
  assert.deepEqual(wrong, []);
});

/** Fetches the work, and comes back when a consignment that is another by now has come. */
async function fetched(page, muster, code) {
  const before = muster.asked.length;
  await page.evaluate(() => (location.hash = "#/outbox"));
  await page.getByRole("button", { name: "Send and fetch now" }).click();
  await until(`${code} is asked for`, () => muster.asked.slice(before).some((one) => one.method === "GET" && one.path === `/api/v1/consignments/${code}`));
  await page.locator(".bar .state", { hasText: "All is sent" }).waitFor();
}

test("what became another while somebody packed it is shown beside what it was, before anything is sent", async (t) => {
  const lots = (...of) => line(1, { tracking: "lot", units: of });
  const { page, muster } = await ready(t, consignment("C-1", { state: "packing", lines: [lots(packed("L-1", 10))] }));
  await page.evaluate(() => (location.hash = "#/c/C-1/ready"));
  await page.getByLabel("Lot").fill("L-8");
  await page.getByRole("button", { name: "All are serviceable" }).click();
  // Meanwhile the desk packs it anew.
  muster.consignments.set("C-1", consignment("C-1", { state: "packing", version: 5, lines: [lots(packed("L-1", 6, PALLET), packed("L-2", 4))] }));
  await fetched(page, muster, "C-1");
  await page.evaluate(() => (location.hash = "#/c/C-1/ready"));
  await page.getByText(`1 Vest: it was 10 (L-1 × 10); it is 10 (L-1 × 6 on ${PALLET}, L-2 × 4). You had said: L-8 × 10, serviceable.`).waitFor();
  await page.getByRole("button", { name: "All are serviceable" }).click();
  await page.getByRole("button", { name: "Make ready" }).click();
  await page.getByText("Look first at what became another, above.").waitFor();
  await page.getByRole("button", { name: "I have seen it" }).click();
  await page.getByText("This is another in Muster by now").waitFor({ state: "detached" });
  await makeReady(page, "C-1");
  const sent = await muster.sent("/ready", PATIENCE);
  assert.deepEqual([sent.version, sent.lines], [5, [{ line: 1, condition: "serviceable" }]]);
});

test("a count that was begun is signed on what Muster has now: what is another is counted again, also by who counts blind", async (t) => {
  const { page, muster } = await ready(t, consignment("C-1"));
  await page.evaluate(() => (location.hash = "#/c/C-1/arrive"));
  for (let n = 0; n < 2; n += 1) await page.getByRole("button", { name: "All 10 are there" }).first().click();
  await page.getByText("All lines are counted").waitFor();
  const change = async (present, version) => {
    muster.consignments.set("C-1", consignment("C-1", { version, lines: [line(1, { present }), line(2)] }));
    await fetched(page, muster, "C-1");
  };
  await change(7, 5);
  // It is the end of the count that somebody goes on with.
  await page.evaluate(() => (location.hash = "#/c/C-1/arrive/sign"));
  await page.getByText("1 Vest: it was 10; it is 7. You had said: 10.").waitFor();
  await page.getByText("Lines to count: 1 of 2").waitFor();
  await page.getByLabel("Count blind").check();
  await page.getByText("1 Vest: something else is stated. Count it again. You had said: 10.").waitFor();
  await page.evaluate(() => (location.hash = "#/c/C-1/arrive/1"));
  await page.getByLabel("There and good", { exact: true }).fill("7");
  await page.getByRole("button", { name: "Done" }).click();
  assert.ok(await page.getByRole("button", { name: "Sign" }).isDisabled());
  await page.getByRole("button", { name: "I have seen it" }).click();
  await page.getByRole("button", { name: "Sign" }).click();
  await page.getByLabel("Nobody signs").check();
  await page.getByRole("button", { name: "Take over" }).click();
  const sent = await muster.sent("/arrive", PATIENCE);
  assert.deepEqual([sent.version, sent.lines.map(({ received }) => received)], [5, [7, 10]]);
});

test("a wrong PIN and a clock that falls back cost one wait, and setting it forward saves none", async (t) => {
  const { page } = await parts(t);
  const found = await page.evaluate(async (pin) => {
    const right = Date.now();
    let now = right;
    Date.now = () => now;
    const opened = (one, given) => one.unlock("olena", given).then(() => 0, (error) => error.wait);
    for (let n = 0; n < 3; n += 1) await opened(vault, "000000");
    const waits = [];
    // Somebody sets it forward.
    now = right + 86_400_000;
    waits.push(await opened(vault, pin));
    // The page is opened anew, with a clock that fell back to its first day.
    const anew = await hub.Vault.open();
    now = 0;
    waits.push(await opened(anew, pin));
    now = 4_000;
    waits.push(await opened(anew, pin));
    now = 10_000;
    waits.push(await opened(anew, pin));
    return waits;
  }, PIN);
  assert.ok(found[0] > 0 && found[0] <= 10_000, String(found[0]));
  assert.deepEqual(found.slice(1), [10_000, 6_000, 0]);
});

test("what waits of somebody whom Muster no longer takes may be given up by another, and holds up nobody any longer", async (t) => {
  const { page, muster } = await parts(t, consignment("C-1"));
  const states = await page.evaluate(async (pin) => {
    await sync(true);
    await vault.enrol({ name: "petro", party: "P" }, pin, session);
    await phone.admit("petro", "muster_petro");
    return phone.deeds.length;
  }, PIN);
  muster.answer = ({ token }) => (token === "muster_petro" ? [401, { title: "unauthorised" }] : undefined);
  const found = await page.evaluate(async () => {
    const seen = phone.view("C-1");
    const theirs = await phone.done({ kind: "arrive", subject: "C-1", by: "petro", saw: hub.essence(seen), path: "/api/v1/consignments/C-1/arrive", body: { at: "", version: 4, lines: [{ line: 1, received: 9, damaged: 0 }] } });
    const mine = await act("depart", phone.view("C-1"), []);
    await sync();
    const before = [theirs.state, mine.state, phone.mayGiveUp(theirs), phone.mayGiveUp(mine)];
    await phone.giveUp(theirs, hub.told(theirs));
    await sync();
    return [...before, theirs.state, mine.state, phone.deeds.map((one) => `${one.kind} ${one.by} ${one.state}`)];
  });
  assert.equal(states, 0);
  assert.deepEqual(found, ["waiting", "waiting", true, false, "dropped", "done", ["arrive petro dropped", "depart olena done", "note olena done"]]);
  const note = muster.asked.find((one) => one.path === "/api/v1/consignments/C-1/notes");
  assert.deepEqual([note.token, /by petro, .* 1: 9/.test(note.body.text)], ["muster_secret", true]);
});

test("a note of somebody whom Muster no longer takes goes as that of whoever sends it, and holds up nothing until then", async (t) => {
  const { page, muster } = await parts(t, consignment("C-1"));
  muster.answer = ({ token }) => (token === "muster_petro" ? [401, { title: "unauthorised" }] : undefined);
  const found = await page.evaluate(async (pin) => {
    await sync(true);
    await vault.enrol({ name: "petro", party: "P" }, pin, session);
    await phone.admit("petro", "muster_petro");
    const [note] = hub.consignmentNotes("C-1", "by petro: 9 of line 1", [], "x");
    const left = await phone.done({ ...note, by: "petro" });
    const mine = await act("arrive", phone.view("C-1"), [{ line: 1, received: 9, damaged: 0 }]);
    await sync();
    const before = [left.state, mine.state, phone.isUndecided(left), phone.mayGiveUp(left)];
    await phone.decide(left, true);
    await sync();
    return [...before, left.state, (await load()).deeds.map(({ by, state }) => `${by} ${state}`)];
  }, PIN);
  assert.deepEqual(found, ["waiting", "done", true, false, "done", ["olena done", "olena done"]]);
  assert.deepEqual(muster.asked.filter(({ path }) => path.endsWith("/notes")).map(({ token, body }) => [token, body.text]), [["muster_secret", "by petro: 9 of line 1"]]);
});

test("who gives up what somebody else did says so twice", async (t) => {
  const { page, muster } = await ready(t, consignment("C-1"));
  await page.evaluate(() => (location.hash = "#/phone"));
  await page.getByText("Add somebody, or sign in anew").first().click();
  // The second is another account.
  muster.answer = ({ path }) => (path === "/api/v1/me" ? [200, { name: "petro", party: "P", may: ["move"] }] : path === "/api/v1/me/tokens" ? [201, { secret: "muster_petro" }] : undefined);
  for (const [label, text] of [["Name", "petro"], ["Password", "secret"], ["PIN for this phone", "111222"], ["The PIN again", "111222"]]) await page.getByLabel(label, { exact: true }).fill(text);
  await page.getByRole("button", { name: "Add somebody, or sign in anew" }).click();
  await page.getByText("petro can now use this phone").waitFor();
  const as = async (who, pin) => {
    await page.evaluate(() => (location.hash = "#/phone"));
    await page.getByRole("button", { name: "Lock" }).click();
    await page.getByLabel("Who").selectOption(who);
    await page.getByLabel("PIN", { exact: true }).fill(pin);
    await page.getByRole("button", { name: "Open" }).click();
    await page.locator("nav a").first().waitFor();
  };
  await as("petro", "111222");
  muster.answer = ({ token }) => (token === "muster_petro" ? [401, { title: "unauthorised" }] : undefined);
  await page.evaluate(() => (location.hash = "#/new"));
  await page.getByLabel("What it is").fill("Tent");
  await page.getByRole("button", { name: "Keep" }).click();
  await page.getByText("Muster no longer takes requests of petro").waitFor();
  await as("olena", PIN);
  await page.evaluate(() => (location.hash = "#/outbox"));
  await page.getByText("petro can send nothing from this phone any more.").waitFor();
  const sure = page.getByRole("button", { name: "Give up what petro did" });
  assert.ok(await sure.isHidden());
  await page.getByText("Give it up", { exact: true }).click();
  await page.getByText("What you did then stays in this phone’s journal only").waitFor();
  await sure.click();
  // Muster has nothing that it could be said of: it is never forgotten here.
  await page.getByText("given up · not in Muster").waitFor();
  await page.getByText("Waiting: 0").waitFor();
});

test("a note that Muster does not take is decided by somebody, and what it tells is never forgotten", async (t) => {
  const { page, muster } = await refused(t);
  muster.answer = ({ path }) => (path.endsWith("/notes") ? [404, { detail: "there is no such consignment" }] : undefined);
  const found = await page.evaluate(async () => {
    await phone.giveUp(deed, hub.told(deed));
    await sync();
    const [note] = phone.deeds.slice(-1);
    const states = [[note.state, note.problem, phone.refused().length]];
    await phone.decide(note, true);
    await sync();
    states.push([note.state]);
    await phone.decide(note, false);
    states.push([note.state, hub.isOwed(deed, phone.deeds)]);
    // Long after, it is there still; what Muster was told of is not.
    const old = { seq: 90, key: "k90", kind: "arrive", subject: "C-2", by: "olena", path: "", body: {}, photos: [], made: Date.now(), at: Date.now(), state: "done", settled: true };
    await session.write({ put: [["deed/000000090", old], ["deed/000000091", { ...old, seq: 91, key: "k91" }], ["about/", { ...phone.about, contact: { phone: Date.now(), server: Date.now() + 40 * 86_400_000 } }]] });
    states.push((await load()).deeds.map((one) => `${one.kind} ${one.seq}`));
    return states;
  });
  assert.deepEqual(found, [["refused", "there is no such consignment", 1], ["refused"], ["dropped", true], ["arrive 1", "note 2", "arrive 91"]]);
  assert.equal(new Set(muster.asked.filter(({ path }) => path.endsWith("/notes")).map(({ body }) => body.text)).size, 1);
});

test("photographs of a count that nobody signs are shown by a note, and go with the count if that is given up", async (t) => {
  const { page, muster } = await ready(t, consignment("C-1"));
  const count = async () => {
    await page.evaluate(() => (location.hash = "#/c/C-1/arrive/1"));
    await page.getByLabel("There and good", { exact: true }).fill("9");
    await page.getByLabel("Photograph", { exact: true }).setInputFiles({ name: "damage.png", mimeType: "image/png", buffer: PICTURE });
    await page.getByText("Photographs: 1").waitFor();
    await page.evaluate(() => (location.hash = "#/c/C-1/arrive"));
    await page.getByRole("button", { name: "All 10 are there" }).first().click();
    await page.getByRole("button", { name: "Sign" }).click();
    await page.getByLabel("Nobody signs").check();
    await page.getByRole("button", { name: "Take over" }).click();
    await page.getByText("Kept on this phone").waitFor();
  };
  muster.answer = ({ path }) => (path.endsWith("/arrive") ? [422, { detail: "it is here already" }] : undefined);
  await count();
  await page.getByText("To be decided: 1").waitFor();
  assert.ok(!muster.asked.some(({ path }) => path.endsWith("/notes")), "what is refused shows nothing yet");
  await page.evaluate(() => (location.hash = "#/outbox"));
  await page.getByRole("button", { name: "Do it again on Muster’s version" }).click();
  await page.waitForFunction(() => location.hash === "#/c/C-1/arrive");
  await page.evaluate(() => (location.hash = "#/c/C-1/arrive/1"));
  await page.getByLabel("There and good", { exact: true }).waitFor();
  muster.answer = () => undefined;
  await page.evaluate(() => (location.hash = "#/c/C-1/arrive/sign"));
  await page.getByLabel("Nobody signs").check();
  await page.getByRole("button", { name: "Take over" }).click();
  const note = await muster.sent("/notes", PATIENCE);
  assert.match(note.text, /^Photographs of the count: photograph [0-9a-f]{16}$/);
  assert.deepEqual([note.photos.length, note.photos[0].length, note.reason], [1, 64, "counted at the hub"]);
  await page.locator(".bar .state", { hasText: "All is sent" }).waitFor();
  assert.equal(muster.asked.filter(({ path }) => path.endsWith("/notes")).length, 1);
  assert.equal(muster.asked.filter(({ path }) => path === "/api/v1/attachments").length, 1);
});

test("what the disk does not take is said as long as it lasts, tried again, and is no bad picture", async (t) => {
  const { page } = await ready(t, consignment("C-1"));
  const full = (is) => page.evaluate((now) => {
    globalThis.put ??= IDBObjectStore.prototype.put;
    IDBObjectStore.prototype.put = now ? () => { throw new DOMException("no room", "QuotaExceededError"); } : globalThis.put;
  }, is);
  await page.evaluate(() => (location.hash = "#/c/C-1/arrive/1"));
  await page.getByLabel("There and good", { exact: true }).waitFor();
  await full(true);
  await page.getByLabel("There and good", { exact: true }).fill("9");
  const told = page.getByText("What was tapped last is not kept on this phone: This phone has no room left");
  await told.waitFor();
  await page.getByLabel("Photograph", { exact: true }).setInputFiles({ name: "damage.png", mimeType: "image/png", buffer: PICTURE });
  await page.locator(".toast", { hasText: "This phone has no room left" }).waitFor();
  await page.evaluate(() => (location.hash = "#/c/C-1/arrive"));
  await told.waitFor();
  await full(false);
  // Nobody taps anything.
  await told.waitFor({ state: "hidden" });
  await page.reload();
  await page.getByLabel("PIN", { exact: true }).fill(PIN);
  await page.getByRole("button", { name: "Open" }).click();
  await page.evaluate(() => (location.hash = "#/c/C-1/arrive/1"));
  await page.getByLabel("There and good", { exact: true }).waitFor();
  assert.equal(await page.getByLabel("There and good", { exact: true }).inputValue(), "9");
  // A picture that cannot be read is one still.
  await page.getByLabel("Photograph", { exact: true }).setInputFiles({ name: "damage.png", mimeType: "image/png", buffer: Buffer.from("none") });
  await page.getByText("This picture cannot be read.").waitFor();
});

test("what the disk did not take is tried once more when the phone is locked", async (t) => {
  const { page } = await parts(t, consignment("C-1"));
  const found = await page.evaluate(async () => {
    const { write } = session;
    session.write = () => Promise.reject(new Error("the disk is full"));
    const draft = { kind: "arrive", consignment: "C-1", blind: false, lines: {}, things: [{ description: "Tent", quantity: 2 }], photos: [], loaded: [] };
    await phone.draft(draft);
    const { lost } = phone;
    session.write = write;
    await phone.close();
    return [lost, (await load()).begun("C-1", "arrive")?.things];
  });
  assert.deepEqual(found, ["the disk is full", [{ description: "Tent", quantity: 2 }]]);
});

test("a report that the disk does not throw away is there still, and that is said", async (t) => {
  const { page } = await parts(t);
  const found = await page.evaluate(async () => {
    const draft = { kind: "fault", consignment: "", blind: false, lines: {}, things: [], photos: [], loaded: [] };
    await phone.draft(draft);
    const { write } = session;
    session.write = () => Promise.reject(new DOMException("no room", "QuotaExceededError"));
    const said = await phone.discard(draft).then(() => "", (error) => error.message);
    session.write = write;
    await phone.draft(draft);
    const kept = (await load()).begun("", "fault") !== undefined;
    await phone.discard(draft);
    await phone.draft(draft);
    return [said, kept, phone.isBegun(""), (await load()).isBegun("")];
  });
  assert.deepEqual(found, ["This phone has no room left: delete something on it.", true, false, false]);
});

test("photographs that somebody leaves on the phone stay there, with the note or with the count that was given up", async (t) => {
  const { page, muster } = await parts(t, consignment("C-1"), consignment("C-2"));
  muster.answer = ({ path }) => (path.endsWith("/notes") || path.endsWith("C-2/arrive") ? [422, { detail: "no" }] : undefined);
  const found = await page.evaluate(async (hour) => {
    await sync(true);
    const count = async (code) => {
      const id = `photo/${code}`;
      await session.write({ put: [[id, new Uint8Array(4)]] });
      const seen = phone.view(code);
      const notes = hub.consignmentNotes(code, "photographs", [{ id, hash: code }], "x");
      return phone.done({ kind: "arrive", subject: code, saw: hub.essence(seen), path: `/api/v1/consignments/${code}/arrive`, body: { at: "", version: 4, lines: [{ line: 1, received: 9, damaged: 0 }] } }, notes);
    };
    const [first, second] = [await count("C-1"), await count("C-2")];
    await sync();
    const states = [first.state, second.state];
    await phone.giveUp(second, hub.told(second));
    await sync();
    for (const note of phone.deeds.filter((one) => phone.isUndecided(one))) await phone.decide(note, false);
    // Long after.
    const later = Date.now() + 40 * 24 * hour;
    await session.write({ put: [["about/", { ...phone.about, contact: { phone: later, server: later } }]] });
    const opened = await load();
    const there = [];
    for (const code of ["C-1", "C-2"]) there.push((await session.bytes(`photo/${code}`)) !== null);
    return [states, there, opened.deeds.map((one) => `${one.kind} ${one.subject} ${one.state}`)];
  }, 3_600_000);
  // The count is in Muster: its note alone stands nowhere else. Of what was given up the text went nowhere, either.
  assert.deepEqual(found, [["done", "refused"], [true, true], ["note C-1 dropped", "arrive C-2 dropped", "note C-2 dropped", "note C-2 dropped", "note C-2 dropped"]]);
});

test("what is done while a photograph is sent does not wait for all of them, and the work is fetched before them", async (t) => {
  const { page, muster } = await parts(t, consignment("C-1"), consignment("C-2"));
  await page.evaluate(() => sync(true));
  muster.consignments.set("C-3", consignment("C-3"));
  let go;
  const gone = new Promise((done) => (go = done));
  const uploads = () => muster.asked.filter(({ path }) => path === "/api/v1/attachments").length;
  muster.answer = async ({ path }) => {
    if (path === "/api/v1/attachments" && uploads() === 1) await gone;
    return undefined;
  };
  await page.evaluate(async () => {
    const photos = ["p", "q"].map((hash) => ({ id: `photo/${hash}`, hash }));
    await session.write({ put: photos.map(({ id }) => [id, new Uint8Array(4)]) });
    globalThis.large = phone.done({ kind: "arrive", subject: "C-1", saw: hub.essence(phone.view("C-1")), path: "/api/v1/consignments/C-1/arrive", body: { at: "", version: 4, lines: [{ line: 1, received: 9, damaged: 0 }] }, photos });
    await large;
    void phone.sync(true);
  });
  await until("the first photograph is sent", () => uploads() === 1);
  const known = await page.evaluate(async () => {
    await act("arrive", phone.view("C-2"), [{ line: 1, received: 10, damaged: 0 }]);
    return phone.consignments.has("C-3");
  });
  go();
  await muster.sent("C-1/arrive", PATIENCE);
  assert.deepEqual(muster.asked.filter(({ method }) => method === "POST").map(({ path }) => path.split("/").slice(-2).join("/")), ["v1/attachments", "C-2/arrive", "v1/attachments", "C-1/arrive"]);
  assert.ok(known);
});

test("a note is as it was when the disk does not take what somebody decides", async (t) => {
  const { page, muster } = await refused(t);
  muster.answer = ({ path }) => (path.endsWith("/notes") ? [404, { detail: "there is no such consignment" }] : undefined);
  const found = await page.evaluate(async () => {
    await phone.giveUp(deed, hub.told(deed));
    await sync();
    const [note] = phone.deeds.slice(-1);
    const before = JSON.stringify(note);
    const { write } = session;
    session.write = () => Promise.reject(new Error("the disk is full"));
    const said = await phone.decide(note, true).then(() => "", (error) => error.message);
    session.write = write;
    return [said, JSON.stringify(note) === before];
  });
  assert.deepEqual(found, ["the disk is full", true]);
});

test("of a note that was sent and had no answer it is said that it may be in Muster already, before somebody sends it as theirs", async (t) => {
  const { page, muster } = await parts(t, consignment("C-1"));
  muster.answer = ({ path }) => (path.endsWith("/notes") ? [0] : undefined);
  const said = await page.evaluate(async (pin) => {
    await sync(true);
    await vault.enrol({ name: "petro", party: "P" }, pin, session);
    await phone.admit("petro", "muster_petro");
    const shown = () => hub.outbox({ phone }).body.map((one) => one.textContent).join(" ").includes("It may be in Muster already");
    const [note] = hub.consignmentNotes("C-1", "9 of line 1", [], "x");
    const left = await phone.done({ ...note, by: "petro" });
    await sync();
    const before = [left.state, shown()];
    await phone.settings({ revoked: ["petro"] });
    return [...before, phone.isUndecided(left), shown()];
  }, PIN);
  assert.deepEqual(said, ["sending", false, true, true]);
});

test("names that an earlier version fetched are fetched anew: they lack the numbers of what is traded", async (t) => {
  const { page, muster } = await parts(t);
  const lists = () => muster.asked.filter((one) => one.path.startsWith("/api/v1/records/items")).length;
  await page.evaluate(async () => {
    await sync(true);
    await sync(true);
  });
  const once = lists();
  const traded = await page.evaluate(async () => {
    const [mine] = await session.all("mine");
    delete mine.catalogue.traded;
    await session.write({ put: [[await session.name("mine", "olena"), mine]] });
    await phone.close();
    globalThis.phone = await load();
    await sync(true);
    return phone.isTraded("vest", "09501101530003");
  });
  assert.deepEqual([once, lists(), traded], [1, 2, true]);
});

test("a line that is made ready keeps a lot to name, and what was packed is not cleared by taking all of it away", async (t) => {
  const { page, muster } = await ready(t, consignment("C-1", { state: "packing", lines: [line(1, { tracking: "lot", units: [packed("L-1", 10, PALLET)] })] }));
  await page.evaluate(() => (location.hash = "#/c/C-1/ready"));
  await page.getByRole("button", { name: "All are serviceable" }).click();
  const lot = page.getByLabel("Lot", { exact: true });
  await page.getByRole("button", { name: "Remove" }).click();
  await page.getByText(`Lot on ${PALLET}`).waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Make ready" }).click();
  await page.getByText("Line 1 needs a name and a number of each lot").waitFor();
  assert.deepEqual([await lot.count(), await page.getByRole("button", { name: "One more lot" }).count()], [1, 1]);
  await lot.fill("L-2");
  await page.getByRole("button", { name: "Make ready" }).click();
  assert.deepEqual((await muster.sent("/ready", PATIENCE)).lines, [{ line: 1, condition: "serviceable", units: [{ lot: "L-2", quantity: 10 }] }]);
});

test("on a phone that always counts blind, what became another is shown to who packs it", async (t) => {
  const { page, muster } = await ready(t, consignment("C-1", { state: "packing", lines: [line(1)] }));
  await page.evaluate(() => (location.hash = "#/phone"));
  await page.getByLabel("Count blind: hide what is stated until it is counted").check();
  await page.evaluate(() => (location.hash = "#/c/C-1/ready"));
  await page.getByRole("button", { name: "All are serviceable" }).click();
  muster.consignments.set("C-1", consignment("C-1", { state: "packing", version: 5, lines: [line(1, { present: 8 })] }));
  await fetched(page, muster, "C-1");
  await page.evaluate(() => (location.hash = "#/c/C-1/ready"));
  await page.getByText("1 Vest: it was 10; it is 8.").waitFor();
});

test("who looks at what is to be counted blind names what is hurt, and sees no serial number that they did not name", async (t) => {
  const units = ["TR-1", "TR-2"].map((one) => packed("", 1, null, one));
  const lines = [line(1, { tracking: "serial", quantity: 2, present: 2, units, need: "N-1" })];
  const { page, muster } = await ready(t, consignment("C-1", { state: "at_node", at_end: true, lane: null, lines }));
  await page.evaluate(() => (location.hash = "#/phone"));
  await page.getByLabel("Count blind: hide what is stated until it is counted").check();
  await page.evaluate(() => (location.hash = "#/c/C-1/inspect"));
  await page.getByLabel("Condition").selectOption("damaged");
  const typed = page.getByLabel("Serial number", { exact: true });
  await typed.fill("TR-9");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByText("TR-9 is not of this consignment.").waitFor();
  await page.getByRole("button", { name: "Look at it" }).click();
  await page.locator("form > .wrong", { hasText: "TR-9 is not of this consignment." }).waitFor();
  await typed.fill("TR-2");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByLabel("TR-2").waitFor();
  assert.ok(!(await page.locator("main").innerText()).includes("TR-1"));
  await page.getByRole("button", { name: "Look at it" }).click();
  assert.deepEqual((await muster.sent("/inspect", PATIENCE)).lines, [{ line: 1, condition: "damaged", serials: ["TR-2"] }]);
});

test("what is not there any more is said of a line by how many, by lot or by serial number, also without a network, and is gone from it", async (t) => {
  const lines = [
    line(1),
    line(2, { tracking: "lot", quantity: 30, present: 30, units: [packed("L-1", 20), packed("L-2", 10)] }),
    line(3, { tracking: "serial", quantity: 2, present: 2, units: ["TR-1", "TR-2"].map((one) => packed("", 1, null, one)) }),
  ];
  const { page, muster, context } = await ready(t, consignment("C-1", { state: "at_node", lines }));
  await page.evaluate(() => (location.hash = "#/c/C-1/inspect"));
  const of = (n) => page.locator("li.line").nth(n);
  for (const n of [0, 1, 2]) await of(n).getByLabel("Condition").selectOption("missing");
  await of(0).getByLabel("How many of them; empty: all").fill("11");
  await of(0).getByLabel("Remark").click();
  assert.equal(await of(0).getByLabel("How many of them; empty: all").inputValue(), "", "no more than there are");
  await of(0).getByLabel("How many of them; empty: all").fill("4");
  await of(1).getByLabel("L-2").fill("3");
  const before = await kept(page);
  await of(2).getByLabel("TR-2").check();
  await until("the mark is on the disk", async () => (await kept(page)) !== before);
  // The draft is kept, and the deed waits until there is a network.
  await again(page);
  await of(1).getByLabel("L-2").waitFor();
  assert.deepEqual([await of(0).getByLabel("How many of them; empty: all").inputValue(), await of(1).getByLabel("L-2").inputValue(), await of(2).getByLabel("TR-2").isChecked()], ["4", "3", true]);
  await context.setOffline(true);
  await page.getByRole("button", { name: "Look at it" }).click();
  await page.locator("main h1", { hasText: "C-1" }).waitFor();
  const present = await page.evaluate(() => document.querySelector("main").innerText);
  for (const left of ["6", "27"]) assert.ok(present.includes(left), present);
  await context.setOffline(false);
  assert.deepEqual((await muster.sent("/inspect", PATIENCE)).lines, [
    { line: 1, condition: "missing", quantity: 4 },
    { line: 2, condition: "missing", lots: [{ lot: "L-2", quantity: 3 }] },
    { line: 3, condition: "missing", serials: ["TR-2"] },
  ]);
});

test("the bar says when the browser may delete what is kept, or there is little room, and only then", async (t) => {
  const { open, context } = await phone(t);
  const storage = (kept, usage) => context.addInitScript(({ kept: is, usage: of }) => {
    Object.assign(StorageManager.prototype, { persisted: async () => is.at(-1) === "kept", persist: async () => (is.push("asked"), is[0] === "granted"), estimate: async () => ({ usage: of, quota: 1_000_000_000 }) });
    globalThis.asked = is;
  }, { kept, usage });
  await storage(["granted"], 10);
  const page = await open("/hub");
  await fill(page);
  await page.getByText("Work as of").waitFor();
  await page.waitForFunction(() => asked.includes("asked"));
  const [deletes, little] = [page.getByText("The browser may delete what is kept here"), page.getByText("This phone has little room left.")];
  assert.deepEqual([await deletes.count(), await little.count()], [0, 0]);
  const again = async () => {
    await page.reload();
    await page.getByLabel("PIN", { exact: true }).fill(PIN);
    await page.getByRole("button", { name: "Open" }).click();
  };
  await storage(["kept"], 10);
  await again();
  await page.getByText("Work as of").waitFor();
  assert.deepEqual([await page.evaluate(() => asked), await deletes.count()], [["kept"], 0]);
  await storage(["refused"], 10);
  await again();
  await deletes.waitFor();
  await storage(["kept"], 990_000_000);
  await again();
  await little.waitFor();
});

test("of more open variances than one page has, all are on the phone", async (t) => {
  const { page, muster } = await parts(t);
  const variance = (n) => ({ code: `V-${n}`, kind: "unmanifested", consignment: null, line: 0, resource: null, description: "Tent", remark: "", due_at: "2026-11-30T00:00:00Z", counted_by: 0 });
  muster.answer = ({ path }) => (path.startsWith("/api/v1/variances?") ? [200, path.includes("cursor=two") ? { variances: [variance(2)], next: null } : { variances: [variance(1)], next: "two" }] : undefined);
  assert.deepEqual(await page.evaluate(async () => (await sync(true), [phone.variances.map(({ code }) => code), phone.fetched > 0])), [["V-1", "V-2"], true]);
});

test("a day that is given up is one write: what goes on goes on once, whenever the phone is killed", async (t) => {
  const { page, muster } = await parts(t);
  const run = serial("S-1", 3, { "N-1": "in_training", "N-2": "in_training" });
  muster.serials.set("S-1", run);
  await page.evaluate(() => sync(true));
  // The phone sends by itself what is done on it.
  muster.attended(run, { day: run.start, trainees: [{ nomination: "N-1", attendance: "excused" }] }, "petro");
  const found = await page.evaluate(async (day) => {
    const made = hub.marked(phone.serials()[0], day, { "N-1": "absent", "N-2": "present" });
    globalThis.day = await phone.done({ kind: "attend", subject: `S-1 ${day}`, saw: made.saw, path: "/api/v1/serials/S-1/attendance", body: { ...made.body, reason: "x" } });
    return phone.deeds.length;
  }, run.start);
  assert.equal(found, 1);
  const states = await page.evaluate(async () => {
    await sync();
    const refused = day.state;
    const { write } = session;
    let writes = 0;
    session.write = (all) => (writes++ > 0 ? new Promise(() => undefined) : write.call(session, all));
    await Promise.race([phone.giveUp(day, hub.told(day)), new Promise((done) => setTimeout(done, 1_000))]);
    session.write = write;
    return [refused, (await load()).deeds.map((one) => `${one.kind}${one.state === "dropped" ? " given up" : ""}`)];
  });
  // All of it, though nothing was written after the first time.
  assert.deepEqual(states, ["refused", ["attend given up", "attend", "serial-note"]]);
});

test("who always counts blind sees no number that is to be counted, before a unit takes over, too", async (t) => {
  const lines = [line(1, { present: 37, quantity: 37, need: "N-1" })];
  const { page } = await ready(t, consignment("C-1", { state: "at_node", at_end: true, lane: null, lines }));
  await page.evaluate(() => (location.hash = "#/phone"));
  await page.getByLabel("Count blind: hide what is stated until it is counted").check();
  for (const hash of ["#/c/C-1", "#/c/C-1/inspect", "#/c/C-1/receive"]) {
    await page.evaluate((to) => (location.hash = to), hash);
    await page.locator("main h1", { hasText: { "#/c/C-1": "C-1", "#/c/C-1/inspect": "Look at it", "#/c/C-1/receive": "Hand over" }[hash] }).waitFor();
    assert.ok(!(await page.locator("main").innerText()).includes("37"), hash);
  }
});

test("a serial number of another line is ticked off there, and what is none is refused with a reason", async (t) => {
  const trucks = (n, ...serials) => line(n, { tracking: "serial", quantity: serials.length, present: serials.length, units: serials.map((one) => packed("", 1, null, one)) });
  const { page, muster } = await ready(t, consignment("C-1", { lines: [trucks(1, "TR-1"), trucks(2, "TR-2")] }));
  await page.evaluate(() => (location.hash = "#/c/C-1/arrive/1"));
  const typed = page.getByLabel("Serial number", { exact: true });
  const take = async (text, said) => {
    await typed.fill(text);
    await page.getByRole("button", { name: "Tick off" }).click();
    await page.getByText(said).waitFor();
  };
  await take("9501101530003", "9501101530003 says what it is, not which one.");
  await take("https://vendor.example/7", "leads to a page and names no serial number");
  await take("TR-2", "TR-2: there, line 2");
  await take("TR-1", "TR-1there");
  await page.evaluate(() => (location.hash = "#/c/C-1/arrive"));
  await page.getByRole("button", { name: "Sign" }).click();
  await page.getByLabel("Nobody signs").check();
  await page.getByRole("button", { name: "Take over" }).click();
  const sent = await muster.sent("/arrive", PATIENCE);
  assert.deepEqual([sent.lines.map(({ serials }) => serials), sent.unmanifested], [[["TR-1"], ["TR-2"]], undefined]);
});
