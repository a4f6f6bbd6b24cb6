// ── what may come next ──

const SHOWN = 40; // columns
const LIKELY = 6; // buttons

// 0 chooses the likeliest; 1 leaves the chances as they are; more makes them alike.
function tempered(chances, temperature) {
  const most = Math.max(...chances);
  if (temperature === 1) return chances;
  if (temperature === 0) {
    const first = chances.indexOf(most);
    return chances.map((_, k) => (k === first ? 1 : 0));
  }
  const powers = chances.map((p) => (p / most) ** (1 / temperature));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((p) => p / sum);
}

const percent = (p) => {
  if (!isFinite(p)) return write(p);
  const x = 100 * p;
  return `${x >= 9.95 || x === 0 ? Math.round(x) : x >= 0.095 ? x.toFixed(1) : x < 0.001 ? "<0.001" : Numbers.write(x, 1)} %`;
};
const ranked = (chances) => chances.map((p, k) => [p, k]).sort(([a], [b]) => b - a || 0);

function drawChances(svg, chances) {
  const width = svg.clientWidth || 360, height = 190, top = 18, bottom = 24;
  const order = chances.length > SHOWN ? ranked(chances).slice(0, SHOWN).map(([, k]) => k) : chances.map((_, k) => k);
  const room = width / order.length, tall = height - top - bottom;
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.style.height = `${height}px`;
  const scale = Math.max(0.1, ...chances.filter(isFinite));
  svg.replaceChildren(element("path", { class: "grid", d: `M0,${height - bottom + 0.5}H${width}` }));
  let free = -Infinity;
  order.forEach((k, place) => {
    const size = isFinite(chances[k]) ? (tall * chances[k]) / scale : 0, x = room * place;
    const bar = element("rect", { class: "bar-of", x: x + room * 0.12, y: height - bottom - size, width: room * 0.76, height: size, rx: Math.min(2, size / 2) });
    bar.append(element("title", {}, `${plan.shown[k]}: ${percent(chances[k])}`));
    svg.append(bar, element("text", { x: x + room / 2, y: height - 8 }, shorten(plan.shown[k], Math.max(1, Math.floor(room / 7)))));
    if (chances[k] > 0.045 && x + room / 2 - free > 30) {
      free = x + room / 2;
      svg.append(element("text", { class: "share", x: Math.max(14, Math.min(width - 14, free)), y: height - bottom - size - 5 }, `${Math.round(100 * chances[k])} %`));
    }
  });
  const few = ranked(chances).slice(0, 5).map(([p, k]) => `${plan.shown[k]} ${percent(p)}`).join(", ");
  svg.setAttribute("aria-label", `How likely each is to come next. The likeliest: ${few}`);
}

const shorten = (text, room) => [...text].slice(0, room).join("");

// The likeliest, as buttons that write them.
function listLikely(holder, rest, chances) {
  const order = ranked(chances), few = order.slice(0, LIKELY);
  holder.replaceChildren(...few.map(([p, k]) => {
    const button = made("button", { type: "button", onclick: () => append(k) }, made("bdi", {}, plan.shown[k]), made("small", {}, percent(p)));
    button.setAttribute("aria-label", `Write ${plan.shown[k]}, ${percent(p)}`);
    button.disabled = full();
    return button;
  }));
  const others = order.slice(LIKELY), sum = others.reduce((total, [p]) => total + p, 0);
  rest.textContent = others.length ? `The other ${others.length} together: ${percent(sum)}.` : "";
}
