// The parts of the hub's page that decide something, without a browser: codes, clocks, the order of sending, PINs.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { draftAgain, mayAgain } from "../src/hub/again.ts";
import { ask } from "../src/hub/api.ts";
import { brought } from "../src/hub/changes.ts";
import { overdue, told } from "../src/hub/clock.ts";
import { applied, blank, byLot, essence, lotsOf, parts, partsByLot, signedText, taken, tells, theirsOf, type Deed, type Draft } from "../src/hub/model.ts";
import { whatSaid } from "../src/hub/notes.ts";
import { faultBody, type Order } from "../src/hub/fault.ts";
import { EXPECTED, THERE, attended, daysOf, expected, kept, marked, marksOf, stillMeant, trainees, uncontested, type Serial } from "../src/hub/school.ts";
import { thingsOf } from "../src/hub/screens/count.ts";
import { usable } from "../src/hub/passkeys.ts";
import { backoff, send, sendable, type Reply } from "../src/hub/sync.ts";
import { waitFor, type Person } from "../src/hub/vault.ts";
import { consignment, deed, line, MINUTE, posts, world } from "./hub-world.ts";

const HOUR = 60 * MINUTE;
/** A phone's clock that is five hours fast. */
const WRONG = { phone: 400 * MINUTE, server: 100 * MINUTE };

test("a clock that is right is believed, one that is wrong is put right by what it is off by", () => {
  const now = { phone: 10 * HOUR, server: 10 * HOUR + 20_000 };
  assert.deepEqual(told(9 * HOUR, { phone: HOUR, server: HOUR }, now, 0), { at: 9 * HOUR, shift: 0 });
  const fast = { phone: 13 * HOUR, server: 10 * HOUR };
  assert.deepEqual(told(12 * HOUR, { phone: 4 * HOUR, server: HOUR }, fast, 0), { at: 9 * HOUR, shift: -3 * HOUR });
});

test("a clock that was set in between tells a moment that can be", () => {
  const before = { phone: 5 * HOUR, server: 2 * HOUR };
  const now = { phone: 10 * HOUR, server: 10 * HOUR };
  // It was three hours fast when the deed was done, and is right now.
  assert.equal(told(12 * HOUR, before, now, 0).at, 9 * HOUR);
  // It fell back to its first day: nothing before the last contact, nothing before the deed before, nothing after now.
  assert.equal(told(0, { phone: 2 * HOUR, server: 2 * HOUR }, now, 4 * HOUR).at, 4 * HOUR);
  assert.equal(told(99 * HOUR, { phone: 2 * HOUR, server: 2 * HOUR }, now, 0).at, 10 * HOUR);
});

test("wrong PINs wait longer and longer, also when the clock is set back", () => {
  assert.equal(waitFor(2, 0, 0), 0);
  assert.ok(waitFor(3, 0, 0) < waitFor(4, 0, 0) && waitFor(30, 0, 0) === HOUR);
  assert.equal(waitFor(3, 0, 10_000), 0);
  assert.equal(waitFor(3, HOUR, 0), 10_000);
  assert.ok(backoff(0) < backoff(1) && backoff(40) === 5 * MINUTE);
});

test("deeds are sent in order, photographs first, each kept before and after", async () => {
  const outside = world(() => undefined);
  const deeds = [deed(1, { photos: [{ id: "p", hash: "h" }] }), deed(2, { kind: "inspect", path: "/api/v1/consignments/C-1/inspect", body: { at: "", version: 4 } })];
  assert.equal(await send(deeds, outside), "sent");
  assert.deepEqual(posts(outside.asked), ["attachments", "arrive", "inspect"]);
  assert.deepEqual(outside.kept, ["1 waiting", "1 sending", "1 done", "2 sending", "2 done"]);
  // The second was done to what the first made of it.
  assert.equal(JSON.parse(String(outside.asked.at(-1)?.body)).version, 5);
});

test("without an answer all waits, and the same is sent again to the letter under the same key", async () => {
  let lost = true;
  const outside = world((request) => (lost && (request.path.endsWith("/arrive") || posts(outside.asked).length > 0) ? { status: 0, body: {} } : undefined));
  const deeds = [deed(1), deed(2, { subject: "C-2", path: "/api/v1/consignments/C-2/arrive" })];
  assert.equal(await send(deeds, outside), "later");
  assert.deepEqual(posts(outside.asked), ["arrive"]);
  assert.deepEqual(deeds.map((one) => one.state), ["sending", "waiting"]);
  lost = false;
  const again: Deed[] = JSON.parse(JSON.stringify(deeds));
  assert.equal(await send(again, outside), "sent");
  const sent = outside.asked.filter((one) => one.path.endsWith("C-1/arrive"));
  assert.deepEqual([sent[0]?.body, sent[0]?.key], [sent[1]?.body, sent[1]?.key]);
  assert.deepEqual(again.map((one) => one.state), ["done", "done"]);
});

test("what failed in the server, came too fast or is under way there is tried again", async () => {
  for (const reply of [{ status: 503, body: {} }, { status: 429, body: {} }, { status: 409, body: { type: "/api#problem-under-way" } }]) {
    const deeds = [deed(1)];
    assert.notEqual(await send(deeds, world((request) => (request.method === "POST" ? reply : undefined))), "sent");
    assert.equal(deeds[0]?.state, "sending");
  }
});

