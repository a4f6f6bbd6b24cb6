"""Module: its parameters and paths, the calls that mark Values, and load_state_dict."""

from __future__ import annotations

import copy
import gc
import pickle
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from autograd import Value, no_grad, softmax
from autograd.graph import topological
from nn import MLP, SGD, Adam, Layer, Module, Neuron, Parameter
from nn.call import Call

if TYPE_CHECKING:
    from collections.abc import Sequence


def made_by(value: Value) -> Call:
    call = value.made_by
    assert isinstance(call, Call)
    return call


class Line(Module):
    def __init__(self) -> None:
        self.slope, self.height = Value(2.0), Value(1.0)

    def forward(self, x: Value) -> Value:
        return self.slope * x + self.height


# ── parameters and paths ─────────────────────────────────────────────────────────────────────


def test_paths_of_an_mlp_name_layers_neurons_and_weights() -> None:
    model = MLP(2, [2, 1])
    assert [path for path, _ in model.named_parameters()] == [
        "layers.0.neurons.0.w1",
        "layers.0.neurons.0.w2",
        "layers.0.neurons.0.b",
        "layers.0.neurons.1.w1",
        "layers.0.neurons.1.w2",
        "layers.0.neurons.1.b",
        "layers.1.neurons.0.w1",
        "layers.1.neurons.0.w2",
        "layers.1.neurons.0.b",
    ]
    assert all(path.endswith(p.label) for path, p in model.named_parameters())
    assert model.parameters() == [p for _, p in model.named_parameters()]


def test_named_modules_start_with_the_module_itself() -> None:
    assert [path for path, _ in MLP(1, [2, 1]).named_modules()] == [
        "",
        "layers.0",
        "layers.0.neurons.0",
        "layers.0.neurons.1",
        "layers.1",
        "layers.1.neurons.0",
    ]


def test_lists_tuples_and_dictionaries_are_searched_at_any_depth() -> None:
    class Deep(Module):
        def __init__(self) -> None:
            self.nested = [({"a": [Value(1)]}, Line()), OrderedDict(b=Value(2))]
            self.name = "deep"
            self.numbers = [1.0, 2.0]

    assert list(Deep().state_dict()) == [
        "nested.0.0.a.0",
        "nested.0.1.slope",
        "nested.0.1.height",
        "nested.1.b",
    ]


def test_thousands_of_nested_modules_need_no_recursion() -> None:
    outermost = module = Module()
    for _ in range(5000):
        module.inner = Module()  # type: ignore[attr-defined]
        module = module.inner  # type: ignore[attr-defined]
    module.w = Value(1.0)  # type: ignore[attr-defined]
    assert len(outermost.parameters()) == 1


def test_a_parameter_held_twice_is_returned_once() -> None:
    class Tied(Module):
        def __init__(self) -> None:
            self.one = Line()
            self.two = self.one
            self.w = self.one.slope
            self.itself = self

    tied = Tied()
    assert tied.parameters() == [tied.one.slope, tied.one.height]
    assert [path for path, _ in tied.named_modules()] == ["", "one"]


def test_plain_leaves_and_parameters_count_and_other_values_do_not() -> None:
    class Holder(Module):
        def __init__(self) -> None:
            self.plain = Value(1.0)
            self.made = Parameter(2.0, "w")
            self.x = Value(3.0, role="input")
            self.y_true = Value(4.0, role="target")
            self.interior = self.plain * self.made

    holder = Holder()
    assert holder.parameters() == [holder.plain, holder.made]
    assert (holder.made.role, holder.made.label, holder.made.data) == ("parameter", "w", 2.0)


def test_a_layer_appended_later_counts() -> None:
    model = MLP(2, [3])
    model.layers.append(Layer(3, 1))
    assert len(model.parameters()) == 13
    assert made_by(model([1.0, 2.0])).path == "layers.1.neurons.0"


def test_zero_grad_forgets_every_gradient() -> None:
    model = MLP(2, [3, 1], "tanh", seed=0)
    model([1.0, 2.0]).backward()
    assert any(p.grad for p in model.parameters())
    model.zero_grad()
    assert not any(p.grad for p in model.parameters())


