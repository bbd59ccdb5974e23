// Counting: each line is counted or explicitly said to be as stated; in blind mode what is stated is shown only afterwards.
import { brought } from "../changes.ts";
import { read, serialOf, type NoSerial } from "../digits.ts";
import { button, el, field, swap } from "../dom.ts";
import type { Frame, Screen } from "../frame.ts";
import { blank, byLot, bySerial, essence, found, isUnseen, lotsOf, nameOf, parts, partsByLot, type Consignment, type Draft, type Entry, type Line, type Parts, type Tally, type Thing } from "../model.ts";
import { head, number, say } from "../words.ts";
import { changed as changes } from "./changed.ts";
import { typed } from "./typed.ts";

export type CountKind = "arrive" | "receive";

/** What was begun of a consignment, brought onto it as it now is; or a beginning. */
export function draftOf(frame: Frame, consignment: Consignment, kind: Draft["kind"]): Draft {
  const { phone } = frame;
  const begun = phone.begun(consignment.code, kind);
  if (!begun) return { kind, consignment: consignment.code, blind: phone.about.blind, lines: {}, things: [], photos: [], loaded: [], saw: essence(consignment, kind) };
  if (brought(begun, consignment)) void phone.draft(begun);
  return begun;
}

const NO_SERIAL: Record<NoSerial, string> = { wrong: "check-digit-wrong", unit: "no-serial-unit", item: "no-serial-item", link: "no-serial-link", other: "no-serial-other" };

/** Why something is taken as no serial number. */
export function noSerial(no: NoSerial, text: string): string {
  return say(NO_SERIAL[no], { x: text });
}

export function entryOf(draft: Draft, line: number): Entry {
  return (draft.lines[line] ??= blank());
}

/** Whether somebody counted it: of serial numbers at least one, or said that there is none. */
export function isCounted(line: Line, entry: Entry | undefined): boolean {
  if (!entry) return false;
  return bySerial(line) ? entry.good !== null || entry.serials.length + entry.damagedSerials.length > 0 : entry.good !== null;
}

/** What differs, in words. */
export function difference(line: Line, entry: Entry | undefined): string {
  const count = found(entry, bySerial(line));
  if (!count || !isCounted(line, entry)) return "";
  const lots = byLot(line, entry);
  const { counted, damaged, over } = lots ? partsByLot(lots) : parts(line.present, count.good, count.damaged);
  const short = line.present - counted - damaged;
  const told = [
    short > 0 ? say("short", { n: number(short) }) : "",
    over > 0 ? say("over", { n: number(over) }) : "",
    count.damaged > 0 ? say("damaged-n", { n: number(count.damaged) }) : "",
    entry && entry.unknown.length > 0 ? say("unknown-n", { n: entry.unknown.length }) : "",
  ];
  return told.filter(Boolean).join(" · ");
}

/** The numbers that the server will take. */
export function counts(consignment: Consignment, draft: Draft): Map<number, Parts> {
  const all = new Map<number, Parts>();
  for (const line of consignment.lines) {
    const count = found(draft.lines[line.line], bySerial(line));
    const lots = byLot(line, draft.lines[line.line]);
    if (count) all.set(line.line, lots ? partsByLot(lots) : parts(line.present, count.good, count.damaged));
  }
  return all;
}

/** Most things that Muster takes with a count. */
export const MOST_THINGS = 200;

/** What came on no manifest: things that somebody described, and units of a line whose serial numbers are not on it, as one thing. */
export function thingsOf(consignment: Consignment, draft: Draft): Thing[] {
  const unknown = consignment.lines.flatMap((line): Thing[] => {
    const serials = draft.lines[line.line]?.unknown ?? [];
    return serials.length === 0 ? [] : [{ description: head(`${nameOf(line)} ${serials.join(", ")}`, 500), quantity: serials.length, resource: line.resource, serials: [...serials] }];
  });
  return [...draft.things, ...unknown];
}

