// What the phone keeps, and how: everything in IndexedDB is sealed by AES-GCM under a data key, which lies there only wrapped by keys made
// from people's PINs. See docs/decisions/0018-hub.md for what that does and does not protect from.

import { base64, type Known } from "../passkey.ts";
import { asked, Disk } from "./disk.ts";

export const ROUNDS = 600_000;
/** Wrong PINs that cost nothing but another try. */
const FREE = 3;
const LONGEST_WAIT = 3_600_000;

export interface Box {
  iv: Uint8Array<ArrayBuffer>;
  bytes: ArrayBuffer;
}

/** Somebody who may open this phone. */
export interface Person {
  name: string;
  party: string;
  salt: Uint8Array<ArrayBuffer>;
  rounds: number;
  /** The data key, wrapped. */
  data: Box;
  /** The name of their signing key, and its private half, wrapped; by an earlier PIN, if they signed in anew and got no new key. None where the browser has no Ed25519. */
  signing?: { key: string; box: Box; by?: { salt: Uint8Array<ArrayBuffer>; rounds: number } };
  /** Passkeys of theirs that may be asked for here. */
  passkeys?: Passkey[];
  wrong: number;
  wrongAt: number;
}

/** A passkey: how Muster and browsers know it, and whether it lies in this phone or apart from it, if that was said. */
export interface Passkey extends Known {
  key: string;
  attachment: string;
}

export class WrongPin extends Error {
  constructor(readonly wait: number) {
    super("wrong PIN");
  }
}

/** What is written together; what is added must not be there yet. */
type Write = { add?: [string, unknown][]; put?: [string, unknown][]; drop?: string[] };
const bytesOf = (length: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(length));
const seal = async (key: CryptoKey, bytes: BufferSource): Promise<Box> => {
  const iv = bytesOf(12);
  return { iv, bytes: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, bytes) };
};
const unseal = (key: CryptoKey, box: Box): Promise<ArrayBuffer> => crypto.subtle.decrypt({ name: "AES-GCM", iv: box.iv }, key, box.bytes);
const aes = (raw: BufferSource): Promise<CryptoKey> => crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);

const STORES = ["people", "boxes", "device"];

function clear(transaction: IDBTransaction): void {
  for (const store of STORES) transaction.objectStore(store).clear();
}

/** How long until another PIN may be tried, by how many were wrong. A clock that was set back begins the time anew, unless it is known what has `gone` by. */
export function waitFor(wrong: number, wrongAt: number, now: number, gone = now - wrongAt): number {
  if (wrong < FREE) return 0;
  const wait = Math.min(10_000 * 2 ** (wrong - FREE), LONGEST_WAIT);
  return gone < 0 ? wait : Math.max(wait - gone, 0);
}

export class Vault {
  /** When PINs were wrong last while this page was open, by a clock that nobody can set; and how many were. */
  private readonly wrongs = new Map<string, { wrong: number; at: number }>();

  private constructor(private readonly disk: Disk) {}

  static async open(name = "muster-hub"): Promise<Vault> {
    return new Vault(await Disk.open(name, (db) => {
      db.createObjectStore("people", { keyPath: "name" });
      db.createObjectStore("boxes");
      db.createObjectStore("device");
    }));
  }

  people(): Promise<Person[]> {
    return this.disk.read("people", (store) => store.getAll() as IDBRequest<Person[]>);
  }

  /** Enrols somebody; the first makes the data key. */
  async enrol(who: { name: string; party: string }, pin: string, within?: Session): Promise<Session> {
    const raw = within?.raw ?? bytesOf(32);
    const [salt, rounds] = [bytesOf(16), ROUNDS];
    const keys = await this.keys(pin, salt, rounds);
    const data = await seal(keys.data, raw);
    await this.disk.write(["people"], async (transaction) => {
      const store = transaction.objectStore("people");
      const before: Person | undefined = await asked(store.get(who.name));
      const { passkeys, signing } = before ?? {};
      // Until there is a new key the old one stays, wrapped as it is: it opens if the PIN is the same.
      const kept = before && signing ? { signing: { ...signing, by: signing.by ?? { salt: before.salt, rounds: before.rounds } } } : {};
      store.put({ ...who, salt, rounds, data, ...kept, ...(passkeys ? { passkeys } : {}), wrong: 0, wrongAt: 0 } satisfies Person);
    });
    return within ?? Session.of(this.disk, raw);
  }

