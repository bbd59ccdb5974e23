// What people do with the pages, in a real browser, at the width of a desk and of a phone: nobody is told how.
import assert from "node:assert/strict";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { launch, looks, passwords, Visitor } from "./site.mjs";

const url = new URL(process.argv[2]);
const known = await passwords(process.argv[3]);
/** Only tasks whose name has this in it. */
const only = process.argv[4] ?? "";
const folder = await mkdtemp(join(tmpdir(), "muster-tasks-"));
const browser = await launch();
const tasks = [];
const task = (name, who, steps) => tasks.push({ name, who, steps });

/** Opens what is to be done on a page, fills it in and does it. */
const doing = (address) => async (on, name, fields = {}) => {
  const form = await opened(on, name);
  for (const [label, value] of Object.entries(fields)) await fill(form, label, value);
  const accept = (dialog) => dialog.accept();
  on.page.on("dialog", accept);
  await form.getByRole("button", { name, exact: true }).click();
  await on.page.waitForURL(/said=saved/);
  on.page.off("dialog", accept);
  await on.page.waitForLoadState();
  await on.go(address);
};
const opened = async (on, name) => {
  const form = on.page.locator("details", { has: on.page.locator("summary", { hasText: new RegExp(`^${name}$`) }) });
  if (!(await form.evaluate((details) => details.open))) await form.locator("summary").click();
  return form;
};
const fill = async (form, label, value) => {
  const field = form.getByLabel(label);
  const tag = await field.evaluate((element) => element.tagName + element.type);
  if (tag.startsWith("SELECT")) await field.selectOption(value);
  else if (tag === "INPUTcheckbox") await field.check();
  else await field.fill(value);
};
/** Somebody else, signed in. */
const another = (look) => async (name) => {
  const visitor = await Visitor.begin(browser, url, look);
  await visitor.signIn(name, known[name]);
  return visitor;
};
/** A picture of one dot, which a number tells from others. */
const dot = (n) => {
  const crc = (bytes) => {
    let sum = ~0;
    for (const byte of bytes) {
      sum ^= byte;
      for (let k = 0; k < 8; k += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
    }
    return ~sum >>> 0;
  };
  const chunk = (name, data) => {
    const body = Buffer.concat([Buffer.from(name), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc(body));
    return Buffer.concat([length, body, sum]);
  };
  const head = Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]);
  return Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), chunk("IHDR", head), chunk("IDAT", deflateSync(Buffer.from([0, n]))), chunk("IEND", Buffer.alloc(0))]);
};
const setPin = async (visitor, pin) => {
  await visitor.go("/account");
  for (const field of ["#pin", "#pin_again"]) await visitor.page.fill(field, pin);
  await visitor.page.getByRole("button", { name: "Set PIN" }).click();
  await visitor.page.getByText("Your PIN is set.").waitFor();
};

const HEAD = "code,donor,kind,resource,quantity,place,available_from,caveats,fund,earmark,terms,state,state_reason,value,value_currency,value_method,value_date,statement,note,source,fictional";
const list = (mark, wrong) => `${HEAD}
JPN-${mark}-1,JPN,goods,VEST/ok,${wrong ? "-40" : "40"},JPYOK,2026-09-21,,,,,committed,,,,,,,,Test,yes
JPN-${mark}-2,JPN,goods,${wrong ? "HELMETS" : "HELMET/ok"},60,JPYOK,2026-09-21,,,,,committed,,,,,,,,Test,yes
JPN-${mark}-3,JPN,goods,RADIO-HAND/ok,20,JPYOK,${wrong ? "" : "2026-09-21"},,,,,offered,,,,,,,,Test,yes
`;

