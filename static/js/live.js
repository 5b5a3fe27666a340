// What somebody else does to the case on this page shows here by itself. While something is being typed nothing is replaced:
// then a note says what happened, and a link shows it.
"use strict";

(() => {
  const place = document.querySelector("[data-live]");
  if (!place) return;
  const EVERY = 5000; // milliseconds
  const LONGEST = 120000; // between two questions while the server does not answer
  let tag = place.dataset.liveTag;
  let pause = EVERY;
  let over = false;

  async function ask() {
    if (over) return;
    if (!document.hidden) {
      try {
        const answer = await fetch(place.dataset.live, { headers: { "If-None-Match": tag, "X-Requested-With": "live" }, redirect: "manual", cache: "no-store" });
        pause = answer.ok || answer.status === 304 ? EVERY : Math.min(pause * 2, LONGEST);
        if (answer.status === 404 || answer.type === "opaqueredirect") { over = true; return; } // the right ended, or the session
        if (answer.ok) await arrived((await answer.json()).text, answer.headers.get("ETag"));
      } catch {
        pause = Math.min(pause * 2, LONGEST);
      }
    }
    setTimeout(ask, pause);
  }

  async function arrived(text, newTag) {
    tag = newTag;
    if (!busy()) await refresh();
    say(text);
  }

  // Whether replacing the page's content would take something from the reader.
  function busy() {
    return Boolean(document.querySelector("main form[data-guard]")) ||
      (document.activeElement !== null && document.activeElement.matches("main input, main textarea, main select"));
  }

  async function refresh() {
    const answer = await fetch(location.href, { cache: "no-store", redirect: "manual" });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
    const main = document.querySelector("main");
    if (!fresh) return;
    const open = [...main.querySelectorAll("details")].map((box) => box.open);
    main.replaceChildren(...fresh.childNodes);
    [...main.querySelectorAll("details")].forEach((box, place) => { if (open[place]) box.open = true; });
    if (window.htmx) window.htmx.process(main);
  }

  function say(text) {
    const note = document.querySelector("[data-live-note]");
    if (!note) return;
    note.querySelector("[data-live-text]").textContent = text;
    note.querySelector("[data-live-show]").hidden = !busy();
    note.hidden = false;
    document.body.classList.add("noted"); // the page grows by the height of the note, so that nothing stays under it
  }

  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-live-close]")) return;
    event.target.closest("[data-live-note]").hidden = true;
    document.body.classList.remove("noted");
  });

  setTimeout(ask, EVERY);
})();
