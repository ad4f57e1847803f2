// The emergency card on this device: kept encrypted (AES-GCM under a code, PBKDF2), opened without a network, removable.
"use strict";
(() => {
  const NAME = "carnet-card", ROUNDS = 600000;
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));
  const bytes = (told) => Uint8Array.from(atob(told), (c) => c.charCodeAt(0));
  const key = async (code, salt) => {
    const typed = await crypto.subtle.importKey("raw", new TextEncoder().encode(code), "PBKDF2", false, ["deriveKey"]);
    return crypto.subtle.deriveKey({ name: "PBKDF2", hash: "SHA-256", salt, iterations: ROUNDS }, typed, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  };
  const add = (parent, name, told, look) => { const node = document.createElement(name); node.textContent = told; if (look) node.className = look; parent.append(node); return node; };

  // In the space: keep the card.
  const keep = document.querySelector("[data-keep-card]");
  if (keep && window.crypto?.subtle && "serviceWorker" in navigator) {
    keep.hidden = false;
    const said = keep.querySelector("[role=status]");
    keep.addEventListener("submit", async (event) => {
      event.preventDefault();
      const salt = crypto.getRandomValues(new Uint8Array(16)), iv = crypto.getRandomValues(new Uint8Array(12));
      const card = new TextEncoder().encode(document.getElementById("carte").textContent);
      const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await key(keep.querySelector("input").value, salt), card);
      localStorage.setItem(NAME, JSON.stringify({ salt: text(salt), iv: text(iv), sealed: text(sealed) }));
      await navigator.serviceWorker.register("/carte/sw.js", { scope: "/carte/" });
      keep.reset();
      said.hidden = false;
    });
  }

  // On its own page: open it, and take it away.
  const place = document.querySelector("[data-card]");
  if (!place) return;
  const part = (name) => place.querySelector(`[data-${name}]`), stored = localStorage.getItem(NAME);
  part("none").hidden = Boolean(stored);
  for (const name of ["open", "remove"]) part(name).hidden = !stored;
  part("remove").addEventListener("click", async () => {
    localStorage.removeItem(NAME);
    for (const worker of await navigator.serviceWorker?.getRegistrations() || []) await worker.unregister();
    for (const name of await caches.keys()) await caches.delete(name);
    location.reload();
  });
  part("open").addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const { salt, iv, sealed } = JSON.parse(localStorage.getItem(NAME));
      const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: bytes(iv) }, await key(part("open").querySelector("input").value, bytes(salt)), bytes(sealed));
      show(JSON.parse(new TextDecoder().decode(plain)));
    } catch { part("wrong").hidden = false; }
  });
  function show(card) {
    const shown = part("shown");
    part("open").hidden = true;
    shown.hidden = false;
    add(shown, "h2", card.name);
    add(shown, "p", card.born);
    for (const [title, told] of card.lines) { add(shown, "h3", title); add(shown, "p", told); }
    add(shown, "p", card.made, "meta");
  }
})();
