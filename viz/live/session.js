// ── what has been done ──
// The numbers as they are, the way that led to them, and the way back.

const MOST_POINTS = 400; // of the loss curve

class Session {
  constructor(graph, { leaves, learned, lr }) {
    this.graph = graph;
    this.leaves = leaves;
    this.learned = learned.length ? learned : leaves; // what an update moves
    this.first = graph.data.slice();
    this.output = graph.outputs[0];
    this.lr = lr;
    this.past = [];
    this.points = [];
    this.compute();
    this.points = [{ loss: this.loss, by: "start" }];
  }

  get loss() { return this.graph.data[this.output]; }

  compute() {
    this.graph.forward();
    this.graph.backward(this.output);
    this.version = (this.version || 0) + 1;
    if (this.points.length) this.points.at(-1).loss = this.loss;
  }

  // One thing that can be undone: a drag, an entry, an update or ten.
  begin(by) {
    this.past.push({ data: this.graph.data.slice(), points: this.points.slice() });
    if (this.past.length > 200) this.past.shift();
    this.add(by);
  }

  add(by) {
    this.points = [...this.points.slice(1 - MOST_POINTS), { loss: this.loss, by }];
  }

  set(leaf, x) {
    this.graph.data[leaf] = x;
    this.compute();
  }

  change(leaf, x) {
    if (Object.is(this.graph.data[leaf], x)) return;
    this.begin("change");
    this.set(leaf, x);
  }

  // p −= lr · ∂L/∂p, for every parameter.
  update(lr, times = 1) {
    this.begin("update");
    for (let k = 0; k < times; k++) {
      if (k) this.add("update");
      for (const i of this.learned) this.graph.data[i] -= lr * this.graph.grad[i];
      this.compute();
    }
  }

  undo() {
    const before = this.past.pop();
    if (!before) return;
    this.graph.data.set(before.data);
    this.points = before.points.map((point) => ({ ...point }));
    this.compute();
  }

  reset() {
    this.graph.data.set(this.first);
    this.past = [];
    this.points = [{ loss: 0, by: "start" }];
    this.compute();
  }

  differentiate(output) {
    this.output = output;
    this.past = [];
    this.points = [{ loss: 0, by: "start" }];
    this.compute();
  }

  // ── in the link ──

  write() {
    const changed = this.leaves
      .map((i, k) => [k, this.graph.data[i], this.first[i]])
      .filter(([, x, start]) => !Object.is(x, start))
      .map(([k, x]) => `${k}:${x}`);
    const letters = { start: "", update: "u", change: "c" };
    const curve = this.points.slice(-100).map(({ loss, by }) => letters[by] + Number(loss.toPrecision(6)));
    return {
      ...(changed.length && { set: changed.join(",") }),
      ...(this.points.length > 1 && { curve: curve.join(",") }),
      ...(this.output !== this.graph.outputs[0] && { of: this.graph.outputs.indexOf(this.output) }),
      lr: this.lr,
    };
  }

  read({ set = "", curve = "", of = "0", lr = "" }) {
    this.graph.data.set(this.first);
    for (const pair of set.split(",").filter(Boolean)) {
      const [k, text] = pair.split(":"), leaf = this.leaves[k];
      const x = text === "NaN" ? NaN : Number(text);
      if (leaf !== undefined) this.graph.data[leaf] = x;
    }
    this.output = this.graph.outputs[of] ?? this.graph.outputs[0];
    if (Number(lr) > 0) this.lr = Number(lr);
    this.past = [];
    this.points = curve.split(",").filter(Boolean).map((text) => ({
      loss: Number(text.replace(/^[uc]/, "")),
      by: { u: "update", c: "change" }[text[0]] || "start",
    }));
    if (!this.points.length) this.points = [{ loss: 0, by: "start" }];
    this.compute();
  }
}
