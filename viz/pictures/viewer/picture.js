// The drawing: boxes, lines and frames by name, and where they go when folds open.
//
// Graphviz has placed everything, the inside of each fold too. When a fold grows, what lies beside
// it moves away: a map of x and a map of y, both piecewise linear, stretch the span of the fold to
// its new size. Boxes keep their size, and lines keep their ends at the boxes.

const SVG = "http://www.w3.org/2000/svg", HTML = "http://www.w3.org/1999/xhtml";
const PX = 4 / 3; // pixels a point
const PAIR = /(-?[\d.]+),(-?[\d.]+)/g;
const PLACES = {
  polygon: ["points"],
  polyline: ["points"],
  path: ["d"],
  text: ["x", "y"],
  ellipse: ["cx", "cy"],
  linearGradient: ["x1", "y1", "x2", "y2"],
};
const drawn = new Map(); // the places of each moved element, as they are in the file

function pairs(text) {
  return [...text.matchAll(PAIR)].map(([, x, y]) => [Number(x), Number(y)]);
}

// The words of a text, with single spaces.
function read(text) {
  return text.textContent.replace(/\s+/g, " ").trim();
}

// The places of an element in the file.
function original(element) {
  return drawn.get(element) ?? PLACES[element.localName].map((name) => element.getAttribute(name));
}

// Move an element: `to(x, y, i)` gives the new place of its point i. Without it, put it back.
function move(element, to) {
  const names = PLACES[element.localName];
  const was = original(element);
  drawn.set(element, was);
  const round = (x) => String(Math.round(x * 100) / 100);
  names.forEach((name, k) => {
    let text = was[k];
    if (to && names.length === 1) {
      let i = 0;
      text = text.replace(PAIR, (_, x, y) => to(Number(x), Number(y), i++).map(round).join(","));
    } else if (to) {
      const first = k - (k % 2);
      text = round(to(Number(was[first]), Number(was[first + 1]), 0)[k % 2]);
    }
    element.setAttribute(name, text);
  });
}

function shift(element, dx, dy) {
  move(element, (x, y) => [x + dx, y + dy]);
}

// Move the corners of an outline, and what is near them, with its sides.
function reshape(element, was, now) {
  const middle = [(was.left + was.right) / 2, (was.top + was.bottom) / 2];
  move(element, (x, y) => [
    x + (x < middle[0] ? now.left - was.left : now.right - was.right),
    y + (y < middle[1] ? now.top - was.top : now.bottom - was.bottom),
  ]);
}

function extentOf(points) {
  const xs = points.map(([x]) => x), ys = points.map(([, y]) => y);
  return {
    left: Math.min(...xs), top: Math.min(...ys), right: Math.max(...xs), bottom: Math.max(...ys),
  };
}

// A map of one coordinate that gives each span its length, and moves what comes after it.
function stretch(spans) {
  const cuts = [...new Set(spans.flatMap(({ from, to }) => [from, to]))].sort((a, b) => a - b);
  const lengths = cuts.slice(1).map((cut, i) => cut - cuts[i]);
  for (const { from, to, length } of [...spans].sort((a, b) => a.to - a.from - (b.to - b.from))) {
    const inside = lengths.map((_, i) => i).filter((i) => cuts[i] >= from && cuts[i] < to);
    const has = inside.reduce((sum, i) => sum + lengths[i], 0);
    if (has && has < length) for (const i of inside) lengths[i] *= length / has;
  }
  return (x) => {
    let moved = Math.min(x, cuts[0]);
    lengths.forEach((length, i) => {
      const share = (x - cuts[i]) / (cuts[i + 1] - cuts[i]);
      moved += length * Math.min(1, Math.max(0, share));
    });
    return moved + Math.max(0, x - cuts.at(-1));
  };
}

class Box {
  constructor(group, scope) {
    this.group = group;
    this.scope = scope;
    this.name = group.querySelector("title").textContent;
    this.shapes = [...group.querySelectorAll("polygon, path, ellipse, polyline")];
    this.texts = [...group.querySelectorAll("text")];
    this.inside = null; // a Scope, if it is a fold that opens
    this.share = 0; // of the way to being open
    this.was = this.now = this.measure();
    this.isBox = this.shapes.length > 0 && !group.classList.contains("operation");
  }

  get title() {
    return this.texts.length ? read(this.texts[0]) : "";
  }

