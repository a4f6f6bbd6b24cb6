// ── elements of a page, and fields for numbers ──

const made = (tag, about = {}, ...inside) => {
  const { label, ...rest } = about;
  const element = Object.assign(document.createElement(tag), rest);
  if (label) element.setAttribute("aria-label", label);
  element.append(...inside);
  return element;
};
const write = (x, digits = 4) => Numbers.write(x, digits);
const exact = (x) => (Number.isFinite(x) ? String(Number(x.toPrecision(6))).replaceAll("-", "−") : write(x));

let fillers = []; // what to write anew when numbers have changed

function fill() {
  for (const filler of fillers) filler();
}

// A field for a number, with keys and buttons that change it.
function field({ label, read, put, step, buttons = false }) {
  const input = made("input", { label, inputMode: "decimal", autocomplete: "off", spellcheck: false });
  const wrong = made("p", { className: "wrong", role: "alert" });
  const take = () => {
    const x = Numbers.parse(input.value), right = isFinite(x) && input.value.trim() !== "";
    wrong.textContent = right ? "" : `“${input.value}” is not a number. Type one such as 0.5.`;
    input.setAttribute("aria-invalid", String(!right));
    if (right && exact(read()) !== input.value.trim()) put(x);
  };
  const move = (way, e) => {
    put(Numbers.tidy(read() + way * step() * (e.shiftKey ? 10 : 1) / (e.altKey ? 10 : 1)));
    input.value = exact(read());
  };
  input.onchange = take;
  input.onkeydown = (e) => {
    const way = { ArrowUp: 1, ArrowDown: -1 }[e.key];
    if (way) { e.preventDefault(); take(); move(way, e); }
    if (e.key === "Enter") take();
  };
  fillers.push(() => { if (document.activeElement !== input) input.value = exact(read()); });
  if (!buttons) return [input, wrong];
  const less = made("button", { type: "button", label: `Less ${label}`, onclick: (e) => move(-1, e) }, "−");
  const more = made("button", { type: "button", label: `More ${label}`, onclick: (e) => move(1, e) }, "+");
  return [made("div", { className: "number" }, less, input, more), wrong];
}

// A text that follows the numbers.
function text(tag, className, say) {
  const element = made(tag, { className });
  fillers.push(() => { element.textContent = say(); });
  return element;
}

const stepOf = (x) => (x && Math.abs(x) >= 100 ? 10 ** (Math.floor(Math.log10(Math.abs(x))) - 1) : 0.1);
