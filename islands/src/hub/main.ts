// The page of a hub's phone: opens what the phone keeps, shows screens by the address after `#`, and sends when there is a network.
import { overdue } from "./clock.ts";
import { button, el, renew, stayOpen, tell } from "./dom.ts";
import { read } from "./digits.ts";
import type { Frame, Screen } from "./frame.ts";
import { Phone } from "./phone.ts";
import { room } from "./room.ts";
import { askForCode } from "./scan.ts";
import { count, countLine, opened, type CountKind } from "./screens/count.ts";
import { consignment, list, problems } from "./screens/lists.ts";
import { fault } from "./screens/fault.ts";
import { outbox } from "./screens/outbox.ts";
import { attendance, school, serial } from "./screens/school.ts";
import { settings, settingUp, setUp, unlock } from "./screens/setup.ts";
import { sign, type SignedKind } from "./screens/sign.ts";
import { unmanifested, variance } from "./screens/variance.ts";
import { inspect, load, ready } from "./screens/work.ts";
import { Vault, type Session } from "./vault.ts";
import { diskSaid, say, speak, when } from "./words.ts";

const host = document.getElementById("hub") as HTMLElement;
speak(JSON.parse(host.dataset["words"] ?? "{}") as Record<string, string>);
const where = { scan: host.dataset["scan"] ?? "", wasm: host.dataset["wasm"] ?? "" };

const place = el("strong");
const state = el("span", { class: "state", role: "status" });
const facts = el("small");
const find = button(say("scan"), scanned);
const revoked = el("p", { class: "wrong", role: "alert", hidden: true });
const lost = el("p", { class: "wrong", role: "alert", hidden: true });
const space = el("p", { class: "hint", hidden: true });
const bar = el("header", { class: "bar" }, el("div", {}, place, state, facts), find, revoked, lost, space);
const main = el("main", { id: "main", tabindex: -1 });
const tabs = el("nav", { "aria-label": say("nav") });
const toast = el("div", { role: "status" });
const warning = el("div", { role: "alert" });
host.replaceChildren(bar, main, tabs, toast, warning);

/** How long the page may be out of sight until the PIN is asked for again, in milliseconds. */
const LOCK_AFTER = 10 * 60_000;
/** How long the database may take to open until that is said, in milliseconds. */
const OPENS_IN = 8_000;

let vault: Vault;
let phone: Phone | null = null;
let shown: Screen | null = null;
let turn = 0;
let hiding: ReturnType<typeof setTimeout> | undefined;
/** What is wrong with the room for data, by the name of a text. */
let narrow: Awaited<ReturnType<typeof room>> = "";
/** There is a new version of the page. */
let update: HTMLElement | undefined;

const frame: Frame = {
  get phone() {
    if (!phone) throw new Error("the phone is locked");
    return phone;
  },
  go: (address) => {
    if (location.hash === address) void show();
    else location.hash = address;
  },
  redraw: () => void show("again"),
  warn: (text) => {
    clearTimeout(hiding);
    toast.replaceChildren();
    warning.replaceChildren(el("p", { class: "toast bad" }, text, " ", button(say("read"), unwarn)));
  },
  tell: (text) => {
    unwarn();
    toast.replaceChildren(el("p", { class: "toast" }, text));
    clearTimeout(hiding);
    hiding = setTimeout(() => toast.replaceChildren(...(update ? [update] : [])), 4_000);
  },
  scan: (title) => askForCode(where, title, (code) => opened(frame, code) !== null),
};

/** What went wrong was read. */
function unwarn(): void {
  warning.replaceChildren();
  toast.replaceChildren(...(update ? [update] : []));
}

const TABS = [["in", "tab-in"], ["out", "tab-out"], ["problems", "tab-problems"], ["school", "tab-school"], ["outbox", "tab-outbox"], ["phone", "tab-phone"]] as const;

