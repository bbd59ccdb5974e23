// Passkeys on a hub's phone: adding one, which needs the network, and signing by one, which needs none.
import { here, make, signBy, type Known } from "../passkey.ts";
import { ask } from "./api.ts";
import type { Signer } from "./model.ts";
import type { Phone } from "./phone.ts";
import type { Reply } from "./sync.ts";
import type { Passkey, Person } from "./vault.ts";
import { say } from "./words.ts";

/** A key as Muster tells of it. */
interface Key extends Known {
  key: string;
  kind: string;
  revoked_at: string | null;
}

/** Those by which somebody may sign here. One that lies in the phone opens for whoever opens the phone's lock, so not where several share it. */
export function usable({ passkeys = [] }: Person, shared: boolean): Passkey[] {
  return here(passkeys).filter(({ attachment }) => !shared || attachment !== "platform");
}

/** Adds a passkey of whoever has the phone open, or takes the one that this device has already. Gives what went wrong, and what was done. */
export async function addPasskey(phone: Phone, pin: string, label: string): Promise<{ wrong: string } | { done: string }> {
  // The phone lies open: who adds what signs in somebody's name must be them.
  const { passkeys = [] } = await phone.vault.known(phone.me, pin);
  const token = phone.token(phone.me) ?? "none";
  const path = "/api/v1/me/signing-keys";
  const refused = ({ body }: Reply): { wrong: string } => ({ wrong: String(body["detail"] ?? say("no-answer")) });
  const told = await ask({ as: phone.me, method: "GET", path }, token);
  if (told.status !== 200) return refused(told);
  const registered = here(((told.body["keys"] as Key[] | undefined) ?? []).filter((one) => one.kind === "passkey" && one.revoked_at === null));
  const kept = (one: Key): Passkey => {
    const { key, credential, relying_party } = one;
    return { key, credential, relying_party, attachment: passkeys.find((known) => known.key === key)?.attachment ?? "" };
  };
  const apart = (await phone.vault.people()).length > 1;
  const made = await make(phone.me, registered, apart);
  if (made === "known") {
    await phone.vault.keepPasskeys(phone.me, registered.map(kept));
    return { done: say("passkey-taken") };
  }
  if (typeof made === "string") return { wrong: say({ none: "passkey-none", declined: "passkey-not-made", failed: "passkey-failed" }[made]) };
  const { attachment, ...key } = made;
  const added = await ask({ as: phone.me, method: "POST", path, body: JSON.stringify({ kind: "passkey", ...key, label, reason: say("reason-key") }) }, token);
  if (typeof added.body["key"] !== "string") return refused(added);
  const still = registered.filter(({ key }) => passkeys.some((known) => known.key === key)).map(kept);
  const { credential, relying_party } = key;
  await phone.vault.keepPasskeys(phone.me, [...still, { key: added.body["key"], credential, relying_party, attachment }]);
  return { done: say("passkey-added") };
}

/** Signs by a passkey of somebody; what goes wrong is a text. */
export async function signByPasskey(phone: Phone, { name }: Person, passkeys: Passkey[], shared: boolean, text: string): Promise<Signer | string> {
  const got = await signBy(passkeys, text);
  if (typeof got === "string") return `${name}: ${say({ none: "passkey-none", declined: "passkey-declined", known: "passkey-not-used", failed: "passkey-not-used" }[got])}`;
  const used = passkeys.find(({ credential }) => credential === got.credential);
  if (!used) return `${name}: ${say("passkey-not-used")}`;
  const { attachment, signature, authenticator_data, client_data } = got;
  // One that was made elsewhere tells only now where it lies.
  if (used.attachment === "" && attachment !== "") {
    const all = (await phone.vault.people()).find((person) => person.name === name)?.passkeys ?? [];
    await phone.vault.keepPasskeys(name, all.map((one) => (one.key === used.key ? { ...one, attachment } : one)));
  }
  if (shared && attachment === "platform") return `${name}: ${say("passkey-in-phone")}`;
  return { name, key: used.key, signature, authenticator_data, client_data };
}
