// The viewer: keys, buttons and clicks, and what they do.

const script = document.currentScript;
const host = script.parentNode.shadowRoot ? script.parentNode : null; // a box in a notebook
const root = host ? host.shadowRoot.querySelector("svg") : script.parentNode;
const alone = root === document.documentElement;
const calm = matchMedia("(prefers-reduced-motion: reduce)");

const graphs = [...root.querySelectorAll("g.graph")].filter((graph) => !graph.closest(".inside"));
const stage = make(SVG, "g", { class: "stage" });
const before = [...root.children].find((each) => ["g", "svg"].includes(each.localName));
before.before(stage);
stage.append(...[...root.children].filter((each) => ["g", "svg"].includes(each.localName) && each !== stage));

const drawnSize = root.getAttribute("viewBox").split(" ").slice(2).map(Number);
// Of an update there are two, each in an SVG of its own; a single one is the whole picture.
const seats = graphs.map((graph) => {
  const svg = graph.closest("svg");
  if (svg === root) return { at: [0, 0], size: drawnSize };
  const at = ["x", "y"].map((name) => Number(svg.getAttribute(name)));
  return { svg, at, size: svg.getAttribute("viewBox").split(" ").slice(2).map(Number) };
});
const scopes = graphs.map((graph, i) => new Scope(graph, seats[i].size));
const boxes = scopes.flatMap((scope) => [...scope.all()]).filter((box) => box.isBox);
const folds = boxes.filter((box) => box.inside);
let size = drawnSize;

const light = new Light(root);
const camera = new Camera(root, stage, () => size);
// Under a mouse the page stays where it is, and the toolbar may cover a box while one points at it.
const toolbar = new Toolbar(root, (height) => {
  if (camera.strip || !(alone || matchMedia("(pointer: coarse)").matches)) return;
  camera.strip = height;
  camera.resize();
});

// ── folds ──

// Each graph has the room that it needs, and the next one moves away. Returns the size of all.
function seat(sizes) {
  const whole = [0, 0], grown = [0, 0];
  seats.forEach(({ svg, at, size: drawn }, i) => {
    const corner = at.map((x, k) => x && x + grown[k]);
    for (const k of [0, 1]) {
      whole[k] = Math.max(whole[k], corner[k] + sizes[i][k]);
      grown[k] += sizes[i][k] - drawn[k];
      svg?.setAttribute("xy"[k], corner[k]);
      svg?.setAttribute(["width", "height"][k], sizes[i][k]);
    }
    svg?.setAttribute("viewBox", `0 0 ${sizes[i].join(" ")}`);
  });
  return whole;
}

function arrange() {
  size = seat(scopes.map((scope) => scope.arrange()));
  camera.resize();
  toolbar.settle();
}

let goal = null; // the box to show once nothing moves any more

// Open or close folds. Then `found` is in view, or else the first of those that changed.
function setOpen(given, open, found = null) {
  const changed = given.filter((fold) => fold.open !== open);
  goal = found ?? changed[0] ?? goal;
  for (const fold of changed) {
    fold.group.setAttribute("aria-expanded", String(open));
    fold.group.classList.toggle("open", open);
  }
  const all = folds.every((fold) => fold.group.getAttribute("aria-expanded") === "true");
  if (folds.length) toolbar.rename("folds", all ? "Close all folds (c)" : "Open all folds (o)");
  if (light.box) light.on(light.box);
  const begun = performance.now();
  const step = (now) => {
    const share = calm.matches || !changed.length ? 1 : Math.min(1, Math.max(0.01, (now - begun) / 180));
    for (const fold of changed) fold.share = open ? share : 1 - share;
    arrange();
    if (share < 1) {
      requestAnimationFrame(step);
      return;
    }
    for (const { scope } of changed) if (scope.fold && !scope.fold.open) scope.arrange();
    if (light.box) light.on(light.box);
    if (changed.length) camera.settle();
    if (!goal) return;
    camera.show(rectangle(goal));
    if (goal === matches[current]) goal.group.scrollIntoView({ block: "nearest", inline: "nearest" });
  };
  step(begun);
}

const isOpen = (fold) => fold.group.getAttribute("aria-expanded") === "true";

// A plus or a minus at the corner of each fold.
function drawBadge(fold) {
  fold.badge = make(SVG, "g", { class: "badge", "aria-hidden": "true" },
    make(SVG, "ellipse", { cx: -3, cy: 3, rx: 6.5, ry: 6.5 }),
    make(SVG, "path", { d: "M-6.5,3h7" }),
    make(SVG, "path", { d: "M-3,-.5v7", class: "upright" }));
  fold.group.append(fold.badge);
}

