// Deeds go out in order, each once. What this file decides is tested without a browser: the world outside comes in as `Outside`.
import { moment, told, TOLERANCE, type Contact } from "./clock.ts";
import type { Order } from "./fault.ts";
import { isAsSeen, isNote, isUntold, tells, theirsOf, waits, type Body, type Deed, type Noun, type Nouns } from "./model.ts";
import { hasCome, kept, onto as ontoSerial, waitsFor } from "./school.ts";
import { head } from "./words.ts";

export interface Request {
  /** As whom. */
  as: string;
  method: "GET" | "POST" | "PUT" | "DELETE";
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
  /** What is small went, and what is large waits: what became of it may be asked for. */
  between(): Promise<void>;
  /** What to say of a clock that was wrong. */
  clock(minutes: number): string;
  /** Whether two resources are the same thing in two states. */
  same(one: string, other: string): boolean;
}

/** Longest remark, symptom, text of a note and reason that the server takes, in characters; of a consignment a note may tell more. */
const LONGEST = { remark: 1_000, symptom: 2_000, text: 2_000, reason: 500 };
export const LONGEST_NOTE = 50_000;

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
  return deed.subject === "" || isNote(deed) ? alone(deed.seq) : deed.subject;
}

function alone(seq: number): string {
  return `deed ${seq}`;
}

/** From here on it holds up what comes after it. */
function hold(deed: Deed, by: Set<string>): void {
  by.add(chain(deed)).add(alone(deed.seq));
}

/** Whether a deed is held up by what holds up others. Then it holds up what comes after it, too. */
function isHeldUp(deed: Deed, by: Set<string>): boolean {
  const about = deed.about === undefined ? [] : [alone(deed.about)];
  const held = [chain(deed), ...about, ...waitsFor(deed)].some((one) => by.has(one));
  if (held) hold(deed, by);
  return held;
}

/** Deeds that are to go next, each as far as no deed before it stops it: one that is to be decided, or of somebody whom the server does not take. */
export function sendable(deeds: readonly Deed[], gone: readonly string[]): Deed[] {
  const stopped = new Set<string>();
  return [...deeds].sort((a, b) => a.seq - b.seq).filter((deed) => {
    if (deed.state === "refused" || (waits(deed) && gone.includes(deed.by))) hold(deed, stopped);
    return waits(deed) && !isHeldUp(deed, stopped);
  });
}

/** Whether photographs of it are to be sent first. */
function isLarge({ photos }: Deed): boolean {
  return photos.some((photo) => !photo.sent);
}

/**
 * Sends what waits: first what has no photographs, as far as nothing before it has some. They take long on a slow network: after each of them
 * goes what is small and was done meanwhile.
 */
export async function send(deeds: readonly Deed[], world: Outside): Promise<Outcome> {
  /** Whom the server takes. */
  const known = new Map<string, boolean>();
  const gone = (): string[] => [...known].flatMap(([name, taken]) => (taken ? [] : [name]));
  const revoke = async (name: string): Promise<void> => {
    known.set(name, false);
    await outside.revoked(name);
  };
  /** Where the server failed: what comes after it waits, others do not. */
  const stuck = new Set<string>();
  // By the last answer: what is done while something is sent is later than the first.
  let now: Contact | undefined;
  const outside: Outside = { ...world, ask: async (request) => {
    const reply = await world.ask(request);
    now = reply.contact ?? now;
    return reply;
  } };
  /** Sends one, or a photograph of it. */
  const next = async (waiting: Deed): Promise<"later" | null> => {
    if (!known.has(waiting.by)) {
      const reply = await outside.ask({ as: waiting.by, method: "GET", path: "/api/v1/me" });
      if (reply.status === 200) known.set(waiting.by, true);
      else if (reply.status === 401) await revoke(waiting.by);
      else return "later";
    }
    if (!now) return "later";
    // What comes after it waits, too.
    if (isHeldUp(waiting, stuck) || !sendable(deeds, gone()).includes(waiting)) return null;
    const deed = await one(waiting, deeds, () => now as Contact, outside);
    if (deed === "later") return "later";
    if (deed === "stuck") hold(waiting, stuck);
    if (deed === "revoked") await revoke(waiting.by);
    return null;
  };
  for (;;) {
    const later = new Set<string>();
    for (const waiting of sendable(deeds, [])) {
      if (isLarge(waiting)) hold(waiting, later);
      if (!isHeldUp(waiting, later) && (await next(waiting))) return "later";
    }
    const large = sendable(deeds, gone()).find((waiting) => !isHeldUp(waiting, stuck));
    if (!large) return stuck.size > 0 ? "stuck" : "sent";
    await outside.between();
    if (await next(large)) return "later";
  }
}

