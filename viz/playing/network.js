// ── the network ──
// Its neurons, each with what it says about the plane, and its weights as lines.

class Network {
  constructor(holder, canvas, svg, choose) {
    Object.assign(this, { holder, canvas, svg, choose });
    this.layers = Math.max(0, ...plan.neurons.map(({ layer }) => layer));
    this.wires = [];
    this.nodes = [];
    this.small = document.createElement("canvas");
  }

  // Puts the inputs to the left, and each layer to the right of what it is computed from.
  layout() {
    const width = this.holder.clientWidth;
    if (!width || !this.layers) return;
    const columns = Array.from({ length: this.layers + 1 }, () => []);
    plan.inputs.forEach((_, k) => columns[0].push(k));
    plan.neurons.forEach(({ layer }, k) => columns[layer].push(plan.inputs.length + k));
    const most = Math.max(...columns.map((column) => column.length));
    const room = Math.max(150, Math.min(520, most * 56));
    const box = Math.max(14, Math.min(40, room / most - 6, width / columns.length - 14));
    this.box = box;
    this.places = [];
    columns.forEach((column, layer) => column.forEach((node, k) => {
      const x = box / 2 + 2 + (layer * (width - box - 4)) / this.layers;
      this.places[node] = [x, (room * (k + 0.5)) / column.length];
    }));
    Object.assign(this.svg.style, { width: `${width}px`, height: `${room}px` });
    this.svg.setAttribute("viewBox", `0 0 ${width} ${room}`);
    const scale = devicePixelRatio || 1;
    Object.assign(this.canvas, { width: width * scale, height: room * scale });
    Object.assign(this.canvas.style, { width: `${width}px`, height: `${room}px` });
    this.draw();
  }

  draw() {
    const { box, places } = this, half = box / 2, inputs = plan.inputs.length;
    this.wires = [];
    const wires = element("g");
    plan.neurons.forEach(({ w }, k) => {
      const [x, y] = places[inputs + k];
      for (const [source, at] of w) {
        const [fromX, fromY] = places[source], middle = (fromX + x) / 2;
        const d = `M${fromX + half},${fromY}C${middle},${fromY} ${middle},${y} ${x - half},${y}`;
        const line = element("path", { class: "wire", d }), reach = element("path", { class: "reach", d });
        reach.onclick = () => this.choose("weight", at);
        reach.append(element("title", {}, plan.names[at]));
        wires.append(line, reach);
        this.wires.push([line, at]);
      }
    });
    this.nodes = places.map(([x, y], node) => {
      const group = element("g", { class: "node", transform: `translate(${x},${y})` });
      group.append(element("rect", { x: -half, y: -half, width: box, height: box, rx: 5 }));
      if (node < inputs) {
        group.append(element("text", { "text-anchor": "middle", y: 4 }, shorten(plan.inputs[node], Math.floor(box / 7))));
        return group;
      }
      const k = node - inputs;
      for (const [name, value] of Object.entries({ role: "button", tabindex: 0, "aria-label": nameOfNeuron(k) })) group.setAttribute(name, value);
      group.onclick = () => this.choose("neuron", k);
      group.onkeydown = (e) => {
        if (e.key !== "Enter" && e.key !== " ") return;
        e.preventDefault();
        this.choose("neuron", k);
      };
      group.append(element("title", {}, nameOfNeuron(k)));
      return group;
    });
    this.svg.replaceChildren(wires, ...this.nodes);
  }

  // Arguments: the parameters, what each neuron says, and what is chosen.
  update(theta, numbers, colours, { kind, k: chosen }) {
    if (!this.places) return;
    let most = 0;
    for (const [, at] of this.wires) if (isFinite(theta[at])) most = Math.max(most, Math.abs(theta[at]));
    for (const [line, at] of this.wires) {
      const size = Math.sqrt(Math.abs(theta[at]) / (most || 1));
      const active = (kind === "weight" && chosen === at) || (kind === "neuron" && plan.neurons[chosen].w.some(([, i]) => i === at));
      line.setAttribute("class", `wire ${theta[at] < 0 ? "class0 falls" : "class1"}${active ? " active" : ""}`);
      line.setAttribute("stroke-width", isFinite(size) ? (0.4 + 4.2 * size).toFixed(2) : 1);
    }
    this.nodes.forEach((node, k) => node.classList.toggle("active", kind === "neuron" && k - plan.inputs.length === chosen));
    this.paint(numbers, colours);
  }

  paint(numbers, colours) {
    const context = this.canvas.getContext("2d"), scale = devicePixelRatio || 1, { box } = this;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    const small = this.small.getContext("2d");
    plan.neurons.forEach((neuron, k) => {
      const [x, y] = this.places[plan.inputs.length + k];
      if (plan.inputs.length === 1) return this.sketch(context, numbers[k], x, y);
      const model = neuron.output !== undefined && plan.kind === "classes" && plan.outputs === 1;
      if (model) paintClasses(small, [numbers[k]], colours);
      else paintNumbers(small, numbers[k], colours);
      context.drawImage(this.small, x - box / 2, y - box / 2, box, box);
    });
  }

  // A neuron of one input: its curve.
  sketch(context, numbers, x, y) {
    const { box } = this, finite = numbers.filter(isFinite);
    const low = Math.min(...finite), high = Math.max(...finite);
    context.strokeStyle = getComputedStyle(this.svg).color;
    context.lineWidth = 1.5;
    context.beginPath();
    numbers.forEach((each, k) => {
      const px = x - box / 2 + (box * k) / (numbers.length - 1);
      const py = y + box / 2 - 3 - ((box - 6) * (each - low)) / (high - low || 1);
      if (isFinite(py)) context.lineTo(px, py);
    });
    context.stroke();
  }
}

const shorten = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

function nameOfNeuron(k) {
  const { layer, place, output } = plan.neurons[k];
  if (output !== undefined) return plan.outputs === 1 ? "the output" : `output ${output}`;
  return `neuron ${place} of layer ${layer}`;
}
