// ── the picture ──
// Keeps its numbers true, and shows the drawing that suits the window.

const SMALLEST = {{legible}}, LARGEST = 1.5; // pixels per point: text of 10 points stays legible
const ROUNDING = 1e-14; // a number this much smaller than those around it is rounding error
const TALL = 8; // frames: of a taller picture, one sees too little at a time

class Picture {
  constructor(plan, session, secret) {
    Object.assign(this, { plan, session, secret });
    this.scroll = document.getElementById("scroll");
    this.drawings = [...document.querySelectorAll(".graph")].map((svg) => this.read(svg));
    this.whole = false;
    this.scroll.addEventListener("scroll", () => this.update());
    addEventListener("beforeprint", () => this.update({ everything: true }));
  }

  // Finds every box, line and number of a drawing once.
  read(svg) {
    const { boxes, lines } = this.plan;
    const found = { svg, boxes: new Map(), lines: new Map(), texts: [] };
    for (const box of svg.querySelectorAll(".box")) {
      const about = boxes[box.dataset.of];
      const leaf = about.v && free.has(about.o[0]);
      if (leaf) box.classList.add("free");
      box.setAttribute("role", leaf ? "spinbutton" : "button");
      found.boxes.set(box.dataset.of, { box, about, leaf });
    }
    for (const line of svg.querySelectorAll("[data-line]")) {
      for (const name of line.dataset.line.split(" ")) found.lines.set(name, line);
    }
    for (const text of svg.querySelectorAll("[data-t]")) {
      const [where, field] = text.dataset.t.split(" "), { x, y } = text.closest("text").attributes;
      const at = { text, field, x: +x.value, y: +y.value };
      if (field === "local") {
        if (lines[where]) found.texts.push({ ...at, line: lines[where], blank: text.dataset.blank });
      } else if (boxes[where]) found.texts.push({ ...at, about: boxes[where] });
    }
    return found;
  }

  get shown() { return this.drawings.find(({ svg }) => !svg.hasAttribute("hidden")); }

  // ── numbers ──

  measure() {
    const { data, grad } = this.session.graph;
    const largest = (numbers) => numbers.reduce((most, x) => (isFinite(x) ? Math.max(most, Math.abs(x)) : most), 0);
    this.largest = { data: Math.min(1, largest(data)), grad: largest(grad) };
  }

  number(x, kind = "data", room = this.plan.digits + 5) {
    if (x && Math.abs(x) < ROUNDING * this.largest[kind]) return "≈ 0";
    return Numbers.fit(x, this.plan.digits, room);
  }

  numbers(indices, kind) {
    const all = [...indices].map((i) => this.session.graph[kind][i]);
    if (kind === "grad" && indices.some((i) => this.secret(i))) return "?";
    if (all.length <= 3) return all.map((x) => this.number(x, kind)).join(", ");
    const ends = [Math.min(...all), Math.max(...all)].map((x) => this.number(x, kind));
    return `${all.length.toLocaleString("en")} values, ${ends.join(" … ")}`;
  }

  textOf({ field, about, line, blank }) {
    const { graph, output, loss } = this.session;
    if (field === "local") {
      const [i, k] = line;
      const local = this.number(graph.slopes(i)[k], "data", this.plan.digits + 3);
      return `${blank ? `${blank}: ` : ""}∂ ${local}`;
    }
    if (field === "held") {
      const count = about.h.length;
      const steepest = about.h.reduce((a, b) => (Math.abs(graph.grad[b]) > Math.abs(graph.grad[a]) ? b : a));
      return `${count.toLocaleString("en")} parameter${count === 1 ? "" : "s"}, steepest  ${this.numbers([steepest], "grad")}`;
    }
    const text = this.numbers(about.o, field);
    if (field === "data" || about.o.length > 1 || about.o[0] === output || text === "?") return text;
    const gradient = graph.grad[about.o[0]];
    if (!gradient || !isFinite(gradient) || !isFinite(loss) || text.startsWith("≈")) return text;
    return `${text}  ${gradient > 0 ? "▲" : "▼"}`;
  }

  // What is out of sight waits until it comes into sight, or until the numbers rest.
  update({ everything = false } = {}) {
    this.measure();
    const origins = this.session.graph.origins();
    const strange = origins[0].size + origins[1].size > 0 || this.wasStrange;
    this.wasStrange = origins[0].size + origins[1].size > 0;
    const sight = this.sight();
    for (const item of this.shown.texts) {
      if (!everything && (item.x < sight.left || item.x > sight.right || item.y < sight.top || item.y > sight.bottom)) continue;
      const text = this.textOf(item);
      if (item.now === text) continue;
      item.now = text;
      item.text.textContent = text;
      item.text.classList.toggle("rises", text.endsWith("▲"));
      item.text.classList.toggle("falls", text.endsWith("▼"));
    }
    if (strange) this.mark(origins);
    const focused = document.activeElement?.dataset?.of;
    if (this.shown.boxes.has(focused)) this.describe(focused);
  }

  // What can be seen of the drawing, in its own coordinates, and a little around it.
  sight() {
    const { x, y } = this.shown.svg.viewBox.baseVal, { scroll, scale } = this, around = 160;
    return {
      left: x + scroll.scrollLeft / scale - around, right: x + (scroll.scrollLeft + scroll.clientWidth) / scale + around,
      top: y + scroll.scrollTop / scale - around, bottom: y + (scroll.scrollTop + scroll.clientHeight) / scale + around,
    };
  }

