// Fields of which every letter is kept with the draft: phones end pages when the camera opens, and lock them.
import { button, el } from "../dom.ts";
import type { Frame } from "../frame.ts";
import type { Draft } from "../model.ts";
import { diskSaid, say } from "../words.ts";

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

/** A field that shows what a draft says under a name, and says there what is put into it. */
export function typed<F extends Field>(frame: Frame, draft: Draft, name: string, field: F): F {
  const box = field instanceof HTMLInputElement && field.type === "checkbox" ? field : null;
  const said = draft.said?.[name];
  if (said !== undefined && box) box.checked = said !== "";
  else if (said !== undefined) field.value = said;
  field.addEventListener("input", () => {
    (draft.said ??= {})[name] = box ? (box.checked ? "yes" : "") : field.value;
    void frame.phone.draft(draft);
  });
  return field;
}

/** Throws away what was begun, once somebody says so twice; shown as soon as there is something. */
export function discarding(frame: Frame, draft: Draft, begun: boolean): HTMLDetailsElement {
  const discard = button(say("discard"), async () => {
    const wrong = await frame.phone.discard(draft).then(() => "", diskSaid);
    if (wrong) return frame.warn(wrong);
    frame.tell(say("discarded"));
    frame.go("#/problems");
  }, "danger");
  return el("details", { class: "more", hidden: !begun }, el("summary", {}, say("discard-fault")), el("p", {}, say("discard-hint")), discard);
}
