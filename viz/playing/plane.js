// ── the plane ──
// The points, and what the model says about every place: a class, a number, or a curve.

const CELLS = 48; // of the plane, along each side
const COARSE = 24; // of what each neuron says
const SIDE = 400, LEFT = 36, TOP = 8, RIGHT = SIDE - 8, BOTTOM = SIDE - 26;
const SHAPES = [ // of points, by class: colour is not the only sign
  "M-5,0a5,5 0 1,0 10,0a5,5 0 1,0 -10,0Z", "M-4.6,-4.6H4.6V4.6H-4.6Z", "M0,-6.4L6.4,0L0,6.4L-6.4,0Z",
  "M0,-6L5.8,4.6H-5.8Z", "M0,6L5.8,-4.6H-5.8Z", "M-6,-2H-2V-6H2V-2H6V2H2V6H-2V2H-6Z",
];
const shapeOf = (k) => SHAPES[k % SHAPES.length];

// What the model says of row k: which class, and how surely, from ½ or less to 1.
function judge(outputs, k) {
  if (plan.outputs === 1) {
    const y = outputs[0][k], p = plan.probable ? y : 1 / (1 + Math.exp(-y));
    return p > 0.5 ? [1, p] : [0, 1 - p];
  }
  let best = 0;
  for (let j = 1; j < plan.outputs; j++) if (outputs[j][k] > outputs[best][k]) best = j;
  if (plan.probable) return [best, outputs[best][k]];
  let sum = 0;
  for (let j = 0; j < plan.outputs; j++) sum += Math.exp(outputs[j][k] - outputs[best][k]);
  return [best, 1 / sum];
}

class Plane {
  constructor(canvas, svg, columns) {
    this.canvas = canvas;
    this.svg = svg;
    this.columns = columns; // () => the inputs and the targets of the points
    this.axes = plan.kind === "curve" ? [0, 1] : [0, Math.min(1, plan.inputs.length - 1)];
    svg.setAttribute("viewBox", `0 0 ${SIDE} ${SIDE}`);
    this.frame = element("g");
    this.inner = element("svg", { x: LEFT, y: TOP, width: RIGHT - LEFT, height: BOTTOM - TOP, viewBox: `${LEFT} ${TOP} ${RIGHT - LEFT} ${BOTTOM - TOP}`, overflow: "hidden" });
    [this.borders, this.lines, this.marks] = ["borders", "lines", "marks"].map((kind) => element("g", { class: kind }));
    this.inner.append(this.borders, this.lines, this.marks);
    svg.append(this.frame, this.inner);
  }

  // Chooses which part of the plane is seen: all points, and some room around them.
  lookAt(axes = this.axes) {
    this.axes = axes;
    const columns = this.columns(), [a, b] = axes;
    this.domain = [columns[a], columns[plan.inputs.length === 1 ? columns.length - 1 : b]].map((column) => {
      const low = Math.min(...column), high = Math.max(...column), room = 0.15 * (high - low) || 1;
      return [low - room, high + room];
    });
    const [[x0, x1], [y0, y1]] = this.domain;
    this.x = (x) => LEFT + ((RIGHT - LEFT) * (x - x0)) / (x1 - x0);
    this.y = (y) => TOP + ((BOTTOM - TOP) * (y1 - y)) / (y1 - y0);
    this.means = columns.map((column) => column.reduce((sum, x) => sum + x, 0) / column.length);
    this.drawFrame();
  }

  // Where in the plane a place of the window is.
  at({ clientX, clientY }) {
    const box = this.svg.getBoundingClientRect(), [[x0, x1], [y0, y1]] = this.domain;
    const px = ((clientX - box.left) * SIDE) / box.width, py = ((clientY - box.top) * SIDE) / box.height;
    const keep = (x, low, high) => Math.min(high, Math.max(low, x));
    return [
      keep(x0 + ((px - LEFT) * (x1 - x0)) / (RIGHT - LEFT), x0, x1),
      keep(y1 - ((py - TOP) * (y1 - y0)) / (BOTTOM - TOP), y0, y1),
    ];
  }

