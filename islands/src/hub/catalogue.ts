// Names that the phone takes along, and what at its place may be reported broken.
import { pages } from "./api.ts";
import { gtinOf } from "./digits.ts";
import type { Held } from "./fault.ts";
import type { Tracking } from "./model.ts";
import { isNear } from "./school.ts";
import type { Reply } from "./sync.ts";

export interface Catalogue {
  /** Resources by code: the name of their item. */
  resources: Record<string, string>;
  places: Record<string, string>;
  /** Lanes by code: where they lead. */
  lanes: Record<string, string>;
  /** How units of resources are told apart, where it is not by their number alone. */
  tracking: Record<string, Tracking>;
  /** Items by the number under which they are traded (GTIN, 14 digits): their resources. */
  traded?: Record<string, string[]>;
  /** What at the place may be reported broken. */
  held: Held[];
}

/** Most records of a kind that are taken along. */
export const MOST = 50_000;

type List = "places" | "lanes" | "resources" | "items";

/** Names of places, lanes and resources, and what at the place may be reported broken. */
export async function learn(token: string, place: string): Promise<Catalogue | Reply> {
  const lists: Record<string, Record<string, string>[]> = {};
  for (const sheet of ["places", "lanes", "resources", "items"] satisfies List[]) {
    const found = await pages<Record<string, string>>(`/api/v1/records/${sheet}?limit=1000`, "records", token, MOST);
    if (!Array.isArray(found)) return found;
    lists[sheet] = found;
  }
  const list = (sheet: List): Record<string, string>[] => lists[sheet] ?? [];
  const states = new Map(list("resources").map((one) => [one["code"] ?? "", one["state"]]));
  const held: Held[] = [];
  for (const purpose of ["in_service", "on_hand"]) {
    const at = `/api/v1/ledger/accounts?purpose=${purpose}&place=${encodeURIComponent(place)}&limit=1000`;
    const found = await pages<Omit<Held, "quantity"> & { posted: number }>(at, "accounts", token, MOST);
    if (!Array.isArray(found)) return found;
    // In stock only what is unserviceable already.
    const broken = ["serviceable", "unserviceable"].slice(purpose === "on_hand" ? 1 : 0);
    // Who does not see the catalogue sees what they have.
    const unknown = purpose === "in_service" ? "serviceable" : "";
    const there = found.filter(({ resource, posted }) => posted > 0 && broken.includes(states.get(resource) ?? unknown));
    held.push(...there.map(({ account, resource, holder, posted }) => ({ account, resource, holder, quantity: posted })));
  }
  const items = new Map(list("items").map((item) => [item["code"], item]));
  const resource = (one: Record<string, string>): [string, string] => [one["code"] ?? "", items.get(one["item"])?.["name"] ?? one["code"] ?? ""];
  const tracking = (one: Record<string, string>): [string, Tracking][] => {
    const how = (items.get(one["item"])?.["tracking"] ?? "quantity") as Tracking;
    return how === "quantity" ? [] : [[one["code"] ?? "", how]];
  };
  const traded: Record<string, string[]> = {};
  for (const one of list("resources")) {
    const gtin = gtinOf(items.get(one["item"])?.["gtin"] ?? "");
    if (gtin) (traded[gtin] ??= []).push(one["code"] ?? "");
  }
  return {
    resources: Object.fromEntries(list("resources").map(resource)),
    places: Object.fromEntries(list("places").map((one) => [one["code"] ?? "", one["name"] ?? ""])),
    lanes: Object.fromEntries(list("lanes").map((one) => [one["code"] ?? "", one["to"] ?? ""])),
    tracking: Object.fromEntries(list("resources").flatMap(tracking)),
    traded,
    held,
  };
}

/** Codes of serials of a place that run, or begin soon after a day. */
export async function serialsOf(token: string, place: string, today: string): Promise<string[] | Reply> {
  const codes: string[] = [];
  for (const state of ["confirmed", "running"]) {
    const at = `/api/v1/records/serials?place=${encodeURIComponent(place)}&state=${state}&limit=1000`;
    const found = await pages<{ code: string; start: string }>(at, "records", token, MOST);
    if (!Array.isArray(found)) return found;
    codes.push(...found.filter((one) => isNear(one, today)).map(({ code }) => code));
  }
  return codes;
}
