// What a scanner or a hand gives: check digits, handling units' numbers, and the parts of GS1 codes.

/** Whether the last of the digits is their check digit (GS1 General Specifications, 7.9.1). */
export function checks(digits: string): boolean {
  if (!/^\d{2,}$/.test(digits)) return false;
  const last = Number(digits.at(-1));
  let sum = 0;
  for (let n = digits.length - 2, weight = 3; n >= 0; n -= 1, weight = 4 - weight) sum += Number(digits[n]) * weight;
  return (10 - (sum % 10)) % 10 === last;
}

/** What a code says. */
export interface Read {
  /** The code as it is, without what the scanner puts before it. */
  text: string;
  /** Number of a handling unit, 18 digits with the right check digit. */
  sscc?: string;
  serial?: string;
  lot?: string;
  /** Number of a trade item, 14 digits with the right check digit. */
  gtin?: string;
  /** It looks like a handling unit's number, and its check digit is wrong. */
  wrong?: boolean;
}

/** Lengths of values by application identifier, where they are fixed; the others end at a separator. */
const FIXED: Record<string, number> = { "00": 18, "01": 14, "02": 14, "11": 6, "13": 6, "15": 6, "17": 6, "20": 2 };
const OPEN = ["10", "21", "37", "240", "250", "400"];
const SEPARATOR = "\u001d";

/** Reads what was scanned or typed. */
export function read(given: string): Read {
  const text = given.trim().replace(/^\](C1|d2|Q3|e0|E0)/, "");
  const found: Read = { text: plain(text.replaceAll(SEPARATOR, "")) };
  const bare = text.replace(/[\s\u00a0-]/g, "");
  if (/^\d{18}$/.test(bare) || /^00\d{18}$/.test(bare)) return unit(found, bare.slice(-18));
  const parts = link(text) ?? bracketed(text) ?? elements(text);
  if (!parts) {
    const gtin = gtinOf(bare);
    return gtin ? { ...found, gtin } : found;
  }
  const [sscc, serial, lot] = [parts["00"], parts["21"] ?? parts["250"], parts["10"]];
  if (serial) found.serial = plain(serial);
  if (lot) found.lot = plain(lot);
  // A case's content is told by 02, a case or a piece by 01.
  const gtin = gtinOf(parts["01"] ?? parts["02"] ?? "");
  if (gtin) found.gtin = gtin;
  return sscc === undefined ? found : unit(found, sscc);
}

/** The serial number that was meant: the one in the code, or all of it. */
export function serialOf(given: string): string {
  const found = read(given);
  return found.serial ?? found.text;
}

/** A trade item's number in 14 digits; none: it is no such number, or its check digit is wrong. */
export function gtinOf(digits: string): string | undefined {
  return /^(\d{8}|\d{12,14})$/.test(digits) && checks(digits) ? digits.padStart(14, "0") : undefined;
}

/** Without line breaks and the like, which neither records nor remarks may hold. */
function plain(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ").trim();
}

function unit(found: Read, digits: string): Read {
  return /^\d{18}$/.test(digits) && checks(digits) ? { ...found, sscc: digits } : { ...found, wrong: true };
}

/** A Digital Link: `https://…/00/…` or `https://…/01/…/21/…`. */
function link(text: string): Record<string, string> | undefined {
  if (!/^https?:\/\//i.test(text)) return undefined;
  const parts: Record<string, string> = {};
  const path = text.replace(/[?#].*$/, "").split("/").slice(3);
  const first = path.findIndex((part) => part === "00" || part === "01");
  if (first < 0) return undefined;
  for (let n = first; n + 1 < path.length; n += 2) parts[path[n] ?? ""] = unescaped(path[n + 1] ?? "");
  return parts;
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** As people write it: `(01)…(21)…`. */
function bracketed(text: string): Record<string, string> | undefined {
  if (!/^\(\d{2,4}\)/.test(text)) return undefined;
  const parts: Record<string, string> = {};
  for (const [, name = "", value = ""] of text.matchAll(/\((\d{2,4})\)([^(]*)/g)) parts[name] = value.replaceAll(SEPARATOR, "").trim();
  return parts;
}

/** As scanners give it: identifiers and values without brackets. What is no such string is none. */
function elements(text: string): Record<string, string> | undefined {
  if (!/^(00|01|02)\d{14}/.test(text)) return undefined;
  const parts: Record<string, string> = {};
  let rest = text;
  while (rest !== "") {
    const [two, three] = [rest.slice(0, 2), rest.slice(0, 3)];
    const fixed = FIXED[two];
    const name = fixed !== undefined ? two : OPEN.find((ai) => ai === two || ai === three);
    if (name === undefined) return undefined;
    const end = fixed !== undefined ? name.length + fixed : (rest.indexOf(SEPARATOR) + rest.length + 1) % (rest.length + 1);
    if (end > rest.length) return undefined;
    parts[name] = rest.slice(name.length, end);
    rest = rest.slice(end).replace(/^\u001d/, "");
  }
  return parts;
}
