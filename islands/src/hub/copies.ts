// What Muster told one of those who share a phone. Each sees by their own right, so each has copies of their own.
import type { Catalogue } from "./catalogue.ts";
import type { Order } from "./fault.ts";
import type { Serial } from "./school.ts";
import type { Session } from "./vault.ts";

/** What is known to one person. */
export interface Mine {
  of: string;
  catalogue: Catalogue;
  /** What they may do, as the API names it. Not known before Muster told. */
  may?: string[];
  /** When names of places, lanes and resources were fetched last, by the phone's clock. */
  learnt?: number;
  /** When the work was fetched last, by the server's clock. */
  fetched?: number;
}

/** Something as it was told to one person. */
export interface Copy<T> {
  of: string;
  is: T;
}

export function blankMine(of: string): Mine {
  return { of, catalogue: { resources: {}, places: {}, lanes: {}, tracking: {}, held: [] } };
}

/** Things of one kind, by person and code. */
export class Copies<T extends { code: string }> {
  private readonly people = new Map<string, Map<string, T>>();

  of(who: string): Map<string, T> {
    const known = this.people.get(who) ?? new Map<string, T>();
    this.people.set(who, known);
    return known;
  }

  /** Who has a copy of something. */
  keepers(code: string): string[] {
    return [...this.people].flatMap(([who, known]) => (known.has(code) ? [who] : []));
  }

  all(): Copy<T>[] {
    return [...this.people].flatMap(([of, known]) => [...known.values()].map((is) => ({ of, is })));
  }
}

/** Something that is asked for by its code. Consignments are the place's, kept once. */
export interface Named {
  noun: "consignment" | "order" | "serial";
  code: string;
}

export function named(one: Named | null): string {
  return one ? `${one.noun} ${one.code}` : "";
}

/** What a copy is called by whoever keeps it. */
export function copyOf(who: string, code: string): string {
  return `${who} ${code}`;
}

/**
 * What of the boxes of one kind is whose. An earlier version of this page kept one copy for everybody: it goes to the only one who has this
 * phone; where several share it, nobody knows by whose right it came, and it is dropped until it is fetched anew.
 */
export function sorted<T extends { code: string }>(names: string[], boxes: (Copy<T> | T)[], only: string | undefined): { copies: Copies<T>; moved: Copy<T>[]; drop: string[] } {
  const [copies, moved, drop] = [new Copies<T>(), [] as Copy<T>[], [] as string[]];
  for (const [n, box] of boxes.entries()) {
    if ("is" in box) {
      copies.of(box.of).set(box.is.code, box.is);
      continue;
    }
    drop.push(names[n] ?? "");
    if (only === undefined) continue;
    copies.of(only).set(box.code, box);
    moved.push({ of: only, is: box });
  }
  return { copies, moved, drop };
}

/** Things that are kept for each person. */
export interface Each {
  order: Copies<Order>;
  serial: Copies<Serial>;
}

export function noCopies(): Each {
  return { order: new Copies(), serial: new Copies() };
}

/** What the phone keeps for each of its people, and of it what is of `me`. What an earlier version kept is brought into the form of this one; `about` had a part of it. */
export async function recalled(session: Session, about: object, me: string, people: string[]): Promise<{ each: Each; mine: Mine }> {
  const only = people.length === 1 ? people[0] : undefined;
  const put: [string, unknown][] = [];
  const drop: string[] = [];
  const read = async <T extends { code: string }>(noun: keyof Each): Promise<Copies<T>> => {
    const found = sorted(await session.names(noun), await session.all<Copy<T> | T>(noun), only);
    for (const copy of found.moved) put.push([await session.name(noun, copyOf(copy.of, copy.is.code)), copy]);
    drop.push(...found.drop);
    return found.copies;
  };
  const each = { order: await read<Order>("order"), serial: await read<Serial>("serial") };
  let mine = blankMine(me);
  const found = (await session.all<Mine>("mine")).find((one) => one.of === me);
  // What another version of this page fetched may lack something.
  if (found?.catalogue.held) mine = found.catalogue.traded ? found : { ...found, learnt: 0 };
  // The same of names and stock, of which there was one copy, too.
  const old = about as Pick<Mine, "learnt" | "fetched">;
  const [catalogue] = await session.all<Catalogue>("catalogue");
  if (catalogue) {
    const { learnt = 0, fetched = 0 } = old;
    if (only === me && catalogue.held) mine = { ...mine, catalogue, learnt: catalogue.traded ? learnt : 0, fetched };
    delete old.learnt;
    delete old.fetched;
    drop.push("catalogue/");
    put.push(["about/", old], [await session.name("mine", me), mine]);
  }
  if (drop.length > 0) await session.write({ put, drop });
  return { each, mine };
}
