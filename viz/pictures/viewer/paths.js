// The paths from a box to the result: every box and line on them.

function findPaths(box) {
  const reached = new Set([box]), lines = new Set();
  const queue = [box];
  const reach = (next) => {
    if (next && !reached.has(next)) {
      reached.add(next);
      queue.push(next);
    }
  };
  while (queue.length) {
    const from = queue.shift();
    const { scope } = from;
    const onward = scope.lines.filter((line) => line.tail === from);
    for (const line of onward) {
      lines.add(line);
      reach(line.head);
      // Within an open fold, the path goes on from what stands there for this box.
      const inside = line.head?.open ? line.head.inside : null;
      for (const [name, outer] of inside?.ports ?? []) {
        if (outer === from) reach(inside.boxes.get(name));
      }
    }
    if (!onward.length && scope.fold) reach(scope.fold);
  }
  if (box.open) {
    for (const part of box.inside.parts()) reached.add(part);
  }
  return [...reached, ...lines].map(({ group }) => group);
}

class Light {
  constructor(root) {
    this.root = root;
    this.box = null;
  }

  on(box) {
    this.off();
    this.box = box;
    for (const group of findPaths(box)) group.classList.add("lit");
    this.root.setAttribute("data-lit", "");
    if (box.isBox && !box.inside) box.group.setAttribute("aria-pressed", "true");
  }

  off() {
    if (!this.box) return;
    for (const group of this.root.querySelectorAll(".lit")) group.classList.remove("lit");
    this.root.removeAttribute("data-lit");
    if (this.box.isBox && !this.box.inside) this.box.group.setAttribute("aria-pressed", "false");
    this.box = null;
  }
}
