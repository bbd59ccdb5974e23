// What pages do beyond links and forms. Without it everything still works.
"use strict";

// The key "/" goes to the search.
document.addEventListener("keydown", (event) => {
  const field = document.querySelector("[data-key='/']");
  const typing = event.target instanceof Element && event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "/" && field && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    field.focus();
    field.select();
  }
});

// On narrow screens the menu begins closed.
const menu = document.querySelector("details.menu");
if (menu && matchMedia("(max-width: 860px)").matches) menu.removeAttribute("open");

// What cannot be undone asks once.
document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.ask ?? event.target.dataset.ask;
  if (question && !window.confirm(question)) event.preventDefault();
});

// A file that is too large is told of before it is sent for nothing, and takes the rest of the form with it.
document.addEventListener("submit", (event) => {
  const [form, limits] = [event.target, document.getElementById("main")?.dataset];
  form.querySelector(":scope > [data-large]")?.remove();
  const files = [...form.querySelectorAll("input[type=file]")].flatMap((field) => [...field.files]);
  if (event.defaultPrevented || !limits?.mostFile || files.length === 0) return;
  const large = files.find((file) => file.size > Number(limits.mostFile));
  const all = files.reduce((sum, file) => sum + file.size, 0);
  if (!large && all <= Number(limits.mostFiles)) return;
  event.preventDefault();
  const said = document.createElement("p");
  said.className = "wrong";
  said.setAttribute("role", "alert");
  said.dataset.large = "";
  said.textContent = large ? `${large.name}: ${limits.fileLarge}` : limits.filesLarge;
  form.append(said);
});

// What a form changes is one request, however often it is sent: it has a name of its own, until the page is loaded or come back to.
const named = new WeakMap();
document.addEventListener("formdata", (event) => {
  if (event.target.getAttribute("method") !== "post") return;
  if (!named.has(event.target)) {
    const random = crypto.getRandomValues(new Uint8Array(16));
    named.set(event.target, [...random].map((byte) => byte.toString(16).padStart(2, "0")).join(""));
  }
  event.formData.set("once", named.get(event.target));
});

// Once it is on its way, a second click does not send it again. Whoever stops the page may.
const PATIENCE_MS = 30_000;
const sent = new WeakMap();
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.getAttribute("method") !== "post") return;
  if (performance.now() - (sent.get(event.target) ?? -Infinity) < PATIENCE_MS) event.preventDefault();
  else sent.set(event.target, performance.now());
});
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.forms) {
    named.delete(form);
    sent.delete(form);
  }
});

// A choice that filters needs no button.
for (const form of document.querySelectorAll("form[data-auto]")) {
  form.addEventListener("change", () => form.requestSubmit());
}

// Progress of work under way: the server tells, the page shows, and goes on when it is done.
for (const place of document.querySelectorAll("[data-progress]")) {
  const source = new EventSource(place.dataset.progress);
  source.addEventListener("progress", (event) => {
    for (const [name, text] of Object.entries(JSON.parse(event.data))) {
      const field = place.querySelector(`[data-field="${CSS.escape(name)}"]`);
      if (!field) continue;
      if (field instanceof HTMLProgressElement) field.value = Number(text);
      else field.textContent = text;
    }
  });
  source.addEventListener("done", (event) => {
    source.close();
    location.assign(event.data);
  });
}
