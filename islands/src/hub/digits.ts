// What a scanner or a hand gives: check digits, handling units' numbers, and the parts of GS1 codes. What is no serial number does not become one.

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
  /** It looks like a handling unit's or a trade item's number, and its check digit is wrong. */
  wrong?: boolean;
  /** In which kind of code it stood, if the scanner said so: one that GS1 writes, one that only goods for sale have, or one that says anything. */
  kind?: "gs1" | "trade" | "any";
  /** It has parts, each with the identifier that says what it is. */
  parted?: true;
  /** It is the address of a page. */
  link?: true;
}

/** How long parts are with their identifiers, by the first two digits: those of which GS1 said so for good; all others end at a separator (GS1 General Specifications, 7.8.4). */
const FIXED: Record<string, number> = {
  "00": 20, "01": 16, "02": 16, "03": 16, "04": 18, "11": 8, "12": 8, "13": 8, "14": 8, "15": 8, "16": 8, "17": 8, "18": 8, "19": 8, "20": 4,
  "31": 10, "32": 10, "33": 10, "34": 10, "35": 10, "36": 10, "41": 16,
};
/** How many digits identifiers have, by the first two: two, if they are not here. */
const NAMES: Record<string, number> = Object.fromEntries([
  ...["23", "24", "25", "40", "41", "42", "71"].map((two) => [two, 3] as const),
  ...["31", "32", "33", "34", "35", "36", "39", "43", "70", "72", "80", "81", "82"].map((two) => [two, 4] as const),
]);
/** First two digits of identifiers, as far as there are such. */
const KNOWN = /^(0[0-4]|1\d|2[0-5]|3[0-79]|4[0-3]|7[0-2]|8[0-2]|9\d)/;
const SEPARATOR = "\u001d";
/** What scanners put before what they read, to say what kind of code it was in (ISO/IEC 15424). */
const BEFORE = /^\][A-Za-z]\d/;

/** The kind of code that a scanner names. */
function kindOf(text: string): Read["kind"] {
  if (/^\](C1|d2|Q3|e0|J1)/.test(text)) return "gs1";
  if (/^\](E\d|I[01])/.test(text)) return "trade";
  return BEFORE.test(text) ? "any" : undefined;
}

