// What is begun on a consignment that becomes another, what is given up in words, and what is sent first.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { patience } from "../src/hub/api.ts";
import { brought, lineSaid } from "../src/hub/changes.ts";
import { draftAgain } from "../src/hub/again.ts";
import { blank, essence, isAsSeen, isToCount, sameUnits, unitsOf, type Consignment, type Deed, type Draft, type Unit } from "../src/hub/model.ts";
import { forgotten } from "../src/hub/forget.ts";
import { consignmentNotes, isOwed, notesOf, parted, told } from "../src/hub/notes.ts";
import { send, sendable } from "../src/hub/sync.ts";
import { Drafts } from "../src/hub/drafts.ts";
import { waitFor } from "../src/hub/vault.ts";
import { speak } from "../src/hub/words.ts";
import { consignment, deed, line, MINUTE, posts, world } from "./hub-world.ts";

const texts = readFileSync("../crates/web/locales/en/hub.ftl", "utf8").split("\n").flatMap((one): [string, string][] => {
  const [, name = "", text = ""] = one.match(/^([a-z-]+) = (.*)/) ?? [];
  return name ? [[name, text.replace(/\{ (\$[a-z]+) \}/g, "{$1}")]] : [];
});
speak(Object.fromEntries(texts));

const unit = (serial: string, more: Partial<Unit> = {}): Unit => ({ lot: "", serial, quantity: 1, sscc: null, ...more });
const ofLot = (lot: string, quantity: number, sscc: string | null = null): Unit => ({ lot, serial: "", quantity, sscc });

function begun(kind: Draft["kind"], saw: Consignment, more: Partial<Draft> = {}): Draft {
  return { kind, consignment: "C-1", blind: false, lines: {}, things: [], photos: [], loaded: [], saw: essence(saw, kind), ...more };
}

test("what was counted of a line that is another by now is cleared and told, and nothing else is", () => {
  const before = consignment({ lines: [line(1), line(2), line(3)] });
  const draft = begun("arrive", before, { lines: { 1: { ...blank(), good: 10 }, 2: { ...blank(), good: 10, remark: "wet" } } });
  assert.equal(brought(draft, { ...before, version: 9, remark: "fragile" }), false);
  assert.equal("changed" in draft, false);
  const now = { ...before, version: 10, lines: [line(1), line(2, { present: 7 }), line(3, { present: 4 })] };
  assert.equal(brought(draft, now), true);
  // Of the third nobody had said anything: what is stated is all that there is to see.
  assert.deepEqual(draft.changed, [{ line: 2, was: { present: 10, units: [] }, said: "10" }]);
  assert.deepEqual([draft.lines[1]?.good, draft.lines[2]?.good, draft.lines[2]?.remark], [10, null, "wet"]);
  // It was not looked at yet, and is another again: what it was when somebody saw it stays.
  assert.equal(brought(draft, { ...now, lines: [line(1), line(2, { present: 6 }), line(3, { present: 4 })] }), true);
  assert.deepEqual(draft.changed, [{ line: 2, was: { present: 10, units: [] }, said: "10" }]);
  // Where it goes is the consignment's own.
  assert.equal(brought(draft, { ...now, destination: "Q" }), true);
  assert.deepEqual(draft.changed?.map((one) => one.line), [0, 2]);
});

test("serial numbers that were seen stay seen, and stand where they belong", () => {
  const before = consignment({ lines: [line(1, { quantity: 3, present: 3, units: [unit("A"), unit("B"), unit("C")] })] });
  const entry = { ...blank(), serials: ["A"], damagedSerials: ["B"], unknown: ["D"] };
  const draft = begun("arrive", before, { lines: { 1: entry } });
  const now = { ...before, lines: [line(1, { quantity: 3, present: 3, units: [unit("A"), unit("C"), unit("D")] })] };
  assert.equal(brought(draft, now), true);
  assert.deepEqual([entry.serials, entry.damagedSerials, entry.unknown, entry.remark], [["A", "D"], [], ["B"], "B damaged"]);
  assert.deepEqual(draft.changed?.map((one) => [one.line, one.said]), [[1, ""]]);
  assert.equal(brought(draft, now), false);
  // A draft that is begun again from what was refused is put right, too.
  const again = { ...draft, changed: [], lines: { 1: { ...blank(), serials: ["X"] } } };
  assert.equal(brought(again, now), true);
  assert.deepEqual(again.lines[1]?.unknown, ["X"]);
});

