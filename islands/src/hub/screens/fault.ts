// Something broke: what, which one, what is wrong with it; and what became of what was reported here.
import { read, serialOf } from "../digits.ts";
import { button, el, field, form } from "../dom.ts";
import { blankFault, faultBody, URGENCIES, type Fault, type Held, type Order } from "../fault.ts";
import type { Frame, Screen } from "../frame.ts";
import type { Draft, Tracking } from "../model.ts";
import { number, say, when, word } from "../words.ts";
import { noSerial, photos } from "./count.ts";
import { discarding } from "./typed.ts";

/** Most of what is there that is named one by one. */
const NAMED = 500;

/** What was reported from this phone, the last first: what Muster does not know of yet, and what it says of the others. */
export function faults(frame: Frame): Node[] {
  const { phone } = frame;
  const card = (head: string, what: string, more: (string | null)[], tag: HTMLElement | null): HTMLElement => el("li", {}, el("div", { class: "card" }, el("strong", {}, head), el("span", {}, what), el("span", { class: "mu" }, more.filter(Boolean).join(" · ")), tag));
  const open = phone.deeds.filter((deed) => deed.kind === "fault" && deed.state !== "dropped" && !(deed.code && phone.orders.has(deed.code))).reverse();
  const told = [...phone.orders.values()].sort((a, b) => b.reported_at.localeCompare(a.reported_at));
  if (open.length + told.length === 0) return [];
  const thing = (one: { resource?: string; serial?: string; quantity?: number }): string => [phone.resource(one.resource ?? ""), one.serial || (one.quantity ? `× ${number(one.quantity)}` : "")].filter(Boolean).join(" ");
  const tag = (state: string): HTMLElement => el("span", { class: state === "refused" ? "tag bad" : "tag" }, say(state === "refused" ? "tag-conflict" : state === "done" ? "deed-done" : "tag-waiting"));
  return [
    el("h2", {}, say("reported-here")),
    el("ul", { class: "cards reported" },
      open.map((deed) => card(thing(deed.body), deed.body.symptom ?? "", [word(deed.body.urgency ?? ""), when(deed.at ?? deed.made), deed.code ?? null], tag(deed.state))),
      told.map((order: Order) => card(thing(order), order.symptom, [order.code, word(order.urgency), when(order.reported_at), order.facility && phone.placeName(order.facility)], el("span", { class: "tag on" }, word(order.state))))),
  ];
}

/** How something is named to whoever chooses it: what it is, who has it, how many. */
function named(frame: Frame, held: Held): string {
  return `${frame.phone.resource(held.resource)} – ${held.holder}: ${number(held.quantity)}`;
}

