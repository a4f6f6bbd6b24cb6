"""Which values a module call made, found by walking back from what it returned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd import Value
from autograd.graph import topological
from nn import MLP, Embedding, Layer, Module, Neuron
from viz import draw
from viz.pictures.groups import ancestors, collapsed_call, groups_of, heights_of

if TYPE_CHECKING:
    import pytest


def calls_by_path(*roots: Value) -> dict[str, set[Value]]:
    """The values of each innermost call, by its path."""
    found: dict[str, set[Value]] = {}
    for v, call in groups_of(topological(*roots)).items():
        found.setdefault(call.path, set()).add(v)
    return found


def inputs(*numbers: float) -> list[Value]:
    return [Value(x, f"x{i}", role="input") for i, x in enumerate(numbers, start=1)]


def test_a_neuron_holds_its_operations_and_its_parameters_and_not_its_inputs() -> None:
    neuron, x = Neuron(2), inputs(1.0, 2.0)
    y = neuron(x)
    held = calls_by_path(y * 2.0)["Neuron"]
    assert held == set(topological(y)) - set(x)


def test_every_neuron_of_a_network_is_a_group_with_its_path() -> None:
    paths = calls_by_path(MLP(2, [3, 1])(inputs(1.0, 2.0)))
    assert set(paths) == {f"layers.0.neurons.{i}" for i in range(3)} | {"layers.1.neurons.0"}


def test_a_parameter_that_two_calls_share_belongs_to_neither() -> None:
    neuron = Neuron(1)
    total = neuron([1.0]) + neuron([2.0])
    groups = groups_of(topological(total))
    assert not groups.keys() & set(neuron.parameters())
    assert len({*groups.values()}) == 2


def test_a_parameter_that_is_also_used_outside_stays_outside() -> None:
    neuron = Neuron(1)
    penalised = neuron([1.0]) + neuron.w[0] ** 2
    groups = groups_of(topological(penalised))
    assert neuron.w[0] not in groups
    assert neuron.b in groups


def test_values_made_outside_every_call_belong_to_no_group() -> None:
    x = inputs(1.0)
    before = x[0] * 2.0
    y = Neuron(1)([before])
    after = y * 3.0
    groups = groups_of(topological(after))
    assert not groups.keys() & {x[0], before, after}
    assert y in groups


class _Same(Module):
    def forward(self, x: Any) -> Any:
        return x


def test_a_module_that_returns_its_input_claims_nothing() -> None:
    x = inputs(1.0)[0] * 2.0
    y = _Same()(x)
    assert y is x
    assert not groups_of(topological(y * 1.0))


def test_a_module_that_returns_another_modules_result_leaves_it_to_that_module() -> None:
    neuron = Neuron(1)
    y = _Same()(neuron([inputs(1.0)[0]]))
    assert set(calls_by_path(y)) == {"Neuron"}


class _Scaled(Module):
    """Operations of its own before and after those of a part."""

    def __init__(self) -> None:
        self.neuron = Neuron(1)

    def forward(self, x: Value) -> Any:
        return self.neuron([x * 2.0]) * 3.0 + x


def test_an_outer_call_takes_what_the_inner_ones_leave() -> None:
    y = _Scaled()(inputs(1.0)[0])
    paths = calls_by_path(y)
    assert set(paths) == {"_Scaled", "neuron"}
    assert {v.op for v in paths["_Scaled"]} == {"*", "+"}
    assert len(paths["_Scaled"]) == 3


def test_ancestors_run_from_the_outermost_call_to_the_call_itself() -> None:
    y = MLP(1, [1])([1.0])
    call = groups_of(topological(y))[y]
    assert [c.path for c in ancestors(call)] == ["MLP", "layers.0", "layers.0.neurons.0"]
    assert ancestors(None) == []


def test_a_neuron_collapses_to_itself_and_a_layer_to_its_outermost_call_of_neurons() -> None:
    y = MLP(1, [2, 1])([1.0])
    groups = groups_of(topological(y))
    calls = list(dict.fromkeys(groups.values()))
    heights = heights_of(calls)
    assert {collapsed_call(c, "neuron", heights) for c in calls} == set(calls)
    layers = [collapsed_call(c, "layer", heights) for c in calls]
    assert [layer.path if layer else "" for layer in layers] == ["layers.0", "layers.0", "layers.1"]


def test_an_embedding_in_a_model_collapses_to_itself_at_layer_detail() -> None:
    class Words(Module):
        def __init__(self) -> None:
            self.embedding, self.layer = Embedding(2, 2), Layer(2, 2)

        def forward(self, word: list[Value]) -> Any:
            return self.layer(self.embedding(word))

    order = topological(*Words()(inputs(1.0, 0.0)))
    calls = list(dict.fromkeys(groups_of(order).values()))
    heights = heights_of(calls)
    paths = {c.path for each in calls if (c := collapsed_call(each, "layer", heights))}
    assert paths == {"embedding", "layer"}


def test_what_a_larger_call_computes_itself_is_not_collapsed() -> None:
    y = _Scaled()(inputs(1.0)[0])
    groups = groups_of(topological(y))
    heights = heights_of(list(groups.values()))
    assert collapsed_call(groups[y], "neuron", heights) is None


def test_a_parameter_that_a_call_was_given_stays_outside_it() -> None:
    neuron, word = Neuron(1), Value(0.3, "cat.0", role="parameter")
    groups = groups_of(topological(neuron([word])))
    assert word not in groups
    assert neuron.w[0] in groups


def test_a_model_that_returns_what_its_part_returned_holds_what_came_before() -> None:
    class Prepared(Module):
        def __init__(self) -> None:
            self.neuron = Neuron(1)

        def forward(self, x: Value) -> Any:
            return self.neuron([x / 255.0])

    x = inputs(51.0)[0]
    paths = calls_by_path(Prepared()(x))
    assert [v.data for v in paths["Prepared"]] == [0.2]
    assert len(paths) == 2


def test_what_a_part_made_is_its_own_though_another_part_returned_before_it_is_met() -> None:
    class Doubled(Module):
        def forward(self, xs: list[Value]) -> list[Value]:
            return [x * 2.0 for x in xs]

    class SoFar(Module):  # its first output needs the first input only, as in causal attention
        def forward(self, xs: list[Value]) -> list[Value]:
            return [xs[0] + 1.0, xs[0] + xs[1]]

    class Both(Module):
        def __init__(self) -> None:
            self.doubled, self.so_far = Doubled(), SoFar()

        def forward(self, xs: list[Value]) -> list[Value]:
            doubled = self.doubled(xs)
            made.extend(doubled)
            return self.so_far(doubled)  # type: ignore[no-any-return]

    made: list[Value] = []
    first, second = Both()(inputs(1.0, 2.0))
    assert calls_by_path(first, second)["doubled"] == set(made)


def test_the_path_of_a_call_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model looks for it among all its modules, which takes longer than drawing a box."""
    looked_up: list[int] = []
    path_of = Module._path_of

    def count(self: Module, module: Module) -> str:
        looked_up.append(id(module))
        return path_of(self, module)

    monkeypatch.setattr(Module, "_path_of", count)
    model = MLP(3, [4, 1], seed=0)
    draw(model([1.0, 2.0, 3.0]), detail="scalar")
    modules = sum(1 for _ in model.named_modules())
    assert len(looked_up) <= 2 * modules  # once for its boxes, once for its frame
