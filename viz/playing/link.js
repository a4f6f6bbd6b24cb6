// ── the link ──
// The address holds what one sees, so that a reload, a bookmark or another tab restores it. A frame
// in a notebook has no address of its own.

const Link = {
  written: "",

  write(parts) {
    clearTimeout(Link.waiting);
    if (!/^(file|https?):$/.test(location.protocol)) return;
    const pairs = Object.entries(parts).filter(([, value]) => value !== "");
    const hash = pairs.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join("&");
    Link.written = hash && `#${hash}`;
    try { history.replaceState(null, "", Link.written || location.pathname + location.search); } catch { /* too often, or not allowed here */ }
  },

  // Tells the link of this page from those of others: a number for its data.
  id() {
    if (!Link.known) {
      let hash = 0x811c9dc5;
      for (const letter of document.getElementById("plan").textContent) hash = Math.imul(hash ^ letter.codePointAt(0), 0x01000193) >>> 0;
      Link.known = hash.toString(36);
    }
    return Link.known;
  },

  // Soon, and once for many changes: browsers allow a few a second.
  later(parts) {
    clearTimeout(Link.waiting);
    Link.waiting = setTimeout(() => { const found = parts(); if (found) Link.write(found); }, 300);
  },

  // Whatever is written there: texts by their names.
  read() {
    const found = new Map();
    for (const part of location.hash.slice(1).split("&")) {
      const [, key, value] = part.match(/^([^=]+)=(.*)$/s) ?? [];
      try { if (key) found.set(key, decodeURIComponent(value)); } catch { /* cut off within a letter */ }
    }
    return found;
  },

  // Pairs such as "3:0.5,7:-1": whole numbers below count, and finite numbers.
  numbers(text, count) {
    return (text ?? "").split(",").flatMap((pair) => {
      const [, k, x] = pair.match(/^(\d{1,9}):([-+.\deE]{1,32})$/) ?? [];
      return Number(k) < count && isFinite(x) ? [[Number(k), Number(x)]] : [];
    });
  },

  // A link to a place of this page, such as #panel, has no parts, and changes nothing.
  onChange(restore) {
    addEventListener("hashchange", () => { if (location.hash !== Link.written && location.hash.includes("=")) restore(); });
  },
};
