// What the phone knows and does: consignments as Muster told them, deeds as they were done, and the one applied to the other.
import type { Fault, Order } from "./fault.ts";
import type { Serial, Was } from "./school.ts";

export interface Unit {
  lot: string;
  serial: string;
  quantity: number;
  sscc: string | null;
}

export interface Line {
  line: number;
  resource: string;
  /** The item's name, and how its units are told apart. */
  item?: string | null;
  tracking?: Tracking | null;
  quantity: number;
  present: number;
  condition: string | null;
  remark: string;
  need: string | null;
  units: Unit[];
}

export interface Milestone {
  milestone: string;
  place: string;
  occurred_at: string;
  actor: string;
  remark: string;
}

export interface Consignment {
  code: string;
  state: string;
  consignor: string;
  consignee: string;
  origin: string;
  destination: string;
  place: string;
  route: string[];
  lane: string | null;
  at_end: boolean;
  departs_at: string | null;
  arrives_at: string | null;
  remark: string;
  version: number;
  lines: Line[];
  handling_units: { sscc: string; kind: string; seal: string }[];
  milestones: Milestone[];
  movements: { movement: string; carrier: string; conveyance: string }[];
  /** How many there are is not told to who is to count them blind. */
  variances: { code: string; kind: string; line: number; quantity: number | null; remark: string; actor: string }[];
}

export interface Variance {
  code: string;
  kind: string;
  consignment: string | null;
  line: number;
  resource: string | null;
  description: string;
  remark: string;
  due_at: string;
  counted_by: number;
  /** What two people agreed on: then nobody counts any more. */
  agreed: number | null;
}

/** What Muster tells of, by its kind. */
export interface Nouns {
  consignment: Consignment;
  variance: Variance;
  order: Order;
  serial: Serial;
}

export type Noun = keyof Nouns;

/** Deeds, and what each is done to. */
const DONE_TO = {
  ready: "consignment", depart: "consignment", arrive: "consignment", inspect: "consignment", receive: "consignment", note: "consignment",
  unmanifested: "variance", count: "variance",
  fault: "order", "order-note": "order",
  attend: "serial", come: "serial", "serial-note": "serial",
} satisfies Record<string, Noun>;

export type Kind = keyof typeof DONE_TO;
export type State = "waiting" | "sending" | "done" | "refused" | "dropped";

export interface CountedLine {
  line: number;
  received: number;
  damaged: number;
  serials?: string[];
  damaged_serials?: string[];
  lots?: { lot: string; received: number; damaged: number }[];
  remark?: string;
}

export interface Thing {
  description: string;
  quantity: number;
  resource?: string;
  lot?: string;
  serials?: string[];
  remark?: string;
}

export interface Packed {
  line: number;
  units?: { lot?: string; serial?: string; quantity: number; sscc?: string }[];
  condition?: string;
  remark?: string;
}

export interface Signer {
  name: string;
  party?: string;
  key?: string;
  signature?: string;
  authenticator_data?: string;
  client_data?: string;
  photo?: string;
}

/** What is sent. Which of its parts there are depends on the deed. */
export interface Body {
  at?: string;
  version?: number;
  reason?: string;
  remark?: string;
  overrides?: string[];
  signed?: { hands_over: Signer; takes_over: Signer; text?: string; photos?: string[] };
  lines?: (CountedLine | Packed | { line: number; condition: string; quantity?: number; serials?: string[]; lots?: { lot: string; quantity: number }[]; remark?: string })[];
  unmanifested?: Thing[];
  carrier?: string;
  conveyance?: string;
  movement?: string;
  place?: string;
  description?: string;
  quantity?: number;
  resource?: string;
  account?: string;
  serial?: string;
  serials?: string[];
  lot?: string;
  symptom?: string;
  urgency?: string;
  photo?: string;
  text?: string;
  attachment?: string;
  photos?: string[];
  kind?: string;
  day?: string;
  trainees?: Was[];
}