  get open() {
    return this.share > 0;
  }

  measure() {
    const points = this.shapes.flatMap((shape) => {
      if (shape.localName !== "ellipse") return pairs(original(shape)[0]);
      const [cx, cy, rx, ry] = ["cx", "cy", "rx", "ry"].map((key) => Number(shape.getAttribute(key)));
      return [[cx - rx, cy - ry], [cx + rx, cy + ry]];
    });
    for (const text of points.length ? [] : this.texts) {
      const [x, y] = [Number(text.getAttribute("x")), Number(text.getAttribute("y"))];
      const half = text.textContent.length * 2.8; // a constant: small, and in the middle
      points.push([x - half, y - 8], [x + half, y + 2]);
    }
    return extentOf(points);
  }

  // Where a point of its border has gone.
  carry([x, y]) {
    const { was, now } = this;
    const [px, py] = [
      Math.min(was.right, Math.max(was.left, x)), Math.min(was.bottom, Math.max(was.top, y)),
    ];
    const along = (p, from, to, newFrom, newTo) =>
      newFrom + ((p - from) * (newTo - newFrom)) / (to - from || 1);
    return [
      x - px + along(px, was.left, was.right, now.left, now.right),
      y - py + along(py, was.top, was.bottom, now.top, now.bottom),
    ];
  }

  place(now) {
    this.now = now;
    const [dx, dy] = [now.left - this.was.left, now.top - this.was.top];
    for (const text of this.texts) shift(text, dx, dy);
    this.badge?.setAttribute("transform", `translate(${now.right} ${now.top})`);
    for (const gradient of this.group.querySelectorAll("linearGradient")) shift(gradient, dx, dy);
    for (const shape of this.shapes) {
      if (shape.localName === "ellipse") shift(shape, dx, dy);
      else reshape(shape, this.was, now);
    }
  }
}

class Line {
  constructor(group, scope) {
    this.group = group;
    const [tail, head] = group.querySelector("title").textContent.split("->");
    this.tail = scope.boxes.get(tail.replace(/:[nsew]$/, ""));
    this.head = scope.boxes.get(head.replace(/:[nsew]$/, ""));
    this.path = group.querySelector("path");
    this.points = pairs(this.path.getAttribute("d"));
  }

  // The first two points go with the tail, the last two with the head, others with what is there.
  place(map) {
    const { points } = this;
    const by = (box, p) => {
      const [x, y] = box ? box.carry(p) : map(...p);
      return [x - p[0], y - p[1]];
    };
    const first = by(this.tail, points[0]), last = by(this.head, points.at(-1));
    const moves = points.map((p, i) => {
      if (i < 2) return first;
      if (i >= points.length - 2) return last;
      return by(null, p);
    });
    move(this.path, (x, y, i) => [x + moves[i][0], y + moves[i][1]]);
    for (const arrow of this.group.querySelectorAll("polygon")) shift(arrow, ...last);
    for (const text of this.group.querySelectorAll("text")) {
      const [x, y] = original(text).map(Number);
      const away = points.map((p) => Math.hypot(p[0] - x, p[1] - y));
      shift(text, ...moves[away.indexOf(Math.min(...away))]);
    }
  }
}

// A graph in the picture: the whole one, or the inside of a fold.
class Scope {
  constructor(graph, size, fold = null) {
    this.graph = graph;
    this.fold = fold;
    this.ports = new Map(); // the box outside, by the name of the box inside that stands for it
    const [, x, y] = /translate\(([-\d.]+)[ ,]+([-\d.]+)\)/.exec(graph.getAttribute("transform"));
    const [left, top] = [-Number(x), -Number(y)];
    this.was = { left, top, right: left + size[0], bottom: top + size[1] };
    const children = (kind) => [...graph.children].filter((each) => each.classList.contains(kind));
    this.boxes = new Map();
    for (const group of children("node")) {
      const box = new Box(group, this);
      this.boxes.set(box.name, box);
    }
    this.lines = children("edge").map((group) => new Line(group, this));
    this.frames = children("cluster");
    const spans = [0, 1].map((k) =>
      this.lines.reduce((sum, { points }) => sum + Math.abs(points.at(-1)[k] - points[0][k]), 0));
    this.way = spans[0] > spans[1] ? 0 : 1; // the way the lines run: along x, or along y
    this.paper = [...graph.querySelectorAll(":scope > g[id^=a_] polygon, :scope > polygon")];
    this.notes = [...graph.querySelectorAll(":scope > g[id^=a_] text, :scope > text")];
    for (const group of children("inside")) {
      const { of, width, height, ports } = group.dataset;
      const box = this.boxes.get(of);
      box.inside = new Scope(group.querySelector("g.graph"), [Number(width), Number(height)], box);
      for (const pair of (ports ?? "").split(" ").filter(Boolean)) {
        const [inner, outer] = pair.split(":");
        box.inside.ports.set(inner, this.boxes.get(outer));
      }
    }
  }

