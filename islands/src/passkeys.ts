// On the account's page: adds a passkey. On a consignment's: whoever is signed in signs by one of theirs. Where the browser has none, the
// account's page says so, and that of a consignment does not offer it.
import { hasPasskeys, here, make, signBy, type Known, type Trouble } from "./passkey.ts";

type Words = Record<Trouble | "added" | "not_signed" | "not_used" | "reason" | "unanswered", string>;

/** What a page tells in an element: passkeys that it knows, and what to say. */
function told(element: HTMLElement): { known: (Known & { key: string })[]; words: Words } {
  return { known: JSON.parse(element.dataset["known"] ?? "[]"), words: JSON.parse(element.dataset["words"] ?? "{}") };
}

const adding = document.getElementById("passkey");
if (adding instanceof HTMLFormElement) add(adding);
for (const form of document.forms) {
  const choice = form.querySelector<HTMLElement>("[data-by-passkey]");
  if (choice) sign(form, choice);
}

function add(form: HTMLFormElement): void {
  const { known, words } = told(form);
  const [label, go, said] = [form.querySelector("input"), form.querySelector("button"), document.getElementById("passkey-said")];
  if (!label || !go || !said) throw new Error("the form of passkeys is not whole");
  const tell = (text: string, wrong: boolean): void => {
    said.className = wrong ? "wrong" : "said";
    said.textContent = text;
  };
  /** Gives what went wrong. */
  const added = async (): Promise<string | null> => {
    const made = await make(form.dataset["name"] ?? "", known, false);
    if (typeof made === "string") return words[made];
    const { credential, relying_party, public_key } = made;
    const body = JSON.stringify({ kind: "passkey", public_key, credential, relying_party, label: label.value.trim(), reason: words.reason });
    const answer = await fetch("/api/v1/me/signing-keys", { method: "POST", headers: { "content-type": "application/json" }, body }).catch(() => null);
    if (answer?.ok) return null;
    const refused = (await answer?.json().catch(() => null)) as { detail?: string } | null;
    return refused?.detail ?? words.unanswered;
  };
  form.hidden = false;
  if (!hasPasskeys()) {
    go.disabled = true;
    tell(words.none, true);
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (go.disabled) return;
    go.disabled = true;
    void added()
      .catch(() => words.failed)
      .then((wrong) => {
        go.disabled = false;
        tell(wrong ?? words.added, wrong !== null);
        // The list is drawn by the server.
        if (wrong === null) location.reload();
      });
  });
}

/** Before a form is sent in which somebody signs by their passkey, the server says what there is to be signed. */
function sign(form: HTMLFormElement, choice: HTMLElement): void {
  const { known, words } = told(choice);
  const [side, said] = [choice.querySelector("select"), choice.querySelector("p")];
  if (!side || !said || !hasPasskeys() || here(known).length === 0) return;
  choice.hidden = false;
  const put = (name: string, value: string): void => {
    (form.elements.namedItem(name) as HTMLInputElement).value = value;
  };
  /** Gives what went wrong. */
  const signed = async (submitter: HTMLElement | null): Promise<string | null> => {
    // Photographs stand in no text that is signed.
    const typed = [...new FormData(form)].filter((part): part is [string, string] => typeof part[1] === "string");
    const sent = new URLSearchParams(typed);
    if (submitter instanceof HTMLButtonElement) sent.append(submitter.name, submitter.value);
    const answer = await fetch(`${new URL(form.action).pathname}/text`, { method: "POST", body: sent }).catch(() => null);
    if (!answer) return words.unanswered;
    // What is wrong with the form is told when it is sent.
    if (!answer.ok) return null;
    const text = await answer.text();
    const got = await signBy(known, text);
    if (typeof got === "string") return got === "declined" ? words.not_signed : words.not_used;
    const used = known.find(({ credential }) => credential === got.credential);
    if (!used) return words.not_used;
    put("passkey", used.key);
    put("passkey_signature", got.signature);
    put("passkey_authenticator_data", got.authenticator_data);
    put("passkey_client_data", got.client_data);
    put("signed_text", text);
    return null;
  };
  let ready = false;
  form.addEventListener("submit", (event) => {
    if (ready || side.value === "") return;
    event.preventDefault();
    const { submitter } = event;
    said.hidden = true;
    void signed(submitter)
      .catch(() => words.not_used)
      .then((wrong) => {
        if (wrong === null) {
          ready = true;
          return form.requestSubmit(submitter);
        }
        said.textContent = wrong;
        said.hidden = false;
      });
  });
}
