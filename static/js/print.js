// Printing from a button, because not everybody knows the browser's menu. It may be hidden until there is a script.
"use strict";

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
