// ── what one touches ──

const lead = plan.start < 0 ? [] : [plan.start];
const room = plan.length - lead.length; // tokens that one can write
const draws = new Draws(plan.seed);
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const state = { tokens: [], temperature: 1, chosen: -1, watched: -1, writing: 0, swept: null };
let reader, weights, heads;

// ── the text ──

const full = () => state.tokens.length >= room;
const everything = () => [...lead, ...state.tokens];
const written = (tokens) => tokens.map((token) => plan.tokens[token]).join(between);

// What someone typed, as tokens; what the model does not know is left out, and said.
function parse(text) {
  const parts = between ? text.split(/\s+/).filter(Boolean) : [...text];
  const unknown = new Set(), tokens = [];
  for (const part of parts) {
    const found = number.get(part) ?? number.get(part.toLowerCase());
    if (found === undefined) unknown.add(part);
    else tokens.push(found);
  }
  const said = [];
  if (unknown.size) said.push(`The model does not know ${[...unknown].slice(0, 5).map((part) => `“${part}”`).join(", ")}.`);
  if (tokens.length > room) said.push(`It reads at most ${room} ${UNITS}, so it stops there.`);
  return [tokens.slice(0, room), said.join(" ")];
}

function typed(text) {
  const [tokens, said] = parse(text);
  $("wrong").textContent = said;
  state.tokens = tokens;
  changed();
}

// Another text, from a button.
function put(tokens) {
  state.tokens = tokens;
  $("text").value = written(tokens);
  $("wrong").textContent = "";
  changed();
}

function append(token) {
  if (!full()) put([...state.tokens, token]);
}

// ── writing on ──

const chances = () => (everything().length ? reader.after(everything().length - 1) : []);

// Draws the next token by its chance.
function draw() {
  const shares = tempered(chances(), state.temperature);
  let rest = draws.next();
  for (const [k, p] of shares.entries()) if ((rest -= p) < 0) return k;
  return shares.indexOf(Math.max(...shares));
}

// False at the end of the text.
function writeOne() {
  if (full()) { say(`The model reads no more than ${room} ${UNITS}.`); return false; }
  const token = draw();
  if (token === plan.start) {
    say(`The model ends here: it drew ${plan.shown[token]}.`);
    return false;
  }
  append(token);
  return true;
}

function stop() {
  clearTimeout(state.writing);
  state.writing = 0;
  $("on").textContent = "Write on";
}

function writeOn() {
  if (state.writing) return stop();
  $("on").textContent = "Stop";
  const step = () => {
    if (!writeOne()) { stop(); tell(); return; }
    state.writing = setTimeout(step, calm.matches ? 0 : 350);
  };
  say("");
  state.writing = setTimeout(step, 0);
  return undefined;
}

function say(words) { $("ended").textContent = words; }

// ── showing ──

function changed() {
  reader.read(everything());
  show();
  link();
  slowly();
}

function show() {
  const tokens = everything();
  const chips = tokens.map((token, t) => {
    const chip = made("li", {}, made("bdi", {}, plan.shown[token]));
    const p = t ? reader.after(t - 1)[token] : NaN;
    chip.append(made("small", {}, t ? percent(p) : lead.length ? "start" : "first"));
    if (t) chip.style.setProperty("--likely", isFinite(p) ? p.toFixed(3) : 0);
    return chip;
  });
  $("letters").replaceChildren(...chips);
  const shares = tempered(chances(), state.temperature);
  $("next").hidden = !tokens.length;
  if (tokens.length) {
    drawChances($("bars"), shares);
    listLikely($("likely"), $("rest"), shares);
  }
  const after = state.tokens.length ? `“${written(state.tokens).slice(-24)}”` : "the start";
  const heat = state.temperature === 1 ? "" : `, at temperature ${state.temperature.toFixed(1)}`;
  $("after").textContent = `What comes after ${after}${heat}`;
  heads.draw(tokens);
  weights.draw();
  fill();
  for (const id of ["one", "on"]) $(id).disabled = full() || !tokens.length;
  const changes = changedWeights().length;
  $("restore").hidden = !changes;
  $("restore").textContent = `Restore ${changes === 1 ? "the changed weight" : `${changes} changed weights`}`;
}

// The curve of the chosen weight takes forty readings, so it waits until one rests.
let waiting = 0;
function slowly() {
  clearTimeout(waiting);
  if (state.chosen >= 0 && everything().length) waiting = setTimeout(() => { waiting = 0; state.swept?.(); }, 60);
}

function tell() {
  const few = everything().length ? ranked(tempered(chances(), state.temperature)).slice(0, 3).map(([p, k]) => `${plan.shown[k]} ${percent(p)}`).join(", ") : "";
  $("said").textContent = `${written(state.tokens)}. Next: ${few}`;
}

// ── the weights ──

