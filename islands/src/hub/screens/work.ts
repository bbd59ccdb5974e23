// What is done to a consignment besides counting: made ready, loaded, looked at and put away; and things that belong to none.
import { read, serialOf } from "../digits.ts";
import { button, el, field, form, swap } from "../dom.ts";
import type { Frame, Screen } from "../frame.ts";
import { bySerial, essence, isHurt, nameOf, type Body, type Consignment, type Entry, type Line, type Packed, type Variance } from "../model.ts";
import { path } from "../sync.ts";
import { number, say, when, word } from "../words.ts";
import { draftOf, entryOf } from "./count.ts";

const CONDITIONS = ["serviceable", "unserviceable", "incomplete", "damaged"];

function condition(value: string, set: (value: string) => unknown): HTMLSelectElement {
  const select = el("select", {}, el("option", { value: "" }, "–"), CONDITIONS.map((one) => el("option", { value: one }, word(one))));
  select.value = value;
  select.addEventListener("change", () => set(select.value));
  return select;
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
    if (!known) {
      entry.serials = line.units.map((unit) => unit.serial).filter(Boolean);
      entry.lots = line.units.filter((unit) => unit.lot && !unit.serial).map(({ lot, quantity }) => ({ lot, quantity }));
      entry.condition = line.condition ?? "";
    }
    const parts: Node[] = [field(say("condition"), condition(entry.condition, (value) => ((entry.condition = value), keep())))];
    if (tracking === "serial") {
      const list = el("ul", { class: "plain serials" });
      const told = el("p", { class: "mu", role: "status" });
      const draw = (): void => {
        told.textContent = say("serials-of", { n: entry.serials.length, all: number(line.present) });
        swap(list, ...entry.serials.map((serial) => el("li", {}, serial, " ", button(say("remove"), async () => {
          entry.serials = entry.serials.filter((one) => one !== serial);
          draw();
          await keep();
        }, "quiet small"))));
      };
      const typed = el("input", { autocomplete: "off", autocapitalize: "characters", maxlength: 200 });
      const take = async (code: string): Promise<void> => {
        for (const serial of code.split(/[\s,;]+/).map(serialOf).filter(Boolean)) {
          if (entry.serials.length < line.present && !entry.serials.includes(serial)) entry.serials.push(serial);
        }
        draw();
        await keep();
      };
      const enter = el("form", { class: "row" }, field(say("serial"), typed), el("button", { type: "submit", class: "quiet" }, say("add")));
      enter.addEventListener("submit", (event) => {
        event.preventDefault();
        void take(typed.value).then(() => (typed.value = ""));
      });
      const scan = button(say("scan-serial"), async () => {
        const code = await frame.scan(say("scan-serial"));
        if (code !== null) await take(serialOf(code));
      }, "quiet");
      draw();
      parts.push(told, scan, enter, list);
    } else if (tracking === "lot") {
      const lot = el("input", { autocomplete: "off", maxlength: 200, value: entry.lots[0]?.lot ?? "" });
      lot.addEventListener("input", () => {
        entry.lots = lot.value.trim() ? [{ lot: lot.value.trim(), quantity: line.present }] : [];
        void keep();
      });
      parts.push(field(say("lot"), lot));
    }
    return el("li", { class: "line" }, el("h2", {}, `${line.line} ${name}`), el("p", { class: "mu" }, `${number(line.present)} · ${line.resource}`), ...parts);
  };
  const act = async (): Promise<string | null> => {
    const packed: Packed[] = [];
    for (const line of lines) {
      const tracking = line.tracking ?? "quantity";
      const entry = entryOf(draft, line.line);
      if (entry.condition === "") return say("condition-missing", { n: line.line });
      if (tracking === "serial" && entry.serials.length !== line.present) return say("serials-missing", { n: line.line });
      const kept = (serial: string): string | undefined => line.units.find((unit) => unit.serial === serial)?.sscc ?? undefined;
      const units = tracking === "serial"
        ? entry.serials.map((serial) => ({ serial, quantity: 1, ...(kept(serial) ? { sscc: kept(serial) as string } : {}) }))
        : tracking === "lot" && entry.lots.length > 0 ? entry.lots : undefined;
      packed.push({ line: line.line, condition: entry.condition, ...(units ? { units } : {}) });
    }
    const body: Body = { at: new Date().toISOString(), version: consignment.version, reason: say("reason-ready"), lines: packed };
    await phone.done({ kind: "ready", subject: consignment.code, saw: essence(consignment), path: `${path("consignment", consignment.code)}/ready`, body });
    frame.tell(say("kept"));
    frame.go(`#/c/${encodeURIComponent(consignment.code)}`);
    return null;
  };
  const all = button(say("all-serviceable"), async () => {
    for (const line of lines) entryOf(draft, line.line).condition = "serviceable";
    await keep();
    frame.redraw();
  }, "quiet");
  return { title: say("do-ready"), back: `#/c/${encodeURIComponent(consignment.code)}`, body: [el("p", { class: "mu" }, consignment.code), all, form([el("ul", { class: "lines" }, lines.map(card))], say("do-ready"), act)] };
}

