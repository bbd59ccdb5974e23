// The phone while it is open: what it knows in memory, and everything that changes it. Each change is on the disk before anybody is told.
import { ask, pages } from "./api.ts";
import { learn, MOST, serialsOf, type Catalogue } from "./catalogue.ts";
import { byServer, TOLERANCE, type Contact } from "./clock.ts";
import { blankMine, copyOf, named, noCopies, recalled, type Each, type Mine, type Named } from "./copies.ts";
import { draftKey, Drafts } from "./drafts.ts";
import { isOver, type Order } from "./fault.ts";
import { forgotten } from "./forget.ts";
import { applied, isLeft, isNote, isOpen, isUntold, photographs, tells, theirsOf, waits, type Consignment, type Deed, type Draft, type New, type Photo, type Variance } from "./model.ts";
import { notesOf, photosOf } from "./notes.ts";
import { compressed } from "./photograph.ts";
import { attended, kept, uncontested, type Serial } from "./school.ts";
import { backoff, path, send, sendable, type Reply, type Request } from "./sync.ts";
import type { Session, Vault } from "./vault.ts";
import { diskSaid, say } from "./words.ts";

export interface About {
  place: string;
  label: string;
  blind: boolean;
  contact?: Contact;
  /** Whose tokens are no longer taken. */
  revoked: string[];
}

/** Most that is asked for at once. */
const AT_ONCE = 4;
/** Names are fetched anew after so long, in milliseconds: networks at hubs are slow, and names seldom change. */
const LEARNT_FOR = 12 * 3_600_000;

export class Phone {
  about!: About;
  private mine: Mine;
  readonly consignments = new Map<string, Consignment>();
  private each: Each = noCopies();
  variances: Variance[] = [];
  deeds: Deed[] = [];
  private readonly drafts = new Drafts();
  /** What is being done with the network. */
  busy: "" | "sending" | "fetching" = "";
  /** What the network did last. */
  trouble = "";
  failed = 0;
  closed = false;
  /** The work of the place is to be fetched. */
  private behind = false;
  private tokens = new Map<string, string>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private writes: Promise<unknown> = Promise.resolve();

  private constructor(
    readonly vault: Vault,
    readonly session: Session,
    readonly me: string,
    private readonly changed: () => void,
  ) {
    this.mine = blankMine(me);
  }

  static async load(vault: Vault, session: Session, me: string, changed: () => void): Promise<Phone | null> {
    const phone = new Phone(vault, session, me, changed);
    const [about] = await session.all<About>("about");
    if (!about) return null;
    phone.about = about;
    const people = await vault.people();
    Object.assign(phone, await recalled(session, about, me, people.map(({ name }) => name)));
    for (const one of await session.all<Consignment>("consignment")) phone.consignments.set(one.code, one);
    phone.variances = (await session.all<Variance[]>("variances"))[0] ?? [];
    for (const draft of await session.all<Draft>("draft")) phone.drafts.take(draft);
    for (const { name, token } of await session.all<{ name: string; token: string }>("token")) phone.tokens.set(name, token);
    phone.deeds = (await session.all<Deed>("deed")).sort((a, b) => a.seq - b.seq);
    await phone.forget();
    return phone;
  }

  static async begin(session: Session, me: string, about: About, token: string): Promise<void> {
    await session.write({ put: [["about/", about], [await session.name("token", me), { name: me, token }]] });
  }

  /** Somebody's new token. */
  async admit(name: string, token: string): Promise<void> {
    this.tokens.set(name, token);
    this.about.revoked = this.about.revoked.filter((one) => one !== name);
    await this.session.write({ put: [["about/", this.about], [await this.session.name("token", name), { name, token }]] });
    this.changed();
    // What waited for it goes now.
    this.soon(0);
  }

  async settings(change: Partial<About>): Promise<void> {
    Object.assign(this.about, change);
    await this.session.write({ put: [["about/", this.about]] });
    this.changed();
  }

  /** From now on nothing is changed here. It is over when all that was is on the disk. */
  async close(): Promise<void> {
    for (const draft of this.drafts.open()) void this.write(draft);
    this.closed = true;
    this.drafts.stop();
    clearTimeout(this.timer);
    await this.writes;
  }

  /** Names, and what at the place may be reported broken, as whoever has the phone open sees them. */
  get catalogue(): Catalogue {
    return this.mine.catalogue;
  }

