// Opens a SMART Health Link (shlink:/…, flag U): fetches the encrypted sheet and decrypts it here. The key never leaves the browser.
"use strict";
(async () => {
  const place = document.querySelector("#fiche");
  const show = (name) => { for (const part of ["wait", "none", "sheet"]) place.querySelector(`[data-${part}]`).hidden = part !== name; };
  const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  const add = (parent, name, text) => { const node = document.createElement(name); node.textContent = text; parent.append(node); return node; };
  try {
    const link = JSON.parse(new TextDecoder().decode(bytes(decodeURIComponent(location.hash).split("shlink:/")[1])));
    const address = new URL(link.url);
    if (address.origin !== location.origin) throw new Error("elsewhere");
    address.searchParams.set("recipient", "Carnet");
    const answer = await fetch(address);
    if (!answer.ok) throw new Error("over");
    const [header, , iv, sealed, tag] = (await answer.text()).split(".");
    const key = await crypto.subtle.importKey("raw", bytes(link.key), "AES-GCM", false, ["decrypt"]);
    const whole = new Uint8Array([...bytes(sealed), ...bytes(tag)]);
    const additionalData = new TextEncoder().encode(header);
    const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: bytes(iv), additionalData, tagLength: 128 }, key, whole);
    render(JSON.parse(new TextDecoder().decode(plain)));
    show("sheet");
  } catch { show("none"); }

  function render(bundle) {
    const sheet = place.querySelector("[data-sheet]"), titles = JSON.parse(sheet.dataset.titles);
    const groups = new Map();
    for (const { resource } of bundle.entry) {
      if (resource.resourceType === "Patient") {
        const name = resource.name[0];
        add(sheet, "h2", `${name.given.join(" ")} ${name.family}`);
        add(sheet, "p", day(resource.birthDate));
      } else groups.set(resource.resourceType, [...(groups.get(resource.resourceType) || []), resource]);
    }
    for (const [kind, found] of groups) {
      add(sheet, "h3", titles[kind] || kind);
      const list = add(sheet, "ul", "");
      for (const r of found) add(list, "li", words(r));
    }
    add(sheet, "p", day(bundle.timestamp)).className = "meta";
  }
  function day(text) {
    return new Date(text).toLocaleDateString(document.documentElement.lang, { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
  }
  function words(r) {
    const what = r.code?.text || r.medicationCodeableConcept?.text || r.device?.display || r.name?.[0]?.text || r.category?.[0]?.text || "";
    const more = [r.valueString, r.relationship?.[0]?.text, r.telecom?.[0]?.value, r.policyRule?.text, r.note?.[0]?.text];
    return [what, ...more].filter(Boolean).join(" · ");
  }
})();
