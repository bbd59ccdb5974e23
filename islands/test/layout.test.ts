import assert from "node:assert/strict";
import { test } from "node:test";
import { local, shortened } from "../src/draw.ts";
import { flow } from "../src/flow.ts";
import { along, course, middleLongitude } from "../src/lanes.ts";

const node = (id: string) => ({ id, name: id, text: "" });
const link = (from: string, to: string | undefined, value: number) => ({ from, value, text: "", ...(to === undefined ? {} : { to }) });

test("what stays behind lies below what flows on", () => {
  const graph = flow({
    nodes: ["a", "b", "c"].map(node),
    links: [link("a", undefined, 3), link("a", "b", 7), link("b", "c", 5), link("b", undefined, 2)],
  });
  assert.deepEqual(
    graph.nodes.map(({ value, column }) => [value, column]),
    [
      [10, 0],
      [7, 1],
      [5, 2],
    ],
  );
  assert.deepEqual(
    graph.links.map(({ fromOffset }) => fromOffset),
    [7, 0, 0, 5],
  );
  assert.equal(graph.greatest, 10);
  assert.equal(graph.chain, true);
});

test("bands of a node lie in the order of the nodes at their other ends", () => {
  const graph = flow({
    nodes: ["a", "b", "x", "y"].map(node),
    links: [link("b", "y", 1), link("b", "x", 2), link("a", "y", 4), link("a", "x", 8)],
  });
  assert.deepEqual(
    graph.links.map(({ fromOffset, toOffset }) => [fromOffset, toOffset]),
    [
      [2, 4],
      [0, 8],
      [8, 0],
      [0, 0],
    ],
  );
  assert.equal(graph.chain, false);
});

test("a flow in a circle, to nowhere or of nothing is refused", () => {
  assert.throws(() => flow({ nodes: ["a", "b"].map(node), links: [link("a", "b", 1), link("b", "a", 1)] }));
  assert.throws(() => flow({ nodes: [node("a")], links: [link("a", "z", 1)] }));
  assert.throws(() => flow({ nodes: [node("a")], links: [] }));
});

test("a lane and the way back are bent to different sides", () => {
  const there = along(course([0, 0], [100, 0], [], 0.1), 0.5).at;
  const back = along(course([100, 0], [0, 0], [], 0.1), 0.5).at;
  assert.ok(there[1] * back[1] < 0);
  assert.equal(Math.round(there[1]), -Math.round(back[1]));
});

test("a lane with points in between begins and ends at its places and passes near the points", () => {
  const points = course([0, 0], [100, 100], [[100, 0]], 0.1);
  assert.deepEqual(
    [points[0], points.at(-1)],
    [
      [0, 0],
      [100, 100],
    ],
  );
  assert.ok(points.some(([x, y]) => Math.hypot(x - 100, y) < 30));
});

test("half-way along a line is at half its length", () => {
  const { at, angle, length } = along(
    [
      [0, 0],
      [10, 0],
      [10, 10],
    ],
    0.75,
  );
  assert.deepEqual([at, angle, length], [[10, 5], 90, 20]);
});

test("the world is cut where there are no places", () => {
  assert.equal(middleLongitude([0, 140]), 70);
  assert.equal(middleLongitude([-76, 0, 140]), 32);
  assert.equal(middleLongitude([170, -170]), -180);
  assert.equal(middleLongitude([]), 0);
});

test("only addresses on this server are links", () => {
  for (const href of ["/places/A", "?q=1", "#a", "/"]) assert.equal(local(href), true, href);
  for (const href of [
    "javascript:alert(1)",
    "//example.org",
    "/\\example.org",
    "https://example.org",
    "data:x",
    " /a",
    "/\t/example.org",
    "",
  ])
    assert.equal(local(href), false, href);
});

test("a text is cut where there is no room for it, and left out where little of it would remain", () => {
  const measure = (text: string) => [...text].length;
  assert.equal(shortened("Node West", 9, "", measure), "Node West");
  assert.equal(shortened("Node West, handling", 9, "", measure), "Node Wes…");
  assert.equal(shortened("Node West", 3, "", measure), "");
});
