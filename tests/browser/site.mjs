// What the browser tests share: a browser, sign-ins of the demonstration, and what no page may do.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const axe = await readFile(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");

export const looks = {
  light: { colorScheme: "light", viewport: { width: 1280, height: 900 } },
  dark: { colorScheme: "dark", viewport: { width: 1280, height: 900 } },
  tablet: { colorScheme: "light", viewport: { width: 820, height: 1180 } },
  phone: { colorScheme: "light", viewport: { width: 390, height: 844 } },
  "phone-dark": { colorScheme: "dark", viewport: { width: 390, height: 844 } },
};

/** How long anything may take before it counts as not happening, in milliseconds: machines may be busy. */
export const PATIENCE = 60_000;

/** A browser that asks nobody but us. */
export const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export async function launch() {
  return chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: flags,
  });
}

/** That everybody can use a page, and that it did nothing wrong so far. */
export async function usable(page, wrong, what) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  const violations = found.violations.map((v) => `${v.id}: ${v.help} – ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 200)).join(" | ")}`);
  assert.deepEqual(violations, [], `${what}: axe`);
  assert.deepEqual(wrong, [], what);
  const wide = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(wide[0] <= wide[1], `${what}: the page is ${wide[0]} px wide in a window of ${wide[1]}`);
}

/** The passwords that the demonstration printed, by name. */
export async function passwords(log) {
  const text = await readFile(log, "utf8");
  return Object.fromEntries([...text.matchAll(/^ {2}(\w+) +([a-z2-9]{16}) {3}/gm)].map(([, name, password]) => [name, password]));
}

/** A visitor with a look, who notes everything a page does that it should not. */
export class Visitor {
  static async begin(browser, url, look) {
    const context = await browser.newContext({ ...look, locale: "en-GB", acceptDownloads: true });
    const visitor = new Visitor();
    Object.assign(visitor, { context, url, wrong: [], page: await context.newPage() });
    const { page, wrong } = visitor;
    page.setDefaultTimeout(PATIENCE);
    page.on("console", (message) => {
      if (!["error", "warning"].includes(message.type())) return;
      // What the server refuses on purpose is told by the browser as well.
      if (/status of (4\d\d)|(ERR_INTERNET_DISCONNECTED)/.test(message.text()) && [RegExp.$1, RegExp.$2].includes(visitor.expects)) return;
      wrong.push(`console: ${message.text()}`);
    });
    page.on("pageerror", (error) => wrong.push(`error: ${error}`));
    page.on("request", (request) => {
      if (new URL(request.url()).origin !== url.origin && !request.url().startsWith("data:") && !request.url().startsWith("blob:")) {
        wrong.push(`asked ${request.url()}`);
      }
    });
    return visitor;
  }

  async go(path) {
    const response = await this.page.goto(new URL(path, this.url).href, { waitUntil: "load" });
    return response.status();
  }

  async signIn(name, password) {
    await this.go("/sign-in");
    await this.page.fill("#name", name);
    await this.page.fill("#password", password);
    await this.page.click("button[type=submit]");
    await this.page.waitForURL((address) => !address.pathname.startsWith("/sign-in"));
  }

  text() {
    return this.page.evaluate(() => document.body.innerText);
  }

  /** That everybody can use the page, and that it did nothing wrong so far. */
  async check(what) {
    await usable(this.page, this.wrong, what);
  }

  async end() {
    await this.context.close();
  }
}
