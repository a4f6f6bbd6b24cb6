// ── the state, in the link ──
// What one sees: the settings, what is chosen, what is trained or changed, the points and the curve.
// A link may come from anywhere, so whatever does not fit this page is left out.

const MOST_IN_LINK = 1200; // parameters whose numbers a link holds, with the optimiser's memory
const SLOTS = ["v", "m", "b"]; // what the rules remember of each parameter
const CURVE_IN_LINK = 60; // points of the loss curve

function packNumbers(numbers) {
  const bytes = new Uint8Array(Float64Array.from(numbers).buffer);
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

// As many finite numbers as that, or null.
function unpackNumbers(text, count) {
  try {
    const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    if (plain.length !== 8 * count) return null;
    const numbers = new Float64Array(Uint8Array.from(plain, (letter) => letter.charCodeAt(0)).buffer);
    return Numbers.finite(numbers) ? numbers : null;
  } catch { return null; }
}

const short = (x) => String(Number(x.toPrecision(5)));

function writeState() {
  const { frame, settings, points, chosen, curve } = state;
  if (!frame) return null; // nothing is known yet
  const { theta, memory, steps } = frame;
  const moved = points.length !== plan.rows.length || points.some(({ x, y, from, heldOut: out }, k) => (
    from !== k || out !== heldOut.has(k) || y !== plan.targets[k] || x.some((each, i) => each !== plan.rows[k][i])));
  const trained = steps > 0 || theta.some((x, i) => x !== plan.theta[i]);
  const numbers = trained && memory ? [...theta, ...SLOTS.flatMap((name) => [...memory.slots[name]])] : [];
  const shown = curve.length > CURVE_IN_LINK ? curve.filter((_, k) => k % Math.ceil(curve.length / CURVE_IN_LINK) === 0) : curve;
  return {
    id: Link.id(),
    lr: settings.lr === plan.optimiser.settings.lr ? "" : settings.lr,
    rule: $("rule").value === firstRule ? "" : $("rule").value,
    batch: (state.batch ?? "all") === (plan.batch ?? "all") ? "" : state.batch ?? "all",
    noise: state.noise ? $("noise").value : "",
    speed: $("speed").value === "5" ? "" : $("speed").value,
    at: chosen.kind ? `${chosen.kind}:${chosen.k}` : "",
    axes: plan.inputs.length > 2 ? plane.axes.join(",") : "",
    points: moved ? points.map(({ x, y, heldOut: out, from }) => [...x, y, out ? 1 : 0, from].join(",")).join(";") : "",
    ...(Numbers.finite(numbers) && numbers.length && {
      steps, made: memory.made, numbers: packNumbers(numbers),
      curve: shown.map(({ step, training, heldOut: held }) => [step, short(training), short(held)].join(",")).join(";"),
    }),
  };
}

// Takes the state from the link, and gives what the worker has to know of it.
function readState() {
  const parts = Link.read();
  if (parts.has("id") && parts.get("id") !== Link.id()) parts.clear(); // of another page, or an older one
  const whole = (text, below) => (/^\d{1,9}$/.test(text ?? "") && +text < below ? +text : -1);
  const pick = (name, key) => {
    const found = [...$(name).options].find((option) => option.value === parts.get(key));
    return found?.value;
  };
  const rule = pick("rule", "rule") ?? firstRule;
  takeRule(rule);
  const lr = Number(parts.get("lr"));
  state.settings.lr = lr > 0 && isFinite(lr) ? lr : plan.optimiser.settings.lr;
  const batch = parts.get("batch");
  state.batch = batch === "all" ? null : whole(batch, 1e9) > 0 ? +batch : plan.batch;
  $("batch").value = [...$("batch").options].some(({ value }) => value === String(state.batch)) ? state.batch : "";
  const noise = Number(parts.get("noise") ?? 0);
  takeNoise(noise >= 0 && noise <= 1 ? noise : 0);
  $("speed").value = pick("speed", "speed") ?? "5";
  state.points = readPoints(parts.get("points")) ?? first();
  const axes = (parts.get("axes") ?? "").split(",").map((text) => whole(text, plan.inputs.length));
  if (plan.inputs.length > 2 && axes.length === 2 && axes.every((axis) => axis >= 0)) plane.lookAt(axes);
  const [, kind, k] = (parts.get("at") ?? "").match(/^(weight|neuron|point):(\d{1,9})$/) ?? [];
  const count = { weight: plan.names.length, neuron: plan.neurons.length, point: state.points.length }[kind] ?? 0;
  state.chosen = +k < count ? { kind, k: +k } : { kind: "", k: -1 };
  const size = plan.names.length;
  const numbers = size <= MOST_IN_LINK ? unpackNumbers(parts.get("numbers") ?? "", (1 + SLOTS.length) * size) : null;
  const steps = whole(parts.get("steps"), 1e9), made = whole(parts.get("made"), 1e9);
  state.restored = [];
  if (!numbers || steps < 0 || made < 0) return {};
  state.restored = (parts.get("curve") ?? "").split(";").slice(0, 2 * CURVE_IN_LINK).flatMap((text) => {
    const [step, training, held] = text.split(",").map(Number);
    return Number.isInteger(step) && step >= 0 && step < steps && !isNaN(training) ? [{ step, training, heldOut: held ?? NaN }] : [];
  }).sort((a, b) => a.step - b.step);
  const part = (i) => numbers.slice(i * size, (i + 1) * size);
  return { restore: { theta: part(0), slots: Object.fromEntries(SLOTS.map((name, i) => [name, part(i + 1)])), steps, made } };
}

function readPoints(text) {
  const rows = (text ?? "").split(";").slice(0, 2000).map((row) => row.split(",").map((each) => (each === "" ? NaN : Number(each))));
  const width = plan.inputs.length;
  const right = (row) => row.length === width + 3 && row.every(isFinite) && (!plan.classes.length || plan.classes.includes(row[width]));
  if (!text || !rows.every(right)) return null;
  const places = first();
  return rows.map((row) => {
    const from = places[row.at(-1)] ? row.at(-1) : -1;
    return { x: row.slice(0, width), y: row[width], heldOut: row[width + 1] === 1, z: from < 0 ? noiseOf().map(() => 0) : places[from].z, from };
  });
}

const saveState = () => Link.later(writeState);
