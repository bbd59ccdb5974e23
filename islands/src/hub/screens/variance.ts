// What came with no papers, and what is counted blind until it is known what it is.
import { blindCount } from "../again.ts";
import { lotOf, read, serialOf, serialsOf } from "../digits.ts";
import { draftKey } from "../drafts.ts";
import { button, el, field, form, swap } from "../dom.ts";
import type { Frame, Screen } from "../frame.ts";
import type { Body, Draft, Variance } from "../model.ts";
import { number, say, when, word } from "../words.ts";
import { entryOf, noSerial } from "./count.ts";
import { discarding, typed } from "./typed.ts";

function begin(kind: "unmanifested" | "count", consignment: string): Draft {
  return { kind, consignment, blind: false, lines: {}, things: [], photos: [], loaded: [] };
}

/** Serial numbers of what was found, typed or scanned. `of`: how many there are. */
function serialsFound(frame: Frame, draft: Draft, of: () => number): { made: HTMLElement; show: () => void; take: () => boolean } {
  const entry = entryOf(draft, 0);
  const list = el("ul", { class: "plain serials" });
  const told = el("p", { class: "mu", role: "status" });
  const wrong = el("p", { class: "wrong", role: "alert", hidden: true });
  const show = (): void => {
    told.textContent = say("serials-of", { n: entry.serials.length, all: number(of()) });
    swap(list, ...entry.serials.map((serial) => el("li", {}, serial, " ", button(say("remove"), () => {
      entry.serials = entry.serials.filter((one) => one !== serial);
      show();
      return frame.phone.draft(draft);
    }, "quiet small", say("remove-of", { x: serial })))));
  };
  const take = (serials: string[], not: string[]): boolean => {
    entry.serials = [...new Set([...entry.serials, ...serials])];
    wrong.textContent = not.join(" ");
    wrong.hidden = not.length === 0;
    show();
    void frame.phone.draft(draft);
    return not.length === 0;
  };
  const input = typed(frame, draft, "serial", el("input", { autocomplete: "off", autocapitalize: "characters", maxlength: 200 }));
  // Also if nobody pressed Add.
  const takeTyped = (): boolean => {
    const { serials, not } = serialsOf(input.value);
    // What is refused stays to be put right.
    input.value = not.map(({ text }) => text).join(" ");
    (draft.said ??= {})["serial"] = input.value;
    return take(serials, not.map(({ no, text }) => noSerial(no, text)));
  };
  const scan = button(say("scan-serial"), async () => {
    const code = await frame.scan(say("scan-serial"));
    if (code === null) return;
    const said = serialOf(code);
    if ("no" in said) take([], [noSerial(said.no, read(code).text)]);
    else if (said.serial !== "") take([said.serial], []);
  }, "quiet");
  show();
  return { made: el("div", {}, told, scan, el("div", { class: "row" }, field(say("serial"), input), button(say("add"), takeTyped, "quiet")), wrong, list), show, take: takeTyped };
}

