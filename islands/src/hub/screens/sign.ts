// The end of a count or a departure: who hands over and who takes over sign, and the deed is kept.
import { el, field, form } from "../dom.ts";
import type { Frame, Screen } from "../frame.ts";
import { byLot, bySerial, essence, found, isUnseen, nameOf, signedText, type Body, type Consignment, type CountedLine, type Deed, type Draft, type Parts, type Side, type Signer } from "../model.ts";
import { consignmentNotes } from "../notes.ts";
import { signByPasskey, usable } from "../passkeys.ts";
import { path } from "../sync.ts";
import { WrongPin, type Person } from "../vault.ts";
import { head, lasting, number, say, when } from "../words.ts";
import { count, counts, difference, draftOf, isCounted, MOST_THINGS, thingsOf } from "./count.ts";
import { typed } from "./typed.ts";
import { load } from "./work.ts";

const MILESTONES = { arrive: "arrived_at_node", receive: "received_by_unit", depart: "departed" } as const;
/** Most photographs that the server takes with signatures; others stand with their lines. */
const MOST_PHOTOS = 50;
export type SignedKind = keyof typeof MILESTONES;
/** What stands before a name that signs by a passkey. */
const PASSKEY = "passkey ";

/** Why a PIN was not taken. */
export function pinSaid(error: unknown): string {
  if (!(error instanceof WrongPin)) throw error;
  return error.wait > 0 ? say("pin-wait", { x: lasting(error.wait) }) : say("pin-wrong");
}

/** Somebody who signs: by their key and PIN, by a passkey, or on paper. All but the PIN is kept with the draft; a paper holds for the `text` that there was to sign. */
function signer(frame: Frame, draft: Draft, text: string, people: Person[], side: Side, mine: boolean): { node: HTMLElement; sign: (text: string, photos: Deed["photos"]) => Promise<Signer | string> } {
  const able = people.filter((person) => person.signing);
  const shared = people.length > 1;
  const keyed = people.map((person) => ({ person, passkeys: usable(person, shared) })).filter(({ passkeys }) => passkeys.length > 0);
  const named = ({ name, party }: Person): string => `${name} (${party})`;
  const kept = <F extends HTMLInputElement | HTMLSelectElement>(of: string, input: F): F => typed(frame, draft, `${side} ${of}`, input);
  // No name has a blank.
  const who = el(
    "select", {},
    ...able.map((person) => el("option", { value: person.name }, say("by-pin", { x: named(person) }))),
    ...keyed.map(({ person }) => el("option", { value: `${PASSKEY}${person.name}` }, say("by-passkey", { x: named(person) }))),
    el("option", { value: "" }, say("on-paper")),
  );
  who.value = mine && able.some((person) => person.name === frame.phone.me) ? frame.phone.me : "";
  kept("by", who);
  // Who was chosen may no longer sign so.
  if (who.selectedIndex < 0) who.value = "";
  const pin = el("input", { type: "password", inputmode: "numeric", autocomplete: "off", maxlength: 12 });
  const name = kept("name", el("input", { maxlength: 200, autocomplete: "off" }));
  const party = kept("party", el("input", { maxlength: 200, autocomplete: "off" }));
  const photo = el("input", { type: "file", accept: "image/*", capture: "environment" });
  const paper = el("p", { class: "mu", role: "status" });
  const [byKey, byPaper] = [field(say("pin"), pin), el("div", {}, field(say("signer-name"), name), field(say("signer-party"), party), field(say("signer-photo"), photo), paper)];
  /** The photograph is kept as soon as it is there. */
  let keeping: Promise<string> = Promise.resolve("");
  photo.addEventListener("change", () => {
    const file = photo.files?.[0];
    if (!file) return;
    keeping = frame.phone.photograph(file).then(async (one) => {
      draft.papers = { ...draft.papers, [side]: { ...one, text } };
      await frame.phone.draft(draft);
      return "";
    }).catch((error: Error) => error.message);
    void keeping.then((wrong) => {
      if (wrong) frame.warn(wrong);
      photo.value = "";
      show();
    });
  });
  const show = (): void => {
    const kept = draft.papers?.[side];
    paper.textContent = kept ? say(kept.text === text ? "paper-kept" : "paper-other") : "";
    byKey.hidden = who.value === "" || who.value.startsWith(PASSKEY);
    byPaper.hidden = who.value !== "";
  };
  who.addEventListener("change", show);
  show();
  const sign = async (signed: string, photos: Deed["photos"]): Promise<Signer | string> => {
    if (who.value === "") {
      const wrong = await keeping;
      if (wrong) return wrong;
      const kept = draft.papers?.[side];
      if (name.value.trim() === "" || !kept) return say("signer-incomplete");
      if (kept.text !== text) return say("paper-other");
      const { id, hash } = kept;
      photos.push({ id, hash });
      return { name: name.value.trim(), party: party.value.trim(), photo: hash };
    }
    const by = keyed.find(({ person }) => who.value === `${PASSKEY}${person.name}`);
    if (by) return signByPasskey(frame.phone, by.person, by.passkeys, shared, signed);
    try {
      const by = await frame.phone.vault.sign(who.value, pin.value, signed);
      return by ? { name: who.value, ...by } : say("no-key");
    } catch (error) {
      return `${who.value}: ${pinSaid(error)}`;
    }
  };
  return { node: el("fieldset", { "data-side": side }, el("legend", {}, say(side === "hands_over" ? "hands-over" : "takes-over")), field(say("signs-by"), who), byKey, byPaper), sign };
}