/** The screen of an address. */
async function screen(parts: string[]): Promise<Screen> {
  const [first = "in", second = "", third = "", fourth = ""] = parts;
  switch (first) {
    case "out":
      return list(frame, "out");
    case "problems":
      return problems(frame);
    case "outbox":
      return outbox(frame);
    case "phone":
      return settings(frame, lock, () => location.replace("/hub"));
    case "new":
      return unmanifested(frame);
    case "fault":
      return fault(frame);
    case "school":
      return school(frame);
    case "s":
      return third ? attendance(frame, second, third) : serial(frame, second);
    case "v": {
      const found = frame.phone.variances.find((one) => one.code === second);
      return found ? variance(frame, found) : problems(frame);
    }
    case "c": {
      const found = frame.phone.view(second);
      if (!found) return list(frame, "in");
      if (fourth === "sign" && third in { arrive: 1, receive: 1, depart: 1 }) return sign(frame, found, third as SignedKind);
      if ((third === "arrive" || third === "receive") && fourth) return countLine(frame, found, third, Number(fourth));
      if (third === "arrive" || third === "receive") return count(frame, found, third satisfies CountKind);
      if (third === "ready") return ready(frame, found);
      if (third === "depart") return load(frame, found);
      if (third === "inspect") return inspect(frame, found);
      return consignment(frame, found);
    }
    default:
      return list(frame, "in");
  }
}

/** Shows the screen of the address: a new one, the same `again`, or what `changed` of it. */
async function show(how: "new" | "again" | "changed" = "new"): Promise<void> {
  if (!phone) return;
  const mine = (turn += 1);
  const parts = location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  const next = await screen(parts);
  if (mine !== turn) return;
  shown = next;
  status();
  const top = window.scrollY;
  put(next, how);
  marked(["c", "fault", "new", "s", "v"].includes(parts[0] ?? "") ? "" : parts[0] || "in");
  if (how !== "new") return window.scrollTo(0, top);
  if (warning.childElementCount > 0) unwarn();
  window.scrollTo(0, 0);
  main.focus({ preventScroll: true });
}

/** The ways to the other screens; the one that is shown is marked. */
function marked(name: string): void {
  if (tabs.childElementCount === 0) tabs.replaceChildren(...TABS.map(([to, text]) => el("a", { href: `#/${to}` }, say(text), el("span", { class: "count", hidden: true }))));
  const open = (phone?.waiting().length ?? 0) + (phone?.refused().length ?? 0);
  for (const [n, [to]] of TABS.entries()) {
    const link = tabs.children[n] as HTMLElement;
    if (to === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
    // Few teach.
    link.hidden = to === "school" && !phone?.teaches();
    const count = link.querySelector("span") as HTMLElement;
    count.hidden = to !== "outbox" || open === 0;
    tell(count, count.hidden ? "" : String(open));
  }
}

function put(next: Screen, how: "new" | "again" | "changed" = "new"): void {
  const head = el("div", { class: "head" }, next.back ? el("a", { class: "back", href: next.back, "aria-label": say("back") }, "‹") : null, el("h1", {}, next.title));
  const nodes = [head, ...next.body];
  if (how === "changed") stayOpen(main, nodes);
  // What is as it was stays: somebody may be about to press it.
  const same = how === "changed" && nodes.map((node) => (node as Element).outerHTML).join("") === main.innerHTML;
  if (how === "new") main.replaceChildren(...nodes);
  else if (!same) renew(main, ...nodes);
  // What is being worked on is not told to who sees the list of pages, or what the browser remembers of them.
  document.title = say("name");
}

/** Above everything: which place, how old the work is, what waits, and the scanner. */
function status(): void {
  find.hidden = !phone;
  if (!phone) {
    tell(place, say("title"));
    tell(state, "");
    tell(facts, "");
    for (const one of [revoked, lost, space]) one.hidden = true;
    return;
  }
  const { about, busy, trouble } = phone;
  const [waiting, refused] = [phone.waiting().length, phone.refused().length];
  tell(place, phone.placeName(about.place));
  tell(state, busy ? say(busy) : refused > 0 ? say("conflicts-n", { n: refused }) : waiting > 0 ? say("unsent-n", { n: waiting }) : say("all-sent"));
  state.className = `state ${refused > 0 || about.revoked.length > 0 ? "bad" : waiting > 0 ? "warn" : ""}`;
  tell(facts, [phone.fetched ? say("as-of", { x: when(phone.fetched) }) : say("never"), trouble].filter(Boolean).join(" · "));
  tell(revoked, about.revoked.length > 0 ? say("revoked", { x: about.revoked.join(", ") }) : "");
  revoked.hidden = about.revoked.length === 0;
  tell(lost, phone.lost ? say("draft-lost", { x: phone.lost }) : "");
  lost.hidden = phone.lost === "";
  tell(space, narrow ? say(narrow) : "");
  space.hidden = narrow === "";
}

/** Asks for room, and says if there is little, or none that stays. */
async function measure(asks: boolean): Promise<void> {
  narrow = await room(asks);
  status();
}

async function scanned(): Promise<void> {
  const code = await frame.scan(say("scan-any"));
  if (code === null) return;
  const { text, wrong } = read(code);
  // What is known here is found, also if it looks like something else.
  const found = opened(frame, code);
  if (found) frame.go(`#/c/${encodeURIComponent(found)}`);
  else frame.warn(say(wrong ? "check-digit-wrong" : "nothing-found", { x: text }));
}

/** The phone changed: what shows it is drawn anew, unless somebody is typing on it. */
let drawing = false;
function changed(): void {
  status();
  if (drawing || !shown?.live) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    if (shown?.live) void show("changed");
  });
}

