// The gallery in a browser, under the policy that pages have: in light and dark, at the width of a desk and of a phone.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { launch, looks } from "./browser.mjs";
import { serve } from "./server.mjs";

const axe = await readFile(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");
let server;
let browser;
before(async () => ([server, browser] = [await serve(), await launch()]));
after(async () => {
  await browser?.close();
  server?.stop();
});

/** Opens a page and gathers what it should not do. */
async function open({ colorScheme, viewport }, path = "/") {
  const page = await browser.newPage({ colorScheme, viewport, locale: "en-GB", hasTouch: viewport.width < 500 });
  const wrong = [];
  page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("dialog", (dialog) => (wrong.push("a dialog"), dialog.dismiss()));
  await page.addInitScript(() => {
    globalThis.refused = [];
    document.addEventListener("securitypolicyviolation", (event) =>
      globalThis.refused.push(`${event.violatedDirective} ${event.blockedURI}`),
    );
  });
  await page.goto(server.url + path);
  const refused = () => page.evaluate(() => globalThis.refused);
  return { page, wrong, refused };
}

/** Pairs of words in one picture that lie on each other. */
function overlaps(page) {
  return page.evaluate(() => {
    const found = [];
    for (const svg of document.querySelectorAll("figure svg[role=img]")) {
      const words = [...svg.querySelectorAll("text")].map((text) => ({
        text: text.firstChild?.textContent,
        box: text.getBoundingClientRect(),
      }));
      words.forEach((a, n) => {
        for (const b of words.slice(n + 1)) {
          const across = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
          const down = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
          if (across > 1 && down > 2) found.push(`${svg.getAttribute("aria-label")}: "${a.text}" on "${b.text}"`);
        }
      });
    }
    return found;
  });
}

const frames = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
const ground = (page) => page.locator(".map .ground").getAttribute("transform");

for (const look of looks) {
  test(`${look.name}: every picture is there, legible and accessible`, async () => {
    const { page, wrong, refused } = await open(look);
    await page.waitForSelector(".map .land");
    const labels = await page.locator("figure svg[role=img]").evaluateAll((all) => all.map((svg) => svg.getAttribute("aria-label")));
    const wanted = await page.locator("figure[data-island]").evaluateAll((all) => all.map((figure) => figure.dataset.label));
    assert.deepEqual(labels, wanted);
    assert.equal(await page.locator("figure details table").count(), wanted.length, "the tables stay");
    assert.ok((await page.locator(".map .names .name").count()) >= 8, "names on the map");
    for (const view of ["Europe", "The mission", "All"]) {
      assert.deepEqual(await overlaps(page), [], "words on words");
      await page.getByRole("button", { name: view }).click();
      await frames(page);
    }
    const [wide, window] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
    assert.equal(wide, window, "the page is not wider than the window");
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
    assert.deepEqual(
      violations.map(
        (each) =>
          `${each.id}: ${each.nodes
            .slice(0, 2)
            .map((node) => node.html.slice(0, 160))
            .join(" | ")}`,
      ),
      [],
    );
    assert.deepEqual([...wrong, ...(await refused())], []);
    await page.close();
  });
}

test("names that are not what they seem are shown as they are", async () => {
  const { page, wrong, refused } = await open(looks[0], "/hostile");
  await page.waitForSelector(".map .land");
  assert.equal(await page.locator("figure svg[role=img]").count(), 7);
  assert.equal(await page.locator("img, figure script").count(), 0);
  assert.equal(await page.locator("figure .go, figure a").count(), 0, "no link leads elsewhere");
  assert.match(await page.locator(".sankey svg text").first().textContent(), /^<img/);
  assert.equal(await page.title(), "Gallery · Muster");
  assert.deepEqual([...wrong, ...(await refused())], []);
  await page.close();
});

test("where data are wrong, the table stays and nothing else breaks", async () => {
  const { page, wrong, refused } = await open(looks[0], "/broken");
  await frames(page);
  assert.equal(await page.locator(".island:not(.ruler)").count(), 0);
  assert.equal(await page.getByText("kept").count(), 7);
  assert.deepEqual([...wrong, ...(await refused())], []);
  await page.close();
});

test("a picture of little or nothing breaks nothing", async () => {
  const { page, wrong, refused } = await open(looks[0], "/least");
  await page.waitForSelector(".map .land");
  assert.equal(await page.locator("figure svg[role=img]").count(), 7);
  assert.equal(await page.locator(".map .name").count(), 1);
  assert.deepEqual([...wrong, ...(await refused())], []);
  await page.close();
});

test("two fingers move and enlarge the map, one finger scrolls the page over it", async () => {
  const { page } = await open(looks[2]);
  await page.waitForSelector(".map .land");
  await page.locator(".map .view").scrollIntoViewIfNeeded();
  const { x, y } = await page.locator(".map .view").boundingBox();
  const touch = await page.context().newCDPSession(page);
  const fingers = (type, ...points) =>
    touch.send("Input.dispatchTouchEvent", { type, touchPoints: points.map(([dx, dy], id) => ({ x: x + dx, y: y + dy, id })) });
  const last = await ground(page);
  await fingers("touchStart", [120, 100], [200, 100]);
  for (const n of [10, 20, 30]) await fingers("touchMove", [120 - n, 100], [200 + n, 100]);
  await fingers("touchEnd");
  await frames(page);
  const scale = (transform) => Number(/scale\((.*)\)/.exec(transform)?.[1] ?? 1);
  assert.ok(scale(await ground(page)) > scale(last) * 1.3, `${last} to ${await ground(page)}`);
  assert.equal(await page.locator(".map .view svg").evaluate((svg) => getComputedStyle(svg).touchAction), "pan-y");
  await page.close();
});

test("the map is moved by buttons, keys, wheel and pointer, and the page's own scrolling is left alone", async () => {
  const { page, wrong } = await open(looks[0]);
  await page.waitForSelector(".map .land");
  const view = page.locator(".map .view");
  await view.scrollIntoViewIfNeeded();
  const { x, y, width, height } = await view.boundingBox();
  await page.mouse.move(x + width / 2, y + height / 2);
  let last = await ground(page);
  const changed = async (what, yes = true) => {
    await frames(page);
    const now = await ground(page);
    assert.equal(now !== last, yes, what);
    last = now;
  };
  await page.mouse.wheel(0, 40);
  await changed("the wheel alone scrolls the page", false);
  await page.keyboard.down("Control");
  await page.mouse.wheel(0, -200);
  await page.keyboard.up("Control");
  await changed("control and wheel");
  assert.equal(await page.locator(".map button[aria-pressed=true]").count(), 0, "no view is shown as a whole any more");
  await page.getByRole("button", { name: "Zoom in" }).click();
  await changed("the button");
  await view.focus();
  for (const key of ["+", "-", "ArrowLeft", "ArrowDown", "0"]) {
    await page.keyboard.press(key);
    await changed(key);
  }
  await page.keyboard.press("+");
  await changed("+ again");
  const now = await view.boundingBox();
  await page.mouse.move(now.x + 300, now.y + 40);
  await page.mouse.down();
  await page.mouse.move(now.x + 360, now.y + 60, { steps: 4 });
  await page.mouse.up();
  await changed("the pointer");
  assert.deepEqual(wrong, []);
  await page.close();
});

test("a click leads to what is shown", async () => {
  const { page } = await open(looks[0]);
  await page.locator(".heatmap .go").first().click();
  await page.waitForURL(/\/limits\/0$/);
  await page.close();
});

test("the slider shows one period after another, from the keyboard too", async () => {
  const { page } = await open(looks[0]);
  const slider = page.getByRole("slider", { name: "Week" });
  const whole = await page.locator(".map .lanes").innerHTML();
  await slider.focus();
  await page.keyboard.press("ArrowRight");
  await frames(page);
  assert.equal(await page.locator(".map output").innerText(), "Week 1");
  assert.equal(await slider.getAttribute("aria-valuetext"), "Week 1");
  assert.notEqual(await page.locator(".map .lanes").innerHTML(), whole);
  await page.close();
});

test("a bar is dragged to other days, which are looked at; where it lies now, it leads to what it is", async () => {
  const { page, wrong } = await open(looks[0]);
  const [first, second] = await page.locator(".grip").all();
  await first.scrollIntoViewIfNeeded();
  const day = await page.evaluate(() => {
    const [svg, bar] = [document.querySelector(".timeline svg"), document.querySelector(".grip")];
    // Nineteen days are as long as the bar.
    return bar.getBoundingClientRect().width / 19 / (svg.getBoundingClientRect().width / svg.viewBox.baseVal.width);
  });
  const drag = async (grip, days, drop = true) => {
    const { x, y, width, height } = await grip.boundingBox();
    await page.mouse.move(x + width / 2, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(x + width / 2 + days * day, y + height / 2 + 30, { steps: 5 });
    if (drop) await page.mouse.up();
  };
  const said = page.locator(".timeline [role=status]");
  await drag(first, 10, false);
  assert.match(await said.innerText(), /^8 seats short: 1 – 19 Oct 2026|^8 seats short: 1 Oct – 19 Oct 2026/);
  await page.keyboard.press("Escape");
  assert.equal(await said.innerText(), "");
  await page.mouse.up();
  await frames(page);
  assert.equal(new URL(page.url()).pathname, "/", "what was given up leads nowhere");
  await drag(second, -7);
  await page.waitForURL(/\/courses\/40\?start=2026-10-05$/);
  await page.goBack();
  await page.locator(".grip").first().click();
  await page.waitForURL(/\/courses\/31$/);
  // The gallery has no such pages.
  assert.deepEqual(wrong.filter((text) => !text.includes("404")), []);
  await page.close();
});

test("a bar is shifted by keys; one is reached by Tab, the others from there", async () => {
  const { page } = await open(looks[2]);
  const focused = () => page.evaluate(() => document.activeElement.textContent + document.activeElement.getAttribute("aria-label"));
  await page.locator(".grip").first().focus();
  await page.keyboard.press("ArrowDown");
  assert.match(await focused(), /^30 of 30, 12 – 23 Oct 2026/);
  assert.equal(await page.locator(".grip[tabindex='0']").count(), 1);
  for (const key of ["ArrowRight", "Shift+ArrowRight", "ArrowLeft", "Shift+ArrowLeft", "ArrowLeft"]) await page.keyboard.press(key);
  assert.match(await page.locator(".timeline [role=status]").innerText(), /^30 of 30: 11 – 22 Oct 2026/);
  await page.keyboard.press("Escape");
  assert.equal(await page.locator(".timeline [role=status]").innerText(), "");
  await page.keyboard.press("Shift+ArrowRight");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/courses\/40\?start=2026-10-19$/);
  await page.close();
});

test("pictures follow the width of the page", async () => {
  const { page } = await open(looks[0]);
  await page.waitForSelector(".map .land");
  await page.setViewportSize({ width: 700, height: 900 });
  await frames(page);
  await page.waitForFunction(() => [...document.querySelectorAll("figure svg[role=img]")].every((svg) => svg.viewBox.baseVal.width < 700));
  assert.deepEqual(await overlaps(page), []);
  await page.close();
});
