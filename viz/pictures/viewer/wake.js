// `this` is the box around a still picture. It has the viewer, compressed.
if (!this.wakes) {
  this.wakes = true;
  const bytes = Uint8Array.from(atob(this.dataset.viewer), (character) => character.charCodeAt(0));
  const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  new Response(plain).text().then((text) => {
    const svg = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
    const viewer = svg.querySelector("script");
    const script = document.createElement("script");
    script.textContent = viewer.textContent;
    viewer.remove();
    // It loses the focus now, and the viewer takes it.
    this.focused = this.matches(":focus");
    this.attachShadow({ mode: "open" }).append(svg);
    this.append(script);
  });
}
