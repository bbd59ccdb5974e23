// What Muster told one of those who share a phone. Each sees by their own right, so each has copies of their own.
import type { Catalogue } from "./catalogue.ts";

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
