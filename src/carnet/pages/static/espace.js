// Mon espace: focus, print, passkeys, the code of presence. Every page but the passkey's works without it.
"use strict";
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const said = $("[role=alert][data-said]") || $("[data-said]");
  if (said) said.focus();
  // Whose record each printed sheet is of (pages.css, @page).
  const whose = $("[data-patient]");
  if (whose) document.documentElement.style.setProperty("--patient", JSON.stringify(whose.dataset.patient));
  for (const button of document.querySelectorAll("[data-print]")) button.hidden = false;
  document.addEventListener("click", (event) => { if (event.target.closest("[data-print]")) window.print(); });

  // The parts of a subject are one menu on a phone, and lie open where there is room.
  const wide = matchMedia("(min-width: 60rem)");
  const unfold = () => { for (const menu of document.querySelectorAll("[data-wide-open]")) menu.open = wide.matches; };
  wide.addEventListener("change", unfold);
  unfold();
  // A drawing on paper brings its code behind #: no server hears it, and it does not stay in the address.
  const typed = $("input[data-hash]"), brought = location.hash.slice(1);
  if (typed && !typed.value && /^\w{10}$/.test(brought)) {
    typed.value = brought;
    history.replaceState(null, "", location.pathname);
    $("input[type=date]").focus();
  }
  // What is behind the person closes by Escape and by a click elsewhere.
  const account = $("details.account");
  if (account) {
    document.addEventListener("click", (event) => { if (!account.contains(event.target)) account.open = false; });
    document.addEventListener("keydown", (event) => { if (event.key === "Escape" && account.open) { account.open = false; $("summary", account).focus(); } });
  }
  // A conversation that shows is read: said at once, without a button.
  for (const form of document.querySelectorAll("form[data-now]")) fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual" }).then(() => form.remove());

  // Passkeys (WebAuthn): the browser's own dialogue, then an ordinary form.
  const able = Boolean(window.PublicKeyCredential && PublicKeyCredential.parseCreationOptionsFromJSON);
  if (able) for (const place of document.querySelectorAll("[data-passkey]")) place.hidden = false;
  async function ask(form, address, make) {
    const told = $("[data-passkey-said]", form);
    try {
      const body = new URLSearchParams(form.elements.form_token ? { form_token: form.elements.form_token.value } : {});
      const answer = await (await fetch(address, { method: "POST", body })).json();
      form.elements.ticket.value = answer.ticket;
      form.elements.reponse.value = JSON.stringify((await make(answer.options.publicKey)).toJSON());
      form.submit();
    } catch (error) { if (told) told.textContent = error.name === "NotAllowedError" ? "…" : String(error.name); }
  }
  const makes = $("form[data-passkey-make]"), enters = $("form[data-passkey-in]");
  if (able && makes) makes.addEventListener("submit", (event) => {
    event.preventDefault();
    ask(makes, "/compte/cle/debut", (o) => navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(o) }));
  });
  if (able && enters) enters.addEventListener("submit", (event) => {
    event.preventDefault();
    ask(enters, "/connexion/cle", (o) => navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(o) }));
  });

  // The code of presence: a new one when the minute is over, for five minutes; then the person asks again.
  const code = $("[data-until]");
  if (code) {
    const left = () => new Date(code.dataset.until) - new Date();
    const seen = Number(sessionStorage.getItem("carnet-presence") || "0") + 1;
    sessionStorage.setItem("carnet-presence", String(seen > 5 ? 0 : seen));
    setInterval(() => {
      const seconds = Math.max(0, Math.ceil(left() / 1000));
      if (seconds === 0 && seen <= 5) location.reload();
    }, 1000);
  }
})();
