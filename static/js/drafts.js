// Keeps what is typed into forms marked data-draft="key" in this tab, so that a dropped network loses nothing.
// Per user and key; forgotten after the server said it saved, at sign-out, and when somebody else signs in.
"use strict";

(() => {
  const user = document.body.dataset.user || "";
  const PREFIX = "draft:";
  const SENT = "draft-sent";
  let store;
  let timer;
  let leaving = false; // signing out hides the page, which must not save anew what was just forgotten
  try { store = window.sessionStorage; store.getItem(SENT); } catch { return; }
  const keyOf = (form) => `${PREFIX}${user}:${form.dataset.draft}`;
  const keys = () => Object.keys(store).filter((key) => key.startsWith(PREFIX));

  // Somebody else's drafts have no business in this tab. Nobody being signed in is not enough: a session that ran out must
  // not cost the text.
  if (user) for (const key of keys()) if (!key.startsWith(`${PREFIX}${user}:`)) store.removeItem(key);

  const saved = document.querySelector("#messages [data-saved]");
  if (saved && store.getItem(SENT)) store.removeItem(store.getItem(SENT));
  if (user) store.removeItem(SENT);

  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-signout]")) { leaving = true; clearTimeout(timer); store.clear(); }
    if (event.target.matches("form[data-draft]") && !event.defaultPrevented) { keep(event.target); store.setItem(SENT, keyOf(event.target)); }
  });

  const fields = (form) => [...form.elements].filter((field) =>
    field.name && field.name !== "csrfmiddlewaretoken" && field.name !== "version" && !field.disabled &&
    !["hidden", "file", "password", "submit", "button"].includes(field.type));

  function keep(form) {
    if (leaving) return;
    const values = {};
    for (const field of fields(form)) {
      if (field.type === "checkbox" || field.type === "radio") { if (field.checked) (values[field.name] ||= []).push(field.value); else values[field.name] ||= []; }
      else if (field.multiple) values[field.name] = [...field.selectedOptions].map((option) => option.value);
      else (values[field.name] ||= []).push(field.value);
    }
    try { store.setItem(keyOf(form), JSON.stringify(values)); } catch { /* full: typing goes on, only the net is gone */ }
  }

  function restore(form) {
    let values;
    try { values = JSON.parse(store.getItem(keyOf(form))); } catch { values = null; }
    if (!values) return;
    const seen = {};
    let changed = false;
    for (const field of fields(form)) {
      if (!(field.name in values)) continue;
      const kept = values[field.name];
      if (field.type === "checkbox" || field.type === "radio") { const on = kept.includes(field.value); changed ||= on !== field.checked; field.checked = on; }
      else if (field.multiple) for (const option of field.options) { const on = kept.includes(option.value); changed ||= on !== option.selected; option.selected = on; }
      else {
        const place = seen[field.name] = (seen[field.name] ?? -1) + 1;
        if (kept[place] !== undefined && kept[place] !== field.value) { field.value = kept[place]; changed = true; }
      }
    }
    if (changed) tell(form);
  }

  function tell(form) {
    const note = document.createElement("p");
    note.className = "draft-note";
    note.setAttribute("role", "status");
    note.append(document.body.dataset.textRestored);
    const discard = document.createElement("button");
    discard.type = "button";
    discard.className = "btn btn-sm";
    discard.textContent = document.body.dataset.textDiscard;
    discard.addEventListener("click", () => { store.removeItem(keyOf(form)); form.reset(); note.remove(); });
    note.append(discard);
    (form.querySelector(".card-body") || form).prepend(note);
  }

  document.addEventListener("input", (event) => {
    const form = event.target.closest && event.target.closest("form[data-draft]");
    if (!form || !user) return;
    form.dataset.touched = "1";
    clearTimeout(timer);
    timer = setTimeout(() => keep(form), 300);
  });
  // Also when the tab is hidden or left, which the timer may miss.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden" && user) for (const form of document.querySelectorAll("form[data-draft][data-touched]")) keep(form);
  });

  for (const form of document.querySelectorAll("form[data-draft]:not([data-bound])")) if (user) restore(form);
})();
