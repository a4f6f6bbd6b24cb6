// ── what one touches ──

const $ = (id) => document.getElementById(id);
const plan = JSON.parse($("plan").textContent);
const free = new Set(plan.leaves);
const graph = new Graph(plan, OPS);
const session = new Session(graph, plan);
const revealed = new Set(); // gradients that the learner has found, or has asked to see
const secret = (i) => plan.ask && i !== session.output && !revealed.has(i);
const picture = new Picture(plan, session, secret);
const sentences = new Sentences(plan, session, picture, secret);
const isLeaf = (i) => free.has(i);
const named = Object.keys(plan.names).map(Number);
const byName = new Map(named.map((i) => [plan.names[i], i]));
const ranges = new Map(); // by leaf: what its slider covers, { from, to }
const curve = new Plot($("curve"), { width: 360, height: 126 });
const sweep = new Plot($("sweep"), { width: 320, height: 190 });
let chosen = plan.learned.find(isLeaf) ?? plan.leaves[0] ?? session.output;
let group = ""; // the box that was chosen, if it stands for many values
let frame = 0, told = 0, linked = 0;
let score = { right: 0, asked: 0 };

// ── showing ──

// As often as a screen is drawn, however often numbers change.
function changed() {
  if (plan.ask && changed.version !== session.version) revealed.clear();
  changed.version = session.version;
  if (!frame) frame = requestAnimationFrame(show);
  clearTimeout(told);
  told = setTimeout(tell, 500);
  clearTimeout(linked);
  linked = setTimeout(link, 300);
}

function show() {
  const began = performance.now();
  cancelAnimationFrame(frame);
  frame = 0;
  picture.update();
  showResult();
  drawCurve(curve, session.points, sentences.name(session.output));
  showChosen();
  showLeaves();
  performance.clearMeasures("glassgrad"); // the latest is enough
  performance.measure("glassgrad", { start: began, end: performance.now() });
}

function showResult() {
  const text = picture.number(session.loss);
  $("result").innerHTML = `${sentences.html(session.output)} <span class="part">${text.startsWith("≈") ? "" : "= "}<b>${text}</b></span>`;
  const trouble = isFinite(session.loss) ? "" : `${sentences.name(session.output)} is ${text}: nothing can be learnt from that. ${
    session.points.at(-1).by === "update" ? "Undo, and try a smaller learning rate." : "Undo, or reset."}`;
  if ($("trouble").textContent !== trouble) $("trouble").textContent = trouble; // said once
  $("undo").setAttribute("aria-disabled", !session.past.length);
  $("output").value = session.output;
  const rate = $("rate");
  if (document.activeElement !== rate) rate.value = String(session.lr).replace("-", "−");
}

// Numbers that were typed are short; those that were computed have as many digits as say it all.
function exact(x) { return Number.isFinite(x) ? String(Number(x.toPrecision(10))).replaceAll("-", "−") : Numbers.write(x, 4); }

function showChosen() {
  if (group) return;
  sentences.fill($("panel"));
  const x = graph.data[chosen];
  if (isLeaf(chosen)) {
    if (document.activeElement !== $("number")) $("number").value = exact(x);
    const { from, to } = rangeOf(chosen);
    Object.assign($("range"), { min: from, max: to, value: x });
    $("range").setAttribute("aria-valuetext", `${sentences.name(chosen)} = ${picture.number(x)}, ${sentences.name(session.output)} = ${picture.number(session.loss)}`);
    const count = graph.size > 5000 ? 25 : 121;
    const at = Array.from({ length: count }, (_, k) => from + ((to - from) * k) / (count - 1));
    const samples = session.graph.sweep(session.output, chosen, at).map((y, k) => [at[k], y]);
    const about = { name: sentences.name(chosen), output: sentences.name(session.output), hidden: secret(chosen) };
    drawSweep(sweep, { from, to, x, y: session.loss, slope: graph.grad[chosen], samples, ...about });
  }
  showQuestion();
}

// A leaf's slider covers round numbers around it, and moves on when it is left.
function rangeOf(leaf) {
  const x = graph.data[leaf];
  let range = ranges.get(leaf);
  if (!range || (isFinite(x) && !(x >= range.from && x <= range.to))) {
    const before = range ? (range.to - range.from) / 2 : 0;
    const half = before > 1e-3 * Math.abs(x) && isFinite(before) ? before : Numbers.round(2 * Math.max(Math.abs(x), 0.5));
    const wide = isFinite(half) ? half : 1, middle = isFinite(x) ? Numbers.tidy(Math.round(x / wide * 4) * wide / 4) : 0;
    range = { from: Math.min(x, middle - wide) || middle - wide, to: Math.max(x, middle + wide) || middle + wide };
    ranges.set(leaf, range);
  }
  return range;
}

