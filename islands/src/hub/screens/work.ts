// What is done to a consignment besides counting: made ready, loaded, looked at and put away.
import { loadedLine } from "../again.ts";
import { unitSaid } from "../changes.ts";
import { lotOf, read, serialOf, serialsOf } from "../digits.ts";
import { button, el, field, form, group, swap } from "../dom.ts";
import type { Frame, Screen } from "../frame.ts";
import { MISSING, bySerial, essence, isOfSome, isUnseen, lotsOf, nameOf, sameUnits, unitOfSerial, unitsOf, unitsSent, type Body, type Consignment, type Entry, type Line, type Packed, type Unit } from "../model.ts";
import { path } from "../sync.ts";
import { number, say, word } from "../words.ts";
import { changed, isHidden } from "./changed.ts";
import { draftOf, entryOf, noSerial } from "./count.ts";
import { typed } from "./typed.ts";

const CONDITIONS = ["serviceable", "unserviceable", "incomplete", "damaged"];

function condition(value: string, set: (value: string) => unknown, among: readonly string[] = CONDITIONS): HTMLSelectElement {
  const select = el("select", {}, el("option", { value: "" }, "–"), among.map((one) => el("option", { value: one }, word(one))));
  select.value = value;
  select.addEventListener("change", () => set(select.value));
  return select;
}

/** Serial numbers of a line that is made ready: typed or scanned, each with the lot and the pallet that it has. */
function serialsOfLine(frame: Frame, line: Line, units: Units, keep: () => Promise<void>): Node[] {
  const list = el("ul", { class: "plain serials" });
  const told = el("p", { class: "mu", role: "status" });
  const wrong = el("p", { class: "wrong", role: "alert", hidden: true });
  const draw = (): void => {
    told.textContent = say("serials-of", { n: units.all.length, all: number(line.present) });
    swap(list, ...units.all.map((unit) => el("li", {}, unitSaid(unit), " ", button(say("remove"), async () => {
      units.all = units.all.filter((one) => one !== unit);
      draw();
      await keep();
    }, "quiet small", say("remove-of", { x: unitSaid(unit) })))));
  };
  const refuse = (said: string[]): void => {
    wrong.textContent = said.join(" ");
    wrong.hidden = said.length === 0;
  };
  const take = async (serials: string[]): Promise<void> => {
    for (const serial of serials) {
      if (units.all.length >= line.present || units.all.some((unit) => unit.serial === serial)) continue;
      // What was taken off by mistake comes back as it was.
      units.all.push(unitOfSerial(line, serial));
    }
    draw();
    await keep();
  };
  const known = line.units.map((unit) => unit.serial).filter(Boolean);
  const typed = el("input", { autocomplete: "off", autocapitalize: "characters", maxlength: 200 });
  const enter = el("form", { class: "row" }, field(say("serial"), typed), el("button", { type: "submit", class: "quiet" }, say("add")));
  enter.addEventListener("submit", (event) => {
    event.preventDefault();
    const { serials, not } = serialsOf(typed.value, known);
    refuse(not.map(({ no, text }) => noSerial(no, text)));
    // What is refused stays to be put right.
    typed.value = not.map(({ text }) => text).join(" ");
    void take(serials);
  });
  const scan = button(say("scan-serial"), async () => {
    const code = await frame.scan(say("scan-serial"));
    if (code === null) return;
    const said = serialOf(code, known);
    refuse("no" in said ? [noSerial(said.no, read(code).text)] : []);
    if ("serial" in said && said.serial) await take([said.serial]);
  }, "quiet");
  draw();
  return [told, scan, enter, wrong, list];
}

