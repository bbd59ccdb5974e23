// What is given up, in words, and the notes by which Muster gets all of it: nothing that was done is lost.
import { plain } from "./digits.ts";
import { consignmentOf, isNote, tells, theirsOf, waits, unitOf, type CountedLine, type Deed, type New, type Packed, type Signer, type Thing } from "./model.ts";
import { uncontested } from "./school.ts";
import { LONGEST_NOTE, path } from "./sync.ts";
import { head, say, when, word } from "./words.ts";
import { unitSaid } from "./changes.ts";

/** Longest text of a note, in characters, and most photographs of one, as the server takes them. */
export const MOST = { note: { text: LONGEST_NOTE, photos: 50 }, "order-note": { text: 2_000, photos: 1 }, "serial-note": { text: 2_000, photos: 0 } } as const;
/** Left for the number of a part. */
const SPARE = 20;

/** What was done, in one line. */
export function deedSaid(deed: Deed): string {
  const { subject, body } = deed;
  return say(`deed-${deed.kind}`, { x: subject || body.description || [body.resource, body.serial].filter(Boolean).join(" ") });
}

const joined = (parts: (string | false | undefined)[], by = ", "): string => parts.filter(Boolean).join(by);

function countSaid({ received, damaged, serials = [], damaged_serials = [], lots = [], remark }: CountedLine): string {
  const many = (good: number, hurt: number): string => `${good}${hurt ? ` + ${say("damaged-n", { n: hurt })}` : ""}`;
  return joined([
    many(received, damaged),
    joined(lots.map((lot) => `${lot.lot} ${many(lot.received, lot.damaged)}`)),
    serials.length > 0 && `${say("serial-there")} ${joined(serials)}`,
    damaged_serials.length > 0 && `${say("serial-damaged")} ${joined(damaged_serials)}`,
    remark,
  ], " · ");
}

/** A line that was packed, or looked at. */
export type Looked = Packed & { quantity?: number; serials?: string[]; lots?: { lot: string; quantity: number }[] };

/** What was packed of a line, or how it was found. */
export function lookedSaid({ condition, quantity, serials = [], lots = [], units = [], remark }: Looked): string {
  const packed = units.map((unit) => unitSaid(unitOf(unit)));
  return joined([condition ? word(condition) : "", quantity !== undefined && String(quantity), joined(lots.map((of) => `${of.lot} ${of.quantity}`)), joined(serials), joined(packed), remark], " · ");
}

function thingSaid({ description, quantity, resource, lot, serials = [], remark }: Thing): string {
  return `${quantity} × ${joined([description, resource, lot, joined(serials), remark], " · ")}`;
}

function signerSaid(side: "hands-over" | "takes-over", { name, party, key, signature, authenticator_data, client_data, photo }: Signer): string {
  const by = key ? say("signed-by-key", { key, x: joined([signature, authenticator_data, client_data], " / ") }) : joined([say("on-paper"), photo && say("photo-remark", { x: photo })]);
  return `${say(side)}: ${name}${party ? ` (${party})` : ""}, ${by}`;
}

/** All that was done, in words. */
export function told(deed: Deed): string {
  return plain(say("given-up", { x: deedSaid(deed), who: deed.by, at: when(deed.at ?? deed.made), what: whatSaid(deed) }));
}

/** What was said of it, in words. */
export function whatSaid(deed: Deed): string {
  const { body } = deed;
  // What differs from Muster's comes first: whoever reads it looks for that.
  const now = theirsOf(deed, "consignment")?.lines;
  const differs = (line: object): number => ("received" in line && now?.find((one) => one.line === (line as CountedLine).line)?.present === (line as CountedLine).received && (line as CountedLine).damaged === 0 ? 1 : 0);
  const lines = [...(body.lines ?? [])].sort((a, b) => differs(a) - differs(b)).map((line) => `${line.line}: ${"received" in line ? countSaid(line) : lookedSaid(line as Looked)}`);
  // Of whom nobody said otherwise, what was said goes on.
  const goesOn = new Set(uncontested(deed)?.body.trainees?.map(({ nomination }) => nomination));
  const were = (body.trainees ?? []).filter(({ nomination }) => !goesOn.has(nomination)).map((one) => `${one.nomination}: ${word(one.attendance)}`);
  const { hands_over, takes_over, text } = body.signed ?? {};
  return plain(joined([
    // It was sent, and no answer came.
    deed.state === "sending" && say("note-maybe"),
    ...lines, ...were, ...(body.unmanifested ?? []).map(thingSaid),
    joined([body.carrier, body.conveyance]),
    body.quantity !== undefined && `${say("quantity")} ${body.quantity}`,
    joined([body.resource, body.serial, body.lot, ...(body.serials ?? []), body.account, body.place]),
    body.urgency && word(body.urgency), body.symptom, body.remark,
    hands_over && signerSaid("hands-over", hands_over), takes_over && signerSaid("takes-over", takes_over),
    text && say("signed-text", { x: text }),
  ], "; "));
}