def test_modules_written_for_micrograd_work() -> None:
    class Old(Module):
        def __init__(self) -> None:
            self.w = [Value(1.0), Value(2.0)]
            self.frozen = Value(3.0)

        def __call__(self, x: Sequence[float]) -> Value:
            return sum((w * xi for w, xi in zip(self.w, x, strict=True)), self.frozen)

        def parameters(self) -> list[Value]:
            return self.w

    old = Old()
    y = old([1.0, 2.0])
    assert (y.data, y.made_by) == (8.0, None)
    y.backward()
    old.zero_grad()
    assert [w.grad for w in old.w] == [0.0, 0.0]
    assert old.frozen.grad == 1.0


def test_a_module_without_forward_says_what_to_do() -> None:
    class Empty(Module):
        pass

    with pytest.raises(NotImplementedError, match=r"define forward\(self, \.\.\.\) in Empty"):
        Empty()(1.0)


# ── calls ────────────────────────────────────────────────────────────────────────────────────


def test_outputs_know_the_innermost_call_and_through_it_the_others() -> None:
    model = MLP(2, [3, 1], seed=0)
    x = [Value(1.0), Value(2.0)]
    call = made_by(model(x))
    assert call.module is model.layers[1].neurons[0]
    assert call.path == "layers.1.neurons.0"
    assert call.parent is not None and call.parent.module is model.layers[1]
    assert call.parent.path == "layers.1"
    outermost = call.parent.parent
    assert outermost is not None and outermost.module is model
    assert (outermost.path, outermost.parent) == ("MLP", None)
    assert all(map(outermost.was_given, x))
    assert not any(map(call.was_given, x))


def test_intermediate_values_are_not_marked() -> None:
    y = Neuron(2)([Value(1.0), Value(2.0)])
    (z,) = y.parents
    assert made_by(y).path == "Neuron"
    assert z.made_by is None and all(v.made_by is None for v in z.parents)


def test_inputs_are_the_values_among_the_arguments() -> None:
    class Takes(Module):
        def forward(self, *args: Any, **kwargs: Any) -> Value:
            return args[0] + kwargs["bias"]  # type: ignore[no-any-return]

    a, b, c, d = map(Value, range(4))
    call = made_by(Takes()(a, 2.0, [b, (c, "word")], bias=d))
    assert all(map(call.was_given, (a, b, c, d)))
    assert repr(call) == "<Call of Takes: 4 inputs>"


def test_a_list_among_the_arguments_may_hold_itself() -> None:
    class First(Module):
        def forward(self, x: list[Any]) -> Any:
            return [x[0] + 1, x]

    x: list[Any] = [Value(1.0)]
    x.append(x)
    assert made_by(First()(x)[0]).was_given(x[0])


def test_a_list_changed_after_the_call_does_not_change_the_inputs() -> None:
    x = [Value(1.0), Value(2.0)]
    before = tuple(x)
    y = Layer(2, 2)(x)
    x.clear()
    assert all(map(made_by(y[0]).was_given, before))


def test_a_value_made_during_a_call_is_not_mistaken_for_a_dropped_input() -> None:
    class Forgets(Module):
        def forward(self, x: list[Value]) -> list[Value]:
            x.clear()  # if nothing held the inputs, a new Value could get the id of one
            return [Value(1.0) * i for i in range(100)]

    outputs = Forgets()([Value(float(i)) for i in range(100)])
    assert all(made_by(v).path == "Forgets" for v in outputs)


def test_a_module_does_not_mark_values_that_it_did_not_compute() -> None:
    class Identity(Module):
        def forward(self, *x: Any) -> Any:
            return x[0] if len(x) == 1 else list(x)

    leaf = Value(1.0)
    interior = leaf * 2
    assert Identity()(leaf).made_by is None
    assert Identity()(interior).made_by is None
    assert [v.made_by for v in Identity()(leaf, interior)] == [None, None]
    y = Neuron(1)([leaf])
    assert made_by(Identity()(y)).path == "Neuron"


