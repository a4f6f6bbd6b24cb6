"""What a module holds: where parameters are found, and which lost parameters are reported."""

from __future__ import annotations

import copy
import logging
import pickle
import threading
import warnings
from collections import ChainMap, OrderedDict, UserDict, UserList, defaultdict, deque
from dataclasses import dataclass
from functools import partial
from itertools import chain
from types import MappingProxyType, SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest

from autograd import Value, no_grad
from autograd import compile as compile_graph
from nn import MLP, SGD, Embedding, Layer, Module, Neuron, Parameter, mse_loss

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass
class Fields:
    a: Any
    b: Any


@dataclass(slots=True)
class Slotted:
    a: Any
    b: Any


class Pair(NamedTuple):
    a: Any
    b: Any


class Holds(Module):
    def __init__(self, thing: Any) -> None:
        self.thing = thing


class Plain:
    def __init__(self, *things: Any) -> None:
        self.things = list(things)


class PlainSlots:
    __slots__ = ("thing",)

    def __init__(self, thing: Any) -> None:
        self.thing = thing


def scaled_by(w: Value) -> Callable[[Value], Value]:
    return lambda x: w * x


# ── containers ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("make", "names"),
    [
        (lambda a, b: [a, b], "0 1"),
        (lambda a, b: (a, b), "0 1"),
        (lambda a, b: deque([a, b]), "0 1"),
        (Pair, "0 1"),
        (Fields, "a b"),
        (Slotted, "a b"),
        (lambda a, b: SimpleNamespace(a=a, b=b), "a b"),
        (lambda a, b: {"a": a, 2: b}, "a 2"),
        (lambda a, b: OrderedDict(a=a, b=b), "a b"),
        (lambda a, b: defaultdict(list, a=a, b=b), "a b"),
        (lambda a, b: UserDict(a=a, b=b), "a b"),
        (lambda a, b: UserList([a, b]), "0 1"),
        (lambda a, b: ChainMap({"a": a, "b": b}), "a b"),
        (lambda a, b: MappingProxyType({"a": a, "b": b}), "a b"),
        (lambda a, b: {"a": a, "b": b}.values(), "0 1"),
        (lambda a, b: np.array([a, b]), "0 1"),
        (lambda a, b: np.array([[a], [b]]), "0.0 1.0"),
    ],
)
def test_parameters_are_found_in_any_ordered_container(make: Any, names: str) -> None:
    a, b = Value(1.0), Parameter(2.0)
    module = Holds(make(a, b))
    for _ in range(2):  # searched, then remembered
        assert module.parameters() == [a, b]
    assert list(module.state_dict()) == [f"thing.{name}" for name in names.split()]
    assert len(Holds(make(Neuron(1), Neuron(2))).parameters()) == 5


def test_slots_of_a_module_are_searched_like_attributes() -> None:
    class Slots(Module):
        __slots__ = ("__hidden", "w")

        def __init__(self) -> None:
            self.w, self.__hidden, self.b = Value(1.0), Value(2.0), Value(3.0)

    assert sorted(Slots().state_dict().values()) == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("options", [{}, {"frozen": True}, {"slots": True}])
def test_a_module_may_be_a_dataclass(options: dict[str, Any]) -> None:
    class Line(Module):
        w: Any

        def forward(self, x: Any) -> Value:
            return self.w * x  # type: ignore[no-any-return]

    make: Any = dataclass(eq=False, **options)(Line)
    line = make(Parameter(2.0))
    line(3.0).backward()
    assert [p.grad for p in line.parameters()] == [3.0]


def test_a_subclass_of_a_layer_may_hold_more() -> None:
    class Scaled(Embedding):
        def __init__(self) -> None:
            super().__init__(["cat", "dog"], 1)
            self.scale = Parameter(1.0)

    assert list(Scaled().state_dict()) == ["cat.0", "dog.0", "scale"]


def test_rows_added_without_a_word_are_numbered() -> None:
    embedding = Embedding(["cat"], 1)
    embedding.rows.append([Parameter(1.0)])
    assert list(embedding.state_dict()) == ["cat.0", "rows.1.0"]


def test_a_set_has_no_order_and_is_refused() -> None:
    for make in (set, frozenset):
        with pytest.raises(TypeError) as caught:
            Holds([make([Value(1.0)])]).parameters()
        assert str(caught.value) == (
            "expected parameters and modules in an ordered container, got a "
            f"{make.__name__} in thing[0] of this Holds. Use a list."
        )
    with pytest.raises(TypeError, match="Use a list"):
        Holds({Neuron(1)}).zero_grad()
    with pytest.raises(TypeError, match="Use a list"):
        Holds({Value(1.0): "a key"}).state_dict()
    with pytest.raises(TypeError, match="Use a list"):
        Holds({(Value(1.0), "a pair")}).parameters()


