// When something happened, told by a clock that may be wrong. The server's clock is right; the phone notes both whenever it reaches it.

/** A moment at which both clocks were read, in milliseconds. */
export interface Contact {
  phone: number;
  server: number;
}

/** Differences up to this are no difference. */
export const TOLERANCE = 60_000;

export interface Told {
  /** When it happened, by the server's clock. */
  at: number;
  /** By how much the phone's word was changed. */
  shift: number;
}

/**
 * When a deed happened that the phone dates `made`.
 *
 * What the phone's clock is off by now holds for the deed, unless that makes it older than the last contact before it, newer than now, or
 * older than the deed before: then the clock was set in between. Then what it was off by at that contact is tried, and at last the deed is put
 * at the nearest moment that can be.
 */
export function told(made: number, before: Contact | undefined, now: Contact, after: number): Told {
  const earliest = Math.max(before?.server ?? Number.NEGATIVE_INFINITY, after);
  const fits = (at: number): boolean => at >= earliest - TOLERANCE && at <= now.server;
  const off = (contact: Contact): number => {
    const difference = contact.server - contact.phone;
    return Math.abs(difference) > TOLERANCE ? difference : 0;
  };
  const tries = [made + off(now), ...(before ? [made + off(before)] : [])];
  const found = tries.find(fits) ?? tries[0] ?? made;
  const at = Math.min(Math.max(found, Math.min(after, now.server)), now.server);
  const bounded = fits(found) ? at : Math.min(Math.max(at, earliest), now.server);
  return { at: bounded, shift: bounded - made };
}

/** What time it is by the server's clock, as far as it is known by the last contact. */
export function byServer({ phone, server }: Contact = { phone: 0, server: 0 }): number {
  return Date.now() + (Math.abs(server - phone) > TOLERANCE ? server - phone : 0);
}

/** A moment as the API takes it, never after the one that is meant. */
export function moment(at: number): string {
  return new Date(at).toISOString();
}

/** Whether so long has gone by. A clock that was set back cannot tell: then it has. */
export function overdue(since: number, now: number, after: number): boolean {
  return now < since || now - since >= after;
}
