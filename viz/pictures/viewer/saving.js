// Saves what is seen, as SVG without script, and as PNG.

function copyStill(root, isDark, [width, height]) {
  const copy = root.cloneNode(true);
  for (const extra of copy.querySelectorAll("script, .toolbar, .badge, .inside[display=none]")) {
    extra.remove();
  }
  for (const node of copy.querySelectorAll("g.node")) {
    for (const { name } of [...node.attributes]) {
      if (/^(aria-|role|tabindex)/.test(name)) node.removeAttribute(name);
    }
  }
  const [colours, viewer] = copy.querySelectorAll("style");
  const [, rules] = /^[^{]*\{([^]*)\}$/.exec(colours.textContent);
  colours.textContent = isDark ? rules : "";
  viewer.textContent = viewer.textContent.replace(/^[^]*(?=\.glassgrad\[data-lit\])/, "");
  copy.setAttribute("role", "img");
  copy.setAttribute("viewBox", `0 0 ${width} ${height}`);
  copy.setAttribute("width", width);
  copy.setAttribute("height", height);
  for (const name of ["style", "aria-label", "data-live", "data-theme", "data-zoomed"]) {
    copy.removeAttribute(name);
  }
  return new XMLSerializer().serializeToString(copy);
}

function download(name, blob) {
  const link = document.createElementNS(HTML, "a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function saveAs(kind, root, isDark, size) {
  const title = root.querySelector("title").textContent;
  const name = title.replace(/[^\p{L}\p{N}.−]+/gu, "-").replace(/^-|-$/g, "").slice(0, 60);
  const text = copyStill(root, isDark, size);
  if (kind === "svg") {
    download(`${name}.svg`, new Blob([text], { type: "image/svg+xml" }));
    return;
  }
  const image = new Image();
  image.onload = () => {
    const canvas = document.createElementNS(HTML, "canvas");
    [canvas.width, canvas.height] = [image.width * 2, image.height * 2];
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => download(`${name}.png`, blob), "image/png");
  };
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
}