/** Reads what was scanned or typed. */
export function read(given: string): Read {
  const trimmed = given.trim();
  const kind = kindOf(trimmed);
  // Some scanners put a separator first, where a code says that it is one of GS1's.
  const text = trimmed.replace(BEFORE, "").replace(/^\u001d/, "");
  const found: Read = { text: plain(text.replaceAll(SEPARATOR, "")), ...(kind ? { kind } : {}), ...(/^https?:\/\//i.test(text) ? { link: true } : {}) };
  const [bare, blankless] = [text.replace(/[\s\u00a0-]/g, ""), text.replace(/[\s\u00a0]/g, "")];
  if (/^\d{18}$/.test(bare) || /^00\d{18}$/.test(bare)) return unit(found, bare.slice(-18));
  const parts = link(text) ?? bracketed(text) ?? elements(text, kind === "gs1" || trimmed.includes(SEPARATOR));
  if (!parts) {
    const gtin = gtinOf(blankless);
    return gtin ? { ...found, gtin } : found;
  }
  found.parted = true;
  const [serial, lot] = [parts["21"] ?? parts["250"], parts["10"]];
  if (serial) found.serial = plain(serial);
  if (lot) found.lot = plain(lot);
  // A case's content is told by 02, a case or a piece by 01.
  const traded = parts["01"] ?? parts["02"];
  const gtin = traded === undefined ? undefined : gtinOf(traded.replace(/\s/g, ""));
  if (gtin) found.gtin = gtin;
  // Who can tell which one it is need not know what it is.
  else if (traded !== undefined && !serial) found.wrong = true;
  return parts["00"] === undefined ? found : unit(found, parts["00"].replace(/[\s\u00a0-]/g, ""));
}

/** Why something is no serial number: its check digit is wrong, it names a handling unit, says what things are, leads to a page, or says something else. */
export type NoSerial = "wrong" | "unit" | "item" | "link" | "other";

/** The serial number that was meant: the one in the code, or all of it, where that can be one. What is `known` as one is. */
export function serialOf(given: string, known: readonly string[] = []): { serial: string } | { no: NoSerial } {
  const found = read(given);
  if (known.includes(found.text)) return { serial: found.text };
  if (found.serial) return { serial: found.serial };
  if (found.wrong) return { no: "wrong" };
  if (found.sscc) return { no: "unit" };
  // What only goods for sale have tells their number, or part of a price: never which one it is.
  if (found.kind === "trade") return { no: found.gtin ? "item" : "other" };
  // Of eight digits that somebody types nobody can tell; what stands in a code that says anything may be a serial number of thirteen.
  const item = found.parted || (found.kind !== "any" && found.text.length > 8);
  if (found.gtin && item) return { no: "item" };
  if (found.link) return { no: "link" };
  return found.parted || found.kind === "gs1" ? { no: "other" } : { serial: found.text };
}

/** The lot that was meant: the one in the code, or all of it. */
export function lotOf(given: string): string {
  const { lot, text } = read(given);
  return lot ?? text;
}

/** Serial numbers that were typed, one or several; with what of it is none, and why. What was scanned is one, whatever stands in it. */
export function serialsOf(typed: string, known: readonly string[] = []): { serials: string[]; not: { text: string; no: NoSerial }[] } {
  const whole = serialOf(typed, known);
  const { text, serial, parted } = read(typed);
  const listed = /[\s,;]/.test(text) && serial === undefined && !known.includes(text);
  // Two numbers with a blank between them may look like one with a wrong check digit.
  const split = listed && ("serial" in whole || (whole.no === "wrong" && !parted));
  const [serials, not]: [string[], { text: string; no: NoSerial }[]] = [[], []];
  for (const one of split ? text.split(/[\s,;]+/) : [typed]) {
    const said = serialOf(one, known);
    if ("no" in said) not.push({ text: read(one).text, no: said.no });
    else if (said.serial !== "" && !serials.includes(said.serial)) serials.push(said.serial);
  }
  return { serials, not };
}

/** A trade item's number in 14 digits; none: it is no such number, or its check digit is wrong. */
export function gtinOf(digits: string): string | undefined {
  return /^(\d{8}|\d{12,14})$/.test(digits) && checks(digits) ? digits.padStart(14, "0") : undefined;
}

/** Without line breaks and the like, which neither records nor remarks may hold. */
export function plain(text: string): string {
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

/** The identifier at the beginning of a text, if there is one. */
function nameAt(text: string): string | undefined {
  const [two = ""] = text.match(KNOWN) ?? [];
  const name = two === "" ? "" : text.slice(0, NAMES[two] ?? 2);
  return name !== "" && name.length === (NAMES[two] ?? 2) && /^\d+$/.test(name) ? name : undefined;
}

/** As people write it: `(01)…(21)…`. */
function bracketed(text: string): Record<string, string> | undefined {
  const [, first] = text.match(/^\((\d{2,4})\)/) ?? [];
  if (first === undefined || nameAt(first) !== first) return undefined;
  const parts: Record<string, string> = {};
  for (const [, name = "", value = ""] of text.matchAll(/\((\d{2,4})\)([^(]*)/g)) parts[name] = value.replaceAll(SEPARATOR, "").trim();
  return parts;
}

/** As scanners give it: identifiers and values without brackets. What is no such string is none; unless it is `marked` as one, it must begin with the number of a unit or an item. */
function elements(text: string, marked: boolean): Record<string, string> | undefined {
  if (!marked && !/^(00|01|02)\d{14}/.test(text)) return undefined;
  const parts: Record<string, string> = {};
  let rest = text;
  while (rest !== "") {
    const name = nameAt(rest);
    if (name === undefined) return undefined;
    const fixed = FIXED[rest.slice(0, 2)];
    const end = fixed ?? (rest.indexOf(SEPARATOR) + rest.length + 1) % (rest.length + 1);
    const value = rest.slice(name.length, end);
    if (end > rest.length || value === "" || (fixed !== undefined && !/^\d+$/.test(value))) return undefined;
    parts[name] = value;
    rest = rest.slice(end).replace(/^\u001d/, "");
  }
  // Sixteen digits alone that nobody marked, with a wrong check digit, may be any number.
  const [only, ...more] = Object.values(parts);
  return !marked && more.length === 0 && !gtinOf(only ?? "") && parts["00"] === undefined ? undefined : parts;
}
