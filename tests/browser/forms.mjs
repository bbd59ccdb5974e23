// What the pages' script does with forms, in a real browser and without a server: sent twice they are one request, and what is too large
// is told of before it is sent.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { launch } from "./site.mjs";

const script = await readFile(fileURLToPath(new URL("../../crates/web/assets/app.js", import.meta.url)), "utf8");
const HOST = "http://forms.test";
const PAGE = `<!doctype html><title>Forms</title><script src="/app.js" defer></script>
<main id="main" data-most-file="1000" data-most-files="1500" data-file-large="is too large" data-files-large="Together too large">
<form id="one" method="post" action="/done" enctype="multipart/form-data"><input name="method" value="book value"><input type="file" name="photo" multiple><button name="deed" value="x">One</button></form>
<form id="two" method="post" action="/done"><button name="deed" value="y">Two</button></form>
<form id="find" method="get" action="/found"><input name="q" value="x"><button>Find</button></form></main>`;

const browser = await launch();
try {
  const page = await (await browser.newContext()).newPage();
  const sent = [];
  let answer = () => {};
  await page.route(`${HOST}/**`, async (route) => {
    const request = route.request();
    const path = new URL(request.url()).pathname;
    if (path === "/app.js") return route.fulfill({ contentType: "text/javascript", body: script });
    if (request.method() === "POST") {
      sent.push(request.postData() ?? "");
      await new Promise((resolve) => (answer = resolve));
      return route.fulfill({ contentType: "text/html", body: "<title>Done</title>" });
    }
    return route.fulfill({ contentType: "text/html", body: path === "/" ? PAGE : `<title>${request.url()}</title>` });
  });
  const once = (body) => /once(?:=|"\r\n\r\n)([0-9a-f]{32})/.exec(body)?.[1];
  const arrive = async () => {
    while (sent.length === 0) await page.waitForTimeout(20);
    await page.waitForTimeout(200);
    return sent.splice(0);
  };

  // A second click sends nothing, even where a field is called as what a form has of its own.
  await page.goto(`${HOST}/`);
  await page.locator("#one button").evaluate((button) => { button.click(); button.click(); });
  const first = await arrive();
  assert.equal(first.length, 1, "a form is sent once");
  const name = once(first[0]);
  assert.ok(name, first[0]);
  answer();
  await page.waitForFunction(() => document.title === "Done");

  // Whoever goes back and sends it again means another request, and so does another form.
  await page.goBack();
  await page.locator("#one button").click({ noWaitAfter: true });
  const [again] = await arrive();
  assert.ok(once(again) && once(again) !== name, "another request has another name");
  answer();
  await page.waitForFunction(() => document.title === "Done");
  await page.goto(`${HOST}/`);
  const names = await page.evaluate(() => ["one", "two", "one"].map((id) => new FormData(document.getElementById(id)).get("once")));
  assert.equal(names[0], names[2]);
  assert.notEqual(names[0], names[1]);

  // What only asks has no name.
  await page.locator("#find button").click();
  await page.waitForURL(/found/);
  assert.equal(new URL(page.url()).search, "?q=x");

  // One file too large, and too many.
  await page.goto(`${HOST}/`);
  const file = (label, size) => ({ name: label, mimeType: "image/png", buffer: Buffer.alloc(size) });
  for (const [files, told] of [[[file("a.png", 1001)], "a.png: is too large"], [[file("a.png", 900), file("b.png", 900)], "Together too large"]]) {
    await page.locator("input[type=file]").setInputFiles(files);
    await page.locator("#one button").click();
    assert.equal(await page.locator("#one [role=alert]").textContent(), told);
  }
  assert.deepEqual(sent, [], "nothing was sent");
  await page.locator("input[type=file]").setInputFiles([file("a.png", 900)]);
  await page.locator("#one button").click({ noWaitAfter: true });
  assert.equal((await arrive()).length, 1, "what fits is sent");
  answer();
} finally {
  await browser.close();
}
console.log("forms: sent once, told what is too large");
