// Making a phone one of the hub's, opening it, and giving it away again.
import { ask, pages, signIn, signOut } from "../api.ts";
import { button, el, field, form } from "../dom.ts";
import type { Frame, Screen } from "../frame.ts";
import { addPasskey, usable } from "../passkeys.ts";
import { Phone } from "../phone.ts";
import type { Reply } from "../sync.ts";
import type { Person, Session, Vault } from "../vault.ts";
import { say, when } from "../words.ts";
import { pinSaid } from "./sign.ts";

/** Days for which a phone's token holds. */
const DAYS = 90;
const PIN = /^\d{6,12}$/;

export function pinField(): HTMLInputElement {
  return el("input", { type: "password", inputmode: "numeric", autocomplete: "off", minlength: 6, maxlength: 12, required: true });
}

/** Somebody signs in, and the phone gets a token and a signing key of theirs. Gives what went wrong. */
async function enrol(vault: Vault, given: { name: string; password: string; pin: string; again: string; serverPin: boolean; label: string }, within?: Session): Promise<{ session: Session; name: string; token: string } | string> {
  if (!PIN.test(given.pin)) return say("pin-form");
  if (given.pin !== given.again) return say("pin-differs");
  const signed = await signIn(given.name, given.password);
  if (signed === null) return say("no-answer");
  if (!signed) return say("sign-in-wrong");
  try {
    const me = await ask({ as: "", method: "GET", path: "/api/v1/me" }, null);
    if (me.status !== 200) return say(me.status === 401 ? "sign-in-wrong" : "no-answer");
    const [name, party] = [String(me.body["name"]), String(me.body["party"] ?? "")];
    const give = (method: "POST" | "PUT", path: string, body: object): ReturnType<typeof ask> => ask({ as: "", method, path, body: JSON.stringify(body) }, null);
    const refused = ({ body }: Reply): string => String(body["detail"] ?? say("no-answer"));
    if (given.serverPin) {
      const set = await give("PUT", "/api/v1/me/pin", { pin: given.pin });
      if (set.status !== 204) return refused(set);
    }
    const granted = await give("POST", "/api/v1/me/tokens", { label: given.label, writes: true, days: DAYS });
    const token = granted.body["secret"];
    if (granted.status !== 201 || typeof token !== "string") return refused(granted);
    const session = await vault.enrol({ name, party }, given.pin, within);
    const pair = await vault.newSigningKey(name, given.pin);
    if (pair) {
      const added = await give("POST", "/api/v1/me/signing-keys", { public_key: pair.publicKey, label: given.label, token: granted.body["token"], reason: say("reason-key") });
      if (typeof added.body["key"] === "string") await pair.keep(added.body["key"]);
    }
    return { session, name, token };
  } finally {
    // No session stays on the phone beside the token.
    await signOut();
  }
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
export function setUp(vault: Vault, opened: (session: Session, name: string) => Promise<void>): Screen {
  const { parts, given } = credentials();
  const place = el("input", { maxlength: 64, autocapitalize: "characters", autocomplete: "off", required: true });
  const label = el("input", { maxlength: 60, autocomplete: "off" });
  const act = async (): Promise<string | null> => {
    const code = place.value.trim();
    if (code === "") return say("place-missing");
    // Another page was quicker.
    if ((await vault.people()).length > 0) return say("elsewhere-hint");
    const named = say("phone-label", { x: [code, label.value.trim()].filter(Boolean).join(" ") });
    let begun = false;
    try {
      const made = await enrol(vault, { ...given(), label: named });
      if (typeof made === "string") return made;
      const found = await pages<{ code: string }>(`/api/v1/records/places?limit=1000`, "records", made.token, 50_000);
      if (!Array.isArray(found)) return say("no-answer");
      if (!found.some((one) => one.code === code)) return say("place-unknown", { x: code });
      await Phone.begin(made.session, made.name, { place: code, label: named, blind: false, revoked: [] }, made.token);
      begun = true;
      await opened(made.session, made.name);
      return null;
    } finally {
      // Whoever is on it otherwise could open nothing.
      if (!begun) await vault.wipe();
    }
  };
  return { title: say("set-up"), body: [el("p", {}, say("set-up-hint")), form([...parts, field(say("place"), place, say("place-hint")), field(say("label"), label, say("label-hint"))], say("set-up"), act)] };
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
      return pinSaid(error);
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
    const made = await enrol(phone.vault, { ...given, label: about.label }, phone.session);
    if (typeof made === "string") return made;
    await phone.admit(made.name, made.token);
    frame.tell(say(known ? "renewed" : "admitted", { x: made.name }));
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
    ],
  };
}
