// A click on a picture opens it in its place: the file is a viewer, in a document of its own.

// The frames, by the window in each.
const viewers = new Map();

for (const link of document.querySelectorAll(".picture a")) {
  link.addEventListener("click", (event) => {
    const image = link.querySelector("img");
    const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    if (elsewhere || !image.currentSrc.endsWith(".svg")) return;
    event.preventDefault();
    const viewer = document.createElement("iframe");
    viewer.title = image.alt;
    const { width, height } = image.getBoundingClientRect();
    viewer.style.width = `${width}px`;
    viewer.style.height = `${height}px`;
    viewer.src = image.currentSrc;
    link.parentNode.append(viewer);
    link.parentNode.classList.add("opened");
    viewers.set(viewer.contentWindow, viewer);
    viewer.addEventListener("load", () => viewer.contentWindow.focus());
  });
}

// A viewer says how large it would like to be.
addEventListener("message", (event) => {
  const viewer = viewers.get(event.source), [width, height] = event.data?.glassgrad ?? [];
  if (viewer && width > 0 && height > 0) {
    viewer.style.width = `${width}px`;
    viewer.style.height = `${height}px`;
  }
});

// Paper has pictures of its own, and a browser does not wait for any while it prints: they are
// loaded beforehand, and the sources for windows are set aside.
const paper = [...document.querySelectorAll("picture img")].map((image) => {
  const loaded = new Image();
  loaded.fetchPriority = "low";
  return { image, loaded, sources: [...image.parentNode.querySelectorAll("source")] };
});
addEventListener("load", () => {
  for (const { image, loaded } of paper) loaded.src = image.src;
});
addEventListener("beforeprint", () => {
  for (const { sources } of paper) for (const source of sources) source.remove();
});
addEventListener("afterprint", () => {
  for (const { image, sources } of paper) image.before(...sources);
});
