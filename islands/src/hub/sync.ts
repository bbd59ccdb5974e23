// Deeds go out in order, each once. What this file decides is tested without a browser: the world outside comes in as `Outside`.
import { moment, told, TOLERANCE, type Contact } from "./clock.ts";
import type { Order } from "./fault.ts";
import { essence, isNote, isUntold, tells, theirsOf, waits, type Body, type Deed, type Noun, type Nouns } from "./model.ts";
import { hasCome, kept, onto as ontoSerial, waitsFor } from "./school.ts";

export interface Request {
  /** As whom. */
  as: string;
  method: "GET" | "POST" | "PUT";
  path: string;
  body?: string | Uint8Array<ArrayBuffer>;
  key?: string;
}

export interface Reply {
  /** 0: there was no answer. */
  status: number;
  body: Record<string, unknown>;
  /** The server's clock, and the phone's when it was read. */
  contact?: Contact;
}

export interface Outside {
  ask(request: Request): Promise<Reply>;
  photo(id: string): Promise<Uint8Array<ArrayBuffer> | null>;
  /** Keeps a deed as it now is, with the consignment if it was told anew, before anything else happens. */
  keep(deed: Deed): Promise<void>;
  /** Somebody's token is no longer taken. */
  revoked(name: string): Promise<void>;
  /** What to say of a clock that was wrong. */
  clock(minutes: number): string;
  /** What to say of when something came that has no papers. */
  seen(at: number): string;
  /** Whether two resources are the same thing in two states. */
  same(one: string, other: string): boolean;
}

/** Longest remark, symptom, text of a note and reason that the server takes, in characters. */
const LONGEST = { remark: 1_000, symptom: 2_000, text: 2_000, reason: 500 };

type Theirs = Nouns[Noun];

/** `later`: nothing gets through now. `stuck`: something is to be tried again, all else went. */
export type Outcome = "sent" | "later" | "stuck";

/**
 * Answers after which the same may be tried again, since nothing was decided. `later`: nothing else would fare better now. `stuck`: it is
 * about this request alone.
 */
function undecided({ status, body }: Reply): "later" | "stuck" | null {
  if (status === 0 || [408, 425, 429, 502, 503, 504].includes(status)) return "later";
  return status >= 500 || (status === 409 && body["type"] === "/api#problem-under-way") ? "stuck" : null;
}

/** What deeds wait for each other by: their subject, or themselves alone. */
function chain(deed: Deed): string {
  return deed.subject === "" ? `deed ${deed.seq}` : deed.subject;
}

/** Whether a deed is held up by what holds up others. Then it holds up what comes after it, too. */
function isHeldUp(deed: Deed, by: Set<string>): boolean {
  const held = [chain(deed), ...waitsFor(deed)].some((one) => by.has(one));
  if (held) by.add(chain(deed));
  return held;
}

/** Deeds that are to go next, each as far as no deed before it stops it: one that is to be decided, or of somebody whom the server does not take. */
export function sendable(deeds: readonly Deed[], gone: readonly string[]): Deed[] {
  const stopped = new Set<string>();
  return [...deeds].sort((a, b) => a.seq - b.seq).filter((deed) => {
    if (deed.state === "refused" || (waits(deed) && gone.includes(deed.by))) stopped.add(chain(deed));
    return waits(deed) && !isHeldUp(deed, stopped);
  });
}

/** Sends what waits. */
export async function send(deeds: readonly Deed[], outside: Outside): Promise<Outcome> {
  /** Whom the server takes. */
  const known = new Map<string, boolean>();
  const gone = (): string[] => [...known].flatMap(([name, taken]) => (taken ? [] : [name]));
  const revoke = async (name: string): Promise<void> => {
    known.set(name, false);
    await outside.revoked(name);
  };
  /** Where the server failed: what comes after it waits, others do not. */
  const stuck = new Set<string>();
  let now: Contact | undefined;
  let latest = Number.NEGATIVE_INFINITY;
  for (const waiting of sendable(deeds, [])) {
    for (const { seq, at } of deeds) if (seq <= waiting.seq) latest = Math.max(latest, at ?? latest);
    if (!known.has(waiting.by)) {
      const reply = await outside.ask({ as: waiting.by, method: "GET", path: "/api/v1/me" });
      now = reply.contact ?? now;
      if (reply.status === 200) known.set(waiting.by, true);
      else if (reply.status === 401) await revoke(waiting.by);
      else return "later";
    }
    if (!now) return "later";
    // What comes after it waits, too.
    if (isHeldUp(waiting, stuck) || !sendable(deeds, gone()).includes(waiting)) continue;
    const deed = await one(waiting, deeds, now, latest, outside);
    if (deed === "later") return "later";
    if (deed === "stuck") stuck.add(chain(waiting));
    if (deed === "revoked") await revoke(waiting.by);
  }
  return stuck.size > 0 ? "stuck" : "sent";
}