def test_a_functions_result_remembers_the_function_and_the_module_that_returned_it() -> None:
    class Chooses(Module):
        def forward(self, x: list[Value]) -> Any:
            return softmax(x)

    class Around(Module):
        def __init__(self) -> None:
            self.inner = Chooses()

        def forward(self, x: list[Value]) -> Any:
            return self.inner(x)

    xs = [Value(1.0), Value(2.0)]
    for y in Around()(xs):
        assert y.made_by.name == "softmax"
        assert y.made_by.within.path == "inner"
    assert softmax(xs)[0].made_by.within is None


def test_outputs_in_lists_and_tuples_are_marked() -> None:
    class Two(Module):
        def forward(self, x: Value) -> Any:
            return [x + 1, (x + 2, 3.0)]

    one, (two, _) = Two()(Value(1.0))
    assert made_by(one).path == made_by(two).path == "Two"


def test_under_no_grad_nothing_is_marked() -> None:
    with no_grad():
        assert MLP(2, [2, 1])([1.0, 2.0]).made_by is None


def test_a_module_held_by_no_other_is_named_by_its_class() -> None:
    elsewhere = Line()

    class Uses(Module):
        def forward(self, x: Value) -> Any:
            return elsewhere(x)

    assert made_by(Uses()(Value(1.0))).path == "Line"


def test_a_failed_call_leaves_no_trace() -> None:
    class Fails(Module):
        def forward(self, x: Value) -> Value:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Fails()(Value(1.0))
    assert made_by(Neuron(1)([1.0])).parent is None


def test_each_thread_has_its_own_calls() -> None:
    parents: list[Call | None] = []

    class Starts(Module):
        def forward(self, x: Value) -> Value:
            thread = threading.Thread(target=lambda: parents.append(made_by(Neuron(1)([x])).parent))
            thread.start()
            thread.join()
            return x + 1

    Starts()(Value(1.0))
    assert parents == [None]


def test_a_graph_with_calls_is_freed_without_the_collector() -> None:
    model = MLP(2, [4, 1], seed=0)
    model([1.0, 2.0])
    gc.collect()
    gc.disable()
    try:
        before = len(gc.get_objects())
        for _ in range(50):
            model([Value(1.0), Value(2.0)]).backward()
        assert len(gc.get_objects()) - before < 50
    finally:
        gc.enable()


@pytest.mark.slow
def test_a_hundred_thousand_calls_in_a_chain_are_freed() -> None:
    line = Line()
    x = Value(0.0)
    line.slope.data = 1.0
    for _ in range(100_000):
        x = line(x)
    x.backward()
    assert line.height.grad == 100_000
    del x


def test_calls_survive_pickle_and_deepcopy() -> None:
    model = MLP(2, [2, 1], seed=0)
    y = model([Value(1.0), Value(2.0)])
    for twin in (pickle.loads(pickle.dumps(y)), copy.deepcopy(y)):
        assert made_by(twin).path == "layers.1.neurons.0"
        assert made_by(twin).module is not model.layers[1].neurons[0]
        twin.backward()
        again = made_by(twin).parent
        assert again is not None and again.parent is not None
        assert isinstance(again.parent.module, MLP)
        y.backward()
        assert [p.grad for p in again.parent.module.parameters()] == [
            p.grad for p in model.parameters()
        ]
        model.zero_grad()


both_ways = pytest.mark.parametrize(
    "copied", [lambda thing: pickle.loads(pickle.dumps(thing)), copy.deepcopy]
)


@both_ways
def test_a_module_that_calls_itself_hundreds_of_times_can_be_copied(copied: Any) -> None:
    class Repeated(Module):
        def __init__(self) -> None:
            self.w = Value(1.0)

        def forward(self, x: Value, times: int) -> Value:
            return self(x * self.w, times - 1) if times else x * self.w

        def __reduce__(self) -> Any:  # pickle cannot find a class within a test
            return (Line, ())

    y = Repeated()(Value(2.0), 250)
    call, depth = made_by(copied(y)), 0
    while call.parent is not None:
        assert call.module is call.parent.module
        call, depth = call.parent, depth + 1
    assert depth == 250