/** Nothing of the phone is shown any more. It is over when all of it is on the disk. */
async function leave(next: Screen): Promise<void> {
  const closing = phone?.close();
  phone = null;
  shown = null;
  turn += 1;
  for (const box of document.querySelectorAll("dialog")) box.close();
  unwarn();
  tabs.replaceChildren();
  status();
  put(next);
  await closing;
}

async function lock(): Promise<void> {
  await leave({ title: say("title"), body: [] });
  location.reload();
}

/** Opens the phone for somebody, and says what went wrong with that. */
async function open(session: Session, name: string, wrong = ""): Promise<void> {
  // One page at a time knows what is on the phone; another that is opened takes over.
  void navigator.locks.request("muster-hub-page", { steal: true }, () => new Promise(() => undefined)).catch(elsewhere);
  phone = await Phone.load(vault, session, name, changed);
  // It was being set up when it stopped.
  if (!phone) {
    await settingUp(() => vault.undo(), true);
    return start();
  }
  await show();
  if (wrong) frame.warn(wrong);
  void measure(true);
  void phone.sync(true);
}

function elsewhere(): void {
  void leave({ title: say("elsewhere"), body: [el("p", {}, say("elsewhere-hint")), button(say("use-here"), () => location.reload())] });
}

async function start(): Promise<void> {
  status();
  tabs.replaceChildren();
  const people = await vault.people();
  put(people.length === 0 ? setUp(vault, open) : unlock(vault, people, open, () => location.replace("/hub")));
}

async function register(): Promise<void> {
  const registration = await navigator.serviceWorker?.register("/hub/sw.js", { scope: "/hub", updateViaCache: "none" });
  if (!registration) return;
  const offer = (): void => {
    if (!registration.waiting || !navigator.serviceWorker.controller) return;
    const load = button(say("update-now"), () => {
      navigator.serviceWorker.addEventListener("controllerchange", () => void lock());
      registration.waiting?.postMessage("take over");
    });
    update = el("p", { class: "toast" }, say("update"), " ", load);
    toast.replaceChildren(update);
  };
  registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", offer));
  offer();
}

addEventListener("hashchange", () => void show());
addEventListener("online", () => void phone?.sync(true));
// A phone that lies somewhere locks itself; where its timers stand still meanwhile, as soon as it is looked at.
let locking: ReturnType<typeof setTimeout> | undefined;
let hidden: number | null = null;
document.addEventListener("visibilitychange", () => {
  clearTimeout(locking);
  if (document.visibilityState !== "visible") {
    hidden ??= Date.now();
    locking = setTimeout(() => phone && void lock(), LOCK_AFTER);
    return;
  }
  const late = hidden !== null && overdue(hidden, Date.now(), LOCK_AFTER);
  hidden = null;
  if (phone && late) void lock();
  else {
    phone?.soon(0);
    if (phone) void measure(false);
  }
});
if (!globalThis.isSecureContext || !globalThis.indexedDB || !globalThis.crypto?.subtle) {
  put({ title: say("title"), body: [el("p", { class: "wrong" }, say("not-secure"))] });
} else {
  // The page is brought up to date also where it cannot open what it keeps.
  void register().catch(() => undefined);
  const closed = (why: string): void => put({ title: say("title"), body: [el("p", { class: "wrong", role: "alert" }, say("disk-closed", { x: why })), button(say("load-again"), () => location.reload())] });
  // Some browsers never say what became of it.
  const late = setTimeout(() => closed(say("disk-late")), OPENS_IN);
  await Vault.open().then(async (opened) => {
    clearTimeout(late);
    vault = opened;
    await start();
  }).catch((error: unknown) => {
    clearTimeout(late);
    closed(diskSaid(error));
  });
}
