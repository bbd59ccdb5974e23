// Passkeys, as browsers make and use them: what the account's page and the hub's phone share. A passkey signs a text by signing its hash.

/** How a browser knows a passkey: the credential's name in base 64 for addresses, and the host that it is of. */
export interface Known {
  credential: string;
  relying_party: string;
}

/** A new passkey, as the API takes it; and whether it lies in this device or apart from it, if the browser says. */
export interface Made extends Known {
  public_key: string;
  attachment: string;
}

/** A signature of a passkey, as the API takes it. */
export interface Assertion {
  credential: string;
  attachment: string;
  signature: string;
  authenticator_data: string;
  client_data: string;
}

/** Why there is none: the browser has no passkeys; the person declined, or time ran out; this device has one already; another reason. */
export type Trouble = "none" | "declined" | "known" | "failed";

/** How long somebody has, in milliseconds. */
const LONGEST = 120_000;
/** ECDSA on P-256 with SHA-256, by its number in COSE. */
const ES256 = -7;

export function base64(bytes: ArrayBuffer): string {
  return btoa(String.fromCharCode(...new Uint8Array(bytes)));
}

function forAddresses(bytes: ArrayBuffer): string {
  return base64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function ofAddresses(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
}

/** Those of this page's host: browsers know no others here. */
export function here<K extends Known>(known: readonly K[]): K[] {
  return known.filter(({ relying_party }) => relying_party === location.hostname);
}

function listed(known: readonly Known[]): PublicKeyCredentialDescriptor[] {
  return here(known).map(({ credential }) => ({ type: "public-key", id: ofAddresses(credential) }));
}

export function hasPasskeys(): boolean {
  return "PublicKeyCredential" in globalThis && typeof navigator.credentials?.create === "function";
}

function why(error: unknown): Trouble {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "InvalidStateError") return "known";
  return name === "NotAllowedError" || name === "AbortError" ? "declined" : "failed";
}

/** Makes a passkey for somebody; `apart`: one that does not lie in this device. Those that they have are not made twice on one device. */
export async function make(name: string, known: readonly Known[], apart: boolean): Promise<Made | Trouble> {
  if (!hasPasskeys()) return "none";
  // The same person has the same handle, so that a device keeps one passkey for them, not many.
  const handle = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`muster ${name}`));
  try {
    const made = (await navigator.credentials.create({
      publicKey: {
        rp: { id: location.hostname, name: "Muster" },
        user: { id: handle, name, displayName: name },
        // Nobody is signed in by it: no answer to this is looked at.
        challenge: crypto.getRandomValues(new Uint8Array(32)),
        pubKeyCredParams: [{ type: "public-key", alg: ES256 }],
        authenticatorSelection: { residentKey: "preferred", userVerification: "required", ...(apart ? { authenticatorAttachment: "cross-platform" as const } : {}) },
        attestation: "none",
        excludeCredentials: listed(known),
        timeout: LONGEST,
      },
    })) as PublicKeyCredential | null;
    const response = made?.response as AuthenticatorAttestationResponse | undefined;
    const key = response?.getPublicKey() ?? null;
    if (!made || !key || response?.getPublicKeyAlgorithm() !== ES256) return "failed";
    return { credential: forAddresses(made.rawId), relying_party: location.hostname, public_key: base64(key), attachment: made.authenticatorAttachment ?? "" };
  } catch (error) {
    return why(error);
  }
}

/** Signs a text by one of these passkeys. Needs no network. */
export async function signBy(known: readonly Known[], text: string): Promise<Assertion | Trouble> {
  const allowed = listed(known);
  if (!hasPasskeys() || allowed.length === 0) return "none";
  try {
    const challenge = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
    const got = (await navigator.credentials.get({
      publicKey: { challenge, rpId: location.hostname, allowCredentials: allowed, userVerification: "required", timeout: LONGEST },
    })) as PublicKeyCredential | null;
    if (!got) return "failed";
    const { signature, authenticatorData, clientDataJSON } = got.response as AuthenticatorAssertionResponse;
    return { credential: forAddresses(got.rawId), attachment: got.authenticatorAttachment ?? "", signature: base64(signature), authenticator_data: base64(authenticatorData), client_data: base64(clientDataJSON) };
  } catch (error) {
    return why(error);
  }
}
