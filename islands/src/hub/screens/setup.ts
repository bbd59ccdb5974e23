// Making a phone one of the hub's, opening it, and giving it away again.
import { ask, pages, signIn, signOut } from "../api.ts";
import { button, el, field, form } from "../dom.ts";
import type { Frame, Screen } from "../frame.ts";
import { addPasskey, usable } from "../passkeys.ts";
import { Phone } from "../phone.ts";
import type { Reply } from "../sync.ts";
import { WrongPin, type Person, type Session, type Vault } from "../vault.ts";
import { lasting, say, when } from "../words.ts";
import { pinSaid } from "./sign.ts";

/** Days for which a phone's token holds. */
const DAYS = 90;
const PIN = /^\d{6,12}$/;

export function pinField(): HTMLInputElement {
  return el("input", { type: "password", inputmode: "numeric", autocomplete: "off", minlength: 6, maxlength: 12, required: true });
}

interface Given {
  name: string;
  password: string;
  pin: string;
  again: string;
  serverPin: boolean;
  label: string;
}

/** Somebody who is on the phone now, or signed in anew. */
interface Enrolled {
  session: Session;
  name: string;
  token: string;
}

interface Enrolment {
  /** Somebody has the phone open. */
  within?: Session;
  /** Looks at what else was given, before anything is granted; gives what is wrong. */
  check?: () => Promise<string | null>;
  /** Keeps what was granted. */
  keep: (made: Enrolled) => Promise<void>;
}

type Give = (method: "POST" | "PUT" | "DELETE", path: string, body?: object) => Promise<Reply>;

/** Somebody signs in, and the phone gets a token and a signing key of theirs. Gives what went wrong, or who it was and whether there is a new key. */
async function enrol(vault: Vault, given: Given, { within, check, keep }: Enrolment): Promise<(Enrolled & { signs: boolean }) | string> {
  if (!PIN.test(given.pin)) return say("pin-form");
  if (given.pin !== given.again) return say("pin-differs");
  const signed = await signIn(given.name, given.password);
  if (typeof signed === "object") return signed.wait > 0 ? say("sign-in-wait", { x: lasting(signed.wait) }) : say("sign-in-wait-some");
  if (signed !== "in") return say(signed === "wrong" ? "sign-in-wrong" : "no-answer");
  try {
    const me = await ask({ as: "", method: "GET", path: "/api/v1/me" }, null);
    if (me.status !== 200) return say(me.status === 401 ? "sign-in-wrong" : "no-answer");
    const [name, party] = [String(me.body["name"]), String(me.body["party"] ?? "")];
    const wrong = await check?.();
    if (wrong) return wrong;
    const give: Give = (method, path, body) => ask({ as: "", method, path, ...(body ? { body: JSON.stringify(body) } : {}) }, null);
    const refused = ({ body }: Reply): string => String(body["detail"] ?? say("no-answer"));
    if (given.serverPin) {
      const set = await give("PUT", "/api/v1/me/pin", { pin: given.pin });
      if (set.status !== 204) return refused(set);
    }
    const granted = await give("POST", "/api/v1/me/tokens", { label: given.label, writes: true, days: DAYS });
    const token = granted.body["secret"];
    if (granted.status !== 201 || typeof token !== "string") return refused(granted);
    try {
      const session = await vault.enrol({ name, party }, given.pin, within);
      await keep({ session, name, token });
      return { session, name, token, signs: await signingKey(vault, name, { ...given, token: granted.body["token"] }, give).catch(() => false) };
    } catch (error) {
      // What is not kept here holds nowhere else.
      await give("DELETE", `/api/v1/me/tokens/${encodeURIComponent(String(granted.body["token"]))}`);
      throw error;
    }
  } finally {
    // No session stays on the phone beside the token.
    await signOut();
  }
}

