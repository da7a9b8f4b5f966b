// Brings the parts of the page up to date. Everything is escaped by the server.
"use strict";
(() => {
  const state = document.getElementById("state");
  const spoken = document.getElementById("spoken");
  const SILENCE = 30000; // milliseconds between two announcements
  let announced = Date.now();
  const waiting = new Map();

  const put = (id, html) => {
    const part = document.getElementById(id);
    if (!part) return;
    // Nothing is taken away from under somebody's keyboard, or out of a selection.
    const selection = document.getSelection();
    const busy = part.contains(document.activeElement) ||
      (selection && !selection.isCollapsed && part.contains(selection.anchorNode));
    if (busy) { waiting.set(id, html); return; }
    waiting.delete(id);
    const open = [...part.querySelectorAll("details")].map((one) => one.open);
    const left = [...part.querySelectorAll(".wide")].map((one) => one.scrollLeft);
    part.innerHTML = html;
    part.querySelectorAll("details").forEach((one, n) => { one.open = Boolean(open[n]); });
    part.querySelectorAll(".wide").forEach((one, n) => { one.scrollLeft = left[n] || 0; });
  };
  document.addEventListener("focusout", () => {
    setTimeout(() => waiting.forEach((html, id) => put(id, html)), 0);
  });

  const source = new EventSource("events");
  source.onopen = () => { state.textContent = state.dataset.live; };
  source.onerror = () => { state.textContent = state.dataset.still; };
  source.onmessage = (event) => {
    const parts = JSON.parse(event.data);
    Object.keys(parts).forEach((id) => put(id, parts[id]));
    document.documentElement.dataset.events = Number(document.documentElement.dataset.events || 0) + 1;
    if (parts.summary && Date.now() - announced > SILENCE) {
      announced = Date.now();
      spoken.textContent = document.getElementById("summary").textContent;
    }
  };
})();
