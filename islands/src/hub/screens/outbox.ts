// What was done here and what became of it. Where Muster knew otherwise, both versions stand side by side and somebody decides.
import { draftAgain, mayAgain, whereAgain } from "../again.ts";
import { button, el } from "../dom.ts";
import type { Frame, Screen } from "../frame.ts";
import type { Order } from "../fault.ts";
import { isNote, nameOf, theirsOf, unitsSent, waits, type Consignment, type CountedLine, type Deed, type Line } from "../model.ts";
import { deedSaid, isOwed, lookedSaid, photosOf, told, whatSaid, type Looked } from "../notes.ts";
import { marksOf, nominated, uncontested, type Serial } from "../school.ts";
import { diskSaid, number, say, when, word } from "../words.ts";

/** Mine beside Muster's, a row for each thing that may differ. */
function versions(what: string, rows: { name: string; mine: string; theirs: string; differs: boolean }[]): HTMLElement {
  const row = (one: (typeof rows)[number]): HTMLElement => el("tr", { class: one.differs ? "differs" : "" }, el("th", { scope: "row" }, one.name), el("td", {}, one.mine), el("td", {}, one.theirs));
  return el("table", {}, el("thead", {}, el("tr", {}, [what, say("mine"), say("theirs")].map((head) => el("th", { scope: "col" }, head)))), el("tbody", {}, rows.map(row)));
}