const watched = () => (state.watched >= 0 ? state.watched : ranked(chances())[0][1]);
const changedWeights = () => {
  const { data } = reader, found = [];
  for (let i = plan.length; i < plan.leaves; i++) if (!Object.is(data[i], reader.first[i - plan.length])) found.push(i);
  return found;
};

function choose(at) {
  const table = weights.place(at) ? weights.table : plan.tables.find((each) => weights.place(at, each));
  if (!table) return;
  state.chosen = weights.chosen = at;
  $("table").value = plan.tables.indexOf(table);
  weights.table = table;
  $("about").replaceChildren(...aboutWeight(at));
  weights.draw();
  fill();
  link();
  slowly();
}

function setWeight(at, x) {
  reader.data[at] = x;
  changed();
}

function restoreWeights() {
  reader.data.set(reader.first, plan.length);
  changed();
}

// ── the link ──

function link() {
  Link.later(() => ({
    id: changedWeights().length || state.chosen >= 0 ? Link.id() : "",
    text: written(state.tokens),
    t: state.temperature === 1 ? "" : state.temperature,
    set: changedWeights().map((i) => `${i - plan.length}:${reader.data[i]}`).join(","),
    at: state.chosen < 0 ? "" : state.chosen - plan.length,
    of: state.watched < 0 ? "" : state.watched,
  }));
}

function restore() {
  const parts = Link.read(), whole = (text, count) => (/^\d{1,9}$/.test(text ?? "") && +text < count ? +text : -1);
  if (parts.has("id") && parts.get("id") !== Link.id()) for (const key of ["set", "at", "of"]) parts.delete(key); // of other weights
  reader.data.set(reader.first, plan.length);
  for (const [k, x] of Link.numbers(parts.get("set"), plan.leaves - plan.length)) reader.data[plan.length + k] = x;
  const heat = parseFloat(parts.get("t") ?? "1");
  setTemperature(heat >= 0 && heat <= 2 ? heat : 1);
  state.watched = whole(parts.get("of"), plan.tokens.length);
  const at = whole(parts.get("at"), plan.leaves - plan.length);
  [state.tokens, $("wrong").textContent] = parse(parts.get("text") ?? plan.text);
  $("text").value = written(state.tokens);
  reader.read(everything());
  if (at >= 0) choose(plan.length + at);
  show();
  slowly();
}

function setTemperature(x) {
  state.temperature = x;
  $("heat").value = x;
  $("degrees").textContent = x.toFixed(1);
}

// ── for scripts and tests ──

function find(name) {
  for (const table of plan.tables) for (const at of table.rows.flat()) if (nameOf(at) === name) return at;
  throw new RangeError(`no weight is called ${name}`);
}
window.glassgrad = {
  leaves: () => plan.tables.flatMap((table) => table.rows.flat().map(nameOf)),
  set: (name, x) => setWeight(find(name), Number(x)),
  data: (name) => reader.data[find(name)],
  write: (text) => { $("text").value = text; typed(text); },
  text: () => written(state.tokens),
  chances: () => Object.fromEntries(chances().map((p, k) => [plan.tokens[k], p])),
  attention: () => plan.attention.map((_, head) => everything().map((_, t) => reader.weights(head, t))),
  reset: restoreWeights,
};

// ── begin ──

async function begin() {
  const [steps, numbers] = await Promise.all([unzip(plan.steps), unzip(plan.numbers)]);
  reader = new Reader(plan, steps, numbers);
  let from = plan.length;
  for (const table of plan.tables) { // parameters are in order, unless a table says otherwise
    table.rows = table.at ?? table.widths.map((width) => Array.from({ length: width }, () => from++));
  }
  heads = new Heads($("heads"), $("told"));
  heads.reader = reader;
  $("listening").hidden = !plan.attention.length;
  weights = new Weights($("squares"), choose);
  plan.tables.forEach((table, k) => $("table").add(new Option(table.name, k)));
  $("text").oninput = ({ target }) => { stop(); say(""); typed(target.value); };
  $("text").onchange = tell;
  $("one").onclick = () => { stop(); say(""); writeOne(); tell(); };
  $("on").onclick = writeOn;
  $("new").onclick = () => { stop(); put(lead.length ? [] : state.tokens.slice(0, 1)); if (everything().length) writeOn(); };
  $("clear").onclick = () => { stop(); say(""); put([]); $("text").focus(); };
  $("heat").oninput = ({ target }) => { setTemperature(+target.value); show(); link(); };
  $("table").onchange = ({ target }) => weights.show(plan.tables[target.value]);
  $("restore").onclick = restoreWeights;
  restore();
  Link.onChange(restore);
  addEventListener("resize", () => { heads.tallest = 0; $("told").style.minHeight = ""; show(); slowly(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => weights.draw());
  addEventListener("message", (e) => { // the notebook around this frame has changed its theme
    if (e.source !== parent || !["dark", "light"].includes(e.data?.theme)) return;
    document.documentElement.dataset.theme = e.data.theme;
    weights.draw();
  });
}
window.glassgrad.ready = begin();
