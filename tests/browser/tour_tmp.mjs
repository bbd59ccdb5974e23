// Every page, as somebody who may see it, in light and dark, at the width of a desk and of a phone: that everybody can use it and that it
// asks nobody else. With SHOTS=1 it also writes the pictures of docs/screenshots.
import { mkdir } from "node:fs/promises";
import { launch, looks, passwords, Visitor } from "./site.mjs";

const url = new URL(process.argv[2]);
const known = await passwords(process.argv[3]);
const only = process.argv[4];
const shots = process.env.SHOTS ? new URL("file:///tmp/shots/") : null;
if (shots) await mkdir(shots, { recursive: true });

/** Name of the picture, who looks, address. */
const pages = [
  ["sign-in", null, "/sign-in"],
  ["public", null, "/"],
  ["overview", "coordinator", "/"],
  ["needs", "coordinator", "/needs"],
  ["requirements", "coordinator", "/records/requirements?sort=-priority"],
  ["requirement", "coordinator", "/records/requirements/R-001"],
  ["package", "coordinator", "/records/packages/P-01"],
  ["offers", "coordinator", "/offers"],
  ["offer", "coordinator", "/records/offers/O-JPN-01"],
  ["offer-edit", "japan", "/records/offers/O-JPN-01/edit"],
  ["offer-new", "japan", "/records/offers/new"],
  ["plans", "coordinator", "/plan"],
  ["plan", "coordinator", "/plan/P-001"],
  ["movements", "movement", "/movements"],
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

const browser = await launch();
let checked = 0;
try {
  for (const [look, how] of Object.entries(looks).filter(([l]) => !process.env.LOOK || l === process.env.LOOK)) {
    const visitors = new Map();
    for (const [name, who, path] of pages) {
      if (only && only !== name) continue;
      if (!visitors.has(who)) {
        const visitor = await Visitor.begin(browser, url, how);
        if (who) await visitor.signIn(who, known[who]);
        visitors.set(who, visitor);
      }
      const visitor = visitors.get(who);
      const status = await visitor.go(path);
      if (status !== 200) throw new Error(`${name}: ${path} answers ${status}`);
      await visitor.page.waitForFunction(() => [...document.querySelectorAll("figure.island")].every((f) => f.querySelector("svg")));
      if (shots) await visitor.page.screenshot({ path: new URL(`${name}-${look}.png`, shots).pathname, fullPage: true });
      try { await visitor.check(`${name} (${look})`); } catch (e) { console.log(e.message.split("\n").slice(0,14).join("\n")); visitor.wrong.length=0; }
      checked += 1;
    }
    for (const visitor of visitors.values()) await visitor.end();
  }
} finally {
  await browser.close();
}
console.log(`tour: ${checked} pages looked at`);