/** What was counted, packed or looked at, beside the consignment as it now is, line by line. */
function lines(deed: Deed, theirs: Consignment): HTMLElement {
  const mine = new Map((deed.body.lines ?? []).map((line) => [line.line, line]));
  const counted = (my: CountedLine): string => [number(my.received), my.damaged ? say("damaged-n", { n: my.damaged }) : "", my.remark ?? ""].filter(Boolean).join(" · ");
  const now = ({ present, units, condition }: Line): string => (deed.kind === "ready" ? lookedSaid({ line: 0, quantity: present, units: unitsSent(units), condition: condition ?? "" }) : number(present));
  const numbers = [...new Set([...mine.keys(), ...theirs.lines.map((one) => one.line)])].sort((a, b) => a - b);
  return versions(say("line"), numbers.map((n) => {
    const [my, other] = [mine.get(n), theirs.lines.find((one) => one.line === n)];
    const wrong = theirs.variances.filter((one) => one.line === n).map((one) => (one.quantity === null ? word(one.kind) : `${word(one.kind)} ${number(one.quantity)}`));
    return {
      name: `${n} ${other ? nameOf(other) : ""}`,
      mine: my === undefined ? "–" : "received" in my ? counted(my) : lookedSaid(my as Looked),
      theirs: other ? [now(other), ...wrong].join(" · ") : "–",
      differs: my !== undefined && "received" in my && other !== undefined && my.received !== other.present,
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

export function outbox(frame: Frame): Screen {
  const { phone } = frame;
  /** Does something to the outbox; what the disk does not take is said. */
  const acts = (act: () => Promise<void>) => async (): Promise<void> => {
    await act().then(() => frame.redraw(), (error: unknown) => frame.warn(diskSaid(error)));
  };
  const giveUp = (deed: Deed): (() => Promise<void>) => acts(() => phone.giveUp(deed, told(deed)));
  /** All that was done; not to another who is to count the same blind. */
  const all = (deed: Deed): HTMLElement | null => (deed.kind === "count" && deed.by !== phone.me ? null : el("details", { open: deed.kind === "unmanifested" || deed.kind === "count" }, el("summary", {}, say("all-of-it")), el("p", {}, whatSaid(deed))));
  const conflict = (deed: Deed): HTMLElement => {
    const redo = async (): Promise<void> => {
      // The numbers that were counted are there to go on from; Muster's are what they are compared with.
      const draft = draftAgain({ ...deed, photos: photosOf(deed, phone.deeds) });
      // They are not written over others that somebody has begun meanwhile.
      if (draft && phone.begun(draft.consignment, draft.kind)) return frame.warn(say("finish-begun"));
      // What leaves no draft is told all the same.
      const wrong = await phone.giveUp(deed, draft ? null : told(deed), draft).then(() => "", diskSaid);
      if (wrong) frame.warn(wrong);
      else frame.go(whereAgain(deed));
    };
    return el(
      "section",
      { class: "conflict", "aria-label": deedSaid(deed) },
      el("h2", {}, deedSaid(deed)),
      el("p", { class: "wrong" }, deed.problem ?? ""),
      el("p", { class: "mu" }, say("mine-by", { who: deed.by, at: when(deed.at ?? deed.made) })),
      beside(deed),
      all(deed),
      el("div", { class: "acts" }, mayAgain(deed, phone.me, phone.variances) ? button(say(deed.kind === "fault" ? "fault-again" : "do-again"), redo) : null, button(say("give-up"), giveUp(deed), "quiet")),
      el("p", { class: "hint" }, say(uncontested(deed) ? "give-up-hint-day" : phone.notes(deed, told(deed)).length > 0 ? "give-up-hint" : "give-up-hint-kept")),
    );
  };
  /** A note that Muster did not take, or that nobody sends: without it, something would stand nowhere but here. */
  const untaken = (note: Deed): HTMLElement => el(
    "section",
    { class: "conflict", "aria-label": deedSaid(note) },
    el("h2", {}, deedSaid(note)),
    el("p", { class: "wrong" }, note.problem ?? say("note-left", { who: note.by })),
    el("p", {}, note.body.text ?? note.body.remark ?? ""),
    // No answer came, and nobody may ask for it any more under its key.
    note.state === "sending" ? el("p", {}, say("note-maybe")) : null,
    el("div", { class: "acts" }, button(say("note-again"), acts(() => phone.decide(note, true))), button(say("note-keep"), acts(() => phone.decide(note, false)), "quiet")),
    el("p", { class: "hint" }, say("note-hint")),
  );
  /** What somebody whom Muster no longer takes did, and what waits behind it. */
  const held = (deed: Deed): HTMLElement => el(
    "section",
    { class: "conflict", "aria-label": deedSaid(deed) },
    el("h2", {}, deedSaid(deed)),
    el("p", { class: "mu" }, say("mine-by", { who: deed.by, at: when(deed.at ?? deed.made) })),
    el("p", {}, say("held", { who: deed.by })),
    // It was sent, and no answer came.
    deed.state === "sending" ? el("p", {}, say("note-maybe")) : null,
    all(deed),
    el("details", {}, el("summary", {}, say("held-give-up")), el("p", {}, say(phone.notes(deed, told(deed)).length > 0 ? "held-hint" : "give-up-hint-kept")), button(say("held-sure", { who: deed.by }), giveUp(deed), "danger")),
  );
  const entry = (deed: Deed): HTMLElement => el("li", { class: deed.state }, el("span", {}, deedSaid(deed), deed.code ? ` → ${deed.code}` : ""), el("span", { class: "mu" }, `${deed.by} · ${when(deed.at ?? deed.made)} · ${say(`deed-${deed.state}`)}${isOwed(deed, phone.deeds) ? ` · ${say("owed")}` : ""}${waits(deed) && deed.stuck ? ` · ${say("stuck-deed")}` : ""}`), isOwed(deed, phone.deeds) ? all(deed) : null);
  const waiting = phone.waiting();
  const over = phone.deeds.filter((deed) => deed.state === "done" || deed.state === "dropped");
  // What stands nowhere else is always shown.
  const rest = over.filter((deed, n) => n >= over.length - 100 || isOwed(deed, phone.deeds)).reverse();
  return {
    title: say("outbox"), live: true,
    body: [
      el("div", { class: "acts" }, button(say("sync-now"), () => phone.sync(true))),
      ...phone.refused().filter((deed) => !isNote(deed)).map(conflict),
      ...phone.deeds.filter((deed) => phone.isUndecided(deed)).map(untaken),
      ...waiting.filter((deed) => phone.mayGiveUp(deed)).map(held),
      el("h2", {}, say("waiting-n", { n: waiting.length })),
      waiting.length === 0 ? el("p", { class: "none" }, say("all-sent")) : el("ul", { class: "deeds" }, waiting.map(entry)),
      ...(rest.length > 0 ? [el("h2", {}, say("journal")), el("ul", { class: "deeds" }, rest.map(entry))] : []),
    ],
  };
}