  /** When the work was fetched last for whoever has the phone open. */
  get fetched(): number | undefined {
    return this.mine.fetched;
  }

  /** Work orders that came of what was reported here, as far as whoever has the phone open sees them. */
  get orders(): Map<string, Order> {
    return this.each.order.of(this.me);
  }

  /** Serials at the place that whoever has the phone open sees, as they are after all that was done here. */
  serials(): Serial[] {
    return [...this.each.serial.of(this.me).values()].map((one) => attended(one, this.deeds));
  }

  /** Whether whoever has the phone open may teach. Before Muster told, who has serials may. */
  teaches(): boolean {
    return this.mine.may?.includes("train") ?? this.each.serial.of(this.me).size > 0;
  }

  /** Whether the phone does not know what day it is: by its clock, Muster was reached last in a time to come. */
  isLost(): boolean {
    return byServer(this.about.contact) < (this.about.contact?.server ?? Number.NEGATIVE_INFINITY) - TOLERANCE;
  }

  /** The day it is, by Muster's clock as far as it is known. */
  today(): string {
    return new Date(byServer(this.about.contact)).toISOString().slice(0, 10);
  }

  /** A consignment as it is after all that was done here. */
  view(code: string): Consignment | undefined {
    const base = this.consignments.get(code);
    return base && applied(base, this.deeds);
  }

  waiting(): Deed[] {
    return this.deeds.filter(waits);
  }

  refused(): Deed[] {
    return this.deeds.filter((deed) => deed.state === "refused");
  }

  /** What something is, for people. */
  resource(code: string): string {
    return this.catalogue.resources[code] ?? code;
  }

  /** Whether a resource is what is traded under a number. */
  isTraded(resource: string, gtin: string | undefined): boolean {
    return gtin !== undefined && (this.catalogue.traded?.[gtin] ?? []).includes(resource);
  }

  placeName(code: string): string {
    return this.catalogue.places[code] ?? code;
  }

  /** Where a consignment goes next. */
  next(consignment: Consignment): string {
    const to = consignment.lane === null ? "" : (this.catalogue.lanes[consignment.lane] ?? "");
    return this.placeName(to || consignment.destination);
  }

  /** Keeps a count as it is now. Taps come faster than the disk: they are written one after another. What the disk does not take is tried again, and said as long as it lasts. */
  async draft(draft: Draft): Promise<void> {
    // A tap or a photograph that came late: another page has the draft now, or it has come to its end.
    if (!this.closed && this.drafts.take(draft) !== null) await this.write(draft);
  }

  private write(draft: Draft): Promise<void> {
    const key = draftKey(draft.kind, draft.consignment);
    return this.inOrder(async () => {
      if (this.drafts.at(key) !== draft) return;
      const before = this.lost;
      this.drafts.wrote(key, await this.session.write({ put: [[await this.session.name("draft", key), draft]] }).then(() => "", diskSaid));
      if (!this.closed) this.drafts.again((one) => void this.write(one));
      if (this.lost !== before) this.changed();
    });
  }

  /** Why something that was tapped would be lost if the phone went out now; empty: all of it is on the disk. */
  get lost(): string {
    return this.drafts.lost;
  }

  /** What was begun. */
  begun(consignment: string, kind: Draft["kind"]): Draft | undefined {
    return this.drafts.at(draftKey(kind, consignment));
  }

  /** Whether anything was begun. */
  isBegun(consignment: string): boolean {
    return this.drafts.has(consignment);
  }

  /** Throws away what was begun, with its photographs. */
  async discard(draft: Draft): Promise<void> {
    const key = draftKey(draft.kind, draft.consignment);
    await this.inOrder(async () => {
      if (this.closed) throw new Error(say("elsewhere"));
      const needed = this.needed([draft]);
      const photos = photographs(draft).map(({ id }) => id).filter((id) => !needed.has(id));
      await this.session.write({ drop: [await this.session.name("draft", key), ...photos] });
      this.drafts.end(draft);
      this.drafts.drop(key);
    }).catch((error: unknown) => {
      throw new Error(diskSaid(error));
    });
    this.changed();
  }

