// Printing from a button, because not everybody knows the browser's menu.
"use strict";

for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => window.print());