task("a donor imports a list with three mistakes, mends them, attaches a caveat and sees which needs it fits", "japan", async ({ page, go, said, mark }) => {
  await go("/offers");
  await page.getByRole("link", { name: "Import" }).click();
  const send = async (wrong) => {
    const file = join(folder, `list ${mark}.csv`);
    await writeFile(file, list(mark, wrong));
    await page.getByLabel("Files").setInputFiles(file);
    await page.getByLabel("Sheet").selectOption("offers");
    await page.getByRole("button", { name: "Look at it" }).click();
    await page.waitForURL(/\/import\/./);
  };
  await send(true);
  assert.equal(await page.locator("h1").innerText(), "It cannot be imported yet");
  await said("3 problems", "must be above 0", "must be a code from resources", "is empty");
  await page.getByRole("link", { name: "send it again" }).click();
  await send(false);
  assert.equal(await page.locator("h1").innerText(), "It is ready to be imported");
  await page.getByRole("button", { name: "Import" }).click();
  await said("Imported.");
  await go(`/records/offers/JPN-${mark}-1`);
  await page.getByRole("link", { name: "Edit" }).click();
  await page.getByLabel("JPN-NONLETHAL").check();
  await page.getByLabel("Reason", { exact: true }).fill("within our law");
  await page.getByRole("button", { name: "Save" }).click();
  await said("Saved.", "Non-lethal only", "within our law", "Which needs it fits", "Its owner and the mission’s staff only");
});

task("another nation finds nothing of an offer that is not released", "poland", async ({ page, go, text, mark, expect }) => {
  for (const path of ["/", "/offers", "/records/offers?q=JPN", `/search?q=JPN-${mark}`, "/journal", "/needs", "/export/offers.csv", "/export/all.json"]) {
    if (path.startsWith("/export/")) {
      const answer = await page.request.get(new URL(path, url).href);
      assert.equal(answer.status(), 200);
      assert.ok(!(await answer.text()).includes(`JPN-${mark}-`), path);
    } else {
      await go(path);
      assert.ok(!(await text()).includes(`JPN-${mark}-`), path);
    }
  }
  assert.equal(await expect(404, () => go(`/records/offers/JPN-${mark}-1`)), 404);
});

task("a requirements officer raises and ranks a need, merges duplicates, splits, and declines an offer with a reason", "ukraine", async ({ page, go, said, mark }) => {
  const raise = async (code) => {
    await go("/needs");
    await page.getByRole("link", { name: "New requirement" }).click();
    await page.locator("#f-code").fill(code);
    await page.locator("#f-unit").fill("U-ENG-1");
    await page.locator("#f-place").fill("POINT-05");
    // A purpose of its own: what other runs left behind is not alike.
    await page.locator("#f-purpose").fill(`engineering ${mark}`);
    await page.locator("#f-quantity").fill("6");
    await page.locator("#f-priority").fill("30");
    await page.locator("#f-due").fill("2026-12-11");
    await page.locator("#f-expires").fill("2027-01-31");
  };
  await raise(`UKR-${mark}-B`);
  await page.locator("[name='requirement_accepts.0.resource']").fill("GEN-5/ok");
  await page.locator("[name='requirement_accepts.0.utility']").fill("1");
  await page.getByRole("button", { name: "Save" }).click();
  await said("It was made.");
  await raise(`UKR-${mark}`);
  await page.getByRole("button", { name: "Save" }).click();
  await said("accepts no resource");
  await page.locator("[name='requirement_accepts.0.resource']").fill("GEN-5/ok");
  await page.locator("[name='requirement_accepts.0.utility']").fill("1");
  await page.getByRole("button", { name: "Save" }).click();
  await said("It was made.", "Which offers fit it");
  await page.getByLabel("Next state").selectOption("submitted");
  await page.getByLabel("Reason").fill("checked by the unit");
  await page.getByRole("button", { name: "Record" }).click();
  await said("Recorded.", "Submitted", "checked by the unit");
  await page.getByRole("link", { name: "Edit" }).click();
  await page.locator("#f-priority").fill("80");
  await page.getByRole("button", { name: "Save" }).click();
  await said("Saved.", "80");
  await page.getByRole("link", { name: "Merge" }).click();
  await page.getByLabel(`UKR-${mark}-B`).check();
  await page.getByLabel("Reason").fill("handed in twice");
  await page.getByRole("button", { name: "Merge" }).click();
  await said("Saved.", "12", "handed in twice");
  await page.getByRole("link", { name: "Split" }).click();
  await page.getByLabel("Quantity split off").fill("5");
  await page.getByLabel("Place").fill("POINT-02");
  await page.getByLabel("Reason").fill("half of it goes north");
  await page.getByRole("button", { name: "Split" }).click();
  await said("It was made.", `UKR-${mark}-2`, "half of it goes north");
  await go("/records/offers?state=allocated");
  await page.locator("tbody th a").first().click();
  await page.getByLabel("Next state").selectOption("held");
  await page.getByLabel("Reason").fill(`not before the winter (${mark})`);
  await page.getByRole("button", { name: "Record" }).click();
  await said("Recorded.", `not before the winter (${mark})`);
});

