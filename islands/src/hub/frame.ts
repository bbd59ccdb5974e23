// What every screen is given.
import type { Phone } from "./phone.ts";

export interface Frame {
  phone: Phone;
  /** Shows another screen, `#/in` and the like. */
  go(address: string): void;
  /** Shows this screen anew. */
  redraw(): void;
  /** Says once what was done. */
  tell(text: string): void;
  /** Says what went wrong; it stays until somebody has read it, or goes on. */
  warn(text: string): void;
  /** Reads a code by the camera, from a picture or from the keyboard. */
  scan(title: string): Promise<string | null>;
}

export interface Screen {
  title: string;
  /** Where the way back leads. */
  back?: string;
  body: Node[];
  /** It changes by itself with what the phone knows. */
  live?: boolean;
}
