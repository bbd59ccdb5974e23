// What tests of the phone's parts are made of: a consignment, something done to it, and a world that answers.
import type { Contact } from "../src/hub/clock.ts";
import type { Consignment, Deed, Line } from "../src/hub/model.ts";
import type { Outside, Reply, Request } from "../src/hub/sync.ts";

export const MINUTE = 60_000;

export function consignment(more: Partial<Consignment> = {}): Consignment {
  return {
    code: "C-1", state: "under_way", consignor: "D", consignee: "U", origin: "D", destination: "P", place: "H", route: ["D-H", "H-P"], lane: "D-H", at_end: false,
    departs_at: null, arrives_at: null, remark: "", version: 4, lines: [line(1)], handling_units: [], milestones: [], movements: [], variances: [], ...more,
  };
}

export function deed(seq: number, more: Partial<Deed> = {}): Deed {
  return {
    seq, key: `key-${seq}`, kind: "arrive", subject: "C-1", by: "olena", path: "/api/v1/consignments/C-1/arrive", photos: [], made: seq * MINUTE, state: "waiting",
    body: { at: "", version: 4, lines: [{ line: 1, received: 9, damaged: 0 }] }, ...more,
  };
}

type World = Outside & { asked: Request[]; kept: string[]; gone: string[]; contact: Contact };

/** A world that answers as it is told, and remembers what it was asked and what was kept. */
export function world(answer: (request: Request) => Reply | undefined, contact: Contact = { phone: 100 * MINUTE, server: 100 * MINUTE }): World {
  const [asked, kept, gone]: [Request[], string[], string[]] = [[], [], []];
  const made: World = {
    asked, kept, gone, contact,
    ask: (request) => {
      asked.push(request);
      const reply = answer(request) ?? { status: 200, body: { version: 5 } };
      return Promise.resolve({ contact: made.contact, ...reply });
    },
    photo: (id) => Promise.resolve(new TextEncoder().encode(id)),
    keep: (one) => (kept.push(`${one.seq} ${one.state}`), Promise.resolve()),
    revoked: (name) => (gone.push(name), Promise.resolve()),
    between: () => Promise.resolve(),
    clock: (minutes) => `clock ${minutes}`,
    same: (one, other) => one.split("-")[0] === other.split("-")[0],
  };
  return made;
}

export const posts = (asked: Request[]): string[] => asked.filter((one) => one.method === "POST").map((one) => one.path.split("/").at(-1) ?? "");

export function line(n: number, more: Partial<Line> = {}): Line {
  return { line: n, resource: "vest", quantity: 10, present: 10, condition: null, remark: "", need: null, units: [], ...more };
}