/** Lots of a line that is made ready: each with how many there are of it, and the pallet that they are on. */
function lotsOfLine(line: Line, units: Units, keep: () => Promise<void>): Node[] {
  const list = el("div", {});
  const draw = (): void => {
    // Most lines are of one lot: it is asked for at once, also if all were removed.
    if (units.all.length === 0) units.all = [{ lot: "", serial: "", quantity: line.present, sscc: null }];
    swap(list, ...units.all.map(row), button(say("lot-more"), () => add(), "quiet"));
  };
  const add = async (): Promise<void> => {
    const rest = line.present - units.all.reduce((sum, unit) => sum + unit.quantity, 0);
    units.all.push({ lot: "", serial: "", quantity: Math.max(rest, 0), sscc: null });
    draw();
    await keep();
  };
  const row = (unit: Unit): HTMLElement => {
    const lot = el("input", { autocomplete: "off", maxlength: 200, value: unit.lot });
    const many = el("input", { type: "number", inputmode: "numeric", min: 1, max: line.present, step: 1, value: unit.quantity, autocomplete: "off" });
    for (const input of [lot, many]) {
      input.addEventListener("input", () => {
        Object.assign(unit, { lot: lotOf(lot.value), quantity: Number(many.value) });
        void keep();
      });
    }
    const remove = button(say("remove"), async () => {
      units.all = units.all.filter((one) => one !== unit);
      draw();
      await keep();
    }, "quiet small");
    const named = (): void => remove.setAttribute("aria-label", say("remove-of", { x: unit.lot || say("lot-blank") }));
    lot.addEventListener("input", named);
    named();
    return el("fieldset", {}, el("legend", {}, unit.sscc ? say("lot-on", { x: unit.sscc }) : say("lot")), field(say("lot"), lot), field(say("quantity"), many), remove);
  };
  draw();
  return [list];
}

/** Units of a line while they are packed. */
interface Units {
  all: Unit[];
}

/** What is sent of a line's units, or what is wrong with them; nothing where they are as they were. */
function unitsTold(line: Line, entry: Entry): Pick<Packed, "units"> | { wrong: string } {
  const tracking = line.tracking ?? "quantity";
  if (tracking === "quantity") return {};
  const all = unitsOf(entry, line);
  // Of a lot that nobody named nothing is said.
  const units = tracking === "lot" && line.units.length === 0 && all.every(({ lot }) => lot === "") ? [] : all;
  const sum = units.reduce((before, { quantity }) => before + quantity, 0);
  if (tracking === "serial" && sum !== line.present) return { wrong: say("serials-missing", { n: line.line }) };
  const right = units.every(({ lot, quantity }) => Number.isSafeInteger(quantity) && quantity > 0 && (tracking === "serial" || lot !== ""));
  const cleared = units.length === 0 && line.units.length > 0;
  if (!right || cleared || sum > line.present) return { wrong: say("lots-wrong", { n: line.line, all: number(line.present) }) };
  return sameUnits(units, line.units) ? {} : { units: unitsSent(units) };
}

