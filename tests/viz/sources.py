"""Pictures of all kinds, whose DOT is kept (see `kept`).

Those of the worked examples are in `notebooks/renders`; these are of what they do not show: models,
options, what is too large, what is shared or not finite.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import nn
from autograd import Value, log_softmax, mean, total
from viz import draw, draw_update

if TYPE_CHECKING:
    from collections.abc import Callable


def line(w: float = 0.5, b: float = 1.0) -> tuple[Value, list[Value]]:
    parameters = [Value(w, "w", role="parameter"), Value(b, "b", role="parameter")]
    x, y_true = Value(2.0, "x", role="input"), Value(3.0, "y_true", role="target")
    y_pred = parameters[0] * x + parameters[1]
    y_pred.label = "y_pred"
    loss = (y_pred - y_true) ** 2
    loss.label = "L"
    loss.backward()
    return loss, parameters


def network(*nouts: int, points: int = 1) -> Value:
    model = nn.MLP(2, list(nouts), activation="tanh", seed=1)
    inputs = [
        [Value(0.5 * k, "x1", role="input"), Value(-1.0, role="input")] for k in range(points)
    ]
    loss = nn.mse_loss([model(x) for x in inputs], [1.0] * points)
    loss.backward()
    return loss


def strange() -> list[Value]:
    """Shared and repeated operands, constants, what is not finite, labels with signs."""
    a, b = Value(math.inf, 'a "quoted" <b>'), Value(1e-300, "back\\slash\nand line")
    unlabelled = Value(-0.0)
    y = total([a * b, a * b, a - a, unlabelled, b**2, 2**b, unlabelled / 3])
    z = log_softmax([b, unlabelled, b])[0]
    y.backward()
    return [y, z, y + z, y]


def long_sum() -> Value:
    terms = [Value(float(k), f"t{k}") for k in range(12)]
    y = total([*terms, *terms[:3], 0.5, 0.25]) * mean(terms)
    y.backward()
    return y


def chain(steps: int) -> Value:
    y = x = Value(0.5, "x")
    for _ in range(steps):
        y = (y * 0.5 + x).tanh()
    y.backward()
    return y


class Gate(nn.Module):
    """Modules in attributes, lists and dictionaries, one of them twice; parameters of its own."""

    def __init__(self) -> None:
        self.scale = nn.Parameter(2.0, label="scale")
        self.shared = nn.Neuron(2, "sigmoid", seed=0)
        self.either: list[Any] = [nn.Layer(2, 2, seed=1), self.shared]
        words = nn.Embedding(["cat", "dog"], 2, seed=2)
        self.named: dict[str, Any] = {"words": words, "loose": [Value(1.0)]}

    def forward(self, x: Any) -> Value:
        gate: Value = self.shared(x)
        inner = self.either[0](x)
        word: Value = self.shared(self.named["words"]("cat"))
        return gate * self.scale * total(inner) + word


def gated() -> Value:
    gate = Gate()
    y: Value = gate([Value(1.0, "x1", role="input"), 2.0])
    y.backward()
    return y


def updated(**options: Any) -> Any:
    before, after = line(0.5, 1.0)[0], line(0.7, 1.0)[0]
    return draw_update(before, after, **options)


LOSS, PARAMETERS = line()
PICTURES: dict[str, Callable[[], Any]] = {
    "derivatives": lambda: draw(LOSS, derivatives=True),
    "no_legend_titled": lambda: draw(LOSS, legend=False, title="A <title>\nof two lines"),
    "highlighted": lambda: draw(LOSS, highlight=PARAMETERS, digits=2, direction="TB"),
    "right_to_left": lambda: draw(LOSS, direction="RL", digits=17),
    "strange": lambda: draw(strange()),
    "strange_derivatives": lambda: draw(strange(), derivatives=True, direction="BT"),
    "a_leaf": lambda: draw(Value(1.0)),
    "long_sum": lambda: draw(long_sum()),
    "network_of_scalars": lambda: draw(network(2, 1), detail="scalar", derivatives=True),
    "network_of_neurons": lambda: draw(network(3, 2, 1), detail="neuron"),
    "network_of_layers": lambda: draw(network(3, 2, 1, points=3), detail="layer"),
    "network_of_its_own": lambda: draw(network(8, 8, 1)),
    "network_too_large": lambda: draw(network(30, 30, 1, points=4), detail="scalar"),
    "chain": lambda: draw(chain(20)),
    "chain_abridged": lambda: draw(chain(400)),
    "gated": lambda: draw(gated(), detail="neuron"),
    "gated_scalars": lambda: draw(gated(), detail="scalar"),
    "before_an_update": lambda: updated().before,
    "after_an_update": lambda: updated(title="Once", direction="TB", digits=3).after,
    "neuron": lambda: draw(nn.Neuron(3, seed=0)),
    "neuron_in_full": lambda: draw(nn.Neuron(3, seed=0), detail="scalar", digits=2),
    "layer": lambda: draw(nn.Layer(2, 3, "relu", seed=0), detail="neuron", title="A layer"),
    "mlp": lambda: draw(nn.MLP(2, [3, 2, 1], seed=0)),
    "mlp_by_layer": lambda: draw(nn.MLP(2, [16, 16, 1], seed=0), detail="layer", direction="TB"),
    "mlp_many": lambda: draw(nn.MLP(2, [40, 40, 1], seed=0)),
    "mlp_too_many": lambda: draw(nn.MLP(2, [2500, 1], seed=0), detail="neuron"),
    "embedding": lambda: draw(nn.Embedding(["cat", "dog"], 3, seed=0)),
    "embedding_in_full": lambda: draw(nn.Embedding(3, 2, seed=0), detail="scalar"),
    "gate": lambda: draw(Gate()),
    "gate_in_full": lambda: draw(Gate(), detail="scalar"),
    "gate_by_layer": lambda: draw(Gate(), detail="layer"),
    "gate_marked": lambda: draw(gate := Gate(), highlight=[gate.scale, gate.shared.w[0]]),
}


def dot(name: str) -> str:
    """The DOT of one of the pictures."""
    return str(PICTURES[name]().source)