test("one deed at which the server fails, or which gets no answer while others do, keeps no other back", async () => {
  for (const reply of [{ status: 500, body: {} }, { status: 409, body: { type: "/api#problem-under-way" } }, { status: 503, body: {} }, { status: 0, body: {} }]) {
    const outside = world((request) => (request.path.endsWith("C-1/arrive") ? reply : undefined));
    const deeds = [deed(1), deed(2, { kind: "inspect", path: "/api/v1/consignments/C-1/inspect" }), deed(3, { subject: "C-2", path: "/api/v1/consignments/C-2/arrive" })];
    assert.equal(await send(deeds, outside), "stuck");
    assert.deepEqual(deeds.map((one) => one.state), ["sending", "waiting", "done"]);
    assert.deepEqual(deeds.map((one) => one.stuck), [true, undefined, undefined]);
    assert.equal(await send(deeds, world(() => undefined)), "sent");
    assert.equal(deeds[0]?.stuck, undefined);
  }
});

test("what had been done already says nothing of what the next deed rests on: somebody may have changed it since", async () => {
  let now = consignment({ version: 9, lines: [line(1, { present: 3 })] });
  const outside = world((request) => {
    if (request.path.endsWith("/arrive")) return { status: 200, body: { version: now.version, repeated: true } };
    if (request.path.endsWith("/C-1")) return { status: 200, body: now as unknown as Record<string, unknown> };
    if (!request.path.endsWith("/inspect")) return undefined;
    return (JSON.parse(String(request.body)) as { version: number }).version === now.version ? { status: 200, body: { version: now.version + 1 } } : { status: 412, body: {} };
  });
  const both = (): Deed[] => [deed(1), deed(2, { kind: "inspect", path: "/api/v1/consignments/C-1/inspect", body: { at: "", version: 4 }, saw: essence(consignment(), "inspect") })];
  const deeds = both();
  await send(deeds, outside);
  assert.deepEqual(deeds.map((one) => one.state), ["done", "refused"]);
  // Nothing that it rests on is another.
  now = consignment({ version: 9, remark: "fragile" });
  const more = both();
  await send(more, outside);
  assert.deepEqual(more.map((one) => one.state), ["done", "done"]);
});

test("only what says that it does not know somebody revokes them", async () => {
  const outside = world((request) => (request.path === "/api/v1/me" ? { status: 404, body: {} } : undefined));
  assert.equal(await send([deed(1)], outside), "later");
  assert.deepEqual(outside.gone, []);
});

/** What is made of an answer. */
async function answered(method: "GET" | "POST" | "PUT", answer: Response): Promise<Reply> {
  const usual = globalThis.fetch;
  globalThis.fetch = () => Promise.resolve(answer);
  try {
    return await ask({ as: "", method, path: "/" }, null);
  } finally {
    globalThis.fetch = usual;
  }
}

test("what another network answers is no answer", async () => {
  const json = { headers: { "content-type": "application/json" } };
  for (const answer of [new Response("", { status: 200 }), new Response(null, { status: 204 }), new Response("<html>", { headers: { "content-type": "text/html" } })]) {
    assert.equal((await answered("POST", answer)).status, 0);
  }
  assert.deepEqual(await answered("GET", new Response("null", json)), { status: 200, body: {} });
  assert.deepEqual(await answered("GET", new Response('{"a":1}', json)), { status: 200, body: { a: 1 } });
  assert.equal((await answered("PUT", new Response(null, { status: 204 }))).status, 204);
});

test("the server's clock is compared when its answer begins, not when all of it is there", async () => {
  const slow = new ReadableStream({
    async pull(to) {
      await new Promise((done) => setTimeout(done, 300));
      to.enqueue(new TextEncoder().encode("{}"));
      to.close();
    },
  });
  const began = Date.now();
  const { contact } = await answered("GET", new Response(slow, { headers: { "content-type": "application/json", date: new Date(began).toUTCString() } }));
  assert.ok(contact && contact.phone - began < 200, String(contact && contact.phone - began));
});

test("a refusal stops its consignment, keeps both versions, and lets others go on", async () => {
  const theirs = consignment({ state: "at_node" });
  const outside = world((request) => {
    if (request.path.endsWith("C-1/arrive")) return { status: 422, body: { detail: "it is here already" } };
    return request.path.endsWith("/C-1") ? { status: 200, body: theirs as unknown as Record<string, unknown> } : undefined;
  });
  const deeds = [deed(1), deed(2, { kind: "inspect", path: "/api/v1/consignments/C-1/inspect" }), deed(3, { subject: "C-2", path: "/api/v1/consignments/C-2/arrive" })];
  assert.equal(await send(deeds, outside), "sent");
  assert.deepEqual(deeds.map((one) => one.state), ["refused", "waiting", "done"]);
  assert.deepEqual([deeds[0]?.problem, deeds[0] && theirsOf(deeds[0], "consignment")?.state], ["it is here already", "at_node"]);
  assert.deepEqual(posts(outside.asked), ["arrive", "arrive"]);
});

test("a version that differs in nothing that was seen is no conflict", async () => {
  let first = true;
  const outside = world((request) => {
    if (request.path.endsWith("/C-1")) return { status: 200, body: consignment({ version: 7 }) as unknown as Record<string, unknown> };
    if (!request.path.endsWith("/arrive") || !first) return undefined;
    first = false;
    return { status: 412, body: {} };
  });
  const deeds = [deed(1, { saw: essence(consignment({ remark: "none yet" })) })];
  await send(deeds, outside);
  assert.equal(deeds[0]?.state, "done");
  assert.equal(JSON.parse(String(outside.asked.at(-1)?.body)).version, 7);
});

test("who was revoked sends nothing, what they did stays, and others go on", async () => {
  const outside = world((request) => (request.as === "olena" ? { status: 401, body: {} } : undefined));
  const deeds = [deed(1), deed(2, { subject: "C-2", by: "petro", path: "/api/v1/consignments/C-2/arrive" })];
  await send(deeds, outside);
  assert.deepEqual([outside.gone, deeds.map((one) => one.state)], [["olena"], ["waiting", "done"]]);
});