/** Packs lines – serial numbers and lots, condition – and makes the consignment ready. */
export function ready(frame: Frame, consignment: Consignment): Screen {
  const { phone } = frame;
  const draft = draftOf(frame, consignment, "ready");
  const keep = (): Promise<void> => phone.draft(draft);
  const lines = consignment.lines.filter((line) => line.present > 0);
  const card = (line: (typeof lines)[number]): HTMLElement => {
    const tracking = line.tracking ?? "quantity";
    const name = nameOf(line);
    const known = draft.lines[line.line] !== undefined;
    const entry = entryOf(draft, line.line);
    if (!known) entry.condition = line.condition ?? "";
    const units: Units = { all: unitsOf(entry, line) };
    const keepUnits = (): Promise<void> => {
      entry.units = units.all;
      return keep();
    };
    const parts: Node[] = [field(say("condition"), condition(entry.condition, (value) => ((entry.condition = value), keep())))];
    if (tracking === "serial") parts.push(...serialsOfLine(frame, line, units, keepUnits));
    else if (tracking === "lot") parts.push(...lotsOfLine(line, units, keepUnits));
    return el("li", { class: "line" }, group(el("h2", {}, `${line.line} ${name}`), el("p", { class: "mu" }, `${number(line.present)} · ${line.resource}`), ...parts));
  };
  const act = async (): Promise<string | null> => {
    if (isUnseen(draft)) return say("changed-first");
    const packed: Packed[] = [];
    for (const line of lines) {
      const entry = entryOf(draft, line.line);
      if (entry.condition === "") return say("condition-missing", { n: line.line });
      const told = unitsTold(line, entry);
      if ("wrong" in told) return told.wrong;
      packed.push({ line: line.line, condition: entry.condition, ...told });
    }
    const body: Body = { at: new Date().toISOString(), version: consignment.version, reason: say("reason-ready"), lines: packed };
    await phone.done({ kind: "ready", subject: consignment.code, saw: essence(consignment, "ready"), path: `${path("consignment", consignment.code)}/ready`, body });
    frame.tell(say("kept"));
    frame.go(`#/c/${encodeURIComponent(consignment.code)}`);
    return null;
  };
  const all = button(say("all-serviceable"), async () => {
    for (const line of lines) entryOf(draft, line.line).condition = "serviceable";
    await keep();
    frame.redraw();
  }, "quiet");
  return { title: say("do-ready"), back: `#/c/${encodeURIComponent(consignment.code)}`, body: [el("p", { class: "mu" }, consignment.code), ...changed(frame, draft, consignment), all, form([el("ul", { class: "lines" }, lines.map(card))], say("do-ready"), act)] };
}

/** Ticks off what is on the conveyance, then goes on to sign. */
export function load(frame: Frame, consignment: Consignment): Screen {
  const { phone } = frame;
  const draft = draftOf(frame, consignment, "depart");
  const units = consignment.handling_units.map(({ sscc, kind }) => ({ id: sscc, text: `${word(kind)} ${sscc}` }));
  const packed = new Set(consignment.lines.filter((line) => line.units.length > 0 && line.units.every((unit) => unit.sscc)).map((line) => line.line));
  const loose = consignment.lines.filter((line) => line.present > 0 && !packed.has(line.line));
  const all = [...units, ...loose.map((line) => ({ id: loadedLine(line.line), text: `${line.line} ${nameOf(line)}: ${number(line.present)}` }))];
  const go = button(say("to-depart"), () => frame.go(`#/c/${encodeURIComponent(consignment.code)}/depart/sign`));
  const left = el("p", { class: "left", role: "status" });
  const list = el("ul", { class: "serials" });
  const turn = async (id: string, on: boolean): Promise<void> => {
    draft.loaded = on ? [...new Set([...draft.loaded, id])] : draft.loaded.filter((one) => one !== id);
    draw();
    await phone.draft(draft);
  };
  const draw = (): void => {
    const open = all.filter(({ id }) => !draft.loaded.includes(id)).length;
    const unseen = isUnseen(draft);
    left.textContent = open > 0 ? say("to-load", { n: open }) : say(unseen ? "changed-first" : "all-loaded");
    go.disabled = open > 0 || unseen;
    swap(list, ...all.map(({ id, text }) => {
      const on = draft.loaded.includes(id);
      return el("li", {}, el("button", { type: "button", class: on ? "tick there" : "tick missing", "aria-pressed": String(on), onclick: () => turn(id, !on) }, el("span", {}, text), el("span", { class: "mark" }, say(on ? "loaded" : "not-loaded"))));
    }));
  };
  const scan = button(say("scan-unit"), async () => {
    const code = await frame.scan(say("scan-unit"));
    if (code === null) return;
    const given = read(code);
    if (given.wrong) return frame.warn(say("check-digit-wrong", { x: given.text }));
    const unit = units.find(({ id }) => id === given.sscc);
    if (!unit) return frame.warn(say("unit-not-here", { x: given.text }));
    await turn(unit.id, true);
  });
  const every = button(say("all-on-it"), async () => {
    draft.loaded = all.map(({ id }) => id);
    draw();
    await phone.draft(draft);
  }, "quiet");
  draw();
  return { title: say("load"), back: `#/c/${encodeURIComponent(consignment.code)}`, body: [el("p", { class: "mu" }, `${consignment.code} → ${phone.next(consignment)}`), ...changed(frame, draft, consignment), el("div", { class: "acts" }, scan, every), list, el("div", { class: "bottom" }, left, go)] };
}

