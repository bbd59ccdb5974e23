// From Natural Earth's countries to the ground of the map: land, and the borders between countries, without names. Near Europe with all
// the detail that 1:50 million has, elsewhere with less.
import { feature, mergeArcs, mesh, quantize } from "topojson-client";
import { topology as topologyOf } from "topojson-server";
import { filter, filterWeight, planarRingArea, planarTriangleArea, presimplify, simplify } from "topojson-simplify";

/** West, south, east, north: where the detail is kept. */
const NEAR = [-12, 33, 46, 66];
/** Least triangle that is kept elsewhere, in square degrees, and how many times smaller it may be near. */
const LEAST = 0.03;
const FINER = 600;
const POINTS = 1e5;

/**
 * Lines that Natural Earth draws where territory is held, while most states recognise the territory of the other: not drawn.
 * (Crimea: General Assembly resolution 68/262; northern Cyprus: Security Council resolution 541; Somaliland is recognised by hardly any.)
 */
const UNDRAWN = [
  ["N. Cyprus", "Cyprus"],
  ["Somaliland", "Somalia"],
];
const PEREKOP = [32, 45, 36.6, 46.3];

export function outlines(atlas) {
  const { countries } = atlas.objects;
  countries.geometries = countries.geometries.filter(({ properties }) => properties.name !== "Antarctica");
  const is = (a, b, [x, y]) => (a === x && b === y) || (a === y && b === x);
  const drawn = mesh(atlas, countries, (a, b) => a !== b && !UNDRAWN.some((pair) => is(a.properties.name, b.properties.name, pair)));
  drawn.coordinates = drawn.coordinates.filter((line) => !line.every((point) => within(point, PEREKOP)));

  const land = feature(atlas, mergeArcs(atlas, countries.geometries));
  const together = presimplify(topologyOf({ land, borders: drawn }), finer(planarTriangleArea));
  const least = simplify(together, LEAST);
  const { type, objects, arcs, transform } = quantize(filter(least, filterWeight(least, LEAST, finer(planarRingArea))), POINTS);
  return { type, transform, objects, arcs };
}

/** An area of triangle or ring that counts for more where detail is kept. */
function finer(area) {
  return (points) => area(points) * (points.some((point) => within(point, NEAR)) ? FINER : 1);
}

function within([longitude, latitude], [west, south, east, north]) {
  return longitude >= west && longitude <= east && latitude >= south && latitude <= north;
}
