// What the server says to the pictures: the JSON in the data block that a figure names. Every word in it is ready to be shown, in the
// reader's language; every number comes with its text. A picture adds nothing but dates on an axis, written in the page's language.
//
// `href` is an address on this server (`/…`, `?…` or `#…`); any other is left out. Dates are `2026-09-14`.
// What may be absent may be null as well.

/** How a mark looks: a class of islands.css. */
export type Tone = "b1" | "b2" | "b3" | "rest" | "warn" | "bad";

/** A number, and how it is written for people. */
export interface Amount {
  value: number;
  text: string;
}

/** `data-island="sankey"`: what flows on from stage to stage, and what stays behind. */
export interface Sankey {
  /** In the order in which they are drawn, downwards in each column; the links say which column. */
  nodes: SankeyNode[];
  links: SankeyLink[];
}

export interface SankeyNode {
  id: string;
  name: string;
  /** Its amount. */
  text: string;
  /** A second figure, such as the share of the first stage. */
  detail?: string;
  href?: string;
}

export interface SankeyLink extends Amount {
  from: string;
  /** Absent: this part stays behind at `from`, and `text` says beside it how much and why. */
  to?: string;
  /** Absent: `b3` for what flows on, `rest` for what stays behind. */
  tone?: Tone;
  href?: string;
}

/**
 * `data-island="map"`: places, and what goes between them. The figure's `data-outlines` is the address of outlines.json; without it, or
 * when it cannot be had, places and lanes are drawn on an empty ground.
 */
export interface MapData {
  places: Place[];
  lanes: Lane[];
  /** Parts of the world that have a button, the first of them shown at the start. None: all places. */
  views?: View[];
  /** Present: a slider shows one period of the lanes after another. */
  periods?: Periods;
  legend?: MapSign[];
  controls: {
    zoom_in: string;
    zoom_out: string;
    /** What keys and wheel do; the name of the part of the page that takes them. */
    help: string;
  };
}

export type PlaceKind = "depot" | "hub" | "port" | "airfield" | "crossing" | "repair" | "training" | "delivery";
export type Mode = "road" | "rail" | "sea" | "air";

export interface Place {
  id: string;
  name: string;
  latitude: number;
  longitude: number;
  kind: PlaceKind;
  /** Where names have no room, that of the greater weight is written. */
  weight: number;
  /** What is there, for whoever points at it. */
  text: string;
  /** How much is there: the sign grows with it, and it stands beside the name. */
  amount?: Amount;
  href?: string;
}

export interface Lane extends LaneLoad {
  id: string;
  from: string;
  to: string;
  mode: Mode;
  /** Points in between, such as the Suez Canal: longitude and latitude. */
  via?: [number, number][];
  href?: string;
  /** What it carries in which period, counted from 0; what is not named carries nothing. */
  by_period?: (LaneLoad & { period: number })[];
}

export interface LaneLoad extends Amount {
  /** Load of capacity, 1 is full; absent: no limit is known. */
  load?: number;
}

export interface View {
  name: string;
  /** Degrees west, south, east, north; absent: all places. */
  box?: [number, number, number, number];
}

export interface Periods {
  /** Name of the slider. */
  name: string;
  /** What its first stop is called, at which lanes show their whole value. */
  whole: string;
  labels: string[];
}

/** A sign and what it means. */
export type MapSign = { text: string } & ({ place: PlaceKind } | { mode: Mode } | { load: "busy" | "full" });

/** `data-island="heatmap"`: shares of capacity by row and column. */
export interface Heatmap {
  rows: { name: string; href?: string }[];
  columns: { label: string }[];
  /** Row and column are counted from 0. A cell that is not named is empty. */
  cells: HeatmapCell[];
  /** Signs and what they mean, each shown as a cell of that share is. */
  legend?: { share: number; text: string }[];
}

export interface HeatmapCell {
  row: number;
  column: number;
  /** 1 is full and marked as such; more is marked in the same way. */
  share: number;
  /** Written into the cell where there is room. */
  text: string;
  /** For whoever points at it; absent: row, column and text. */
  title?: string;
}

/** `data-island="bars"`: a bar for each row, made of parts. */
export interface Bars {
  series: { id: string; name: string; tone: Tone }[];
  rows: { name: string; href?: string; text?: string; parts: (Amount & { series: string })[] }[];
  /** `common`: bars can be compared by length; `each`: every bar is as long as the other. */
  scale: "common" | "each";
}

/** `data-island="columns"`: values over time, side by side as columns or joined to a line. */
export interface Columns {
  series: { id: string; name: string; tone: Tone; shape: "column" | "line" }[];
  columns: { label: string; values: (Amount & { series: string })[] }[];
  /** Lines across; the greatest is the height of the picture unless a value is greater. */
  ticks: Amount[];
}

/** `data-island="timeline"`: what lasts and what happens, a line for each row. */
export interface Timeline {
  /** First day shown, and the day after the last. */
  from: string;
  to: string;
  rows: TimelineRow[];
  /** The day it is. */
  now?: { at: string; text: string };
  /** Where bars may be shifted: how that is done, and what may be done then. */
  shift?: { hint: string; then: string };
  legend?: ({ text: string } & ({ tone: Tone } | { point: PointShape }))[];
}

export interface TimelineRow {
  name: string;
  href?: string;
  bars?: TimelineBar[];
  points?: { at: string; text: string; point: PointShape; tone?: Tone; href?: string }[];
}

export interface TimelineBar {
  from: string;
  /** The day after its last. */
  to: string;
  /** Written on the bar or beside it where there is room. */
  text: string;
  /** For whoever points at it; absent: the text. */
  title?: string;
  tone?: Tone;
  href?: string;
  /** It may be shifted: where its other days are looked at; the first of them is added at the end. */
  check?: string;
}

export type PointShape = "done" | "due" | "late";