test("what belongs to no consignment waits for nothing else", async () => {
  const report = (seq: number, more: Partial<Deed> = {}): Deed => deed(seq, { kind: "unmanifested", subject: "", path: "/api/v1/variances", body: {}, ...more });
  const deeds = [report(1, { state: "refused" }), report(2), deed(3, { state: "refused" }), deed(4)];
  assert.deepEqual(sendable(deeds, []).map((one) => one.seq), [2]);
  const outside = world((request) => (request.path === "/api/v1/variances" ? { status: 200, body: { code: "V-1" } } : undefined));
  await send(deeds, outside);
  assert.deepEqual(deeds.map((one) => one.state), ["refused", "done", "refused", "waiting"]);
  assert.deepEqual(sendable(deeds, []), []);
});

test("what is missing is gone from its line wherever it stands: all of it, some, some of a lot, or by serial number", () => {
  const [line] = consignment().lines;
  assert.ok(line);
  const after = (of: typeof line, found: object) => {
    const deeds = [deed(1, { kind: "inspect", body: { at: "", version: 4, lines: [{ line: of.line, condition: "missing", ...found }] } })];
    const [left] = applied({ ...consignment(), state: "packing", lines: [of] }, deeds).lines;
    return [left?.present, left?.units.map((one) => [one.lot, one.serial, one.quantity]), left?.condition];
  };
  const unit = (lot: string, quantity: number) => ({ lot, serial: "", quantity, sscc: null });
  const loose = { ...line, present: 10, units: [], condition: "serviceable" };
  assert.deepEqual([after(loose, {}), after(loose, { quantity: 4 })], [[0, [], "serviceable"], [6, [], "serviceable"]]);
  const ofLots = { ...loose, units: [unit("L-1", 6), unit("L-2", 4)] };
  assert.deepEqual(after(ofLots, { lots: [{ lot: "L-2", quantity: 3 }] }), [7, [["L-1", "", 6], ["L-2", "", 1]], "serviceable"]);
  assert.deepEqual(after({ ...loose, units: [unit("L-1", 10)] }, { quantity: 3 }), [7, [["L-1", "", 7]], "serviceable"]);
  const named = { ...loose, present: 2, units: ["A", "B"].map((serial) => ({ ...unit("", 1), serial })) };
  assert.deepEqual(after(named, { serials: ["A"] }), [1, [["", "B", 1]], "serviceable"]);
});

test("what waits behind somebody who was revoked is not tried again and again", async () => {
  const outside = world((request) => (request.as === "olena" ? { status: 401, body: {} } : undefined));
  const deeds = [deed(1), deed(2, { by: "petro" })];
  assert.equal(await send(deeds, outside), "sent");
  assert.deepEqual([posts(outside.asked), deeds.map((one) => one.state)], [[], ["waiting", "waiting"]]);
  assert.deepEqual(sendable(deeds, outside.gone), []);
});

test("what is told of a wrong clock stands in the remark, and deeds stay in their order", async () => {
  const outside = world(() => undefined);
  const deeds = [deed(1, { made: 400 * MINUTE }), deed(2, { subject: "C-2", made: 20 * MINUTE, path: "/api/v1/consignments/C-2/arrive" })];
  await send(deeds, outside);
  const bodies = outside.asked.filter((one) => one.path.endsWith("/arrive")).map((one) => JSON.parse(String(one.body)) as { at: string; remark?: string });
  assert.ok(bodies.every((body) => body.remark?.startsWith("clock")));
  assert.ok((bodies[0]?.at ?? "") <= (bodies[1]?.at ?? ""));
});

test("a consignment is shown as it is after what was done here", () => {
  const counted = deed(1);
  const here = applied(consignment(), [counted]);
  assert.deepEqual([here.state, here.lane, here.lines[0]?.present], ["at_node", "H-P", 9]);
  assert.equal(applied(consignment(), [{ ...counted, state: "refused" }]).state, "under_way");
  assert.equal(applied(consignment(), [{ ...counted, state: "done", settled: true }]).state, "under_way");
});

test("what is done again is counted on, and leaves the deed as it was", () => {
  const first = deed(1, { body: { lines: [{ line: 1, received: 1, damaged: 0, serials: ["A"], damaged_serials: [] }, { line: 2, received: 2, damaged: 0 }], unmanifested: [{ description: "Tent", quantity: 1 }] } });
  const before = JSON.stringify(first);
  const draft = draftAgain(first);
  assert.ok(draft);
  draft.lines[1]?.serials.push("B");
  draft.lines[1]?.unknown.push("X");
  draft.things.push({ description: "Box", quantity: 2 });
  assert.equal(JSON.stringify(first), before);
  assert.deepEqual([draft.lines[2]?.unknown, draft.lines[2]?.serials], [[], []]);
  assert.deepEqual(draftAgain(first)?.lines[1], { good: 1, damaged: 0, serials: ["A"], damagedSerials: [], unknown: [], condition: "", remark: "" });
  const packed = draftAgain(deed(2, { kind: "ready", body: { lines: [{ line: 3, condition: "serviceable", units: [{ serial: "T", quantity: 1 }, { lot: "L", quantity: 4, sscc: "S" }] }, { line: 4, condition: "incomplete" }] } }));
  assert.deepEqual(packed?.lines[3]?.units, [{ lot: "", serial: "T", quantity: 1, sscc: null }, { lot: "L", serial: "", quantity: 4, sscc: "S" }]);
  assert.deepEqual([packed?.lines[3]?.condition, packed?.lines[4]?.condition, packed?.lines[4]?.units], ["serviceable", "incomplete", undefined]);
  assert.equal(draftAgain(deed(3, { kind: "come", subject: "S-1 N-1" })), null);
});