/** Something that was done. It is kept before the page says so, and sent when there is a network, once. */
export interface Deed {
  /** Its place in the order of all deeds of this phone. */
  seq: number;
  /** Idempotency key. */
  key: string;
  kind: Kind;
  /** The consignment, variance or work order, or the serial with a day or a trainee of it; deeds to one go one after another, and wait for each other. Empty: what there is none of yet. */
  subject: string;
  /** The essence of the consignment as whoever did it saw it. */
  saw?: string;
  /** Who did it. */
  by: string;
  path: string;
  body: Body;
  /** Names of photographs on this phone, and their hashes; and which of them Muster has. */
  photos: { id: string; hash: string; sent?: true }[];
  /** When, by the phone's clock, and the last contact before. */
  made: number;
  contact?: { phone: number; server: number };
  state: State;
  /** It gets no answer that decides, while Muster answers to others. */
  stuck?: true;
  /** What was sent, to the letter: only the same may be sent again under its key. */
  sent?: string;
  /** By the server's clock, once that is known. */
  at?: number;
  /** The version of the consignment after it. */
  version?: number;
  /** Why it was refused. */
  problem?: string;
  /** What Muster knew when it refused, if it could be asked. */
  theirs?: Nouns[Noun];
  /** What came of it is called so by Muster. */
  code?: string;
  /** What Muster told of it is on this phone already. */
  settled?: boolean;
  /** The deed that it tells of, by its place in the order: it waits until that one is over. */
  about?: number;
  /** It was given up, and what was done is to be told: until Muster has all of that, it stays here. */
  owed?: true;
}

/** What is said of a deed by whoever does it. */
export type New = Pick<Deed, "kind" | "subject" | "path" | "body"> & Partial<Pick<Deed, "saw" | "photos" | "made" | "by" | "about">>;

/** Whether it is still to be sent. */
export function waits({ state }: Deed): boolean {
  return state === "waiting" || state === "sending";
}

/** Whether it is still to be sent or to be decided. */
export function isOpen(deed: Deed): boolean {
  return waits(deed) || deed.state === "refused";
}

/** Whether it waits, and is of somebody whom Muster takes no longer, while it takes whoever is `me`. */
export function isLeft(deed: Deed, me: string, revoked: readonly string[]): boolean {
  return waits(deed) && deed.by !== me && revoked.includes(deed.by) && !revoked.includes(me);
}

/** Whether it is in Muster, and the consignment on this phone does not tell of it yet. */
export function isUntold({ state, settled }: Deed): boolean {
  return state === "done" && !settled;
}

/** What Muster is to be asked for once it is done, if anything: of a variance nothing, since whoever counts it is not to know what others counted. */
export function tells({ kind, subject, code }: Deed): { noun: Exclude<Noun, "variance">; code: string } | null {
  const noun = DONE_TO[kind];
  const of = kind === "fault" ? code : noun === "serial" ? subject.split(" ")[0] : subject;
  return noun === "variance" || of === undefined ? null : { noun, code: of };
}

/** The consignment that it was done to. Variances are of none. */
export function consignmentOf({ kind, subject }: Deed): string | null {
  return DONE_TO[kind] === "consignment" ? subject : null;
}

/** What Muster knew of it when it refused, if it was done to such a thing. */
export function theirsOf<N extends Noun>({ kind, theirs }: Deed, noun: N): Nouns[N] | undefined {
  return DONE_TO[kind] === noun ? (theirs as Nouns[N] | undefined) : undefined;
}

/** A remark on what was given up, or what belongs to a count. Nothing rests on it, and it holds up nothing. */
export function isNote({ kind }: Deed): boolean {
  return kind === "note" || kind === "order-note" || kind === "serial-note";
}

/** A photograph on this phone: its name, and its hash. */
export interface Photo {
  id: string;
  hash: string;
}

/** Who signs a handover. */
export type Side = "hands_over" | "takes_over";

