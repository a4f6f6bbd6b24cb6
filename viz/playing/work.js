// ── the work ──
// Trains, in a worker. Every message gets one answer: the page asks for as many steps as it shows.

const SLOTS = ["v", "m", "b"]; // what the rules remember of each parameter
const CURVE = 40; // losses that many steps at once are drawn with
const start = { theta: Float64Array.from(plan.theta), ...plan.optimiser };
const which = start.trained;
const draws = {};
let theta, slots, steps, settings, rule, batch, diverged, points, grid, coarse;
let made = 0; // steps that the slots remember

function restart() {
  theta = start.theta.slice();
  forget();
  for (const [name, numbers] of Object.entries(rule === start.rule ? start.slots : {})) slots[name].set(numbers);
  made = rule === start.rule ? start.steps : 0;
  steps = 0;
  diverged = null;
  restartBatches();
}

// Goes on where a link says that someone was.
function resume(at) {
  theta.set(at.theta);
  for (const name of SLOTS) slots[name].set(at.slots[name]);
  ({ steps, made } = at);
}

function forget() {
  slots = Object.fromEntries(SLOTS.map((name) => [name, new Float64Array(theta.length)]));
  made = 0;
}

function restartBatches() {
  draws.generator = new Draws(plan.seed);
  draws.order = [];
}

// The columns of some points.
function columnsOf(indices) {
  return [...points.inputs, points.targets].map((column) => Float64Array.from(indices, (k) => column[k]));
}

// The next batch: all points in random order, then all in another.
function nextBatch() {
  const { training, trainingColumns } = points;
  if (!batch || batch >= training.length) return trainingColumns;
  if (!draws.order.length) draws.order = draws.generator.shuffle(training.length);
  return columnsOf(draws.order.splice(0, batch).map((k) => training[k]));
}

function step(lr = settings.lr) {
  const { value, gradient } = loss.valueAndGrad(theta, nextBatch());
  if (!isFinite(value)) {
    diverged = steps;
    return false;
  }
  RULES[rule](which, theta, gradient, slots, ++made, { ...settings, lr });
  steps++;
  return true;
}

function setPoints({ inputs, targets, heldOut }) {
  const held = new Set(heldOut);
  points = { inputs, targets, training: Array.from(targets.keys()).filter((k) => !held.has(k)), heldOut };
  points.trainingColumns = columnsOf(points.training);
  points.heldOutColumns = columnsOf(heldOut);
  draws.order = [];
}

function meanLoss(columns) {
  if (!columns[0].length) return NaN;
  const losses = loss.value(theta, columns);
  return losses.reduce((sum, x) => sum + x, 0) / losses.length;
}

// One array for each output, over the rows.
function outputsOf(module, columns, Kind) {
  const rows = module.value(theta, columns);
  const count = rows.length ? [].concat(rows[0]).length : 0;
  return Array.from({ length: count }, (_, j) => Kind.from(rows, count === 1 ? (row) => [].concat(row)[0] : (row) => row[j]));
}

function answer(message) {
  try {
    respond(message);
  } catch (error) {
    post({ error: String(error.message) });
  }
}

function respond(message) {
  if (message.rule) {
    if (rule !== message.rule) { rule = message.rule; if (theta) forget(); }
    settings = message.settings;
  }
  if ("batch" in message && message.batch !== batch) { batch = message.batch; draws.order = []; }
  if (message.points) setPoints(message.points);
  if (message.grid) ({ grid, coarse } = message);
  if (message.reset) restart();
  if (message.restore) resume(message.restore);
  for (const [i, x] of message.set ?? []) { theta[i] = x; diverged = null; }
  const curve = run(message);
  const all = points.training.length ? loss.valueAndGrad(theta, points.trainingColumns) : { value: NaN, gradient: theta.map(() => 0) };
  if (points.training.length && !isFinite(all.value) && diverged === null) diverged = steps;
  const found = {
    steps, diverged, curve, theta: theta.slice(), gradient: Float64Array.from(all.gradient),
    training: all.value, heldOut: meanLoss(points.heldOutColumns),
    outputs: points.targets.length ? outputsOf(model, points.inputs, Float64Array) : [],
    grid: outputsOf(model, grid, Float32Array),
    neurons: neurons ? outputsOf(neurons, coarse, Float32Array) : [],
  };
  if (theta.length <= message.memory) found.memory = { made, slots: Object.fromEntries(SLOTS.map((name) => [name, slots[name].slice()])) };
  if (message.losses) found.losses = Float64Array.from(points.targets.length ? loss.value(theta, [...points.inputs, points.targets]) : []);
  if (message.sweep) found.sweep = sweep(message.sweep);
  post(found, [...found.grid, ...found.neurons].map(({ buffer }) => buffer));
}

// Makes steps, and returns the losses on the way: of step, training and held out.
function run({ steps: count = 0, time = Infinity, lr }) {
  const curve = [], every = Math.ceil(count / CURVE), end = performance.now() + time;
  for (let k = 0; k < count && diverged === null && points.training.length; k++) {
    if (k && k % every === 0) curve.push([steps, meanLoss(points.trainingColumns), meanLoss(points.heldOutColumns)]);
    if (!step(lr) || performance.now() > end) break;
  }
  return curve;
}

// The loss for other numbers of one parameter.
function sweep({ parameter, numbers }) {
  const kept = theta[parameter];
  const losses = numbers.map((x) => {
    theta[parameter] = x;
    return meanLoss(points.trainingColumns);
  });
  theta[parameter] = kept;
  return losses;
}