  /** Opens the phone, or tells how long to wait. */
  async unlock(name: string, pin: string): Promise<Session> {
    const { raw } = await this.tried(name, pin);
    return Session.of(this.disk, raw);
  }

  /** Makes somebody's signing key; gives its public half, and what keeps the private one under a name. */
  async newSigningKey(name: string, pin: string): Promise<{ publicKey: string; keep: (key: string) => Promise<void> } | null> {
    let pair: CryptoKeyPair;
    try {
      pair = (await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as CryptoKeyPair;
    } catch {
      return null;
    }
    const { keys } = await this.tried(name, pin);
    const box = await seal(keys.signing, await crypto.subtle.exportKey("pkcs8", pair.privateKey));
    const publicKey = base64(await crypto.subtle.exportKey("raw", pair.publicKey));
    return { publicKey, keep: async (key) => void (await this.change(name, (person) => ({ ...person, signing: { key, box } }))) };
  }

  /** Signs a text as somebody who gives their PIN. */
  async sign(name: string, pin: string, text: string): Promise<{ key: string; signature: string } | null> {
    const { person, keys } = await this.tried(name, pin);
    const { signing } = person;
    if (!signing) return null;
    const { by } = signing;
    const opens = by ? (await this.keys(pin, by.salt, by.rounds)).signing : keys.signing;
    const raw = await unseal(opens, signing.box).catch(() => null);
    if (!raw) return null;
    const key = await crypto.subtle.importKey("pkcs8", raw, "Ed25519", false, ["sign"]);
    return { key: signing.key, signature: base64(await crypto.subtle.sign("Ed25519", key, new TextEncoder().encode(text))) };
  }

  /** Somebody, once they gave their PIN. */
  async known(name: string, pin: string): Promise<Person> {
    return (await this.tried(name, pin)).person;
  }

  /** From now on somebody may sign by these passkeys here. */
  async keepPasskeys(name: string, passkeys: Passkey[]): Promise<void> {
    await this.change(name, (person) => ({ ...person, passkeys }));
  }

  /** Everything is gone. */
  wipe(): Promise<void> {
    return this.disk.write(STORES, clear);
  }

  /** What a set-up that came to nothing left is gone; where it came to something, all stays. */
  undo(): Promise<void> {
    return this.disk.write(STORES, async (transaction) => {
      if ((await asked(transaction.objectStore("boxes").count())) === 0) clear(transaction);
    });
  }

  /** Changes somebody as they are on the disk now: another page may be at it, too. */
  private async change(name: string, to: (person: Person) => Person): Promise<Person | null> {
    return this.disk.write(["people"], async (transaction) => {
      const store = transaction.objectStore("people");
      const person: Person | undefined = await asked(store.get(name));
      const changed = person ? to(person) : null;
      if (changed) store.put(changed);
      return changed;
    });
  }

  private async tried(name: string, pin: string): Promise<{ person: Person; keys: { data: CryptoKey; signing: CryptoKey }; raw: Uint8Array<ArrayBuffer> }> {
    const [now, open] = [Date.now(), performance.now()];
    let wait = 0;
    // It counts as wrong until it was right, so that nobody gains a try by stopping the page, or by opening it more than once.
    const person = await this.change(name, (known) => {
      const here = this.wrongs.get(name);
      wait = waitFor(known.wrong, known.wrongAt, now, here?.wrong === known.wrong ? open - here.at : undefined);
      if (wait > 0) return now < known.wrongAt ? { ...known, wrongAt: now } : known;
      this.wrongs.set(name, { wrong: known.wrong + 1, at: open });
      return { ...known, wrong: known.wrong + 1, wrongAt: now };
    });
    if (!person || wait > 0) throw new WrongPin(wait);
    const keys = await this.keys(pin, person.salt, person.rounds);
    const raw = await unseal(keys.data, person.data).catch(() => null);
    if (!raw) throw new WrongPin(waitFor(person.wrong, now, now));
    await this.change(name, (known) => ({ ...known, wrong: 0 }));
    return { person, keys, raw: new Uint8Array(raw) };
  }

  /** Keys from a PIN, and from a secret of this browser that no script can read. */
  private async keys(pin: string, salt: Uint8Array<ArrayBuffer>, rounds: number): Promise<{ data: CryptoKey; signing: CryptoKey }> {
    const text = await crypto.subtle.importKey("raw", new TextEncoder().encode(pin), "PBKDF2", false, ["deriveBits"]);
    const bits = await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-512", salt, iterations: rounds }, text, 512);
    const mixed = await crypto.subtle.sign("HMAC", await this.device(), bits);
    return { data: await aes(mixed.slice(0, 32)), signing: await aes(mixed.slice(32)) };
  }

  private async device(): Promise<CryptoKey> {
    const known = await this.disk.read("device", (store) => store.get("secret") as IDBRequest<CryptoKey | undefined>);
    if (known) return known;
    const made = (await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-512" }, false, ["sign"])) as CryptoKey;
    return this.disk.write(["device"], async (transaction) => {
      const store = transaction.objectStore("device");
      // Another page may have made it meanwhile.
      const other: CryptoKey | undefined = await asked(store.get("secret"));
      if (!other) store.put(made, "secret");
      return other ?? made;
    });
  }
}

/** The phone while it is open. */
export class Session {
  private constructor(
    private readonly disk: Disk,
    readonly raw: Uint8Array<ArrayBuffer>,
    private readonly key: CryptoKey,
    private readonly naming: CryptoKey,
  ) {}

  static async of(disk: Disk, raw: Uint8Array<ArrayBuffer>): Promise<Session> {
    const base = await crypto.subtle.importKey("raw", raw, "HKDF", false, ["deriveBits"]);
    const derive = (info: string): Promise<ArrayBuffer> =>
      crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: new TextEncoder().encode(info) }, base, 256);
    const naming = await crypto.subtle.importKey("raw", await derive("names"), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    return new Session(disk, raw, await aes(await derive("boxes")), naming);
  }

  /** The name under which something is kept, which tells nothing of it. */
  async name(kind: string, of: string): Promise<string> {
    return `${kind}/${base64(await crypto.subtle.sign("HMAC", this.naming, new TextEncoder().encode(`${kind} ${of}`)))}`;
  }

  /** Writes all of it, or nothing, and comes back when it is on the disk. */
  async write({ add = [], put = [], drop = [] }: Write): Promise<void> {
    const boxes: [string, Box][] = await Promise.all(
      [...add, ...put].map(async ([name, value]): Promise<[string, Box]> => {
        const bytes = value instanceof Uint8Array ? (value as Uint8Array<ArrayBuffer>) : new TextEncoder().encode(JSON.stringify(value));
        return [name, await seal(this.key, bytes)];
      }),
    );
    await this.disk.write(["boxes"], async (transaction, again) => {
      const store = transaction.objectStore("boxes");
      // It may have been written before the connection was lost, after all.
      const [first] = boxes;
      if (again && first && isSame(await asked(store.get(first[0])), first[1])) return;
      boxes.forEach(([name, box], n) => (n < add.length ? store.add(box, name) : store.put(box, name)));
      for (const name of drop) store.delete(name);
    });
  }

  /** All things of a kind, by name. */
  async all<T>(kind: string): Promise<T[]> {
    const boxes: Box[] = await this.disk.read("boxes", (store) => store.getAll(range(kind)));
    return Promise.all(boxes.map(async (box) => JSON.parse(new TextDecoder().decode(await unseal(this.key, box))) as T));
  }

  /** Under which names things of a kind are kept. */
  async names(kind: string): Promise<string[]> {
    return (await this.disk.read("boxes", (store) => store.getAllKeys(range(kind)))) as string[];
  }

  async bytes(name: string): Promise<Uint8Array<ArrayBuffer> | null> {
    const box: Box | undefined = await this.disk.read("boxes", (store) => store.get(name));
    return box ? new Uint8Array(await unseal(this.key, box)) : null;
  }
}

/** Whether it is the very same: no two have the same beginning. */
function isSame(one: Box | undefined, other: Box): boolean {
  return one !== undefined && one.iv.every((byte, n) => byte === other.iv[n]);
}

function range(kind: string): IDBKeyRange {
  return IDBKeyRange.bound(`${kind}/`, `${kind}0`, false, true);
}

