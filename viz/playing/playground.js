// ── what one touches ──

const $ = (id) => document.getElementById(id);
const plan = JSON.parse($("plan").textContent);
plan.theta = plan.theta.map(Numbers.read);
const SHARE = 0.3; // of the spread of the points: the most noise
const MOST = 500; // points of the loss curve
const generator = new Draws(plan.seed + 1);
const heldOut = new Set(plan.heldOut);
const first = () => plan.rows.map((x, k) => ({ x: [...x], y: plan.targets[k], heldOut: heldOut.has(k), z: normals[k] ??= noiseOf(), from: k }));
const normals = [];
const noiseOf = () => Array.from({ length: plan.inputs.length }, () => generator.normal());
const state = {
  playing: false, points: first(), noise: 0, batch: plan.batch, chosen: { kind: "", k: -1 }, curve: [], restored: [], frame: null,
  rule: plan.optimiser.rule, settings: { ...plan.optimiser.settings }, tool: "move",
};
const DEFAULTS = { // as in nn/optim/rules.py
  SGD: { momentum: 0, nesterov: false, weight_decay: 0 },
  Adam: { betas: [0.9, 0.999], eps: 1e-8, weight_decay: 0 },
  AdamW: { betas: [0.9, 0.999], eps: 1e-8, weight_decay: 0.01 },
  RMSprop: { alpha: 0.99, eps: 1e-8, weight_decay: 0, momentum: 0, centered: false },
};
const RULES_SHOWN = { // what one chooses from: a rule, and settings that are not the usual ones
  SGD: ["SGD", {}], "SGD, momentum 0.9": ["SGD", { momentum: 0.9 }], Adam: ["Adam", {}], AdamW: ["AdamW", {}], RMSprop: ["RMSprop", {}],
};

// ── the worker ──

const waiting = []; // questions without an answer yet
const resting = []; // whom to tell when there are none
let post = null;

function employ() {
  const data = `{ theta: [${plan.theta.join(",")}], optimiser: ${JSON.stringify(plan.optimiser)}, seed: ${plan.seed} }`;
  const work = `(${working})(${data}, (${lossModule})(), (${outputsModule})(), (${neuronsModule})(), (answer, moved) => postMessage(answer, moved))`;
  const source = `"use strict"; const work = ${work}; onmessage = ({ data }) => work(data);`;
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  try {
    const worker = new Worker(url);
    worker.onmessage = ({ data }) => receive(data);
    worker.onerror = (e) => { e.preventDefault(); worker.terminate(); workHere(); };
    addEventListener("pagehide", ({ persisted }) => { pause(); if (!persisted) worker.terminate(); });
    post = (message) => worker.postMessage(message);
  } catch { workHere(); }
}

// Where workers are not allowed, the page itself does the work.
function workHere() {
  const work = working({ ...plan }, lossModule(), outputsModule(), neuronsModule(), (answer) => setTimeout(() => receive(answer)));
  post = (message) => work(message);
  for (const { message } of waiting.slice()) post(message);
}

// Asks, and shows the answer. Answers come in the order of the questions.
function ask(message) {
  const { kind, k } = state.chosen, now = performance.now();
  message.memory = MOST_IN_LINK;
  if (kind === "point") message.losses = true;
  if (kind === "weight" && state.frame && (!state.playing || now > (state.swept ?? 0) + 400)) {
    state.swept = now;
    const x = state.frame.theta[k], wide = Math.max(1, Math.abs(x)), from = Math.round((x - wide) * 4) / 4;
    message.sweep = { parameter: k, numbers: Array.from({ length: 41 }, (_, i) => from + (wide * i) / 20) };
  }
  return new Promise((resolve, reject) => {
    waiting.push({ message, resolve, reject });
    post(message);
  });
}

function receive(found) {
  const { message, resolve, reject } = waiting.shift();
  window.glassgrad.onAnswer?.();
  if (!waiting.length) setTimeout(() => resting.splice(0).forEach((done) => done()));
  if (found.error) {
    pause();
    $("alarm").textContent = found.error;
    reject(new Error(found.error));
    return;
  }
  if (found.sweep) state.sweep = { at: message.sweep.parameter, numbers: message.sweep.numbers, sweep: found.sweep };
  const before = state.frame;
  state.frame = found;
  if (message.reset) state.curve = state.restored.splice(0);
  for (const [step, training, held] of found.curve) state.curve.push({ step, training, heldOut: held });
  const last = state.curve.at(-1), point = { step: found.steps, training: found.training, heldOut: found.heldOut };
  if (last && last.step === found.steps) Object.assign(last, point);
  else state.curve.push(point);
  if (state.curve.length > MOST) state.curve = state.curve.filter((_, k, all) => k % 2 === 0 || k === all.length - 1);
  if (found.diverged !== null) diverge(found.diverged, before);
  else if (message.steps || message.reset || message.set || message.points) $("alarm").textContent = "";
  redraw();
  if (!state.playing) saveState();
  resolve(found);
}

