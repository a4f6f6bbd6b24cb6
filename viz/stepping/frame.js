// Shows the page of steps in a notebook's frame, as dark as the notebook, and prints it beside it.
this.onload = null;
const frame = this, box = this.parentNode, page = box.dataset.page, names = {{names}};
box.firstChild.hidden = true;

// The page cannot see the notebook around it, so it is told whether that is dark. The colour of the
// frame says so; a browser that cannot compute it takes that of the text around instead.
function theme() {
  const style = getComputedStyle(frame);
  if (style.color === getComputedStyle(box).color || !names.some((name) => style.getPropertyValue(name))) return "";
  const dot = document.createElement("canvas").getContext("2d");
  dot.fillStyle = style.color;
  dot.fillRect(0, 0, 1, 1);
  return dot.getImageData(0, 0, 1, 1).data[3] ? "dark" : "light";
}
const first = theme();
frame.srcdoc = page.replace("<html", first ? "<html data-theme=" + first : "<html");
// And it is told again when the notebook changes its theme, which may take a moment. Some say it at
// the body, others at the root.
const themes = new MutationObserver(() => {
  setTimeout(() => frame.contentWindow?.postMessage({ theme: theme() }, "*"), 300);
});
for (const element of [document.body, document.documentElement]) themes.observe(element, { attributes: true });

// A frame is as high on paper as on the screen. So what the page prints takes its place there: the
// picture with all its numbers, and the steps. A shadow tree keeps its style to itself. (Without
// `window`, an attribute of the frame would listen to events of the frame.)
let sheet = null;
window.addEventListener("beforeprint", () => {
  const read = new DOMParser().parseFromString(page, "text/html");
  const size = (svg) => svg.getAttribute("viewBox").split(" ").slice(2).map(Number);
  const scale = (svg) => Math.min({{width}} / size(svg)[0], {{height}} / size(svg)[1], 4 / 3);
  const small = (svg) => scale(svg) < {{printed}}, level = (svg) => +svg.dataset.level;
  const [drawing] = [...read.querySelectorAll(".graph")].sort((a, b) => small(a) - small(b) || (!small(a) && level(a) - level(b)) || scale(b) - scale(a));
  if (!drawing) return; // a page without a drawing is printed as it looks
  drawing.removeAttribute("hidden");
  drawing.setAttribute("width", size(drawing)[0] * scale(drawing));
  drawing.setAttribute("height", size(drawing)[1] * scale(drawing));
  const style = read.querySelector("style");
  style.textContent = style.textContent.replaceAll(":root", ":host").replace(/^body \{/m, ":host {");
  const part = (kind, ...children) => {
    const element = document.createElement("div");
    element.className = kind;
    element.append(...children);
    return element;
  };
  sheet?.remove();
  sheet = document.createElement("div");
  sheet.attachShadow({ mode: "open" }).append(
    style, ...read.querySelectorAll("h1, header .notice"), part("scroll", drawing),
    ...read.querySelectorAll(".loss"), part("all", ...read.querySelectorAll("#steps")));
  frame.style.display = "none";
  box.append(sheet);
});
window.addEventListener("afterprint", () => {
  sheet?.remove();
  sheet = null;
  frame.style.display = "";
});
