// Work that is under way, by act and by what it is about: who only looks at something loses nothing that was counted of it.
import type { Draft, Kind } from "./model.ts";
import { ofSerial } from "./school.ts";
import { backoff } from "./sync.ts";

/** Longest time until what the disk did not take is tried again, in milliseconds. */
const LONGEST = 30_000;

/** What a draft is known by. */
export function draftKey(kind: Kind, about: string): string {
  return `${kind} ${about}`;
}

export class Drafts {
  private readonly known = new Map<string, Draft>();
  private readonly ended = new WeakSet<Draft>();
  /** Those of which the last change is not on the disk, and why. */
  private readonly unkept = new Map<string, string>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private failed = 0;

  /** Takes a draft as it now is; gives what it is known by, or null if it has come to its end. */
  take(draft: Draft): string | null {
    if (this.ended.has(draft)) return null;
    const key = draftKey(draft.kind, draft.consignment);
    this.known.set(key, draft);
    return key;
  }

  at(key: string): Draft | undefined {
    return this.known.get(key);
  }

  all(): Draft[] {
    return [...this.known.values()];
  }

  /** Whether anything was begun of a thing, or of a day of it. */
  has(code: string): boolean {
    return this.all().some(({ consignment }) => consignment === code || consignment.startsWith(ofSerial(code, "")));
  }

  /** From now on no tap that comes late writes it again. */
  end(draft: Draft | undefined): void {
    if (draft) this.ended.add(draft);
  }

  drop(key: string): void {
    this.end(this.known.get(key));
    this.known.delete(key);
    this.unkept.delete(key);
  }

  /** The disk took it, or did not for a reason. */
  wrote(key: string, wrong: string): void {
    if (wrong === "") this.unkept.delete(key);
    else this.unkept.set(key, wrong);
  }

  /** Why something that was tapped would be lost if the phone went out now; empty: all of it is on the disk. */
  get lost(): string {
    return [...this.unkept.values()][0] ?? "";
  }

  /** Tries again what the disk did not take, after a while, and after a longer one each time. */
  again(keep: (draft: Draft) => void): void {
    if (this.unkept.size === 0) return this.stop();
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.open().forEach(keep);
    }, Math.min(backoff(this.failed++), LONGEST));
  }

  /** Tries nothing again. */
  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.failed = 0;
  }

  /** What the disk did not take. */
  open(): Draft[] {
    return [...this.unkept.keys()].flatMap((key) => this.known.get(key) ?? []);
  }
}
