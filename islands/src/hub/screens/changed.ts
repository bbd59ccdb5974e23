// What became another while somebody was at it: as it was, as it is, and what had been said of it.
import { lineSaid } from "../changes.ts";
import { button, el } from "../dom.ts";
import type { Frame } from "../frame.ts";
import { isToCount, nameOf, restsOn, type Change, type Consignment, type Draft, type Seen } from "../model.ts";
import { say, word } from "../words.ts";

/** Whether what is stated is not told: to who counts blind, and to who looks at what is to be counted blind. What is packed or loaded is no secret. */
export function isHidden({ phone }: Frame, { kind, blind }: Draft, consignment: Consignment): boolean {
  if (kind === "arrive" || kind === "receive") return blind;
  return kind === "inspect" && phone.about.blind && isToCount(consignment, phone.about.place);
}

/** What is to be looked at before work on a draft goes on; nothing, where nothing became another. */
export function changed(frame: Frame, draft: Draft, consignment: Consignment): HTMLElement[] {
  const all = draft.changed ?? [];
  if (all.length === 0) return [];
  // Pallets are seen only where something is packed, conditions where it is looked at, too.
  const { packs, looks } = restsOn(draft.kind);
  const shown = ({ present, units, condition = null }: Seen): Seen => ({ present, units: packs ? units : units.map((unit) => ({ ...unit, sscc: null })), ...(looks ? { condition } : {}) });
  const hidden = isHidden(frame, draft, consignment);
  const said = ({ line, was, said }: Change): string => {
    if (line === 0) return say("changed-head", { x: word(consignment.state), who: consignment.consignee, to: frame.phone.next(consignment) });
    const now = consignment.lines.find((one) => one.line === line);
    const name = `${line} ${now ? nameOf(now) : ""}`.trim();
    const [before, after] = [was && shown(was), now ? shown(now) : null];
    const differs = hidden ? say("changed-blind", { x: name }) : say("changed-line", { x: name, was: before ? lineSaid(before, after) : "–", is: after ? lineSaid(after, before) : "–" });
    return said === "" ? differs : `${differs} ${say("changed-said", { x: said })}`;
  };
  const done = button(say("changed-seen"), async () => {
    draft.changed = [];
    await frame.phone.draft(draft);
    frame.redraw();
  }, "quiet");
  return [el("section", { class: "changed", "aria-label": say("changed") }, el("h2", {}, say("changed")), el("ul", { class: "plain" }, all.map((one) => el("li", {}, said(one)))), done)];
}
