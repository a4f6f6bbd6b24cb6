// The toolbar: an HTML element in the picture or, if it would cover a box there, beside or above it.

const ICONS = {
  in: "M8 3v10M3 8h10",
  out: "M3 8h10",
  whole: "M3 6V3h3M10 3h3v3M13 10v3h-3M6 13H3v-3",
  folds: "M3 3h10v10H3zM8 5.5v5M5.5 8h5",
  find: "M11 7a4 4 0 1 1-8 0a4 4 0 0 1 8 0zM10 10l4 4",
};

function make(namespace, tag, attributes = {}, ...children) {
  const element = document.createElementNS(namespace, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

class Toolbar {
  constructor(root, addRoom) {
    this.root = root;
    this.addRoom = addRoom; // gives it a place of its own, of that height, above the picture
    this.bar = make(HTML, "div", { class: "bar", role: "toolbar", "aria-label": "Picture" });
    this.says = make(HTML, "output", { class: "says" });
    this.frame = make(SVG, "foreignObject", { class: "toolbar" }, this.bar);
    root.append(this.frame);
    this.buttons = {};
  }

  add(name, says, onclick, text = "") {
    const icon = ICONS[name] && make(
      SVG, "svg", { viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" },
      make(SVG, "path", { d: ICONS[name] }),
    );
    const button = make(
      HTML, "button", { type: "button", title: says, "aria-label": says, class: name }, icon || text,
    );
    button.addEventListener("click", onclick);
    this.buttons[name] = button;
    this.bar.append(button);
    return button;
  }

  rename(name, says) {
    this.buttons[name].title = says;
    this.buttons[name].setAttribute("aria-label", says);
  }

  say(text) {
    this.says.textContent = text;
    this.settle();
  }

  // Choose the place, among those at the edges, that hides least.
  settle() {
    const box = this.root.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.bar;
    if (!width || !box.width) return;
    const covers = (left, top) => {
      let area = 0;
      for (const { left: l, top: t, right: r, bottom: b } of this.crowd) {
        const across = Math.min(left + width, r) - Math.max(left, l);
        const down = Math.min(top + height, b) - Math.max(top, t);
        if (across > 0 && down > 0) area += across * down;
      }
      return area;
    };
    // Only what is in the window is of use.
    const first = Math.max(2, 2 - box.top), last = Math.min(box.bottom, innerHeight) - box.top;
    const right = box.width - width - 2, down = Math.max(0, last - height - 2 - first);
    let best = [Math.max(0, right), first], least = Infinity;
    for (let k = 0; k <= 16; k++) {
      for (const x of [right, 2, right / 2]) {
        const place = [Math.max(0, x), first + (down * k) / 16];
        const area = covers(...place);
        if (area < least) [best, least] = [place, area];
      }
    }
    if (least && this.room > box.width + 4 + width) best = [box.width + 4, first];
    else if (least) this.addRoom(height + 6);
    const at = { x: best[0], y: best[1] + this.root.viewBox.baseVal.y, width, height };
    for (const [name, value] of Object.entries(at)) this.frame.setAttribute(name, value);
  }

  // How far it may reach to the right: past the picture in a notebook, unless that is zoomed.
  get room() {
    const { host } = this.root.getRootNode();
    if (!host || this.root.hasAttribute("data-zoomed")) return 0;
    return host.parentNode.getBoundingClientRect().right - this.root.getBoundingClientRect().left;
  }

  // What the toolbar should not cover, in pixels: boxes and words.
  get crowd() {
    const { left, top } = this.root.getBoundingClientRect();
    return [...this.root.querySelectorAll("g.node, g.graph > g > a > text")]
      .filter((each) => !each.closest(".inside"))
      .map((each) => each.getBoundingClientRect())
      .map((r) => ({ left: r.left - left, top: r.top - top, right: r.right - left, bottom: r.bottom - top }));
  }
}
