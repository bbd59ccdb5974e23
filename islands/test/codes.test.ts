// What scanners and hands give: what is read of it, and what of it may be a serial number.
import assert from "node:assert/strict";
import { test } from "node:test";
import { checks, lotOf, read, serialOf, serialsOf } from "../src/hub/digits.ts";

const GTIN = "09501101530003";
const SSCC = "395011010013000129";
const GS = "\u001d";

test("a check digit finds one wrong digit and two that were swapped", () => {
  const right = "395011010013000129";
  assert.ok(checks(right));
  for (let n = 0; n < right.length; n += 1) {
    const other = right.slice(0, n) + ((Number(right[n]) + 1) % 10) + right.slice(n + 1);
    assert.ok(!checks(other), other);
  }
  assert.ok(!checks("") && !checks("1") && !checks("39501101001300012X"));
});

test("a handling unit's number is read as scanners, labels and people give it", () => {
  const sscc = "395011010013000129";
  for (const text of [sscc, `00${sscc}`, `(00)${sscc}`, `]C100${sscc}`, "3 9501101 001300012 9", `https://id.example/00/${sscc}?x=1`]) assert.equal(read(text).sscc, sscc, text);
  assert.deepEqual([read("395011010013000128").wrong, read("(00)395011010013000128").sscc], [true, undefined]);
});

/** The serial number, or why there is none. */
function said(given: string, known: string[] = []): string {
  const found = serialOf(given, known);
  return "serial" in found ? found.serial : `no: ${found.no}`;
}

test("a serial number is read from a GS1 code, or is all of the text", () => {
  assert.equal(said("0109501101530003\u001d21AB-12"), "AB-12");
  assert.equal(said("]d2010950110153000310LOT7\u001d21AB-12"), "AB-12");
  assert.equal(said("(01)09501101530003(21)AB-12"), "AB-12");
  assert.equal(said("https://id.example/01/09501101530003/21/AB%2F12"), "AB/12");
  assert.equal(said(" TR-7 "), "TR-7");
});

test("a trade item's number is read as it stands on pieces, cases and labels", () => {
  const gtin = "09501101530003";
  for (const text of ["9501101530003", gtin, "]E09501101530003", `]C101${gtin}10LOT7`, `02${gtin}3710`, `(01)${gtin}`, `https://id.example/01/${gtin}/10/LOT7`]) assert.equal(read(text).gtin, gtin, text);
  assert.equal(read("12345670").gtin, "00000012345670");
  for (const text of ["9501101530004", "TR-7", `(01)09501101530004`, "123456789", "00395011010013000129"]) assert.equal(read(text).gtin, undefined, text);
});

test("a code with line breaks or other control characters is read without them: the server takes none", () => {
  assert.equal(said("WIFI:\r\nS:hub;\t"), "WIFI: S:hub;");
  assert.equal(read("TR\u00007").text, "TR 7");
});

test("a serial number is found behind whatever else a GS1 code tells, in whatever order", () => {
  const weight = "3103001234";
  for (const text of [
    `01${GTIN}${weight}21AB-12`, `01${GTIN}17271231${weight}10LOT7${GS}21AB-12`, `01${GTIN}1227123121AB-12`, `01${GTIN}91own${GS}21AB-12`, `01${GTIN}8005000199${GS}21AB-12`,
    `01${GTIN}4111234567890128${GS}21AB-12`, `01${GTIN}1603112821AB-12`, `01${GTIN}7003261130${GS}21AB-12`, `01${GTIN}240PART${GS}21AB-12`,
    `]d221AB-12${GS}01${GTIN}`, `]C121AB-12`, `${GS}21AB-12${GS}01${GTIN}`, `21AB-12${GS}01${GTIN}`, `(21)AB-12`, `(01)${GTIN}(3103)001234(21)AB-12`, `]Q301${GTIN}21AB-12`,
  ]) assert.equal(said(text), "AB-12", JSON.stringify(text));
  // Without a word of the scanner it is a number as any other.
  assert.equal(said("21AB-12"), "21AB-12");
  assert.equal(said("]Q121AB-12"), "21AB-12");
});

test("what names a pallet, says what things are or leads to a page is no serial number, unless it is known as one", () => {
  const cases: [string, string][] = [
    [SSCC, "unit"], [`(00)${SSCC}`, "unit"], ["(00) 3 9501101 001300012 9", "unit"], [`]C100${SSCC}`, "unit"], ["395011010013000128", "wrong"],
    ["9501101530003", "item"], ["9 501101 530003", "item"], [GTIN, "item"], ["]E09501101530003", "item"], ["]E412345670", "item"], [`01${GTIN}`, "item"], [`]d201${GTIN}10LOT7`, "item"], [`(02)${GTIN}(37)10`, "item"],
    ["https://vendor.example/pump/7", "link"], [`https://id.example/01/${GTIN}/10/LOT7`, "item"], [`01${GTIN.slice(0, -1)}410LOT7`, "wrong"],
    ["]E09501101530004", "other"], ["]E412345679", "other"], ["]E0TR-7", "other"], ["(10)LOT7", "other"], ["]d210LOT7", "other"], ["]C1x", "other"],
  ];
  for (const [text, no] of cases) assert.equal(said(text), `no: ${no}`, text);
  // Thirteen digits in a code that says anything are as good as any; so are eight that somebody types, and what has brackets of its own.
  for (const text of ["]C09501101530003", "]Q1TR-7", "12345670", "(12v) pump", "(99999)", "0112345678901234", `]d201${GTIN.slice(0, -1)}421AB-12`, "(21)9501101530003"]) assert.equal(said(text), text.replace(/^.*421AB/, "AB").replace(/^\]..|^\(21\)/, ""), text);
  assert.equal(said("9501101530003", ["9501101530003"]), "9501101530003");
  assert.deepEqual([read("(00) 3 9501101 001300012 9").sscc, read("(00) 3 9501101 001300012 8").wrong], [SSCC, true]);
});

test("a lot is read from a code that tells more, or is all of the text", () => {
  const cases = [["LOT7", "LOT7"], [`]d201${GTIN}10LOT7${GS}21AB-12`, "LOT7"], [`01${GTIN}10LOT7`, "LOT7"], ["(10)LOT7", "LOT7"], [`LOT${GS}7\t`, "LOT7"], [" LOT 7 ", "LOT 7"]];
  for (const [text = "", lot] of cases) assert.equal(lotOf(text), lot, JSON.stringify(text));
});

test("several serial numbers may be typed at once; a code that was read is one, with its blanks", () => {
  assert.deepEqual(serialsOf("TR-1, TR-2;TR-3  TR-1"), { serials: ["TR-1", "TR-2", "TR-3"], not: [] });
  assert.deepEqual(serialsOf("123456789 987654322").serials, ["123456789", "987654322"], "two numbers are no pallet's with a wrong check digit");
  assert.deepEqual(serialsOf(`TR-1 ${GTIN} https://x.example`), { serials: ["TR-1"], not: [{ text: GTIN, no: "item" }, { text: "https://x.example", no: "link" }] });
  assert.deepEqual(serialsOf("(01)09501101530003(21)AB 12,3").serials, ["AB 12,3"]);
  assert.deepEqual(serialsOf("AB 12", ["AB 12"]).serials, ["AB 12"]);
  assert.deepEqual(serialsOf("3 9501101 001300012 9"), { serials: [], not: [{ text: "3 9501101 001300012 9", no: "unit" }] });
  assert.equal(said("]Q1AB 12;3"), "AB 12;3");
  assert.deepEqual(serialsOf("  "), { serials: [], not: [] });
});