export function count(frame: Frame, consignment: Consignment, kind: CountKind): Screen {
  const { phone } = frame;
  const draft = draftOf(frame, consignment, kind);
  const address = `#/c/${encodeURIComponent(consignment.code)}/${kind}`;
  const lines = consignment.lines.filter((line) => line.present > 0);
  const left = el("p", { class: "left", role: "status" });
  const more = things(frame, draft);
  const sign = button(say("to-sign"), async () => {
    if (await more.take()) frame.go(`${address}/sign`);
  });
  const update = (): void => {
    const open = lines.filter((line) => !isCounted(line, draft.lines[line.line])).length;
    const unseen = isUnseen(draft);
    left.textContent = open > 0 ? say("lines-left", { n: open, all: lines.length }) : say(unseen ? "changed-first" : "all-counted");
    sign.disabled = open > 0 || unseen;
  };
  const card = (line: Line): HTMLElement => {
    const entry = draft.lines[line.line];
    const done = isCounted(line, entry);
    const serial = bySerial(line);
    const { good = 0, damaged = 0 } = found(entry, serial) ?? {};
    const differs = difference(line, entry);
    const stated = draft.blind && !done ? say("stated-hidden") : say("stated", { n: number(line.present) });
    const asStated = async (): Promise<void> => {
      const said = entryOf(draft, line.line);
      said.good = line.present;
      delete said.byLot;
      await phone.draft(draft);
      const next = card(line);
      made.replaceWith(next);
      next.querySelector("a")?.focus({ preventScroll: true });
      update();
    };
    const name = `${say("line")} ${line.line} ${nameOf(line)}`;
    const made = el(
      "li",
      { class: done ? (differs ? "line differs" : "line done") : "line", "data-line": line.line },
      el("a", { href: `${address}/${line.line}`, class: "what" }, el("span", { class: "no" }, line.line), el("span", {}, nameOf(line), " ", el("small", {}, line.resource))),
      el("p", { class: "state" }, done ? say("counted-n", { n: number(good + damaged) }) : stated, differs ? [" · ", el("strong", {}, differs)] : "", done && !differs ? [" · ", say("as-stated-ok")] : ""),
      done || draft.blind || serial ? null : button(say("as-stated", { n: number(line.present) }), asStated, "quiet", `${say("as-stated", { n: number(line.present) })}: ${name}`),
    );
    return made;
  };
  const blind = el("input", { type: "checkbox", checked: draft.blind, onchange: async () => {
    draft.blind = blind.checked;
    await phone.draft(draft);
    frame.redraw();
  } });
  const scan = button(say("scan-thing"), async () => {
    const code = await frame.scan(say("scan-thing"));
    if (code === null) return;
    const said = serialOf(code, lines.flatMap((one) => one.units.map((unit) => unit.serial)));
    const line = "serial" in said ? lines.find((one) => one.units.some((unit) => unit.serial === said.serial)) : undefined;
    if (!("serial" in said) || !line) {
      // A code on a piece or a case says what it is, and perhaps of which lot: its line is counted by hand.
      const given = read(code);
      const same = lines.filter((one) => phone.isTraded(one.resource, given.gtin));
      const open = (one: Line): boolean => !isCounted(one, draft.lines[one.line]);
      const meant = same.find((one) => given.lot && one.units.some((unit) => unit.lot === given.lot)) ?? same.find(open) ?? same[0];
      return meant ? frame.go(`${address}/${meant.line}`) : frame.warn(say("code-nowhere", { x: given.text }));
    }
    tick(entryOf(draft, line.line), said.serial);
    await phone.draft(draft);
    frame.tell(say("serial-ticked", { x: said.serial, n: line.line }));
    frame.redraw();
  }, "quiet");
  update();
  return {
    title: say(kind === "arrive" ? "do-arrive" : "do-receive"),
    back: `#/c/${encodeURIComponent(consignment.code)}`,
    body: [
      el("p", { class: "mu" }, consignment.code),
      ...changes(frame, draft, consignment),
      el("div", { class: "row" }, el("label", { class: "check" }, blind, " ", say("blind")), scan),
      el("ul", { class: "lines" }, lines.map(card)),
      more.made,
      el("div", { class: "bottom" }, left, sign),
    ],
  };
}