export function fault(frame: Frame): Screen {
  const { phone } = frame;
  const { catalogue } = phone;
  const begun = phone.begun("", "fault");
  const draft: Draft & { fault: Fault } = { kind: "fault", consignment: "", blind: false, lines: {}, things: [], photos: [], loaded: [], ...begun, fault: begun?.fault ?? blankFault() };
  const { fault } = draft;
  // The API takes one photograph: the last.
  const keep = (): Promise<void> => {
    draft.photos = draft.photos.slice(-1);
    begunHere.hidden = false;
    return phone.draft(draft);
  };
  /** How units are told apart; not known to who does not see the catalogue. */
  const how = (): Tracking | null => (catalogue.resources[fault.resource] ? (catalogue.tracking[fault.resource] ?? "quantity") : null);

  const what = el("select", {}, el("option", { value: "" }, "–"), catalogue.held.slice(0, NAMED).map((held) => el("option", { value: held.account }, named(frame, held))), el("option", { value: "other" }, say("fault-other")));
  const other = el("input", { list: "resources", maxlength: 200, autocomplete: "off", autocapitalize: "none", value: fault.account ? "" : fault.resource });
  const list = el("datalist", { id: "resources" }, Object.entries(catalogue.resources).slice(0, 2_000).map(([code, name]) => el("option", { value: code }, name)));
  const ofOther = el("div", {}, field(say("resource-code"), other, say("resource-hint")), list);
  const serial = el("input", { maxlength: 200, autocomplete: "off", autocapitalize: "characters", value: fault.serial });
  const scan = button(say("scan-serial"), async () => {
    const code = await frame.scan(say("scan-serial"));
    if (code === null) return;
    const said = serialOf(code);
    if ("no" in said) return frame.warn(noSerial(said.no, read(code).text));
    serial.value = fault.serial = said.serial;
    await keep();
  }, "quiet");
  const ofSerial = el("div", {}, field(say("serial"), serial), scan);
  const quantity = el("input", { type: "number", inputmode: "numeric", min: 1, value: fault.quantity, autocomplete: "off" });
  const ofNumber = el("div", {}, field(say("quantity-broken"), quantity, say("quantity-hint")));
  const symptom = el("textarea", { rows: 4, maxlength: 1_900, autocomplete: "off" });
  symptom.value = fault.symptom;
  const urgency = el("select", {}, URGENCIES.map((one) => el("option", { value: one }, word(one))));
  urgency.value = fault.urgency;

  // What the person chose, as far as it is still there.
  what.value = fault.account || (fault.resource ? (catalogue.held.find((held) => held.resource === fault.resource)?.account ?? "other") : "");
  if (what.value === "" && fault.resource !== "") what.value = "other";
  if (catalogue.held.length === 0) what.value = "other";
  const show = (): void => {
    ofOther.hidden = what.value !== "other";
    // What is in no account of this place is found by its serial number alone.
    const known = how();
    ofNumber.hidden = what.value === "" || what.value === "other" || (known !== null && known !== "quantity");
    ofSerial.hidden = what.value === "" || (what.value !== "other" && known === "quantity");
  };
  const chosen = (): Promise<void> => {
    const held = catalogue.held.find((one) => one.account === what.value);
    fault.resource = held?.resource ?? other.value.trim();
    fault.account = held?.account ?? "";
    show();
    return keep();
  };
  what.addEventListener("change", () => void chosen());
  other.addEventListener("input", () => void chosen());
  const typed = (input: HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement, set: (text: string) => void): void => {
    input.addEventListener("input", () => {
      set(input.value);
      void keep();
    });
  };
  typed(serial, (text) => (fault.serial = text.trim()));
  typed(quantity, (text) => (fault.quantity = Number(text)));
  typed(symptom, (text) => (fault.symptom = text));
  typed(urgency, (text) => (fault.urgency = text));
  show();

  const act = async (): Promise<string | null> => {
    // Who does not see the catalogue may name what is in it.
    const listed = Object.keys(catalogue.resources).length === 0 ? fault.resource !== "" : catalogue.resources[fault.resource] !== undefined;
    if (fault.account === "" && !listed) return say(what.value === "" ? "fault-what" : "resource-unknown");
    const said = serialOf(ofSerial.hidden ? "" : fault.serial);
    if ("no" in said) return noSerial(said.no, fault.serial);
    const which = said.serial;
    if (ofNumber.hidden && which === "") return say("fault-which");
    if (which === "" && !(Number.isSafeInteger(fault.quantity) && fault.quantity > 0)) return say("thing-wrong");
    if (fault.symptom.trim() === "") return say("fault-symptom");
    const body = faultBody({ ...fault, serial: which }, draft.photos[0]?.hash);
    const photographs = draft.photos.map(({ id, hash }) => ({ id, hash }));
    await phone.draft(draft);
    await phone.done({ kind: "fault", subject: "", path: "/api/v1/work-orders", body: { ...body, reason: say("reason-fault") }, photos: photographs });
    frame.tell(say("kept"));
    frame.go("#/problems");
    return null;
  };
  const begunHere = discarding(frame, draft, begun !== undefined);
  return {
    title: say("fault-new"), back: "#/problems",
    body: [
      el("p", {}, say("fault-hint")),
      form([catalogue.held.length > 0 ? field(say("fault"), what) : null, ofOther, ofSerial, ofNumber, field(say("symptom"), symptom, say("symptom-hint")), field(say("urgency"), urgency), photos(frame, draft, 0, keep)], say("keep"), act),
      begunHere,
    ],
  };
}
