// Phones in a browser, each with a Muster of its own, for tests of the page and of its parts.
import { after, before } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { launch } from "./browser.mjs";
import { Muster, serve } from "./phone-server.mjs";

export const PIN = "482913";
/** How long anything may take before it counts as not happening, in milliseconds: machines may be busy. */
export const PATIENCE = 60_000;

/** Comes back when something is so; whoever waits in vain is told. */
export async function until(what, is) {
  for (const end = Date.now() + PATIENCE; Date.now() < end; await sleep(20)) if (await is()) return;
  throw new Error(`in vain: ${what}`);
}

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

/** A phone of its own, with a Muster of its own. It ends with the test. */
export async function phone(t, ...consignments) {
  const muster = new Muster();
  for (const one of consignments) muster.consignments.set(one.code, one);
  const server = await serve(muster);
  const context = await browser.newContext({ viewport: { width: 390, height: 844 } });
  context.setDefaultTimeout(PATIENCE);
  t.after(async () => {
    await context.close();
    server.stop();
  });
  const wrong = [];
  const open = async (path) => {
    const page = await context.newPage();
    page.on("pageerror", (error) => wrong.push(String(error)));
    await page.goto(server.url + path);
    return page;
  };
  return { muster, context, open, wrong };
}

/** The phone's parts, with somebody who is enrolled: in the page as `hub`, `vault`, `session` and `phone`; `act` does something to a consignment that somebody saw. */
export async function parts(t, ...consignments) {
  const made = await phone(t, ...consignments);
  const page = await made.open("/parts");
  await page.evaluate(async ([pin, patience]) => {
    const { Phone, Vault, speak } = globalThis.hub;
    speak(JSON.parse(document.getElementById("hub").dataset.words));
    const vault = await Vault.open();
    const session = await vault.enrol({ name: "olena", party: "OP" }, pin);
    await Phone.begin(session, "olena", { place: "H", label: "gate 1", blind: false, revoked: [] }, "muster_secret");
    const load = () => Phone.load(vault, session, "olena", () => undefined);
    // The phone begins by itself, too.
    const still = async () => {
      const end = Date.now() + patience;
      do await new Promise((done) => setTimeout(done, 20));
      while (phone.busy && Date.now() < end);
      if (phone.busy) throw new Error(`it is ${phone.busy} still`);
    };
    const sync = async (all) => {
      await still();
      await phone.sync(all);
      await still();
    };
    const act = (kind, seen, lines) => phone.done({ kind, subject: seen.code, saw: globalThis.hub.essence(seen, kind), path: `/api/v1/consignments/${seen.code}/${kind}`, body: { at: "", version: seen.version, reason: "test", lines } });
    Object.assign(globalThis, { vault, session, load, sync, act, phone: await load() });
  }, [PIN, PATIENCE]);
  return { ...made, page };
}

export async function fill(page) {
  for (const [label, text] of [["Name", "olena"], ["Password", "secret"], ["PIN for this phone", PIN], ["The PIN again", PIN], ["Place", "H"]]) await page.getByLabel(label, { exact: true }).fill(text);
  await page.getByRole("button", { name: "Set up this phone" }).click();
}

/** The page itself, set up and open. */
export async function ready(t, ...consignments) {
  const made = await phone(t, ...consignments);
  const page = await made.open("/hub");
  await fill(page);
  await page.getByText("Work as of").waitFor();
  return { ...made, page };
}

export const PICTURE = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");

/** The page ends, as when the phone needs its memory, and is opened again where it was. */
export async function again(page) {
  await page.reload();
  await page.getByLabel("PIN", { exact: true }).fill(PIN);
  await page.getByRole("button", { name: "Open" }).click();
}