/** Makes a signing key, which Muster knows as the token's and the phone keeps; gives whether there is one. */
async function signingKey(vault: Vault, name: string, { pin, label, token }: Given & { token: unknown }, give: Give): Promise<boolean> {
  const where = "/api/v1/me/signing-keys";
  const pair = await vault.newSigningKey(name, pin);
  if (!pair) return false;
  const added = await give("POST", where, { public_key: pair.publicKey, label, token, reason: say("reason-key") });
  const { key } = added.body;
  if (typeof key !== "string") return false;
  return pair.keep(key).then(() => true, async () => {
    await give("DELETE", `${where}/${encodeURIComponent(key)}`);
    return false;
  });
}

/** Only one page at a time makes something of an empty phone; null: another is at it. `waits`: until that one is done. */
export async function settingUp<T>(act: () => Promise<T>, waits = false): Promise<T | null> {
  return navigator.locks.request("muster-hub-set-up", { ifAvailable: !waits }, (lock) => (lock ? act() : null));
}

function credentials(): { parts: HTMLElement[]; given: () => { name: string; password: string; pin: string; again: string; serverPin: boolean } } {
  const name = el("input", { autocomplete: "username", maxlength: 64, required: true, autocapitalize: "none" });
  const password = el("input", { type: "password", autocomplete: "current-password", maxlength: 200, required: true });
  const [pin, again] = [pinField(), pinField()];
  const serverPin = el("input", { type: "checkbox" });
  return {
    parts: [field(say("name-field"), name), field(say("password"), password), field(say("pin-new"), pin, say("pin-form")), field(say("pin-again"), again), el("label", { class: "check" }, serverPin, " ", say("pin-server"))],
    given: () => ({ name: name.value.trim(), password: password.value, pin: pin.value, again: again.value, serverPin: serverPin.checked }),
  };
}

/** The first use: who, which place, which PIN. Needs the network. */
export function setUp(vault: Vault, opened: (session: Session, name: string, wrong?: string) => Promise<void>): Screen {
  const { parts, given } = credentials();
  const place = el("input", { maxlength: 64, autocapitalize: "characters", autocomplete: "off", required: true });
  const label = el("input", { maxlength: 60, autocomplete: "off" });
  /** There is such a place, as far as whoever signed in sees. */
  const check = async (code: string): Promise<string | null> => {
    const found = await pages<{ code: string }>(`/api/v1/records/places?limit=1000`, "records", null, 50_000);
    if (!Array.isArray(found)) return say("no-answer");
    return found.some((one) => one.code === code) ? null : say("place-unknown", { x: code });
  };
  const make = async (code: string): Promise<Awaited<ReturnType<typeof enrol>>> => {
    // Another page was quicker.
    if ((await vault.people()).length > 0) return say("elsewhere-hint");
    const named = say("phone-label", { x: [code, label.value.trim()].filter(Boolean).join(" ") });
    try {
      return await enrol(vault, { ...given(), label: named }, {
        check: () => check(code),
        keep: ({ session, name, token }) => Phone.begin(session, name, { place: code, label: named, blind: false, revoked: [] }, token),
      });
    } finally {
      // Whoever is on it otherwise could open nothing.
      await vault.undo();
    }
  };
  const act = async (): Promise<string | null> => {
    const code = place.value.trim();
    if (code === "") return say("place-missing");
    const made = await settingUp(() => make(code));
    if (made === null) return say("elsewhere-hint");
    if (typeof made === "string") return made;
    await opened(made.session, made.name, made.signs ? "" : say("unsigned-set-up"));
    return null;
  };
  return { title: say("set-up"), body: [el("p", {}, say("set-up-hint")), el("p", { class: "hint" }, say("second-person")), form([...parts, field(say("place"), place, say("place-hint")), field(say("label"), label, say("label-hint"))], say("set-up"), act)] };
}

/** Opens the phone for somebody who is enrolled. */
export function unlock(vault: Vault, people: Person[], opened: (session: Session, name: string) => Promise<void>, wiped: () => void): Screen {
  const who = el("select", {}, people.map((person) => el("option", { value: person.name }, person.name)));
  const pin = pinField();
  const act = async (): Promise<string | null> => {
    try {
      await opened(await vault.unlock(who.value, pin.value), who.value);
      return null;
    } catch (error) {
      pin.value = "";
      const said = pinSaid(error);
      // Who waits may have forgotten it.
      return error instanceof WrongPin && error.wait > 0 ? `${said} ${say(people.length > 1 ? "pin-forgotten" : "pin-forgotten-alone")}` : said;
    }
  };
  return { title: say("title"), body: [form([field(say("who"), who), field(say("pin"), pin)], say("unlock"), act), remove(vault, null, wiped)] };
}