def test_a_set_may_hold_what_is_also_found_elsewhere() -> None:
    class Frozen(Module):
        def __init__(self) -> None:
            self.w, self.x = Value(1.0), Value(2.0, role="input")
            self.frozen = {self.w, self.x}
            self.steps = {self.w: 0.1}
            self.helper = Plain(self.w, self.x)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        frozen = Frozen()
        assert frozen.parameters() == [frozen.w]


@pytest.mark.parametrize(
    ("thing", "text"),
    [
        (lambda: Plain(Value(1.0)), r"thing of this Holds is a Plain\. It holds parameters, which"),
        (lambda: Plain(Neuron(1)), r"Make that class a Module or a dataclass"),
        (lambda: Plain(Plain({"a": [Parameter(1.0)]})), "thing of this Holds is a Plain"),
        (lambda: PlainSlots(Parameter(1.0)), "thing of this Holds is a PlainSlots"),
        (lambda: partial(pow, Parameter(1.0)), "thing of this Holds is a partial"),
        (lambda: scaled_by(Parameter(1.0)), "thing of this Holds is a function"),
        (lambda: Neuron(1).forward, "thing of this Holds is a method"),
        (lambda: iter([Parameter(1.0)]), "thing of this Holds is a list_iterator"),
        (lambda: chain([Parameter(1.0)]), "thing of this Holds is a chain"),
        (lambda: (Value(x) for x in (1.0,)), "thing of this Holds is a generator, .* only once"),
        (lambda: map(Value, [1.0]), "thing of this Holds is a map, which can be read only once"),
    ],
)
def test_parameters_in_objects_that_are_not_searched_are_reported(
    thing: Callable[[], Any], text: str
) -> None:
    module = Holds(thing())
    with pytest.warns(UserWarning, match=text) as caught:
        assert module.parameters() == []
    assert caught[0].filename == __file__


def test_objects_that_lead_to_no_further_parameters_are_not_reported() -> None:
    class Busy(Module):
        def __init__(self) -> None:
            self.w, self.x = Parameter(1.0), Value(2.0, role="input")
            self.loss = self.w * self.x
            self.itself = self.forward
            self.sgd = SGD(self.parameters(), lr=0.1)
            self.program = compile_graph(self.loss, params=[self.w], inputs=[self.x])
            self.logger, self.lock = logging.getLogger("busy"), threading.Lock()
            self.activation = lambda z: z.relu()
            self.others = partial(mse_loss, y_true=1.0)

        def forward(self, x: Any) -> Any:
            return self.w * x

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        busy = Busy()
        assert busy.parameters() == [busy.w]


@pytest.mark.parametrize("shared", [Value(1.0), [Value(1.0)], {"a": [Value(1.0)]}, Neuron(1)])
def test_a_parameter_set_on_the_class_is_reported(shared: Any) -> None:
    class Shared(Module):
        w = shared

    with pytest.warns(UserWarning, match="the class Shared has the attribute w, which all"):
        Shared().parameters()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        own = Shared()
        own.w = Value(2.0)
        assert own.parameters() == [own.w]


# ── parameters that are replaced ─────────────────────────────────────────────────────────────


def train(neuron: Neuron) -> Neuron:
    neuron([1.0] * len(neuron.w)).backward()
    return neuron


def test_a_parameter_is_not_replaced_by_a_computed_value() -> None:
    neuron = train(Neuron(1, "tanh", seed=0))
    b = neuron.b
    with pytest.raises(TypeError) as caught:
        neuron.b = neuron.b - 0.1 * neuron.b.grad
    assert str(caught.value) == (
        "expected a leaf for the parameter b of this Neuron, got a computed value, which cannot be "
        "trained or saved. To change a parameter, assign its data, as in b.data -= 0.1."
    )
    assert neuron.b is b and b in neuron.parameters()


@pytest.mark.parametrize("number", [0.5, 1, np.float64(0.5), True])
def test_a_parameter_is_not_replaced_by_a_number(number: Any) -> None:
    neuron = Neuron(1)
    with pytest.raises(TypeError, match="got the number"):
        neuron.b = number
    assert len(neuron.parameters()) == 2


