// Elements without a framework: `el("p", { class: "mu" }, "text")`.

type Child = Node | string | number | null | undefined | false;
type Props = Record<string, string | number | boolean | null | undefined | ((event: Event) => unknown)>;

export function el<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {}, ...children: (Child | Child[])[]): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") made.addEventListener(name.replace(/^on/, ""), value);
    else if (name === "value" && "value" in made) (made as unknown as HTMLInputElement).value = String(value);
    else if (name === "checked") (made as unknown as HTMLInputElement).checked = true;
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    made.append(child instanceof Node ? child : String(child));
  }
  return made;
}

/** What can have the focus within an element, in order. */
function able(host: HTMLElement): HTMLElement[] {
  return [...host.querySelectorAll<HTMLElement>("a[href], button, input, select, textarea, summary")];
}

/** Puts other elements where some were. What had the focus gives it to what now stands in its place. */
export function swap(host: HTMLElement, ...nodes: Node[]): void {
  const at = able(host).indexOf(document.activeElement as HTMLElement);
  host.replaceChildren(...nodes);
  const now = able(host);
  if (at >= 0) now[Math.min(at, now.length - 1)]?.focus({ preventScroll: true });
}

/** The same where there may be others now: the focus goes to what says the same, else to nothing that could be pressed. */
export function renew(host: HTMLElement, ...nodes: Node[]): void {
  const had = document.activeElement;
  const says = (one: Element): string => JSON.stringify([one.tagName, one.getAttribute("href"), one.textContent, one.getAttribute("aria-label"), one.closest("section")?.getAttribute("aria-label")]);
  const wanted = had !== null && had !== host && host.contains(had) ? says(had) : null;
  host.replaceChildren(...nodes);
  if (wanted !== null) (able(host).find((one) => says(one) === wanted) ?? host).focus({ preventScroll: true });
}

/** What somebody opened stays open where something else stands in its place. */
export function stayOpen(host: HTMLElement, nodes: Node[]): void {
  const says = (one: Element): string => JSON.stringify([one.textContent, one.closest("section")?.getAttribute("aria-label")]);
  const open = new Set([...host.querySelectorAll("details[open]")].map(says));
  for (const one of nodes.flatMap((node) => (node instanceof Element ? [...node.querySelectorAll("details")] : []))) if (open.has(says(one))) one.open = true;
}

/** Changes what an element says only if it does: what is announced is announced once. */
export function tell(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

let names = 0;

/** A name by which one element tells of another. */
function known<E extends HTMLElement>(element: E): E {
  element.id ||= `f${(names += 1)}`;
  return element;
}

/** Fields that belong together under a heading, for whoever hears them. */
export function group(heading: HTMLElement, ...children: Child[]): HTMLElement {
  return el("div", { role: "group", "aria-labelledby": known(heading).id }, heading, ...children);
}

/** A field with its label, and a hint. */
export function field(label: string, input: HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement, hint?: string): HTMLElement {
  known(input);
  const note = hint ? el("p", { class: "hint", id: `${input.id}-hint` }, hint) : null;
  if (note) input.setAttribute("aria-describedby", note.id);
  return el("div", { class: "field" }, el("label", { for: input.id }, label), input, note);
}

/** A button. Where its text is the same as that of others, `name` says what it is about. */
export function button(text: string, act: () => unknown, kind = "", name?: string): HTMLButtonElement {
  return el("button", { type: "button", class: kind, onclick: act, "aria-label": name }, text);
}

/** A form whose button does one thing at a time, and says what went wrong. */
export function form(parts: Child[], text: string, act: () => Promise<string | null | undefined>): HTMLFormElement {
  const wrong = el("p", { class: "wrong", role: "alert", hidden: true });
  const go = el("button", { type: "submit" }, text);
  const made = el("form", { novalidate: false }, ...parts, wrong, el("p", { class: "go" }, go));
  made.addEventListener("submit", (event) => {
    event.preventDefault();
    if (go.disabled) return;
    go.disabled = true;
    wrong.hidden = true;
    void act()
      .catch((error: unknown) => (error instanceof Error ? error.message : String(error)))
      .then((said) => {
        go.disabled = false;
        if (!said) return;
        wrong.textContent = said;
        wrong.hidden = false;
        wrong.scrollIntoView({ block: "nearest" });
      });
  });
  return made;
}
