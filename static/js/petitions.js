// Registering without the mouse: Alt and a digit tick the similar petition of that number, Alt+0 none.
"use strict";

document.addEventListener("keydown", (event) => {
  const digit = event.altKey && !event.ctrlKey && !event.metaKey ? /^(?:Digit|Numpad)(\d)$/.exec(event.code) : null;
  const choice = digit && document.querySelector(`[data-pick="${digit[1]}"]`);
  if (!choice) return;
  event.preventDefault();
  choice.checked = true;
});
