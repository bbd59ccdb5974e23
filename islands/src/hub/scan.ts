// Asks for a code: by the camera, from a picture, or typed. Typing is always there: cameras fail in the cold, or are not allowed.
import { read } from "./digits.ts";
import { button, el, field } from "./dom.ts";
import { say } from "./words.ts";

interface Scanner {
  prepare(wasm: string): Promise<void>;
  decode(picture: ImageData | Blob): Promise<string | null>;
}

/** Where the reader and its program lie. */
export interface Where {
  scan: string;
  wasm: string;
}

const EVERY = 200;
let loaded: Promise<Scanner> | undefined;

function scanner(where: Where): Promise<Scanner> {
  loaded ??= (import(where.scan) as Promise<Scanner>).then(async (made) => {
    await made.prepare(where.wasm);
    return made;
  });
  // What failed may be tried again.
  loaded.catch(() => (loaded = undefined));
  return loaded;
}

/** `known`: whether something on the phone has a code, whatever it looks like. */
export function askForCode(where: Where, title: string, known: (code: string) => boolean): Promise<string | null> {
  return new Promise((answer) => {
    const video = el("video", { playsinline: true, muted: true, "aria-label": say("camera") });
    const told = el("p", { class: "mu", role: "status" }, say("camera-starting"));
    const typed = el("input", { autocomplete: "off", autocapitalize: "characters", maxlength: 200 });
    const wrong = el("p", { class: "wrong", role: "alert", hidden: true });
    const picture = el("input", { type: "file", accept: "image/*" });
    let stream: MediaStream | undefined;
    let over = false;
    const end = (code: string | null): void => {
      if (over) return;
      over = true;
      for (const track of stream?.getTracks() ?? []) track.stop();
      box.close();
      box.remove();
      answer(code);
    };
    const refuse = (text: string): void => {
      wrong.textContent = text;
      wrong.hidden = false;
    };
    // A handling unit's number with a wrong digit names another one, or none.
    const take = (code: string): void => (read(code).wrong && !known(code) ? refuse(say("check-digit-wrong", { x: read(code).text })) : end(code));
    const enter = el("form", { class: "row" }, field(say("type-code"), typed), el("button", { type: "submit" }, say("take")));
    enter.addEventListener("submit", (event) => {
      event.preventDefault();
      if (typed.value.trim() !== "") take(typed.value.trim());
    });
    picture.addEventListener("change", async () => {
      const file = picture.files?.[0];
      if (!file) return;
      const code = await scanner(where).then((made) => made.decode(file)).catch(() => null);
      picture.value = "";
      if (code === null) refuse(say("no-code"));
      else take(code);
    });
    const box = el("dialog", { class: "scan", "aria-label": title, onclose: () => end(null) }, el("h2", {}, title), video, told, wrong, enter, field(say("code-picture"), picture), button(say("cancel"), () => end(null), "quiet"));
    document.body.append(box);
    box.showModal();
    void watch();

    async function watch(): Promise<void> {
      try {
        const reader = scanner(where);
        stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1_280 } } });
        if (over) return stream.getTracks().forEach((track) => track.stop());
        video.srcObject = stream;
        await video.play();
        told.textContent = say("camera-on");
        const canvas = document.createElement("canvas");
        const context = canvas.getContext("2d", { willReadFrequently: true });
        const { decode } = await reader;
        // A code that was refused is told once, as long as it is before the camera.
        let last: string | null = null;
        while (!over && context) {
          if (video.videoWidth > 0) {
            [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
            context.drawImage(video, 0, 0);
            const code = await decode(context.getImageData(0, 0, canvas.width, canvas.height));
            if (code !== null && code !== last) {
              navigator.vibrate?.(60);
              take(code);
            }
            last = code;
          }
          await new Promise((done) => setTimeout(done, EVERY));
        }
      } catch {
        video.hidden = true;
        told.textContent = say("no-camera");
      }
    }
  });
}