/** What came with it and is on no line. `take` takes what was typed, also if nobody said so, and tells whether that went. */
function things(frame: Frame, draft: Draft): { made: HTMLElement; take: () => Promise<boolean> } {
  const what = typed(frame, draft, "thing", el("input", { maxlength: 500, autocomplete: "off" }));
  const quantity = typed(frame, draft, "things", el("input", { type: "number", inputmode: "numeric", min: 1, value: 1, autocomplete: "off" }));
  const wrong = (): false => {
    frame.warn(say("thing-wrong"));
    return false;
  };
  const take = async (): Promise<boolean> => {
    const n = Number(quantity.value);
    if (what.value.trim() === "") return true;
    if (!Number.isSafeInteger(n) || n < 1) return wrong();
    draft.things.push({ description: what.value.trim(), quantity: n });
    what.value = "";
    for (const name of ["thing", "things"]) delete draft.said?.[name];
    await frame.phone.draft(draft);
    return true;
  };
  const add = async (): Promise<void> => {
    if (what.value.trim() === "") wrong();
    else if (await take()) frame.redraw();
  };
  const remove = async (n: number): Promise<void> => {
    draft.things.splice(n, 1);
    await frame.phone.draft(draft);
    frame.redraw();
  };
  const made = el(
    "details",
    { class: "more", open: draft.things.length > 0 || what.value !== "" },
    el("summary", {}, say("unmanifested"), draft.things.length > 0 ? ` (${draft.things.length})` : ""),
    el("ul", { class: "plain" }, draft.things.map((thing, n) => el("li", {}, `${number(thing.quantity)} × ${thing.description} `, button(say("remove"), () => remove(n), "quiet small", say("remove-of", { x: thing.description }))))),
    field(say("thing-what"), what, say("thing-hint")),
    field(say("quantity"), quantity),
    button(say("add"), add, "quiet"),
  );
  return { made, take };
}

export function tick(entry: Entry, serial: string): void {
  if (!entry.serials.includes(serial) && !entry.damagedSerials.includes(serial)) entry.serials.push(serial);
}

/** One line: numbers or serial numbers, what is damaged, a photograph. */
export function countLine(frame: Frame, consignment: Consignment, kind: CountKind, number_: number): Screen {
  const { phone } = frame;
  const draft = draftOf(frame, consignment, kind);
  const address = `#/c/${encodeURIComponent(consignment.code)}/${kind}`;
  const line = consignment.lines.find((one) => one.line === number_);
  if (!line) return { title: say("not-here"), back: address, body: [] };
  const entry = entryOf(draft, line.line);
  const serial = bySerial(line);
  const keep = (): Promise<void> => phone.draft(draft);
  const differs = el("p", { class: "differs", role: "status" });
  const show = (): void => {
    const done = isCounted(line, entry);
    // Who counts blind is not told how many are still to come.
    differs.textContent = !done || (draft.blind && serial) ? "" : difference(line, entry) || say("as-stated-ok");
    stated.textContent = draft.blind && (!done || serial) ? say("stated-hidden") : say("stated", { n: number(line.present) });
  };
  const stated = el("p", { class: "mu" });
  const changed = async (): Promise<void> => {
    await keep();
    show();
  };
  const next = consignment.lines.find((one) => one.present > 0 && one.line !== line.line && !isCounted(one, draft.lines[one.line]));
  const remark = el("input", { maxlength: 900, value: entry.remark, autocomplete: "off", oninput: (): Promise<void> => {
    entry.remark = remark.value;
    return changed();
  } });
  show();
  return {
    title: `${say("line")} ${line.line}`,
    back: address,
    body: [
      el("h2", {}, nameOf(line)),
      el("p", { class: "mu" }, [line.resource, line.remark].filter(Boolean).join(" · ")),
      stated,
      serial ? serials(frame, consignment, draft, line, changed) : lotsOf(line).length > 0 && !draft.blind ? eachLot(line, entry, changed) : numbers(entry, changed),
      differs,
      field(say("remark"), remark),
      photos(frame, draft, line.line, keep),
      el(
        "div",
        { class: "bottom" },
        button(say("back-to-lines"), () => frame.go(address), "quiet"),
        next ? button(say("next-line"), () => frame.go(`${address}/${next.line}`)) : button(say("done"), () => frame.go(address)),
      ),
    ],
  };
}