test("what is packed rests on lots, pallets and conditions; what was packed is not written over what the desk packed meanwhile", () => {
  const [pallet, other] = ["395011010013000129", "395011010013000136"];
  const before = consignment({ state: "packing", lines: [line(1, { tracking: "lot", units: [ofLot("L-1", 6, pallet), ofLot("L-2", 4)] })] });
  const entry = { ...blank(), condition: "serviceable", units: [ofLot("L-1", 10)] };
  const draft = begun("ready", before, { lines: { 1: entry } });
  const now = { ...before, lines: [line(1, { tracking: "lot", units: [ofLot("L-1", 6, other), ofLot("L-2", 4)] })] };
  assert.equal(brought(draft, now), true);
  assert.equal(draft.lines[1], undefined);
  assert.deepEqual(draft.changed, [{ line: 1, was: { present: 10, units: before.lines[0]?.units, condition: null }, said: "L-1 × 10, serviceable" }]);
  const found = { ...before, lines: [line(1, { ...before.lines[0], condition: "damaged" })] };
  assert.deepEqual([brought(begun("ready", before), found), brought(begun("arrive", before), found), brought(begun("inspect", before), found)], [true, false, true]);
  // Of what is another in its condition alone, the units stay as they were packed.
  const looked = begun("ready", before, { lines: { 1: { ...blank(), condition: "serviceable", units: [ofLot("L-1", 10)] } } });
  brought(looked, found);
  assert.deepEqual([looked.lines[1]?.units, looked.lines[1]?.condition, looked.changed?.[0]?.said], [[ofLot("L-1", 10)], "", "serviceable"]);
  // Nor is it without a word where the line is gone.
  const alone = begun("ready", before, { lines: { 1: { ...blank(), units: [ofLot("L-1", 10)] } } });
  brought(alone, { ...before, lines: [] });
  assert.deepEqual(alone.changed?.map((one) => one.said), ["L-1 × 10"]);
  // A deed that an earlier version of the page did rests on less.
  assert.deepEqual([essence(before, "ready"), essence(before)].map((saw) => isAsSeen(deed(1, { kind: "ready", saw }), now)), [false, true]);
  const refused = deed(1, { kind: "ready", saw: essence(before, "ready"), body: { lines: [{ line: 1, condition: "serviceable", units: [{ lot: "L-1", quantity: 10 }] }] }, theirs: now });
  const again = draftAgain(refused);
  assert.ok(again);
  assert.equal(brought(again, now), true);
  assert.deepEqual(again.changed?.map((one) => one.said), ["L-1 × 10, serviceable"]);
});

test("what an earlier version of the page saw of it tells less, and only what differs in that is another", () => {
  const units = [ofLot("L-1", 6, "395011010013000129"), ofLot("L-2", 4)];
  const theirs = consignment({ state: "packing", lines: [line(1, { tracking: "lot", condition: "serviceable", units }), line(2)] });
  const body = { lines: [{ line: 1, condition: "serviceable", units: [{ lot: "L-9", quantity: 10 }] }, { line: 2, condition: "serviceable" }] };
  const again = draftAgain(deed(1, { kind: "ready", saw: essence(theirs), body, theirs }));
  assert.ok(again);
  const before = JSON.stringify(again.lines);
  assert.deepEqual([brought(again, theirs), again.changed, JSON.stringify(again.lines) === before], [false, undefined, true]);
  // From now on it rests on all of it.
  assert.equal(again.saw, essence(theirs, "ready"));
  const other = begun("ready", theirs, { saw: essence(theirs), lines: { 1: { ...blank(), condition: "damaged" }, 2: { ...blank(), condition: "damaged" } } });
  assert.equal(brought(other, { ...theirs, lines: [line(1, { tracking: "lot", units }), line(2, { present: 9 })] }), true);
  assert.deepEqual([other.changed?.map((one) => one.line), other.lines[1]?.condition, other.lines[2]], [[2], "damaged", undefined]);
});

