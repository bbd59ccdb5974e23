// All words come from the server's texts; the page carries them in `data-words`.

let texts: Record<string, string> = {};

export function speak(words: Record<string, string>): void {
  texts = words;
}

/** A text by its name, with values in their places. */
export function say(name: string, values: Record<string, string | number> = {}): string {
  const text = texts[`hub-${name}`] ?? name;
  return text.replace(/\{\$([a-z]+)\}/g, (_, key: string) => String(values[key] ?? ""));
}

/** A word of the API: a state, a milestone, a condition. */
export function word(name: string): string {
  return texts[`hub-word-${name.replaceAll("_", "-")}`] ?? name.replaceAll("_", " ");
}

export function number(value: number): string {
  return value.toLocaleString("en-GB").replaceAll(",", "\u00a0");
}

/** The beginning of a text, no longer than so many characters, without half of one at its end. */
export function head(text: string, most: number): string {
  return text.length > most ? text.slice(0, most).replace(/[\ud800-\udbff]$/, "") : text;
}

/** A moment, with its zone. */
export function when(at: number | string | null): string {
  if (at === null) return "–";
  const date = new Date(at);
  return Number.isNaN(date.getTime())
    ? "–"
    : `${date.toLocaleString("en-GB", { day: "2-digit", month: "short", hour: "2-digit", minute: "2-digit", timeZone: "UTC", hourCycle: "h23" })} UTC`;
}

/** How long something lasts, given in milliseconds: never less than it does. */
export function lasting(time: number): string {
  const seconds = Math.ceil(time / 1_000);
  if (seconds < 100) return say("seconds-n", { n: seconds });
  const minutes = Math.ceil(seconds / 60);
  return minutes < 100 ? say("minutes-n", { n: minutes }) : say("hours-n", { n: Math.ceil(minutes / 60) });
}

/** What the disk did not do, in words: when it is full, browsers say so each in its way. */
export function diskSaid(error: unknown): string {
  const { name = "", message = "" } = error as Partial<Error>;
  return name === "QuotaExceededError" ? say("disk-full") : message || name || String(error);
}
