// What was done here and what became of it. Where Muster knew otherwise, both versions stand side by side and somebody decides.
import { button, el } from "../dom.ts";
import type { Frame, Screen } from "../frame.ts";
import type { Order } from "../fault.ts";
import { draftAgain, nameOf, theirsOf, type Consignment, type CountedLine, type Deed } from "../model.ts";
import { noteOf } from "../phone.ts";
import { marksOf, nominated, uncontested, type Serial } from "../school.ts";
import { number, say, when, word } from "../words.ts";

/** What was done, in one line. */
export function deedSaid(deed: Deed): string {
  const { subject, body } = deed;
  return say(`deed-${deed.kind}`, { x: subject || body.description || [body.resource, body.serial].filter(Boolean).join(" ") });
}

/** What was counted, in words, for a remark: nothing that was done is lost. */
export function told(deed: Deed): string {
  const lines = (deed.body.lines ?? []).flatMap((line) => ("received" in line ? [line] : []));
  // What differs from Muster's comes first: a remark is short.
  const differs = (line: CountedLine): number => (theirsOf(deed, "consignment")?.lines.find((one) => one.line === line.line)?.present === line.received && line.damaged === 0 ? 1 : 0);
  const counted = [...lines].sort((a, b) => differs(a) - differs(b)).flatMap((line) => [`${line.line}: ${line.received}${line.damaged ? ` + ${say("damaged-n", { n: line.damaged })}` : ""}`]);
  // Of whom nobody said otherwise, what was said goes on.
  const goesOn = new Set(uncontested(deed)?.body.trainees?.map(({ nomination }) => nomination));
  const were = (deed.body.trainees ?? []).filter(({ nomination }) => !goesOn.has(nomination)).map((one) => `${one.nomination}: ${word(one.attendance)}`);
  const things = (deed.body.unmanifested ?? []).map((thing) => `${thing.quantity} × ${thing.description}`);
  return say("given-up", { x: deedSaid(deed), who: deed.by, at: when(deed.at ?? deed.made), what: [...counted, ...were, ...things, deed.body.urgency ? word(deed.body.urgency) : "", deed.body.symptom ?? "", deed.body.remark ?? ""].filter(Boolean).join("; ") });
}

/** Mine beside Muster's, a row for each thing that may differ. */
function versions(what: string, rows: { name: string; mine: string; theirs: string; differs: boolean }[]): HTMLElement {
  const row = (one: (typeof rows)[number]): HTMLElement => el("tr", { class: one.differs ? "differs" : "" }, el("th", { scope: "row" }, one.name), el("td", {}, one.mine), el("td", {}, one.theirs));
  return el("table", {}, el("thead", {}, el("tr", {}, [what, say("mine"), say("theirs")].map((head) => el("th", { scope: "col" }, head)))), el("tbody", {}, rows.map(row)));
}

/** A count beside the consignment as it now is, line by line. */
function lines(deed: Deed, theirs: Consignment): HTMLElement {
  const mine = new Map((deed.body.lines ?? []).flatMap((line) => ("received" in line ? [[line.line, line] as [number, CountedLine]] : [])));
  const numbers = [...new Set([...mine.keys(), ...theirs.lines.map((one) => one.line)])].sort((a, b) => a - b);
  return versions(say("line"), numbers.map((n) => {
    const [my, now] = [mine.get(n), theirs.lines.find((one) => one.line === n)];
    const wrong = theirs.variances.filter((one) => one.line === n).map((one) => (one.quantity === null ? word(one.kind) : `${word(one.kind)} ${number(one.quantity)}`));
    return {
      name: `${n} ${now ? nameOf(now) : ""}`,
      mine: my ? [number(my.received), my.damaged ? say("damaged-n", { n: my.damaged }) : "", my.remark ?? ""].filter(Boolean).join(" · ") : "–",
      theirs: now ? [number(now.present), ...wrong].join(" · ") : "–",
      differs: my !== undefined && now !== undefined && my.received !== now.present,
    };
  }));
}

/** What is broken, beside the work order that it has already. */
function fault({ body }: Deed, theirs: Order | undefined): HTMLElement {
  const row = (name: string, mine: string, now: string | undefined): { name: string; mine: string; theirs: string; differs: boolean } => ({ name, mine: mine || "–", theirs: now || "–", differs: now !== undefined && mine !== now });
  return versions(say("fault"), [
    row(say("serial"), body.serial ?? "", theirs?.serial),
    row(say("symptom"), body.symptom ?? "", theirs?.symptom),
    row(say("urgency"), word(body.urgency ?? ""), theirs && word(theirs.urgency)),
  ]);
}

