// Whether the browser keeps what is on this phone, and has room for more.

/** Fewest bytes that are to be free: as much as a hundred photographs. */
const LEAST = 50_000_000;

/** What is wrong with the room, by the name of a text; empty: nothing that is known. Asks the browser to keep all of it, if that is to be asked: some ask people. */
export async function room(asks: boolean): Promise<"" | "room-full" | "room-evictable"> {
  const storage: StorageManager | undefined = navigator.storage;
  const { usage = 0, quota = 0 } = (await storage?.estimate?.().catch(() => undefined)) ?? {};
  if (quota > 0 && quota - usage < LEAST) return "room-full";
  if (!storage?.persisted) return "";
  const kept = (await storage.persisted().catch(() => true)) || (asks && (await storage.persist?.().catch(() => false)));
  return kept ? "" : "room-evictable";
}
