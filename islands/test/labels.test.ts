import assert from "node:assert/strict";
import { test } from "node:test";
import { type Box, everyNth, overlap, place, type Point, settle } from "../src/labels.ts";

const frame: Box = { x: 0, y: 0, width: 800, height: 400 };
const size = { radius: 4, width: 60, height: 14, far: false };

/** The same numbers on every run. */
function chance(seed: number): () => number {
  let state = seed;
  return () => ((state = (state * 48271) % 2147483647) - 1) / 2147483646;
}

test("a name stands to the right of its point", () => {
  const [name] = place([{ ...size, at: [100, 100] }], frame, [], []);
  assert.deepEqual(name, { box: { x: 107, y: 93, width: 60, height: 14 } });
});

test("at the right edge a name stands to the left", () => {
  const [name] = place([{ ...size, at: [790, 100] }], frame, [], []);
  assert.equal(name?.box.x, 790 - 7 - 60);
});

test("of two names at one place that of the greater weight comes first and the other makes way", () => {
  const [first, second] = place(
    [
      { ...size, at: [100, 100] },
      { ...size, at: [100, 100] },
    ],
    frame,
    [],
    [],
  );
  assert.equal(first?.box.x, 107);
  assert.ok(second && !overlap(first?.box as Box, second.box));
});

test("among many names none lies on another, on a sign or outside", () => {
  const random = chance(1);
  const points = Array.from({ length: 300 }, (): Point => [random() * 800, random() * 400]);
  const signs = points.map(([x, y]): Box => ({ x: x - 4, y: y - 4, width: 8, height: 8 }));
  const names = place(
    points.map((at, n) => ({ ...size, at, far: n < 30 })),
    frame,
    signs,
    points,
  );
  const boxes = names.flatMap((name) => (name ? [name.box] : []));
  assert.ok(boxes.length > 40, `${boxes.length} names`);
  boxes.forEach((box, n) => {
    assert.ok(box.x >= 0 && box.y >= 0 && box.x + box.width <= 800 && box.y + box.height <= 400);
    assert.ok(!signs.some((sign) => overlap(box, sign)));
    assert.ok(!boxes.slice(n + 1).some((other) => overlap(box, other)));
  });
});

test("a name goes where it covers fewest lanes", () => {
  const lane = Array.from({ length: 20 }, (_, n): Point => [104 + n * 4, 100]);
  const [name] = place([{ ...size, at: [100, 100] }], frame, [], lane);
  assert.ok((name?.box.x ?? 0) < 100);
});

test("a name that has no room beside its point stands further off, with a line to it, or not at all", () => {
  const wall: Box[] = [
    { x: 60, y: 85, width: 32, height: 30 },
    { x: 108, y: 85, width: 32, height: 30 },
    { x: 92, y: 84, width: 16, height: 8 },
    { x: 92, y: 108, width: 16, height: 4 },
  ];
  const [near] = place([{ ...size, at: [100, 100] }], frame, wall, []);
  const [far] = place([{ ...size, at: [100, 100], far: true }], frame, [...wall.slice(0, 3)], []);
  assert.equal(near, undefined);
  assert.deepEqual(far?.leader?.[0] ?? [100, 100], [100, 100]);
  assert.ok(far);
});

test("a box settles below all that it would lie on", () => {
  const box = { x: 0, y: 0, width: 10, height: 10 };
  const others = [
    { x: 5, y: 5, width: 10, height: 10 },
    { x: 0, y: 20, width: 10, height: 4 },
    { x: 50, y: 24, width: 10, height: 99 },
  ];
  assert.deepEqual(settle(box, others), { ...box, y: 24 });
});

test("as many words stand along an axis as have room", () => {
  const at = [0, 20, 40, 60, 80];
  assert.equal(
    everyNth(
      at,
      at.map(() => 10),
      4,
    ),
    1,
  );
  assert.equal(
    everyNth(
      at,
      at.map(() => 30),
      4,
    ),
    2,
  );
  assert.equal(
    everyNth(
      at,
      at.map(() => 500),
      4,
    ),
    5,
  );
  assert.equal(everyNth([], [], 4), 1);
});
