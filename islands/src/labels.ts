// Where words go, so that none lies on another. Pure: boxes in, boxes out.

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export type Point = [number, number];

export function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/** A box moved down until it lies on none of the others. */
export function settle(box: Box, others: readonly Box[]): Box {
  let moved = box;
  for (;;) {
    const hit = others.filter((other) => overlap(moved, other));
    if (hit.length === 0) return moved;
    moved = { ...moved, y: Math.max(...hit.map((other) => other.y + other.height)) };
  }
}

/** A name beside a point: the point's own half size, the text's size. */
export interface Label {
  at: Point;
  radius: number;
  width: number;
  height: number;
  /** Whether it may stand further off, with a line that leads to it. */
  far: boolean;
}

export interface Placed {
  box: Box;
  /** From the point to a name that stands further off. */
  leader?: Leader;
}

type Leader = [Point, Point];

/** Ways to stand around a point, the better first: right, left, above, below, the corners, then above and below but off the middle. */
const WAYS: readonly Point[] = [
  [1, 0],
  [-1, 0],
  [0, -1],
  [0, 1],
  [1, -1],
  [1, 1],
  [-1, -1],
  [-1, 1],
  [0.4, -1],
  [-0.4, -1],
  [0.4, 1],
  [-0.4, 1],
];
/** How far off, in pixels. */
const OFF = [0, 12, 24];

/**
 * Places names around their points, in the order given: a name takes the best place that is free, or none. Names stay within `frame`,
 * off `taken` and off each other; of the free places, that which covers fewest of `points` (lanes, seen as dots) is the best.
 */
export function place(labels: readonly Label[], frame: Box, taken: readonly Box[], points: readonly Point[]): (Placed | undefined)[] {
  const boxes = new Grid<Box>();
  for (const box of taken) boxes.add(box, box);
  const dots = new Grid<Point>();
  for (const point of points) dots.add({ x: point[0], y: point[1], width: 0, height: 0 }, point);
  const leaders: Leader[] = [];
  // A leader crosses no other, and no sign or name but its own.
  const clear = (leader: Leader): boolean =>
    !leaders.some((other) => cross(leader, other)) &&
    !stations(leader).some((point) => boxes.near(point).some((other) => overlap(point, other) && !holds(other, leader[0])));
  // Further off, a name must not stand nearer to another point of its kind than to its own.
  const distance = (box: Box, point: Point): number => Math.hypot(...difference(nearest(box, point), point));
  const nearestOwn = (box: Box, label: Label): boolean =>
    labels.every((other) => other === label || !other.far || distance(box, other.at) > distance(box, label.at));
  return labels.map((label): Placed | undefined => {
    let best: Placed | undefined;
    let least = Infinity;
    for (const off of label.far ? OFF : OFF.slice(0, 1)) {
      WAYS.forEach((way, rank) => {
        const box = beside(label, way, off);
        if (!inside(box, frame) || boxes.near(box).some((other) => overlap(box, other))) return;
        const covered = dots.near(box).filter((dot) => holds(box, dot)).length;
        const cost = Math.min(covered, 12) + rank / 4 + off * 0.7;
        if (cost >= least) return;
        const leader: Leader = [label.at, nearest(box, label.at)];
        if (off > 0 && !(clear(leader) && nearestOwn(box, label))) return;
        best = off === 0 ? { box } : { box, leader };
        least = cost;
      });
    }
    if (best) {
      boxes.add(best.box, best.box);
      if (best.leader) leaders.push(best.leader);
    }
    return best;
  });
}

function beside({ at, radius, width, height }: Label, [dx, dy]: Point, off: number): Box {
  // At a corner, the box touches the point's circle rather than its square.
  const corner = Math.abs(dx) === 1 && dy !== 0;
  const gap = off + (corner ? radius * 0.6 : radius + 3);
  return {
    x: at[0] + (dx === 1 ? gap : dx === -1 ? -gap - width : ((dx - 1) * width) / 2),
    y: at[1] + (dy === 0 ? -height / 2 : dy > 0 ? gap : -gap - height),
    width,
    height,
  };
}

/** Small boxes along a line. */
function stations([a, b]: Leader): Box[] {
  return [0.2, 0.4, 0.6, 0.8].map((t) => ({ x: a[0] + t * (b[0] - a[0]) - 1, y: a[1] + t * (b[1] - a[1]) - 1, width: 2, height: 2 }));
}

function cross([a, b]: Leader, [c, d]: Leader): boolean {
  const side = (p: Point, q: Point, r: Point): boolean => (q[0] - p[0]) * (r[1] - p[1]) > (q[1] - p[1]) * (r[0] - p[0]);
  return side(a, b, c) !== side(a, b, d) && side(c, d, a) !== side(c, d, b);
}

function holds({ x, y, width, height }: Box, [px, py]: Point): boolean {
  return px >= x && px <= x + width && py >= y && py <= y + height;
}

function difference(a: Point, b: Point): Point {
  return [a[0] - b[0], a[1] - b[1]];
}

function nearest({ x, y, width, height }: Box, [px, py]: Point): Point {
  return [Math.min(Math.max(px, x), x + width), Math.min(Math.max(py, y + 2), y + height - 2)];
}

export function inside(box: Box, frame: Box): boolean {
  return box.x >= frame.x && box.y >= frame.y && box.x + box.width <= frame.x + frame.width && box.y + box.height <= frame.y + frame.height;
}

/** Things by where they lie, so that looking around does not mean looking everywhere. */
class Grid<T> {
  static readonly SIZE = 64;
  readonly #cells = new Map<string, T[]>();

  add(box: Box, thing: T): void {
    for (const key of this.#keys(box)) {
      const cell = this.#cells.get(key);
      if (cell) cell.push(thing);
      else this.#cells.set(key, [thing]);
    }
  }

  near(box: Box): T[] {
    return this.#keys(box).flatMap((key) => this.#cells.get(key) ?? []);
  }

  #keys({ x, y, width, height }: Box): string[] {
    const keys = [];
    const cell = (n: number) => Math.floor(n / Grid.SIZE);
    for (let column = cell(x); column <= cell(x + width); column += 1) {
      for (let row = cell(y); row <= cell(y + height); row += 1) keys.push(`${column} ${row}`);
    }
    return keys;
  }
}

/** Which of these may be written along a line, when each is `widths` wide and centred at `at`: as many as fit, evenly spaced. */
export function everyNth(at: readonly number[], widths: readonly number[], gap: number): number {
  for (let step = 1; step < at.length; step += 1) {
    let end = -Infinity;
    let fits = true;
    for (let n = 0; n < at.length && fits; n += step) {
      const half = (widths[n] as number) / 2;
      fits = (at[n] as number) - half >= end + gap;
      end = (at[n] as number) + half;
    }
    if (fits) return step;
  }
  return Math.max(1, at.length);
}