/** Looks at lines and says where they were put. */
export function inspect(frame: Frame, consignment: Consignment): Screen {
  const { phone } = frame;
  const draft = draftOf(frame, consignment, "inspect");
  const lines = consignment.lines.filter((line) => line.present > 0);
  const where = typed(frame, draft, "where", el("input", { maxlength: 100, autocomplete: "off" }));
  const blind = isHidden(frame, draft, consignment);
  const card = (line: (typeof lines)[number]): HTMLElement => {
    const entry = entryOf(draft, line.line);
    const remark = el("input", { maxlength: 500, value: entry.remark, autocomplete: "off", oninput: (): Promise<void> => {
      entry.remark = remark.value;
      return phone.draft(draft);
    } });
    // Of what is hurt or not there it is said how many are, or which.
    const part = el("div", {});
    const parts = (): void => swap(part, ...(isOfSome(entry.condition) ? [so(line, entry, blind, () => phone.draft(draft))] : []));
    parts();
    const chosen = (value: string): Promise<void> => {
      entry.condition = value;
      parts();
      return phone.draft(draft);
    };
    return el("li", { class: "line" }, group(el("h2", {}, `${line.line} ${nameOf(line)}`), el("p", { class: "mu" }, blind ? "?" : number(line.present)), field(say("condition"), condition(entry.condition, chosen, [...CONDITIONS, MISSING])), part, field(say("remark"), remark)));
  };
  const list = el("ul", { class: "lines" }, lines.map(card));
  const act = async (): Promise<string | null> => {
    const seen = lines.flatMap((line) => {
      const entry = entryOf(draft, line.line);
      const { condition, remark } = entry;
      const put = where.value.trim() ? say("put-remark", { x: where.value.trim() }) : "";
      const said = [remark, put].filter(Boolean).join(" · ");
      return condition ? [{ line: line.line, condition, ...(isOfSome(condition) ? someOf(line, entry) : {}), ...(said ? { remark: said } : {}) }] : [];
    });
    if (isUnseen(draft)) return say("changed-first");
    const wrong = list.querySelector(".wrong:not([hidden])");
    if (wrong) return wrong.textContent;
    if (seen.length === 0) return say("condition-one");
    const body: Body = { at: new Date().toISOString(), version: consignment.version, reason: say("reason-inspect"), lines: seen };
    await phone.done({ kind: "inspect", subject: consignment.code, saw: essence(consignment, "inspect"), path: `${path("consignment", consignment.code)}/inspect`, body });
    frame.tell(say("kept"));
    frame.go(`#/c/${encodeURIComponent(consignment.code)}`);
    return null;
  };
  const all = button(say("all-serviceable"), async () => {
    for (const line of lines) entryOf(draft, line.line).condition = "serviceable";
    await phone.draft(draft);
    frame.redraw();
  }, "quiet");
  return { title: say("do-inspect"), back: `#/c/${encodeURIComponent(consignment.code)}`, body: [el("p", { class: "mu" }, consignment.code), ...changed(frame, draft, consignment), all, form([field(say("put-where"), where, say("put-hint")), list], say("do-inspect"), act)] };
}

/** Which units of a line are so, as it is sent; nothing: all of them. */
function someOf(line: Line, { damaged, damagedSerials, byLot = {} }: Entry): { serials?: string[]; lots?: { lot: string; quantity: number }[]; quantity?: number } {
  if (bySerial(line)) return damagedSerials.length > 0 ? { serials: damagedSerials } : {};
  const lots = lotsOf(line).flatMap(({ lot }) => {
    const { damaged: quantity } = byLot[lot] ?? { damaged: 0 };
    return quantity > 0 ? [{ lot, quantity }] : [];
  });
  if (lots.length > 0) return { lots };
  return damaged > 0 ? { quantity: damaged } : {};
}

