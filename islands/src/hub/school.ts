// Serials at the phone's place: who came, and who was there on which day. Who they are is nowhere here: trainees have codes.
import { tells, theirsOf, type Body, type Deed } from "./model.ts";

/** Whether somebody was there on a day, as it was said last. */
export interface Mark {
  nomination: string;
  day: string;
  attendance: string;
  /** How often it was said of that day. */
  version: number;
  recorded_at: string;
  actor: string;
}

export interface Serial {
  code: string;
  course: string;
  start: string;
  end: string;
  state: string;
  nominations: { nomination: string; unit: string; state: string; seated: boolean }[];
  attendance: Mark[];
}

/** What is sent of somebody. */
export interface Was {
  nomination: string;
  attendance: string;
  version: number;
}

/** As they are most often. */
export const ATTENDANCES = ["present", "excused", "absent"];

/** States of nominations of which a day is told. */
export const THERE = ["in_training", "passed", "failed", "returning", "returned"];

/** States of nominations of those who may come, if they have a seat. */
export const EXPECTED = ["cleared", "travelling"];

/** Days before its first day from which a serial is taken along: a phone may be without a network until then. */
const BEFORE = 14;

/** What the phone keeps of a serial as Muster tells of it: not what is said about it, and of trainees their codes. */
export function kept(told: object): Serial {
  const { code, course, start, end, state, nominations, attendance } = told as Serial;
  return { code, course, start, end, state, attendance, nominations: nominations.map(({ nomination, unit, state, seated }) => ({ nomination, unit, state, seated })) };
}

/** Whether it is taken along on a day. */
export function isNear({ start }: { start: string }, today: string): boolean {
  return Date.parse(start) - BEFORE * 86_400_000 <= Date.parse(today);
}

/** Days of a serial that have come, the last first. */
export function daysOf({ start, end }: Serial, today: string): string[] {
  const days: string[] = [];
  for (let at = Date.parse(start); at <= Math.min(Date.parse(end), Date.parse(today)); at += 86_400_000) days.unshift(new Date(at).toISOString().slice(0, 10));
  return days;
}

/** What deeds to a day or a trainee of a serial are done to. */
export function ofSerial(serial: string, what: string): string {
  return `${serial} ${what}`;
}

/** Who is told of on a day. */
export function trainees({ nominations }: Serial): Serial["nominations"] {
  return nominations.filter(({ state }) => THERE.includes(state));
}

/** How far the trainee of a deed has come in Muster. */
export function nominated({ subject }: Deed, { code, nominations }: Serial): string | undefined {
  return nominations.find(({ nomination }) => subject === ofSerial(code, nomination))?.state;
}

/** Whether somebody of whom a deed says that they came is there by what Muster says. */
export function hasCome(deed: Deed): boolean {
  const theirs = theirsOf(deed, "serial");
  return deed.kind === "come" && theirs !== undefined && THERE.includes(nominated(deed, theirs) ?? "");
}

/** Who may come: cleared, or on the way already, and with a seat. */
export function expected({ nominations }: Serial): Serial["nominations"] {
  return nominations.filter(({ state, seated }) => EXPECTED.includes(state) && seated);
}

/** What was said of a day, by nomination. */
export function marksOf({ attendance }: Serial, day: string): Map<string, Mark> {
  return new Map(attendance.filter((mark) => mark.day === day).map((mark) => [mark.nomination, mark]));
}

/** A serial as it is after deeds that Muster has not told of yet. */
export function attended(base: Serial, deeds: readonly Deed[]): Serial {
  const marks = new Map(base.attendance.map((mark) => [`${mark.day} ${mark.nomination}`, mark]));
  const came = new Set<string>();
  for (const deed of deeds) {
    const { kind, body, by } = deed;
    if (deed.settled || deed.state === "dropped" || deed.state === "refused" || tells(deed)?.code !== base.code) continue;
    if (kind === "come") came.add(deed.subject.slice(base.code.length + 1));
    if (kind !== "attend") continue;
    const { day = "" } = body;
    for (const { nomination, attendance, version } of body.trainees ?? []) {
      marks.set(`${day} ${nomination}`, { nomination, day, attendance, version, recorded_at: new Date(deed.at ?? deed.made).toISOString(), actor: by });
    }
  }
  const nominations = base.nominations.map((one) => (came.has(one.nomination) ? { ...one, state: "in_training" } : one));
  return { ...base, nominations, attendance: [...marks.values()] };
}

/** Marks of a draft, apart from those made when something else stood there than stands now: those are cleared, unless they say what stands. */
export function stillMeant(marks: Record<string, string>, seen: Record<string, string>, stands: (nomination: string) => string): { marks: Record<string, string>; cleared: Record<string, string> } {
  const meant = ([nomination, attendance]: [string, string]): boolean => [seen[nomination] ?? stands(nomination), attendance].includes(stands(nomination));
  const all = Object.entries(marks);
  return { marks: Object.fromEntries(all.filter(meant)), cleared: Object.fromEntries(all.filter((one) => !meant(one))) };
}

/** The deed of a day, and what whoever does it saw: who is marked as before is not told of again. None, if nothing is new. */
export function marked(serial: Serial, day: string, marks: Record<string, string>): { body: Body; saw: string } | null {
  const seen = marksOf(serial, day);
  const said = trainees(serial).flatMap(({ nomination }): Was[] => {
    const [was, attendance] = [seen.get(nomination), marks[nomination]];
    return attendance === undefined || attendance === was?.attendance ? [] : [{ nomination, attendance, version: was?.version ?? 0 }];
  });
  const saw = Object.fromEntries(said.map(({ nomination }) => [nomination, seen.get(nomination)?.attendance ?? ""]));
  return said.length === 0 ? null : { body: { day, trainees: said }, saw: JSON.stringify(saw) };
}

/** A day as it is said on what Muster has now; none, if somebody said otherwise of somebody than was seen and is said. */
export function onto({ body, saw = "{}" }: Deed, theirs: Serial): Body | null {
  const seen = JSON.parse(saw) as Record<string, string>;
  const now = marksOf(theirs, body.day ?? "");
  const said = body.trainees ?? [];
  const same = ({ nomination, attendance }: Was): boolean => [attendance, seen[nomination] ?? ""].includes(now.get(nomination)?.attendance ?? "");
  return said.every(same) ? { trainees: said.map((one) => ({ ...one, version: now.get(one.nomination)?.version ?? 0 })) } : null;
}

/** What of a refused day nobody contests: nobody said otherwise of them than was seen, and they are there still. None, if all of it is so: then it was refused for something else. */
export function uncontested(deed: Deed): { body: Body; saw: string } | null {
  const theirs = theirsOf(deed, "serial");
  if (deed.kind !== "attend" || !theirs) return null;
  const { day = "", trainees: said = [] } = deed.body;
  const there = new Set(trainees(theirs).map(({ nomination }) => nomination));
  const fine = said.filter((one) => there.has(one.nomination) && onto({ ...deed, body: { day, trainees: [one] } }, theirs));
  const rest = fine.length < said.length ? marked(theirs, day, Object.fromEntries(fine.map(({ nomination, attendance }) => [nomination, attendance]))) : null;
  return rest && { ...rest, body: { ...deed.body, ...rest.body } };
}

/** Deeds that a deed waits for, by what they are done to: a day is told of those who came. */
export function waitsFor(deed: Deed): string[] {
  return (deed.body.trainees ?? []).map(({ nomination }) => ofSerial(tells(deed)?.code ?? "", nomination));
}
