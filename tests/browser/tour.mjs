// Every page, as somebody who may see it, in light and dark, at the width of a desk, a tablet and a phone: that everybody can use it and that it
// asks nobody else. With SHOTS=1 it also writes the pictures of docs/screenshots.
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { launch, looks, passwords, Visitor } from "./site.mjs";

const url = new URL(process.argv[2]);
const known = await passwords(process.argv[3]);
const only = process.argv[4];
const shots = process.env.SHOTS ? new URL("../../docs/screenshots/", import.meta.url) : null;
if (shots) await mkdir(shots, { recursive: true });

/** Name of the picture, who looks, address; after `›` the beginning of the first link there that is followed. */
const pages = [
  ["sign-in", null, "/sign-in"],
  ["public", null, "/"],
  ["overview", "coordinator", "/"],
  ["needs", "coordinator", "/needs"],
  ["requirements", "coordinator", "/records/requirements?sort=-priority"],
  ["requirement", "coordinator", "/records/requirements/R-001"],
  ["merge", "coordinator", "/records/requirements/R-001/merge"],
  ["split", "ukraine", "/records/requirements/R-001/split"],
  ["package", "coordinator", "/records/packages/P-01"],
  ["offers", "coordinator", "/offers"],
  ["offer", "coordinator", "/records/offers/O-JPN-01"],
  ["offer-edit", "japan", "/records/offers/O-JPN-01/edit"],
  ["offer-new", "japan", "/records/offers/new"],
  ["plans", "coordinator", "/plan"],
  ["plan", "coordinator", "/plan/P-001"],
  ["what-if", "coordinator", "/plan/P-001/what-if"],
  ["movements", "movement", "/movements"],
  ["conveyance", "movement", "/movements › /movements/M-"],
  ["consignments", "movement", "/consignments"],
  ["consignment-new", "movement", "/consignments/new?from=NODE-WEST&days=200"],
  ["consignment", "movement", "/consignments?state=under_way › /consignments/C-"],
  ["delivered", "coordinator", "/delivered"],
  ["passed", "movement", "/passed?place=NODE-WEST&from=2026-09-07"],
  ["captured", "coordinator", "/captured"],
  ["variances", "movement", "/variances"],
  ["variance", "movement", "/variances › /variances/V-"],
  ["end-use", "coordinator", "/end-use"],
  ["losses", "coordinator", "/losses"],
  ["unit", "coordinator", "/end-use › /end-use/"],
  ["units", "coordinator", "/units"],
  ["unit-anywhere", "coordinator", "/units › /end-use/"],
  ["return", "coordinator", "/returns"],
  ["repair", "repair", "/repair"],
  ["training", "training", "/training"],
  ["serial", "training", "/training/serials/TRUCK-26-1"],
  ["instructors", "training", "/records/instructors"],
  ["nomination", "training", "/training/serials/TRUCK-26-0 › /training/nominations/"],
  ["work-order", "repair", "/repair › /repair/W-"],
  ["fund", "fund", "/records/funds/REPAIR-FUND"],
  ["partners", "coordinator", "/partners"],
  ["participation", "coordinator", "/records/participations/PART-JPN"],
  ["party", "coordinator", "/records/parties/JPN"],
  ["places", "movement", "/places"],
  ["place", "movement", "/records/places/BEANR"],
  ["lanes", "movement", "/records/lanes"],
  ["catalogue", "coordinator", "/catalogue"],
  ["item", "coordinator", "/records/items/SANDBAG"],
  ["journal", "auditor", "/journal"],
  ["oversight", "auditor", "/oversight"],
  ["administration", "admin", "/administration?user=japan"],
  ["account", "japan", "/account"],
  ["import", "japan", "/import"],
  ["search", "coordinator", "/search?q=truck"],
  ["donor-overview", "japan", "/"],
  ["donor-offers", "japan", "/offers"],
];

/** Pictures that are kept besides those in light at the width of a desk. */
const KEPT = new Set(["overview-dark", "overview-phone", "plan-dark", "offer-phone"]);

const browser = await launch();
let checked = 0;
const faults = [];
try {
  // In the dark at the width of a phone the tasks are done.
  for (const [look, how] of Object.entries(looks).filter(([look]) => look !== "phone-dark")) {
    const visitors = new Map();
    for (const [name, who, path] of pages) {
      if (only && only !== name) continue;
      if (!visitors.has(who)) {
        const visitor = await Visitor.begin(browser, url, how);
        if (who) await visitor.signIn(who, known[who]);
        visitors.set(who, visitor);
      }
      const visitor = visitors.get(who);
      const [address, first] = path.split(" › ");
      let status = await visitor.go(address);
      if (first) status = await visitor.go(await visitor.page.locator(`main a[href^="${first}"]`).first().getAttribute("href"));
      if (status !== 200) throw new Error(`${name}: ${path} answers ${status}`);
      await visitor.page.waitForFunction(() => [...document.querySelectorAll("figure.island")].every((f) => f.querySelector("svg")));
      if (shots && (look === "light" || KEPT.has(`${name}-${look}`))) await visitor.page.screenshot({ path: new URL(`${name}-${look}.png`, shots).pathname, fullPage: false });
      try {
        await visitor.check(`${name} (${look})`);
      } catch (error) {
        faults.push(error.message);
        visitor.wrong.length = 0;
      }
      checked += 1;
    }
    for (const visitor of visitors.values()) await visitor.end();
  }
  assert.deepEqual(faults, []);
  // The first page comes to little, but for the map's outlines.
  const signedIn = await Visitor.begin(browser, url, looks.light);
  await signedIn.signIn("coordinator", known.coordinator);
  const newcomer = await Visitor.begin(browser, url, looks.light);
  await newcomer.context.addCookies(await signedIn.context.cookies());
  await signedIn.end();
  const sizes = [];
  newcomer.page.on("requestfinished", (request) => {
    if (!request.url().includes("/assets/outlines.")) sizes.push(request.sizes().then((size) => size.responseBodySize));
  });
  await newcomer.go("/");
  await newcomer.page.waitForFunction(() => [...document.querySelectorAll("figure.island")].every((f) => f.querySelector("svg")));
  const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  assert.ok(bytes > 10_000 && bytes < 100_000, `the first page takes ${bytes} bytes`);
  await newcomer.end();
  // The keyboard reaches the content first, the search by its key; what is not there is told.
  const visitor = await Visitor.begin(browser, url, looks.light);
  await visitor.signIn("coordinator", known.coordinator);
  await visitor.go("/needs");
  await visitor.page.keyboard.press("Tab");
  assert.equal(await visitor.page.evaluate(() => document.activeElement.textContent), "Skip to the content");
  await visitor.page.keyboard.press("/");
  assert.equal(await visitor.page.evaluate(() => document.activeElement.id), "find");
  await visitor.page.keyboard.type("vest");
  await visitor.page.keyboard.press("Enter");
  await visitor.page.waitForURL(/\/search\?q=vest/);
  await visitor.go("/needs");
  const all = await visitor.page.locator("table.needs tbody tr").count();
  await visitor.page.getByLabel("Text").fill("point 5");
  await visitor.page.getByRole("button", { name: "Filter" }).click();
  await visitor.page.waitForURL(/q=point\+5/);
  const some = await visitor.page.locator("table.needs tbody tr").count();
  assert.ok(some > 0 && some < all, `the filter leaves ${some} of ${all}`);
  visitor.expects = "404";
  assert.equal(await visitor.go("/nowhere"), 404);
  await visitor.check("not found");
  await visitor.end();
} finally {
  await browser.close();
}
console.log(`tour: ${checked} pages looked at`);