  // The places that the model is asked about: a column for each input.
  grid(cells) {
    const [[x0, x1], [y0, y1]] = this.domain, [a, b] = this.axes;
    if (plan.inputs.length === 1) {
      return [Float64Array.from({ length: 241 }, (_, k) => x0 + ((x1 - x0) * k) / 240)];
    }
    return plan.inputs.map((_, input) => Float64Array.from({ length: cells * cells }, (_, k) => {
      if (input === a) return x0 + ((x1 - x0) * ((k % cells) + 0.5)) / cells;
      if (input === b) return y1 - ((y1 - y0) * (Math.floor(k / cells) + 0.5)) / cells;
      return this.means[input];
    }));
  }

  drawFrame() {
    const [[x0, x1], [y0, y1]] = this.domain, parts = [];
    for (const x of Plot.ticks(x0, x1, 5).filter((x) => x > x0 && x < x1)) {
      parts.push(element("path", { class: "grid", d: `M${this.x(x)},${BOTTOM}v5` }));
      parts.push(element("text", { x: this.x(x), y: BOTTOM + 17, "text-anchor": "middle" }, Numbers.fit(x, 3, 6)));
    }
    for (const y of Plot.ticks(y0, y1, 5).filter((y) => y > y0 && y < y1)) {
      parts.push(element("path", { class: "grid", d: `M${LEFT},${this.y(y)}h-5` }));
      parts.push(element("text", { x: LEFT - 7, y: this.y(y) + 4, "text-anchor": "end" }, Numbers.fit(y, 3, 5)));
    }
    parts.push(element("rect", { class: "edge", x: LEFT, y: TOP, width: RIGHT - LEFT, height: BOTTOM - TOP }));
    this.frame.replaceChildren(...parts);
  }

  // ── what the model says ──

  // The outputs of the model, or the numbers of one neuron.
  shade(outputs, numbers, colours) {
    this.borders.replaceChildren();
    if (plan.inputs.length === 1) return this.drawCurve(outputs, numbers);
    const context = this.canvas.getContext("2d");
    if (numbers || plan.kind !== "classes") paintNumbers(context, numbers || outputs[0], colours);
    else paintClasses(context, outputs, colours);
    if (numbers) return this.border(numbers);
    if (plan.kind !== "classes") return;
    if (plan.outputs === 1) return this.border(outputs[0].map((y) => y - (plan.probable ? 0.5 : 0)));
    for (let j = 0; j < plan.outputs; j++) {
      this.border(outputs[j].map((y, k) => {
        let other = -Infinity;
        for (let i = 0; i < plan.outputs; i++) if (i !== j && outputs[i][k] > other) other = outputs[i][k];
        return y - other;
      }));
    }
  }

  // The line along which numbers on the grid are 0, cell by cell.
  border(numbers) {
    const cells = Math.sqrt(numbers.length);
    const wide = (RIGHT - LEFT) / cells, high = (BOTTOM - TOP) / cells;
    let path = "";
    const cross = (a, b) => a / (a - b); // where between two places the number is 0
    for (let j = 0; j + 1 < cells; j++) {
      for (let i = 0; i + 1 < cells; i++) {
        const k = j * cells + i, a = numbers[k], b = numbers[k + 1], c = numbers[k + cells + 1], d = numbers[k + cells];
        if (a > 0 === b > 0 && b > 0 === c > 0 && c > 0 === d > 0) continue;
        const found = [];
        if (a > 0 !== b > 0) found.push([i + cross(a, b), j]);
        if (b > 0 !== c > 0) found.push([i + 1, j + cross(b, c)]);
        if (d > 0 !== c > 0) found.push([i + cross(d, c), j + 1]);
        if (a > 0 !== d > 0) found.push([i, j + cross(a, d)]);
        for (let m = 0; m + 1 < found.length; m += 2) {
          const [[p, q], [r, s]] = [found[m], found[m + 1]];
          if (![p, q, r, s].every(isFinite)) continue;
          path += `M${(LEFT + (p + 0.5) * wide).toFixed(1)},${(TOP + (q + 0.5) * high).toFixed(1)}L${(LEFT + (r + 0.5) * wide).toFixed(1)},${(TOP + (s + 0.5) * high).toFixed(1)}`;
        }
      }
    }
    this.borders.append(element("path", { class: "border", d: path }));
  }

  drawCurve(outputs, of) {
    const [[x0, x1]] = this.domain;
    const draw = (numbers, kind) => {
      let path = "", down = false;
      numbers.forEach((y, k) => {
        const px = this.x(x0 + ((x1 - x0) * k) / (numbers.length - 1)), py = this.y(y);
        if (isFinite(py)) path += `${down ? "L" : "M"}${px.toFixed(1)},${Math.max(-1e4, Math.min(1e4, py)).toFixed(1)}`;
        down = isFinite(py);
      });
      this.borders.append(element("path", { class: kind, d: path }));
    };
    if (of) draw(of, "guess one");
    for (let j = 0; j < plan.outputs; j++) draw(outputs[j], "guess");
  }