/** Work that is under way. It is kept with every tap. */
export interface Draft {
  kind: "arrive" | "receive" | "ready" | "depart" | "inspect" | "fault" | "attend" | "unmanifested" | "count";
  /** What it is about; empty for what there is nothing of yet. A blind count is also about who counts: nobody else is to see it. */
  consignment: string;
  blind: boolean;
  lines: Record<number, Entry>;
  things: Thing[];
  photos: { id: string; hash: string; line: number }[];
  /** Photographs of signed papers, by who signs, each with what there was to sign. */
  papers?: Partial<Record<Side, Photo & { text: string }>>;
  /** What stands in fields, by their names. */
  said?: Record<string, string>;
  /** Handling units and lines that are on the conveyance. */
  loaded: string[];
  /** What is to be reported broken. */
  fault?: Fault;
  /** Who was there on the day, by nomination. */
  marks?: Record<string, string>;
  /** What stood there of whom when they were marked; empty for nothing. */
  seen?: Record<string, string>;
  /** The essence of the consignment as it was seen last by whoever is at it. */
  saw?: string;
  /** What became another since, and was not looked at yet. */
  changed?: Change[];
}

/** A line that is another than when work on it was begun; line 0: the consignment itself. */
export interface Change {
  line: number;
  /** As it was; null: there was none. */
  was: Seen | null;
  /** What had been said of it, and is cleared; empty: nothing. */
  said: string;
}

/** A line as it was seen. */
export interface Seen {
  present: number;
  units: Unit[];
  /** Where work rests on it. */
  condition?: string | null;
}

/** How many are right, null while nobody said, and how many are damaged. */
export interface Tally {
  good: number | null;
  damaged: number;
}

export interface Entry extends Tally {
  /** What was counted of each lot of a line that has several. */
  byLot?: Record<string, Tally>;
  serials: string[];
  damagedSerials: string[];
  /** Serial numbers that are not on the line. */
  unknown: string[];
  /** As what it is packed; none: as it was. */
  units?: Unit[];
  /** The same of lots, as an earlier version of this page kept it. */
  lots?: { lot: string; quantity: number }[];
  condition: string;
  remark: string;
}

export type Tracking = "quantity" | "lot" | "serial";

/** A line of which nothing was said yet. Each has lists of its own. */
export function blank(): Entry {
  return { good: null, damaged: 0, serials: [], damagedSerials: [], unknown: [], condition: "", remark: "" };
}

type PackedUnit = NonNullable<Packed["units"]>[number];

export function unitOf({ lot = "", serial = "", quantity, sscc = "" }: PackedUnit): Unit {
  return { lot, serial, quantity, sscc: sscc || null };
}

/** A unit of a line by its serial number: as it was, or a new one. */
export function unitOfSerial(line: Line, serial: string): Unit {
  return line.units.find((unit) => unit.serial === serial) ?? { lot: "", serial, quantity: 1, sscc: null };
}

/** Photographs that a draft or a deed needs. */
export function photographs(one: Deed | Draft): Photo[] {
  return [...one.photos, ...("papers" in one ? Object.values(one.papers ?? {}) : [])];
}

/** Whether a draft's consignment became another and nobody has said that they saw it. */
export function isUnseen({ changed = [] }: Draft): boolean {
  return changed.length > 0;
}

/** What a deed rests on besides what is there: pallets, conditions. */
export function restsOn(kind?: Kind): { packs: boolean; looks: boolean } {
  return { packs: kind === "ready", looks: kind === "ready" || kind === "inspect" };
}

/** What a line is packed as by whoever is at it. */
export function unitsOf(entry: Entry, line: Line): Unit[] {
  const left = [...line.units];
  // What is known is as it was, on its pallet; what has another name or number, too, if there is nothing else on the line.
  const was = (is: (unit: Unit) => boolean): Unit | undefined => {
    const at = line.units.length === 1 ? 0 : left.findIndex(is);
    return at < 0 ? undefined : left.splice(at, 1)[0];
  };
  const serials = entry.serials.map((serial) => unitOfSerial(line, serial));
  const lots = line.tracking === "lot" ? (entry.lots ?? []).map((of) => ({ serial: "", sscc: was((unit) => unit.lot === of.lot && unit.quantity === of.quantity)?.sscc ?? null, ...of })) : [];
  // An earlier version of this page kept serial numbers and lots alone.
  const earlier = serials.length > 0 ? serials : lots;
  return (entry.units ?? (earlier.length > 0 ? earlier : line.units)).map((unit) => ({ ...unit }));
}

