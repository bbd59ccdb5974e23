// The overview in a browser, in light and dark, at the width of a desk and of a phone.
import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const url = new URL(process.argv[2]);
const axe = await readFile(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");
const shots = process.env.SHOTS ? new URL("../../docs/screenshots/", import.meta.url) : null;

const looks = [
  { name: "light", colorScheme: "light", viewport: { width: 1280, height: 1600 } },
  { name: "dark", colorScheme: "dark", viewport: { width: 1280, height: 1600 } },
  { name: "phone", colorScheme: "light", viewport: { width: 390, height: 1600 } },
  { name: "phone-dark", colorScheme: "dark", viewport: { width: 390, height: 1600 } },
];

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});

/** Opens the overview and gathers what it should not do. */
async function open({ colorScheme, viewport }, path = "/") {
  const context = await browser.newContext({ colorScheme, viewport, locale: "en-GB" });
  const page = await context.newPage();
  const wrong = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) wrong.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => wrong.push(`error: ${error}`));
  page.on("request", (request) => {
    const asked = new URL(request.url());
    if (asked.protocol !== "data:" && asked.origin !== url.origin) wrong.push(`asks ${asked.origin}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) wrong.push(`${response.status()} ${response.url()}`);
  });
  await page.goto(new URL(path, url).href);
  return { context, page, wrong };
}

/** The page with axe, which the page's own policy would not let in. */
async function violations(page) {
  await page.evaluate(axe);
  const result = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return result.violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(" | ")}`);
}

let checks = 0;
const check = (actual, expected, what) => {
  assert.deepEqual(actual, expected, what);
  checks += 1;
};

try {
  for (const look of looks) {
    const { context, page, wrong } = await open(look);
    check(await page.locator("h1").innerText(), "Overview", "the page's heading");
    assert.match(await page.locator(".top").innerText(), /Muster\s+\S.{5}/, "the mission's name");
    check(await page.getByText("Made up").isVisible(), true, "what is invented is marked");
    const purposes = await page.locator("#purposes tbody tr").count();
    assert.ok(purposes >= 3, `${purposes} purposes`);
    const needs = await page.locator("#needs tbody tr").count();
    assert.ok(needs >= 20, `${needs} needs`);
    assert.ok((await page.locator("#limits tbody tr").count()) >= 1, "limits of the plan");
    assert.match(await page.locator("#plan").innerText(), /first come, first served/i, "the plan's comparison");
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    check(overflow, 0, `${look.name}: the page is wider than the window`);
    if (shots && look.name !== "phone-dark") {
      await mkdir(shots, { recursive: true });
      await page.screenshot({ path: fileURLToPath(new URL(`overview-${look.name}.png`, shots)) });
    }
    check(await violations(page), [], `${look.name}: accessibility`);
    check(wrong, [], `${look.name}: nothing goes wrong`);
    await context.close();
  }

  {
    const { context, page, wrong } = await open(looks[0]);
    const all = await page.locator("#needs tbody tr").count();
    await page.keyboard.press("Tab");
    check(await page.evaluate(() => document.activeElement.textContent), "Skip to the content", "the first stop of the keyboard");
    await page.getByLabel("Text").fill("point 5");
    await page.getByRole("button", { name: "Filter" }).click();
    await page.waitForURL(/q=point\+5/);
    const some = await page.locator("#needs tbody tr").count();
    assert.ok(some > 0 && some < all, `the filter leaves ${some} of ${all}`);
    check(await page.getByLabel("Text").inputValue(), "point 5", "what was typed is kept");
    check(await violations(page), [], "filtered: accessibility");
    await page.getByRole("link", { name: "Show all" }).click();
    await page.waitForURL((address) => address.search === "");
    check(await page.locator("#needs tbody tr").count(), all, "all again");
    check(wrong, [], "filtering: nothing goes wrong");
    await context.close();
  }

  {
    const { context, page } = await open(looks[0], "/nowhere");
    check(await page.locator("h1").innerText(), "There is no such page", "an address that is wrong");
    check(await violations(page), [], "not found: accessibility");
    await context.close();
  }
  console.log(`overview: ${checks} checks passed`);
} finally {
  await browser.close();
}
