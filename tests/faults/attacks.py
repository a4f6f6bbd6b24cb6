"""Texts that try to break out of their context and run a script that sets ``window.hit``."""

from __future__ import annotations

from ..viz.labels import TRIED

ATTACKS = {
    "script": "</script><script>window.hit = 1</script>",
    "out of svg": "</text></g></svg><script>window.hit = 1</script>",
    "out of a title": "</title><script>window.hit = 1</script>",
    "out of a style": "</style><script>window.hit = 1</script>",
    "out of a comment": "--><script>window.hit = 1</script><!--",
    "out of cdata": "]]><script>window.hit = 1</script>",
    "image": "<img src=x onerror='window.hit = 1'>",
    "attribute": '" onload="window.hit = 1" onmouseover="window.hit = 1" x="',
    "attribute, single quotes": "' onload='window.hit = 1' onfocus='window.hit = 1' x='",
    "entities": "&lt;script&gt;window.hit = 1&lt;/script&gt;&quot; onload=&quot;window.hit = 1",
    "escaped quote": '\\" onload="window.hit = 1',
    "graphviz": '"]; evil [URL="javascript:window.hit = 1", label="evil"]; x [label="',
    "graphviz, on a new line": '\n"];\nevil [URL="javascript:window.hit = 1"];\n',
    "graphviz, html": '<<table href="javascript:window.hit = 1"><tr><td>evil</td></tr></table>>',
    "template": "{{script}} {{title}} {body} ${window.hit = 1}",
    "address": "javascript:window.hit = 1",
    "long": "<script>window.hit = 1</script>" * 400,
    **{f"hard: {name}": text for name, text in TRIED.items()},
}