function showLeaves() {
  for (const list of [$("leaves"), $("inside")]) {
    if (list === $("leaves") && !$("every").open) continue;
    for (const item of list.children) {
      const i = +item.dataset.i, input = item.querySelector("input");
      if (document.activeElement !== input) input.value = Numbers.write(graph.data[i], 6);
      item.querySelector(".grad").textContent = secret(i) ? "?" : picture.number(graph.grad[i], "grad");
    }
  }
}

// For screen readers, once the numbers rest.
function tell() {
  picture.update({ everything: true });
  picture.describe();
  const of = isLeaf(chosen) && !group ? `${sentences.name(chosen)} = ${picture.number(graph.data[chosen])}. ` : "";
  const slope = group || secret(chosen) ? "" : ` The gradient of ${sentences.name(chosen)} is ${picture.number(graph.grad[chosen], "grad")}.`;
  $("said").textContent = `${of}${sentences.name(session.output)} = ${picture.number(session.loss)}.${slope}`;
}

// ── choosing ──

function choose(i) {
  chosen = i;
  group = "";
  $("inside").replaceChildren();
  $("nudged").replaceChildren();
  $("verdict").textContent = "";
  const role = plan.roles[i] || (isLeaf(i) ? "leaf" : i === session.output ? "output" : graph.rows[i] ? `made by ${plan.signs[plan.nodes[i][0]]}` : "constant");
  describeChosen(sentences.name(i), [role, plan.where[i] && `in ${plan.where[i]}`].filter(Boolean).join(", "));
  $("leaf").hidden = $("nudging").hidden = !isLeaf(i);
  $("panel").classList.toggle("changeable", isLeaf(i));
  sweep.resize();
  $("sentences").innerHTML = (graph.rows[i] ? sentences.forward(i) : "") + sentences.backward(i); // labels are escaped in it
  $("number").setAttribute("aria-label", `${sentences.name(i)}, type a number`);
  $("range").setAttribute("aria-label", sentences.name(i));
  $("axes").innerHTML = `${sentences.html(session.output)} against ${sentences.html(i)}${plan.ask ? "" : ` <span class="mark dash"></span> tangent, slope ${sentences.gradient(i)} <b data-n="E${i}"></b>`}`;
  picture.choose(i);
  complain("");
  changed();
}

function describeChosen(title, more) {
  $("chosen").replaceChildren(Object.assign(document.createElement("bdi"), { textContent: title }), Object.assign(document.createElement("small"), { textContent: more }));
}

// A box that stands for many values: its leaves are in a list.
function chooseGroup(name) {
  const about = plan.boxes[name];
  const inside = [...new Set([...about.h, ...about.l])].filter(isLeaf);
  if (!inside.length && about.o.length === 1 && plan.names[about.o[0]]) return choose(about.o[0]);
  group = name;
  describeChosen(about.title, `${inside.length.toLocaleString("en")} numbers inside`);
  $("leaf").hidden = $("nudging").hidden = $("ask").hidden = true;
  $("panel").classList.remove("changeable");
  $("sentences").replaceChildren();
  list($("inside"), inside);
  picture.choose(about.o[0]);
  changed();
}

function list(element, leaves) {
  element.replaceChildren(...leaves.map((i) => {
    const item = document.createElement("li"), name = document.createElement("button"), input = document.createElement("input"), grad = document.createElement("span");
    item.dataset.i = i;
    Object.assign(name, { type: "button", textContent: plan.names[i], onclick: () => { choose(i); open(); } });
    Object.assign(input, { inputMode: "decimal", autocomplete: "off", onchange: () => type(i, input) });
    input.setAttribute("aria-label", plan.names[i]);
    input.onfocus = () => { input.value = exact(graph.data[i]); };
    input.onkeydown = (e) => keys(e, i, input);
    grad.className = "grad";
    item.append(name, input, grad);
    return item;
  }));
}

function turn(by) {
  const order = [...picture.shown.boxes.values()].filter(({ about }) => about.v).map(({ about }) => about.o[0]);
  const at = order.indexOf(chosen);
  if (order.length) choose(order[(at + by + order.length) % order.length]);
}

// On a phone what is said of a value is a sheet that one opens and closes.
function open() { document.body.classList.add("open"); picture.follow(); }
function close() { document.body.classList.remove("open"); }

