// ── the engine ──
// Runs the graph: every value forward, every gradient backward, in the order in which Python does.

class Graph {
  constructor({ ops, nodes, constants, start, outputs }, table) {
    const rows = ops.map((name) => table[name]);
    this.constants = constants.map(Numbers.read);
    this.size = nodes.length;
    this.rows = nodes.map((node) => node && rows[node[0]]); // 0 for a leaf
    this.operands = nodes.map((node) => node && node.slice(1));
    this.outputs = outputs;
    this.data = new Float64Array(this.size);
    this.grad = new Float64Array(this.size);
    this.reached = new Uint8Array(this.size); // whether a gradient arrives
    for (const [i, x] of Object.entries(start)) this.data[i] = Numbers.read(x);
    this.interior = [...nodes.keys()].filter((i) => nodes[i]);
    this.forward();
  }

  inputs(i, data = this.data) {
    return this.operands[i].map((p) => (p < 0 ? this.constants[-1 - p] : data[p]));
  }

  forward(data = this.data) {
    const { rows, operands, constants } = this;
    for (const i of this.interior) {
      const given = operands[i], { f } = rows[i];
      const a = given[0] < 0 ? constants[-1 - given[0]] : data[given[0]];
      if (given.length === 1) data[i] = f(a);
      else if (given.length === 2) data[i] = f(a, given[1] < 0 ? constants[-1 - given[1]] : data[given[1]]);
      else data[i] = f(...this.inputs(i, data));
    }
    return data;
  }

  // ∂value i/∂operand, for each operand.
  slopes(i) {
    const { d, slope } = this.rows[i];
    const given = this.inputs(i), y = this.data[i];
    if (slope !== undefined) return given.map(() => slope);
    return typeof d === "function" ? d(...given, y) : d.map((each) => each(...given, y));
  }

  // What the chain rule sends from value i along one slope. Where an operation branches, 0 · ∞ is 0.
  amount(i, slope) {
    return this.rows[i].branching && slope === 0 ? 0 : this.grad[i] * slope;
  }

  // A value is optional if gradients reach it only through what selects, such as the branches of a
  // `where`. If it was not chosen, its gradient stays 0 on its way, even where its slopes are nan.
  backward(output) {
    const { grad, reached } = this;
    grad.fill(0);
    reached.fill(0);
    grad[output] = reached[output] = 1;
    let needed = null; // once there is a choice: the values that are not optional
    for (let i = output; i >= 0; i--) {
      const row = this.rows[i];
      if (!row || !reached[i] || row.slope === 0) continue;
      const optional = needed && !needed[i];
      if (optional && grad[i] === 0) continue;
      if (row.selects && !needed) needed = reached.slice();
      const operands = this.operands[i], slopes = this.slopes(i);
      for (let k = 0; k < operands.length; k++) {
        const p = operands[k];
        if (p < 0) continue;
        if (needed && !optional && !row.selects) needed[p] = 1;
        grad[p] += this.amount(i, slopes[k]);
        reached[p] = 1;
      }
    }
  }

  // An output for other numbers of one leaf.
  sweep(output, leaf, numbers) {
    const data = this.data.slice();
    return numbers.map((x) => {
      data[leaf] = x;
      return this.forward(data)[output];
    });
  }

  // Where nan and ∞ begin, and where they have spread to: [of data, of gradients], by index.
  origins() {
    const found = [new Map(), new Map()];
    const { data, grad } = this;
    const users = Numbers.finite(grad) ? null : this.users();
    if (!users && Numbers.finite(data)) return found;
    for (let i = 0; i < this.size; i++) {
      if (!isFinite(data[i])) {
        const given = (this.operands[i] || []).filter((p) => p >= 0).map((p) => data[p]);
        const begins = isNaN(data[i]) ? !given.some(isNaN) : given.every(isFinite);
        found[0].set(i, begins ? "begins" : "spread");
      }
      if (!isFinite(grad[i])) {
        const begins = users[i].every(([v]) => isFinite(grad[v]) && isFinite(data[v]));
        found[1].set(i, begins ? "begins" : "spread");
      }
    }
    return found;
  }

  // For each value, the operations that use it: [result, position].
  users() {
    if (!this.usersFound) {
      this.usersFound = Array.from({ length: this.size }, () => []);
      for (const i of this.interior) this.operands[i].forEach((p, k) => p >= 0 && this.usersFound[p].push([i, k]));
    }
    return this.usersFound;
  }
}