  // Tells screen readers what is in the boxes, or in one of them.
  describe(only) {
    for (const [name, { box, about, leaf }] of this.shown.boxes) {
      if (only !== undefined && name !== only) continue;
      const [data, grad] = ["data", "grad"].map((kind) => this.numbers(about.o, kind));
      if (box.said === `${data} ${grad}`) continue;
      box.said = `${data} ${grad}`;
      const label = `${box.dataset.name}, ${box.dataset.role}`;
      if (leaf) {
        const x = this.session.graph.data[about.o[0]];
        box.setAttribute("aria-label", label);
        if (isFinite(x)) box.setAttribute("aria-valuenow", x);
        else box.removeAttribute("aria-valuenow");
        box.setAttribute("aria-valuetext", `${data}, gradient ${grad}`);
      } else box.setAttribute("aria-label", `${label}: data ${data}, gradient ${grad}`);
    }
  }

  // Where nan and ∞ begin, and where they have spread to.
  mark([data, gradients]) {
    const kind = (about, found) => {
      const kinds = about.o.map((i) => found.get(i));
      return kinds.includes("begins") ? "begins" : kinds.includes("spread") ? "spread" : "";
    };
    for (const { box, about } of this.shown.boxes.values()) {
      const kinds = [kind(about, data), kind(about, gradients)];
      box.classList.toggle("begins", kinds.includes("begins"));
      box.classList.toggle("spread", kinds.includes("spread") && !kinds.includes("begins"));
    }
    for (const { text, field, about } of this.shown.texts) {
      if (field === "data") text.classList.toggle("alarm", kind(about, data) !== "");
      if (field === "grad") text.classList.toggle("alarm", kind(about, gradients) !== "");
    }
  }

  // ── what is chosen ──

  // Lights up a value, with what it is made of and the lines between.
  choose(value) {
    for (const { svg, boxes, lines } of this.drawings) {
      for (const e of svg.querySelectorAll(".active, .near, .flow")) e.classList.remove("active", "near", "flow");
      const given = new Set((this.session.graph.operands[value] || []).filter((p) => p >= 0));
      for (const [name, { box, about }] of boxes) {
        const own = about.o.includes(value) || about.l?.includes(value);
        if (own) box.classList.add("active");
        else if (about.v && given.has(about.o[0])) box.classList.add("near");
        box.setAttribute("aria-current", String(own));
        if (!own || !about.v || !given.size) continue;
        const circle = `${name}_op`;
        svg.querySelector(`[data-node="${circle}"]`)?.classList.add("near");
        for (const [line, e] of lines) {
          if (line.includes(`>${circle}:`) || line.startsWith(`${circle}>`)) e.classList.add("flow");
        }
      }
    }
    this.follow();
  }

  // Scrolls if what is chosen is out of sight.
  follow() {
    const box = this.shown?.svg.querySelector(".box.active");
    if (!box) return;
    const frame = this.scroll.getBoundingClientRect(), at = box.getBoundingClientRect();
    const move = (from, to) => (at[from] < frame[from] + 8 || at[to] > frame[to] - 8
      ? (at[from] + at[to] - frame[from] - frame[to]) / 2 : 0);
    this.scroll.scrollBy({ left: move("left", "right"), top: move("top", "bottom"), behavior: "instant" });
  }

  // ── the drawing that suits the window ──

  layout() {
    let best = this.fit(false);
    if (best.seen < 1) { // a wide window has room for the result beside the picture, too
      const tall = this.fit(true);
      const more = tall.across >= best.across && tall.svg.dataset.level <= best.svg.dataset.level && tall.seen > best.seen;
      best = more ? tall : this.fit(false);
    }
    for (const { svg } of this.drawings) svg.toggleAttribute("hidden", svg !== best.svg);
    this.scale = best.scale;
    best.svg.style.width = `${best.w * best.scale}px`;
    best.svg.style.height = `${best.h * best.scale}px`;
    const button = document.getElementById("whole");
    button.hidden = !this.whole && best.fit >= SMALLEST;
    this.update();
    this.describe();
  }

  // Gives the picture all the height, or the width, and finds the drawing that fits best there.
  fit(tall) {
    document.body.classList.toggle("tall", tall);
    const width = this.scroll.clientWidth - 2, height = this.scroll.clientHeight - 2;
    const plans = this.drawings.map(({ svg }) => {
      const { width: w, height: h } = svg.viewBox.baseVal;
      const fit = Math.min(width / w, height / h);
      const scale = Math.max(this.whole ? 0 : SMALLEST, Math.min(fit, LARGEST));
      const across = Math.min(1, (width + 1) / (w * scale)), down = Math.min(1, (height + 1) / (h * scale));
      return { svg, w, h, fit, scale, across, tall: down < 1 / TALL, seen: across * down };
    });
    const level = ({ svg }) => +svg.dataset.level;
    const [best] = plans.sort((a, b) => b.across - a.across || a.tall - b.tall || level(a) - level(b) || b.seen - a.seen || b.fit - a.fit);
    return best;
  }
}