async function one(deed: Deed, deeds: readonly Deed[], now: Contact, after: number, outside: Outside): Promise<Deed | "later" | "stuck" | "revoked"> {
  const refused = async (reply: Reply, theirs?: Theirs): Promise<Deed> => {
    deed.state = isNote(deed) ? "dropped" : "refused";
    deed.problem = words(reply);
    if (theirs) deed.theirs = theirs;
    delete deed.sent;
    await outside.keep(deed);
    return deed;
  };
  for (const photo of deed.photos) {
    // Muster has it, or had it before and it is gone from the phone.
    const bytes = photo.sent ? null : await outside.photo(photo.id);
    if (!bytes) continue;
    const reply = await outside.ask({ as: deed.by, method: "POST", path: "/api/v1/attachments", body: bytes });
    const why = undecided(reply);
    if (why) return why;
    if (reply.status === 401) return "revoked";
    if (reply.status >= 300) return refused(reply);
    photo.sent = true;
    await outside.keep(deed);
  }
  if (deed.sent === undefined) freeze(deed, deeds, now, after, outside);
  deed.state = "sending";
  await outside.keep(deed);
  for (let again = true; ; again = false) {
    const reply = await outside.ask({ as: deed.by, method: "POST", path: deed.path, body: deed.sent ?? "", key: deed.key });
    const why = undecided(reply);
    if (why) return why;
    if (reply.status === 401) return "revoked";
    if (reply.status < 300) {
      deed.state = "done";
      if (typeof reply.body["version"] === "number") deed.version = reply.body["version"];
      if (deed.kind === "fault" && typeof reply.body["code"] === "string") deed.code = reply.body["code"];
      await outside.keep(deed);
      return deed;
    }
    const theirs = await muster(deed, outside);
    if (theirs === "later" || theirs === "stuck") return theirs;
    // Somebody changed what does not matter to this.
    const anew = reply.status === 412 && again && theirs ? onto(deed, theirs) : null;
    if (anew) {
      deed.sent = JSON.stringify({ ...(JSON.parse(deed.sent ?? "{}") as object), ...anew });
      await outside.keep(deed);
      continue;
    }
    // Somebody else had recorded that they came: all is as it was meant.
    if (theirs && hasCome({ ...deed, theirs })) {
      deed.state = "done";
      await outside.keep(deed);
      return deed;
    }
    return refused(reply, theirs);
  }
}

/** What of a deed is said otherwise on what Muster has now; nothing, if that differs in what the deed rests on. */
function onto(deed: Deed, theirs: Theirs): Body | null {
  const known = { ...deed, theirs };
  const [consignment, serial] = [theirsOf(known, "consignment"), theirsOf(known, "serial")];
  if (consignment) return deed.saw === essence(consignment) ? { version: consignment.version } : null;
  return serial && deed.kind === "attend" ? ontoSerial(deed, serial) : null;
}

/** What Muster has now of what the deed is about. */
async function muster(deed: Deed, outside: Outside): Promise<Theirs | undefined | "later" | "stuck"> {
  const told = tells(deed);
  const { serial, resource = "" } = deed.body;
  const broken = deed.kind === "fault" && serial ? `/api/v1/work-orders?open=true&limit=1000&serial=${encodeURIComponent(serial)}` : null;
  const where = told ? path(told.noun, told.code) : broken;
  if (where === null) return undefined;
  const reply = await outside.ask({ as: deed.by, method: "GET", path: where });
  const why = undecided(reply);
  if (why) return why;
  if (reply.status !== 200) return undefined;
  // What others said of a serial in confidence is not kept on the phone.
  if (told?.noun === "serial") return kept(reply.body);
  if (told) return reply.body as unknown as Theirs;
  return ((reply.body["work_orders"] ?? []) as Order[]).find((order) => outside.same(order.resource, resource));
}

/** Makes of a deed what is sent: from now on to the letter the same. */
function freeze(deed: Deed, deeds: readonly Deed[], now: Contact, after: number, outside: Outside): void {
  const { at, shift } = told(deed.made, deed.contact, now, after);
  deed.at = at;
  const body = { ...deed.body };
  const more: string[] = [];
  if ("at" in body) body.at = moment(at);
  else if (deed.kind === "unmanifested") more.push(outside.seen(at));
  // A day is what was chosen; that the clock was wrong then is told all the same.
  if (Math.abs(shift) > TOLERANCE && ("at" in body || "day" in body || more.length > 0)) more.push(outside.clock(Math.round(shift / 60_000)));
  const tail = more.join(" · ");
  const into = deed.kind === "fault" ? "symptom" : "text" in body ? "text" : "day" in body ? "reason" : "remark";
  const said = (body[into] ?? "").slice(0, LONGEST[into] - (tail ? tail.length + 3 : 0));
  const text = [said, tail].filter(Boolean).join(" · ");
  if (text) body[into] = text;
  // What came before it on this phone made the consignment what the deed found.
  const before = deeds.filter((other) => other.subject === deed.subject && other.seq < deed.seq && isUntold(other)).at(-1);
  if (before?.version !== undefined && "version" in body) body.version = before.version;
  deed.sent = JSON.stringify(body);
}

function words({ status, body }: Reply): string {
  const errors = Array.isArray(body["errors"]) ? (body["errors"] as { detail?: string }[]).map((error) => error.detail ?? "") : [];
  return [...new Set([String(body["detail"] ?? body["title"] ?? status), ...errors])].filter(Boolean).join(" · ");
}

const LISTS: Record<Noun, string> = { consignment: "consignments", variance: "variances", order: "work-orders", serial: "serials" };

/** Where the API has something. */
export function path(noun: Noun, code: string): string {
  return `/api/v1/${LISTS[noun]}/${encodeURIComponent(code)}`;
}

/** How long to wait before the next try, by how many failed: to five minutes. */
export function backoff(failed: number): number {
  return Math.min(2_000 * 2 ** failed, 300_000);
}