@pytest.mark.parametrize(
    "make",
    [
        lambda b: np.array(b.data - 0.1),
        lambda b: np.array(b - 0.1),
        lambda b: [b - 0.1],
        lambda b: np.array([0.5]),
    ],
)
def test_a_parameter_is_not_replaced_by_a_list_or_an_array_of_these(
    make: Callable[[Value], Any],
) -> None:
    neuron = Neuron(1)
    with pytest.raises(TypeError, match="of numbers or computed values, which cannot be trained"):
        neuron.b = make(neuron.b)
    assert len(neuron.parameters()) == 2


def test_another_leaf_or_nothing_may_replace_a_parameter() -> None:
    neuron = train(Neuron(1, "tanh"))
    neuron.b = other = Value(0.5)
    assert neuron.parameters()[-1] is other
    with no_grad():
        neuron.b = neuron.b - 0.1  # a leaf: nothing was recorded
    assert neuron.parameters()[-1] is neuron.b
    neuron.b = None  # type: ignore[assignment]
    assert neuron.parameters() == neuron.w
    del neuron.b
    neuron.b = neuron.w[0] * 2


def test_a_parameter_held_twice_may_be_replaced_by_a_value_computed_from_it() -> None:
    neuron = Neuron(1)
    neuron.raw = neuron.b  # type: ignore[attr-defined]
    neuron.b = neuron.b.exp()
    assert list(neuron.state_dict()) == ["w1", "raw"]


def test_replacing_a_plain_leaf_only_warns_because_it_may_be_a_state() -> None:
    class State(Module):
        def __init__(self, role: str) -> None:
            self.w, self.h = Parameter(0.5), Value(0.0, role=role)

        def forward(self, x: Any) -> Value:
            self.h = (self.w * x + self.h).tanh()
            return self.h

    with pytest.warns(
        UserWarning, match=r"h of this State .* Value\(0\.0, role='state'\)"
    ) as caught:
        State("")(1.0)
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        state = State("state")
        for _ in range(3):
            state(1.0)
            assert state.parameters() == [state.w]
        held = State("")
        before = held.h
        with pytest.raises(UserWarning):
            held(1.0)
        assert held.h is before  # the warning became an error, so nothing was changed


def update_one_weight(neuron: Neuron) -> None:
    neuron.w[0] = neuron.w[0] - 0.1 * neuron.w[0].grad


def update_all_weights(neuron: Neuron) -> None:
    neuron.w = [w - 0.1 * w.grad for w in neuron.w]


def assign_a_number(neuron: Neuron) -> None:
    neuron.w[0] = neuron.w[0].data - 0.1  # type: ignore[call-overload]


def assign_an_array(neuron: Neuron) -> None:
    neuron.w = np.array([w.data - 0.1 for w in neuron.w])  # type: ignore[assignment]


def assign_one_number(neuron: Neuron) -> None:
    neuron.w = 0.5  # type: ignore[assignment]


REPLACEMENTS = [
    update_one_weight,
    update_all_weights,
    assign_a_number,
    assign_an_array,
    assign_one_number,
]


@pytest.mark.parametrize("replace", REPLACEMENTS)
@pytest.mark.parametrize("make", [Neuron, lambda nin: train(Neuron(nin, "tanh"))])
def test_a_lost_parameter_is_reported_even_by_a_model_that_was_never_searched(
    make: Any, replace: Any
) -> None:
    """Many set the weights of a neuron by hand before they do anything else with it."""
    neuron = make(2)
    replace(neuron)
    with pytest.raises(TypeError, match=r"the parameter w\[0\] of this Neuron"):
        Holds([neuron]).parameters()


def test_rows_of_an_embedding_are_not_replaced_by_numbers() -> None:
    embedding = Embedding(3, 2)
    embedding.rows[1] = [0.1, 0.2]  # type: ignore[list-item]
    with pytest.raises(TypeError, match=r"rows\[1\]\[0\]\.data"):
        embedding.parameters()


@pytest.mark.parametrize("replace", REPLACEMENTS)
@pytest.mark.parametrize("ask", ["parameters", "zero_grad", "state_dict", "save"])
def test_a_replaced_item_is_reported_by_the_next_search(
    tmp_path: Path, replace: Any, ask: str
) -> None:
    neuron = train(Neuron(2, "tanh"))
    replace(neuron)
    for _ in range(2):
        with pytest.raises(TypeError, match=r"the parameter w\[0\] of this Neuron.* w\[0\]\.data"):
            getattr(neuron, ask)(*[tmp_path / "n.json"] * (ask == "save"))
    neuron.w = [Parameter(1.0), Parameter(2.0)]
    assert len(neuron.parameters()) == 3


