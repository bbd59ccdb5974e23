// What was done here and what became of it. Where Muster knew otherwise, both versions stand side by side and somebody decides.
import { button, el } from "../dom.ts";
import type { Frame, Screen } from "../frame.ts";
import { draftAgain, nameOf, type Consignment, type CountedLine, type Deed } from "../model.ts";
import { number, say, when, word } from "../words.ts";

/** What was done, in one line. */
export function deedSaid(deed: Deed): string {
  return say(`deed-${deed.kind}`, { x: deed.subject || String(deed.body.description ?? "") });
}

/** What was counted, in words, for a remark: nothing that was done is lost. */
export function told(deed: Deed): string {
  const lines = (deed.body.lines ?? []).flatMap((line) => ("received" in line ? [line] : []));
  // What differs from Muster's comes first: a remark is short.
  const differs = (line: CountedLine): number => (deed.theirs?.lines.find((one) => one.line === line.line)?.present === line.received && line.damaged === 0 ? 1 : 0);
  const counted = [...lines].sort((a, b) => differs(a) - differs(b)).flatMap((line) => [`${line.line}: ${line.received}${line.damaged ? ` + ${say("damaged-n", { n: line.damaged })}` : ""}`]);
  const things = (deed.body.unmanifested ?? []).map((thing) => `${thing.quantity} × ${thing.description}`);
  return say("given-up", { x: deedSaid(deed), who: deed.by, at: when(deed.at ?? deed.made), what: [...counted, ...things, deed.body.remark ?? ""].filter(Boolean).join("; ") });
}

/** Mine beside Muster's, line by line. */
function beside(deed: Deed): HTMLElement {
  const theirs = deed.theirs;
  const mine = new Map((deed.body.lines ?? []).flatMap((line) => ("received" in line ? [[line.line, line] as [number, CountedLine]] : [])));
  const line = (n: number): HTMLElement => {
    const [my, now] = [mine.get(n), theirs?.lines.find((one) => one.line === n)];
    const wrong = theirs?.variances.filter((one) => one.line === n).map((one) => `${word(one.kind)} ${number(one.quantity)}`) ?? [];
    const said = my ? [number(my.received), my.damaged ? say("damaged-n", { n: my.damaged }) : "", my.remark ?? ""].filter(Boolean).join(" · ") : "–";
    const there = now ? [number(now.present), ...wrong].join(" · ") : "–";
    const differs = my !== undefined && now !== undefined && my.received !== now.present;
    return el("tr", { class: differs ? "differs" : "" }, el("th", { scope: "row" }, `${n} ${now ? nameOf(now) : ""}`), el("td", {}, said), el("td", {}, there));
  };
  const numbers = [...new Set([...mine.keys(), ...(theirs?.lines.map((one) => one.line) ?? [])])].sort((a, b) => a - b);
  return el("table", {}, el("thead", {}, el("tr", {}, el("th", { scope: "col" }, say("line")), el("th", { scope: "col" }, say("mine")), el("th", { scope: "col" }, say("theirs")))), el("tbody", {}, numbers.map(line)));
}

function lastOf(theirs: Consignment): string {
  const last = theirs.milestones.at(-1);
  return last ? say("theirs-last", { x: word(last.milestone), who: last.actor, at: when(last.occurred_at) }) : "";
}

/** What may be done anew on what Muster has now. */
function again(deed: Deed): boolean {
  const state = deed.theirs?.state;
  switch (deed.kind) {
    case "arrive": return state === "under_way";
    case "receive": return state === "at_node" && deed.theirs?.at_end === true;
    case "ready": return state === "packing";
    case "depart": return state === "readied" || state === "at_node";
    default: return false;
  }
}

export function outbox(frame: Frame): Screen {
  const { phone } = frame;
  const conflict = (deed: Deed): HTMLElement => {
    const drop = async (): Promise<void> => {
      await phone.giveUp(deed, told(deed));
      frame.redraw();
    };
    const redo = async (): Promise<void> => {
      // The numbers that were counted are there to go on from; Muster's are what they are compared with.
      const draft = draftAgain(deed);
      if (draft) await phone.draft(draft);
      await phone.giveUp(deed, null);
      frame.go(`#/c/${encodeURIComponent(deed.subject)}/${deed.kind}`);
    };
    return el(
      "section",
      { class: "conflict", "aria-label": deedSaid(deed) },
      el("h2", {}, deedSaid(deed)),
      el("p", { class: "wrong" }, deed.problem ?? ""),
      el("p", { class: "mu" }, say("mine-by", { who: deed.by, at: when(deed.at ?? deed.made) })),
      deed.theirs ? el("p", {}, el("strong", {}, say("theirs-now", { x: word(deed.theirs.state) })), " ", lastOf(deed.theirs)) : el("p", {}, say("theirs-unknown")),
      deed.theirs ? beside(deed) : null,
      el("div", { class: "acts" }, again(deed) ? button(say("do-again"), redo) : null, button(say("give-up"), drop, "quiet")),
      el("p", { class: "hint" }, say("give-up-hint")),
    );
  };
  const entry = (deed: Deed): HTMLElement => el("li", { class: deed.state }, el("span", {}, deedSaid(deed)), el("span", { class: "mu" }, `${deed.by} · ${when(deed.at ?? deed.made)} · ${say(`deed-${deed.state}`)}`));
  const waiting = phone.waiting();
  const rest = phone.deeds.filter((deed) => deed.state === "done" || deed.state === "dropped").slice(-100).reverse();
  return {
    title: say("outbox"), live: true,
    body: [
      el("div", { class: "acts" }, button(say("sync-now"), () => phone.sync(true))),
      ...phone.refused().map(conflict),
      el("h2", {}, say("waiting-n", { n: waiting.length })),
      waiting.length === 0 ? el("p", { class: "none" }, say("all-sent")) : el("ul", { class: "deeds" }, waiting.map(entry)),
      ...(rest.length > 0 ? [el("h2", {}, say("journal")), el("ul", { class: "deeds" }, rest.map(entry))] : []),
    ],
  };
}