function lineOf(consignment: Consignment, draft: Draft, line: number): CountedLine | null {
  const of = consignment.lines.find((one) => one.line === line);
  const entry = draft.lines[line];
  if (!of || !entry) return null;
  const serial = bySerial(of);
  const count = found(entry, serial);
  if (!count) return null;
  const shots = draft.photos.filter((photo) => photo.line === line).map((photo) => say("photo-remark", { x: photo.hash.slice(0, 16) }));
  const remark = head([entry.remark, ...shots].filter(Boolean).join(" · "), 1_000);
  const lots = byLot(of, entry)?.map(({ lot, good, damaged }) => ({ lot, received: good, damaged }));
  return {
    line, received: count.good, damaged: count.damaged,
    ...(lots ? { lots } : {}),
    ...(serial ? { serials: entry.serials, damaged_serials: entry.damagedSerials } : {}),
    ...(remark ? { remark } : {}),
  };
}

/** Which photographs are of which lines. */
function photosSaid(draft: Draft, photos: Deed["photos"]): string {
  const hashes = new Set(photos.map(({ hash }) => hash));
  const each = draft.photos.filter(({ hash }) => hashes.has(hash)).map(({ line, hash }) => [line > 0 ? `${say("line")} ${line}` : "", say("photo-remark", { x: hash.slice(0, 16) })].filter(Boolean).join(": "));
  return say("photos-of-count", { x: each.join("; ") });
}