function diverge(step) {
  pause();
  const smaller = Number((state.settings.lr / 10).toPrecision(2));
  $("alarm").textContent = `The loss is not finite since step ${step}. Reset, and try a smaller learning rate, such as ${smaller}.`;
}

// ── playing ──

function play() {
  if (state.playing || state.frame?.diverged != null) return;
  state.playing = true;
  showPlaying();
  requestAnimationFrame(tick);
}

// The worker makes steps only when it is asked, once for every frame that is seen.
function tick() {
  if (!state.playing || document.hidden) return;
  if (!waiting.length) ask({ steps: Number($("speed").value), time: 14 }).catch(() => {});
  requestAnimationFrame(tick);
}

function pause() {
  if (!state.playing) return;
  state.playing = false;
  showPlaying();
  tell();
  saveState();
}

function showPlaying() {
  $("play").replaceChildren(made("span", { ariaHidden: "true" }, state.playing ? "❚❚" : "▶"), state.playing ? " Pause" : " Train");
}

document.addEventListener("visibilitychange", () => { if (!document.hidden && state.playing) requestAnimationFrame(tick); });

const told = (found) => { tell(); return found; };
const makeSteps = (steps, lr) => ask({ steps, ...(lr !== undefined && { lr }) }).then(told);
const reset = () => { pause(); return ask({ reset: true }).then(told); };
const setParameter = (at, x) => {
  state.frame.theta[at] = x; // until the answer comes
  return ask({ set: [[at, x]] });
};

// For screen readers, once training rests.
function tell() {
  const { steps, training, heldOut: held } = state.frame;
  const others = isFinite(held) ? `, ${write(held)} on points held out` : "";
  $("said").textContent = `After ${steps} step${steps === 1 ? "" : "s"} the loss is ${write(training)}${others}.`;
}

// ── the points ──

// The points with their noise: of the inputs for classes, of the targets otherwise.
function places() {
  return state.points.map(({ x, y, z }) => (plan.kind === "classes"
    ? { x: x.map((each, i) => each + state.noise * spreads[i] * z[i]), y }
    : { x, y: y + state.noise * spreads.at(-1) * z[0] }));
}

function columns() {
  const all = places();
  return [...plan.inputs.map((_, i) => Float64Array.from(all, ({ x }) => x[i])), Float64Array.from(all, ({ y }) => y)];
}

const spreads = [...plan.inputs.map((_, i) => plan.rows.map((x) => x[i])), plan.targets].map((column) => {
  const mean = column.reduce((sum, x) => sum + x, 0) / column.length;
  return Math.sqrt(column.reduce((sum, x) => sum + (x - mean) ** 2, 0) / column.length);
});

function sendPoints(more = {}) {
  const all = columns();
  const held = state.points.flatMap(({ heldOut: out }, k) => (out ? [k] : []));
  return ask({ points: { inputs: all.slice(0, -1), targets: all.at(-1), heldOut: held }, ...more });
}

const grids = () => ({ grid: plane.grid(CELLS), coarse: plane.grid(COARSE) });

let sending = 0;
function pointsChanged() {
  plane.drawPoints(state.points, places(), chosenPoint());
  if (!sending) sending = requestAnimationFrame(() => { sending = 0; sendPoints().catch(() => {}); });
}

const chosenPoint = () => (state.chosen.kind === "point" ? state.chosen.k : -1);

function addPoint(place, kind) {
  const x = plane.means.slice(0, plan.inputs.length);
  const point = { x, y: plan.classes.length ? plan.classes[kind] : 0, heldOut: false, z: noiseOf().map(() => 0), from: -1 };
  state.points.push(point);
  movePoint(point, place);
  choose("point", state.points.length - 1);
}

