// ── the weights ──
// A table of parameters as squares: blue above 0, orange below, stronger if larger.

class Weights {
  constructor(canvas, choose) {
    Object.assign(this, { canvas, choose, chosen: -1, table: plan.tables[0] });
    canvas.onpointerdown = (e) => {
      const { left, top } = canvas.getBoundingClientRect();
      const at = this.table.rows[Math.floor((e.clientY - top) / this.cell)]?.[Math.floor((e.clientX - left - this.left) / this.cell)];
      if (at !== undefined) this.choose(at);
    };
    canvas.onkeydown = (e) => {
      const way = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[e.key];
      if (!way) return;
      e.preventDefault();
      const [row, column] = this.place(this.chosen) ?? [0, -way[1]], { rows } = this.table;
      const to = Math.max(0, Math.min(rows.length - 1, row + way[0]));
      this.choose(rows[to][Math.max(0, Math.min(rows[to].length - 1, column + way[1]))]);
    };
  }

  // Where a parameter is in the table.
  place(at, table = this.table) {
    const row = at < 0 ? -1 : table.rows.findIndex((each) => each.includes(at));
    return row < 0 ? null : [row, table.rows[row].indexOf(at)];
  }

  show(table) {
    this.table = table;
    this.draw();
  }

  draw() {
    const { canvas, table } = this, { rows } = table, { data } = reader;
    const columns = Math.max(...rows.map((row) => row.length)), room = canvas.parentElement.clientWidth;
    if (!room) return;
    const left = this.left = table.tokens ? MARGIN : 0; // for what the rows belong to
    const cell = this.cell = Math.max(5, Math.min(24, Math.floor((room - left) / columns), Math.max(9, Math.floor(430 / rows.length))));
    const scale = devicePixelRatio || 1, [width, height] = [left + columns * cell, rows.length * cell];
    Object.assign(canvas, { width: width * scale, height: height * scale });
    Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
    const pen = canvas.getContext("2d"), style = getComputedStyle(canvas);
    const [below, above, ink] = ["--class0", "--class1", "--ink"].map((name) => style.getPropertyValue(name).trim());
    const largest = Math.max(1e-12, ...rows.flat().map((i) => Math.abs(data[i])).filter(isFinite));
    pen.scale(scale, scale);
    const gap = cell > 8 ? 1 : 0;
    if (left) {
      pen.fillStyle = style.getPropertyValue("--quiet");
      pen.font = `${Math.min(12, cell)}px system-ui, sans-serif`;
      pen.textAlign = "center";
      plan.shown.forEach((token, y) => pen.fillText(shorten(token, NAME), left / 2, (y + 0.78) * cell, left));
    }
    pen.translate(left, 0);
    rows.forEach((row, y) => row.forEach((i, x) => {
      pen.fillStyle = data[i] < 0 ? below : above;
      pen.globalAlpha = isFinite(data[i]) ? Math.min(1, Math.abs(data[i]) / largest) : 1;
      pen.fillRect(x * cell, y * cell, cell - gap, cell - gap);
      pen.globalAlpha = 1;
      if (data[i] !== reader.first[i - plan.length] || i === this.chosen) {
        pen.strokeStyle = ink;
        pen.lineWidth = i === this.chosen ? 2.5 : 1;
        pen.strokeRect(x * cell + 0.5, y * cell + 0.5, cell - gap - 1, cell - gap - 1);
      }
    }));
    const place = this.place(this.chosen), at = place ? `${nameOf(this.chosen)} is ${write(data[this.chosen])}. ` : "";
    canvas.setAttribute("aria-label", `${table.name}, ${rows.length} rows of ${columns} weights. ${at}Arrow keys choose a weight.`);
  }
}

// The name of a parameter, and the token that its row belongs to.
function nameOf(at) {
  const table = weights.place(at) ? weights.table : plan.tables.find((each) => weights.place(at, each));
  const [row, column] = weights.place(at, table);
  return table.names?.[row][column] ?? `${table.name}[${row}][${column}]`;
}

function aboutWeight(at) {
  fillers = [];
  const [row] = weights.place(at), name = nameOf(at), { data } = reader;
  const kin = weights.table.tokens ? `in the row of ${plan.shown[row]}` : "";
  const head = made("h3", {}, made("bdi", {}, name), made("small", {}, kin));
  const [number, wrong] = field({ label: name, buttons: true, read: () => data[at], put: (x) => setWeight(at, x), step: () => stepOf(data[at]) });
  const before = made("button", { type: "button", onclick: () => setWeight(at, reader.first[at - plan.length]) });
  fillers.push(() => {
    const first = reader.first[at - plan.length];
    before.hidden = Object.is(first, data[at]);
    before.textContent = `Back to ${exact(first)}`;
  });
  const whose = made("select", { label: "The chance of", onchange: ({ target }) => { state.watched = +target.value; link(); slowly(); } },
    made("option", { value: -1 }, "the likeliest"), ...plan.shown.map((token, k) => made("option", { value: k, selected: k === state.watched }, token)));
  const svg = element("svg", { class: "curve", role: "img", "aria-label": `A chance for other numbers of ${name}` }), plot = new Plot(svg, { width: 340, height: 180 });
  const slope = made("p", { className: "note" });
  state.swept = () => {
    const token = watched(), x = data[at], wide = Math.max(1, Math.abs(x)), from = Math.round((x - wide) * 4) / 4;
    const numbers = Array.from({ length: 41 }, (_, i) => from + (wide * i) / 20);
    const { samples, y, slope: gradient } = reader.sweep(token, at, numbers);
    const flat = samples.every(([, p]) => p === y);
    svg.toggleAttribute("hidden", flat);
    plot.resize();
    drawSweep(plot, { from, to: numbers.at(-1), x, y, slope: gradient, samples, hidden: false, name, output: `The chance of ${plan.shown[token]}` });
    if (flat) {
      const absent = weights.table.tokens && !everything().includes(row) ? `The text has no ${plan.shown[row]}, so this weight` : "This weight";
      slope.textContent = `${absent} has no part in what comes next.`;
      return;
    }
    const rises = gradient > 0 ? "it becomes likelier ▲" : gradient < 0 ? "it becomes less likely ▼" : "the chance stays as it is";
    slope.textContent = `The chance of ${plan.shown[token]} to come next is ${percent(y)}. Its derivative by this weight is ${write(gradient)}, the slope of the tangent: if the weight rises a little, ${rises}.`;
  };
  return [head, number, wrong, made("div", { className: "row" }, before), made("label", { className: "whose" }, "The chance of ", whose), svg, slope];
}
