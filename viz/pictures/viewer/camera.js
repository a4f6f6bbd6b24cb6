// What one sees of the picture: where it begins, and how large a point is.

const LARGEST = 12; // pixels a point, when zoomed in as far as it goes
const READABLE = 0.92; // pixels a point: text in boxes is 11 pixels high

class Camera {
  constructor(root, stage, measure) {
    this.root = root;
    this.stage = stage;
    this.measure = measure; // the size of the picture, in points
    this.corner = [0, 0]; // of the picture, at the left top of the view, in points
    this.scale = 0; // pixels a point; 0 until the first look
    this.chosen = false; // whether somebody zoomed
    this.printing = false;
    this.strip = 0; // pixels above the picture, for the toolbar
    this.enlarged = false; // whether it is wider than its place, so that one can read it
    this.onmove = () => {};
    new ResizeObserver(() => this.resize()).observe(root);
    addEventListener("beforeprint", () => this.print());
    addEventListener("afterprint", () => {
      this.printing = false;
      this.resize();
    });
    this.resize();
  }

  // On paper the whole picture is seen; the style makes it fit.
  print() {
    this.printing = true;
    this.root.setAttribute("viewBox", `0 0 ${this.measure().join(" ")}`);
    this.stage.removeAttribute("transform");
  }

  // The view is as wide as its place, at most as wide as the picture is drawn, and as high as that.
  resize() {
    if (this.printing) return;
    const [width, height] = this.measure();
    const natural = `${Math.round(width * PX)}px`;
    this.root.style.maxWidth = natural;
    if (this.root.parentNode.host) this.root.parentNode.host.style.maxWidth = natural;
    const room = this.root.getBoundingClientRect().width;
    if (!room) return;
    this.fit = room / width;
    this.view = [room, height * (this.enlarged ? Math.max(this.fit, READABLE) : this.fit)];
    const high = this.view[1] + this.strip;
    this.root.style.height = `${high}px`;
    this.root.setAttribute("viewBox", `0 ${-this.strip} ${room} ${high}`);
    if (!this.chosen && !this.enlarged) [this.scale, this.corner] = [this.fit, [0, 0]];
    this.scale = Math.max(this.fit, this.scale);
    this.apply();
  }

  get isWhole() {
    return this.scale <= this.fit * 1.001;
  }

  whole() {
    this.chosen = this.enlarged = false;
    this.resize();
  }

  // Folds have opened or closed: show the whole picture, unless its text is too small then.
  settle() {
    if (this.chosen) return;
    this.enlarged = this.fit < READABLE;
    if (this.enlarged) this.scale = READABLE;
    this.resize();
  }

  // Zoom, and keep the place at pixel (x, y) where it is.
  zoom(factor, x = this.view[0] / 2, y = this.view[1] / 2) {
    const scale = Math.min(LARGEST, Math.max(this.fit, this.scale * factor));
    this.corner = [x, y].map((at, k) => this.corner[k] + at / this.scale - at / scale);
    this.scale = scale;
    this.chosen = !this.isWhole;
    this.apply();
  }

  pan(dx, dy) {
    this.corner = [this.corner[0] - dx / this.scale, this.corner[1] - dy / this.scale];
    this.apply();
  }

  // Bring a rectangle, in points from the corner of the picture, into view.
  show({ left, top, right, bottom }) {
    const sides = [[left, right], [top, bottom]];
    this.corner = this.corner.map((at, k) => {
      const seen = this.view[k] / this.scale, [from, to] = sides[k];
      if (from >= at && to <= at + seen) return at;
      return to - from > seen ? from : (from + to - seen) / 2;
    });
    this.apply();
  }

  apply() {
    const size = this.measure();
    this.corner = this.corner.map((at, k) =>
      Math.max(0, Math.min(at, size[k] - this.view[k] / this.scale)));
    const [x, y] = this.corner.map((at) => -at * this.scale);
    this.stage.setAttribute("transform", `translate(${x} ${y}) scale(${this.scale})`);
    // A finger scrolls the page while the whole picture is in view, and then pans.
    this.root.style.touchAction = this.isWhole ? "pan-x pan-y" : "none";
    this.root.toggleAttribute("data-zoomed", !this.isWhole);
    this.onmove();
  }
}

// Zoom and pan by wheel, mouse and fingers. A plain wheel and a single finger scroll the page.
function steer(camera, root, { onclick, onwheel }) {
  const at = ({ clientX, clientY }) => {
    const { left, top } = root.getBoundingClientRect();
    return [clientX - left, clientY - top - camera.strip];
  };
  root.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) {
      onwheel();
      return;
    }
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode ? 16 : 1);
    camera.zoom(Math.exp(-Math.max(-240, Math.min(240, pixels)) / 240), ...at(event));
  }, { passive: false });

  let held = null; // where the mouse was last, and whether it has moved
  root.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "touch" || event.button) return;
    held = { from: at(event), last: at(event), moved: false };
  });
  root.addEventListener("pointermove", (event) => {
    if (!held || event.pointerType === "touch") return;
    const now = at(event);
    if (Math.hypot(now[0] - held.from[0], now[1] - held.from[1]) > 4 && !camera.isWhole) {
      if (!held.moved) root.setPointerCapture(event.pointerId);
      held.moved = true;
    }
    if (held.moved) camera.pan(now[0] - held.last[0], now[1] - held.last[1]);
    held.last = now;
  });
  let dragged = false;
  for (const kind of ["pointerup", "pointercancel"]) {
    root.addEventListener(kind, () => {
      dragged = held?.moved ?? false;
      held = null;
    });
  }
  root.addEventListener("click", (event) => {
    if (!dragged) onclick(event);
    dragged = false;
  });

  let fingers = null;
  const read = (event) => {
    const [one, other] = [...event.touches].map(at);
    return other
      ? { x: (one[0] + other[0]) / 2, y: (one[1] + other[1]) / 2,
          apart: Math.hypot(one[0] - other[0], one[1] - other[1]), count: event.touches.length }
      : one && { x: one[0], y: one[1], apart: 0, count: 1 };
  };
  root.addEventListener("touchstart", (event) => {
    fingers = read(event);
    if (fingers.count > 1) event.preventDefault();
  }, { passive: false });
  root.addEventListener("touchmove", (event) => {
    const now = read(event);
    if (!fingers || fingers.count !== now.count || (now.count === 1 && camera.isWhole)) {
      fingers = now;
      return;
    }
    event.preventDefault();
    camera.pan(now.x - fingers.x, now.y - fingers.y);
    if (now.apart && fingers.apart) camera.zoom(now.apart / fingers.apart, now.x, now.y);
    fingers = now;
  }, { passive: false });
  root.addEventListener("touchend", (event) => {
    fingers = read(event);
  });
}
