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
