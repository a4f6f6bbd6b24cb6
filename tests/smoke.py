"""First steps with an installed glassgrad, and a check of its page on the package index.

`.ci/run` runs it outside the checkout: ``python smoke.py``.
"""

from __future__ import annotations

import re
from importlib.metadata import metadata

import nn
from autograd import Value, grad
from viz import draw, explore, step_through


def main() -> None:
    neuron = nn.Neuron(2, "relu", seed=0)
    sgd = nn.SGD(neuron.parameters(), lr=0.1)
    for _ in range(50):
        loss = nn.half_squared_error(neuron([1.0, 2.0]), 3.0)
        neuron.zero_grad()
        loss.backward()
        sgd.step()
    assert loss.data < 1e-6
    neuron.save("neuron.json")

    x = Value(2.0)
    assert grad(grad(x**3, x, create_graph=True), x) == 12.0
    assert "<svg" in draw(loss).svg
    step_through(loss).save("steps.html")
    explore(loss).save("live.html")

    page = metadata("glassgrad")["Description"]
    assert "# glassgrad" in page
    links = re.findall(r"\]\((?!https?:|#)[\w./-]+\)", page)
    assert not links, f"the page on the package index links to files that are not there: {links}"
    print("the installed package trains, draws and saves")


if __name__ == "__main__":
    main()