/** Units as the API takes them. */
export function unitsSent(units: readonly Unit[]): PackedUnit[] {
  return units.map(({ lot, serial, quantity, sscc }) => ({ ...(lot ? { lot } : {}), ...(serial ? { serial } : {}), quantity, ...(sscc ? { sscc } : {}) }));
}

/** Whether the same units are on the same pallets, in whatever order. */
export function sameUnits(one: readonly Unit[], other: readonly Unit[]): boolean {
  const said = (units: readonly Unit[]): string => JSON.stringify(units.map(({ lot, serial, quantity, sscc }) => JSON.stringify([lot, serial, quantity, sscc])).sort());
  return said(one) === said(other);
}

/** Whether a line's units are told by serial number. */
export function bySerial(line: Line): boolean {
  return line.tracking !== "quantity" && line.tracking !== "lot" && line.units.some((unit) => unit.serial !== "");
}

/** The lots of a line that has several, in order, each with how many of it are stated; none where units are told otherwise. */
export function lotsOf(line: Line): { lot: string; stated: number }[] {
  const stated = new Map<string, number>();
  for (const { lot, quantity } of line.tracking === "lot" ? line.units : []) stated.set(lot, (stated.get(lot) ?? 0) + quantity);
  const all = [...stated].map(([lot, of]) => ({ lot, stated: of })).sort((one, two) => (one.lot < two.lot ? -1 : 1));
  return all.length > 1 ? all : [];
}

/** What was counted of a line lot by lot; null where it was not, or something else was said of the line since. */
export function byLot(line: Line, entry: Entry | undefined): { lot: string; stated: number; good: number; damaged: number }[] | null {
  const lots = lotsOf(line).map(({ lot, stated }) => ({ lot, stated, good: entry?.byLot?.[lot]?.good ?? null, damaged: entry?.byLot?.[lot]?.damaged ?? 0 }));
  const all = lots.flatMap(({ good, ...of }) => (good === null ? [] : [{ ...of, good }]));
  const sum = (of: "good" | "damaged"): number => all.reduce((before, one) => before + one[of], 0);
  const whole = lots.length > 0 && all.length === lots.length && sum("good") === entry?.good && sum("damaged") === entry.damaged;
  return whole ? all : null;
}

/** What a line holds, for people. */
export function nameOf(line: Line): string {
  return line.item ?? line.resource;
}

/** What of a line is counted: null while it is not. */
export function found(entry: Entry | undefined, serial: boolean): { good: number; damaged: number } | null {
  if (!entry) return null;
  if (serial) return { good: entry.serials.length, damaged: entry.damagedSerials.length };
  return entry.good === null ? null : { good: entry.good, damaged: entry.damaged };
}

/** The number that the server takes as received: what is too much is no part of the line. */
export function taken(present: number, good: number, damaged: number): number {
  const over = Math.max(good + damaged - present, 0);
  return good - Math.min(over, good);
}

/** What the server makes of a count: what is right, hurt and too much. */
export interface Parts {
  counted: number;
  damaged: number;
  over: number;
  /** The same of each lot, where lots were counted. */
  lots?: { lot: string; counted: number; damaged: number; over: number }[];
}

/** What the server makes of lots that were counted: what is too much of one makes up for no other. */
export function partsByLot(lots: NonNullable<ReturnType<typeof byLot>>): Parts {
  const each = lots.map(({ lot, stated, good, damaged }) => ({ lot, ...parts(stated, good, damaged) }));
  const sum = (of: "counted" | "damaged" | "over"): number => each.reduce((before, one) => before + one[of], 0);
  return { counted: sum("counted"), damaged: sum("damaged"), over: sum("over"), lots: each };
}

export function parts(present: number, good: number, damaged: number): Parts {
  const counted = taken(present, good, damaged);
  return { counted, damaged: Math.min(present - counted, damaged), over: Math.max(good + damaged - present, 0) };
}