/** Ticks off what is on the conveyance, then goes on to sign. */
export function load(frame: Frame, consignment: Consignment): Screen {
  const { phone } = frame;
  const draft = draftOf(frame, consignment, "depart");
  const units = consignment.handling_units.map(({ sscc, kind }) => ({ id: sscc, text: `${word(kind)} ${sscc}` }));
  const packed = new Set(consignment.lines.filter((line) => line.units.length > 0 && line.units.every((unit) => unit.sscc)).map((line) => line.line));
  const loose = consignment.lines.filter((line) => line.present > 0 && !packed.has(line.line));
  const all = [...units, ...loose.map((line) => ({ id: `line ${line.line}`, text: `${line.line} ${nameOf(line)}: ${number(line.present)}` }))];
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
    left.textContent = open === 0 ? say("all-loaded") : say("to-load", { n: open });
    go.disabled = open > 0;
    swap(list, ...all.map(({ id, text }) => {
      const on = draft.loaded.includes(id);
      return el("li", {}, el("button", { type: "button", class: on ? "tick there" : "tick missing", "aria-pressed": String(on), onclick: () => turn(id, !on) }, el("span", {}, text), el("span", { class: "mark" }, say(on ? "loaded" : "not-loaded"))));
    }));
  };
  const scan = button(say("scan-unit"), async () => {
    const code = await frame.scan(say("scan-unit"));
    if (code === null) return;
    const given = read(code);
    if (given.wrong) return frame.tell(say("check-digit-wrong", { x: given.text }));
    const unit = units.find(({ id }) => id === given.sscc);
    if (!unit) return frame.tell(say("unit-not-here", { x: given.text }));
    await turn(unit.id, true);
  });
  const every = button(say("all-on-it"), async () => {
    draft.loaded = all.map(({ id }) => id);
    draw();
    await phone.draft(draft);
  }, "quiet");
  draw();
  return { title: say("load"), back: `#/c/${encodeURIComponent(consignment.code)}`, body: [el("p", { class: "mu" }, `${consignment.code} → ${phone.next(consignment)}`), el("div", { class: "acts" }, scan, every), list, el("div", { class: "bottom" }, left, go)] };
}

/** Looks at lines and says where they were put. */
export function inspect(frame: Frame, consignment: Consignment): Screen {
  const { phone } = frame;
  const draft = draftOf(frame, consignment, "inspect");
  const lines = consignment.lines.filter((line) => line.present > 0);
  const where = el("input", { maxlength: 100, autocomplete: "off" });
  const card = (line: (typeof lines)[number]): HTMLElement => {
    const entry = entryOf(draft, line.line);
    const remark = el("input", { maxlength: 500, value: entry.remark, autocomplete: "off", onchange: (): Promise<void> => {
      entry.remark = remark.value;
      return phone.draft(draft);
    } });
    // Of what is hurt it is said how many are, or which.
    const part = el("div", {});
    const parts = (): void => swap(part, ...(isHurt(entry.condition) ? [so(line, entry, () => phone.draft(draft))] : []));
    parts();
    const chosen = (value: string): Promise<void> => {
      entry.condition = value;
      parts();
      return phone.draft(draft);
    };
    return el("li", { class: "line" }, el("h2", {}, `${line.line} ${nameOf(line)}`), el("p", { class: "mu" }, number(line.present)), field(say("condition"), condition(entry.condition, chosen)), part, field(say("remark"), remark));
  };
  const act = async (): Promise<string | null> => {
    const seen = lines.flatMap((line) => {
      const { condition, remark, damaged, damagedSerials } = entryOf(draft, line.line);
      const hurt = isHurt(condition);
      const some = hurt && bySerial(line) ? damagedSerials.length > 0 && { serials: damagedSerials } : hurt && damaged > 0 && { quantity: damaged };
      const put = where.value.trim() ? say("put-remark", { x: where.value.trim() }) : "";
      const said = [remark, put].filter(Boolean).join(" · ");
      return condition ? [{ line: line.line, condition, ...(some || {}), ...(said ? { remark: said } : {}) }] : [];
    });
    if (seen.length === 0) return say("condition-one");
    const body: Body = { at: new Date().toISOString(), version: consignment.version, reason: say("reason-inspect"), lines: seen };
    await phone.done({ kind: "inspect", subject: consignment.code, saw: essence(consignment), path: `${path("consignment", consignment.code)}/inspect`, body });
    frame.tell(say("kept"));
    frame.go(`#/c/${encodeURIComponent(consignment.code)}`);
    return null;
  };
  const all = button(say("all-serviceable"), async () => {
    for (const line of lines) entryOf(draft, line.line).condition = "serviceable";
    await phone.draft(draft);
    frame.redraw();
  }, "quiet");
  return { title: say("do-inspect"), back: `#/c/${encodeURIComponent(consignment.code)}`, body: [el("p", { class: "mu" }, consignment.code), all, form([field(say("put-where"), where, say("put-hint")), el("ul", { class: "lines" }, lines.map(card))], say("do-inspect"), act)] };
}

