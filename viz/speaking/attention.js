// ── who listens to whom ──
// A triangle for each head: each row is a token that listens, to itself and to those before it.

const TOP = 20; // above a map, for names
const NAME = between ? 7 : 2; // letters of a name beside a row
const MARGIN = between ? 60 : 22; // for that name

class Heads {
  constructor(holder, told) {
    Object.assign(this, { holder, told, row: -1, column: 0 });
    this.maps = plan.attention.map((_, head) => {
      const svg = element("svg", { class: "map", tabindex: 0, role: "application", "aria-describedby": "told" });
      svg.onpointerdown = (e) => this.point(svg, e);
      svg.onpointermove = (e) => { if (e.pointerType === "mouse") this.point(svg, e); };
      svg.onkeydown = (e) => this.key(e);
      this.holder.append(made("figure", {}, svg, made("figcaption", {}, `Head ${head + 1}`)));
      return svg;
    });
  }

  point(svg, { clientX, clientY }) {
    const { left, top } = svg.getBoundingClientRect(), { cell, edge } = this;
    const row = Math.floor((clientY - top - TOP) / cell), column = Math.floor((clientX - left - edge) / cell);
    if (row < 0 || row >= this.count || column < 0) return;
    this.look(row, Math.min(column, row));
  }

  key(e) {
    const way = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[e.key];
    if (!way) return;
    e.preventDefault();
    const row = Math.max(0, Math.min(this.count - 1, this.row + way[0]));
    this.look(row, Math.max(0, Math.min(row, this.column + way[1])));
  }

  look(row, column) {
    if (row === this.row && column === this.column) return;
    Object.assign(this, { row, column });
    this.mark();
    this.tell();
    $("said").textContent = this.told.textContent; // for screen readers, and not at each key
  }

  // Draws what is listened to in a text.
  draw(tokens) {
    const count = tokens.length, grown = count !== this.count;
    this.count = count;
    if (grown && count && this.maps.length) { // where the first head listens most
      const weights = this.reader.weights(0, count - 1);
      Object.assign(this, { row: count - 1, column: Math.max(0, weights.indexOf(Math.max(...weights))) });
    }
    const room = this.maps[0]?.parentElement.clientWidth ?? 0;
    const edge = this.edge = MARGIN, cell = this.cell = Math.max(2, Math.min(30, (room - edge - 2) / Math.max(count, 6)));
    const every = Math.ceil(11 / cell), gap = cell > 6 ? 1 : 0; // which are named, where there is no room for all
    this.maps.forEach((svg, head) => {
      const [width, height] = [edge + cell * count + 2, TOP + cell * count + 2];
      svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
      Object.assign(svg.style, { width: `${width}px`, height: `${height}px` });
      svg.replaceChildren();
      let most = "";
      tokens.forEach((token, t) => {
        const name = plan.shown[token], middle = cell * (t + 0.5), across = shorten(name, Math.max(1, Math.floor((cell * every) / 8)));
        if (t % every === 0) {
          svg.append(
            element("text", { x: edge - 5, y: TOP + middle + 4, "text-anchor": "end" }, shorten(name, NAME)),
            element("text", { x: edge + middle, y: TOP - 6, "text-anchor": "middle" }, across));
        }
        const weights = this.reader.weights(head, t);
        weights.forEach((w, k) => {
          svg.append(element("rect", { class: "heard", x: edge + cell * k + gap / 2, y: TOP + cell * t + gap / 2, width: cell - gap, height: cell - gap, "stroke-width": gap, "fill-opacity": isFinite(w) ? Math.min(1, w).toFixed(3) : 0 }));
        });
        const loudest = weights.indexOf(Math.max(...weights));
        if (t === count - 1 && loudest >= 0) most = `${name} listens most to ${plan.shown[tokens[loudest]]}, ${percent(weights[loudest])}.`;
      });
      svg.append(element("rect", { class: "cell" }));
      svg.setAttribute("aria-label", `Head ${head + 1}. ${most} Arrow keys move through the weights.`);
    });
    this.tokens = tokens;
    this.mark();
    this.tell();
  }

  mark() {
    const { cell, edge, row, column } = this;
    for (const svg of this.maps) {
      const mark = svg.lastChild;
      for (const [name, value] of Object.entries({ x: edge + cell * column, y: TOP + cell * row, width: cell, height: cell })) mark?.setAttribute(name, value);
    }
  }

  tell() {
    const { row, column, tokens } = this;
    if (row < 0 || !tokens?.length) return;
    const name = (t) => `${plan.shown[tokens[t]]} (${t + 1})`;
    const shares = this.maps.map((_, head) => {
      const w = this.reader.weights(head, row)[column];
      return made("span", { className: "share" }, `head ${head + 1} `, made("b", {}, percent(w)));
    });
    const whom = row === column ? "itself" : name(column);
    this.told.replaceChildren(`${name(row)} listens to ${whom}: `, ...shares.flatMap((share, k) => (k ? [" ", share] : [share])));
    this.tallest = Math.max(this.tallest ?? 0, this.told.offsetHeight); // a shorter text must not move the maps under a finger
    this.told.style.minHeight = `${this.tallest}px`;
  }
}
