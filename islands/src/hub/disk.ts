// The database of the page. Browsers close its connection when they like – iOS out of sight, others when memory or room is short: it is then
// opened anew, and what was asked of it is asked again.
import { say } from "./words.ts";

/** An answer of the database. */
export const asked = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });

const over = (transaction: IDBTransaction): Promise<void> =>
  new Promise((done, failed) => {
    transaction.oncomplete = () => done();
    // Each error ends in this, and only here it is told why.
    transaction.onabort = () => failed(transaction.error ?? new DOMException("the transaction was ended", "AbortError"));
  });

/** What browsers say of a connection that they closed, or of what was under way on it. */
const LOST = ["InvalidStateError", "AbortError", "UnknownError"];

/** What is over already need not be ended. */
function ignore(act: () => void): void {
  try {
    act();
  } catch {
    // It is as it was to be.
  }
}

/** What is done in a transaction. `again`: it is done once more, since the connection was lost. */
type Act<T> = (transaction: IDBTransaction, again: boolean) => Promise<T> | T;

export class Disk {
  /** Connections that are of no use any more. */
  private readonly closed = new WeakSet<IDBDatabase>();
  private opening: Promise<IDBDatabase> | undefined;

  private constructor(
    private readonly name: string,
    private db: IDBDatabase,
  ) {
    this.watch(db);
  }

  /** Opens a database; `make` makes its stores the first time. */
  static async open(name: string, make: (db: IDBDatabase) => void): Promise<Disk> {
    return new Disk(name, await connected(name, make));
  }

  /** Reads, and gives what was read. */
  read<T>(store: string, of: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    return this.run([store], "readonly", (transaction) => asked(of(transaction.objectStore(store))));
  }

  /** Does something in a transaction, all of it or nothing, and comes back when it is on the disk. */
  async write<T>(stores: string[], act: Act<T>): Promise<T> {
    return this.run(stores, "readwrite", act);
  }

  private async run<T>(stores: string[], mode: IDBTransactionMode, act: Act<T>): Promise<T> {
    for (let again = false; ; again = true) {
      const db = await this.usable();
      try {
        const transaction = db.transaction(stores, mode, mode === "readwrite" ? { durability: "strict" } : {});
        const ended = over(transaction);
        ended.catch(() => undefined);
        const done = await (async () => act(transaction, again))().catch((error: unknown) => {
          if (transaction.error === null) ignore(() => transaction.abort());
          throw error;
        });
        if (mode === "readwrite") await ended;
        return done;
      } catch (error) {
        if (again || !(this.closed.has(db) || LOST.includes(String((error as Partial<Error>).name)))) throw error;
        this.closed.add(db);
        ignore(() => db.close());
      }
    }
  }

  private async usable(): Promise<IDBDatabase> {
    if (!this.closed.has(this.db)) return this.db;
    this.opening ??= this.reopened().finally(() => (this.opening = undefined));
    return this.opening;
  }

  private async reopened(): Promise<IDBDatabase> {
    // A database that is not there any more is not begun anew beneath an open page: what it writes would be read by nobody.
    const gone = (): never => {
      throw new Error(say("disk-gone"));
    };
    const db = await connected(this.name, gone).catch((error: unknown) => {
      throw (error as Partial<Error>).name === "AbortError" ? new Error(say("disk-gone")) : error;
    });
    this.watch(db);
    this.db = db;
    return db;
  }

  private watch(db: IDBDatabase): void {
    db.onclose = () => this.closed.add(db);
    // Another page changes or deletes the database: it waits for nobody.
    db.onversionchange = () => {
      this.closed.add(db);
      db.close();
    };
  }
}

function connected(name: string, make: (db: IDBDatabase) => void): Promise<IDBDatabase> {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => {
    try {
      make(request.result);
    } catch {
      request.transaction?.abort();
    }
  };
  return asked(request);
}