  // All boxes, those inside of folds after their fold.
  *all() {
    for (const box of this.boxes.values()) {
      yield box;
      if (box.inside) yield* box.inside.all();
    }
  }

  // All boxes and lines, also those inside of folds.
  *parts() {
    yield* this.lines;
    for (const box of this.boxes.values()) {
      yield box;
      if (box.inside) yield* box.inside.parts();
    }
  }

  // Place everything, with folds open as far as they are. Returns the width and the height.
  arrange() {
    const folds = [...this.boxes.values()].filter((box) => box.open);
    for (const box of this.boxes.values()) {
      if (box.inside) box.inside.graph.parentNode.setAttribute("display", box.open ? "inline" : "none");
    }
    const { left, top, right, bottom } = this.was;
    if (!folds.length) {
      this.restore();
      return [right - left, bottom - top];
    }
    const sizes = new Map();
    for (const fold of folds) {
      const [width, height] = [fold.was.right - fold.was.left, fold.was.bottom - fold.was.top];
      const inner = fold.inside.arrange();
      const most = [Math.max(width, inner[0]), height + inner[1]];
      const grown = [width, height].map((side, k) => side + (most[k] - side) * fold.share);
      sizes.set(fold, { inner, height, grown });
    }
    // What is near a side stays as near, such as a line around a corner: only the middle stretches.
    const spans = (from, to, k) => folds.map((fold) => {
      const side = fold.was[to] - fold.was[from];
      const edge = k === this.way ? 0.35 * side : Math.min(14, 0.35 * side);
      const length = sizes.get(fold).grown[k] - 2 * edge;
      return { from: fold.was[from] + edge, to: fold.was[to] - edge, length };
    });
    const X = stretch(spans("left", "right", 0)), Y = stretch(spans("top", "bottom", 1));
    for (const box of this.boxes.values()) {
      const { was } = box;
      const [width, height] = sizes.get(box)?.grown ?? [was.right - was.left, was.bottom - was.top];
      const x = (X(was.left) + X(was.right) - width) / 2, y = (Y(was.top) + Y(was.bottom) - height) / 2;
      box.place({ left: x, top: y, right: x + width, bottom: y + height });
    }
    for (const [fold, { inner, height, grown }] of sizes) {
      const group = fold.inside.graph.parentNode;
      const x = fold.now.left + (grown[0] - inner[0]) / 2;
      group.setAttribute("transform", `translate(${x} ${fold.now.top + height})`);
      group.setAttribute("opacity", String(fold.share));
    }
    for (const line of this.lines) line.place((x, y) => [X(x), Y(y)]);
    for (const frame of this.frames) {
      const shape = frame.querySelector("polygon, path");
      const was = extentOf(pairs(original(shape)[0]));
      const now = { left: X(was.left), top: Y(was.top), right: X(was.right), bottom: Y(was.bottom) };
      reshape(shape, was, now);
      for (const text of frame.querySelectorAll("text")) shift(text, now.left - was.left, now.top - was.top);
    }
    const now = { left: X(left), top: Y(top), right: X(right), bottom: Y(bottom) };
    for (const paper of this.paper) reshape(paper, this.was, now);
    for (const note of this.notes) {
      shift(note, (now.left + now.right - left - right) / 2, now.bottom - bottom);
    }
    return [now.right - now.left, now.bottom - now.top];
  }

  restore() {
    for (const box of this.boxes.values()) {
      box.now = box.was;
      box.badge?.setAttribute("transform", `translate(${box.was.right} ${box.was.top})`);
    }
    const kinds = `:is(${Object.keys(PLACES).join()})`;
    const moved = `:scope > ${kinds}, :scope > :not(.inside) ${kinds}`;
    for (const element of this.graph.querySelectorAll(moved)) if (drawn.has(element)) move(element, null);
  }
}