export async function sign(frame: Frame, consignment: Consignment, kind: SignedKind): Promise<Screen> {
  const { phone } = frame;
  const draft = draftOf(frame, consignment, kind);
  const unseen = isUnseen(draft);
  if (kind === "depart" && unseen) return load(frame, consignment);
  if (kind !== "depart" && unseen) return count(frame, consignment, kind);
  if (kind !== "depart" && consignment.lines.some((line) => line.present > 0 && !isCounted(line, draft.lines[line.line]))) return count(frame, consignment, kind);
  // What was typed and not taken is not left out.
  if (kind !== "depart" && draft.said?.["thing"]?.trim()) return count(frame, consignment, kind);
  const people = await phone.vault.people();
  const comes = kind === "arrive";
  const remark = typed(frame, draft, "remark", el("input", { maxlength: 500, autocomplete: "off" }));
  const carrier = typed(frame, draft, "carrier", el("input", { maxlength: 200, autocomplete: "off" }));
  const conveyance = typed(frame, draft, "conveyance", el("input", { maxlength: 200, autocomplete: "off", autocapitalize: "characters" }));
  const counted = kind === "depart" ? new Map<number, Parts>() : counts(consignment, draft);
  const things = kind === "depart" ? [] : thingsOf(consignment, draft);
  const differing = kind === "depart" ? [] : consignment.lines.filter((line) => line.present > 0 && difference(line, draft.lines[line.line]));
  // All that is signed but for the time.
  const toSign = signedText(consignment, MILESTONES[kind], "", counted, things);
  const [from, to] = [signer(frame, draft, toSign, people, "hands_over", !comes), signer(frame, draft, toSign, people, "takes_over", comes)];
  const unsigned = typed(frame, draft, "unsigned", el("input", { type: "checkbox" }));
  const sides = el("div", {}, from.node, to.node);
  sides.hidden = unsigned.checked;
  unsigned.addEventListener("change", () => (sides.hidden = unsigned.checked));
  const act = async (): Promise<string | null> => {
    if (kind === "depart" && (carrier.value.trim() === "" || conveyance.value.trim() === "")) return say("carrier-missing");
    if (things.length > MOST_THINGS) return say("things-many", { n: MOST_THINGS });
    const at = new Date().toISOString();
    const body: Body = { at, version: consignment.version, reason: say(`reason-${kind}`) };
    const all: Deed["photos"] = draft.photos.map(({ id, hash }) => ({ id, hash }));
    // What nobody signs, and what is too much for those who sign, is shown by a note.
    const shots = unsigned.checked ? [] : all.slice(0, MOST_PHOTOS);
    const others = all.slice(shots.length);
    if (!unsigned.checked) {
      const text = signedText(consignment, MILESTONES[kind], at, counted, things);
      const papers: Deed["photos"] = [];
      const hands = await from.sign(text, papers);
      if (typeof hands === "string") return hands;
      const takes = await to.sign(text, papers);
      if (typeof takes === "string") return takes;
      if (hands.name === takes.name) return say("two-sign");
      body.signed = { hands_over: hands, takes_over: takes, text, photos: shots.map((photo) => photo.hash) };
      shots.push(...papers);
    }
    const said = head(remark.value.trim(), 900);
    if (said) body.remark = said;
    if (kind === "depart") Object.assign(body, { carrier: carrier.value.trim(), conveyance: conveyance.value.trim() });
    else {
      body.lines = consignment.lines.filter((line) => line.present > 0).flatMap((line) => lineOf(consignment, draft, line.line) ?? []);
      if (things.length > 0) body.unmanifested = things;
    }
    const notes = others.length > 0 ? consignmentNotes(consignment.code, photosSaid(draft, others), others, say(`reason-${kind}`)) : [];
    await phone.done({ kind, subject: consignment.code, saw: essence(consignment, kind), path: `${path("consignment", consignment.code)}/${kind}`, body, photos: shots, made: Date.parse(at) }, notes);
    frame.tell(say("kept"));
    frame.go(`#/c/${encodeURIComponent(consignment.code)}`);
    return null;
  };
  const lines = consignment.lines.filter((line) => line.present > 0).length;
  return {
    title: say(kind === "depart" ? "do-depart" : "to-sign"),
    back: kind === "depart" ? `#/c/${encodeURIComponent(consignment.code)}/depart` : `#/c/${encodeURIComponent(consignment.code)}/${kind}`,
    body: [
      el("p", { class: "mu" }, `${consignment.code} · ${when(Date.now())}`),
      el("p", {}, say("lines-n", { n: number(lines) }), differing.length > 0 || kind === "depart" ? "" : ` · ${say("as-stated-ok")}`),
      differing.length > 0 ? el("ul", { class: "plain differing" }, differing.map((line) => el("li", {}, `${line.line} ${nameOf(line)}: `, el("strong", {}, difference(line, draft.lines[line.line]))))) : null,
      things.length > 0 ? el("p", {}, say("unmanifested"), ": ", things.map((thing) => `${number(thing.quantity)} × ${thing.description}`).join(", ")) : null,
      form(
        [
          ...(kind === "depart" ? [field(say("carrier"), carrier), field(say("conveyance"), conveyance, say("conveyance-hint"))] : []),
          sides,
          el("label", { class: "check" }, unsigned, " ", say("unsigned")),
          field(say("remark"), remark),
        ],
        say(kind === "depart" ? "do-depart" : kind === "arrive" ? "finish-arrive" : "finish-receive"),
        act,
      ),
    ].filter((part) => part !== null),
  };
}
