// The course of a lane over the picture. Pure: points in pixels.
import type { Point } from "./labels.ts";

const STEPS = 20;

/**
 * A line of points from `from` to `to`, bent gently to the left of its way, so that there and back do not lie on each other; `bend` is
 * its height as a share of its length. With points in between it goes by them, its corners rounded.
 */
export function course(from: Point, to: Point, via: readonly Point[], bend: number): Point[] {
  if (via.length > 0) return rounded([from, ...via, to], 3);
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const top: Point = [(from[0] + to[0]) / 2 + dy * bend * 2, (from[1] + to[1]) / 2 - dx * bend * 2];
  return Array.from({ length: STEPS + 1 }, (_, n): Point => {
    const t = n / STEPS;
    const [a, b, c] = [(1 - t) * (1 - t), 2 * t * (1 - t), t * t];
    return [a * from[0] + b * top[0] + c * to[0], a * from[1] + b * top[1] + c * to[1]];
  });
}

/** Chaikin's corner cutting: each corner is cut off at a quarter of its sides, again and again; the ends stay. */
function rounded(points: Point[], times: number): Point[] {
  if (times === 0) return points;
  const cut = points.slice(1).flatMap((b, n): Point[] => {
    const a = points[n] as Point;
    const at = (t: number): Point => [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])];
    return [at(0.25), at(0.75)];
  });
  return rounded([points[0] as Point, ...cut.slice(1, -1), points.at(-1) as Point], times - 1);
}

/** The point at a share of a line's length, and the direction there as an angle in degrees. */
export function along(points: readonly Point[], share: number): { at: Point; angle: number; length: number } {
  const lengths = points.slice(1).map((b, n) => Math.hypot(b[0] - (points[n] as Point)[0], b[1] - (points[n] as Point)[1]));
  const length = lengths.reduce((sum, each) => sum + each, 0);
  let left = length * share;
  let n = 0;
  while (n < lengths.length - 1 && left > (lengths[n] as number)) left -= lengths[n++] as number;
  const [a, b] = [points[n] as Point, points[n + 1] as Point];
  const t = (lengths[n] as number) > 0 ? left / (lengths[n] as number) : 0;
  return {
    at: [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])],
    angle: (Math.atan2(b[1] - a[1], b[0] - a[0]) * 180) / Math.PI,
    length,
  };
}

/** The longitude opposite to which the world may be cut: the middle of the shortest stretch that holds all of these. */
export function middleLongitude(longitudes: readonly number[]): number {
  const sorted = [...longitudes].sort((a, b) => a - b);
  if (sorted.length === 0) return 0;
  let [gap, start] = [-1, 0];
  sorted.forEach((longitude, n) => {
    const next = n + 1 < sorted.length ? (sorted[n + 1] as number) : (sorted[0] as number) + 360;
    if (next - longitude > gap) [gap, start] = [next - longitude, next];
  });
  const middle = start + (360 - gap) / 2;
  return ((((middle + 180) % 360) + 360) % 360) - 180;
}