test("a departure is done again from what was said of it, and only what is another by now is loaded anew", () => {
  const seen = consignment({ state: "readied", lines: [line(1), line(2)] });
  const theirs = consignment({ state: "readied", version: 6, lines: [line(1), line(2, { present: 4 })] });
  const body = { carrier: "Rail", conveyance: "AA 1", remark: "wet" };
  const draft = draftAgain(deed(1, { kind: "depart", saw: essence(seen, "depart"), body, theirs })) as Draft;
  assert.deepEqual([draft.said, draft.loaded], [body, ["line 1", "line 2"]]);
  assert.ok(brought(draft, theirs));
  assert.deepEqual([draft.loaded, draft.changed?.map((one) => one.line)], [["line 1"], [2]]);
});

test("what had no papers is described again, what was counted blind is counted again by the same person alone", () => {
  const found = { description: "Truck", quantity: 2, resource: "truck", serials: ["A", "B"], remark: "mud" };
  const draft = draftAgain(deed(1, { kind: "unmanifested", subject: "", body: found }));
  assert.deepEqual([draft?.said, draft?.lines[0]?.serials], [{ what: "Truck", quantity: "2", resource: "truck", remark: "mud" }, ["A", "B"]]);
  const count = deed(2, { kind: "count", subject: "V-1", body: { quantity: 7 } });
  assert.deepEqual([draftAgain(count)?.consignment, draftAgain(count)?.said], ["V-1 olena", { quantity: "7" }]);
  assert.deepEqual([mayAgain(count, "olena", [{ code: "V-1" }]), mayAgain(count, "petro", [{ code: "V-1" }]), mayAgain(count, "olena", []), mayAgain(count, "olena", [{ code: "V-1", agreed: 3 }])], [true, false, false, false]);
  assert.match(whatSaid(deed(3, { kind: "unmanifested", subject: "", body: found, state: "sending" })), /A.*B.*mud/);
});

test("however many serial numbers of a line are unknown, they are one thing", () => {
  const unknown = Array.from({ length: 500 }, (_, n) => `X-${n}`);
  const draft = { kind: "arrive", consignment: "C-1", blind: false, lines: { 1: { ...blank(), unknown } }, things: [], photos: [], loaded: [] } satisfies Draft;
  const [thing, ...more] = thingsOf(consignment(), draft);
  assert.deepEqual([thing?.quantity, thing?.serials, thing?.resource, more], [500, unknown, "vest", []]);
  assert.ok((thing?.description.length ?? 0) <= 500);
});

test("what is signed is what the server will count", () => {
  assert.deepEqual([taken(10, 9, 0), taken(10, 9, 1), taken(10, 12, 0), taken(10, 10, 3), taken(10, 0, 12)], [9, 9, 10, 7, 0]);
  assert.deepEqual(JSON.parse(signedText(consignment(), "arrived_at_node", "t", new Map([[1, { counted: 9, damaged: 0, over: 0 }]]))), { consignment: "C-1", milestone: "arrived_at_node", place: "H", at: "t", lines: [{ line: 1, counted: 9 }] });
  const wrong = signedText(consignment(), "arrived_at_node", "t", new Map([[1, parts(10, 7, 2)]]), [{ description: "a crate", quantity: 2, remark: "wet" }]);
  assert.deepEqual(JSON.parse(wrong).lines, [{ line: 1, counted: 7, damaged: 2 }]);
  assert.deepEqual(JSON.parse(wrong).unmanifested, [{ description: "a crate", quantity: 2 }]);
  assert.deepEqual([parts(10, 9, 3), parts(10, 12, 0), parts(10, 1, 12)], [{ counted: 7, damaged: 3, over: 2 }, { counted: 10, damaged: 0, over: 2 }, { counted: 0, damaged: 10, over: 3 }]);
});

const broken = faultBody({ resource: "truck", account: "in_service U U P - truck -", serial: "TR-7", quantity: 1, symptom: " no start ", urgency: "urgent" }, "h");
const fault = (seq: number, more: Partial<Deed> = {}): Deed => deed(seq, { kind: "fault", subject: "", path: "/api/v1/work-orders", body: broken, ...more });

test("what has a serial number is reported by it, what has none by where it is and how many", () => {
  assert.deepEqual(broken, { at: "", resource: "truck", serial: "TR-7", symptom: "no start", urgency: "urgent", photo: "h" });
  const vest = faultBody({ resource: "vest", account: "A", serial: "", quantity: 3, symptom: "torn", urgency: "routine" }, undefined);
  assert.deepEqual(vest, { at: "", resource: "vest", account: "A", quantity: 3, symptom: "torn", urgency: "routine" });
});

test("a fault that was reported has the code that Muster gave it, and says when it was found and what was wrong with the clock", async () => {
  const outside = world((request) => (request.path === "/api/v1/work-orders" ? { status: 201, body: { code: "W-1" } } : undefined), WRONG);
  const deeds = [fault(1, { made: 390 * MINUTE, photos: [{ id: "p", hash: "h" }] })];
  await send(deeds, outside);
  assert.deepEqual(posts(outside.asked), ["attachments", "work-orders"]);
  const { at, symptom, remark } = JSON.parse(String(outside.asked.at(-1)?.body)) as Record<string, string>;
  assert.deepEqual([at, symptom, remark], [new Date(90 * MINUTE).toISOString(), "no start · clock -300", undefined]);
  assert.deepEqual([deeds[0]?.state, deeds[0] && tells(deeds[0])], ["done", { noun: "order", code: "W-1" }]);
});

