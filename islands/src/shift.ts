// Bars that may be shifted to other days, by pointer or by keys. Nothing is changed by it: it leads to where the other days are looked at.

/** A bar as it lies in the picture. */
export interface Grip {
  /** Its name, what is told to whoever points at it, and from when to when it is if it is so many days later. */
  name: string;
  title: string;
  when: (days: number) => string;
  /** Where it leads, and where its other days are looked at: the first of them is added at the end. Both are on this server. */
  href: string;
  check: string;
  /** First day. */
  from: Date;
  left: number;
  width: number;
  top: number;
}

/** What is said of it: how it is done, and what may be done with a bar that is shifted. */
export interface Words {
  hint: string;
  then: string;
}

/** Least height and width of what is pressed, in pixels. */
const LEAST = 24;
/** Nothing is shifted before the pointer went so far, in pixels. */
const STILL = 4;
const DAY = 86_400_000;

/**
 * Lays a link over each bar, as wide as it is. One of them can be reached by Tab, the others from there by the arrows up and
 * down.
 */
export function grips(all: Grip[], pixels: number, width: number, words: Words): { over: HTMLElement; hint: HTMLElement } {
  const [over, hint, said] = [document.createElement("div"), document.createElement("p"), document.createElement("p")];
  [over.className, hint.className, said.className] = ["grips", "mu", "days"];
  hint.id = `shift-${(count += 1)}`;
  hint.textContent = words.hint;
  said.setAttribute("role", "status");
  const links = all.map((grip, n) => {
    const link = document.createElement("a");
    link.href = grip.href;
    link.className = "grip";
    // The browser's own way of dragging a link is another one.
    link.draggable = false;
    link.tabIndex = n === 0 ? 0 : -1;
    link.title = `${grip.title}\n${grip.when(0)}`;
    link.setAttribute("aria-label", `${grip.title}, ${grip.when(0)}`);
    link.setAttribute("aria-describedby", hint.id);
    const wide = Math.max(grip.width, LEAST);
    Object.assign(link.style, { left: `${grip.left}px`, top: `${grip.top}px`, width: `${wide}px`, height: `${LEAST}px` });
    control(link, grip, wide);
    return link;
  });
  over.append(...links, said);
  return { over, hint };

  function control(link: HTMLAnchorElement, grip: Grip, wide: number): void {
    let days = 0;
    /** Where the pointer took hold of it. */
    let held: number | undefined;
    let moved = false;
    const shift = (to: number): void => {
      days = to;
      // What would lie beside the picture stays at its edge; its days are told.
      const x = Math.min(Math.max(days * pixels, -grip.left), width - wide - grip.left);
      link.style.transform = days === 0 ? "" : `translateX(${x}px)`;
      link.classList.toggle("shifted", days !== 0);
      const text = days === 0 ? "" : `${grip.name}: ${grip.when(days)}. ${words.then}`;
      if (said.textContent !== text) said.textContent = text;
      // Under the bar, as far as there is room.
      said.style.top = `${grip.top + LEAST + 4}px`;
      said.style.left = `${Math.max(Math.min(grip.left + x, width - said.offsetWidth), 0)}px`;
    };
    const check = (): void => {
      const first = new Date(grip.from.getTime() + days * DAY).toISOString().slice(0, 10);
      location.assign(`${grip.check}${first}`);
    };
    const drop = (): void => {
      held = undefined;
      shift(0);
    };
    link.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      [held, moved] = [event.clientX, false];
      link.setPointerCapture(event.pointerId);
    });
    link.addEventListener("pointermove", (event) => {
      if (held === undefined) return;
      const gone = event.clientX - held;
      moved ||= Math.abs(gone) > STILL;
      if (moved) shift(Math.round(gone / pixels));
    });
    link.addEventListener("pointerup", () => {
      if (held === undefined) return;
      held = undefined;
      if (days !== 0) check();
    });
    // The page is scrolled, or something else took the pointer.
    link.addEventListener("pointercancel", drop);
    link.addEventListener("blur", drop);
    link.addEventListener("click", (event) => {
      // A drag ends in a click, too, which leads nowhere.
      const dragged = moved && event.detail > 0;
      moved = false;
      if (!dragged && days === 0) return;
      event.preventDefault();
      if (!dragged) check();
    });
    link.addEventListener("keydown", (event) => {
      const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      const next = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (way !== undefined) shift(days + way * (event.shiftKey ? 7 : 1));
      else if (next !== undefined) reach(link, next);
      else if (event.key === "Escape") drop();
      else return;
      event.preventDefault();
    });
  }

  function reach(from: HTMLAnchorElement, way: number): void {
    const to = links[links.indexOf(from) + way];
    if (!to) return;
    [from.tabIndex, to.tabIndex] = [-1, 0];
    to.focus();
  }
}

let count = 0;