/** How many units of a line are hurt, or which: all of them, if nothing is said. */
function so(line: Line, entry: Entry, keep: () => Promise<void>): HTMLElement {
  if (!bySerial(line)) {
    const many = el("input", { type: "number", inputmode: "numeric", min: 1, max: line.present, step: 1, value: entry.damaged || "", autocomplete: "off", onchange: () => {
      const n = Number(many.value);
      entry.damaged = Number.isSafeInteger(n) && n > 0 && n <= line.present ? n : 0;
      many.value = entry.damaged > 0 ? String(entry.damaged) : "";
      return keep();
    } });
    return field(say("so-many"), many);
  }
  const box = (serial: string): HTMLElement => {
    const tick = el("input", { type: "checkbox", checked: entry.damagedSerials.includes(serial), onchange: () => {
      entry.damagedSerials = entry.damagedSerials.filter((one) => one !== serial);
      if (tick.checked) entry.damagedSerials.push(serial);
      return keep();
    } });
    return el("label", { class: "check" }, tick, " ", serial);
  };
  return el("fieldset", {}, el("legend", {}, say("so-named")), line.units.filter((unit) => unit.serial !== "").map((unit) => box(unit.serial)));
}

/** Something came that belongs to no consignment. */
export function unmanifested(frame: Frame): Screen {
  const { phone } = frame;
  const what = el("input", { maxlength: 500, autocomplete: "off", required: true });
  const quantity = el("input", { type: "number", inputmode: "numeric", min: 1, value: 1, required: true });
  const list = el("datalist", { id: "resources" }, Object.entries(phone.catalogue.resources).slice(0, 2_000).map(([code, name]) => el("option", { value: code }, name)));
  const resource = el("input", { list: "resources", maxlength: 200, autocomplete: "off" });
  const remark = el("input", { maxlength: 900, autocomplete: "off" });
  const act = async (): Promise<string | null> => {
    const n = Number(quantity.value);
    if (what.value.trim() === "" || !Number.isSafeInteger(n) || n < 1) return say("thing-wrong");
    if (resource.value && !phone.catalogue.resources[resource.value]) return say("resource-unknown");
    const body: Body = { place: phone.about.place, description: what.value.trim(), quantity: n, reason: say("reason-unmanifested") };
    if (resource.value) body.resource = resource.value;
    if (remark.value.trim()) body.remark = remark.value.trim();
    await phone.done({ kind: "unmanifested", subject: "", path: "/api/v1/variances", body });
    frame.tell(say("kept"));
    frame.go("#/problems");
    return null;
  };
  return { title: say("unmanifested"), back: "#/problems", body: [el("p", {}, say("unmanifested-hint")), form([field(say("thing-what"), what, say("thing-hint")), field(say("quantity"), quantity), field(say("resource"), resource, say("resource-hint")), list, field(say("remark"), remark)], say("keep"), act)] };
}

/** Counts what is in quarantine, without being told what others counted. */
export function variance(frame: Frame, found: Variance): Screen {
  const { phone } = frame;
  const quantity = el("input", { type: "number", inputmode: "numeric", min: 0, required: true });
  const remark = el("input", { maxlength: 900, autocomplete: "off" });
  const act = async (): Promise<string | null> => {
    const n = Number(quantity.value);
    if (quantity.value === "" || !Number.isSafeInteger(n) || n < 0) return say("count-wrong");
    const body: Body = { quantity: n, reason: say("reason-count") };
    if (remark.value.trim()) body.remark = remark.value.trim();
    await phone.done({ kind: "count", subject: found.code, path: `/api/v1/variances/${encodeURIComponent(found.code)}/count`, body });
    frame.tell(say("kept"));
    frame.go("#/problems");
    return null;
  };
  const counted = phone.deeds.some((deed) => deed.subject === found.code && deed.by === phone.me && deed.state !== "dropped" && deed.state !== "refused");
  const what = found.description || (found.resource ? phone.resource(found.resource) : "");
  return {
    title: word(found.kind), back: "#/problems",
    body: [el("h2", {}, what), el("p", { class: "mu" }, `${found.code} · ${found.consignment ?? "–"} · ${say("due", { x: when(found.due_at) })}`), found.remark ? el("p", {}, found.remark) : el("p", {}), counted ? el("p", { class: "said" }, say("counted-already")) : form([el("p", {}, say("blind-hint")), field(say("quantity"), quantity), field(say("remark"), remark)], say("keep"), act)],
  };
}
