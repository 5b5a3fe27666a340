// Small helps for every page. Nothing here is needed to read or to register; without it forms and links work as they are.
"use strict";

(() => {
  const text = (name) => document.body.dataset[name] || "";

  // Enter that only confirms a Chinese input method's candidate must never submit. Safari ends the composition before the
  // key event and marks it only by key code 229.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.isComposing || event.keyCode === 229)) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  }, true);

  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) {
      const form = event.target.form || event.target.closest("form"); // .form: a field may stand outside of its form
      if (form && form.matches("[data-ctrl-enter]")) { event.preventDefault(); form.requestSubmit(); }
    }
    if (event.key === "Escape") {
      closeMenus(null, true);
      if (location.hash === "#nav") { location.hash = "#main"; }
    }
  });

  // One click, one submission. Buttons come back when the page is shown again from the browser's history.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-guard]")) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    if (tooLarge(form)) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    form.setAttribute("aria-busy", "true");
    const pressed = event.submitter;
    // After this turn of the loop: a disabled button would not send its own name and value.
    setTimeout(() => {
      for (const button of form.querySelectorAll("button[type=submit], button:not([type])")) button.disabled = true;
      if (pressed && form.method === "post") { pressed.dataset.label = pressed.innerHTML; pressed.textContent = text("textBusy"); }
    });
  });

  function release() {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      form.removeAttribute("aria-busy");
      for (const button of form.querySelectorAll("button")) {
        button.disabled = false;
        if (button.dataset.label) { button.innerHTML = button.dataset.label; delete button.dataset.label; }
      }
    }
  }
  window.addEventListener("pageshow", (event) => { if (event.persisted) release(); });
  document.addEventListener("htmx:afterRequest", release);

  // A file that is too large is named before it travels.
  function tooLarge(form) {
    let found = null;
    for (const input of form.querySelectorAll("input[type=file][data-max-bytes]")) {
      const over = [...input.files].some((file) => file.size > Number(input.dataset.maxBytes));
      const note = input.parentElement.querySelector("[data-too-large]");
      if (note) { note.textContent = over ? note.dataset.tooLarge : ""; note.classList.toggle("d-none", !over); note.classList.toggle("d-block", over); }
      if (over) found = found || input;
    }
    if (found) found.focus();
    return found !== null;
  }
  document.addEventListener("change", (event) => {
    if (event.target.matches("input[type=file][data-max-bytes]")) tooLarge(event.target.form);
  });

  // Menus are <details>; one open at a time, closed by a click elsewhere or Escape.
  function closeMenus(except, refocus) {
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      if (menu === except) continue;
      menu.open = false;
      if (refocus) menu.querySelector("summary").focus();
    }
  }
  document.addEventListener("click", (event) => closeMenus(event.target.closest("details[data-menu]"), false));

  // "Add a row" in formsets.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-formset-add]");
    if (!button) return;
    const set = button.closest("[data-formset]");
    const total = set.querySelector(`[name="${set.dataset.formset}-TOTAL_FORMS"]`);
    const row = set.querySelector("template[data-formset-empty]").content.cloneNode(true);
    for (const node of row.querySelectorAll("*")) {
      for (const attribute of ["name", "id", "for", "aria-describedby"]) {
        const value = node.getAttribute(attribute);
        if (value) node.setAttribute(attribute, value.replaceAll("__prefix__", total.value));
      }
    }
    total.value = Number(total.value) + 1;
    const rows = set.querySelector("[data-formset-rows]");
    rows.append(row);
    const field = rows.lastElementChild.querySelector("input:not([type=hidden]), select, textarea");
    if (field) field.focus();
  });

  // "All on this page" in bulk forms, and how many are chosen.
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-bulk]");
    if (!form) return;
    const boxes = [...form.querySelectorAll("input[type=checkbox][name=ids]")];
    if (event.target.matches("[data-bulk-all]")) for (const box of boxes) box.checked = event.target.checked;
    const chosen = boxes.filter((box) => box.checked).length;
    for (const place of form.querySelectorAll("[data-bulk-count]")) place.textContent = chosen;
    for (const button of form.querySelectorAll("[data-bulk-go]")) button.disabled = chosen === 0;
  });

  // What a panel could not load, or a lost network, is said aloud instead of nothing happening.
  function say(message) {
    const note = document.querySelector("[data-network]");
    if (!note) return;
    note.textContent = message;
    note.hidden = false;
    setTimeout(() => { note.hidden = true; }, 8000);
  }
  document.addEventListener("htmx:sendError", () => say(text("textFailed")));
  document.addEventListener("htmx:timeout", () => say(text("textFailed")));
  document.addEventListener("htmx:responseError", (event) => { if (event.detail.xhr.status >= 500) say(text("textFailed")); });

  // Filters: empty fields stay out of the address, so that a saved link says only what was asked.
  document.addEventListener("htmx:configRequest", (event) => {
    if (!event.target.matches("[data-filters]")) return;
    for (const [name, value] of [...event.detail.formData.entries()]) if (value === "") event.detail.formData.delete(name);
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-filters]")) return;
    for (const field of event.target.elements) if (field.name && field.value === "" && !field.disabled) { field.disabled = true; setTimeout(() => { field.disabled = false; }); }
  });

  // Links beside a list, such as "export", take what the list is filtered by; the address changes under them.
  document.addEventListener("htmx:pushedIntoHistory", () => {
    for (const follower of document.querySelectorAll("a[data-follow-filters]")) follower.search = location.search;
  });

  // Charts: their code is fetched only where there is one.
  let chartCode = null;
  function charts(root) {
    const places = root.querySelectorAll ? root.querySelectorAll("[data-chart]") : [];
    if (!places.length) return;
    chartCode = chartCode || load(places[0].dataset.chartScript);
    chartCode.then(() => window.drawCharts(root));
  }
  function load(source) {
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = source;
      script.onload = resolve;
      script.onerror = reject;
      document.head.append(script);
    });
  }

  // On a phone the filters start folded, unless some are set.
  function fold(root) {
    if (!matchMedia("(max-width: 47.99rem)").matches) return;
    for (const box of root.querySelectorAll("[data-filters-fold]")) if (!document.querySelector("[data-chip]")) box.open = false;
  }

  function ready(root) {
    fold(root);
    for (const button of root.querySelectorAll("[data-formset-add]")) button.hidden = false;
    for (const button of root.querySelectorAll("[data-bulk-go]")) button.disabled = true;
    for (const all of root.querySelectorAll("[data-bulk-all]")) all.hidden = false;
    charts(root);
  }
  document.addEventListener("htmx:load", (event) => { if (event.detail.elt !== document.body) ready(event.detail.elt); });
  ready(document);

  const summary = document.querySelector("[data-error-summary]");
  if (summary) summary.focus();
})();