test("lots that were typed on an earlier version of the page are there, on their pallets", () => {
  const pallet = "395011010013000129";
  const entry = (...lots: [string, number][]) => ({ ...blank(), lots: lots.map(([lot, quantity]) => ({ lot, quantity })) });
  const of = line(1, { tracking: "lot", units: [ofLot("L-1", 6, pallet), ofLot("L-2", 4)] });
  assert.deepEqual(unitsOf(entry(["L-2", 4], ["L-1", 6]), of), [ofLot("L-2", 4), ofLot("L-1", 6, pallet)]);
  assert.deepEqual(unitsOf(entry(["L-9", 10]), of), [ofLot("L-9", 10)]);
  assert.deepEqual(unitsOf(entry(["L-9", 10]), line(1, { tracking: "lot", units: [ofLot("L-1", 10, pallet)] })), [ofLot("L-9", 10, pallet)]);
  assert.deepEqual(unitsOf(entry(["L-9", 10]), line(1, { tracking: "lot" })), [ofLot("L-9", 10)]);
  assert.deepEqual(unitsOf(entry(), of), of.units);
  assert.deepEqual(unitsOf({ ...entry(["L-9", 10]), units: [ofLot("L-3", 10)] }, of), [ofLot("L-3", 10)]);
});

test("what somebody saw to be hurt is told when it is cleared, and stays where only the condition is another", () => {
  const before = consignment({ state: "at_node", lines: [line(1), line(2, { present: 2, units: [unit("A"), unit("B")] })] });
  const look = () => begun("inspect", before, { lines: { 1: { ...blank(), condition: "damaged", damaged: 3, remark: "wet" }, 2: { ...blank(), condition: "damaged", damagedSerials: ["A"] } } });
  const [found, other] = [look(), look()];
  brought(found, { ...before, lines: before.lines.map((one) => ({ ...one, condition: "incomplete" })) });
  assert.deepEqual(found.changed?.map((one) => one.said), ["damaged, damaged 3", "damaged, A"]);
  assert.deepEqual(found.lines, { 1: { ...blank(), damaged: 3, remark: "wet" }, 2: { ...blank(), damagedSerials: ["A"] } });
  brought(other, { ...before, lines: [line(1, { present: 9 }), line(2, { present: 1, units: [unit("B")] })] });
  assert.deepEqual([other.changed?.map((one) => one.said), other.lines], [["damaged, damaged 3", "damaged, A"], { 1: { ...blank(), remark: "wet" }, 2: blank() }]);
});

test("what the disk did not take is tried again by itself, later each time, until it takes it", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const drafts = new Drafts();
  const draft = begun("arrive", consignment());
  const key = drafts.take(draft) ?? "";
  const tried: Draft[] = [];
  let full = true;
  const keep = (one: Draft): void => {
    tried.push(one);
    drafts.wrote(key, full ? "the disk is full" : "");
    drafts.again(keep);
  };
  keep(draft);
  for (const [after, tries] of [[1_999, 1], [1, 2], [3_999, 2], [1, 3], [8_000, 4], [16_000, 5], [30_000, 6], [30_000, 7]] as const) {
    t.mock.timers.tick(after);
    assert.equal(tried.length, tries);
  }
  full = false;
  t.mock.timers.tick(30_000);
  assert.deepEqual([drafts.lost, tried.length], ["", 8]);
  t.mock.timers.tick(600_000);
  assert.equal(tried.length, 8);
});