test("a fault that is refused is shown beside the work order that the same thing has, not beside one of another thing", async () => {
  const order = (code: string, resource: string): Partial<Order> => ({ code, resource, serial: "TR-7" });
  for (const [all, theirs] of [[[order("W-8", "radio-u"), order("W-9", "truck-u")], "W-9"], [[order("W-8", "radio-u")], undefined]] as const) {
    const outside = world((request) => {
      if (request.path.startsWith("/api/v1/work-orders?")) return { status: 200, body: { work_orders: all } };
      return request.path === "/api/v1/work-orders" ? { status: 422, body: { detail: "it has a work order already" } } : undefined;
    });
    const deeds = [fault(1), deed(2, { subject: "C-2", path: "/api/v1/consignments/C-2/arrive" })];
    await send(deeds, outside);
    assert.deepEqual(deeds.map((one) => one.state), ["refused", "done"]);
    assert.deepEqual([deeds[0]?.problem, deeds[0] && theirsOf(deeds[0], "order")?.code], ["it has a work order already", theirs]);
    assert.match(outside.asked.find((one) => one.path.includes("?"))?.path ?? "", /serial=TR-7/);
  }
});

test("a fault is reported again from what was written", () => {
  const draft = draftAgain(fault(1, { photos: [{ id: "p", hash: "h" }] }));
  assert.deepEqual(draft?.fault, { resource: "truck", account: "", serial: "TR-7", quantity: 1, symptom: "no start", urgency: "urgent" });
  assert.deepEqual(draft?.photos, [{ id: "p", hash: "h", line: 0 }]);
});

/** A serial with two who are there, and one who is expected; of the first day something was said. */
function run(more: Partial<Serial> = {}): Serial {
  const nominations = [["N-1", "in_training"], ["N-2", "in_training"], ["N-3", "cleared"]].map(([nomination = "", state = ""]) => ({ nomination, unit: "U", state, seated: true }));
  return { code: "S-1", course: "TRUCK", start: "2026-11-23", end: "2026-12-04", state: "running", nominations, attendance: [said("N-1", "2026-11-23", "present", 1)], ...more };
}

function said(nomination: string, day: string, attendance: string, version: number, actor = "teacher"): Serial["attendance"][number] {
  return { nomination, day, attendance, version, recorded_at: "2026-11-23T17:00:00Z", actor };
}

/** What somebody records of a day of the serial as they see it. */
function recorded(seq: number, serial: Serial, day: string, marks: Record<string, string>): Deed {
  const made = marked(serial, day, marks);
  assert.ok(made);
  return deed(seq, { kind: "attend", subject: `S-1 ${day}`, path: "/api/v1/serials/S-1/attendance", ...made });
}

const DAY = "2026-11-23";
const came = (seq: number, nomination: string, more: Partial<Deed> = {}): Deed => deed(seq, { kind: "come", subject: `S-1 ${nomination}`, path: `/api/v1/nominations/${nomination}/arrive`, body: { at: "" }, ...more });

test("a day is told of those who are there, and only of what is new, with the version that was seen", () => {
  assert.deepEqual(trainees(run()).map((one) => one.nomination), ["N-1", "N-2"]);
  assert.deepEqual(daysOf(run(), "2026-11-24"), ["2026-11-24", DAY]);
  assert.deepEqual([daysOf(run(), "2026-11-22"), daysOf(run(), "2027-01-01").length], [[], 12]);
  const made = marked(run(), DAY, { "N-1": "excused", "N-2": "absent", "N-3": "present" });
  assert.deepEqual(made?.body.trainees, [{ nomination: "N-1", attendance: "excused", version: 1 }, { nomination: "N-2", attendance: "absent", version: 0 }]);
  assert.equal(marked(run(), DAY, { "N-1": "present" }), null);
});

test("who is on the way may come, and who left for home is told of on the days before", () => {
  const one = (nomination: string, state: string, seated = true): Serial["nominations"][number] => ({ nomination, unit: "U", state, seated });
  const serial = run({ nominations: [one("N-1", "cleared"), one("N-2", "travelling"), one("N-3", "cleared", false), one("N-4", "nominated"), one("N-5", "returning"), one("N-6", "in_training")] });
  assert.deepEqual(expected(serial).map(({ nomination }) => nomination), ["N-1", "N-2"]);
  assert.deepEqual(trainees(serial).map(({ nomination }) => nomination), ["N-5", "N-6"]);
  // As Muster says it: every state has its place here.
  const muster = readFileSync("../crates/domain/src/training.rs", "utf8");
  const words = new Map([...(muster.match(/enum NominationState \{(.*?)\n {4}\}/s)?.[1] ?? "").matchAll(/(\w+) = "(\w+)"/g)].map(([, name = "", word = ""]) => [name, word]));
  const of = (text: RegExp): string[] => [...(muster.match(text)?.[1] ?? "").matchAll(/\b[A-Z]\w+/g)].flatMap(([name]) => words.get(name) ?? []);
  assert.deepEqual([...THERE].sort(), [...of(/fn is_there.*?\{(.*?)\n {4}\}/s), ...of(/fn has_come.*?\{(.*?)\n {4}\}/s)].sort());
  const first = [...muster.matchAll(/^ {12}(\w+) => &\[(.*?)\]/gm)].filter(([, , next]) => next?.includes("InTraining")).map(([, name = ""]) => words.get(name) ?? name);
  assert.deepEqual(first.filter((state) => !THERE.includes(state)).sort(), [...EXPECTED].sort());
});

test("who came here is told of on that day, and what was said here is seen before Muster tells of it", () => {
  const arrival = came(1, "N-3");
  const after = attended(run(), [arrival]);
  assert.deepEqual(trainees(after).map((one) => one.nomination), ["N-1", "N-2", "N-3"]);
  const day = recorded(2, after, DAY, { "N-1": "absent", "N-3": "present" });
  const words = (deeds: Deed[]): string[] => [...marksOf(attended(run(), deeds), DAY).values()].map((mark) => `${mark.nomination} ${mark.attendance}`);
  assert.deepEqual(words([arrival, day]), ["N-1 absent", "N-3 present"]);
  assert.deepEqual(words([arrival, { ...day, state: "refused" }]), ["N-1 present"]);
  assert.deepEqual(words([{ ...day, subject: "S-10 2026-11-23" }]), ["N-1 present"]);
});