def test_the_place_of_a_lost_parameter_is_written_in_python() -> None:
    model = MLP(1, [2, 1], "tanh")
    model([1.0]).backward()
    neuron = model.layers[0].neurons[1]
    neuron.w[0] = neuron.w[0] * 0.5
    with pytest.raises(TypeError, match=r"layers\[0\]\.neurons\[1\]\.w\[0\]\.data"):
        model.parameters()


def test_removed_layers_are_not_reported_as_lost() -> None:
    model = MLP(1, [2, 2, 1])
    model.parameters()
    del model.layers[1]
    model.layers.insert(0, Layer(1, 1))
    assert len(model.parameters()) == 2 + 4 + 3


# ── a survey is never out of date ────────────────────────────────────────────────────────────


class Model(Module):
    def __init__(self) -> None:
        self.a = [Parameter(1.0), Parameter(2.0)]
        self.b: dict[str, Any] = {
            "x": [Parameter(3.0)],
            "y": (Parameter(4.0), Fields(Parameter(5.0), None)),
        }
        self.inner = Holds(deque([Parameter(6.0)]))


def add_attribute(m: Model) -> None:
    m.inner.more = Parameter(7.0)  # type: ignore[attr-defined]


def equal_list(m: Model) -> None:
    m.parameters()
    m.a = list(m.a)
    m.parameters()
    m.a.append(Parameter(7.0))


CHANGES: list[Callable[[Model], Any]] = [
    add_attribute,
    equal_list,
    lambda m: m.a.append(Parameter(7.0)),
    lambda m: m.a.__setitem__(0, Parameter(7.0)),
    lambda m: m.a.reverse(),
    lambda m: m.a.clear(),
    lambda m: m.b["x"].append(Neuron(1)),
    lambda m: m.b.pop("x"),
    lambda m: m.b.__setitem__("z", Parameter(7.0)),
    lambda m: m.b.__setitem__("x", m.b.pop("x")),
    lambda m: setattr(m.b["y"][1], "b", Parameter(7.0)),
    lambda m: m.inner.thing.append(Parameter(7.0)),
    lambda m: m.inner.thing.rotate(1),
    lambda m: delattr(m, "a"),
    lambda m: vars(m).update(c=Parameter(7.0)),
    lambda m: setattr(m.inner, "__dict__", {"other": Parameter(7.0)}),
    lambda m: setattr(m, "__dict__", {"other": Parameter(7.0)}),
    lambda m: setattr(m.a[0], "role", "input"),
    lambda m: setattr(m, "inner", Neuron(2)),
]


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_is_seen_at_once(change: Callable[[Model], Any]) -> None:
    model = Model()
    model.parameters()
    assert model.parameters() == [p for _, p in model.named_parameters()]
    change(model)
    fresh = copy.copy(model)  # which has no survey
    assert model.parameters() == fresh.parameters()
    assert [*model.named_parameters()] == [*fresh.named_parameters()]


def test_the_list_of_parameters_is_the_callers_own() -> None:
    model = Model()
    model.parameters().clear()
    assert len(model.parameters()) == 6


def test_the_path_of_a_call_follows_a_renaming() -> None:
    model = MLP(1, [1])
    y = model([1.0])
    model.parameters()
    assert y.made_by.path == "layers.0.neurons.0"
    model.blocks = model.__dict__.pop("layers")  # type: ignore[attr-defined]
    assert y.made_by.path == "blocks.0.neurons.0"


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_copy_knows_its_own_parameters(protocol: int) -> None:
    model = MLP(1, [1])
    model.parameters()
    for twin in (pickle.loads(pickle.dumps(model, protocol)), copy.deepcopy(model)):
        assert len(twin.parameters()) == 2
        assert not set(twin.parameters()) & set(model.parameters())
    shallow = copy.copy(model)
    shallow.extra = Parameter(1.0)  # type: ignore[attr-defined]
    assert (len(shallow.parameters()), len(model.parameters())) == (3, 2)


def test_a_searched_model_is_freed_with_its_last_reference() -> None:
    import gc
    import weakref

    gc.disable()
    try:
        model = MLP(1, [2, 1])
        model([1.0])
        model.parameters()
        gone = weakref.ref(model)
        del model
        assert gone() is None
    finally:
        gc.enable()


@pytest.mark.slow
def test_an_embedding_of_forty_thousand_words_is_searched_in_linear_time() -> None:
    embedding = Embedding([f"word {i}" for i in range(40_000)], 1)
    assert len(embedding.parameters()) == 40_000
    assert embedding("word 39999") == embedding.rows[-1]