test("the journal forgets what Muster has, and nothing of what it has not", () => {
  const DAY = 86_400_000;
  const made = (seq: number, more: Partial<Deed>): Deed => deed(seq, { at: 0, state: "done", settled: true, ...more });
  const note = (seq: number, about: number, more: Partial<Deed> = {}): Deed => made(seq, { kind: "note", about, ...more });
  const left: Partial<Deed> = { state: "dropped", owed: true, settled: false };
  const gone = (...deeds: Deed[]): number[] => forgotten([...deeds, made(99, {})], 40 * DAY).map(({ seq }) => seq);
  assert.deepEqual(gone(made(1, {}), note(2, 1), note(3, 1, left)), [1, 2]);
  assert.deepEqual(gone(made(1, left), note(2, 1), note(3, 1)), [1, 2, 3]);
  assert.deepEqual(gone(made(1, left), note(2, 1), note(3, 1, left)), []);
  // It was dated by a clock that was ahead: by its note it is known that Muster has it.
  assert.deepEqual(gone(made(1, { ...left, at: 20 * DAY }), note(2, 1)), []);
  assert.deepEqual(gone(made(1, { ...left, at: 20 * DAY }), note(2, 1), note(3, 7), made(4, { at: 20 * DAY })), [3]);
});

test("a line is said with what is not the same beside it", () => {
  const was = { present: 10, units: [ofLot("L-1", 6, "P"), ofLot("L-2", 4)], condition: "serviceable" };
  assert.equal(lineSaid(was, { ...was, units: [ofLot("L-1", 6), ofLot("L-2", 4)] }), "10 (L-1 × 6 on P)");
  assert.equal(lineSaid({ ...was, condition: "damaged" }, was), "10, damaged");
  assert.equal(lineSaid({ present: 1, units: [unit("TR-1", { lot: "L" })] }, null), "1 (TR-1 L)");
});

test("what is on the conveyance is ticked off anew where it is another by now", () => {
  const before = consignment({ state: "readied", lines: [line(1, { units: [ofLot("", 10, "395011010013000129")] }), line(2), line(3)] });
  const draft = begun("depart", before, { loaded: ["395011010013000129", "line 2", "line 3"] });
  brought(draft, { ...before, lines: [line(1, { present: 8, units: [ofLot("", 8, "395011010013000129")] }), line(2), line(3, { present: 0 })] });
  assert.deepEqual([draft.loaded, draft.changed?.map((one) => one.line)], [["line 2"], [1, 3]]);
});

test("units are the same in whatever order, and others on another pallet", () => {
  const units = [ofLot("L-1", 6, "P"), ofLot("L-2", 4)];
  assert.ok(sameUnits(units, [...units].reverse()));
  assert.ok(!sameUnits(units, [ofLot("L-1", 6), ofLot("L-2", 4)]));
});

test("what is stated is hidden as long as somebody is to count it", () => {
  const need = line(1, { need: "N-1" });
  const cases: [Partial<Consignment>, boolean][] = [
    [{}, true], [{ state: "at_node", at_end: true, lines: [need] }, true], [{ state: "at_node", at_end: true }, false],
    [{ state: "at_node", lines: [need] }, false], [{ state: "packing", at_end: true, lines: [need] }, false], [{ place: "X" }, false],
  ];
  for (const [more, hidden] of cases) assert.equal(isToCount(consignment(more), "H"), hidden, JSON.stringify(more));
});

const signed = {
  hands_over: { name: "Driver", party: "Carrier", photo: "paper" },
  takes_over: { name: "olena", key: "K-1", signature: "c2ln" }, text: '{"lines":[]}', photos: ["damage"],
};