/** Each lot of a line by itself; the line is counted once all of them are. */
function eachLot(line: Line, entry: Entry, changed: () => Promise<void>): HTMLElement {
  const lots = lotsOf(line);
  const all = (entry.byLot ??= {});
  const added = async (): Promise<void> => {
    const each = lots.map(({ lot }) => all[lot] ?? { good: null, damaged: 0 });
    entry.good = each.some((of) => of.good === null) ? null : each.reduce((sum, of) => sum + (of.good ?? 0), 0);
    entry.damaged = each.reduce((sum, of) => sum + of.damaged, 0);
    await changed();
  };
  return el("div", {}, lots.map(({ lot }) => el("fieldset", {}, el("legend", {}, lot), numbers((all[lot] ??= { good: null, damaged: 0 }), added))));
}

function numbers(entry: Tally, changed: () => Promise<void>): HTMLElement {
  const stepper = (label: string, value: () => number | null, set: (n: number | null) => void): { made: HTMLElement; show: () => void } => {
    const input = el("input", { type: "number", inputmode: "numeric", min: 0, step: 1, value: value() ?? "", autocomplete: "off" });
    input.addEventListener("input", () => {
      const n = input.value === "" ? null : Number(input.value);
      if (n !== null && !(Number.isSafeInteger(n) && n >= 0)) return input.setAttribute("aria-invalid", "true");
      input.removeAttribute("aria-invalid");
      set(n);
      void changed();
    });
    const show = (): void => {
      input.value = String(value() ?? "");
      input.removeAttribute("aria-invalid");
    };
    // What is no number was not kept.
    input.addEventListener("change", show);
    const step = (by: number) => () => {
      const n = Math.max((value() ?? 0) + by, 0);
      set(n);
      show();
      void changed();
    };
    const minus = el("button", { type: "button", class: "step", "aria-label": say("one-less", { x: label }), onclick: step(-1) }, "−");
    const plus = el("button", { type: "button", class: "step", "aria-label": say("one-more", { x: label }), onclick: step(1) }, "+");
    const made = field(label, input);
    made.classList.add("stepper");
    const steps = el("div", { class: "steps" }, minus);
    input.replaceWith(steps);
    steps.append(input, plus);
    return { made, show };
  };
  const good = stepper(say("good"), () => entry.good, (n) => (entry.good = n));
  const damaged = stepper(say("damaged"), () => entry.damaged, (n) => {
    entry.damaged = n ?? 0;
    entry.good ??= 0;
    good.show();
  });
  return el("div", {}, good.made, damaged.made);
}

