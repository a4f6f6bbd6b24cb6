// ── nudging and asking ──

// ΔL/Δw for a small step, beside the gradient.
$("nudge").onclick = () => {
  const step = Number($("by").value), w = sentences.html(chosen), L = sentences.html(session.output);
  const [after] = graph.sweep(session.output, chosen, [graph.data[chosen] + step]);
  const change = after - session.loss;
  const number = (x) => Numbers.write(x, 6).replace(/^−.*/, "($&)");
  const ratio = Numbers.write(change / step, 6);
  $("nudged").innerHTML = `<div class="formula"><span class="frac"><span>Δ${L}</span><span class="slash">/</span><span>Δ${w}</span></span> `
    + `<span class="part">= ${number(change)} / ${$("by").value}</span> <span class="part">= <b>${ratio}</b></span></div>`
    + `<div class="formula">${sentences.gradient(chosen)} <span class="part"><b data-n="E${chosen}"></b></span></div>`;
  sentences.fill($("nudged"));
};
$("by").onchange = () => $("nudge").click();

// The learner says whether the output rises or falls, or by how much, before it is shown.
function showQuestion() {
  $("ask").hidden = !secret(chosen) || !!group;
  if ($("ask").hidden) return;
  $("question").innerHTML = `If ${sentences.html(chosen)} rises a little, what does ${sentences.html(session.output)} do? Or: what is ${sentences.gradient(chosen)}?`;
}

function judge(right, said) {
  score = { right: score.right + right, asked: score.asked + 1 };
  revealed.add(chosen);
  $("guess").value = "";
  show();
  const gradient = picture.number(graph.grad[chosen], "grad");
  $("verdict").textContent = `${right ? "Right." : `Not quite: you said ${said}.`} The gradient of ${sentences.name(chosen)} is ${gradient}. ${score.right} of ${score.asked} right.`;
  $("panel").focus({ preventScroll: true });
}

for (const button of document.querySelectorAll(".signs button")) {
  button.onclick = () => judge(Math.sign(graph.grad[chosen]) === +button.value, button.textContent.replace(/ .$/, "").toLowerCase());
}
$("ask").onsubmit = (e) => {
  e.preventDefault();
  const guess = Numbers.parse($("guess").value), gradient = graph.grad[chosen];
  if (isNaN(guess)) { $("verdict").textContent = "Type a number such as −2, or say whether it rises or falls."; return; }
  judge(Math.abs(guess - gradient) <= 0.01 * Math.abs(gradient) + 1e-9, $("guess").value);
};
$("show").onclick = () => {
  revealed.add(chosen);
  show();
  $("verdict").textContent = `The gradient of ${sentences.name(chosen)} is ${picture.number(graph.grad[chosen], "grad")}.`;
  $("panel").focus({ preventScroll: true });
};

// ── the link ──

// The address holds what one sees. A frame in a notebook has no address of its own.
let written = "";
function link() {
  clearTimeout(linked);
  if (!location.protocol.startsWith("file") && !location.protocol.startsWith("http")) return;
  const parts = { ...session.write(), at: chosen };
  written = `#${Object.entries(parts).map(([key, value]) => `${key}=${value}`).join("&")}`;
  try { history.replaceState(null, "", written); } catch { /* too often, or not allowed here */ }
}

function restore() {
  const parts = Object.fromEntries(location.hash.slice(1).split("&").map((part) => part.split("=")));
  session.read(parts);
  const at = Number(parts.at);
  if (plan.names[at] !== undefined && "at" in parts) chosen = at;
  choose(chosen);
}
addEventListener("hashchange", () => { if (location.hash !== written && location.hash.includes("=")) { restore(); show(); tell(); } });

// ── for scripts and tests ──

function find(name) {
  const i = byName.get(name);
  if (i === undefined) throw new RangeError(`no value is called ${name}`);
  return i;
}
window.glassgrad = {
  leaves: () => plan.leaves.map((i) => plan.names[i]),
  set(name, number) {
    const i = find(name);
    if (!isLeaf(i)) throw new RangeError(`${name} cannot be set: it is not a leaf, or it is constant`);
    put(i, Number(number));
  },
  data: (name) => graph.data[find(name)],
  grad: (name) => graph.grad[find(name)],
  update(lr = session.lr, times = 1) { session.update(lr, times); changed(); },
  reset() { session.reset(); changed(); },
};

// ── begin ──

$("count").textContent = plan.leaves.length === 1
  ? "The number that can be changed" : `All ${plan.leaves.length.toLocaleString("en")} numbers that can be changed`;
$("every").ontoggle = () => { if (!$("leaves").children.length) list($("leaves"), plan.leaves); showLeaves(); };
function arrange() {
  picture.layout();
  for (const plot of [curve, sweep]) plot.resize();
  show();
  picture.follow();
}
picture.layout();
restore();
arrange();
for (const event of ["resize", "load"]) addEventListener(event, arrange);
addEventListener("message", (e) => { // the notebook around this frame has changed its theme
  if (e.source === parent && ["dark", "light"].includes(e.data?.theme)) document.documentElement.dataset.theme = e.data.theme;
});