function movePoint(point, [a, b]) {
  const tidy = (x) => Number(x.toPrecision(4));
  point.z = point.z.map(() => 0); // it stays where it is put
  point.from = -1;
  if (plan.inputs.length === 1) { point.x[0] = tidy(a); point.y = tidy(b); }
  else { point.x[plane.axes[0]] = tidy(a); point.x[plane.axes[1]] = tidy(b); }
  pointsChanged();
}

function removePoint(k) {
  if (state.points.length <= 1) return;
  state.points.splice(k, 1);
  pointsChanged();
  choose("point", Math.min(k, state.points.length - 1));
}

$("points").addEventListener("pointerdown", (down) => {
  if (down.button) return;
  const mark = down.target.closest(".point");
  if (!mark) {
    const kind = state.tool.match(/^add(\d+)$/);
    if (kind) { down.preventDefault(); addPoint(plane.at(down), +kind[1]); }
    else if (state.tool === "move") choose("", -1);
    return;
  }
  const k = +mark.dataset.k, point = state.points[k];
  if (state.tool === "remove") return removePoint(k);
  choose("point", k);
  const [x, y] = [down.clientX, down.clientY];
  let dragging = false;
  state.dragging = true;
  const move = (e) => {
    if (!dragging && Math.hypot(e.clientX - x, e.clientY - y) <= 4) return;
    dragging = true;
    closeSheet();
    movePoint(point, plane.at(e));
  };
  const stop = ({ type }) => {
    state.dragging = false;
    if (!dragging && type === "pointerup") openSheet();
    for (const [kind, listener] of [["pointermove", move], ["pointerup", stop], ["pointercancel", stop]]) removeEventListener(kind, listener);
  };
  for (const [kind, listener] of [["pointermove", move], ["pointerup", stop], ["pointercancel", stop]]) addEventListener(kind, listener);
});

// A browser takes a drag for scrolling, unless it is told; `touch-action` does not reach into an SVG.
$("points").addEventListener("touchmove", (e) => { if (state.dragging) e.preventDefault(); }, { passive: false });

$("points").addEventListener("keydown", (e) => {
  const k = chosenPoint(), way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[e.key];
  if (e.key === "PageDown" || e.key === "PageUp" || ((way || e.key === "Enter") && k < 0)) {
    e.preventDefault();
    const by = e.key === "PageUp" ? -1 : 1, count = state.points.length;
    choose("point", k < 0 ? 0 : (k + by + count) % count);
    return;
  }
  if (way) {
    e.preventDefault();
    const size = e.shiftKey ? 0.05 : 0.01;
    const at = plane.place(places()[k]);
    movePoint(state.points[k], at.map((x, i) => x + way[i] * size * (plane.domain[i][1] - plane.domain[i][0])));
  }
  if ((e.key === "Delete" || e.key === "Backspace") && k >= 0) { e.preventDefault(); removePoint(k); }
  if (e.key === "Enter" && k >= 0) { e.preventDefault(); openSheet(); $("panel").focus(); }
});

// ── showing ──

let drawing = 0;
function redraw() {
  if (!drawing) drawing = requestAnimationFrame(draw);
}

let colours = [];
function readColours() {
  const style = getComputedStyle(document.documentElement);
  colours = Array.from({ length: Math.max(2, plan.classes.length) }, (_, k) => {
    const text = style.getPropertyValue(`--class${k}`).trim();
    return [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16));
  });
}

function draw() {
  cancelAnimationFrame(drawing);
  drawing = 0;
  if (!state.frame) return;
  const { theta, grid, neurons, steps } = state.frame, { kind, k } = state.chosen;
  const neuron = kind === "neuron" && !(plan.kind === "classes" && plan.outputs === 1 && plan.neurons[k].output !== undefined) ? k : -1;
  $("shown").textContent = neuron < 0 ? "What the model says" : `What ${nameOfNeuron(neuron)} says`;
  plane.shade(grid, neurons[neuron], colours);
  plane.drawLines(theta, kind === "neuron" ? k : -1);
  plane.drawPoints(state.points, places(), chosenPoint());
  network.update(theta, neurons, colours, state.chosen);
  $("steps").textContent = steps.toLocaleString("en");
  $("unit").textContent = steps === 1 ? "step" : "steps";
  showLosses();
  fill();
}