test("a day of which others said the same, or of which only others were told of, is recorded; one of which they said otherwise is not", async () => {
  const cases: [Serial["attendance"], string, number[]][] = [
    // Somebody said the same of one, and something of somebody else.
    [[said("N-1", DAY, "excused", 2), said("N-2", DAY, "absent", 1)], "done", [2]],
    // It was said anew, and is as it was seen.
    [[said("N-1", DAY, "present", 3)], "done", [3]],
    [[said("N-1", DAY, "absent", 2, "other")], "refused", []],
  ];
  for (const [attendance, state, versions] of cases) {
    let first = true;
    const outside = world((request) => {
      if (request.method === "GET" && request.path === "/api/v1/serials/S-1") return { status: 200, body: run({ attendance }) as unknown as Record<string, unknown> };
      if (!request.path.endsWith("/attendance") || !first) return undefined;
      first = false;
      return { status: 412, body: { title: "changed" } };
    });
    const deeds = [recorded(1, run(), DAY, { "N-1": "excused" }), recorded(2, run(), "2026-11-24", { "N-1": "present" })];
    await send(deeds, outside);
    // Another day goes on.
    assert.deepEqual(deeds.map((one) => one.state), [state, "done"]);
    const again = outside.asked.filter((one) => one.path.endsWith("/attendance")).map((one) => JSON.parse(String(one.body)) as { day: string; trainees: { version: number }[] }).filter((body) => body.day === DAY).slice(1);
    assert.deepEqual(again.map((body) => body.trainees[0]?.version), versions);
    assert.equal(deeds[0] && theirsOf(deeds[0], "serial") !== undefined, state === "refused");
  }
});

test("a day waits for the arrival of those it tells of, and for nothing else", async () => {
  const after = attended(run(), [came(1, "N-3")]);
  const [with3, without] = [recorded(2, after, "2026-11-24", { "N-3": "present" }), recorded(3, after, DAY, { "N-2": "present" })];
  const later = recorded(4, after, "2026-11-24", { "N-2": "present" });
  assert.deepEqual(sendable([came(1, "N-3", { state: "refused" }), with3, without, later], []).map((one) => one.seq), [3]);
  const outside = world((request) => (request.path.endsWith("/arrive") ? { status: 500, body: {} } : undefined));
  const deeds = [came(1, "N-3"), with3, without, later];
  assert.equal(await send(deeds, outside), "stuck");
  assert.deepEqual(deeds.map((one) => one.state), ["sending", "waiting", "done", "waiting"]);
});

