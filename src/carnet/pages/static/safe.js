// Safe hands, in both portals: nothing typed is lost, nothing is sent twice, an answer that is not the part asked for is never put
// into the page (look.md, states that a page owes). Every page works without it.
"use strict";
(() => {
  const body = document.body, $ = (selector, root = document) => root.querySelector(selector);
  const show = (id, yes = true) => { const node = document.getElementById(id); if (node) { node.hidden = !yes; if (yes) node.scrollIntoView({ block: "nearest" }); } };
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("carnet-session") : null;

  // An image whose bytes do not read says so in words.
  const undrawn = (image) => { const note = $("[data-undrawn]", image.closest("article") || document); if (note) note.hidden = false; };
  for (const image of document.querySelectorAll("img.picture")) {
    image.addEventListener("error", () => undrawn(image));
    if (image.complete && !image.naturalWidth && image.loading !== "lazy") undrawn(image);
  }

  // The page after a sign-in that was opened beside another: it tells the other one, and goes.
  if (body.dataset.back !== undefined && channel) { channel.postMessage("back"); setTimeout(() => window.close(), 400); }

  // ---- drafts: AES-GCM under the person's key, a day at most
  const PREFIX = "carnet-draft:", SENT = "carnet-sent", A_DAY = 24 * 3600 * 1000;
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));
  const opened = body.dataset.key && window.crypto && crypto.subtle ? crypto.subtle.importKey("raw", bytes(body.dataset.key), "AES-GCM", false, ["encrypt", "decrypt"]) : null;
  for (const name of Object.keys(localStorage)) {
    if (!name.startsWith(PREFIX)) continue;
    let kept = {};
    try { kept = JSON.parse(localStorage.getItem(name)); } catch { kept = {}; }
    if (!(kept.until > Date.now())) localStorage.removeItem(name);
  }
  const nameOf = (form) => `${PREFIX}${body.dataset.me}:${body.dataset.whose || ""}:${form.dataset.draft || form.getAttribute("action") || location.pathname}`;
  const TYPED = ["text", "textarea", "date", "time", "tel", "email", "number", "search", "select-one", "datetime-local"];
  const typedIn = (form) => [...form.elements].filter((f) => f.name && f.name !== "form_token" && TYPED.includes(f.type));
  async function keep(form) {
    const iv = crypto.getRandomValues(new Uint8Array(12)), fields = Object.fromEntries(typedIn(form).map((f) => [f.name, f.value]));
    const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await opened, new TextEncoder().encode(JSON.stringify(fields)));
    localStorage.setItem(nameOf(form), JSON.stringify({ iv: text(iv), sealed: text(sealed), until: Date.now() + A_DAY }));
  }
  async function restore(form) {
    let kept;
    try {
      const found = JSON.parse(localStorage.getItem(nameOf(form)) || "null");
      if (!found) return;
      const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: bytes(found.iv) }, await opened, bytes(found.sealed));
      kept = JSON.parse(new TextDecoder().decode(plain));
    } catch { localStorage.removeItem(nameOf(form)); return; }
    let some = false;
    for (const field of typedIn(form)) {
      const first = field.type === "select-one" ? [...field.options].find((o) => o.defaultSelected) || field.options[0] : null;
      const untouched = first ? field.value === first.value : field.value === field.defaultValue;
      if (kept[field.name] && untouched && field.value !== kept[field.name]) { field.value = kept[field.name]; some = true; }
    }
    const note = document.getElementById("brouillon-retrouve");
    if (!some || !note) return;
    form.prepend(note.content.cloneNode(true));
    $("[data-forget]", form).addEventListener("click", () => { localStorage.removeItem(nameOf(form)); form.reset(); $("[data-draft-note]", form).remove(); });
  }
  // The server said that it is saved: what was sent is forgotten here, before anything is brought back.
  if ($("[data-saved]")) {
    for (const name of JSON.parse(sessionStorage.getItem(SENT) || "[]")) localStorage.removeItem(name);
    sessionStorage.removeItem(SENT);
  }
  if (opened) for (const form of document.querySelectorAll("form[data-draft]")) {
    let waits = 0;
    form.addEventListener("input", () => { clearTimeout(waits); waits = setTimeout(() => keep(form), 250); });
    addEventListener("pagehide", () => { if (waits) keep(form); });
    restore(form);
  }

  // ---- session: announced five minutes before its end, over without losing the page
  let ends = body.dataset.ends ? new Date(body.dataset.ends) : null, over = false;
  const dialog = document.getElementById("session-finie");
  async function state() {
    const answer = await fetch("/session/etat", { headers: { "HX-Request": "true" }, redirect: "manual" });
    if (!answer.ok) return null;
    const told = await answer.json();
    ends = new Date(told.ends);
    body.dataset.ends = told.ends;
    return told;
  }
  const stopped = () => { for (const form of document.querySelectorAll("form[data-progress]")) show(form.dataset.progress, false); };
  function finished(why) {
    over = true;
    stopped();
    show("fin-de-session", false);
    if (!dialog) { location.reload(); return; }
    $("[data-other]", dialog).hidden = why !== "other";
    if (!dialog.open) dialog.showModal();
  }
  // Somebody else signed in: what is on this page is not theirs to see.
  function stranger() { body.replaceChildren(); location.assign("/"); }
  async function back() {
    if (!over) return;
    const told = await state().catch(() => null);
    if (!told) return;
    if (told.me !== body.dataset.me) { stranger(); return; }
    if (told.whose && told.whose !== body.dataset.whose) { finished("other"); return; }
    for (const field of document.querySelectorAll("input[name=form_token]")) field.value = told.token;
    over = false;
    if (dialog.open) dialog.close();
    show("session-reprise");
  }
  if (dialog) {
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    $("[data-sign-in]", dialog).addEventListener("click", (event) => { if (window.open(event.currentTarget.href, "_blank", "popup,width=900,height=800")) event.preventDefault(); });
    if (channel) channel.onmessage = back;
    addEventListener("focus", back);
    document.addEventListener("visibilitychange", back);
  }
  async function stay() { const told = await state().catch(() => null); if (told) { tick(); show("fin-de-session", false); } else finished(""); }
  document.addEventListener("click", (event) => { if (event.target.closest("[data-prolong]")) stay(); });
  document.addEventListener("keydown", (event) => { const warning = document.getElementById("fin-de-session"); if (event.key === "F9" && warning && !warning.hidden) { event.preventDefault(); stay(); } });
  async function tick() {
    if (!ends || over) return;
    const left = ends - new Date();
    const warning = document.getElementById("fin-de-session");
    if (warning && warning.hidden !== left > 300000) warning.hidden = left > 300000;
    // Another page of this session may have gone on: the server knows.
    if (left <= 0 && !(await state().catch(() => ({})))) finished("");
  }
  setInterval(tick, 15000);
  tick();

  const offline = () => show("hors-ligne", !navigator.onLine);
  addEventListener("online", offline);
  addEventListener("offline", offline);
  if (!navigator.onLine) offline();

  // ---- forms: sent once, and only to a session that lives and by a line that holds
  const busy = new WeakMap();
  function free(form) { busy.delete(form); form.removeAttribute("aria-busy"); }
  addEventListener("pageshow", () => { for (const form of document.forms) free(form); });
  const written = (form) => [...form.elements].some((f) => f.name && f.name !== "form_token" && ([...TYPED, "password", "file"].includes(f.type)));
  document.addEventListener("submit", async (event) => {
    const form = event.target, submitter = event.submitter;
    if (event.defaultPrevented || form.method !== "post" || form.matches("[hx-post], [data-passkey-make], [data-passkey-in]")) return;
    if (busy.get(form) === "checked") { busy.set(form, "sent"); if (form.hasAttribute("data-stays")) setTimeout(() => free(form), 3000); return; }
    if (busy.has(form)) { event.preventDefault(); return; }
    busy.set(form, "sent");
    form.setAttribute("aria-busy", "true");
    if (!body.dataset.me || !written(form)) { if (form.hasAttribute("data-stays")) setTimeout(() => free(form), 3000); return; }
    event.preventDefault();
    show("ligne-coupee", false);
    let told = null, cut = false;
    try { told = await state(); } catch { cut = true; }
    if (cut) { free(form); show("ligne-coupee"); return; }
    if (!told) { free(form); finished(""); return; }
    if (told.me !== body.dataset.me) { stranger(); return; }
    if (told.whose && told.whose !== body.dataset.whose) { free(form); finished("other"); return; }
    if (form.elements.form_token) form.elements.form_token.value = told.token;
    if (form.dataset.draft !== undefined && opened) {
      await keep(form);
      sessionStorage.setItem(SENT, JSON.stringify([...new Set([...JSON.parse(sessionStorage.getItem(SENT) || "[]"), nameOf(form)])]));
    }
    busy.set(form, "checked");
    form.requestSubmit(submitter && submitter.form === form ? submitter : undefined);
    if (busy.get(form) === "checked") free(form); // the browser found a field to correct
  });

  // ---- files: what is too heavy is named before anything is sent; what was read is not sent again; each may be taken out
  document.addEventListener("change", (event) => {
    const input = event.target;
    if (!input.dataset || !input.dataset.max || !input.files) return;
    const good = new DataTransfer(), heavy = [];
    for (const file of input.files) { if (file.size > Number(input.dataset.max)) heavy.push(file.name); else good.items.add(file); }
    show("trop-lourd", heavy.length > 0);
    if (!heavy.length) return;
    input.files = good.files;
    $("#trop-lourd [data-names]").textContent = heavy.join(", ");
    if (!good.files.length) event.stopImmediatePropagation();
  }, true);
  const takeable = () => { for (const button of document.querySelectorAll("[data-take-out]")) button.hidden = false; };
  takeable();
  document.addEventListener("click", (event) => {
    const out = event.target.closest("[data-take-out]");
    if (out) { out.closest("[data-file]").remove(); const first = $("input[type=file]"); if (first) first.focus(); }
  });
  body.addEventListener("htmx:afterSwap", (event) => {
    takeable();
    const input = event.detail.requestConfig.elt;
    if (input.matches && input.matches("[data-once]")) input.value = "";
  });

  // ---- parts of a page (htmx): an answer that is not the part that was asked for is never put into the page
  body.addEventListener("htmx:beforeRequest", (event) => { const form = event.detail.elt.closest("form"); if (form) { show("ligne-coupee", false); show("pas-la-page", false); } });
  body.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, requestConfig } = event.detail, wanted = requestConfig.elt.getAttribute("hx-select");
    if (xhr.status === 401) { event.detail.shouldSwap = false; finished(""); return; }
    const whole = /^\s*<!doctype|^\s*<html/i.test(xhr.responseText || "");
    const has = wanted && new DOMParser().parseFromString(xhr.responseText, "text/html").querySelector(wanted);
    if (whole && !has || wanted && !has && xhr.responseText) { event.detail.shouldSwap = false; show("pas-la-page"); }
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) body.addEventListener(name, () => { stopped(); show("ligne-coupee"); });
  body.addEventListener("htmx:afterOnLoad", (event) => {
    const form = event.detail.requestConfig.elt;
    if (event.detail.xhr.getResponseHeader("HX-Redirect") && form.dataset && form.dataset.draft !== undefined) sessionStorage.setItem(SENT, JSON.stringify([nameOf(form)]));
  });
})();