  // ── each neuron's line ──

  drawLines(theta, chosen) {
    const [[x0, x1], [y0, y1]] = this.domain, [a, b] = this.axes, lines = [];
    plan.neurons.forEach(({ layer, w, b: bias, output }, k) => {
      if (layer !== 1 || w.some(([input]) => input >= plan.inputs.length)) return;
      if (output !== undefined && plan.kind !== "classes") return;
      const slope = (input) => w.filter(([i]) => i === input).reduce((sum, [, at]) => sum + theta[at], 0);
      const others = w.filter(([i]) => plan.inputs.length > 1 ? i !== a && i !== b : i !== 0);
      const c = theta[bias] + others.reduce((sum, [i, at]) => sum + theta[at] * this.means[i], 0);
      const p = slope(a), q = plan.inputs.length > 1 && a !== b ? slope(b) : 0;
      const across = Math.abs(q) * (y1 - y0) > Math.abs(p) * (x1 - x0);
      const ends = across ? [[x0, -(c + p * x0) / q], [x1, -(c + p * x1) / q]] : [[-(c + q * y0) / p, y0], [-(c + q * y1) / p, y1]];
      if (!ends.flat().every(isFinite)) return;
      const [[r, s], [t, u]] = ends.map(([x, y]) => [this.x(x).toFixed(1), this.y(y).toFixed(1)]);
      lines.push(element("path", { class: `bend${k === chosen ? " active" : ""}`, d: `M${r},${s}L${t},${u}` }));
    });
    this.lines.replaceChildren(...lines);
  }

  // ── the points ──

  place({ x, y }) {
    return plan.inputs.length === 1 ? [x[0], y] : [x[this.axes[0]], x[this.axes[1]]];
  }

  drawPoints(points, places, chosen) {
    while (this.marks.children.length > points.length) this.marks.lastChild.remove();
    while (this.marks.children.length < points.length) this.marks.append(element("path"));
    const most = Math.max(...places.map(({ y }) => Math.abs(y))) || 1;
    points.forEach((point, k) => {
      const [x, y] = this.place(places[k]), mark = this.marks.children[k];
      // A number, in the plane, is shaded as what the model says is.
      const shaded = plan.kind === "values";
      const kind = shaded ? +(places[k].y > 0) : Math.max(0, plan.classes.indexOf(point.y));
      mark.style.fillOpacity = shaded ? 0.25 + (0.75 * Math.abs(places[k].y)) / most : 1;
      mark.setAttribute("d", shapeOf(kind));
      mark.setAttribute("class", `point class${kind}${point.heldOut ? " held" : ""}${k === chosen ? " active" : ""}`);
      mark.setAttribute("transform", `translate(${this.x(x).toFixed(1)},${this.y(y).toFixed(1)})`);
      mark.dataset.k = k;
    });
  }
}

// The classes that the model says, as an image, and how surely.
function paintClasses(context, outputs, colours) {
  paint(context, outputs[0].length, colours, (k) => judge(outputs, k));
}

// Numbers, as an image: the first colour below 0 and the second above, stronger if larger.
function paintNumbers(context, numbers, colours) {
  let most = 0;
  for (const x of numbers) if (isFinite(x)) most = Math.max(most, Math.abs(x));
  paint(context, numbers.length, colours, (k) => [numbers[k] > 0 ? 1 : 0, 0.2 + 0.8 * Math.abs(numbers[k]) / (most || 1)]);
}

function paint(context, count, colours, say) {
  const cells = Math.sqrt(count);
  if (context.canvas.width !== cells) context.canvas.width = context.canvas.height = cells;
  const image = context.createImageData(cells, cells);
  const pixels = new DataView(image.data.buffer);
  const words = colours.map(([r, g, b]) => ((r << 24) | (g << 16) | (b << 8)) >>> 0);
  for (let k = 0; k < count; k++) {
    const [kind, sure] = say(k);
    if (!isNaN(sure)) pixels.setUint32(4 * k, words[kind] | Math.round(255 * 0.62 * sure ** 2));
  }
  context.putImageData(image, 0, 0);
}