/** The text that keys sign: what is hurt, too much or on no manifest is told only where something is. */
export function signedText(consignment: Consignment, milestone: string, at: string, counts: Map<number, Parts>, things: readonly Thing[] = []): string {
  const lines = consignment.lines
    .filter((line) => line.present > 0)
    .map((line) => {
      const of: Parts = counts.get(line.line) ?? { counted: line.present, damaged: 0, over: 0 };
      const told = ({ counted, damaged, over }: Parts) => ({ counted, ...(damaged > 0 ? { damaged } : {}), ...(over > 0 ? { over } : {}) });
      return { line: line.line, ...told(of), ...(of.lots ? { lots: of.lots.map((lot) => ({ lot: lot.lot, ...told(lot) })) } : {}) };
    });
  const unmanifested = things.map(({ description, quantity }) => ({ description, quantity }));
  return JSON.stringify({ consignment: consignment.code, milestone, place: consignment.place, at, lines, ...(unmanifested.length > 0 ? { unmanifested } : {}) });
}

/** A consignment as it is after deeds that Muster has not told of yet. */
export function applied(base: Consignment, deeds: readonly Deed[]): Consignment {
  let now = base;
  for (const deed of deeds) {
    if (deed.subject !== base.code || deed.settled || deed.state === "dropped" || deed.state === "refused") continue;
    now = after(now, deed);
  }
  return now;
}

function after(now: Consignment, { kind, body }: Deed): Consignment {
  const lines = body.lines ?? [];
  switch (kind) {
    case "ready":
      return { ...now, state: "readied", lines: now.lines.map((line) => packed(line, lines.find((l) => l.line === line.line) as Packed | undefined)) };
    case "depart":
      return { ...now, state: "under_way", place: "" };
    case "arrive":
      return { ...counted(now, lines as CountedLine[]), state: "at_node", arrives_at: null, ...onward(now) };
    case "receive":
      return { ...counted(now, lines as CountedLine[]), state: "closed" };
    case "inspect":
      return {
        ...now,
        lines: now.lines.map((line) => {
          const seen = lines.find((l) => l.line === line.line) as Finding | undefined;
          return seen ? looked(line, seen, now.state) : line;
        }),
      };
    default:
      return now;
  }
}

/** In which condition a line was found: how many of its units, or which; all of them, if nothing is said. */
interface Finding {
  condition?: string;
  quantity?: number;
  serials?: string[];
  lots?: { lot: string; quantity: number }[];
  remark?: string;
}

/** What is said of goods that are not there any more. */
export const MISSING = "missing";

/** Whether some of a line may be so while the rest is as it should: hurt, or not there. */
export function isOfSome(condition: string): boolean {
  return isHurt(condition) || condition === MISSING;
}

/** Whether goods in this condition are kept apart where they came. */
export function isHurt(condition: string): boolean {
  return condition === "damaged" || condition === "unserviceable";
}

function looked(line: Line, seen: Finding, state: string): Line {
  if (seen.condition === MISSING) return { ...without(line, seen), remark: seen.remark ?? "" };
  const found = { ...line, condition: seen.condition ?? line.condition, remark: seen.remark ?? "" };
  // What was sent to be repaired is not fit for use, as it was to be.
  if (state !== "at_node" || line.condition === "unserviceable" || !isHurt(seen.condition ?? "")) return found;
  const left = without(line, seen);
  return { ...found, present: left.present, units: left.units, condition: left.present > 0 ? "serviceable" : found.condition };
}

/** A line without the units of which something was found. */
function without(line: Line, { quantity, serials, lots }: Finding): Line {
  if (serials) {
    const units = line.units.filter((unit) => !serials.includes(unit.serial));
    return { ...line, present: line.present - (line.units.length - units.length), units };
  }
  const gone = new Map(lots?.map((of) => [of.lot, of.quantity]));
  const all = Math.min(lots ? [...gone.values()].reduce((sum, n) => sum + n, 0) : (quantity ?? line.present), line.present);
  // What is known by one lot is of that lot.
  const [only, ...others] = line.units;
  if (!lots && only && others.length === 0) gone.set(only.lot, all);
  const units = line.units.flatMap((unit) => {
    const of = Math.min(gone.get(unit.lot) ?? 0, unit.quantity);
    gone.set(unit.lot, (gone.get(unit.lot) ?? 0) - of);
    return of < unit.quantity ? [{ ...unit, quantity: unit.quantity - of }] : [];
  });
  return { ...line, present: line.present - all, units: all === line.present ? [] : units };
}