/** Everything on the phone goes. It is asked for once, and says what would be lost. */
function remove(vault: Vault, waiting: number | null, wiped: () => void): HTMLElement {
  const sure = el("input", { type: "checkbox" });
  const go = button(say("remove-now"), async () => {
    if (!sure.checked) return;
    await vault.wipe();
    wiped();
  }, "danger");
  go.disabled = true;
  sure.addEventListener("change", () => (go.disabled = !sure.checked));
  return el("details", { class: "more" }, el("summary", {}, say("remove-phone")), el("p", {}, waiting ? say("remove-lost", { n: waiting }) : say("remove-hint")), el("label", { class: "check" }, sure, " ", say("remove-sure")), go);
}

export async function settings(frame: Frame, lock: () => void, wiped: () => void): Promise<Screen> {
  const { phone } = frame;
  const { about } = phone;
  const add = credentials();
  const admit = async (): Promise<string | null> => {
    const given = add.given();
    const known = (await phone.vault.people()).some((person) => person.name === given.name);
    // Who is there already gets a new token, and keeps their PIN only if it is the same.
    const made = await enrol(phone.vault, { ...given, label: about.label }, { within: phone.session, keep: ({ name, token }) => phone.admit(name, token) });
    if (typeof made === "string") return made;
    const done = say(known ? "renewed" : "admitted", { x: made.name });
    if (made.signs) frame.tell(done);
    else frame.warn(`${done} ${say("unsigned-anew", { x: made.name })}`);
    frame.redraw();
    return null;
  };
  const people = await phone.vault.people();
  const shared = people.length > 1;
  const passkeys = people.filter((person) => person.name === phone.me).flatMap((person) => usable(person, shared));
  const [pin, label] = [pinField(), el("input", { maxlength: 200, autocomplete: "off", required: true, value: about.label })];
  const addPasskeyNow = async (): Promise<string | null> => {
    try {
      const said = await addPasskey(phone, pin.value, label.value.trim());
      if ("wrong" in said) return said.wrong;
      frame.tell(said.done);
      frame.redraw();
      return null;
    } catch (error) {
      return pinSaid(error);
    }
  };
  const blind = el("input", { type: "checkbox", checked: about.blind, onchange: (): Promise<void> => phone.settings({ blind: blind.checked }) });
  return {
    title: say("phone"),
    body: [
      el("dl", {}, el("dt", {}, say("place")), el("dd", {}, phone.placeName(about.place)), el("dt", {}, say("who")), el("dd", {}, phone.me), el("dt", {}, say("fetched")), el("dd", {}, phone.fetched ? when(phone.fetched) : say("never")), el("dt", {}, say("known-as")), el("dd", {}, about.label)),
      el("div", { class: "acts" }, button(say("fetch-now"), () => phone.sync(true)), button(say("lock"), lock, "quiet")),
      el("label", { class: "check" }, blind, " ", say("blind-always")),
      shared ? null : el("p", { class: "hint" }, say("second-person")),
      el("details", { class: "more", open: about.revoked.includes(phone.me) }, el("summary", {}, say("add-person")), el("p", {}, say("add-person-hint")), form(add.parts, say("add-person"), admit)),
      el(
        "details", { class: "more" },
        el("summary", {}, say("add-passkey")),
        el("p", {}, say("add-passkey-hint")),
        shared ? el("p", {}, say("passkey-apart")) : null,
        passkeys.length > 0 ? el("p", {}, say("passkeys-n", { n: passkeys.length })) : null,
        form([field(say("pin"), pin), field(say("passkey-label"), label, say("passkey-label-hint"))], say("add-passkey"), addPasskeyNow),
      ),
      remove(phone.vault, phone.waiting().length + phone.refused().length, wiped),
    ].filter((part) => part !== null),
  };
}
