// What of a phone's journal is not kept for ever.
import { isNote, type Deed } from "./model.ts";
import { isOwed } from "./notes.ts";

/** Deeds of which Muster has told are kept so long, in milliseconds. */
const KEPT = 30 * 86_400_000;

/** Deeds that were over long before `now`. By the server's clock: the phone's may have fallen back to its first day. */
export function forgotten(deeds: readonly Deed[], now: number): Deed[] {
  const over = (deed: Deed): boolean => (deed.settled === true || deed.state === "dropped") && !isOwed(deed, deeds);
  const old = (deed: Deed): boolean => over(deed) && now - (deed.at ?? deed.made) > KEPT;
  // The last one stays: by it the next gets its place.
  const gone = new Set(deeds.slice(0, -1).filter(old));
  // By its notes it is known whether Muster has what was given up.
  const told = new Set(deeds.filter((deed) => !gone.has(deed)).map(({ seq }) => seq));
  return [...gone].filter((deed) => !isNote(deed) || deed.about === undefined || !told.has(deed.about));
}
