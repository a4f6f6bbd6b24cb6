// ── the live graph of a point ──

// The page of `explore`, with the numbers of this moment.
async function writeGraph(k) {
  const { page, theta, inputs, target } = plan.graph, { x, y } = places()[k];
  const packed = Uint8Array.from(atob(page), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const html = await new Response(stream).text();
  const [, before, text, after] = html.match(/^([^]*<script type="application\/json" id="plan">)([^]*?)(<\/script>[^]*)$/);
  const graph = JSON.parse(text);
  const put = (at, number) => {
    if (at >= 0) graph.start[at] = isFinite(number) ? number : isNaN(number) ? "nan" : number > 0 ? "inf" : "-inf";
  };
  theta.forEach((at, i) => put(at, state.frame.theta[i]));
  inputs.forEach((at, i) => put(at, x[i]));
  put(target, y);
  return before + JSON.stringify(graph).replaceAll("<", "\\u003c") + after;
}

async function openGraph(k) {
  pause();
  const frame = made("iframe", { title: `The live graph of point ${k + 1}`, srcdoc: await writeGraph(k) });
  frame.onload = () => {
    const { theme } = document.documentElement.dataset;
    if (theme) frame.contentWindow.postMessage({ theme }, "*");
  };
  $("graph").querySelector("iframe")?.remove();
  $("graph").append(frame);
  $("graphTitle").textContent = `Point ${k + 1} after ${state.frame.steps.toLocaleString("en")} steps`;
  $("graph").showModal();
}

$("leave").onclick = () => $("graph").close();
$("graph").onclose = () => $("graph").querySelector("iframe")?.remove();
