// The school's days: serials at this place, who came, and who was there. Trainees are known by their codes alone.
import { button, el, swap } from "../dom.ts";
import type { Frame, Screen } from "../frame.ts";
import { isOpen, tells, waits, type Deed, type Draft, type New } from "../model.ts";
import { ATTENDANCES, daysOf, expected, marked, marksOf, ofSerial, stillMeant, trainees, type Serial } from "../school.ts";
import { path } from "../sync.ts";
import { say, when, word } from "../words.ts";
import { tagged } from "./lists.ts";

const address = (serial: string, day = ""): string => ["#/s", encodeURIComponent(serial), ...(day ? [day] : [])].join("/");

/** A day, as people say it. */
export function dated(day: string): string {
  return new Date(day).toLocaleDateString("en-GB", { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" });
}

/** How many were what on a day. */
function summed(serial: Serial, day: string): string {
  const marks = [...marksOf(serial, day).values()];
  const counts = ATTENDANCES.map((one) => [one, marks.filter(({ attendance }) => attendance === one).length] as const);
  const lacking = trainees(serial).length - marks.length;
  const said = counts.flatMap(([one, n]) => (n > 0 ? [`${word(one)} ${n}`] : []));
  return [...said, ...(lacking > 0 && marks.length > 0 ? [say("not-said-n", { n: lacking })] : [])].join(" · ");
}

export function school(frame: Frame): Screen {
  const { phone } = frame;
  const serials = phone.serials().sort((a, b) => a.start.localeCompare(b.start) || a.code.localeCompare(b.code));
  const card = (one: Serial): HTMLElement => el("li", {}, el(
    "a",
    { class: "card", href: address(one.code) },
    el("strong", {}, one.code),
    el("span", {}, `${one.course} · ${dated(one.start)} – ${dated(one.end)}`),
    el("span", { class: "mu" }, `${word(one.state)} · ${say("trainees-n", { n: trainees(one).length })} · ${say("expected-n", { n: expected(one).length })}`),
    tagged(frame, one.code),
  ));
  return { title: say("tab-school"), live: true, body: [serials.length === 0 ? el("p", { class: "none" }, say("none-school")) : el("ul", { class: "cards" }, serials.map(card))] };
}

/** One serial: its days that have come, and who is expected. */
export function serial(frame: Frame, code: string): Screen {
  const { phone } = frame;
  const found = phone.serials().find((one) => one.code === code);
  if (!found) return school(frame);
  // A clock that stopped cannot tell which days have come: whoever was there can.
  const [lost, today] = [phone.isLost(), phone.today()];
  const waiting = (subject: string): Deed | undefined => phone.deeds.filter((deed) => deed.subject === subject && isOpen(deed)).at(-1);
  const tag = (subject: string): HTMLElement | null => {
    const deed = waiting(subject);
    return deed ? el("span", { class: deed.state === "refused" ? "tag bad" : "tag" }, say(deed.state === "refused" ? "tag-conflict" : "tag-waiting")) : null;
  };
  const day = (on: string): HTMLElement => el("li", {}, el(
    "a",
    { class: "card", href: address(code, on) },
    el("strong", {}, `${dated(on)}${on === today && !lost ? ` – ${say("today")}` : ""}`),
    el("span", { class: "mu" }, summed(found, on) || say("not-said")),
    phone.begun(ofSerial(code, on), "attend") ? el("span", { class: "tag" }, say("tag-begun")) : null,
    tag(ofSerial(code, on)),
  ));
  const came = (nomination: string) => async (): Promise<void> => {
    const deed: New = { kind: "come", subject: ofSerial(code, nomination), path: `/api/v1/nominations/${encodeURIComponent(nomination)}/arrive`, body: { at: "", reason: say("reason-come") } };
    await phone.done(deed).then(() => frame.tell(say("kept")), (error: Error) => frame.warn(error.message));
    frame.redraw();
  };
  const refused = phone.deeds.some((deed) => deed.state === "refused" && tells(deed)?.code === code);
  const days = daysOf(found, lost ? found.end : today);
  // Who was just said to have come stays in their row until Muster knows.
  const [may, said] = [new Set(expected(found)), (nomination: string): boolean => phone.deeds.some((deed) => deed.subject === ofSerial(code, nomination) && waits(deed))];
  const coming = found.nominations.filter((one) => may.has(one) || said(one.nomination));
  const arrival = ({ nomination, unit }: (typeof coming)[number]): HTMLElement => el(
    "li",
    {},
    el("span", {}, nomination, " ", el("small", {}, unit)),
    said(nomination)
      ? el("span", { class: "tag" }, say("came-waiting"))
      : (tag(ofSerial(code, nomination)) ?? el("button", { type: "button", class: "quiet small", "aria-label": say("came-of", { x: nomination }), onclick: came(nomination) }, say("came"))),
  );
  return {
    title: code, back: "#/school", live: true,
    body: [
      el("p", { class: "mu" }, `${found.course} · ${dated(found.start)} – ${dated(found.end)} · ${word(found.state)}`),
      ...(refused ? [el("div", { class: "acts" }, button(say("see-conflict"), () => frame.go("#/outbox")))] : []),
      ...(coming.length > 0 ? [el("h2", {}, say("expected")), el("ul", { class: "plain serials" }, coming.map(arrival))] : []),
      el("h2", {}, say("days")),
      ...(lost ? [el("p", { class: "hint" }, say("clock-lost"))] : []),
      days.length === 0 ? el("p", { class: "none" }, say("no-day")) : el("ul", { class: "cards" }, days.map(day)),
    ],
  };
}

/** Who was there on a day. Each mark is kept as it is made; the day is sent when somebody says that it is done. */
export function attendance(frame: Frame, code: string, day: string): Screen {
  const { phone } = frame;
  const found = phone.serials().find((one) => one.code === code);
  if (!found || !daysOf(found, day).includes(day)) return serial(frame, code);
  const subject = ofSerial(code, day);
  const begun = phone.begun(subject, "attend");
  const draft: Draft & { marks: Record<string, string>; seen: Record<string, string> } = { kind: "attend", consignment: subject, blind: false, lines: {}, things: [], photos: [], loaded: [], ...begun, marks: {}, seen: { ...begun?.seen } };
  const seen = marksOf(found, day);
  const stands = (nomination: string): string => seen.get(nomination)?.attendance ?? "";
  // Who marked somebody saw what stood there then. If it is another now, they are to see that first.
  const { marks, cleared } = stillMeant(begun?.marks ?? {}, draft.seen, stands);
  draft.marks = marks;
  const who = trainees(found);
  const left = el("p", { class: "left", role: "status" });
  const list = el("div", {});
  const of = (nomination: string): string => marks[nomination] ?? stands(nomination);
  const set = (nomination: string, attendance: string): void => {
    marks[nomination] = attendance;
    draft.seen[nomination] = stands(nomination);
  };
  const mark = async (nomination: string, attendance: string): Promise<void> => {
    set(nomination, attendance);
    told();
    await phone.draft(draft);
  };
  const told = (): void => {
    const lacking = who.filter(({ nomination }) => of(nomination) === "").length;
    left.textContent = lacking > 0 ? say("not-said-n", { n: lacking }) : say("all-said");
  };
  const row = ({ nomination, unit }: (typeof who)[number]): HTMLElement => {
    const known = seen.get(nomination);
    const was = cleared[nomination];
    return el(
      "fieldset",
      { class: "was" },
      el("legend", {}, nomination, " ", el("small", {}, unit)),
      el("div", { class: "choices" }, ATTENDANCES.map((one) => el("label", {}, el("input", { type: "radio", name: `was ${nomination}`, value: one, checked: of(nomination) === one, onchange: () => mark(nomination, one) }), " ", word(one)))),
      known ? el("p", { class: "hint" }, say("said-by", { x: word(known.attendance), who: known.actor, at: when(known.recorded_at) })) : null,
      was ? el("p", { class: "hint" }, el("strong", {}, say("mark-cleared", { x: word(was) }))) : null,
    );
  };
  const draw = (): void => {
    swap(list, ...who.map(row));
    told();
  };
  const rest = button(say("rest-present"), async () => {
    for (const { nomination } of who) if (of(nomination) === "") set(nomination, "present");
    draw();
    await phone.draft(draft);
  }, "quiet");
  const keep = button(say("keep-day"), async () => {
    const made = marked(found, day, marks);
    if (!made) return frame.tell(say("nothing-new"));
    const wrong = await phone.done({ kind: "attend", subject, saw: made.saw, path: `${path("serial", code)}/attendance`, body: { ...made.body, reason: say("reason-attend") } }).then(() => "", (error: Error) => error.message);
    if (wrong) return frame.warn(wrong);
    frame.tell(say("kept"));
    frame.go(address(code));
  });
  draw();
  return {
    title: dated(day), back: address(code),
    body: [
      el("p", { class: "mu" }, `${code} · ${day}`),
      ...(who.length === 0 ? [el("p", { class: "none" }, say("nobody-there"))] : [el("div", { class: "acts" }, rest), list, el("div", { class: "bottom" }, left, keep)]),
    ],
  };
}
