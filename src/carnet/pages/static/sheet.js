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
    const sheet = place.querySelector("[data-sheet]"), says = sheet.dataset;
    // A sheet of before names its resources by their ids alone.
    const held = new Map(bundle.entry.map(({ fullUrl, resource }) => [fullUrl || `#${resource.id}`, resource]));
    const { name: [name], birthDate } = bundle.entry[0].resource;
    add(sheet, "h2", `${name.given.join(" ")} ${name.family}`);
    add(sheet, "p", day(birthDate));
    for (const { resource } of bundle.entry.filter((e) => e.resource.resourceType === "List")) {
      add(sheet, "h3", resource.title);
      if (!resource.entry) { add(sheet, "p", resource.note?.[0]?.text || says.nothing).className = "empty"; continue; }
      const list = add(sheet, "ul", "");
      for (const { item } of resource.entry) add(list, "li", words(held.get(item.reference)));
    }
    add(sheet, "p", day(bundle.timestamp)).className = "meta";
    // A year alone, or a month, is written as it is: no day is made up for it.
    function day(text) {
      const known = text.length === 4 ? {} : text.length === 7 ? { month: "long" } : { month: "long", day: "numeric" };
      return new Date(text).toLocaleDateString(document.documentElement.lang, { year: "numeric", timeZone: "UTC", ...known });
    }
    function words(r) {
      const what = r.code?.text || r.medicationCodeableConcept?.text || r.device?.display || r.name?.[0]?.text || r.category?.[0]?.text || "";
      const value = r.valueString === what ? "" : r.valueString;
      const more = [value, r.relationship?.[0]?.text, r.telecom?.[0]?.value, r.policyRule?.text, r.note?.[0]?.text];
      const since = r.onsetDateTime || r.timingDateTime || (r.resourceType === "MedicationStatement" ? r.effectiveDateTime : "");
      const said = r.recordedDate || r.dateAsserted || r.recordedOn || r.dateTime;
      const when = [since && `${says.since} ${day(since)}`, said && `${says.said} ${day(said)}`];
      return [what, ...more, ...when].filter(Boolean).join(" · ");
    }
  }
})();
