// What of a consignment is another than when work on it was begun: nobody finishes on what they have not seen.
import { loadedLine } from "./again.ts";
import { MISSING, blank, bySerial, essence, isOfSome, unitsOf, type Change, type Consignment, type Draft, type Entry, type Line, type Seen, type Unit } from "./model.ts";
import { say, number, word } from "./words.ts";

type Row = [line: number, resource: string, present: number, units: [string, string, number, (string | null)?][], condition?: string | null];

/** The lines of an essence, and all else of it. */
function parts(essence: string): { head: string; lines: Map<number, Row> } {
  const all = JSON.parse(essence) as unknown[];
  const rows = all[5] as Row[];
  return { head: JSON.stringify(all.slice(0, 5)), lines: new Map(rows.map((row) => [row[0], row])) };
}

/** Whether it tells of no pallets and no conditions. */
function isOfLess(essence: string): boolean {
  return [...parts(essence).lines.values()].every((row) => row.length === 4);
}

function seen([, , present, units, condition]: Row): Seen {
  return { present, units: units.map(([lot, serial, quantity, sscc = null]) => ({ lot, serial, quantity, sscc })), ...(condition === undefined ? {} : { condition }) };
}

/**
 * Brings a draft onto a consignment as it now is. What had been said of a line that is another now is cleared and noted; serial numbers that
 * were seen stay seen. Gives whether anything of the draft is another.
 */
export function brought(draft: Draft, now: Consignment): boolean {
  const [before, saw] = [draft.saw, essence(now, draft.kind)];
  draft.saw = saw;
  let touched = false;
  // What an earlier version of this page began does not tell what it saw, or tells less of it.
  const after = before !== undefined && isOfLess(before) ? essence(now) : saw;
  if (before !== undefined && before !== after) {
    const found = differing(draft, now, before, after);
    const known = new Map((draft.changed ?? []).map((one) => [one.line, one]));
    // What it was when it was looked at last.
    for (const one of found) known.set(one.line, { ...one, was: known.get(one.line)?.was ?? one.was, said: one.said || (known.get(one.line)?.said ?? "") });
    draft.changed = [...known.values()].sort((a, b) => a.line - b.line);
    touched = true;
  }
  const counts = draft.kind === "arrive" || draft.kind === "receive";
  for (const line of counts ? now.lines : []) {
    const entry = draft.lines[line.line];
    if (entry && bySerial(line) && sorted(line, entry)) touched = true;
  }
  return touched;
}

function differing(draft: Draft, now: Consignment, before: string, after: string): Change[] {
  const [was, is] = [parts(before), parts(after)];
  const changes: Change[] = was.head === is.head ? [] : [{ line: 0, was: null, said: "" }];
  const numbers = [...new Set([...was.lines.keys(), ...is.lines.keys()])].sort((a, b) => a - b);
  for (const n of numbers) {
    const [row, other] = [was.lines.get(n), is.lines.get(n)];
    if (JSON.stringify(row) === JSON.stringify(other)) continue;
    const found = JSON.stringify(row?.slice(0, 4)) === JSON.stringify(other?.slice(0, 4));
    const said = cleared(draft, n, now.lines.find((one) => one.line === n), found);
    // Of a line that nobody was at, what it is now is all there is to see; what goes out is all looked at.
    if (said !== null) changes.push({ line: n, was: row ? seen(row) : null, said });
  }
  return changes;
}

/** Clears what was said of a line, and gives it in words; null: nobody was at it. `found`: it is another in its condition alone. */
function cleared(draft: Draft, n: number, line: Line | undefined, found: boolean): string | null {
  const entry = draft.lines[n];
  if (draft.kind === "depart") {
    const on = [loadedLine(n), ...(line?.units.flatMap(({ sscc }) => sscc ?? []) ?? [])];
    draft.loaded = draft.loaded.filter((one) => !on.includes(one));
    return "";
  }
  if (draft.kind === "ready") {
    if (!entry) return "";
    const condition = entry.condition ? word(entry.condition) : "";
    // As what it was packed, it is packed still.
    if (found) {
      entry.condition = "";
      return condition;
    }
    delete draft.lines[n];
    const packed = entry.units ?? (line && entry.lots ? unitsOf(entry, line) : []);
    return [...packed.map(unitSaid), condition].filter(Boolean).join(", ");
  }
  if (!entry) return null;
  if (draft.kind === "inspect") {
    const { condition, damaged, damagedSerials, byLot, remark } = entry;
    // Which are hurt or gone is known still where it is another in its condition alone.
    draft.lines[n] = { ...blank(), remark, ...(found ? { damaged, damagedSerials, ...(byLot ? { byLot } : {}) } : {}) };
    const lots = Object.entries(byLot ?? {}).flatMap(([lot, of]) => (of.damaged > 0 ? [`${lot} ${number(of.damaged)}`] : []));
    const some = isOfSome(condition) ? [damaged > 0 ? say(condition === MISSING ? "missing-n" : "damaged-n", { n: number(damaged) }) : "", ...lots, ...damagedSerials] : [];
    return condition ? [word(condition), ...some].filter(Boolean).join(", ") : null;
  }
  const ticked = [...entry.serials, ...entry.damagedSerials, ...entry.unknown];
  if (entry.good === null && ticked.length === 0) return null;
  if (line && bySerial(line)) {
    entry.good = null;
    return "";
  }
  draft.lines[n] = { ...blank(), remark: entry.remark };
  return [entry.good === null ? "" : number(entry.good), entry.damaged > 0 ? say("damaged-n", { n: number(entry.damaged) }) : "", ...ticked].filter(Boolean).join(", ");
}

/** Puts serial numbers where they belong: those that are on the line, and those that are not. Gives whether one was elsewhere. */
function sorted(line: Line, entry: Entry): boolean {
  const on = new Set(line.units.map((unit) => unit.serial));
  const [off, hurt, back] = [entry.serials, entry.damagedSerials, entry.unknown].map((all, n) => all.filter((serial) => on.has(serial) === (n === 2))) as [string[], string[], string[]];
  if (off.length + hurt.length + back.length === 0) return false;
  entry.serials = [...entry.serials.filter((serial) => on.has(serial)), ...back];
  entry.damagedSerials = entry.damagedSerials.filter((serial) => on.has(serial));
  entry.unknown = [...new Set([...entry.unknown.filter((serial) => !on.has(serial)), ...off, ...hurt])];
  // Of what is not on the line, only a remark can say that it is hurt.
  entry.remark = [entry.remark, ...hurt.map((serial) => `${serial} ${say("serial-damaged")}`)].filter(Boolean).join(" · ");
  return true;
}

/** A unit in words: which, how many, on which pallet. */
export function unitSaid({ lot, serial, quantity, sscc }: Unit): string {
  const what = serial ? [serial, lot].filter(Boolean).join(" ") : [lot, `× ${number(quantity)}`].filter(Boolean).join(" ");
  return sscc ? say("unit-on", { x: what, on: sscc }) : what;
}

/** A line in words, beside another state of it: units that are in both are left out. */
export function lineSaid({ present, units, condition }: Seen, beside: Seen | null): string {
  const there = new Set((beside?.units ?? []).map(unitSaid));
  const own = units.map(unitSaid).filter((one) => !there.has(one));
  const what = own.length === 0 ? number(present) : `${number(present)} (${own.join(", ")})`;
  return condition && condition !== beside?.condition ? `${what}, ${word(condition)}` : what;
}