/** What was said of a day, beside what others said of it, trainee by trainee. */
function day({ body }: Deed, theirs: Serial): HTMLElement {
  const now = marksOf(theirs, body.day ?? "");
  return versions(say("trainee"), (body.trainees ?? []).map(({ nomination, attendance }) => {
    const mark = now.get(nomination);
    return { name: nomination, mine: word(attendance), theirs: mark ? say("said-by", { x: word(mark.attendance), who: mark.actor, at: when(mark.recorded_at) }) : "–", differs: mark !== undefined && mark.attendance !== attendance };
  }));
}

/** Both versions, and what Muster says of its own. */
function beside(deed: Deed): Node[] {
  const now = (state: string, more: string): HTMLElement => el("p", {}, el("strong", {}, say("theirs-now", { x: state })), " ", more);
  const [consignment, order, serial] = [theirsOf(deed, "consignment"), theirsOf(deed, "order"), theirsOf(deed, "serial")];
  if (serial && deed.kind === "attend") return [day(deed, serial)];
  if (serial) return [now(word(nominated(deed, serial) ?? ""), "")];
  if (consignment) return [now(word(consignment.state), lastOf(consignment)), lines(deed, consignment)];
  const known = order ? now(`${order.code}, ${word(order.state)}`, say("reported-at", { x: when(order.reported_at) })) : el("p", {}, say("theirs-unknown"));
  return deed.kind === "fault" ? [known, fault(deed, order)] : [known];
}

function lastOf(theirs: Consignment): string {
  const last = theirs.milestones.at(-1);
  return last ? say("theirs-last", { x: word(last.milestone), who: last.actor, at: when(last.occurred_at) }) : "";
}

/** What may be done anew on what Muster has now. */
function again(deed: Deed): boolean {
  const theirs = theirsOf(deed, "consignment");
  const serial = theirsOf(deed, "serial");
  const state = theirs?.state;
  switch (deed.kind) {
    // What has a work order gets no second one.
    case "fault": return deed.theirs === undefined;
    case "attend": return serial !== undefined;
    case "come": return serial !== undefined && nominated(deed, serial) === "cleared";
    case "arrive": return state === "under_way";
    case "receive": return state === "at_node" && theirs?.at_end === true;
    case "ready": return state === "packing";
    case "depart": return state === "readied" || state === "at_node";
    default: return false;
  }
}

/** Where it is done anew. */
function whereAgain({ kind, subject }: Deed): string {
  const parts = subject.split(" ").map(encodeURIComponent);
  if (kind === "fault") return "#/fault";
  return kind === "attend" || kind === "come" ? `#/s/${parts.slice(0, kind === "come" ? 1 : 2).join("/")}` : `#/c/${parts.join("/")}/${kind}`;
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
      // They are not written over others that somebody has begun meanwhile.
      if (draft && phone.begun(draft.consignment, draft.kind)) return frame.tell(say("finish-begun"));
      await phone.giveUp(deed, null, draft);
      frame.go(whereAgain(deed));
    };
    return el(
      "section",
      { class: "conflict", "aria-label": deedSaid(deed) },
      el("h2", {}, deedSaid(deed)),
      el("p", { class: "wrong" }, deed.problem ?? ""),
      el("p", { class: "mu" }, say("mine-by", { who: deed.by, at: when(deed.at ?? deed.made) })),
      beside(deed),
      el("div", { class: "acts" }, again(deed) ? button(say(deed.kind === "fault" ? "fault-again" : "do-again"), redo) : null, button(say("give-up"), drop, "quiet")),
      el("p", { class: "hint" }, say(uncontested(deed) ? "give-up-hint-day" : noteOf(deed, "") ? "give-up-hint" : "give-up-hint-kept")),
    );
  };
  const entry = (deed: Deed): HTMLElement => el("li", { class: deed.state }, el("span", {}, deedSaid(deed), deed.code ? ` → ${deed.code}` : ""), el("span", { class: "mu" }, `${deed.by} · ${when(deed.at ?? deed.made)} · ${say(`deed-${deed.state}`)}`));
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