// ── changing ──

// How far an arrow key goes: a tenth, or what suits a leaf that begins much smaller or larger.
function stepOf(leaf) {
  const size = Math.abs(session.first[leaf]);
  return !size || !isFinite(size) || (size >= 0.02 && size < 100) ? 0.1 : 10 ** (Math.floor(Math.log10(size)) - 1);
}

const factorOf = (e) => (e.shiftKey ? 10 : 1) / (e.altKey ? 10 : 1);

function put(leaf, x) {
  session.change(leaf, x);
  changed();
}

function type(leaf, input) {
  const x = Numbers.parse(input.value);
  if (isNaN(x)) complain(`“${input.value}” is not a number. Type one such as 0.5.`, input);
  else if (exact(graph.data[leaf]) !== input.value.trim()) put(leaf, x);
  if (!isNaN(x)) complain("");
}

function complain(text, input = $("number")) {
  $("wrong").textContent = text;
  input.setAttribute("aria-invalid", String(!!text));
}

// Keys that change a number, in the picture and in a field.
function keys(e, leaf, input) {
  const way = { ArrowUp: 1, ArrowDown: -1, ...(!input && { ArrowRight: 1, ArrowLeft: -1 }) }[e.key];
  if (way && !e.ctrlKey && !e.metaKey) {
    e.preventDefault();
    if (input) type(leaf, input);
    put(leaf, Numbers.tidy(graph.data[leaf] + way * factorOf(e) * stepOf(leaf)));
    if (input) input.value = exact(graph.data[leaf]);
    return;
  }
  if (input && e.key === "Enter") { e.preventDefault(); type(leaf, input); input.select(); }
  if (input && e.key === "Escape") { input.value = exact(graph.data[leaf]); complain(""); }
}

function update(times) {
  session.update(session.lr, times);
  changed();
}

$("update").onclick = () => update(1);
$("ten").onclick = () => update(10);
$("undo").onclick = () => { session.undo(); changed(); };
$("reset").onclick = () => { session.reset(); ranges.clear(); changed(); };
$("rate").onchange = ({ target }) => {
  const rate = Numbers.parse(target.value);
  target.setAttribute("aria-invalid", String(!(rate > 0 && isFinite(rate))));
  if (rate > 0 && isFinite(rate)) session.lr = rate;
  changed();
};
$("number").onchange = ({ target }) => type(chosen, target);
$("number").onkeydown = (e) => keys(e, chosen, e.target);
$("less").onclick = (e) => put(chosen, Numbers.tidy(graph.data[chosen] - factorOf(e) * stepOf(chosen)));
$("more").onclick = (e) => put(chosen, Numbers.tidy(graph.data[chosen] + factorOf(e) * stepOf(chosen)));
$("before").onclick = () => turn(-1);
$("after").onclick = () => turn(1);
$("close").onclick = close;
$("whole").onclick = ({ target }) => {
  picture.whole = !picture.whole;
  target.setAttribute("aria-pressed", picture.whole);
  picture.layout();
  picture.follow();
};
for (const [id, factor] of [["closer", 0.5], ["farther", 2]]) {
  $(id).onclick = () => {
    const { from, to } = rangeOf(chosen), x = graph.data[chosen], half = ((to - from) / 2) * factor;
    ranges.set(chosen, { from: x - half, to: x + half });
    changed();
  };
}

// A slide is one change, from where it begins to where it ends.
let sliding = false;
$("range").oninput = ({ target }) => {
  if (!sliding) session.begin("change");
  sliding = true;
  const { from, to } = rangeOf(chosen);
  session.set(chosen, Number(Number(target.value).toPrecision(Math.max(2, 3 - Math.floor(Math.log10((to - from) / Math.max(1e-300, Math.abs(target.value) || 1)))))));
  changed();
};
$("range").onchange = () => { sliding = false; };
$("range").onkeydown = (e) => {
  const way = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[e.key];
  if (!way) return;
  e.preventDefault();
  put(chosen, Numbers.tidy(graph.data[chosen] + way * factorOf(e) * stepOf(chosen)));
};

for (const output of plan.outputs) $("output").add(new Option(sentences.name(output), output));
$("choice").hidden = plan.outputs.length < 2;
$("output").onchange = ({ target }) => {
  session.differentiate(+target.value);
  choose(chosen);
};

// ── dragging ──

