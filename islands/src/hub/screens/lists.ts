// What comes in, what goes out, what is wrong; and one consignment.
import { blindCount } from "../again.ts";
import { button, el } from "../dom.ts";
import type { Frame, Screen } from "../frame.ts";
import { direction, isNote, isToCount, isToReceive, nameOf, tells, waits, type Consignment, type Draft } from "../model.ts";
import { number, say, when, word } from "../words.ts";
import { faults } from "./fault.ts";

/** Whether something that was done to it is not sent, or is to be decided. */
export function tagged(frame: Frame, code: string): HTMLElement | null {
  const deeds = frame.phone.deeds.filter((deed) => deed.subject === code || tells(deed)?.code === code);
  if (deeds.some((deed) => deed.state === "refused")) return el("span", { class: "tag bad" }, say("tag-conflict"));
  if (deeds.some(waits)) return el("span", { class: "tag" }, say("tag-waiting"));
  return null;
}

function row(frame: Frame, consignment: Consignment): HTMLElement {
  const { phone } = frame;
  const incoming = consignment.state === "under_way";
  const lines = consignment.lines.filter((line) => line.present > 0).length;
  return el(
    "li",
    {},
    el(
      "a",
      { class: "card", href: `#/c/${encodeURIComponent(consignment.code)}` },
      el("strong", {}, consignment.code),
      el("span", {}, incoming ? say("from", { x: phone.placeName(consignment.origin) }) : consignment.at_end ? say("for", { x: consignment.consignee }) : say("to", { x: phone.next(consignment) })),
      el("span", { class: "mu" }, `${say("lines-n", { n: lines })} · ${word(consignment.state)} · ${incoming ? say("due-in", { x: when(consignment.arrives_at) }) : say("due-out", { x: when(consignment.departs_at) })}`),
      phone.isBegun(consignment.code) ? el("span", { class: "tag" }, say("tag-begun")) : null,
      tagged(frame, consignment.code),
    ),
  );
}

export function list(frame: Frame, which: "in" | "out"): Screen {
  const { phone } = frame;
  const views = [...phone.consignments.keys()].flatMap((code) => phone.view(code) ?? []);
  const due = (one: Consignment): string => (which === "in" ? one.arrives_at : one.departs_at) ?? "9";
  const of = (...where: (string | null)[]): Consignment[] =>
    views.filter((one) => where.includes(direction(one, phone.about.place))).sort((a, b) => due(a).localeCompare(due(b)) || a.code.localeCompare(b.code));
  const [found, here] = which === "in" ? [of("in"), of("here")] : [of("out"), []];
  return {
    title: say(which === "in" ? "coming-in" : "going-out"), live: true,
    body: [
      found.length === 0 ? el("p", { class: "none" }, say(which === "in" ? "none-in" : "none-out")) : el("ul", { class: "cards" }, found.map((one) => row(frame, one))),
      ...(here.length > 0 ? [el("h2", {}, say("here-for-units")), el("ul", { class: "cards" }, here.map((one) => row(frame, one)))] : []),
    ],
  };
}

export function problems(frame: Frame): Screen {
  const { phone } = frame;
  const broken = faults(frame);
  return {
    title: say("problems"), live: true,
    body: [
      el("div", { class: "acts" }, button(phone.begun("", "unmanifested") ? `${say("unmanifested-new")} – ${say("go-on")}` : say("unmanifested-new"), () => frame.go("#/new")), button(phone.begun("", "fault") ? `${say("fault-new")} – ${say("go-on")}` : say("fault-new"), () => frame.go("#/fault"))),
      phone.variances.length === 0 ? el("p", { class: "none", hidden: broken.length > 0 }, say("none-problems")) : el("ul", { class: "cards" }, phone.variances.map((one) => el("li", {}, el(
        "a",
        { class: "card", href: `#/v/${encodeURIComponent(one.code)}` },
        el("strong", {}, `${word(one.kind)} · ${one.description || (one.resource ? phone.resource(one.resource) : "")}`),
        el("span", {}, one.consignment ? `${one.consignment}, ${say("line")} ${one.line}` : one.code),
        el("span", { class: "mu" }, `${say("due", { x: when(one.due_at) })} · ${say("counted-by", { n: one.counted_by })}`),
        phone.begun(blindCount(one.code, phone.me), "count") ? el("span", { class: "tag" }, say("tag-begun")) : null,
        tagged(frame, one.code),
      )))),
      ...broken,
    ],
  };
}

export function consignment(frame: Frame, found: Consignment): Screen {
  const { phone } = frame;
  const here = direction(found, phone.about.place);
  const address = `#/c/${encodeURIComponent(found.code)}`;
  const go = (name: string, act: Draft["kind"], kind = ""): HTMLButtonElement => button(phone.begun(found.code, act) ? `${say(name)} – ${say("go-on")}` : say(name), () => frame.go(`${address}/${act}`), kind);
  const stopped = phone.deeds.some((deed) => deed.subject === found.code && deed.state === "refused" && !isNote(deed));
  const acts: HTMLElement[] = [];
  if (stopped) acts.push(button(say("see-conflict"), () => frame.go("#/outbox")));
  else if (here === "in") acts.push(go("do-arrive", "arrive"));
  else if (here !== null) {
    if (found.state === "packing") acts.push(go("do-ready", "ready"));
    else if (here === "out") acts.push(go("load", "depart"));
    if (here === "here" && isToReceive(found)) acts.push(go("do-receive", "receive"));
    acts.push(go("do-inspect", "inspect", "quiet"));
  }
  const facts: [string, string][] = [
    [say("fact-state"), word(found.state)],
    [say("fact-from"), phone.placeName(found.origin)],
    [say("fact-to"), phone.placeName(found.destination)],
    [say("fact-consignee"), found.consignee],
    ...(found.movements.at(-1) ? [[say("fact-on"), `${found.movements.at(-1)?.carrier} ${found.movements.at(-1)?.conveyance}`] as [string, string]] : []),
    ...(found.remark ? [[say("remark"), found.remark] as [string, string]] : []),
  ];
  const blind = phone.about.blind && isToCount(found, phone.about.place);
  return {
    title: found.code, back: here === "out" ? "#/out" : "#/in", live: true,
    body: [
      el("div", { class: "acts" }, tagged(frame, found.code), acts, here === null && !stopped ? el("p", { class: "mu" }, say("nothing-here")) : null),
      el("dl", {}, facts.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])),
      el("h2", {}, say("lines")),
      el("ul", { class: "plain listing" }, found.lines.map((line) => el("li", {}, el("span", {}, `${line.line} ${nameOf(line)} `, el("small", {}, [line.resource, line.condition ? word(line.condition) : "", line.remark].filter(Boolean).join(" · "))), el("span", { class: "n" }, blind ? "?" : number(line.present))))),
      ...(found.handling_units.length > 0 ? [el("h2", {}, say("units")), el("ul", { class: "plain" }, found.handling_units.map((unit) => el("li", {}, `${word(unit.kind)} ${unit.sscc}${unit.seal ? ` · ${say("seal", { x: unit.seal })}` : ""}`)))] : []),
      ...(found.milestones.length > 0 ? [el("h2", {}, say("milestones")), el("ul", { class: "plain" }, found.milestones.map((one) => el("li", {}, `${word(one.milestone)} · ${phone.placeName(one.place)} · ${when(one.occurred_at)}`)))] : []),
    ],
  };
}
