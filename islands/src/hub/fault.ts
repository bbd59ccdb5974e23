// What is reported broken, and the work orders that come of it.
import type { Body } from "./model.ts";

/** A work order as Muster tells of it. */
export interface Order {
  code: string;
  state: string;
  resource: string;
  serial: string;
  quantity: number;
  holder: string;
  place: string;
  symptom: string;
  urgency: string;
  facility: string | null;
  reported_at: string;
}

/** Something that may be reported broken: so much of it is in an account. */
export interface Held {
  account: string;
  resource: string;
  holder: string;
  quantity: number;
}

/** A fault report that is being written. */
export interface Fault {
  resource: string;
  /** Empty where it is known by its serial number. */
  account: string;
  serial: string;
  quantity: number;
  symptom: string;
  urgency: string;
}

/** As the API orders them, from the least. */
export const URGENCIES = ["routine", "urgent", "critical"];

/** States after which nothing follows. */
const OVER = ["returned", "beyond_economic_repair", "cannibalised", "cancelled"];

export function isOver({ state }: Order): boolean {
  return OVER.includes(state);
}

/** A report of which nothing was said yet. */
export function blankFault(): Fault {
  return { resource: "", account: "", serial: "", quantity: 1, symptom: "", urgency: "routine" };
}

/** What was reported. */
export function faultOf({ resource = "", account = "", serial = "", quantity = 1, symptom = "", urgency = "routine" }: Body): Fault {
  return { resource, account, serial, quantity, symptom, urgency };
}

/** What is sent of a report: a serial number tells where the thing is, and of what has none the account does. */
export function faultBody(fault: Fault, photo: string | undefined): Body {
  const { resource, account, serial, quantity, urgency } = fault;
  const which = serial ? { serial } : { account, quantity };
  return { at: "", resource, ...which, symptom: fault.symptom.trim(), urgency, ...(photo ? { photo } : {}) };
}