test("what is given up is told whole: lines with serial numbers, lots and remarks, things, and who signed what", () => {
  const lines = [
    { line: 1, received: 2, damaged: 1, serials: ["A", "B"], damaged_serials: ["C"], remark: "one is bent" },
    { line: 2, received: 9, damaged: 0, lots: [{ lot: "L-1", received: 6, damaged: 0 }, { lot: "L-2", received: 3, damaged: 1 }] },
  ];
  const text = told(deed(1, { body: { lines, unmanifested: [{ description: "Tent", quantity: 2, resource: "tent", serials: ["T-1"], remark: "wet\nnight" }], remark: "rain", signed } }));
  for (const part of [
    "C-1: counted and taken over, by olena, ", "1: 2 + damaged 1 · there A, B · damaged C · one is bent", "2: 9 · L-1 6, L-2 3 + damaged 1", "2 × Tent · tent · T-1 · wet night", "rain",
    "Hands over: Driver (Carrier), On paper, photograph paper", "Takes over: olena, key K-1, signature c2ln", 'signed: {"lines":[]}',
  ]) assert.ok(text.includes(part), `${part} in ${text}`);
  const packed = told(deed(2, { kind: "ready", body: { lines: [{ line: 3, condition: "damaged", units: [{ serial: "T", lot: "L", quantity: 1, sscc: "S" }, { lot: "M", quantity: 4 }] }] } }));
  assert.match(packed, /3: damaged · T L on S, M × 4$/);
  assert.match(told(deed(3, { kind: "depart", body: { carrier: "Carrier", conveyance: "UA 777" } })), /Carrier, UA 777$/);
  assert.match(told(deed(4, { kind: "inspect", body: { lines: [{ line: 1, condition: "damaged", serials: ["A"], remark: "rust" }] as never } })), /1: damaged · A · rust$/);
  assert.match(told(deed(5, { kind: "count", subject: "V-1", body: { quantity: 3, remark: "dark" } })), /Quantity 3; dark$/);
});

test("what is told of a consignment goes to it in whatever state it is, with all photographs, in as many notes as it takes", () => {
  const photos = Array.from({ length: 51 }, (_, n) => ({ id: `photo/${n}`, hash: `h${n}` }));
  const text = Array.from({ length: 9_000 }, (_, n) => `TR-${n}`).join("; ");
  const notes = notesOf(deed(1, { photos, theirs: consignment({ state: "closed" }) }), text, () => null);
  assert.deepEqual(notes.map(({ kind, path, subject, body }) => [kind, path, subject, body.photos?.length, body.reason]), [0, 0, 50, 1].map((n) => ["note", "/api/v1/consignments/C-1/notes", "C-1", n, "what a phone had recorded otherwise"]));
  assert.ok(notes.every(({ body }) => (body.text ?? "").length <= 50_000));
  assert.equal(notes.slice(0, 2).map(({ body }) => (body.text ?? "").replace(/^\(\d\/\d\) /, "")).join(" "), text);
  assert.deepEqual(parted("x".repeat(25), 10).map((part) => part.length), [10, 10, 5]);
  assert.deepEqual(parted(`${"x".repeat(9)}😀y`, 10), ["x".repeat(9), "😀y"]);
  // A blind count goes to the consignment of what was counted; what came without papers has none.
  const count = deed(2, { kind: "count", subject: "V-1", body: { quantity: 1 } });
  assert.deepEqual([notesOf(count, "x", () => "C-9")[0]?.subject, notesOf(count, "x", () => null), notesOf(deed(3, { kind: "unmanifested", subject: "" }), "x", () => null)], ["C-9", [], []]);
  const order = { code: "W-1" } as never;
  assert.deepEqual(notesOf(deed(4, { kind: "fault", subject: "", theirs: order, photos: photos.slice(0, 2) }), "x", () => null).map(({ path, body }) => [path, body.text, body.attachment]), [["x", undefined], ["(1/2) Photographs of what was given up", "h0"], ["(2/2) More photographs", "h1"]].map((one) => ["/api/v1/work-orders/W-1/notes", ...one]));
});

