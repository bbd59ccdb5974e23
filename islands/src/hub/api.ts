// Requests to Muster, as somebody who enrolled. An answer never came: status 0.
import type { Reply, Request } from "./sync.ts";

/** Longest time for an answer to what is small, in milliseconds: networks at hubs are slow. */
const LONGEST = 60_000;
/** Fewest bytes that get through in a millisecond: what is large has longer. */
const SLOWEST = 2;

/** How long an answer may take, in milliseconds. */
export function patience(body: Request["body"]): number {
  return LONGEST + Math.ceil((body?.length ?? 0) / SLOWEST);
}

export async function ask(request: Request, token: string | null): Promise<Reply> {
  const headers: Record<string, string> = {};
  if (token !== null) headers["authorization"] = `Bearer ${token}`;
  if (request.key) headers["idempotency-key"] = request.key;
  if (request.body !== undefined) headers["content-type"] = typeof request.body === "string" ? "application/json" : "image/jpeg";
  try {
    const answer = await fetch(request.path, {
      method: request.method,
      headers,
      body: request.body ?? null,
      cache: "no-store",
      // With a token nobody is asked for by a cookie, too.
      credentials: token === null ? "same-origin" : "omit",
      signal: AbortSignal.timeout(patience(request.body)),
    });
    // Read before the body, which may take long.
    const contact = { phone: Date.now(), server: Date.parse(answer.headers.get("date") ?? "") };
    // What a network of others puts before ours, a page or nothing at all, is no answer of Muster's.
    const empty = request.method === "PUT" && answer.status === 204;
    if (!empty && !/^application\/(problem\+)?json/.test(answer.headers.get("content-type") ?? "")) return { status: 0, body: {} };
    const reply: Reply = { status: answer.status, body: parsed(await answer.text()) };
    return Number.isNaN(contact.server) ? reply : { ...reply, contact };
  } catch {
    return { status: 0, body: {} };
  }
}

function parsed(text: string): Record<string, unknown> {
  try {
    return (JSON.parse(text) ?? {}) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** All pages of a list, by a token or by the session. */
export async function pages<T>(path: string, name: string, token: string | null, most: number): Promise<T[] | Reply> {
  const found: T[] = [];
  let cursor: unknown = null;
  do {
    const next = cursor === null ? path : `${path}${path.includes("?") ? "&" : "?"}cursor=${encodeURIComponent(String(cursor))}`;
    const reply = await ask({ as: "", method: "GET", path: next }, token);
    if (reply.status !== 200) return reply;
    found.push(...((reply.body[name] as T[] | undefined) ?? []));
    cursor = reply.body["next"] ?? null;
  } while (cursor !== null && found.length < most);
  return found;
}

/** What became of signing in: it was taken, name and password do not fit, nothing was decided, or another try is to wait for so many milliseconds; 0: nobody said how long. */
export type SignedIn = "in" | "wrong" | "no-answer" | { wait: number };

/** Signs in with a password; the session lasts until `signOut`. */
export async function signIn(name: string, password: string): Promise<SignedIn> {
  const form = new URLSearchParams({ name, password, next: "/healthz" });
  try {
    const answer = await fetch("/sign-in", { method: "POST", body: form, credentials: "same-origin", signal: AbortSignal.timeout(LONGEST) });
    if (answer.status === 429) return { wait: waitSaid(answer.headers.get("retry-after") ?? "") };
    if (answer.status >= 500) return "no-answer";
    if (answer.ok) return "in";
    // Servers that say this with no status of its own say it in words.
    const [, seconds] = (await answer.text()).match(/Too many attempts\D+(\d+)/) ?? [];
    return seconds === undefined ? "wrong" : { wait: Number(seconds) * 1_000 };
  } catch {
    return "no-answer";
  }
}

/** How long to wait, in milliseconds: told in seconds, or by a moment. */
function waitSaid(told: string): number {
  const wait = /^\d+$/.test(told) ? Number(told) * 1_000 : Date.parse(told) - Date.now();
  return Number.isNaN(wait) ? 0 : Math.max(wait, 0);
}

export async function signOut(): Promise<void> {
  await fetch("/sign-out", { method: "POST", credentials: "same-origin", redirect: "manual", signal: AbortSignal.timeout(LONGEST) }).catch(() => undefined);
}