@both_ways
def test_a_model_survives_pickle_and_deepcopy(copied: Any) -> None:
    model = MLP(2, [2, 1], seed=0)
    model([1.0, 2.0]).backward()
    twin = copied(model)
    assert twin.state_dict() == model.state_dict()
    assert [p.grad for p in twin.parameters()] == [p.grad for p in model.parameters()]
    assert not set(twin.parameters()) & set(model.parameters())
    assert twin([1.0, 2.0]).data == model([1.0, 2.0]).data
    twin.parameters()[0].data += 1.0
    assert twin.state_dict() != model.state_dict()


@both_ways
@pytest.mark.parametrize("optimiser", [SGD, Adam])
def test_training_goes_on_in_a_copy_as_in_the_original(copied: Any, optimiser: Any) -> None:
    model = MLP(2, [3, 1], activation="tanh", seed=0)
    optimise = optimiser(model.parameters(), lr=0.1)

    def step(model: Any, optimise: Any) -> None:
        model.zero_grad()
        (model([0.5, -1.0]) ** 2).backward()
        optimise.step()

    step(model, optimise)
    twin, twin_optimise = copied((model, optimise))
    for _ in range(5):
        step(model, optimise)
        step(twin, twin_optimise)
    assert twin.state_dict() == model.state_dict()


@both_ways
@pytest.mark.slow
def test_a_chain_of_50_000_calls_is_copied_with_its_module(copied: Any) -> None:
    line, x = Line(), Value(0.0)
    line.slope.data = 1.0
    y = x
    for _ in range(50_000):
        y = line(y)
    copies: tuple[Value, Line, Value] = copied((y, line, x))
    twin, twin_line, twin_x = copies
    assert made_by(twin).module is twin_line and twin_line is not line
    twin.backward()
    assert (twin_line.height.grad, twin_x.grad, line.height.grad) == (50_000, 1.0, 0.0)


# ── state ────────────────────────────────────────────────────────────────────────────────────


def test_a_state_can_be_loaded_into_another_model() -> None:
    one, two = MLP(2, [3, 1], seed=1), MLP(2, [3, 1], seed=2)
    two.load_state_dict(one.state_dict())
    assert two.state_dict() == one.state_dict()
    assert two([1.0, 2.0]).data == one([1.0, 2.0]).data


def test_numbers_of_any_kind_are_accepted() -> None:
    line = Line()
    line.load_state_dict({"slope": np.float64(0.5), "height": 3})
    assert line.state_dict() == {"slope": 0.5, "height": 3.0}
    line.load_state_dict({"slope": float("nan"), "height": float("inf")})
    assert str(line.state_dict()) == "{'slope': nan, 'height': inf}"


@pytest.mark.parametrize(
    ("state", "kind", "text"),
    [
        ({"slope": 5.0}, ValueError, "does not fit this Line: missing 'height'. Build"),
        (
            {"slope": 5.0, "height": 6.0, "w": 7.0},
            ValueError,
            "fit this Line: unexpected 'w'. Build",
        ),
        ({f"w{i}": 1.0 for i in range(5)}, ValueError, "unexpected 'w0', 'w1', 'w2' and 2 more"),
        ({"slope": 5.0, "height": "6"}, TypeError, r"state\['height'\]: .* got str"),
        ({"slope": 5.0, "height": [6.0]}, TypeError, r"state\['height'\]: .* got list"),
        ({"slope": 5.0, "height": None}, TypeError, r"state\['height'\]: .* got NoneType"),
        (
            {"slope": 5.0, "height": np.ones(2)},
            TypeError,
            r"state\['height'\]: .* got numpy.ndarray",
        ),
        ([5.0, 6.0], TypeError, "a dictionary of paths and numbers, .* got list: \\[5"),
    ],
)
def test_a_state_that_does_not_fit_is_refused_and_changes_nothing(
    state: Any, kind: type[Exception], text: str
) -> None:
    line = Line()
    with pytest.raises(kind, match=text):
        line.load_state_dict(state)
    assert line.state_dict() == {"slope": 2.0, "height": 1.0}


