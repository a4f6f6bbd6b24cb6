// ── what is chosen ──
// A weight, a neuron or a point: its numbers, which can be changed.

function choose(kind, k) {
  state.chosen = { kind, k };
  fillers = [];
  const about = { weight: aboutWeight, neuron: aboutNeuron, point: aboutPoint }[kind];
  $("about").replaceChildren(...(about ? about(k) : [made("p", { className: "hint" }, "Choose a point, a neuron or a weight.")]));
  if (!about) headline("Nothing is chosen", "");
  $("before").hidden = $("after").hidden = !about;
  redraw();
  saveState();
  if (kind === "weight" || kind === "point") ask({}).catch(() => {});
}

function headline(title, more) {
  $("chosen").replaceChildren(made("bdi", {}, title), made("small", {}, more));
}

const parameterField = (at, label, buttons) => field({
  label, buttons, read: () => state.frame.theta[at], put: (x) => setParameter(at, x), step: () => stepOf(state.frame.theta[at]),
});

// What happens to the loss if a parameter rises.
function follows(gradient) {
  if (!isFinite(gradient)) return "";
  if (gradient === 0) return "If it changes a little, the loss stays as it is.";
  return gradient > 0 ? "If it rises a little, the loss rises ▲." : "If it rises a little, the loss falls ▼.";
}

// ── a weight ──

function aboutWeight(at) {
  const found = plan.neurons.findIndex(({ w, b }) => b === at || w.some(([, i]) => i === at));
  headline(plan.names[at], "parameter");
  const [number, wrong] = parameterField(at, plan.names[at], true);
  const svg = element("svg", { class: "curve", role: "img" });
  const plot = new Plot(svg, { width: 320, height: 170 });
  fillers.push(() => {
    const { sweep, at: of } = state.sweep ?? {};
    if (of !== at || !sweep) return;
    const numbers = state.sweep.numbers;
    plot.resize();
    drawSweep(plot, {
      from: numbers[0], to: numbers.at(-1), x: state.frame.theta[at], y: state.frame.training, slope: state.frame.gradient[at],
      samples: sweep.map((y, k) => [numbers[k], y]), hidden: false, name: plan.names[at], output: "The training loss",
    });
  });
  const slope = text("p", "note", () => {
    const gradient = state.frame.gradient[at];
    return `Its gradient ∂L/∂w is ${write(gradient)}, the slope of the tangent. ${follows(gradient)}`;
  });
  const parts = [number, wrong, svg, slope];
  if (found >= 0) {
    const [source] = plan.neurons[found].w.find(([, i]) => i === at) ?? [];
    const from = source === undefined ? "It is the bias of" : `It multiplies ${nameOfNode(source)}, within`;
    parts.push(made("p", { className: "note" }, `${from} `, link(nameOfNeuron(found), () => choose("neuron", found)), "."));
  }
  return parts;
}

const nameOfNode = (node) => (node < plan.inputs.length ? plan.inputs[node] : nameOfNeuron(node - plan.inputs.length));
const link = (words, onclick) => made("button", { type: "button", className: "link", onclick }, words);

// ── a neuron ──

function aboutNeuron(k) {
  const { name, w, b, f } = plan.neurons[k];
  headline(nameOfNeuron(k)[0].toUpperCase() + nameOfNeuron(k).slice(1), name);
  const formula = made("p", { className: "formula" });
  fillers.push(() => {
    const { theta } = state.frame, terms = w.slice(0, 4).map(([source, at]) => [theta[at], `·${source < plan.inputs.length ? plan.inputs[source] : `n${source - plan.inputs.length + 1}`}`]);
    let sum = "";
    for (const [x, of] of [...terms, ...(w.length > 4 ? [[NaN, "…"]] : []), [theta[b], ""]]) {
      const size = of === "…" ? "…" : `${write(Math.abs(x), 2)}${of}`;
      sum += of !== "…" && x < 0 ? `${sum ? " − " : "−"}${size}` : `${sum ? " + " : ""}${size}`;
    }
    formula.textContent = f && f !== "linear" ? `${f}(${sum})` : sum;
  });
  const rows = [...w.map(([source, at]) => [nameOfNode(source), at]), ["bias", b]].map(([label, at]) => {
    const [input, wrong] = parameterField(at, `${label}, ${plan.names[at]}`);
    const row = made("li", {}, link(label, () => choose("weight", at)), input, text("span", "grad", () => write(state.frame.gradient[at], 3)), wrong);
    return row;
  });
  const hint = plan.inputs.length > 1 ? "The plane shows where it is positive and where it is negative." : "The dotted line is its output.";
  return [formula, made("p", { className: "note" }, `${hint} Its weights, and the gradient of each:`), made("ul", { className: "leaves" }, ...rows)];
}

// ── a point ──

function aboutPoint(k) {
  const point = state.points[k];
  headline(`Point ${k + 1}`, `of ${state.points.length}`);
  const coordinates = plan.inputs.map((name, i) => made("label", {}, made("span", {}, name), ...field({
    label: name, read: () => point.x[i], step: () => stepOf(point.x[i]), put: (x) => { point.x[i] = x; pointsChanged(); },
  })));
  const target = plan.classes.length ? made("select", { label: "Target", onchange: (e) => { point.y = plan.classes[e.target.value]; pointsChanged(); } },
    ...plan.classes.map((y, j) => made("option", { value: j, selected: y === point.y }, write(y)))) : null;
  const y = target ? [target] : field({ label: "Target", read: () => point.y, step: () => stepOf(point.y), put: (x) => { point.y = x; pointsChanged(); } });
  const held = made("input", { type: "checkbox", checked: point.heldOut, onchange: (e) => { point.heldOut = e.target.checked; pointsChanged(); } });
  return [
    made("div", { className: "fields" }, ...coordinates, made("label", {}, made("span", {}, "target"), ...y)),
    made("label", { className: "check" }, held, " held out: it is not learnt from"),
    text("p", "note", () => sayPoint(k)),
    made("div", { className: "row" },
      ...(plan.graph ? [made("button", { type: "button", onclick: () => openGraph(k) }, "Open its live graph")] : []),
      made("button", { type: "button", onclick: () => removePoint(k) }, "Remove")),
  ];
}

function sayPoint(k) {
  const { outputs, losses } = state.frame;
  if (!outputs.length || k >= outputs[0].length) return "";
  const all = Array.from({ length: plan.outputs }, (_, j) => write(outputs[j][k])).join(", ");
  const said = `The model says ${all}`;
  const L = losses && k < losses.length ? ` The loss of this point is ${write(losses[k])}.` : "";
  if (plan.kind !== "classes") return `${said}.${L}`;
  const [kind, sure] = judge(outputs, k);
  const right = plan.classes[kind] === state.points[k].y ? "which is right" : "which is wrong";
  const hinge = plan.outputs === 1 && !plan.probable ? "" : ` with a probability of ${write(sure, 2)}`;
  return `${said}: class ${write(plan.classes[kind])}${hinge}, ${right}.${L}`;
}

// The one before, or after, of the same kind.
function turn(by) {
  const { kind, k } = state.chosen;
  const count = { weight: plan.names.length, neuron: plan.neurons.length, point: state.points.length }[kind];
  if (count) choose(kind, (k + by + count) % count);
}
