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

let names = 0;

/** A field with its label, and a hint. */
export function field(label: string, input: HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement, hint?: string): HTMLElement {
  input.id ||= `f${(names += 1)}`;
  const note = hint ? el("p", { class: "hint", id: `${input.id}-hint` }, hint) : null;
  if (note) input.setAttribute("aria-describedby", note.id);
  return el("div", { class: "field" }, el("label", { for: input.id }, label), input, note);
}

export function button(text: string, act: () => unknown, kind = ""): HTMLButtonElement {
  return el("button", { type: "button", class: kind, onclick: act }, text);
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