// ── boxes ──

for (const box of boxes) {
  const { group } = box;
  const tooltip = group.querySelector("a")?.getAttributeNS("http://www.w3.org/1999/xlink", "title");
  group.setAttribute("tabindex", "0");
  group.setAttribute("role", "button");
  group.setAttribute("aria-label", box.texts.map(read).join(" "));
  if (tooltip) group.setAttribute("aria-description", tooltip);
  if (box.inside) {
    group.setAttribute("aria-expanded", "false");
    drawBadge(box);
  } else {
    group.setAttribute("aria-pressed", "false");
  }
  group.addEventListener("focus", () => {
    if (group.matches(":focus-visible")) {
      light.on(box);
      camera.show(rectangle(box));
    }
  });
}
const boxOf = new Map(boxes.map((box) => [box.group, box]));
for (const scope of scopes.flatMap((each) => [each, ...folds.map((fold) => fold.inside)])) {
  for (const box of scope.boxes.values()) if (!boxOf.has(box.group)) boxOf.set(box.group, box);
}

// Where a box is, in points from the corner of the picture.
function rectangle(box) {
  const r = box.group.getBoundingClientRect(), { left } = root.getBoundingClientRect();
  const top = root.getBoundingClientRect().top + camera.strip;
  const at = (x, k, from) => camera.corner[k] + (x - from) / camera.scale;
  return { left: at(r.left, 0, left), right: at(r.right, 0, left), top: at(r.top, 1, top), bottom: at(r.bottom, 1, top) };
}

function activate(box) {
  if (box.inside) setOpen([box], !isOpen(box));
  else if (light.box === box) light.off();
  else light.on(box);
}

steer(camera, root, {
  onclick: (event) => {
    if (event.target.closest(".toolbar")) return;
    const group = event.target.closest("g.node");
    if (group && boxOf.has(group)) activate(boxOf.get(group));
    else light.off();
  },
  onwheel: () => {
    if (!camera.isWhole || light.box) toolbar.say("Ctrl and the wheel zoom");
  },
});

// ── find ──

const input = make(HTML, "input", {
  type: "search", placeholder: "find a name", "aria-label": "Find a name", autocomplete: "off",
});
let matches = [], current = -1;

// The boxes whose title has a text in it, and the folds that hold a value of that name, unless a
// box within them shows it.
function named(wanted) {
  const has = (text) => text?.toLowerCase().includes(wanted);
  const shown = new Set(boxes.filter((box) => has(box.title)));
  const holds = boxes.filter((box) => has(box.group.dataset.names));
  const around = new Set();
  for (const box of [...shown, ...holds]) {
    for (let { fold } = box.scope; fold; { fold } = fold.scope) around.add(fold);
  }
  return boxes.filter((box) => shown.has(box) || (holds.includes(box) && !around.has(box)));
}

function find() {
  for (const group of root.querySelectorAll(".found")) group.classList.remove("found", "current");
  const wanted = input.value.trim().toLowerCase();
  matches = wanted ? named(wanted) : [];
  for (const box of matches) box.group.classList.add("found");
  current = -1;
  if (matches.length) next(1);
  else toolbar.say(wanted ? "not found" : "");
}

function next(by) {
  if (!matches.length) return;
  matches[current]?.group.classList.remove("current");
  current = (current + by + matches.length) % matches.length;
  const box = matches[current], around = [];
  for (let { fold } = box.scope; fold; { fold } = fold.scope) around.push(fold);
  box.group.classList.add("current");
  setOpen(around, true, box);
  const within = box.title.toLowerCase().includes(input.value.trim().toLowerCase()) ? "" : ", inside";
  toolbar.say(`${current + 1} of ${matches.length}${within}`);
}

function search(open) {
  toolbar.bar.classList.toggle("searching", open);
  toolbar.buttons.find.setAttribute("aria-expanded", String(open));
  if (open) {
    toolbar.settle();
    input.focus();
    input.select();
  } else {
    if (matches[current]) matches[current].group.focus();
    input.value = "";
    find();
  }
}
input.addEventListener("input", find);

// ── toolbar and keys ──