  /** Keeps a photograph; gives its name and its hash. */
  async photograph(file: Blob): Promise<Photo> {
    const bytes = await compressed(file);
    if (this.closed) throw new Error(say("elsewhere"));
    const id = `photo/${crypto.randomUUID()}`;
    const hash = [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    await this.inOrder(() => this.session.write({ put: [[id, bytes]] })).catch((error: unknown) => {
      throw new Error(diskSaid(error));
    });
    return { id, hash };
  }

  /** Something was done, and notes belong to it; it ends a draft. When this is over, it will not be lost. */
  async done(deed: New, notes: New[] = [], ends = draftKey(deed.kind, deed.subject)): Promise<Deed> {
    const made = await this.inOrder(async () => {
      const drop = this.drafts.at(ends) ? [await this.session.name("draft", ends)] : [];
      const kept = await this.add([deed, ...notes], { drop });
      this.drafts.drop(ends);
      return kept;
    }).catch((error: unknown) => {
      throw new Error(diskSaid(error));
    });
    this.changed();
    this.soon(0);
    return made;
  }

  /** Whether it goes no further by itself. */
  private isStuck = (deed: Deed): boolean => deed.state === "refused" || isLeft(deed, this.me, this.about.revoked);

  /** Whether whoever has the phone open may give it up: what was refused, and what waits of somebody whom Muster no longer takes, which holds up others. */
  mayGiveUp(deed: Deed): boolean {
    return !isNote(deed) && this.isStuck(deed);
  }

  /** Whether a note is to be decided: it was refused, or whoever it is of sends nothing any more. */
  isUndecided(deed: Deed): boolean {
    return isNote(deed) && this.isStuck(deed);
  }

  /** It is given up. Muster's version holds; what was done stays in this phone's journal and is told in notes. What of a day nobody contests goes on. Or it is done again, from a draft. */
  async giveUp(deed: Deed, said: string | null, again: Draft | null = null): Promise<void> {
    await this.inOrder(async () => {
      // Somebody may tap twice.
      if (this.closed || !this.mayGiveUp(deed)) return;
      const theirs = theirsOf(deed, "consignment");
      const untold = theirs ? this.deeds.filter((one) => one.subject === theirs.code && isUntold(one)) : [];
      // What belongs to it goes with it: its photographs are shown again.
      const belonging = this.deeds.filter((one) => one.about === deed.seq && waits(one));
      const photos = photosOf(deed, this.deeds);
      const ended = [{ ...deed, photos, state: "dropped" as const, ...(said === null ? {} : { owed: true as const }) }, ...belonging.map((one) => ({ ...one, state: "dropped" as const }))];
      const put: [string, unknown][] = [...ended.map((one): [string, unknown] => [name(one), one]), ...untold.map((one): [string, unknown] => [name(one), { ...one, settled: true }])];
      if (theirs) put.push([await this.session.name("consignment", theirs.code), theirs]);
      if (again) put.push([await this.session.name("draft", draftKey(again.kind, again.consignment)), again]);
      const rest = said === null ? null : uncontested(deed);
      const by = this.about.revoked.includes(deed.by) ? this.me : deed.by;
      const goesOn: New[] = rest ? [{ kind: deed.kind, subject: deed.subject, path: deed.path, by, ...rest }] : [];
      const notes = said === null ? [] : this.notes(deed, said).map((note) => ({ ...note, about: deed.seq }));
      // All of it or nothing, so that none is lost and none is twice.
      if (goesOn.length + notes.length > 0) await this.add([...goesOn, ...notes], { put });
      else await this.session.write({ put });
      for (const [n, one] of [deed, ...belonging].entries()) Object.assign(one, ended[n]);
      if (again) this.drafts.take(again);
      for (const one of untold) one.settled = true;
      if (theirs) this.consignments.set(theirs.code, theirs);
    });
    this.changed();
    this.soon(0);
  }

  /** What would be told to Muster of a deed that is given up. */
  notes(deed: Deed, said: string): New[] {
    return notesOf({ ...deed, photos: photosOf(deed, this.deeds) }, said, (code) => this.variances.find((one) => one.code === code)?.consignment);
  }

  /** A note is sent once more, by whoever has the phone open if its own sends nothing any more; or it stays on this phone. */
  async decide(note: Deed, once: boolean): Promise<void> {
    await this.inOrder(async () => {
      if (this.closed || !this.isUndecided(note)) return;
      const by = this.about.revoked.includes(note.by) ? this.me : note.by;
      // It is another request, and what was said to the one before is over.
      const { problem, sent, ...rest } = note;
      const decided: Deed = once ? { ...rest, state: "waiting", by, key: newKey() } : { ...note, state: "dropped", owed: true };
      await this.session.write({ put: [[name(note), decided]] });
      if (once) for (const of of ["problem", "sent"] as const) delete note[of];
      Object.assign(note, decided);
    });
    this.changed();
    this.soon(0);
  }

  /** Sends and fetches when there is a network, after a while. */
  soon(after: number): void {
    clearTimeout(this.timer);
    if (!this.closed) this.timer = setTimeout(() => void this.sync(), after);
  }

  /** Sends what waits, in order, and asks for what became of it. Never in two tabs at once. What failed is tried again by itself. */
  async sync(all = false): Promise<void> {
    this.behind ||= all;
    if (this.closed || this.busy || !(this.behind || this.waiting().length > 0)) return;
    this.state("sending");
    let fine = false;
    try {
      fine = await navigator.locks.request("muster-hub-sync", () => this.exchange());
    } catch (error) {
      // The disk failed; what is on it is as it was.
      this.trouble = error instanceof Error ? error.message : String(error);
    }
    this.failed = fine ? 0 : this.failed + 1;
    this.state("");
    const behind = this.behind && !this.about.revoked.includes(this.me);
    if (behind || sendable(this.deeds, this.about.revoked).length > 0) this.soon(backoff(this.failed));
  }

  token(name: string): string | null {
    return this.tokens.get(name) ?? null;
  }

  private state(busy: Phone["busy"]): void {
    this.busy = busy;
    this.changed();
  }

  private async ask(request: Request): Promise<Reply> {
    const reply = this.closed ? { status: 0, body: {} } : await ask(request, this.token(request.as) ?? "none");
    if (reply.contact) this.about.contact = reply.contact;
    if (reply.status === 200 && this.about.revoked.includes(request.as)) await this.settings({ revoked: this.about.revoked.filter((one) => one !== request.as) });
    return reply;
  }

  /** Sends and fetches once. Gives whether nothing is left. */
  private async exchange(): Promise<boolean> {
    let fetched = true;
    const outcome = await send(this.deeds, {
      ask: (request) => this.ask(request),
      photo: (id) => this.session.bytes(id),
      keep: (deed) => this.inOrder(() => this.session.write({ put: [[name(deed), deed]] })).then(() => this.changed()),
      revoked: (who) => this.revoke(who),
      clock: (minutes) => say("clock-remark", { n: minutes }),
      // Who does not see the catalogue goes by the serial number.
      same: (one, other) => [one, other].some((code) => !(code in this.catalogue.resources)) || this.resource(one) === this.resource(other),
      between: async () => {
        if (!fetched || !(this.behind || this.deeds.some(isUntold))) return;
        fetched = await this.fetch();
        this.state("sending");
      },
    });
    this.trouble = outcome === "sent" ? "" : say(outcome === "stuck" ? "stuck" : "no-answer");
    return outcome !== "later" && (await this.fetch()) && outcome === "sent";
  }

  private async fetch(): Promise<boolean> {
    const all = this.behind;
    const fetched = await (all ? this.fetchAll() : this.fetchSome([]));
    // It may have been asked for meanwhile.
    if (all || !fetched) this.behind = !fetched;
    return fetched;
  }

  private revoke(name: string): Promise<void> {
    return this.settings({ revoked: [...new Set([...this.about.revoked, name])] });
  }

  /** Whether a deed to it is to be sent or to be decided. Nothing rests on a note. */
  private isOpen(code: string): boolean {
    return this.deeds.some((deed) => tells(deed)?.code === code && isOpen(deed) && !isNote(deed));
  }

  /** Keeps new deeds, together with what else is written then; gives the first. Notes that come with another deed are about it. */
  private async add(deeds: New[], also: { put?: [string, unknown][]; drop?: string[] } = {}): Promise<Deed> {
    for (;;) {
      if (this.closed) throw new Error(say("elsewhere"));
      const next = (this.deeds.at(-1)?.seq ?? 0) + 1;
      // A copy: what it was made from goes on to change.
      const made = deeds.map((deed, n): Deed => ({
        photos: [], made: Date.now(), by: this.me, ...(n > 0 ? { about: next } : {}), ...structuredClone(deed),
        seq: next + n, key: newKey(), state: "waiting",
        ...(this.about.contact ? { contact: this.about.contact } : {}),
      }));
      try {
        await this.session.write({ add: made.map((one) => [name(one), one]), ...also });
        this.deeds.push(...made);
        return made[0] as Deed;
      } catch (error) {
        // The page that this one took over from had done something still, which has this number.
        const known = new Set(this.deeds.map((one) => one.seq));
        const more = (await this.session.all<Deed>("deed")).filter((one) => !known.has(one.seq));
        if (more.length === 0) throw error;
        this.deeds.push(...more);
        this.deeds.sort((a, b) => a.seq - b.seq);
      }
    }
  }

  private inOrder<T>(act: () => Promise<T>): Promise<T> {
    const next = this.writes.then(act);
    this.writes = next.catch(() => undefined);
    return next;
  }

  /** Asks anew for some things, and for those to which something was done to the end. */
  private async fetchSome(stale: Named[]): Promise<boolean> {
    const put: [string, unknown][] = [];
    const drop: string[] = [];
    const settle = (deeds: Deed[]): void => {
      for (const deed of deeds) {
        deed.settled = true;
        put.push([name(deed), deed]);
      }
      const needed = this.needed(deeds);
      drop.push(...deeds.flatMap((deed) => deed.photos.map((photo) => photo.id)).filter((id) => !needed.has(id)));
    };
    const untold = this.deeds.filter(isUntold);
    settle(untold.filter((deed) => tells(deed) === null));
    let fine = true;
    // A serial of which a day is to be decided goes on with its other days.
    const undecided = this.deeds.filter((deed) => deed.state === "refused" && tells(deed)?.noun === "serial");
    const asked = new Map([...stale, ...[...untold, ...undecided].flatMap((deed) => tells(deed) ?? [])].map((one) => [named(one), one]));
    const queue = [...asked.values()].filter(({ noun, code }) => noun !== "consignment" || !this.isOpen(code));
    const worker = async (): Promise<void> => {
      for (let one = queue.pop(); one !== undefined; one = queue.pop()) {
        const { noun, code } = one;
        const done = untold.filter((deed) => named(tells(deed)) === named(one));
        const heard = new Set<string>();
        let answered = true;
        const readers = this.readers(one, done);
        for (const who of readers) {
          const reply = await this.ask({ as: who, method: "GET", path: path(noun, code) });
          // Whose token is no longer taken has what they had.
          if (reply.status === 401 && who !== this.me) await this.revoke(who);
          else if (reply.status !== 200 && reply.status !== 404) answered = false;
          else if (await this.learnt(who, one, reply, { put, drop })) heard.add(who);
        }
        if (!answered) fine = false;
        // What each has of their own, only what they are told themselves brings up to date, if they can be told.
        else if (heard.size > 0) settle(done.filter((deed) => heard.has(deed.by) || !readers.includes(deed.by)));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    put.push(["about/", this.about]);
    await this.inOrder(() => this.session.write({ put, drop }));
    return fine;
  }

  /** For whom something is asked: whoever has the phone open, who did something to it, and who keeps it. */
  private readers({ noun, code }: Named, done: Deed[]): string[] {
    if (noun === "consignment") return [this.me];
    const others = [...done.map((deed) => deed.by), ...this.each[noun].keepers(code)];
    return [...new Set([this.me, ...others.filter((who) => this.tokens.has(who) && !this.about.revoked.includes(who))])];
  }

  /** What Muster told somebody of something, or that they see none. Gives whether that is all there is to know. */
  private async learnt(who: string, { noun, code }: Named, reply: Reply, { put, drop }: { put: [string, unknown][]; drop: string[] }): Promise<boolean> {
    // What something here hangs on still stays, also if whoever asks does not see it.
    if (reply.status === 404 && (this.isBegun(code) || this.isOpen(code))) return false;
    const at = await this.session.name(noun, noun === "consignment" ? code : copyOf(who, code));
    const known: Map<string, unknown> = noun === "consignment" ? this.consignments : this.each[noun].of(who);
    if (reply.status === 404) {
      known.delete(code);
      drop.push(at);
      return true;
    }
    const is = noun === "serial" ? kept(reply.body) : reply.body;
    known.set(code, is);
    put.push([at, noun === "consignment" ? is : { of: who, is }]);
    return true;
  }

  /** The work of the place, as it now is. */
  private async fetchAll(): Promise<boolean> {
    this.state("fetching");
    const token = this.token(this.me) ?? "none";
    const failed = async (reply: Reply): Promise<false> => {
      if (reply.status === 401) await this.revoke(this.me);
      this.trouble = reply.status === 401 || reply.status === 403 ? say("revoked-me") : say("no-answer");
      return false;
    };
    const place = encodeURIComponent(this.about.place);
    const heads = await pages<Consignment>(`/api/v1/consignments?place=${place}&open=true&limit=1000`, "consignments", token, MOST);
    if (!Array.isArray(heads)) return failed(heads);
    const me = await this.ask({ as: this.me, method: "GET", path: "/api/v1/me" });
    if (me.status !== 200) return failed(me);
    this.mine.may = (me.body["may"] ?? []) as string[];
    const own = await this.session.name("mine", this.me);
    if (Math.abs(Date.now() - (this.mine.learnt ?? 0)) >= LEARNT_FOR) {
      const catalogue = await learn(token, this.about.place);
      if ("status" in catalogue) return failed(catalogue);
      Object.assign(this.mine, { catalogue, learnt: Date.now() });
      await this.inOrder(() => this.session.write({ put: [["about/", this.about], [own, this.mine]] }));
    }
    const variances = await pages<Variance>(`/api/v1/variances?place=${place}&open=true&limit=1000`, "variances", token, MOST);
    if (!Array.isArray(variances)) return failed(variances);
    const stale = heads.filter((head) => this.consignments.get(head.code)?.version !== head.version).map(({ code }): Named => ({ noun: "consignment", code }));
    stale.push(...[...this.orders.values()].filter((order) => !isOver(order)).map(({ code }): Named => ({ noun: "order", code })));
    const running = this.teaches() ? await serialsOf(token, this.about.place, this.today()) : [];
    if (!Array.isArray(running)) return failed(running);
    stale.push(...running.map((code): Named => ({ noun: "serial", code })));
    if (!(await this.fetchSome(stale))) return failed({ status: 0, body: {} });
    // What left the place's list goes, unless something here still hangs on it.
    const listed = new Set([...heads.map((head) => named({ noun: "consignment", code: head.code })), ...running.map((code) => named({ noun: "serial", code }))]);
    const [there, taught] = [this.consignments, this.each.serial.of(this.me)];
    const gone = (noun: Named["noun"], codes: Iterable<string>): string[] => [...codes].filter((code) => !listed.has(named({ noun, code })) && !this.isBegun(code) && !this.isOpen(code));
    const [left, over] = [gone("consignment", there.keys()), gone("serial", taught.keys())];
    const drop = await Promise.all([...left.map((code) => this.session.name("consignment", code)), ...over.map((code) => this.session.name("serial", copyOf(this.me, code)))]);
    for (const code of left) there.delete(code);
    for (const code of over) taught.delete(code);
    // What somebody counts still stays until they are done with it.
    const open = new Set(variances.map(({ code }) => code));
    this.variances = [...variances, ...this.variances.filter(({ code }) => !open.has(code) && this.isBegun(code))];
    this.mine.fetched = me.contact?.server ?? Date.now();
    await this.inOrder(() => this.session.write({ put: [["about/", this.about], ["variances/", this.variances], [own, this.mine]], drop }));
    return true;
  }

  /** Photographs that something needs still, besides some deeds. */
  private needed(besides: (Deed | Draft)[]): Set<string> {
    const all = [...this.deeds, ...this.drafts.all()].filter((one) => !besides.includes(one));
    return new Set(all.flatMap((one) => photographs(one).map(({ id }) => id)));
  }

  /** What Muster has told of long since is not kept for ever. */
  private async forget(): Promise<void> {
    const gone = forgotten(this.deeds, this.about.contact?.server ?? Number.NEGATIVE_INFINITY);
    this.deeds = this.deeds.filter((deed) => !gone.includes(deed));
    const needed = this.needed([]);
    const photos = (await this.session.names("photo")).filter((id) => !needed.has(id));
    // A work order is told of as long as something may follow, or a deed is known that had to do with it.
    const reported = new Set(this.deeds.flatMap((deed) => tells(deed)?.code ?? []));
    const ended = this.each.order.all().filter(({ is }) => isOver(is) && !reported.has(is.code));
    const orders = await Promise.all(ended.map(({ of, is }) => this.session.name("order", copyOf(of, is.code))));
    for (const { of, is } of ended) this.each.order.of(of).delete(is.code);
    const drop = [...gone.map(name), ...photos, ...orders];
    if (drop.length > 0) await this.session.write({ drop });
  }
}

function name(deed: Deed): string {
  return `deed/${String(deed.seq).padStart(9, "0")}`;
}

/** What a deed is known by to Muster. */
function newKey(): string {
  return `hub-${crypto.randomUUID()}`;
}
