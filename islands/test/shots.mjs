// Writes pictures of the gallery into a folder, for people to look at: node test/shots.mjs FOLDER
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { launch, looks } from "./browser.mjs";
import { serve } from "./server.mjs";

const folder = process.argv[2];
if (!folder) throw new Error("usage: node test/shots.mjs FOLDER");
await mkdir(folder, { recursive: true });
const [server, browser] = [await serve(), await launch()];
try {
  for (const look of looks) {
    const page = await browser.newPage({ colorScheme: look.colorScheme, viewport: look.viewport, locale: "en-GB" });
    page.on("console", (message) => console.log(look.name, message.text()));
    page.on("pageerror", (error) => console.log(look.name, error));
    await page.goto(server.url);
    await page.waitForSelector(".map .land");
    await page.screenshot({ path: join(folder, `${look.name}.png`), fullPage: true });
    for (const view of ["Europe", "The mission"]) {
      await page.getByRole("button", { name: view }).click();
      await page.waitForTimeout(200);
      await page.locator("figure[data-island=map]").screenshot({ path: join(folder, `${look.name}-${view.replace(" ", "-")}.png`) });
    }
    await page.getByRole("slider").fill("12");
    await page.waitForTimeout(200);
    await page.locator("figure[data-island=map]").screenshot({ path: join(folder, `${look.name}-week.png`) });
    for (const figure of ["stages", "donors", "load", "met", "courses"]) {
      await page.locator(`figure[data-source=${figure}]`).screenshot({ path: join(folder, `${look.name}-${figure}.png`) });
    }
    await page.close();
  }
} finally {
  await browser.close();
  server.stop();
}