function packed(line: Line, given: Packed | undefined): Line {
  if (!given) return line;
  return { ...line, condition: given.condition ?? line.condition, remark: given.remark ?? line.remark, units: given.units?.map(unitOf) ?? line.units };
}

function counted(now: Consignment, lines: CountedLine[]): Consignment {
  return {
    ...now,
    lines: now.lines.map((line) => {
      const count = lines.find((l) => l.line === line.line);
      if (!count || line.present === 0) return line;
      if (count.lots) return lotsLeft(line, count.lots);
      const present = taken(line.present, count.received, count.damaged);
      const serials = count.serials;
      const units = serials && present !== line.present ? line.units.filter((unit) => serials.includes(unit.serial)) : line.units;
      return { ...line, present, units };
    }),
  };
}

/** A line of which so many were found of each lot: what is missing is missing of that lot. */
function lotsLeft(line: Line, lots: NonNullable<CountedLine["lots"]>): Line {
  const left = new Map<string, number>();
  for (const { lot, stated } of lotsOf(line)) {
    const { received = 0, damaged = 0 } = lots.find((one) => one.lot === lot) ?? {};
    left.set(lot, taken(stated, received, damaged));
  }
  const present = [...left.values()].reduce((sum, of) => sum + of, 0);
  const units = line.units.flatMap((unit) => {
    const quantity = Math.min(unit.quantity, left.get(unit.lot) ?? 0);
    left.set(unit.lot, (left.get(unit.lot) ?? 0) - quantity);
    return quantity > 0 ? [{ ...unit, quantity }] : [];
  });
  return { ...line, present, units };
}

function onward(now: Consignment): { lane: string | null; at_end: boolean } {
  const next = now.lane === null ? -1 : now.route.indexOf(now.lane) + 1;
  const lane = next >= 0 ? (now.route[next] ?? null) : null;
  return { lane, at_end: lane === null };
}

/** What deeds to a consignment rest on: a remark or a pallet more is not of it; what is packed rests on pallets and conditions, too, and what is looked at on conditions. */
export function essence(c: Consignment, kind?: Kind): string {
  const { packs, looks } = restsOn(kind);
  return JSON.stringify([
    c.state, c.place, c.lane, c.consignee, c.destination,
    c.lines.map((l) => [l.line, l.resource, l.present, l.units.map((u) => [u.lot, u.serial, u.quantity, ...(packs ? [u.sscc] : [])]).sort(), ...(looks ? [l.condition] : [])]),
  ]);
}

/** Whether a deed was done to a consignment as it is in all that the deed rests on. */
export function isAsSeen({ kind, saw }: Deed, now: Consignment): boolean {
  // What an earlier version of this page did rests on less.
  return saw === essence(now, kind) || saw === essence(now);
}

/** Where a consignment stands to a place. */
export function direction(consignment: Consignment, place: string): "in" | "out" | "here" | null {
  if (consignment.state === "under_way") return consignment.place === place ? "in" : null;
  if (consignment.place !== place || !["packing", "readied", "at_node"].includes(consignment.state)) return null;
  return consignment.at_end ? "here" : "out";
}

/** Whether somebody at a place is to count it still: what comes there, and what a unit is to take over. */
export function isToCount(consignment: Consignment, place: string): boolean {
  const here = direction(consignment, place);
  return here === "in" || (here === "here" && isToReceive(consignment));
}

/** Whether a unit may take it over. */
export function isToReceive({ state, lines }: Consignment): boolean {
  return state === "at_node" && lines.some((line) => line.need !== null && line.present > 0);
}
