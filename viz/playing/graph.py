"""The live graph of a point: the page of `explore`, packed, which the playground opens.

It is recorded for one point. The playground puts the numbers of the chosen point, and of the
parameters as they are by then, in the place of its first ones.
"""

from __future__ import annotations

import base64
import gzip
from typing import TYPE_CHECKING, Any

from autograd.graph import topological

from ..live.explore import explore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograd import Value

    from .modules import Recorded

__all__ = ["pack_live_graph"]

MOST = 5000  # values of a graph that is worth looking at


def pack_live_graph(recorded: Recorded, params: Sequence[Value]) -> dict[str, Any] | None:
    """Pack the live graph of a point.

    Returns:
        ``page``: the page, compressed by gzip, in base 64; ``theta``, ``inputs`` and ``target``:
        which value of the graph each number is, −1 for one that the loss does not depend on. None
        if the graph is too large.
    """
    order = topological(recorded.loss)
    if len(order) > MOST:
        return None
    index = {v: k for k, v in enumerate(order)}
    page = explore(recorded.loss, title="The loss of one point").html
    return {
        "page": base64.b64encode(gzip.compress(page.encode("utf-8"), mtime=0)).decode("ascii"),
        "theta": [index.get(p, -1) for p in params],
        "inputs": [index.get(v, -1) for v in recorded.inputs],
        "target": index.get(recorded.target, -1),
    }
