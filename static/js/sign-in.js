// Helps on the pages of signing in: passwords made readable, their length counted, passkeys. Without it a password
// and a code do as well; a passkey needs it.
"use strict";

(() => {
  // A password may be made readable while it is typed; it is hidden again when the form goes.
  for (const input of document.querySelectorAll("input[data-reveal]")) {
    const box = document.createElement("span");
    const button = document.createElement("button");
    box.className = "reveal";
    button.type = "button";
    button.setAttribute("aria-controls", input.id);
    const show = (readable) => {
      input.type = readable ? "text" : "password";
      button.textContent = readable ? input.dataset.hide : input.dataset.reveal;
      button.setAttribute("aria-pressed", String(readable));
    };
    button.addEventListener("click", () => { show(input.type === "password"); input.focus(); });
    if (input.form) input.form.addEventListener("submit", () => show(false), true);
    input.replaceWith(box);
    box.append(input, button);
    show(false);
  }

  // How long a new password still has to become. Characters are counted as the server does, after NFKC.
  for (const input of document.querySelectorAll("input[data-least]")) {
    const note = document.createElement("div");
    note.className = "strength";
    note.setAttribute("role", "status");
    input.parentElement.after(note);
    input.addEventListener("input", () => {
      const missing = Number(input.dataset.least) - [...input.value.normalize("NFKC")].length;
      note.textContent = !input.value ? "" : missing > 0 ? input.dataset.short.replace("#", missing) : input.dataset.enough;
    });
  }

  // Passkeys: the server's options and the browser's answer travel as JSON with base64url for bytes.
  const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const listed = (list) => (list || []).map((item) => ({ ...item, id: bytes(item.id) }));

  async function made(options) {
    const credential = await navigator.credentials.create({ publicKey: {
      ...options,
      challenge: bytes(options.challenge),
      user: { ...options.user, id: bytes(options.user.id) },
      excludeCredentials: listed(options.excludeCredentials),
    } });
    const { response } = credential;
    return { ...facts(credential), response: { clientDataJSON: text(response.clientDataJSON), attestationObject: text(response.attestationObject) } };
  }

  async function shown(options) {
    const credential = await navigator.credentials.get({ publicKey: {
      ...options, challenge: bytes(options.challenge), allowCredentials: listed(options.allowCredentials),
    } });
    const { response } = credential;
    return { ...facts(credential), response: {
      clientDataJSON: text(response.clientDataJSON),
      authenticatorData: text(response.authenticatorData),
      signature: text(response.signature),
    } };
  }

  const facts = (credential) => ({ id: credential.id, rawId: text(credential.rawId), type: credential.type });

  for (const box of document.querySelectorAll("[data-passkey]")) {
    if (!window.PublicKeyCredential) continue;
    const form = box.closest("form");
    const button = box.querySelector("[data-passkey-go]");
    const note = box.querySelector("[data-passkey-note]");
    box.hidden = false;
    const ask = async () => {
      note.textContent = "";
      button.disabled = true;
      try {
        const answer = await (box.dataset.passkey === "create" ? made : shown)(JSON.parse(box.dataset.options));
        form.elements.answer.value = JSON.stringify(answer);
        form.requestSubmit();
      } catch {
        note.textContent = box.dataset.failed;
        button.disabled = false;
      }
    };
    const named = form.elements.label; // of a passkey that is being made: without a name the server says so
    button.addEventListener("click", () => { if (named && !named.value.trim()) form.requestSubmit(); else ask(); });
    form.addEventListener("submit", (event) => { // Enter in the name's field
      if (!named || !named.value.trim() || form.elements.answer.value) return;
      event.preventDefault();
      event.stopPropagation();
      ask();
    });
  }
})();