test("who came by a wrong clock is told with that in the remark, and with no field that the API does not take", async () => {
  const outside = world(() => undefined, WRONG);
  await send([came(1, "N-3", { made: 390 * MINUTE, body: { at: "", reason: "x" } })], outside);
  const sent = JSON.parse(String(outside.asked.at(-1)?.body)) as Record<string, string>;
  assert.deepEqual(sent, { at: new Date(90 * MINUTE).toISOString(), reason: "x", remark: "clock -300" });
  // As the API says it: `deed` adds the reason.
  const api = readFileSync("../crates/web/src/api/training.rs", "utf8").match(/deed\(\s*"arrive",\s*"arrive-nomination",\s*vec!\[(.*?)\]/s)?.[1] ?? "";
  const takes = ["reason", ...[...api.matchAll(/(\w+)\((?:"(\w+)")?/g)].map(([, call, name]) => name ?? call)];
  assert.deepEqual(Object.keys(sent).filter((name) => !takes.includes(name)), []);
});

test("who somebody else had recorded as come has come; who has no seat has not", async () => {
  for (const [state, becomes] of [["in_training", "done"], ["passed", "done"], ["returning", "done"], ["cleared", "refused"]]) {
    const nominations = run().nominations.map((one) => (one.nomination === "N-3" ? { ...one, state: state ?? "" } : one));
    const told = { ...run({ nominations }), remarks: [{ text: "in confidence" }] };
    const outside = world((request) => {
      if (request.path.endsWith("/arrive")) return { status: 422, body: { detail: "no" } };
      return request.path === "/api/v1/serials/S-1" ? { status: 200, body: told as unknown as Record<string, unknown> } : undefined;
    });
    const deeds = [came(1, "N-3"), recorded(2, attended(run(), [came(1, "N-3")]), DAY, { "N-3": "present" })];
    await send(deeds, outside);
    assert.deepEqual(deeds.map((one) => one.state), [becomes, becomes === "done" ? "done" : "waiting"]);
    assert.deepEqual(deeds[0]?.theirs, becomes === "done" ? undefined : run({ nominations }), "what others said of a serial is not kept");
  }
});

test("what of a refused day nobody contests goes on, unless nothing of it is contested", () => {
  const contested = recorded(1, run(), DAY, { "N-1": "excused", "N-2": "absent" });
  assert.deepEqual(uncontested({ ...contested, theirs: run({ attendance: [said("N-1", DAY, "absent", 2, "other")] }) }), { body: { day: DAY, trainees: [{ nomination: "N-2", attendance: "absent", version: 0 }] }, saw: JSON.stringify({ "N-2": "" }) });
  assert.equal(uncontested({ ...contested, theirs: run() }), null);
  // Nor who left meanwhile.
  const nominations = run().nominations.map((one) => (one.nomination === "N-2" ? { ...one, state: "withdrawn" } : one));
  assert.deepEqual(uncontested({ ...contested, theirs: run({ nominations }) })?.body.trainees, [{ nomination: "N-1", attendance: "excused", version: 1 }]);
});

test("a mark that was made when something else stood there is cleared, unless it says what stands now", () => {
  const stands = (nomination: string): string => ({ "N-1": "absent", "N-2": "present" })[nomination] ?? "";
  const marks = { "N-1": "excused", "N-2": "present", "N-3": "absent" };
  assert.deepEqual(stillMeant(marks, { "N-1": "present", "N-2": "", "N-3": "" }, stands), { marks: { "N-2": "present", "N-3": "absent" }, cleared: { "N-1": "excused" } });
  // What another version of the page began does not tell.
  assert.deepEqual(stillMeant(marks, {}, stands), { marks, cleared: {} });
});

test("a long note is cut: the server takes two thousand characters", async () => {
  const outside = world(() => undefined);
  await send([deed(1, { kind: "serial-note", subject: "S-1", path: "/api/v1/serials/S-1/remarks", body: { kind: "feedback", text: "x".repeat(3_000), reason: "x" } })], outside);
  const sent = JSON.parse(String(outside.asked.at(-1)?.body)) as Record<string, string>;
  assert.deepEqual([sent["text"]?.length, Object.keys(sent)], [2_000, ["kind", "text", "reason"]]);
});

test("of a serial the phone keeps what a day needs", () => {
  const told = { ...run(), remarks: [{ text: "in confidence" }], nominations: run().nominations.map((one) => ({ ...one, person: "somebody" })) };
  assert.deepEqual(kept(told), run());
});

test("a day is recorded again from what was marked", () => {
  const day = recorded(1, run(), DAY, { "N-1": "excused", "N-2": "absent" });
  assert.deepEqual(draftAgain(day)?.marks, { "N-1": "excused", "N-2": "absent" });
  assert.deepEqual(draftAgain({ ...day, theirs: run({ attendance: [said("N-1", DAY, "absent", 2)] }) })?.seen, { "N-1": "absent", "N-2": "" });
});

test("every word that the page says is in the file of texts, and no other", () => {
  const folder = "src/hub/";
  const source = readdirSync(folder, { recursive: true }).filter((name) => String(name).endsWith(".ts")).map((name) => readFileSync(folder + String(name), "utf8")).join("\n");
  const texts = readFileSync("../crates/web/locales/en/hub.ftl", "utf8").split("\n").flatMap((line) => line.match(/^hub-([a-z-]+) = /)?.[1] ?? []);
  const there = new Set(texts);
  assert.equal(there.size, texts.length);
  const asked = [...source.matchAll(/say\(\s*"([a-z-]+)"/g)].map((found) => found[1] ?? "");
  assert.deepEqual(asked.filter((name) => !there.has(name)), []);
  const own = ["name", "description", "no-script"];
  const unused = texts.filter((name) => !source.includes(`"${name}"`) && !/^(word|deed|reason|serial)-/.test(name) && !own.includes(name));
  assert.deepEqual(unused, []);
});

test("a phone that was out of sight too long is locked, also when its timers or its clock stood still", () => {
  const at = 50 * HOUR;
  assert.deepEqual([overdue(at, at + 9 * MINUTE, 10 * MINUTE), overdue(at, at + 10 * MINUTE, 10 * MINUTE), overdue(at, at + HOUR, 10 * MINUTE)], [false, true, true]);
  assert.ok(overdue(at, at - MINUTE, 10 * MINUTE));
});

test("when something without papers came, and when it was counted blind, is told by the right clock", async () => {
  const outside = world(() => undefined, WRONG);
  const deeds = [
    deed(1, { kind: "unmanifested", subject: "", path: "/api/v1/variances", made: 390 * MINUTE, body: { at: "", description: "Tent", quantity: 1, remark: "wet" } }),
    deed(2, { kind: "count", subject: "V-1", path: "/api/v1/variances/V-1/count", made: 391 * MINUTE, body: { at: "", quantity: 1 } }),
    // As an earlier version of the page kept it.
    deed(3, { kind: "unmanifested", subject: "", path: "/api/v1/variances", made: 392 * MINUTE, body: { description: "Box", quantity: 1 } }),
  ];
  await send(deeds, outside);
  const sent = outside.asked.filter((one) => one.method === "POST").map((one) => JSON.parse(String(one.body)) as { at: string; remark: string });
  assert.deepEqual(sent.map(({ at, remark }) => [Date.parse(at) / MINUTE, remark]), [[90, "wet · clock -300"], [91, "clock -300"], [92, "clock -300"]]);
});

test("a long remark is cut where a wrong clock is told, too: the server takes a thousand characters", async () => {
  const outside = world(() => undefined);
  await send([deed(1, { made: 400 * MINUTE, body: { at: "", remark: "x".repeat(3_000) } })], outside);
  const { remark } = JSON.parse(String(outside.asked.at(-1)?.body)) as { remark: string };
  assert.deepEqual([remark.length, remark.slice(-13)], [1_000, " · clock -300"]);
});

test("photographs of a count that nobody signed are there when it is done again, those of signed papers are not", () => {
  const photos = [{ id: "p", hash: "damage" }, { id: "q", hash: "paper" }];
  const lines = [{ line: 1, received: 9, damaged: 0 }];
  const unsigned = draftAgain(deed(1, { photos: photos.slice(0, 1), body: { lines } }));
  assert.deepEqual(unsigned?.photos, [{ id: "p", hash: "damage", line: 0 }]);
  const signed = { hands_over: { name: "Driver", photo: "paper" }, takes_over: { name: "olena", key: "K" }, photos: ["damage"] };
  assert.deepEqual(draftAgain(deed(2, { photos, body: { lines, signed } }))?.photos, [{ id: "p", hash: "damage", line: 0 }]);
});

test("photographs that Muster has are not sent again", async () => {
  let lost = true;
  const outside = world((request) => (lost && request.path.endsWith("/arrive") ? { status: 0, body: {} } : undefined));
  const deeds = [deed(1, { photos: [{ id: "p", hash: "h" }, { id: "q", hash: "i" }] })];
  await send(deeds, outside);
  lost = false;
  await send(JSON.parse(JSON.stringify(deeds)) as Deed[], outside);
  assert.deepEqual(posts(outside.asked), ["attachments", "attachments", "arrive", "arrive"]);
});

test("what is small goes before each photograph, also if it was done while one was sent, and what came of it is asked for", async () => {
  const deeds = [deed(1, { photos: [{ id: "p", hash: "h" }, { id: "gone", hash: "g" }, { id: "q", hash: "i" }] })];
  const between: string[][] = [];
  const outside = world((request) => {
    const n = outside.asked.filter((one) => one.path.endsWith("attachments")).length;
    if (request.path.endsWith("attachments") && n === 1) deeds.push(deed(2, { subject: "C-2", path: "/api/v1/consignments/C-2/depart" }));
    return undefined;
  });
  outside.photo = (id) => Promise.resolve(id === "gone" ? null : new TextEncoder().encode(id));
  outside.between = () => Promise.resolve(void between.push(posts(outside.asked)));
  assert.equal(await send(deeds, outside), "sent");
  assert.deepEqual(posts(outside.asked), ["attachments", "depart", "attachments", "arrive"]);
  assert.deepEqual(between, [[], ["attachments", "depart"], ["attachments", "depart", "attachments"]]);
});

test("a deed that is done while others are sent is dated by the last answer, not by the first", async () => {
  const deeds = [deed(1, { photos: [{ id: "p", hash: "h" }] })];
  const outside = world((request) => {
    if (!request.path.endsWith("attachments")) return undefined;
    // A large photograph on a slow network.
    outside.contact = { phone: 110 * MINUTE, server: 110 * MINUTE };
    deeds.push(deed(2, { subject: "C-2", path: "/api/v1/consignments/C-2/depart", made: 105 * MINUTE }));
    return undefined;
  });
  await send(deeds, outside);
  const { at, remark } = JSON.parse(String(outside.asked.find((one) => one.path.endsWith("/depart"))?.body)) as Record<string, string>;
  assert.deepEqual([at, remark], [new Date(105 * MINUTE).toISOString(), undefined]);
});

test("without the server's clock nothing is sent, and it is not tried as if all had gone well", async () => {
  const outside = world(() => undefined);
  outside.ask = () => Promise.resolve({ status: 200, body: {} });
  const deeds = [deed(1)];
  assert.deepEqual([await send(deeds, outside), deeds[0]?.state], ["later", "waiting"]);
});

test("where several share a phone, nobody signs by a passkey that lies in it; one of another host is none here", (t) => {
  const before = Object.getOwnPropertyDescriptor(globalThis, "location");
  t.after(() => (before ? Object.defineProperty(globalThis, "location", before) : Reflect.deleteProperty(globalThis, "location")));
  Object.defineProperty(globalThis, "location", { value: { hostname: "muster.example" }, configurable: true });
  const passkey = (key: string, attachment: string, relying_party = "muster.example") => ({ key, credential: key, relying_party, attachment });
  const person = { name: "olena", passkeys: [passkey("in", "platform"), passkey("apart", "cross-platform"), passkey("unknown", ""), passkey("other", "cross-platform", "example")] } as Person;
  const keys = (shared: boolean): string[] => usable(person, shared).map(({ key }) => key);
  assert.deepEqual([keys(false), keys(true)], [["in", "apart", "unknown"], ["apart", "unknown"]]);
  assert.deepEqual(usable({ name: "petro" } as Person, false), []);
});

test("lots of a line are counted each by itself, and the text that is signed tells them", () => {
  const unit = (lot: string, quantity: number) => ({ lot, serial: "", quantity, sscc: null });
  const [line] = consignment().lines;
  assert.ok(line);
  const of = { ...line, tracking: "lot" as const, present: 10, units: [unit("L-2", 3), unit("L-1", 6), unit("L-2", 1)] };
  assert.deepEqual(lotsOf(of), [{ lot: "L-1", stated: 6 }, { lot: "L-2", stated: 4 }]);
  assert.deepEqual(lotsOf({ ...of, units: [unit("L-1", 10)] }), [], "one lot is the line");
  const tally = { "L-1": { good: 7, damaged: 0 }, "L-2": { good: 2, damaged: 1 } };
  const entry = { ...blank(), good: 9, damaged: 1, byLot: tally };
  const lots = byLot(of, entry);
  assert.ok(lots);
  // One too many of the first lot makes up for nothing that the second misses.
  const made = partsByLot(lots);
  assert.deepEqual([made.counted, made.damaged, made.over], [8, 1, 1]);
  const told = JSON.parse(signedText({ ...consignment(), lines: [of] }, "arrived_at_node", "t", new Map([[of.line, made]])));
  assert.deepEqual(told.lines, [{ line: of.line, counted: 8, damaged: 1, over: 1, lots: [{ lot: "L-1", counted: 6, over: 1 }, { lot: "L-2", counted: 2, damaged: 1 }] }]);
  const body = { lines: [{ line: of.line, received: 9, damaged: 1, lots: [{ lot: "L-1", received: 7, damaged: 0 }, { lot: "L-2", received: 2, damaged: 1 }] }] };
  const [left] = applied({ ...consignment(), lines: [of] }, [deed(1, { body: { at: "", version: 4, ...body } })]).lines;
  assert.deepEqual([left?.present, left?.units.map((one) => [one.lot, one.quantity])], [8, [["L-2", 2], ["L-1", 6]]]);
  assert.equal(byLot(of, { ...entry, good: 10 }), null, "something else was said of the line since");
  assert.equal(byLot(of, { ...entry, byLot: { "L-1": { good: 7, damaged: 0 } } }), null, "not all were counted");
});
