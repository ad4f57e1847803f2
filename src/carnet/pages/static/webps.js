// The portal's keyboard, clocks, focus and progress. Every page works without it (look.md, keyboard).
"use strict";
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const typing = (node) => node.closest("input:not([type=checkbox]):not([type=radio]), select, textarea, [contenteditable]");
  const shown = (node) => node && node.offsetParent !== null;

  // A conversation that shows is read: said at once, without a button.
  for (const form of document.querySelectorAll("form[data-now]")) fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual" }).then(() => form.remove());
  // Focus goes to what was said: an error summary, a toast, the heading of what came.
  const said = document.querySelector("[role=alert][data-said]") || document.querySelector("[data-said]");
  if (said) said.focus();
  document.body.addEventListener("htmx:afterSwap", (event) => {
    const heading = $("[data-focus], [role=alert]", event.detail.target && event.detail.target.isConnected ? event.detail.target : document);
    if (heading) { heading.setAttribute("tabindex", "-1"); heading.focus(); }
    wake();
  });

  // Whose record each printed sheet is of (pages.css, @page).
  const whose = document.querySelector("[data-patient]");
  if (whose) document.documentElement.style.setProperty("--patient", JSON.stringify(whose.dataset.patient));

  // Buttons that only a script can serve appear with it.
  function wake() {
    for (const button of document.querySelectorAll("[data-print]")) button.hidden = false;
  }
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) window.print();
    const help = event.target.closest('a[href="#raccourcis"]');
    if (help) { event.preventDefault(); $("#raccourcis").showModal(); $("#t-raccourcis").focus(); }
  });
  wake();

  // What is left of the session and of an emergency access.
  const words = (ms) => {
    const minutes = Math.max(0, Math.floor(ms / 60000));
    return minutes >= 60 ? `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")}` : `${minutes} min`;
  };
  function tick() {
    const now = new Date(), text = $("[data-left]");
    if (text && document.body.dataset.closes) text.textContent = words(new Date(document.body.dataset.closes) - now);
    const emergency = $(".emergency[data-until]");
    if (emergency) {
      const rest = new Date(emergency.dataset.until) - now;
      $("[data-countdown]", emergency).textContent = words(rest);
      if (rest <= 0) location.reload();
    }
  }
  tick();
  setInterval(tick, 15000);

  // Progress of files that are being sent.
  document.body.addEventListener("htmx:xhr:progress", (event) => {
    const form = event.target.closest("form[data-progress]");
    const place = form && event.target === form && document.getElementById(form.dataset.progress);
    if (!place) return;
    place.hidden = false;
    $("progress", place).value = event.detail.total ? (100 * event.detail.loaded) / event.detail.total : 0;
  });

  // j and k walk along the documents of the page.
  function walk(step) {
    const docs = [...document.querySelectorAll("main .doc:has(.doc-title[href])")].filter(shown);
    if (!docs.length) return;
    const at = docs.findIndex((d) => d.contains(document.activeElement));
    const next = docs[Math.min(Math.max(at + step, 0), docs.length - 1)];
    for (const doc of docs) doc.classList.toggle("here", doc === next);
    $(".doc-title", next).focus();
  }

  function press(key) {
    const control = document.querySelector(`[aria-keyshortcuts~="${CSS.escape(key)}"]`);
    if (!shown(control)) return false;
    const field = control.matches("input") ? control : key === "/" && $("input[type=search]", control.form || control.parentElement);
    if (field) { field.focus(); field.select(); } else control.click();
    return true;
  }

  document.addEventListener("keydown", (event) => {
    const inside = typing(event.target), open = $("dialog[open]");
    if (event.key === "Escape" && inside && event.target.type === "search") { event.target.value = ""; return; }
    if (open || event.altKey || event.metaKey) return;
    if (event.ctrlKey) {
      const form = event.key === "Enter" && (event.target.form || event.target.closest("form") || $("main form:has(.primary)"));
      if (form && form.requestSubmit) { event.preventDefault(); form.requestSubmit($("[aria-keyshortcuts='Control+Enter']", form)); }
      return;
    }
    if (event.key === "F2" || event.key === "F4") { if (press(event.key)) event.preventDefault(); return; }
    if (inside || document.body.dataset.shortcuts === "off") return;
    if (event.key === "j" || event.key === "k") { walk(event.key === "j" ? 1 : -1); event.preventDefault(); return; }
    if (/^[1-7/cdnpu?]$/.test(event.key) && press(event.key)) event.preventDefault();
  });
})();