/** A field for how many units are so, of no more than there are, where that is told; empty: none said. */
function howMany(label: string, value: number, most: number | null, set: (n: number) => Promise<void>): HTMLElement {
  const many = el("input", { type: "number", inputmode: "numeric", min: 1, ...(most === null ? {} : { max: most }), step: 1, value: value || "", autocomplete: "off", onchange: (): Promise<void> => {
    const n = Number(many.value);
    const right = Number.isSafeInteger(n) && n > 0 && (most === null || n <= most) ? n : 0;
    many.value = right > 0 ? String(right) : "";
    return set(right);
  } });
  return field(label, many);
}

/** How many units of a line are hurt or not there, or which: all of them, if nothing is said. Who is not told what is stated names those that they see. */
function so(line: Line, entry: Entry, blind: boolean, keep: () => Promise<void>): HTMLElement {
  // Of several lots it is said of which, unless they are not to be told.
  const lots = blind ? [] : lotsOf(line);
  if (lots.length > 0) {
    const of = ({ lot, stated }: (typeof lots)[number]): HTMLElement => howMany(lot || say("lot-blank"), entry.byLot?.[lot]?.damaged ?? 0, stated, (damaged) => {
      entry.byLot = { ...entry.byLot, [lot]: { good: null, damaged } };
      return keep();
    });
    return el("fieldset", {}, el("legend", {}, say("so-lots")), lots.map(of));
  }
  if (!bySerial(line)) {
    return howMany(say("so-many"), entry.damaged, blind ? null : line.present, (damaged) => ((entry.damaged = damaged), keep()));
  }
  const box = (serial: string): HTMLElement => {
    const tick = el("input", { type: "checkbox", checked: entry.damagedSerials.includes(serial), onchange: () => {
      entry.damagedSerials = entry.damagedSerials.filter((one) => one !== serial);
      if (tick.checked) entry.damagedSerials.push(serial);
      return keep();
    } });
    return el("label", { class: "check" }, tick, " ", serial);
  };
  const all = line.units.map((unit) => unit.serial).filter((serial) => serial !== "");
  const made = el("fieldset", {}, el("legend", {}, say("so-named")), (blind ? entry.damagedSerials : all).map(box));
  if (blind) made.append(...named(all, entry, (serial) => (made.insertBefore(box(serial), made.querySelector("form")), keep())));
  return made;
}

/** Serial numbers that are hurt or not there, one after another. */
function named(all: string[], entry: Entry, added: (serial: string) => Promise<void>): Node[] {
  const typed = el("input", { autocomplete: "off", autocapitalize: "characters", maxlength: 200 });
  const wrong = el("p", { class: "wrong", role: "alert", hidden: true });
  const enter = el("form", { class: "row" }, field(say("serial"), typed), el("button", { type: "submit", class: "quiet" }, say("add")));
  const take = (): void => {
    const said = serialOf(typed.value, all);
    wrong.textContent = typed.value.trim() === "" ? "" : "no" in said ? noSerial(said.no, typed.value) : all.includes(said.serial) ? "" : say("unit-not-here", { x: said.serial });
    wrong.hidden = wrong.textContent === "";
    if (!wrong.hidden || "no" in said) return;
    typed.value = "";
    if (said.serial === "" || entry.damagedSerials.includes(said.serial)) return;
    entry.damagedSerials.push(said.serial);
    void added(said.serial);
  };
  enter.addEventListener("submit", (event) => (event.preventDefault(), take()));
  // Also if nobody pressed Add: if none was named, all of them would be hurt.
  typed.addEventListener("change", take);
  return [enter, wrong];
}
