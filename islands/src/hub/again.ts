// What is done again after Muster refused it: from what draft, where, and whether there is anything to do it on.
import { faultOf } from "./fault.ts";
import { blank, essence, theirsOf, unitOf, type CountedLine, type Deed, type Draft, type Entry, type Packed } from "./model.ts";
import { nominated, ofSerial } from "./school.ts";

/** The draft of a blind count: of one thing, by one person. */
export function blindCount(variance: string, who: string): string {
  return ofSerial(variance, who);
}

/** The draft from which a deed is done again: its numbers, in copies, since the deed stays in the journal as it was. None where there is nothing to go on from. */
export function draftAgain(deed: Deed): Draft | null {
  const { kind, subject, photos } = deed;
  const body = structuredClone(deed.body);
  const lines: Record<number, Entry> = {};
  const theirs = theirsOf(deed, "consignment");
  const said = (of: Record<string, string | number | undefined>): Record<string, string> => Object.fromEntries(Object.entries(of).flatMap(([name, text]) => (text === undefined ? [] : [[name, String(text)]])));
  // Whoever counts on saw both numbers.
  const draft = { consignment: subject, blind: false, lines, things: body.unmanifested ?? [], loaded: [], ...(theirs ? { saw: essence(theirs, kind) } : {}) };
  // What was packed or loaded meanwhile was shown nowhere yet.
  const unseen = { ...draft, photos: [], ...(deed.saw === undefined ? {} : { saw: deed.saw }) };
  switch (kind) {
    case "arrive":
    case "receive": {
      for (const line of (body.lines ?? []) as CountedLine[]) {
        const { received, damaged, serials = [], damaged_serials = [], lots, remark = "" } = line;
        const byLot = lots && Object.fromEntries(lots.map((of) => [of.lot, { good: of.received, damaged: of.damaged }]));
        lines[line.line] = { ...blank(), good: received, damaged, serials, damagedSerials: damaged_serials, ...(byLot ? { byLot } : {}), remark };
      }
      const papers = [body.signed?.hands_over.photo, body.signed?.takes_over.photo];
      return { ...draft, kind, said: said({ remark: body.remark }), photos: photos.filter((photo) => !papers.includes(photo.hash)).map((photo) => ({ ...photo, line: 0 })) };
    }
    case "depart":
      // All of it was loaded; what is another by now is ticked off anew.
      return { ...unseen, kind, said: said({ carrier: body.carrier, conveyance: body.conveyance, remark: body.remark }), loaded: loads(theirs ?? { handling_units: [], lines: [] }) };
    case "ready":
      for (const { line, units, condition = "" } of (body.lines ?? []) as Packed[]) {
        lines[line] = { ...blank(), ...(units ? { units: units.map(unitOf) } : {}), condition };
      }
      return { ...unseen, kind };
    case "fault":
      return { ...draft, kind, fault: faultOf(body), photos: photos.map((photo) => ({ ...photo, line: 0 })) };
    case "unmanifested":
      lines[0] = { ...blank(), serials: body.serials ?? [] };
      return { ...draft, kind, photos: [], said: said({ what: body.description, quantity: body.quantity, resource: body.resource, lot: body.lot, remark: body.remark }) };
    case "count":
      return { ...draft, kind, consignment: blindCount(subject, deed.by), photos: [], said: said({ quantity: body.quantity, remark: body.remark }) };
    case "attend": {
      const all = body.trainees ?? [];
      const now = theirsOf(deed, "serial")?.attendance.filter((mark) => mark.day === body.day);
      // Whoever does it again saw what Muster has.
      const seen = Object.fromEntries(all.map(({ nomination }) => [nomination, now?.find((mark) => mark.nomination === nomination)?.attendance ?? ""]));
      return { ...draft, kind, marks: Object.fromEntries(all.map((one) => [one.nomination, one.attendance])), ...(now ? { seen } : {}), photos: [] };
    }
    default:
      return null;
  }
}

/** What is ticked off when a consignment is loaded: its handling units, and its lines. */
function loads({ handling_units, lines }: { handling_units: { sscc: string }[]; lines: { line: number }[] }): string[] {
  return [...handling_units.map(({ sscc }) => sscc), ...lines.map(({ line }) => loadedLine(line))];
}

/** What stands for a line where it is ticked off. */
export function loadedLine(line: number): string {
  return `line ${line}`;
}

/** Whether somebody may do it anew on what Muster has now. */
export function mayAgain(deed: Deed, me: string, openVariances: readonly { code: string; agreed?: number | null }[]): boolean {
  const theirs = theirsOf(deed, "consignment");
  const serial = theirsOf(deed, "serial");
  const state = theirs?.state;
  switch (deed.kind) {
    // What has a work order gets no second one.
    case "fault": return deed.theirs === undefined;
    case "unmanifested": return true;
    // Another who counts it is not to know what was counted; once two agree, nobody counts any more.
    case "count": return deed.by === me && openVariances.some(({ code, agreed }) => code === deed.subject && (agreed ?? null) === null);
    case "attend": return serial !== undefined;
    case "come": return serial !== undefined && nominated(deed, serial) === "cleared";
    case "arrive": return state === "under_way";
    case "receive": return state === "at_node" && theirs?.at_end === true;
    case "ready": return state === "packing";
    case "depart": return state === "readied" || state === "at_node";
    default: return false;
  }
}

/** Where it is done anew. */
export function whereAgain({ kind, subject }: Deed): string {
  const parts = subject.split(" ").map(encodeURIComponent);
  if (kind === "fault") return "#/fault";
  if (kind === "unmanifested") return "#/new";
  if (kind === "count") return `#/v/${parts[0]}`;
  return kind === "attend" || kind === "come" ? `#/s/${parts.slice(0, kind === "come" ? 1 : 2).join("/")}` : `#/c/${parts.join("/")}/${kind}`;
}