/** Something came that belongs to no consignment. */
export function unmanifested(frame: Frame): Screen {
  const { phone } = frame;
  const begun = phone.begun("", "unmanifested");
  const draft = begun ?? begin("unmanifested", "");
  const kept = <F extends HTMLInputElement>(name: string, input: F): F => typed(frame, draft, name, input);
  const what = kept("what", el("input", { maxlength: 500, autocomplete: "off", required: true }));
  const quantity = kept("quantity", el("input", { type: "number", inputmode: "numeric", min: 1, value: 1, required: true, autocomplete: "off" }));
  const list = el("datalist", { id: "resources" }, Object.entries(phone.catalogue.resources).slice(0, 2_000).map(([code, name]) => el("option", { value: code }, name)));
  const resource = kept("resource", el("input", { list: "resources", maxlength: 200, autocomplete: "off" }));
  const remark = kept("remark", el("input", { maxlength: 900, autocomplete: "off" }));
  const lot = kept("lot", el("input", { maxlength: 200, autocomplete: "off" }));
  const serials = serialsFound(frame, draft, () => Number(quantity.value));
  const ofLot = field(say("lot"), lot, say("lot-hint"));
  /** By what its units are told apart: without their names, Muster does not take what is known to have some. */
  const tracking = (): string => phone.catalogue.tracking[resource.value.trim()] ?? "quantity";
  const hint = el("p", { class: "hint", role: "status" });
  const show = (): void => {
    const how = tracking();
    ofLot.hidden = how !== "lot";
    serials.made.hidden = how !== "serial";
    hint.hidden = how === "quantity";
    hint.textContent = how === "serial" ? say("thing-by-serial") : how === "lot" ? say("thing-by-lot") : "";
    serials.show();
  };
  resource.addEventListener("input", show);
  quantity.addEventListener("input", show);
  show();
  const act = async (): Promise<string | null> => {
    const [n, of, how] = [Number(quantity.value), resource.value.trim(), tracking()];
    if (what.value.trim() === "" || !Number.isSafeInteger(n) || n < 1) return say("thing-wrong");
    if (of && !phone.catalogue.resources[of]) return say("resource-unknown");
    if (how === "serial" && !serials.take()) return say("serial-first");
    const names = entryOf(draft, 0).serials;
    if (how === "serial" && names.length !== n) return say("thing-serials", { n: names.length, all: number(n) });
    if (how === "lot" && lotOf(lot.value) === "") return say("thing-by-lot");
    const body: Body = { at: "", place: phone.about.place, description: what.value.trim(), quantity: n, reason: say("reason-unmanifested") };
    if (of) body.resource = of;
    if (how === "serial") body.serials = names;
    if (how === "lot") body.lot = lotOf(lot.value);
    if (remark.value.trim()) body.remark = remark.value.trim();
    await phone.done({ kind: "unmanifested", subject: "", path: "/api/v1/variances", body });
    frame.tell(say("kept"));
    frame.go("#/problems");
    return null;
  };
  const away = discarding(frame, draft, begun !== undefined);
  const made = form([field(say("thing-what"), what, say("thing-hint")), field(say("quantity"), quantity), field(say("resource"), resource, say("resource-hint")), list, hint, ofLot, serials.made, field(say("remark"), remark)], say("keep"), act);
  made.addEventListener("input", () => (away.hidden = false));
  return { title: say("unmanifested"), back: "#/problems", body: [el("p", {}, say("unmanifested-hint")), made, away] };
}

/** Counts what is in quarantine, without being told what others counted. */
export function variance(frame: Frame, found: Variance): Screen {
  const { phone } = frame;
  const about = blindCount(found.code, phone.me);
  const begun = phone.begun(about, "count");
  const draft = begun ?? begin("count", about);
  const quantity = typed(frame, draft, "quantity", el("input", { type: "number", inputmode: "numeric", min: 0, required: true, autocomplete: "off" }));
  const remark = typed(frame, draft, "remark", el("input", { maxlength: 900, autocomplete: "off" }));
  const act = async (): Promise<string | null> => {
    const n = Number(quantity.value);
    if (quantity.value === "" || !Number.isSafeInteger(n) || n < 0) return say("count-wrong");
    const body: Body = { at: "", quantity: n, reason: say("reason-count") };
    if (remark.value.trim()) body.remark = remark.value.trim();
    await phone.done({ kind: "count", subject: found.code, path: `/api/v1/variances/${encodeURIComponent(found.code)}/count`, body }, [], draftKey(draft.kind, about));
    frame.tell(say("kept"));
    frame.go("#/problems");
    return null;
  };
  const counted = phone.deeds.some((deed) => deed.subject === found.code && deed.by === phone.me && deed.state !== "dropped" && deed.state !== "refused");
  const what = found.description || (found.resource ? phone.resource(found.resource) : "");
  const made = form([el("p", {}, say("blind-hint")), field(say("quantity"), quantity), field(say("remark"), remark)], say("keep"), act);
  const away = discarding(frame, draft, begun !== undefined);
  made.addEventListener("input", () => (away.hidden = false));
  return {
    title: word(found.kind), back: "#/problems",
    body: [
      el("h2", {}, what),
      el("p", { class: "mu" }, `${found.code} · ${found.consignment ?? "–"} · ${say("due", { x: when(found.due_at) })}`),
      found.remark ? el("p", {}, found.remark) : el("p", {}),
      ...(counted ? [el("p", { class: "said" }, say("counted-already"))] : [made]),
      away,
    ],
  };
}