/** A text in parts that are no longer than the server takes, where there is a place to part it. */
export function parted(text: string, most: number): string[] {
  const parts: string[] = [];
  let rest = text;
  while (rest.length > most) {
    const at = rest.lastIndexOf("; ", most - 2);
    const end = at > most / 2 ? at + 2 : head(rest, most).length;
    parts.push(rest.slice(0, end).trim());
    rest = rest.slice(end);
  }
  return [...parts, rest];
}

/** Notes to one thing that tell a text and show photographs, as many as it takes. */
function notes(kind: keyof typeof MOST, text: string, photos: Deed["photos"], make: (text: string, photos: Deed["photos"]) => Pick<New, "subject" | "path" | "body">): New[] {
  const most = MOST[kind];
  const texts = parted(text, most.text - SPARE);
  const n = Math.max(texts.length, most.photos > 0 ? Math.ceil(photos.length / most.photos) : 0);
  return Array.from({ length: n }, (_, part) => {
    const shown = photos.slice(part * most.photos, (part + 1) * most.photos);
    const words = texts[part] ?? say("photos-of-it");
    return { kind, ...make(n > 1 ? `(${part + 1}/${n}) ${words}` : words, shown), photos: shown };
  });
}

/** A note on a consignment, in whatever state it is. */
export function consignmentNotes(code: string, text: string, photos: Deed["photos"], reason: string): New[] {
  const where = `${path("consignment", code)}/notes`;
  return notes("note", text, photos, (words, shown) => ({ subject: code, path: where, body: { text: words, photos: shown.map(({ hash }) => hash), reason } }));
}

/** What is told to Muster of a deed that is given up; nothing, if there is nothing there that it could be told of. `of` gives the consignment of a variance. */
export function notesOf(deed: Deed, said: string, of: (variance: string) => string | null | undefined): New[] {
  const reason = say("reason-given-up");
  // A photograph that Muster does not take keeps back no text.
  const apart = (make: (text: string, photos: Deed["photos"]) => New[]): New[] => [...make(said, []), ...(deed.photos.length > 0 ? make(say("photos-given-up"), deed.photos) : [])];
  const consignment = consignmentOf(deed) ?? (deed.kind === "count" ? of(deed.subject) : null);
  if (consignment) return apart((text, photos) => consignmentNotes(consignment, text, photos, reason));
  const [about, order] = [tells(deed), theirsOf(deed, "order")];
  if (about?.noun === "serial") {
    return notes("serial-note", said, [], (text) => ({ subject: about.code, path: `${path("serial", about.code)}/remarks`, body: { kind: "feedback", text, reason } }));
  }
  if (!order) return [];
  const to = { subject: order.code, path: `${path("order", order.code)}/notes` };
  return apart((said, photos) => notes("order-note", said, photos, (text, [photo]) => ({ ...to, body: { text, reason, ...(photo ? { attachment: photo.hash } : {}) } })));
}

/** Photographs of a deed, with those that are shown by notes that belong to it. */
export function photosOf({ seq, photos }: Deed, deeds: readonly Deed[]): Deed["photos"] {
  const others = deeds.filter((one) => one.about === seq && waits(one)).flatMap((one) => one.photos);
  return [...new Map([...photos, ...others].map((photo) => [photo.id, photo])).values()];
}

/** Whether what was given up stands nowhere but on this phone. */
export function isOwed({ seq, owed }: Deed, deeds: readonly Deed[]): boolean {
  const told = deeds.filter((one) => one.about === seq && isNote(one));
  return owed === true && (told.length === 0 || told.some(({ state }) => state !== "done"));
}