const curve = new Plot($("curve"), { width: 360, height: 170 });
function showLosses() {
  const drawn = (x) => (Math.abs(x) < 1e100 ? x : NaN); // axes have no room for more
  const points = state.curve.map(({ step, ...of }) => ({ step, training: drawn(of.training), heldOut: drawn(of.heldOut) })), last = Math.max(1, points.at(-1)?.step ?? 0);
  const all = points.flatMap(({ training, heldOut: held }) => [training, held]).filter(isFinite);
  curve.begin([0, last], Plot.range(all, [0]), Plot.ticks(0, last, 4).filter((t) => Number.isInteger(t) && t <= last));
  curve.line("held", points.map((point) => [point.step, point.heldOut]));
  curve.line("run", points.map((point) => [point.step, point.training]));
  const { training, heldOut: held, outputs } = state.frame;
  curve.svg.setAttribute("aria-label", `The training loss after ${last} steps: ${write(training)}`);
  const share = (out) => {
    const chosen = state.points.flatMap((point, k) => (point.heldOut === out && outputs.length && k < outputs[0].length ? [k] : []));
    const right = chosen.filter((k) => plan.classes[judge(outputs, k)[0]] === state.points[k].y).length;
    return plan.kind === "classes" && chosen.length ? `, ${Math.round((100 * right) / chosen.length)} % right` : "";
  };
  $("training").textContent = `${write(training, 3)}${share(false)}`;
  $("held").hidden = isNaN(held) && !state.points.some((point) => point.heldOut);
  $("heldOut").textContent = `${write(held, 3)}${share(true)}`;
}

// On a phone what is chosen is a sheet, which leaves the upper part of the window free.
function openSheet() {
  document.body.classList.add("open");
  const mark = document.querySelector(".plane .active") ?? $("plane");
  const free = matchMedia("(max-width: 40rem)").matches ? 0.36 * innerHeight : innerHeight;
  if (mark.getBoundingClientRect().bottom > free) $("plane").scrollIntoView({ block: "start" });
}
function closeSheet() { document.body.classList.remove("open"); }

// ── controls ──

function showRate() { $("rate").value = String(state.settings.lr).replace("-", "−"); }
const sendRule = () => ask({ rule: state.rule, settings: state.settings });

$("play").onclick = () => (state.playing ? pause() : play());
$("step").onclick = () => { pause(); makeSteps(1); };
$("reset").onclick = () => reset();
$("rate").onchange = ({ target }) => {
  const rate = Numbers.parse(target.value), right = rate > 0 && isFinite(rate);
  target.setAttribute("aria-invalid", String(!right));
  if (!right) return;
  state.settings.lr = rate;
  sendRule();
};
const given = () => Object.entries(RULES_SHOWN).find(([, [rule, special]]) => {
  const { lr, ...rest } = plan.optimiser.settings;
  return rule === plan.optimiser.rule && JSON.stringify({ ...DEFAULTS[rule], ...special }) === JSON.stringify({ ...DEFAULTS[rule], ...rest });
});
if (!given()) $("rule").add(new Option(`${plan.optimiser.rule}, as given`, "given"));
for (const name of Object.keys(RULES_SHOWN)) $("rule").add(new Option(name, name));
$("rule").value = given()?.[0] ?? "given";
const firstRule = $("rule").value;
function takeRule(name) {
  const { lr } = state.settings;
  const [rule, special] = RULES_SHOWN[name] ?? [plan.optimiser.rule, plan.optimiser.settings];
  $("rule").value = name;
  state.rule = rule;
  state.settings = { ...DEFAULTS[rule], ...special, lr };
}
$("rule").onchange = ({ target }) => { takeRule(target.value); sendRule(); };
const sizes = [...new Set([1, 2, 5, 10, 20, 50, 100, plan.batch ?? 0])].filter((n) => n && n < plan.rows.length - plan.heldOut.length).sort((a, b) => a - b);
$("batch").add(new Option("all", ""));
for (const size of sizes) $("batch").add(new Option(size, size));
$("batch").value = sizes.includes(plan.batch) ? plan.batch : "";
$("batch").onchange = ({ target }) => {
  state.batch = Number(target.value) || null;
  ask({ batch: state.batch });
};
function takeNoise(share) {
  $("noise").value = share;
  state.noise = SHARE * 2 * share;
  $("noise").setAttribute("aria-valuetext", `${Math.round(100 * state.noise)} % of the spread`);
}
$("noise").oninput = ({ target }) => { takeNoise(target.value); pointsChanged(); };
$("speed").onchange = saveState;
$("before").onclick = () => turn(-1);
$("after").onclick = () => turn(1);
$("close").onclick = closeSheet;
addEventListener("keydown", (e) => { if (e.key === "Escape") closeSheet(); });

