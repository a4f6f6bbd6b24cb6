"use strict";
// Plays the steps: reads them from the page, and shows the picture after each of them.
(() => {
  const $ = (id) => document.getElementById(id);
  const { steps } = JSON.parse($("plan").textContent);
  const items = [...$("steps").children];
  const sayings = items.map((item) => [...item.children]); // what each step says, as HTML
  const last = steps.length - 1;
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const WORDS = { start: "Start", forward: "Forward", backward: "Backward", done: "Done", training: "Training" };
  const SMALLEST = {{legible}}, LARGEST = 1.5; // pixels per point: text of 10 points stays legible
  const PACE = 1900; // milliseconds for a step at speed 1
  const TALL = 8; // frames: of a taller picture, one sees too little at a time
  const MANY = 120; // with more lines, all but those of the step are dimmed

  // All elements by name; all drawings use the same names. A box or a line of a folded picture has
  // the names of all that it stands for, too.
  const by = (attribute, several) => {
    const found = new Map();
    for (const element of document.querySelectorAll(`[${attribute}]`)) {
      const value = element.getAttribute(attribute);
      for (const name of several ? value.split(" ") : [value]) {
        found.set(name, [...(found.get(name) || []), element]);
      }
    }
    return found;
  };
  const nodes = by("data-node", true), lines = by("data-line", true), parts = by("data-of"), texts = by("data-t");
  const points = [...document.querySelectorAll(".curve [data-step]")];
  const boxes = document.querySelectorAll(".box");
  const inside = new Map(); // the boxes of the steps that each fold stands for, and their operations
  for (const box of boxes) {
    const [own, ...others] = box.dataset.node.split(" ");
    if (others.length) inside.set(own, others);
  }
  const drawings = [...document.querySelectorAll(".graph")];
  const scroll = $("scroll");
  let at = -1, timer = 0, marked = [];
  let exact = new Map(); // by place: the number with more digits, if that says more
  let origins = new Map(); // by place: of nan or ∞, whether it "begins" here or has "spread" here
  const split = steps.findIndex(({ p }) => p === "backward");

  // ── one step ──

  function show(k, smooth = true) {
    at = Math.max(0, Math.min(last, k));
    const step = steps[at];
    const written = new Map(); // all texts so far
    exact = new Map();
    origins = new Map();
    for (const { w, x = {}, o = {} } of steps.slice(0, at + 1)) {
      for (const [place, text] of w) {
        written.set(place, text);
        exact.set(place, x[place]);
        origins.set(place, o[place]);
      }
    }
    const training = step.p === "training"; // where almost every text changes at every step
    const fresh = new Set(step.w.map(([place]) => place).filter((p) => !training || (at && p.endsWith("data"))));
    for (const [place, elements] of texts) {
      for (const e of elements) {
        const text = written.get(place) ?? e.dataset.blank ?? "";
        if (e.textContent !== text) e.textContent = text;
        e.classList.toggle("fresh", fresh.has(place) && e.localName === "tspan");
        e.classList.toggle("rises", text.endsWith("▲"));
        e.classList.toggle("falls", text.endsWith("▼"));
        e.classList.toggle("alarm", !!origins.get(place));
      }
    }
    for (const box of boxes) {
      const here = ["data", "grad"].map((field) => origins.get(`${box.dataset.of} ${field}`));
      box.classList.toggle("begins", here.includes("begins"));
      box.classList.toggle("spread", here.includes("spread") && !here.includes("begins"));
    }
    for (const [name, elements] of parts) {
      const lit = [name, ...(inside.get(name) || [])].some((each) => written.has(`${each} data`));
      for (const e of elements) e.classList.toggle("lit", lit);
    }
    for (const e of marked) e.classList.remove("active", "near", "flow");
    marked = [];
    const mark = (elements, kind) => {
      for (const e of elements || []) { e.classList.add(kind); marked.push(e); }
    };
    const changed = new Set(step.w.map(([place]) => place.split(" ")[0]));
    step.f.forEach((name, i) => {
      const active = !i || training || step.p === "done" || changed.has(name);
      mark(nodes.get(name), active ? "active" : "near");
    });
    for (const name of step.l) mark(lines.get(name), "flow");
    document.body.classList.toggle("dense", lines.size > MANY && step.l.length > 0);
    for (const e of points) {
      e.classList.toggle("later", e.dataset.step > at);
      e.classList.toggle("last", +e.dataset.step === at);
    }
    for (const box of boxes) box.setAttribute("aria-label", spoken(box));
    items.forEach((item, i) => item.setAttribute("aria-current", i === at ? "step" : "false"));
    say(step);
    follow(step, smooth);
  }

  // Puts what a step says into the panel.
  function fill(k) {
    const [note, ...formulas] = [...sayings[k]].reverse();
    $("formulas").replaceChildren(...formulas.reverse().map((e) => e.cloneNode(true)));
    $("formulas").className = (steps[k].p === "start" ? "said" : "") + (formulas.length > 1 ? " long" : "");
    $("note").innerHTML = note.innerHTML; // our own HTML, in which labels are escaped
  }

  function say(step) {
    document.body.dataset.phase = step.p;
    $("phase").textContent = WORDS[step.p];
    fill(at);
    locate(step);
    const text = sayings[at].map((e) => e.textContent).filter(Boolean).join(". ");
    $("said").textContent = `${WORDS[step.p]}, step ${at} of ${last}: ${text}`;
    const slider = $("slider");
    slider.value = at;
    slider.setAttribute("aria-valuetext", $("said").textContent);
    // Not `disabled`: a disabled button would lose the focus, and the keys would stop working.
    for (const id of ["first", "back"]) $(id).setAttribute("aria-disabled", at === 0);
    for (const id of ["next", "end"]) $(id).setAttribute("aria-disabled", at === last);
  }

  // ── the picture in its frame ──

  const visible = () => drawings.find((svg) => !svg.hasAttribute("hidden"));

  // Says where the step is: its number, and the fold in the picture that holds it.
  function locate(step) {
    const svg = visible();
    const fold = nodes.get(step.f[0])?.find((e) => svg.contains(e) && inside.has(e.dataset.of));
    const where = fold && step.f.length && step.p !== "done" ? `, inside ${fold.dataset.name}` : "";
    $("count").textContent = `step ${at} of ${last}${where}`;
  }

  const app = document.querySelector(".app");
  const short = matchMedia("(orientation: landscape) and (max-height: 32rem)"); // a phone on its side

  // The drawing that suits the frame best, with the words below the picture or beside it.
  function plan(beside) {
    document.body.classList.toggle("beside", beside);
    app.style.height = scroll.style.flex = "";
    keepPanel(beside);
    const whole = $("whole").getAttribute("aria-pressed") === "true";
    const width = scroll.clientWidth - 2, height = scroll.clientHeight - 2;
    const plans = drawings.map((svg) => {
      const { width: w, height: h } = svg.viewBox.baseVal;
      const fit = Math.min(width / w, height / h);
      const scale = Math.max(whole ? 0 : SMALLEST, Math.min(fit, LARGEST));
      const across = Math.min(1, (width + 1) / (w * scale)), down = Math.min(1, (height + 1) / (h * scale));
      return { beside, svg, w, h, fit, scale, across, tall: down < 1 / TALL, seen: across * down };
    });
    return plans.sort((a, b) => rank(a, b) || b.seen - a.seen || b.fit - a.fit)[0];
  }
  // As little as possible is to be scrolled sideways; then no picture is to be very tall; then as
  // little as possible folded. Of those, as much as possible is to be seen, and large.
  const level = (svg) => +svg.dataset.level;
  const rank = (a, b) => b.across - a.across || a.tall - b.tall || level(a.svg) - level(b.svg);

  function layout() {
    let best = plan(short.matches);
    if (!short.matches && innerWidth >= 720) {
      const other = plan(true);
      const order = rank(other, best);
      if (order < 0 || (!order && other.seen > 1.1 * best.seen)) best = other;
      else best = plan(false);
    }
    const { svg: chosen, beside, w, h, scale, fit } = best;
    for (const svg of drawings) svg.toggleAttribute("hidden", svg !== chosen);
    chosen.style.width = `${w * scale}px`;
    chosen.style.height = `${h * scale}px`;
    const enough = Math.max(260, h * scale + 60);
    if (!beside && enough < scroll.clientHeight) { // no large empty space around a small picture
      app.style.height = "auto";
      scroll.style.flex = `0 0 ${enough}px`;
    }
    if (at >= 0) locate(steps[at]);
    $("whole").hidden = $("whole").getAttribute("aria-pressed") !== "true" && fit >= SMALLEST;
  }

  // The panel is high enough for the longest step, so that the picture does not jump.
  const size = (item) => 300 * item.children.length + item.textContent.length;
  const longest = [...items.keys()].sort((a, b) => size(items[b]) - size(items[a])).slice(0, 12);
  function keepPanel(beside) {
    const panel = $("panel");
    panel.style.height = "";
    if (beside) return; // the picture does not stand above it
    panel.style.height = `${Math.max(...longest.map((k) => { fill(k); return panel.scrollHeight; }))}px`;
    if (at >= 0) fill(at);
  }

  // Scrolls only if something that the step is about is out of view.
  function follow(step, smooth) {
    const svg = visible();
    const found = step.f.flatMap((name) => (nodes.get(name) || []).filter((e) => svg.contains(e)));
    if (!found.length) return;
    const frame = scroll.getBoundingClientRect();
    const around = (elements) => {
      const boxes = elements.map((e) => e.getBoundingClientRect());
      return {
        left: Math.min(...boxes.map((b) => b.left)), right: Math.max(...boxes.map((b) => b.right)),
        top: Math.min(...boxes.map((b) => b.top)), bottom: Math.max(...boxes.map((b) => b.bottom)),
      };
    };
    const move = (from, to) => {
      const all = around(found), first = around(found.slice(0, 1));
      const room = frame[to] - frame[from] - 24;
      const box = all[to] - all[from] <= room ? all : first;
      if (box[from] >= frame[from] + 12 && box[to] <= frame[to] - 12) return 0;
      return (box[from] + box[to] - frame[from] - frame[to]) / 2;
    };
    const behavior = smooth && !calm.matches ? "smooth" : "instant";
    scroll.scrollBy({ left: move("left", "right"), top: move("top", "bottom"), behavior });
  }

  // ── playing ──

  function play(on) {
    clearTimeout(timer);
    timer = 0;
    document.body.classList.toggle("running", on);
    $("play").setAttribute("aria-label", on ? "Pause" : "Play");
    if (!on) return;
    if (at === last) show(0);
    const tick = () => {
      show(at + 1);
      if (at === last) play(false);
      else wait();
    };
    const wait = () => { timer = setTimeout(tick, PACE / $("speed").value); };
    wait();
  }
  const go = (k) => { play(false); show(k); };

  $("first").onclick = () => go(0);
  $("back").onclick = () => go(at - 1);
  $("next").onclick = () => go(at + 1);
  $("end").onclick = () => go(last);
  $("play").onclick = () => play(!timer);
  $("speed").onchange = () => { if (timer) play(true); };
  $("slider").oninput = (e) => { play(false); show(+e.target.value, false); };
  $("whole").onclick = (e) => {
    const on = e.target.getAttribute("aria-pressed") !== "true";
    e.target.setAttribute("aria-pressed", on);
    layout();
    follow(steps[at], false);
  };

  // ── going to the step of a box, or to a written step ──

  // The steps in which a box gets its data, and its gradient.
  const computed = new Map(), passed = new Map();
  steps.forEach(({ p, w }, k) => {
    for (const [place] of w) {
      const [node, field] = place.split(" ");
      if (p === "forward" && field === "data") computed.set(node, k);
      if (p === "backward" && field === "grad") passed.set(node, k);
    }
  });
  // In each pass to the box's step of that pass; from there to its step of the other pass. A fold
  // leads to the first step inside.
  function visit(part) {
    const names = inside.get(part.dataset.of) || [part.dataset.of];
    const first = (steps) => {
      const found = names.map((name) => steps.get(name)).filter((k) => k !== undefined);
      return found.length ? Math.min(...found) : undefined;
    };
    const there = [first(computed), first(passed)].filter((k) => k !== undefined);
    if (at >= split) there.reverse();
    if (there.length) go(there.find((k) => k !== at) ?? at);
  }

  let dragged = false; // a drag ends with a click, which is not meant
  scroll.addEventListener("click", (e) => {
    const part = e.target.closest(".box, .operation");
    if (part && !dragged) visit(part);
  });
  if (split > 0) for (const box of boxes) box.setAttribute("role", "button");

  items.forEach((item, k) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "to";
    button.textContent = "Show";
    button.setAttribute("aria-label", `Show step ${k}`);
    item.append(button);
    item.addEventListener("click", (e) => {
      if (e.target !== button && String(getSelection())) return; // someone selects text
      go(k);
      $("controls").focus({ preventScroll: true }); // where the keys go on from here
      scrollTo({ top: 0, behavior: calm.matches ? "instant" : "smooth" });
    });
  });

  const KEYS = {
    ArrowRight: () => go(at + 1), ArrowLeft: () => go(at - 1), Home: () => go(0),
    End: () => go(last), " ": () => play(!timer),
  };
  addEventListener("keydown", (e) => {
    const box = e.key === "Enter" && e.target.closest?.(".box");
    const action = box ? () => visit(box) : KEYS[e.key];
    if (!action || e.altKey || e.ctrlKey || e.metaKey) return;
    // Keys that the focused element uses itself are left alone.
    if (e.target.matches("select") || (e.key === " " && e.target.matches("button, summary, a"))) return;
    e.preventDefault();
    action();
  });

  // ── names on hovering and focusing ──

  function described(box) {
    const { name: called, role, where } = box.dataset;
    const [own] = box.dataset.node.split(" "); // of an operation, not the value that it makes
    const now = (field) => texts.get(`${own} ${field}`)?.[0].textContent;
    const numbers = ["data", "grad"].filter(now)
      .map((field) => `${field} ${exact.get(`${own} ${field}`) ?? now(field)}`);
    return [`${called}: ${role}`, where && `in ${where}`, ...numbers].filter(Boolean).join(", ");
  }

  // For screen readers: what is written in the box, and what only pointing at it tells.
  function spoken(box) {
    const lines = [...box.querySelectorAll("text")].map((e) => e.textContent.replace(/\s+/g, " ").trim());
    const { role, where } = box.dataset;
    const more = lines[0].endsWith(` · ${role}`) ? "" : role;
    return [...lines, more, where && `in ${where}`].filter(Boolean).join(", ");
  }

  const tip = $("tip");
  function name(e) {
    const box = e.target.closest?.("[data-name], .line");
    const local = box && exact.get(`${box.dataset.line} local`);
    tip.hidden = !box?.dataset.name && !local;
    if (tip.hidden) return;
    tip.textContent = local ? `local derivative ${local}` : described(box);
    const at = box.getBoundingClientRect(), size = tip.getBoundingClientRect();
    const above = at.top - size.height - 8;
    tip.style.top = `${above > 4 ? above : at.bottom + 8}px`;
    tip.style.left = `${Math.max(8, Math.min(at.left, innerWidth - size.width - 8))}px`;
  }
  for (const kind of ["pointerover", "focusin"]) scroll.addEventListener(kind, name);
  for (const kind of ["pointerleave", "focusout", "scroll"]) scroll.addEventListener(kind, () => { tip.hidden = true; });

  // A mouse pans by dragging; touch needs no script.
  scroll.addEventListener("pointerdown", (down) => {
    if (down.pointerType !== "mouse" || down.button) return;
    const x = down.clientX + scroll.scrollLeft, y = down.clientY + scroll.scrollTop;
    dragged = false;
    const pan = (e) => {
      dragged ||= Math.hypot(e.clientX - down.clientX, e.clientY - down.clientY) > 4;
      scroll.classList.add("drag");
      scroll.scrollTo(x - e.clientX, y - e.clientY);
    };
    const stop = () => { scroll.classList.remove("drag"); removeEventListener("pointermove", pan); };
    addEventListener("pointermove", pan);
    addEventListener("pointerup", stop, { once: true });
  });

  // ── on paper ──

  // The picture has all its numbers, and the steps are written out.
  let before = null; // what to return to
  addEventListener("beforeprint", () => {
    before = { at, open: $("all").open };
    play(false);
    show(last, false);
    for (const e of marked) e.classList.remove("active", "near", "flow");
    document.body.classList.remove("playing", "dense");
    $("all").open = true;
    const scale = ({ viewBox: { baseVal: { width: w, height: h } } }) => Math.min({{width}} / w, {{height}} / h, 4 / 3);
    const small = (svg) => scale(svg) < {{printed}};
    const [best] = [...drawings].sort((a, b) => small(a) - small(b) || (!small(a) && level(a) - level(b)) || scale(b) - scale(a));
    for (const svg of drawings) svg.toggleAttribute("hidden", svg !== best);
    best.style.width = `${best.viewBox.baseVal.width * scale(best)}px`;
    best.style.height = `${best.viewBox.baseVal.height * scale(best)}px`;
  });
  addEventListener("afterprint", () => {
    if (!before) return;
    document.body.classList.add("playing");
    $("all").open = before.open;
    layout();
    show(before.at, false);
    before = null;
  });

  // ── begin ──

  if (split > 0) { // the track has a colour for each pass
    const share = `${(100 * (split - 0.5)) / last}%`;
    $("slider").style.setProperty("--track", `linear-gradient(90deg, var(--forward) ${share}, var(--backward) ${share})`);
  } else $("slider").style.setProperty("--track", "var(--forward)");
  document.body.classList.add("playing");
  layout();
  const asked = () => parseInt(location.hash.slice(1), 10) || 0; // loss.html#12 opens at step 12
  show(asked(), false);
  addEventListener("hashchange", () => { if (/^#\d+$/.test(location.hash)) go(asked()); });
  addEventListener("message", (e) => { // the notebook around this frame has changed its theme
    if (e.source === parent && ["dark", "light"].includes(e.data?.theme)) {
      document.documentElement.dataset.theme = e.data.theme;
    }
  });
  // A frame in a notebook may get its size only after this has run.
  for (const event of ["resize", "load"]) {
    addEventListener(event, () => { layout(); follow(steps[at], false); });
  }
})();
