// ── plots ──

const SVG = "http://www.w3.org/2000/svg";

function element(tag, attributes = {}, text = "") {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== "") made.textContent = text;
  return made;
}

// A plot of numbers y against x.
class Plot {
  constructor(svg, { width, height, left = 52, right = 14, top = 12, bottom = 24 }) {
    this.svg = svg;
    this.height = height;
    this.room = { left, right };
    this.edge = { left, top, bottom: height - bottom };
    svg.style.height = `${height}px`;
    this.resize(width);
  }

  // As wide as there is room, so that text has the same size everywhere.
  resize(width = this.svg.clientWidth || this.width) {
    this.width = width;
    this.edge.right = width - this.room.right;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${this.height}`);
  }

  // Round numbers, evenly spaced, around a range.
  static ticks(low, high, most = 4) {
    const around = Math.max(1, Math.abs(low)); // 1 would be lost beside a very large number
    if (!(low < high)) return [low - around, low, low + around];
    const step = Numbers.round((high - low) / most);
    const first = Math.floor(low / step + 1e-9), last = Math.ceil(high / step - 1e-9);
    return Array.from({ length: last - first + 1 }, (_, k) => (first + k) * step);
  }

  // From the least to the largest of what is finite; beyond 10³⁰⁰ a difference could be infinite.
  static range(numbers, at) {
    const finite = [...numbers, ...at].filter(isFinite).map((x) => Math.max(-1e300, Math.min(1e300, x)));
    const low = Math.min(...finite), high = Math.max(...finite);
    if (!finite.length) return [0, 1];
    return low < high ? [low, high] : [low - Math.max(1, Math.abs(low)), high + Math.max(1, Math.abs(high))];
  }

  // Begins a new picture with grid lines at round numbers.
  begin([fromX, toX], [fromY, toY], ticksX) {
    const { left, right, top, bottom } = this.edge;
    const ticks = Plot.ticks(fromY, toY);
    [fromY, toY] = [ticks[0], ticks.at(-1)];
    this.x = (x) => left + ((right - left) * (x - fromX)) / (toX - fromX || 1);
    this.y = (y) => top + ((bottom - top) * (toY - y)) / (toY - fromY);
    this.unscale = (px) => fromX + ((px - left) * (toX - fromX)) / (right - left);
    this.svg.replaceChildren();
    for (const tick of ticks) {
      this.add("path", { class: "grid", d: `M${left},${this.y(tick)}H${right}` });
      this.add("text", { x: left - 7, y: this.y(tick) + 3.5, "text-anchor": "end" }, Numbers.fit(tick, 4, 8));
    }
    for (const tick of ticksX.filter((t) => t >= fromX && t <= toX)) {
      this.add("text", { x: this.x(tick), y: bottom + 16 }, Numbers.fit(tick, 4, 8));
    }
    // What is drawn within is cut off at the edges.
    this.inner = element("svg", {
      x: left - 7, y: top - 7, width: right - left + 14, height: bottom - top + 14,
      viewBox: `${left - 7} ${top - 7} ${right - left + 14} ${bottom - top + 14}`, overflow: "hidden",
    });
    this.svg.append(this.inner);
  }

  add(tag, attributes, text) {
    this.svg.append(element(tag, attributes, text));
  }

  draw(tag, attributes) {
    this.inner.append(element(tag, attributes));
  }

  // Lines through points; where a number is not finite there is a gap.
  line(kind, points) {
    let path = "", down = false;
    for (const [x, y] of points) {
      if (isFinite(y)) path += `${down ? "L" : "M"}${this.x(x).toFixed(1)},${Math.max(-1e5, Math.min(1e5, this.y(y))).toFixed(1)}`;
      down = isFinite(y);
    }
    this.draw("path", { class: kind, d: path });
  }

  dot(kind, x, y, r) {
    if (isFinite(y)) this.draw("circle", { class: kind, cx: this.x(x), cy: this.y(y), r });
  }
}

// The loss after every change: a dot for an update, a ring for what someone changed.
function drawCurve(plot, points, name) {
  const losses = points.map(({ loss }) => loss);
  const last = Math.max(points.length - 1, 1);
  const ticks = Plot.ticks(0, last).filter((t) => Number.isInteger(t) && t <= last);
  plot.begin([0, last], Plot.range(losses, [0]), ticks);
  plot.line("run", losses.map((y, k) => [k, y]));
  const every = points.length <= 120 ? 1 : Math.ceil(points.length / 120);
  points.forEach(({ loss, by }, k) => {
    const now = k === points.length - 1;
    if (now || k % every === 0) plot.dot(`${by} ${now ? "now" : ""}`, k, loss, now ? 5 : 3);
  });
  const count = points.length - 1;
  const said = `${name} after ${count === 1 ? "1 change" : `${count} changes`}: ${Numbers.write(losses.at(-1), 4)}`;
  plot.svg.setAttribute("aria-label", said);
}

// An output for other numbers of one leaf, with the tangent where it is now.
function drawSweep(plot, { from, to, x, y, slope, samples, hidden, name, output }) {
  plot.begin([from, to], Plot.range(samples.map(([, each]) => each), [y]), Plot.ticks(from, to, 5));
  plot.line("run", samples);
  if (!hidden && isFinite(slope) && isFinite(y)) {
    plot.line("tangent", [from, to].map((each) => [each, y + slope * (each - x)]));
  }
  plot.dot("now", x, y, 6);
  const tangent = hidden || !isFinite(slope) ? "" : ` The tangent has slope ${Numbers.write(slope, 4)}.`;
  plot.svg.setAttribute("aria-label", `${output} for ${name} from ${Numbers.write(from, 3)} to ${Numbers.write(to, 3)}.${tangent}`);
}