const zoomIn = () => camera.zoom(1.3), zoomOut = () => camera.zoom(1 / 1.3);
const closed = graphs.reduce((sum, graph) => sum + Number(graph.dataset.closed ?? 0), 0);
function all(open) {
  setOpen(folds, open);
  const boxes = closed === 1 ? "1 box has" : `${closed.toLocaleString("en")} boxes have`;
  if (closed) toolbar.say(open ? `${boxes} no room to open: draw that part alone` : "");
}
const searching = () => toolbar.bar.classList.contains("searching");
toolbar.add("out", "Zoom out (−, or Ctrl and the wheel)", zoomOut);
toolbar.add("in", "Zoom in (+, or Ctrl and the wheel)", zoomIn);
toolbar.add("whole", "Show the whole picture (0)", () => camera.whole());
if (folds.length) toolbar.add("folds", "Open all folds (o)", () => all(!folds.every(isOpen)));
toolbar.add("find", "Find a name (/)", () => search(!searching())).setAttribute("aria-expanded", "false");
toolbar.bar.append(input);
toolbar.add("svg", "Save as SVG", () => saveAs("svg", root, isDark(), camera.view), "SVG");
toolbar.add("png", "Save as PNG", () => saveAs("png", root, isDark(), camera.view), "PNG");
toolbar.bar.append(toolbar.says);

const pan = (dx, dy) => () => (camera.isWhole ? false : camera.pan(dx, dy));
const KEYS = {
  "+": zoomIn, "=": zoomIn, "-": zoomOut, "−": zoomOut,
  0: () => camera.whole(),
  o: () => all(true),
  c: () => all(false),
  "/": () => search(true),
  ArrowLeft: pan(60, 0), ArrowRight: pan(-60, 0), ArrowUp: pan(0, 60), ArrowDown: pan(0, -60),
  Escape: () => (searching() ? search(false) : light.off()),
};

(alone ? window : root).addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const target = event.composedPath()[0];
  let act = KEYS[event.key];
  if (target === input) {
    if (event.key === "Enter") act = () => next(event.shiftKey ? -1 : 1);
    else if (event.key !== "Escape") return;
  } else if (["Enter", " "].includes(event.key)) {
    const box = boxOf.get(target);
    act = box && (() => activate(box));
  }
  if (act && act() !== false) {
    event.preventDefault();
    event.stopPropagation();
  }
});
root.addEventListener("focusout", (event) => {
  if (!root.contains(event.relatedTarget) && boxOf.get(event.target) === light.box) light.off();
});

// ── dark and light ──

const system = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => root.dataset.theme === "dark";

// The box in a notebook has a colour that is opaque only where the notebook is dark.
function seesDark() {
  if (!host) return system.matches;
  const dot = make(HTML, "canvas", { width: 1, height: 1 }).getContext("2d");
  dot.fillStyle = getComputedStyle(host).color;
  dot.fillRect(0, 0, 1, 1);
  return dot.getImageData(0, 0, 1, 1).data[3] > 127;
}

function dress() {
  const dark = seesDark();
  root.dataset.theme = dark ? "dark" : "light";
  for (const { sheet } of root.querySelectorAll("style")) {
    for (const rule of sheet?.cssRules ?? []) {
      if (rule.media?.mediaText.includes("screen")) rule.media.mediaText = dark ? "screen" : "screen and (width: 0)";
    }
  }
}
system.addEventListener("change", dress);
if (host) {
  for (const name of ["role", "aria-label"]) host.removeAttribute(name);
  host.style.overflow = "visible"; // the toolbar may be beside the picture
  host.dataset.lmSuppressShortcuts = "true"; // JupyterLab's, while the keys are for the picture
  // Where the still picture has its border; its height is a share of the width with the border.
  host.style.padding = `${1 + drawnSize[1] / drawnSize[0]}px 1px`;
  host.style.boxSizing = "border-box";
  host.style.transition = "color 1ms";
  host.addEventListener("transitionend", (event) => event.target === host && dress());
}

root.setAttribute("data-live", "");
root.setAttribute("role", "group");
const [title, rest] = ["title", "desc"].map((tag) => root.querySelector(`:scope > ${tag}`)?.textContent);
root.setAttribute("aria-label", [title, rest].filter(Boolean).join(", "));
camera.onmove = () => {
  toolbar.settle();
  // The page around a viewer in a frame makes it as large as it would like to be.
  if (alone && parent !== window) parent.postMessage({ glassgrad: [size[0] * PX, camera.view[1] + camera.strip] }, "*");
};
dress();
arrange();
host?.removeAttribute("tabindex");
if (host?.focused) boxes[0]?.group.focus();