// A leaf is dragged sideways, 4 pixels a step; the rest of the picture is moved.
picture.scroll.addEventListener("pointerdown", (down) => {
  if (down.button) return;
  const box = down.target.closest(".box");
  const about = box && plan.boxes[box.dataset.of];
  const leaf = box?.classList.contains("free") ? about.o[0] : -1;
  const start = leaf >= 0 ? graph.data[leaf] : 0;
  const { scrollLeft, scrollTop } = picture.scroll;
  let dragging = false;
  const move = (e) => {
    const dx = e.clientX - down.clientX, dy = e.clientY - down.clientY;
    if (!dragging) {
      if (Math.hypot(dx, dy) <= 4) return;
      // Touch moves the picture without us, and does so where it goes up or down.
      if (down.pointerType !== "mouse" && (leaf < 0 || Math.abs(dy) > Math.abs(dx))) return;
      dragging = true;
      if (leaf >= 0) { choose(leaf); session.begin("change"); }
      document.body.classList.add(leaf >= 0 ? "turning" : "drag");
    }
    if (leaf >= 0) {
      const steps = Math.round(dx / 4) * 0.1 * factorOf(e);
      session.set(leaf, Numbers.tidy(start + steps * stepOf(leaf)));
      changed();
    } else picture.scroll.scrollTo(scrollLeft - dx, scrollTop - dy);
  };
  const stop = (e) => {
    for (const kind of ["pointermove", "pointerup", "pointercancel"]) removeEventListener(kind, kind === "pointermove" ? move : stop);
    document.body.classList.remove("turning", "drag");
    if (dragging || !box || e.type !== "pointerup") return;
    pick(box);
    open();
  };
  addEventListener("pointermove", move);
  addEventListener("pointerup", stop);
  addEventListener("pointercancel", stop);
  if (leaf >= 0 && down.pointerType === "mouse") { down.preventDefault(); box.focus({ preventScroll: true }); }
});

// A browser takes a drag for scrolling, unless it is told; `touch-action` does not reach into an SVG.
picture.scroll.addEventListener("touchmove", (e) => {
  if (document.body.classList.contains("turning")) e.preventDefault();
}, { passive: false });

function pick(box) {
  const about = plan.boxes[box.dataset.of];
  if (about.v) choose(about.o[0]);
  else chooseGroup(box.dataset.of);
}

picture.scroll.addEventListener("focusin", ({ target }) => {
  const about = target.matches(".box.free") && target.matches(":focus-visible") && plan.boxes[target.dataset.of];
  if (about && about.o[0] !== chosen) choose(about.o[0]);
});

picture.scroll.addEventListener("dblclick", ({ target }) => {
  if (target.closest(".box.free")) edit();
});

function edit(text) {
  open();
  $("number").focus();
  if (text) { $("number").value = text; return; }
  $("number").select();
}

picture.scroll.addEventListener("keydown", (e) => {
  const box = e.target.closest(".box");
  if (!box) return;
  const leaf = box.classList.contains("free") ? plan.boxes[box.dataset.of].o[0] : -1;
  if (e.key === "Enter" || e.key === " ") {
    e.preventDefault();
    pick(box);
    if (leaf >= 0) edit();
    else open();
  } else if (leaf >= 0) {
    keys(e, leaf);
    if (/^[-−.\d]$/.test(e.key) && !e.ctrlKey && !e.metaKey && !e.altKey) { e.preventDefault(); pick(box); edit(e.key); }
  }
});
addEventListener("keydown", (e) => {
  if (e.key === "Escape" && document.body.classList.contains("open")) { close(); picture.shown.svg.querySelector(".box.active")?.focus(); }
  if (e.key.toLowerCase() === "z" && (e.ctrlKey || e.metaKey) && !e.target.matches("input")) { e.preventDefault(); $("undo").click(); }
});

// In the plot, the point is moved along the curve.
$("sweep").addEventListener("pointerdown", (down) => {
  if (down.button) return;
  const to = (e) => {
    const box = $("sweep").getBoundingClientRect(), { from, to: end } = rangeOf(chosen);
    const x = Math.min(end, Math.max(from, sweep.unscale(((e.clientX - box.left) * sweep.width) / box.width)));
    session.set(chosen, Numbers.tidy(Math.round(x / ((end - from) / 400)) * ((end - from) / 400)));
    changed();
  };
  session.begin("change");
  to(down);
  const stop = () => { removeEventListener("pointermove", to); removeEventListener("pointerup", stop); removeEventListener("pointercancel", stop); };
  addEventListener("pointermove", to);
  addEventListener("pointerup", stop);
  addEventListener("pointercancel", stop);
});