task("a coordinator plans, understands what limits the plan, and accepts it", "coordinator", async ({ page, go, said }) => {
  await go("/plan");
  await page.getByLabel("Seconds at most").fill("4");
  await page.getByRole("button", { name: "Make a plan" }).click();
  await page.waitForURL(/\/plan\/job\//);
  await page.waitForURL(/\/plan\/P-\d+$/);
  await said("What it achieves", "First come, first served", "What limits the plan", "What stays unmet or comes late, and why", "What to ask for", "Deliveries");
  assert.ok((await page.locator("#limits tbody tr, #limits .none").count()) > 0);
  const code = new URL(page.url()).pathname.split("/").pop();
  await page.getByLabel("Reason").fill("best use of what is there");
  page.once("dialog", (dialog) => dialog.accept());
  await page.getByRole("button", { name: "Accept" }).click();
  await said("Recorded.", "Accepted");
  await go(`/plan/P-001?with=${code}#compare`);
  await said("Needs that differ");
  // What is promised is planned again, and who is affected is told before it is accepted.
  await go("/plan");
  await page.getByLabel("Seconds at most").fill("4");
  await page.getByLabel("In the place of what is promised").check();
  await page.getByRole("button", { name: "Make a plan" }).click();
  await page.waitForURL(/\/plan\/job\//);
  await page.waitForURL(/\/plan\/P-\d+$/);
  await said("What becomes of what was promised", "Stay as they are", "Who is affected");
  await page.getByLabel("Reason").fill("what has changed since");
  page.once("dialog", (dialog) => dialog.accept());
  await page.getByRole("button", { name: "Accept" }).click();
  await said("Recorded.", "Accepted");
});

task("a movement planner closes a lane and records what happened", "movement", async ({ page, go, said, mark }) => {
  await go("/records/lanes");
  await page.locator("tbody th a").first().click();
  await page.getByRole("link", { name: "Edit" }).click();
  const row = page.locator("table.editing tbody tr").last();
  const day = (after) => new Date(Date.UTC(2027, 0, 4 + (Number.parseInt(mark, 36) % 9_000)) + after * 86_400_000).toISOString().slice(0, 10);
  await row.locator("input").nth(0).fill(day(0));
  await row.locator("input").nth(1).fill(day(6));
  await row.locator("input").nth(2).fill(`ice (${mark})`);
  await page.getByRole("button", { name: "Save" }).click();
  await said("Saved.", `ice (${mark})`);
  await go("/movements?days=200");
  // What leaves its donor gets its lot and serial numbers now; what leaves a hub has them.
  const step = page.locator("tr", { has: page.locator("input[name=step][value='0']") }).filter({ hasText: "Departure" }).first();
  // Late arrivals come first, more or fewer of them by what the plans before it promised.
  while ((await step.count()) === 0) {
    const before = page.url();
    await page.getByRole("link", { name: "More", exact: true }).click();
    await page.waitForURL((now) => now.href !== before);
  }
  await step.locator("summary").click();
  const serials = step.locator("textarea");
  if (await serials.count()) {
    const open = Number(await step.locator("input[name=quantity]").getAttribute("max"));
    await serials.fill(Array.from({ length: open }, (_, n) => `T-${mark}-${n}`).join(" "));
  }
  const lot = step.locator("[name=lot]");
  if (await lot.count()) await lot.fill(`LOT-${mark}`);
  await step.getByLabel("Reason").fill("left this morning");
  await step.getByRole("button", { name: "Dispatch" }).click();
  await said("Saved.");
});

task("a movement planner makes up a consignment, sends it, has it counted and prints its papers", "movement", async ({ page, go, said, text }) => {
  const answer = await page.request.get(new URL("/api/v1/movements?limit=1000&ready=true", url).href);
  const { steps } = await answer.json();
  // What leaves its donor gets its lots and serial numbers now; what leaves a hub has them.
  const waits = steps.find((step) => step.activity === "depart" && step.line && step.step === 0 && step.from.purpose === "on_hand");
  await go("/consignments");
  await page.getByLabel("Leaves from").fill(waits.from.place);
  await page.getByRole("button", { name: "Look what can go" }).click();
  await page.waitForURL(/\/consignments\/new/);
  await go(`/consignments/new?from=${waits.from.place}&days=400`);
  await page.getByRole("button", { name: "Make up a consignment" }).first().click();
  await said("Saved.", "Make ready");
  const ready = page.locator("section", { has: page.locator("#ready") });
  for (const select of await ready.locator("select").all()) await select.selectOption("serviceable");
  for (const [n, units] of (await ready.locator("textarea").all()).entries()) {
    if (await units.inputValue()) continue;
    const line = Number((await units.getAttribute("name")).split(" ")[1]);
    const row = page.locator("section", { has: page.locator("#lines") }).locator("tbody tr").nth(line - 1);
    const quantity = Number((await row.locator("td").nth(2).innerText()).split("/")[0]);
    const lots = (await units.locator("xpath=..").innerText()).startsWith("Lots");
    await units.fill(lots ? `LOT-${n} ${quantity}` : Array.from({ length: quantity }, (_, k) => `MP-${n}-${k}-${Date.now()}`).join("\n"));
  }
  await ready.getByRole("button", { name: "Make ready" }).click();
  const opens = page.locator("input[name=override]").first();
  if (await page.locator(".wrong").count()) {
    // A gate is shut: a movement planner may open some with a reason.
    await opens.check();
    await ready.getByLabel("Reason").fill("the paper is on its way");
    await ready.getByRole("button", { name: "Make ready" }).click();
  }
  await said("Saved.", "Readied");
  const depart = page.locator("section", { has: page.locator("#depart") });
  await depart.getByLabel("Carrier").fill("Example Carrier");
  await depart.getByLabel("Plate, train").fill("PL 00001");
  if (await depart.locator("input[name=override]").count()) {
    for (const gate of await depart.locator("input[name=override]").all()) await gate.check();
    await depart.getByLabel("Reason").fill("Released by the mission");
  }
  // Both signed one paper: it is photographed, and so is what they loaded.
  const [paper1, load] = [join(folder, "paper.png"), join(folder, "load.png")];
  for (const [n, file] of [paper1, load].entries()) await writeFile(file, dot(n));
  await depart.locator("summary", { hasText: "Sign" }).click();
  await depart.getByLabel("Who hands over").fill("Wera W.");
  await depart.getByLabel("The paper that they signed", { exact: true }).setInputFiles(paper1);
  await depart.getByLabel("Who takes over").fill("Driver");
  await depart.getByLabel("Photographs of the goods").setInputFiles([load]);
  await depart.getByRole("button", { name: "Depart", exact: true }).click();
  await said("Saved.", "Under way", "Wera W., on paper", "Driver, on paper");
  const shots = page.locator("section", { has: page.locator("#handovers") }).locator("img");
  assert.equal(await shots.count(), 2);
  // Pictures below the fold are loaded once they come into view.
  for (const shot of await shots.all()) {
    await shot.scrollIntoViewIfNeeded();
    await page.waitForFunction((image) => image.naturalWidth === 1, await shot.elementHandle());
  }
  const count = page.locator("section", { has: page.locator("#count") });
  await count.getByLabel("Lines that are not counted are as stated").check();
  await count.getByRole("button", { name: "Record arrival" }).click();
  await said("Saved.", "Arrived at node");
  assert.match(await text(), /Documents/);
  const paper = await page.request.get(await page.getByRole("link", { name: "Packing list (PDF)" }).getAttribute("href").then((href) => new URL(href, url).href));
  assert.equal(paper.status(), 200);
  assert.equal((await paper.body()).subarray(0, 5).toString(), "%PDF-");
});

task("a unit reports a fault; a repair manager decides, blocks and unblocks; a facility quotes, repairs, tests and releases it; a fund manager approves and pays", "ukraine", async ({ page, go, said, look }) => {
  const watched = await (await page.request.get(new URL("/api/v1/end-use?limit=1000", url).href)).json();
  const { serial } = watched.due.find((unit) => unit.resource === "HMV/ok");
  await go("/repair");
  const report = page.locator("section", { has: page.locator("#report") });
  await report.getByLabel("What", { exact: true }).fill("HMV/ok");
  await report.getByLabel("Serial number").fill(serial);
  await report.getByLabel("What is wrong with it").fill("overheats uphill");
  await report.getByLabel("Urgency").selectOption("urgent");
  await report.getByRole("button", { name: "Report a fault" }).click();
  await page.waitForURL(/\/repair\/W-/);
  await said("Saved.", "Requested", "overheats uphill");
  const order = new URL(page.url()).pathname;
  const does = doing(order);
  const as = another(look);
  const manager = await as("repair");
  await manager.go("/repair");
  await manager.page.getByRole("link", { name: order.split("/").pop() }).first().click();
  await manager.page.waitForURL(/\/repair\/W-/);
  await does(manager, "Decide where it is repaired", { Repaired: "abroad", Facility: "WORKS-A" });
  await does(manager, "Say what blocks it", { Reason: "transport", "Whose turn it is": "movement planner" });
  assert.match(await manager.text(), /Blocked: Transport/);
  await does(manager, "No longer blocked", { Reason: "transport" });
  assert.doesNotMatch(await manager.text(), /Blocked: Transport/);
  const works = await as("works");
  await setPin(works, "246802");
  await works.go(order);
  await does(works, "Take it in");
  await does(works, "Diagnose", { "What is wrong": "radiator", "It needs no parts": "yes" });
  await does(works, "Quote a price", { "Amount, in the fund’s currency, besides what was approved before": "1750.50", Remark: "labour" });
  assert.match(await works.text(), /Blocked: Price/);
  const keeper = await as("fund");
  await keeper.go(order);
  await does(keeper, "Approve the price", { Remark: "as such repairs cost" });
  assert.doesNotMatch(await keeper.text(), /Blocked: Price/);
  await keeper.go("/records/funds/REPAIR-FUND");
  assert.match(await keeper.text(), /EUR.1,750\.50/);
  await works.go(order);
  await does(works, "Begin the repair");
  await does(works, "Test passed");
  await does(works, "Release as serviceable", { "The tester’s PIN": "246802", "Days of warranty": "90" });
  assert.match(await works.text(), /Released/);
  await keeper.go(order);
  await does(keeper, "Record what was paid", { "Amount that was due (0: nothing; empty, if it was repaired: all that was set aside)": "1700" });
  assert.match(await keeper.text(), /EUR.1,700/);
  await go(order);
  await does({ page, go }, "Back in service");
  await said("Returned", "works, WKS-1");
  for (const visitor of [manager, works, keeper]) {
    assert.deepEqual(visitor.wrong, []);
    await visitor.end();
  }
});

task("a training coordinator plans serials, sees a clash and moves one; a unit nominates; a school teaches and certifies", "training", async ({ page, go, said, text, mark, look }) => {
  const day = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
  // Each run has days of its own.
  const first = 220 + (Number.parseInt(mark.slice(1), 36) % 20) * 70 + (mark.startsWith("D") ? 0 : 1400);
  const plan = async (start, button) => {
    await go("/training");
    const form = page.locator("section", { has: page.locator("#new") });
    for (const [label, value] of Object.entries({ Course: "TRUCK-CREW", Facility: "SCHOOL-1", "First day": start, Seats: "3" })) await fill(form, label, value);
    await form.getByRole("button", { name: button }).click();
    await page.waitForLoadState();
  };
  await plan(day(first), "Check it");
  await said("Nothing stands in its way.", "3 INSTRUCTORS-1", "1 INTERPRETERS-1");
  await plan(day(first), "Plan it");
  await plan(day(first + 35), "Plan it");
  await page.waitForURL(/\/training\/serials\/TRUCK-CREW-/);
  const serial = new URL(page.url()).pathname;
  const check = await opened({ page }, "Check other dates");
  await fill(check, "First day", day(first + 3));
  await check.getByRole("button", { name: "Check other dates" }).click();
  await page.waitForLoadState();
  await said("INSTRUCTORS-1 from");
  const does = doing(serial);
  await does({ page, go }, "Move it", { "First day": day(first + 28) });
  assert.ok(!(await text()).includes("clash"));
  await does({ page, go }, "Take it to another state", { State: "confirmed", Reason: "instructors are named" });
  await said("Confirmed");
  const as = another(look);
  const unit = await as("ukraine");
  await unit.go(serial);
  const nominate = await opened(unit, "Nominate somebody");
  for (const [label, value] of Object.entries({ Unit: "U-LOG-1", "From an offer of people": "UKR-O-90", Need: "P-07" })) await fill(nominate, label, value);
  await nominate.getByRole("button", { name: "Nominate somebody" }).click();
  await unit.page.waitForURL(/\/training\/nominations\/N-/);
  const nomination = new URL(unit.page.url()).pathname;
  const on = doing(nomination);
  await go(nomination);
  await on({ page, go }, "Record the clearance", { "Vetted by": "Vetting office", "Vetted until": day(first + 200) });
  const school = await as("school");
  await setPin(school, "135791");
  await school.go(nomination);
  await on(school, "Record the arrival");
  for (const objective of ["DRIVE", "LOAD", "MAINTAIN"]) await school.page.locator(`select[name="met ${objective}"]`).selectOption("yes");
  await school.page.getByRole("button", { name: "Record the assessment" }).click();
  await school.page.waitForURL(/said=saved/);
  await school.go(nomination);
  await on(school, "Passed: sign and certify", { PIN: "135791" });
  assert.match(await school.text(), /Passed/);
  const paper = await unit.page.request.get(await unit.go(nomination).then(() => unit.page.locator('a[href*="/certificates/"]').getAttribute("href")).then((href) => new URL(href, url).href));
  assert.equal((await paper.body()).subarray(0, 5).toString(), "%PDF-");
  await on(unit, "Back with the unit");
  assert.match(await unit.text(), /Returned/);
  for (const visitor of [unit, school]) {
    assert.deepEqual(visitor.wrong, []);
    await visitor.end();
  }
});

task("a training coordinator drags a serial to other days, by hand or by keys, sees what they would mean and saves them", "training", async ({ page, go, said, mark }) => {
  const day = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
  // Days that no other task uses.
  const first = 90 + (Number.parseInt(mark.slice(1), 36) % 20) + (mark.startsWith("D") ? 0 : 21);
  await go("/training");
  const form = page.locator("section", { has: page.locator("#new") });
  for (const [label, value] of Object.entries({ Course: "TRUCK-CREW", Facility: "SCHOOL-2", "First day": day(first), Seats: "1", "even if something is in its way": true })) await fill(form, label, value);
  await form.getByRole("button", { name: "Plan it" }).click();
  await page.waitForURL(/\/training\/serials\/TRUCK-CREW-/);
  const serial = new URL(page.url()).pathname;
  const grip = async () => {
    await go("/training");
    const found = page.locator(`a.grip[href="${serial}"]`);
    await found.scrollIntoViewIfNeeded();
    return found;
  };
  const { x, y, width } = await (await grip()).boundingBox();
  // How long a day is, by two bars that do not begin on the same.
  const pixels = await page.evaluate(() => {
    const { rows } = JSON.parse(document.getElementById("serials-time").textContent);
    const from = Object.fromEntries(rows.flatMap((row) => row.bars).map((bar) => [bar.href, Date.parse(bar.from) / 86_400_000]));
    const all = [...document.querySelectorAll("a.grip")].map((grip) => ({ at: from[grip.getAttribute("href")], left: Number.parseFloat(grip.style.left) })).sort((a, b) => a.at - b.at);
    return (all.at(-1).left - all[0].left) / (all.at(-1).at - all[0].at);
  });
  const [at, by] = [{ x: x + width / 2, y: y + 12 }, 30];
  await page.mouse.move(at.x, at.y);
  await page.mouse.down();
  await page.mouse.move(at.x + by, at.y, { steps: 4 });
  await page.mouse.up();
  await page.waitForURL(/\?start=/);
  const byMouse = page.url();
  // A finger does the same; it scrolls the page when it goes up or down.
  const { x: left, y: top } = await (await grip()).boundingBox();
  const device = await page.context().newCDPSession(page);
  await device.send("Emulation.setTouchEmulationEnabled", { enabled: true });
  const finger = (type, right) => device.send("Input.dispatchTouchEvent", { type, touchPoints: right === undefined ? [] : [{ x: left + width / 2 + right, y: top + 12 }] });
  await finger("touchStart", 0);
  for (const right of [by / 4, by / 2, (3 * by) / 4, by]) await finger("touchMove", right);
  await finger("touchEnd");
  await page.waitForURL(/\?start=/);
  await device.send("Emulation.setTouchEmulationEnabled", { enabled: false });
  assert.equal(page.url(), byMouse);
  await said("What would be");
  const move = await opened({ page }, "Move it");
  const start = await move.getByLabel("First day").inputValue();
  const later = (Date.parse(start) - Date.parse(day(first))) / 86_400_000;
  assert.ok(Math.abs(later - by / pixels) <= 1 + 1 / pixels, `${start} is ${later} days after ${day(first)}, not ${by / pixels}`);
  // Nothing was saved.
  await go(serial);
  assert.equal(await (await opened({ page }, "Move it")).getByLabel("First day").inputValue(), day(first));
  await (await grip()).focus();
  for (const key of ["Shift+ArrowRight", "ArrowRight", "ArrowRight"]) await page.keyboard.press(key);
  await page.keyboard.press("Escape");
  await page.keyboard.press("Shift+ArrowRight");
  await page.keyboard.press("Enter");
  await page.waitForURL(new RegExp(`start=${day(first + 7)}`));
  const save = await opened({ page }, "Move it");
  await fill(save, "even if something is in its way", true);
  await save.getByRole("button", { name: "Move it" }).click();
  await page.waitForURL(/said=saved/);
  assert.equal(await (await opened({ page }, "Move it")).getByLabel("First day").inputValue(), day(first + 7));
});

task("a school records who came and who was there on a phone without a network; what its office said meanwhile is shown beside it", "training", async ({ page, go, mark, look }) => {
  const today = new Date().toISOString().slice(0, 10);
  await go("/training");
  const form = page.locator("section", { has: page.locator("#new") });
  for (const [label, value] of Object.entries({ Course: "TRUCK-CREW", Facility: "SCHOOL-1", "First day": today, Seats: "1", "even if something is in its way": true })) await fill(form, label, value);
  await form.getByRole("button", { name: "Plan it" }).click();
  await page.waitForURL(/\/training\/serials\/TRUCK-CREW-/);
  const serial = new URL(page.url()).pathname;
  const code = serial.split("/").pop();
  await doing(serial)({ page, go }, "Take it to another state", { State: "confirmed", Reason: "instructors are named" });
  const as = another(look);
  const unit = await as("ukraine");
  await unit.go(serial);
  const nominate = await opened(unit, "Nominate somebody");
  for (const [label, value] of Object.entries({ Unit: "U-LOG-1", "From an offer of people": "UKR-O-90" })) await fill(nominate, label, value);
  await nominate.getByRole("button", { name: "Nominate somebody" }).click();
  await unit.page.waitForURL(/\/training\/nominations\/N-/);
  const trainee = new URL(unit.page.url()).pathname.split("/").pop();
  const until = new Date(Date.now() + 200 * 86_400_000).toISOString().slice(0, 10);
  const nomination = `/training/nominations/${trainee}`;
  await go(nomination);
  await doing(nomination)({ page, go }, "Record the clearance", { "Vetted by": "Vetting office", "Vetted until": until });

  const phone = await Visitor.begin(browser, url, looks.phone);
  await phone.go("/hub");
  for (const [label, text] of [["Name", "school"], ["Password", known.school], ["PIN for this phone", "482913"], ["The PIN again", "482913"], ["Place", "SCHOOL-1"], ["Name of this phone", mark]]) await phone.page.getByLabel(label, { exact: true }).fill(text);
  await phone.page.getByRole("button", { name: "Set up this phone" }).click();
  await phone.page.getByText("Work as of").waitFor();
  await phone.page.evaluate(() => navigator.serviceWorker.ready);
  const open = (address) => phone.page.evaluate((to) => (location.hash = to), address);
  const keep = async () => {
    await phone.page.getByRole("button", { name: "Record the day" }).click();
    await phone.page.waitForFunction((to) => location.hash === to, `#/s/${code}`);
  };
  const keeps = async (attendance) => {
    await open(`#/s/${code}/${today}`);
    await phone.page.getByRole("group", { name: new RegExp(`^${trainee}`) }).getByLabel(attendance, { exact: true }).check();
    await keep();
  };
  const sent = () => phone.page.locator(".bar .state", { hasText: "All is sent" }).waitFor();
  const offline = async (yes) => {
    phone.expects = yes ? "ERR_INTERNET_DISCONNECTED" : "412";
    await phone.context.setOffline(yes);
  };
  await offline(true);
  await open(`#/s/${code}`);
  await phone.page.getByRole("listitem").filter({ hasText: trainee }).getByRole("button", { name: "Came" }).click();
  await keeps("present");
  await phone.page.getByText("Not sent yet: 2").waitFor();
  await phone.check("the school's phone");
  await offline(false);
  await sent();
  await offline(true);
  await keeps("excused");
  const school = await as("school");
  await school.go(serial);
  await school.page.getByRole("group", { name: trainee }).getByLabel("Absent").check();
  await school.page.getByRole("button", { name: "Record the attendance" }).click();
  await school.page.waitForURL(/said=saved/);
  await offline(false);
  await phone.page.getByText("To be decided: 1").waitFor();
  await open("#/outbox");
  await phone.page.getByRole("row", { name: new RegExp(`^${trainee} excused absent, by school`) }).waitFor();
  await phone.check("both versions of a day");
  await phone.page.getByRole("button", { name: "Do it again on Muster’s version" }).click();
  await keep();
  await sent();
  await school.go(serial);
  assert.ok(await school.page.getByRole("group", { name: trainee }).getByLabel("Excused").isChecked());
  for (const visitor of [unit, school, phone]) {
    assert.deepEqual(visitor.wrong, []);
    await visitor.end();
  }
});

task("an auditor draws the picture at a past date and verifies the seal", "auditor", async ({ page, go, said, text }) => {
  await go("/");
  const now = await page.locator("#purposes tfoot").innerText();
  await page.getByLabel("As of").fill("2026-09-20");
  await page.getByRole("button", { name: "Show" }).click();
  await page.waitForURL(/as_of=2026-09-20/);
  assert.notEqual(await page.locator("#purposes tfoot").innerText(), now);
  await go("/oversight");
  await page.getByRole("button", { name: "Recompute everything" }).click();
  await said("All fits:");
  await page.getByRole("link", { name: "Downloads" }).click();
  await said("Download");
  assert.ok(!(await text()).includes("New account"));
});

task("an administrator onboards a nation", "admin", async ({ page, go, said, mark, look }) => {
  const nation = mark.startsWith("D") ? ["NZL", "New Zealand"] : ["AUS", "Australia"];
  await go("/records/parties/new");
  await page.locator("#f-code").fill(nation[0]);
  await page.locator("#f-name").fill(nation[1]);
  await page.locator("#f-kind").selectOption("nation");
  await page.locator("#f-country").fill(nation[0]);
  await page.getByRole("button", { name: "Save" }).click();
  await said("It was made.");
  await go("/administration");
  await page.getByLabel("Name").fill(nation[0].toLowerCase());
  await page.getByLabel("Party").fill(nation[0]);
  await page.getByLabel("Donor liaison").check();
  await page.getByRole("button", { name: "Save" }).click();
  const secret = (await page.locator(".said").innerText()).trim().split(" ").pop();
  const other = await Visitor.begin(browser, url, look);
  await other.signIn(nation[0].toLowerCase(), secret);
  assert.ok((await other.text()).includes(nation[1]));
  await other.end();
});

let done = 0;
try {
  // Another run on the same mission makes other records.
  const run = Date.now().toString(36).slice(-5).toUpperCase();
  for (const [mark, look] of [[`D${run}`, looks.light], [`P${run}`, looks["phone-dark"]]]) {
    for (const { name, who, steps } of tasks.filter(({ name }) => name.includes(only))) {
      const visitor = await Visitor.begin(browser, url, look);
      try {
        await visitor.signIn(who, known[who]);
        const said = async (...texts) => {
          for (const part of texts) {
            const there = visitor.page.waitForFunction((text) => document.body?.innerText.includes(text), part);
            const missing = async () => assert.fail(`“${part}” is not in:\n${(await visitor.text()).slice(0, 3_000)}`);
            await there.catch(missing);
          }
          await visitor.page.waitForLoadState();
        };
        const expect = async (status, act) => {
          visitor.expects = String(status);
          const answer = await act();
          visitor.expects = undefined;
          return answer;
        };
        await steps({ page: visitor.page, go: (path) => visitor.go(path), text: () => visitor.text(), said, expect, mark, look });
        assert.deepEqual(visitor.wrong.filter((text) => !/422|40\d/.test(text)), []);
        done += 1;
      } catch (error) {
        await visitor.page.screenshot({ path: join(folder, "failed.png") });
        throw new Error(`${mark}: ${name}: ${error.message}\n(picture: ${join(folder, "failed.png")})`, { cause: error });
      } finally {
        await visitor.end();
      }
    }
  }
} finally {
  await browser.close();
}
console.log(`tasks: ${done} done`);