/** Each serial number is ticked off: there, damaged, or missing; who counts blind sees those that they ticked. Others came on no manifest. */
function serials(frame: Frame, consignment: Consignment, draft: Draft, line: Line, changed: () => Promise<void>): HTMLElement {
  const [entry, { blind }] = [entryOf(draft, line.line), draft];
  const on = (one: Line, serial: string): boolean => one.units.some((unit) => unit.serial === serial);
  const list = el("ul", { class: "serials" });
  const wrong = el("p", { class: "wrong", role: "alert", hidden: true });
  const draw = (): void => {
    const ticked = [...entry.serials, ...entry.damagedSerials];
    const known = line.units.map((unit) => unit.serial).filter((serial) => serial !== "" && (!blind || ticked.includes(serial)));
    swap(
      list,
      ...known.map((serial) => {
        const state = entry.damagedSerials.includes(serial) ? "damaged" : entry.serials.includes(serial) ? "there" : "missing";
        const turn = async (): Promise<void> => {
          entry.serials = entry.serials.filter((one) => one !== serial);
          entry.damagedSerials = entry.damagedSerials.filter((one) => one !== serial);
          if (state === "missing") entry.serials.push(serial);
          if (state === "there") entry.damagedSerials.push(serial);
          draw();
          await changed();
        };
        return el("li", {}, el("button", { type: "button", class: `tick ${state}`, onclick: turn }, el("span", {}, serial), el("span", { class: "mark" }, say(`serial-${state}`))));
      }),
      ...entry.unknown.map((serial) => el("li", { class: "unknown" }, `${serial} – ${say("serial-unknown")} `, button(say("remove"), async () => {
        entry.unknown = entry.unknown.filter((one) => one !== serial);
        draw();
        await changed();
      }, "quiet small", say("remove-of", { x: serial })))),
    );
  };
  const take = async (code: string): Promise<void> => {
    const refuse = (text: string): void => {
      wrong.textContent = text;
      wrong.hidden = false;
    };
    const said = serialOf(code, consignment.lines.flatMap((one) => one.units.map((unit) => unit.serial)).filter(Boolean));
    if ("no" in said) return refuse(noSerial(said.no, read(code).text));
    const { serial } = said;
    if (serial === "") return;
    wrong.hidden = true;
    const other = consignment.lines.find((one) => one.present > 0 && on(one, serial));
    if (on(line, serial)) tick(entry, serial);
    else if (other) {
      tick(entryOf(draft, other.line), serial);
      refuse(say("serial-ticked", { x: serial, n: other.line }));
    } else {
      if (!entry.unknown.includes(serial)) entry.unknown.push(serial);
      refuse(say("serial-not-on-line", { x: serial }));
    }
    draw();
    await changed();
  };
  const typed = el("input", { autocomplete: "off", autocapitalize: "characters", maxlength: 200 });
  const enter = el("form", { class: "row" }, field(say("serial"), typed), el("button", { type: "submit", class: "quiet" }, say("tick")));
  enter.addEventListener("submit", (event) => {
    event.preventDefault();
    void take(typed.value).then(() => {
      typed.value = "";
      typed.focus();
    });
  });
  const none = button(say("none-there"), async () => {
    Object.assign(entry, { good: 0, serials: [], damagedSerials: [] });
    draw();
    await changed();
  }, "quiet");
  draw();
  return el(
    "div",
    {},
    button(say("scan-serial"), async () => {
      const code = await frame.scan(say("scan-serial"));
      if (code !== null) await take(code);
    }),
    enter,
    wrong,
    list,
    none,
  );
}

/** Photographs of a line, or of all of it (line 0). */
export function photos(frame: Frame, draft: Draft, line: number, keep: () => Promise<void>): HTMLElement {
  const input = el("input", { type: "file", accept: "image/*", capture: "environment" });
  const told = el("p", { class: "mu", role: "status" });
  const show = (): void => {
    const n = draft.photos.filter((photo) => photo.line === line).length;
    told.textContent = n === 0 ? "" : say("photos-n", { n });
  };
  input.addEventListener("change", async () => {
    const file = input.files?.[0];
    if (!file) return;
    try {
      draft.photos.push({ ...(await frame.phone.photograph(file)), line });
      await keep();
    } catch (error) {
      frame.warn((error as Error).message);
    }
    input.value = "";
    show();
  });
  show();
  return el("div", {}, field(say("photo"), input), told);
}

/** What a code means for work: a handling unit's consignment. */
export function opened(frame: Frame, code: string): string | null {
  const given = read(code);
  for (const consignment of frame.phone.consignments.values()) {
    const units = consignment.lines.flatMap((line) => line.units);
    const holds = consignment.code === given.text
      || (given.sscc && consignment.handling_units.some((unit) => unit.sscc === given.sscc))
      || units.some((unit) => unit.serial !== "" && unit.serial === (given.serial ?? given.text));
    if (holds) return consignment.code;
  }
  return null;
}
