// ── the reader ──
// Unpacks the graph, and runs it for a text.

async function unzip(text) {
  const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

// The steps, as packing.py has written them: [operation, operand, …].
function unpackSteps(buffer, kinds) {
  const count = new DataView(buffer).getUint32(0, true), bytes = new Uint8Array(buffer, 4);
  const last = kinds.map(() => [0, 0]);
  let at = count;
  const next = () => {
    let number = 0, shift = 0, byte;
    do { byte = bytes[at++]; number |= (byte & 127) << shift; shift += 7; } while (byte > 127);
    return number & 1 ? ~(number >>> 1) : number >>> 1;
  };
  return Array.from({ length: count }, (_, i) => {
    const node = [bytes[i]], before = last[bytes[i]], size = next();
    for (let k = 0; k < size; k++) {
      if (k < 2) before[k] += next();
      node.push(k < 2 ? before[k] : node[k] + next());
    }
    return node;
  });
}

class Reader {
  constructor(plan, steps, numbers) {
    const { length, leaves, chances, attention } = plan;
    const nodes = [...new Array(leaves).fill(0), ...unpackSteps(steps, plan.ops)];
    this.graph = new Graph({ ops: plan.ops, nodes, constants: plan.constants, start: {}, outputs: [] }, OPS);
    this.all = this.graph.interior;
    Object.assign(this, { chances, attention });
    this.first = Float64Array.from(new Float64Array(numbers));
    this.graph.data.set(this.first, length);
    // A text needs no more than what its last token does.
    this.ends = chances.map((row, t) => Math.max(...row, ...attention.flatMap((head) => (t ? head[t - 1] : []))) + 1 - leaves);
    this.interiors = new Map();
  }

  // Sees all tokens of a text.
  read(tokens) {
    const { graph } = this, count = Math.max(1, tokens.length);
    this.count = tokens.length;
    tokens.forEach((token, t) => { graph.data[t] = token; });
    if (!this.interiors.has(count)) this.interiors.set(count, this.all.slice(0, this.ends[count - 1]));
    graph.interior = this.interiors.get(count);
    graph.forward();
  }

  // How likely each token is after place t.
  after(t) {
    return this.chances[t].map((i) => this.graph.data[i]);
  }

  // How much place t listens to each until itself.
  weights(head, t) {
    return t ? this.attention[head][t - 1].map((i) => this.graph.data[i]) : [1];
  }

  // The chance of a token to come next for other numbers of a leaf, and its slope.
  sweep(token, leaf, numbers) {
    const output = this.chances[this.count - 1][token], y = this.graph.data[output];
    this.graph.backward(output);
    return { samples: this.graph.sweep(output, leaf, numbers).map((p, k) => [numbers[k], p]), y, slope: this.graph.grad[leaf] };
  }
}