test("a note may be as long as the server takes, and holds up nothing", async () => {
  const long = "x".repeat(49_000);
  const note = (seq: number, more: Partial<Deed> = {}): Deed => deed(seq, { ...consignmentNotes("C-1", long, [], "x")[0], ...more });
  const outside = world((request) => (request.path.endsWith("/notes") ? { status: 404, body: { detail: "there is no such consignment" } } : undefined));
  const deeds = [deed(1, { state: "refused" }), note(2), deed(3), note(4, { about: 3 }), deed(5, { subject: "C-2", path: "/api/v1/consignments/C-2/arrive" })];
  await send(deeds, outside);
  // One that is not taken is not dropped without a word.
  assert.deepEqual(deeds.map(({ state }) => state), ["refused", "refused", "waiting", "waiting", "done"]);
  assert.equal(deeds[1]?.problem, "there is no such consignment");
  assert.equal((JSON.parse(String(outside.asked.find((one) => one.path.endsWith("/notes"))?.body)) as { text: string }).text, long);
  // What shows photographs of a count waits for the count, and for nothing that another note waits for.
  assert.deepEqual(sendable([note(1, { state: "refused" }), deed(2), note(3, { about: 2 })], []).map(({ seq }) => seq), [2, 3]);
  assert.deepEqual(sendable([deed(2, { state: "refused" }), note(3, { about: 2 })], []), []);
  assert.deepEqual(sendable([deed(2, { state: "dropped" }), note(3, { about: 2 })], []).map(({ seq }) => seq), [3]);
});

test("what comes after a count goes on what the count made of it, also if a note was sent in between", async () => {
  const outside = world((request) => (request.path.endsWith("/notes") ? { status: 201, body: { notes: [] } } : undefined));
  const deeds = [deed(1), deed(2, { ...consignmentNotes("C-1", "x", [], "x")[0], about: 1 }), deed(3, { kind: "inspect", path: "/api/v1/consignments/C-1/inspect", body: { at: "", version: 4 } })];
  await send(deeds, outside);
  assert.deepEqual(posts(outside.asked), ["arrive", "notes", "inspect"]);
  assert.equal((JSON.parse(String(outside.asked.at(-1)?.body)) as { version: number }).version, 5);
});

test("what was given up is owed until Muster has all that is told of it", () => {
  const given = deed(1, { state: "dropped", owed: true });
  const note = (seq: number, state: Deed["state"]): Deed => deed(seq, { kind: "note", about: 1, state });
  assert.ok(isOwed(given, [given]));
  assert.ok(isOwed(given, [given, note(2, "done"), note(3, "dropped")]));
  assert.ok(!isOwed(given, [given, note(2, "done"), note(3, "done")]));
  assert.ok(!isOwed(deed(1, { state: "dropped" }), []));
});

test("what has photographs is sent after what has none, and a photograph that does not get through keeps no other back", async () => {
  const photo = (id = "p") => [{ id, hash: id }];
  const other = { subject: "C-2", path: "/api/v1/consignments/C-2/arrive" };
  const all = (): Deed[] => [deed(1, { photos: photo() }), deed(2, { kind: "inspect", path: "/api/v1/consignments/C-1/inspect" }), deed(3, other)];
  const fine = world(() => undefined);
  const deeds = all();
  assert.equal(await send(deeds, fine), "sent");
  assert.deepEqual(posts(fine.asked), ["arrive", "attachments", "arrive", "inspect"]);
  // What is sent first was done last: the other is not put after it.
  assert.ok((deeds[0]?.at ?? 0) < (deeds[2]?.at ?? 0));

  const slow = world((request) => (request.path === "/api/v1/attachments" ? { status: 0, body: {} } : undefined));
  const [first, second] = [all(), [deed(4, { photos: photo("q"), subject: "C-3" }), deed(5, { photos: photo("r"), subject: "C-4" })]];
  assert.equal(await send([...first, ...second], slow), "stuck");
  assert.deepEqual([...first, ...second].map(({ state }) => state), ["waiting", "waiting", "done", "waiting", "waiting"]);
  // Without an answer to anything it is tried again later.
  let asked = 0;
  const none = world((request) => (request.path === "/api/v1/me" && (asked += 1) === 1 ? undefined : { status: 0, body: {} }));
  assert.equal(await send([deed(1, { photos: photo() })], none), "later");
});

test("what is large has more time to get through", () => {
  assert.deepEqual([patience(undefined), patience(new Uint8Array(600_000))], [MINUTE, 6 * MINUTE]);
});

test("by a clock that nobody can set a wait is as long as it is, whatever the other says", () => {
  assert.equal(waitFor(3, 0, 99 * MINUTE, 4_000), 6_000);
  assert.equal(waitFor(3, 99 * MINUTE, 0, 10_000), 0);
});
