// The page that shows who wrote takes itself off the screen when its time is over; the server would not show it again anyway.
"use strict";
(() => {
  const card = document.querySelector("[data-seconds-left]");
  if (!card) return;
  const ends = Date.now() + Number(card.dataset.secondsLeft) * 1000;
  const look = () => {
    const left = ends - Date.now();
    if (left > 0) {
      setTimeout(look, Math.min(left, 30000)); // in steps: a computer that slept notices soon
      return;
    }
    card.remove();
    location.reload();
  };
  look();
  document.addEventListener("visibilitychange", () => { if (ends <= Date.now()) look(); });
})();