/** `photographed`: a photograph of it went, and the rest of it is to follow. */
async function one(deed: Deed, deeds: readonly Deed[], now: () => Contact, outside: Outside): Promise<Deed | "photographed" | "later" | "stuck" | "revoked"> {
  const refused = async (reply: Reply, theirs?: Theirs): Promise<Deed> => {
    deed.state = "refused";
    deed.problem = words(reply);
    if (theirs) deed.theirs = theirs;
    delete deed.sent;
    await outside.keep(deed);
    return deed;
  };
  // Where only this gets no answer, others go on, and it is told of it.
  const waiting = async (why: "later" | "stuck"): Promise<"later" | "stuck"> => {
    if (why === "later" && !(await answers(deed, outside))) return why;
    deed.stuck = true;
    await outside.keep(deed);
    return "stuck";
  };
  for (const photo of deed.photos) {
    // Muster has it, or had it before and it is gone from the phone.
    const bytes = photo.sent ? null : await outside.photo(photo.id);
    if (!bytes) continue;
    const reply = await outside.ask({ as: deed.by, method: "POST", path: "/api/v1/attachments", body: bytes });
    const why = undecided(reply);
    if (why) return waiting(why);
    if (reply.status === 401) return "revoked";
    if (reply.status >= 300) return refused(reply);
    photo.sent = true;
    delete deed.stuck;
    await outside.keep(deed);
    return "photographed";
  }
  if (deed.sent === undefined) freeze(deed, deeds, now(), outside);
  deed.state = "sending";
  await outside.keep(deed);
  for (let again = true; ; again = false) {
    const reply = await outside.ask({ as: deed.by, method: "POST", path: deed.path, body: deed.sent ?? "", key: deed.key });
    const why = undecided(reply);
    if (why) return waiting(why);
    if (reply.status === 401) return "revoked";
    delete deed.stuck;
    if (reply.status < 300) {
      deed.state = "done";
      // Where it had been done before, the answer tells what it is now: somebody may have changed it since, and nobody here has seen that.
      if (typeof reply.body["version"] === "number" && reply.body["repeated"] !== true) deed.version = reply.body["version"];
      if (deed.kind === "fault" && typeof reply.body["code"] === "string") deed.code = reply.body["code"];
      await outside.keep(deed);
      return deed;
    }
    const theirs = await muster(deed, outside);
    if (theirs === "later" || theirs === "stuck") return waiting(theirs);
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

/** Whether Muster answers to what is small, so that only what was asked before got no answer. */
async function answers({ by }: Deed, outside: Outside): Promise<boolean> {
  return (await outside.ask({ as: by, method: "GET", path: "/api/v1/me" })).status === 200;
}

/** What of a deed is said otherwise on what Muster has now; nothing, if that differs in what the deed rests on. */
function onto(deed: Deed, theirs: Theirs): Body | null {
  const known = { ...deed, theirs };
  const [consignment, serial] = [theirsOf(known, "consignment"), theirsOf(known, "serial")];
  if (consignment) return isAsSeen(deed, consignment) ? { version: consignment.version } : null;
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
function freeze(deed: Deed, deeds: readonly Deed[], now: Contact, outside: Outside): void {
  const after = deeds.reduce((latest, { seq, at }) => (seq <= deed.seq ? Math.max(latest, at ?? latest) : latest), Number.NEGATIVE_INFINITY);
  const { at, shift } = told(deed.made, deed.contact, now, after);
  deed.at = at;
  const body = { ...deed.body };
  // What an earlier version of this page kept of these has no time yet.
  const dated = "at" in body || deed.kind === "unmanifested" || deed.kind === "count";
  if (dated) body.at = moment(at);
  // A day is what was chosen; that the clock was wrong then is told all the same.
  const tail = Math.abs(shift) > TOLERANCE && (dated || "day" in body) ? outside.clock(Math.round(shift / 60_000)) : "";
  const into = deed.kind === "fault" ? "symptom" : "text" in body ? "text" : "day" in body ? "reason" : "remark";
  const longest = deed.kind === "note" && into === "text" ? LONGEST_NOTE : LONGEST[into];
  const said = head(body[into] ?? "", longest - (tail ? tail.length + 3 : 0));
  const text = [said, tail].filter(Boolean).join(" · ");
  if (text) body[into] = text;
  // What came before it on this phone made the consignment what the deed found.
  const before = deeds.filter((other) => other.subject === deed.subject && other.seq < deed.seq && isUntold(other) && !isNote(other)).at(-1);
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