function takeTool(tool) {
  state.tool = tool;
  for (const button of $("tools").children) if (button.dataset.tool) button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
  $("plane").dataset.tool = tool.replace(/\d/, "");
}

function makeTools() {
  const tool = (name, ...inside) => {
    const button = made("button", { type: "button", onclick: () => takeTool(name) }, ...inside);
    button.dataset.tool = name;
    return button;
  };
  const mark = (k) => {
    const svg = element("svg", { viewBox: "-7 -7 14 14", width: 14, height: 14, "aria-hidden": "true" });
    svg.append(element("path", { class: `point class${k}`, d: shapeOf(k) }));
    return svg;
  };
  const adding = plan.classes.length ? plan.classes.map((y, k) => tool(`add${k}`, "Add ", mark(k), ` ${write(y)}`)) : [tool("add0", "Add")];
  const again = made("button", { type: "button", onclick: () => { state.points = first(); choose("", -1); pointsChanged(); } }, "Restore");
  again.setAttribute("aria-label", "Restore the points");
  $("tools").replaceChildren(tool("move", "Move"), ...adding, tool("remove", "Remove"), again);
  takeTool("move");
}

function makeAxes() {
  if (plan.inputs.length < 3) {
    $("axes").textContent = plan.inputs.length === 1 ? `target against ${plan.inputs[0]}` : `${plan.inputs[1]} against ${plan.inputs[0]}`;
    return;
  }
  const select = (i, label) => made("select", { label, onchange: (e) => {
    const axes = plane.axes.slice();
    axes[i] = +e.target.value;
    plane.lookAt(axes);
    ask(grids());
  } }, ...plan.inputs.map((name, k) => made("option", { value: k, selected: plane.axes[i] === k }, name)));
  $("axes").replaceChildren(select(1, "Upwards"), " against ", select(0, "To the right"), ", the others at their means");
}

// ── for scripts and tests ──

function find(name) {
  const at = plan.names.indexOf(name);
  if (at < 0) throw new RangeError(`no parameter is called ${name}`);
  return at;
}
window.glassgrad = {
  leaves: () => [...plan.names],
  set: (name, number) => setParameter(find(name), Number(number)),
  data: (name) => state.frame.theta[find(name)],
  grad: (name) => state.frame.gradient[find(name)],
  update: (lr = state.settings.lr, times = 1) => makeSteps(times, lr),
  train: (steps) => makeSteps(steps),
  loss: () => ({ step: state.frame.steps, training: state.frame.training, heldOut: state.frame.heldOut }),
  reset,
  idle: () => (waiting.length ? new Promise((done) => { resting.push(done); }) : Promise.resolve()),
  onAnswer: null,
};

// ── begin ──

const plane = new Plane($("shades"), $("points"), columns);
const network = new Network($("layers"), $("thumbs"), $("wires"), (kind, k) => { choose(kind, k); openSheet(); });
plane.lookAt();
$("points").setAttribute("aria-label", "The points. Page Down chooses the next, arrow keys move it, Delete removes it.");
$("key").textContent = plan.heldOut.length ? "Filled points are learnt from; hollow ones are held out." : "";
$("network").hidden = !plan.neurons.length;
readColours();
makeTools();
employ();
// Begins anew, as the link says.
function begin() {
  pause();
  const more = readState();
  makeAxes();
  showRate();
  const answer = sendPoints({ rule: state.rule, settings: state.settings, batch: state.batch, ...grids(), reset: true, ...more });
  const { kind, k } = state.chosen;
  return answer.then((found) => { choose(kind, k); return found; });
}
choose("", -1);
window.glassgrad.ready = begin();
Link.onChange(() => { begin().catch(() => {}); });
window.glassgrad.ready.then(() => { network.layout(); curve.resize(); redraw(); });
addEventListener("resize", () => { network.layout(); curve.resize(); redraw(); });
const restyle = () => { readColours(); redraw(); };
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", restyle);
addEventListener("message", (e) => { // the notebook around this frame has changed its theme
  if (e.source !== parent || !["dark", "light"].includes(e.data?.theme)) return;
  document.documentElement.dataset.theme = e.data.theme;
  restyle();
});