def test_two_parameters_with_the_same_path_are_refused() -> None:
    class Ambiguous(Module):
        def __init__(self) -> None:
            self.held = {"a.b": Value(1.0), "a": {"b": Value(2.0)}}

    with pytest.raises(ValueError, match=r"two parameters of this Ambiguous .* 'held\.a\.b'"):
        Ambiguous().state_dict()


def test_a_parameter_has_no_label_unless_it_is_given_one() -> None:
    assert (Parameter(2.0).label, Parameter(2.0).role) == ("", "parameter")
    assert Parameter(2.0, "w").label == "w"


def test_a_parameter_held_twice_hides_nothing_after_it() -> None:
    class Tied(Module):
        def __init__(self) -> None:
            self.first = Parameter(1.0)
            self.again = self.first
            self.last = Parameter(2.0)

    assert [path for path, _ in Tied().named_parameters()] == ["first", "last"]


def test_parts_that_are_created_for_every_search_are_all_found() -> None:
    class Loose(Module):
        def __init__(self) -> None:
            self.weight = Parameter(1.0)

        def _parts(self) -> list[tuple[str, list[Value]]]:
            return [("parts", [self.weight])]

    class Several(Module):
        def __init__(self) -> None:
            self.loose = [Loose() for _ in range(20)]

    assert len(Several().parameters()) == 20


# ── calls hold no graph ──────────────────────────────────────────────────────────────────────


class Recurrent(Module):
    def __init__(self, *, detached: bool) -> None:
        self.w, self.u, self.b = Parameter(0.5), Parameter(-0.3), Parameter(0.1)
        self.h = Value(0.0, role="state")
        self.detached = detached

    def forward(self, x: Value, h: Value) -> Value:
        if self.detached:
            h = Value(h.data)
        return (self.w * x + self.u * h + self.b).tanh()

    def step(self, x: Value) -> Value:
        self.h = self(x, self.h)
        return self.h


def values_alive() -> int:
    gc.collect()
    return sum(1 for thing in gc.get_objects() if type(thing) is Value)


@pytest.mark.slow
@both_ways
@pytest.mark.parametrize("stateful", [False, True])
def test_a_call_keeps_nothing_alive_that_the_graph_does_not(copied: Any, stateful: bool) -> None:
    before = values_alive()
    module = Recurrent(detached=True)
    h = Value(0.0)
    for _ in range(500):
        h = module.step(Value(1.0)) if stateful else module(Value(1.0), h)
    # w, u, b, x, h, two products, two sums and the tanh; the state, and the first state
    assert values_alive() - before <= 12
    assert copied(h).data == h.data
    assert copied(module).state_dict() == module.state_dict()


def factors(output: Value) -> list[Value]:
    """w, x, u and h of one step."""
    products = output.parents[0].parents[0].parents
    return [p for product in products for p in product.parents]


@both_ways
@pytest.mark.slow
def test_a_chain_of_ten_thousand_calls_is_copied_with_its_groups(copied: Any) -> None:
    module = Recurrent(detached=False)
    for _ in range(10_000):
        module.step(Value(1.0))
    twin = copied(module)
    order, copied_order = topological(module.h), topological(twin.h)
    assert len(copied_order) == len(order)
    for v, w in zip(order, copied_order, strict=True):
        assert (v.made_by is None) == (w.made_by is None)
        if v.made_by is not None:
            assert made_by(w).module is twin
            given = [made_by(x).was_given(p) for x in (v, w) for p in factors(x)]
            assert given == [False, True, False, True] * 2


@both_ways
def test_groups_are_the_same_in_a_copy(copied: Any) -> None:
    y = MLP(2, [3, 1], seed=0)([Value(1.0), Value(2.0)])
    twin = copied(y)
    for v, w in zip(topological(y), topological(twin), strict=True):
        assert (v.made_by and v.made_by.path) == (w.made_by and w.made_by.path)
        call, call_twin = v.made_by, w.made_by
        while call is not None:
            ours = [call.was_given(p) for p in topological(y)]
            assert ours == [call_twin.was_given(p) for p in topological(twin)]
            call, call_twin = call.parent, call_twin.parent
