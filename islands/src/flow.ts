// From nodes and links to columns and the places where bands meet nodes. Pure.
import { sankey, sankeyLeft } from "d3-sankey";
import type { Sankey, SankeyLink, SankeyNode } from "./contract.ts";

export interface Flow {
  nodes: (SankeyNode & { value: number; column: number })[];
  byColumn: Flow["nodes"][];
  columns: number;
  /** Offsets are in the values' unit, from the upper end of the node. */
  links: (SankeyLink & { fromOffset: number; toOffset: number })[];
  /** The greatest sum of a column. */
  greatest: number;
  /** Whether every column holds one node. */
  chain: boolean;
}

/**
 * Lays out stages. d3-sankey finds the columns (and refuses a flow that goes in a circle); the order within a column is the server's,
 * and columns begin at the same height, so that a picture looks the same from day to day and shrinkage shows at its lower edge.
 */
export function flow(data: Sankey): Flow {
  const onward = data.links.filter((link): link is SankeyLink & { to: string } => link.to !== undefined);
  const sum = (links: SankeyLink[]): number => links.reduce((total, link) => total + link.value, 0);
  const values = data.nodes.map(({ id }) =>
    Math.max(sum(data.links.filter((link) => link.from === id)), sum(onward.filter((link) => link.to === id))),
  );
  const { nodes: laid } = sankey<{ id: string; fixedValue: number }, { value: number }>()
    .nodeId((node) => node.id)
    .nodeAlign(sankeyLeft)
    .nodeSort(null as never)
    .linkSort(null)
    .iterations(0)({
    nodes: data.nodes.map(({ id }, n) => ({ id, fixedValue: values[n] as number })),
    links: onward.map(({ from, to, value }) => ({ source: from, target: to, value })),
  });
  const nodes = data.nodes.map((node, n) => ({ ...node, value: values[n] as number, column: (laid[n] as { layer?: number }).layer ?? 0 }));
  const columns = Math.max(...nodes.map((node) => node.column)) + 1;
  const byColumn = Array.from({ length: columns }, (_, column) => nodes.filter((node) => node.column === column));

  // What flows on lies above what stays behind; bands of a node lie in the order of the nodes at their other ends.
  const rank = new Map(data.nodes.map(({ id }, n) => [id, n]));
  const links = data.links.map((link) => ({ ...link, fromOffset: 0, toOffset: 0 }));
  for (const { id } of data.nodes) {
    const order = (end: string | undefined): number => (end === undefined ? Infinity : (rank.get(end) ?? Infinity));
    let offset = 0;
    for (const link of links
      .filter((each) => each.from === id)
      .sort((a, b) => (order(a.to) < order(b.to) ? -1 : order(a.to) > order(b.to) ? 1 : 0))) {
      link.fromOffset = offset;
      offset += link.value;
    }
    offset = 0;
    for (const link of links.filter((each) => each.to === id).sort((a, b) => order(a.from) - order(b.from))) {
      link.toOffset = offset;
      offset += link.value;
    }
  }
  const greatest = Math.max(...byColumn.map((column) => column.reduce((total, node) => total + node.value, 0)));
  if (!(greatest > 0)) throw new Error("nothing flows");
  return { nodes, byColumn, columns, links, greatest, chain: byColumn.every((column) => column.length === 1) };
}
