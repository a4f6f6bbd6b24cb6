// ── the reader ──
// Unpacks the graph, and runs it for a text.

async function unzip(text) {
  const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

// The steps, as packing.py has written them: their kinds, where the operands of each begin, and the
// operands. The number of a constant stands for its place behind all others.
function unpackSteps(buffer, kinds, leaves) {
  const count = new DataView(buffer).getUint32(0, true), bytes = new Uint8Array(buffer, 4);
  const last = kinds.map(() => [0, 0]), from = new Int32Array(count + 1), operands = [];
  let at = count;
  const next = () => {
    let number = 0, shift = 0, byte;
    do { byte = bytes[at++]; number |= (byte & 127) << shift; shift += 7; } while (byte > 127);
    return number & 1 ? ~(number >>> 1) : number >>> 1;
  };
  for (let i = 0; i < count; i++) {
    const before = last[bytes[i]], size = next();
    let operand = 0;
    for (let k = 0; k < size; k++) {
      if (k < 2) operand = before[k] += next();
      else operand += next();
      operands.push(operand < 0 ? leaves + count - 1 - operand : operand);
    }
    from[i + 1] = operands.length;
  }
  return { kinds: bytes.slice(0, count), from, operands: Int32Array.from(operands) };
}

class Reader {
  constructor(plan, steps, numbers) {
    const { length, leaves, chances, attention } = plan;
    Object.assign(this, { leaves, chances, attention, steps: unpackSteps(steps, plan.ops, leaves) });
    this.size = leaves + this.steps.kinds.length;
    this.cells = new Float64Array(this.size + plan.constants.length);
    this.cells.set(plan.constants.map(Numbers.read), this.size);
    this.data = this.cells.subarray(0, this.size);
    this.first = new Float64Array(numbers);
    this.data.set(this.first, length);
    // A text needs no more than what its last token does.
    this.ends = chances.map((row, t) => Math.max(...row, ...attention.flatMap((head) => (t ? head[t - 1] : []))) + 1 - leaves);
  }

  run(cells = this.cells) {
    const { kinds, from, operands } = this.steps;
    run(kinds, from, operands, cells, this.leaves, this.ends[Math.max(0, this.count - 1)]);
  }

  // Sees all tokens of a text.
  read(tokens) {
    this.count = tokens.length;
    tokens.forEach((token, t) => { this.data[t] = token; });
    this.run();
  }

  // How likely each token is after place t.
  after(t) {
    return this.chances[t].map((i) => this.data[i]);
  }

  // How much place t listens to each until itself.
  weights(head, t) {
    return t ? this.attention[head][t - 1].map((i) => this.data[i]) : [1];
  }

  // The engine of live pages, which goes backward, too. It takes a moment to build.
  get graph() {
    if (!this.built) {
      const { kinds, from, operands } = this.steps;
      const nodes = new Array(this.leaves).fill(0);
      kinds.forEach((kind, i) => {
        nodes.push([kind, ...Array.from(operands.subarray(from[i], from[i + 1]), (k) => (k < this.size ? k : this.size - 1 - k))]);
      });
      this.built = new Graph({ ops: plan.ops, nodes, constants: plan.constants, start: {}, outputs: [] }, OPS);
      this.built.data = this.data;
    }
    return this.built;
  }

  // The chance of a token to come next for other numbers of a leaf, and its slope.
  sweep(token, leaf, numbers) {
    const output = this.chances[this.count - 1][token], y = this.data[output], cells = this.cells.slice();
    this.graph.backward(output);
    const samples = numbers.map((x) => {
      cells[leaf] = x;
      this.run(cells);
      return [x, cells[output]];
    });
    return { samples, y, slope: this.graph.grad[leaf] };
  }
}
