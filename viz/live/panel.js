// ── what the page says of the chosen value ──
// Formulas have gaps, such as data-n="d5" for the data of value 5; every number in them is live.

const MOST_TERMS = 4; // contributions that are written out

const safe = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt()};`);

class Sentences {
  constructor(plan, session, picture, secret) {
    Object.assign(this, { plan, session, picture, secret });
  }

  name(i) { return this.plan.names[i] ?? "…"; }

  html(i) { return `<bdi class="name">${safe(this.name(i))}</bdi>`; }

  fraction(top, bottom) {
    return `<span class="frac"><span>∂${top}</span><span class="slash">/</span><span>∂${bottom}</span></span>`;
  }

  gradient(i) { return this.fraction(this.html(this.session.output), this.html(i)); }

  inner(v, k) {
    const own = this.plan.said[v]?.i?.[k];
    return own || this.fraction(this.html(v), this.html(this.session.graph.operands[v][k]));
  }

  // How the value is computed.
  forward(i) {
    const said = this.plan.said[i], result = `<span class="part"><b data-n="e${i}"></b></span>`;
    if (!said) return `<div class="formula">${this.html(i)} ${result}</div>`;
    const parts = said.f.map((each) => `<span class="part">= ${each}</span>`).join(" ");
    return `<div class="formula">${this.html(i)} ${parts} ${result}</div>${said.n ? `<p class="note">${said.n}</p>` : ""}`;
  }

  // What the chain rule sends to the value, and their sum.
  backward(i) {
    const { graph, output } = this.session;
    const total = `<span class="part"><b data-n="E${i}"></b></span>`;
    if (i === output) return `<div class="formula back">${this.gradient(i)} ${total}</div><p class="note">${this.html(i)} changes exactly as much as itself.</p>`;
    const uses = graph.users()[i].filter(([v]) => graph.reached[v] && graph.rows[v].slope !== 0);
    if (!uses.length) return `<div class="formula back">${this.gradient(i)} ${total}</div><p class="note">${this.html(output)} does not depend on it.</p>`;
    const named = uses.filter(([v]) => this.plan.names[v]).slice(0, MOST_TERMS);
    const sign = uses.length > 1 ? "+=" : "=";
    const lines = named.map(([v, k]) => (
      `<div class="formula back">${this.gradient(i)} ${sign} ${this.gradient(v)} · ${this.inner(v, k)} `
      + `<span class="part">= <i data-n="g${v}"></i> · <i data-n="s${v}.${k}"></i></span> <span class="part"><b data-n="m${v}.${k}.${i}"></b></span></div>`
      + `<p class="note">${this.why(v, k)}</p>`));
    const more = uses.length - named.length;
    if (uses.length > 1 || !named.length) {
      const terms = more ? "" : ` <span class="part">= ${named.map(([v, k], j) => `<i data-n="${j ? "M" : "q"}${v}.${k}.${i}"></i>`).join(" + ")}</span>`;
      const count = uses.length === 1 ? "It comes from 1 value without a box of its own" : `It is the sum of ${uses.length.toLocaleString("en")} contributions`;
      const others = more ? `<p class="note">${count}${named.length ? "; these are some" : ""}.</p>` : "";
      lines.push(`<div class="formula back${lines.length ? " sum" : ""}">${this.gradient(i)}${terms} ${total}</div>${others}`);
    }
    return lines.join("");
  }

  // Where the local derivative comes from. Of a function in pieces it depends on the piece.
  why(v, k) {
    const { s = {}, r } = this.plan.said[v] || {};
    const symbols = s[k];
    const local = `<i data-n="e${v}.${k}"></i>`;
    if (!symbols) return `${this.inner(v, k)} ${local}.`;
    if (Array.isArray(symbols)) return `${this.inner(v, k)} = <span data-piece="${v}.${k}"></span>.`;
    const simple = /^[−\d.]+$/.test(symbols);
    const words = r ? `: ${r}` : `, where ${this.html(v)} = ${this.plan.said[v].f[0]}`;
    return `${this.inner(v, k)} = ${symbols}${simple ? "" : ` ${local}`}${words}.`;
  }

  piece(v, k) {
    const [kind, less, equal, greater] = this.plan.said[v].s[k];
    const inputs = this.session.graph.inputs(v), x = inputs[0] - (kind ? inputs[1] : 0);
    return x < 0 ? less : x > 0 ? greater : equal;
  }

  // Fills the gaps below an element.
  fill(root) {
    for (const e of root.querySelectorAll("[data-n]")) {
      const text = this.gap(e.dataset.n[0], e.dataset.n.slice(1).split(".").map(Number));
      if (e.textContent !== text) e.textContent = text;
    }
    for (const e of root.querySelectorAll("[data-piece]")) {
      const html = this.piece(...e.dataset.piece.split("."));
      if (e.innerHTML !== html) e.innerHTML = html; // our own HTML, in which labels are escaped
    }
  }

  gap(kind, [i, k, p]) {
    const { graph } = this.session, { picture } = this;
    const factor = (text) => (/^[−≈]/.test(text) ? `(${text})` : text);
    const equals = (text) => (text.startsWith("≈") ? text : `= ${text}`);
    const data = () => picture.number(graph.data[i]), local = () => picture.number(graph.slopes(i)[k]);
    const gradient = () => (this.secret(i) ? "?" : picture.number(graph.grad[i], "grad"));
    const term = () => (this.secret(p) ? "?" : picture.number(graph.amount(i, graph.slopes(i)[k]), "grad"));
    switch (kind) {
      case "d": return data();
      case "f": return factor(data());
      case "e": return equals(k === undefined ? data() : local());
      case "g": return gradient();
      case "E": return equals(gradient());
      case "s": return factor(local());
      case "m": return equals(term());
      case "M": return factor(term());
      default: return term();
    }
  }
}
