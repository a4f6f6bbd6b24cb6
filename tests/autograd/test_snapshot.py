"""copy, deepcopy and pickle: graphs of any depth, and objects that refer to them."""

from __future__ import annotations

import copy
import gc
import io
import itertools
import pickle
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import nn
from autograd import Value, grad, gradcheck, no_grad, snapshot, softmax, total
from autograd.graph import interior, topological

from .reference import nodes


class Call:
    """A mark like that of a module call: an object that leads back to the values."""

    def __init__(self, inputs: list[Value]) -> None:
        self.inputs = inputs
        self.outputs: list[Value] = []


def pickled(thing: Any) -> Any:
    return pickle.loads(pickle.dumps(thing))


both_ways = pytest.mark.parametrize("copied", [pickled, copy.deepcopy])


@both_ways
def test_a_copied_leaf_keeps_all_its_attributes(copied: Any) -> None:
    w = Value(2.5, label="w", role="parameter")
    w.grad = -1.0
    twin = copied(w)
    assert twin is not w
    assert (twin.data, twin.grad, twin.label, twin.role) == (2.5, -1.0, "w", "parameter")
    assert (twin.operation, twin.operands) == (None, ())


@both_ways
def test_a_graph_keeps_its_structure_and_its_gradients(copied: Any) -> None:
    x, w = Value(0.5, label="x"), Value(2.0, label="w")
    hidden = (w * x).tanh()
    loss = hidden * hidden + 2**w + softmax([x, w, 1.0])[0]
    loss.backward()
    twin = copied(loss)
    ours, theirs = topological(loss), topological(twin)
    assert not set(ours) & set(theirs)
    assert [(v.data, v.grad, v.label, v.operation, v.inputs) for v in ours] == [
        (v.data, v.grad, v.label, v.operation, v.inputs) for v in theirs
    ]
    counterpart: dict[Any, Any] = dict(zip(ours, theirs, strict=True))
    for v in ours:
        assert counterpart[v].operands == tuple(counterpart.get(p, p) for p in v.operands)
    assert grad(twin, theirs) == grad(loss, ours)
    before = [v.grad for v in ours]
    twin.backward()  # and the original is unaffected
    assert [v.grad for v in ours] == before


@both_ways
def test_values_copied_together_stay_connected(copied: Any) -> None:
    w = Value(2.0)
    loss = w * w
    for order in ([loss, w], [w, loss], {"w": w, "nested": [loss, (w, loss)]}):
        twin = copied(order)
        if isinstance(twin, dict):
            assert twin["nested"][1] == (twin["w"], twin["nested"][0])
            loss_twin, w_twin = twin["nested"][0], twin["w"]
        else:
            loss_twin, w_twin = sorted(twin, key=lambda v: v.op, reverse=True)
        assert loss_twin.parents == (w_twin, w_twin)
        loss_twin.backward()
        assert w_twin.grad == 4.0
    assert w.grad == 0.0


@both_ways
def test_results_that_share_a_part_share_it_in_the_copy(copied: Any) -> None:
    x = Value(2.0)
    shared = x * x
    left, right = copied((shared + 1, shared - 1))
    assert left.parents[0] is right.parents[0]


@both_ways
def test_data_edited_since_the_forward_pass_is_copied_and_so_is_what_was_recorded(
    copied: Any,
) -> None:
    w = Value(3.0)
    loss = w * w
    w.data = 10.0
    loss_twin, w_twin = copied([loss, w])
    assert w_twin.data == 10.0
    assert loss_twin.inputs == (3.0, 3.0)
    assert grad(loss_twin, w_twin) == 6.0


@both_ways
def test_a_mark_may_lead_back_to_the_values(copied: Any) -> None:
    x = Value(2.0)
    y = x * x
    call = Call([x])
    call.outputs.append(y)
    y._mark = call
    later = y + 1  # refers to y, and stands in the call too
    call.outputs.append(later)
    for thing in (y, later, [x, later], call, [call, y]):
        copied(thing)
    twin = copied(y)
    assert twin.made_by is not call
    assert twin.made_by.outputs[0] is twin
    assert twin.made_by.inputs == [twin.parents[0]]
    assert twin.made_by.outputs[1].parents[0] is twin
    assert copied(call).outputs[0].made_by.inputs[0].data == 2.0


def test_every_protocol_pickles() -> None:
    y = Value(2.0) * 3
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert nodes(pickle.loads(pickle.dumps(y, protocol))) == ["*"]


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_protocol_pickles_models_with_their_graphs_and_results(protocol: int) -> None:
    model = nn.MLP(2, [3, 1], seed=0)
    y = model([1.0, Value(2.0)])
    model_twin, y_twin = pickle.loads(pickle.dumps((model, y), protocol))
    assert model_twin.state_dict() == model.state_dict()
    assert y_twin.data == y.data
    assert y_twin.made_by.module in dict(model_twin.named_modules()).values()
    checked = gradcheck(Value.exp, 1.0)
    assert repr(pickle.loads(pickle.dumps(checked, protocol))) == repr(checked)


def test_the_python_pickler_agrees_with_the_c_one() -> None:
    x = Value(2.0)
    y = x * x
    y._mark = Call([x])
    out = io.BytesIO()
    pickle._Pickler(out).dump([y, x])
    twin, leaf = pickle.loads(out.getvalue())
    assert twin.parents == (leaf, leaf)
    assert twin.made_by.inputs == [leaf]


def test_one_pickler_may_be_used_as_the_graph_grows() -> None:
    out = io.BytesIO()
    pickler = pickle.Pickler(out)
    x = Value(2.0)
    for _ in range(3):
        pickler.dump(x)
        x = x * 2
    pickler.dump(x)
    out.seek(0)
    unpickler = pickle.Unpickler(out)
    twins = [unpickler.load() for _ in range(4)]
    assert [v.data for v in twins] == [2.0, 4.0, 8.0, 16.0]
    assert [a.parents[0] is b for a, b in zip(twins[1:], twins, strict=False)] == [True] * 3


def test_overlapping_pickles_in_one_thread_keep_what_each_shares() -> None:
    x = Value(2.0)
    y = x * x
    z = y + 1
    first, second = io.BytesIO(), io.BytesIO()
    short, long = pickle.Pickler(first), pickle.Pickler(second)
    short.dump(y)
    long.dump(z)
    del short  # and with it the snapshot of y
    long.dump([y, x])
    second.seek(0)
    unpickler = pickle.Unpickler(second)
    z_twin, (y_twin, x_twin) = unpickler.load(), unpickler.load()
    assert z_twin.parents[0] is y_twin
    assert y_twin.parents == (x_twin, x_twin)


class PicklesWithin:
    """Pickles another value while it is being pickled."""

    def __init__(self, value: Value) -> None:
        self.value = value

    def __reduce__(self) -> tuple[Any, ...]:
        return (pickle.loads, (pickle.dumps(self.value),))


def test_a_pickling_within_a_pickling_disturbs_neither() -> None:
    x = Value(2.0)
    y = x * x
    for thing in ([PicklesWithin(x), y, x], [PicklesWithin(y), x, y], [y, PicklesWithin(y), x]):
        twins = pickled(thing)
        (y_twin,) = [v for v in twins if v.op and twins.index(v) == thing.index(y)]
        x_twin = twins[thing.index(x)]
        assert y_twin.parents == (x_twin, x_twin)


class TaggedPickler(pickle.Pickler):
    """A pickler that reduces some objects itself, as cloudpickle does."""

    def reducer_override(self, thing: Any) -> Any:
        return (complex, (1, 2)) if thing is ... else NotImplemented

    def persistent_id(self, thing: Any) -> Any:
        return None


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_custom_pickler_keeps_the_sharing(protocol: int) -> None:
    out = io.BytesIO()
    x = Value(2.0)
    TaggedPickler(out, protocol).dump([x * x, ..., x])
    y, other, leaf = pickle.loads(out.getvalue())
    assert (y.parents, other) == ((leaf, leaf), 1 + 2j)


def test_each_value_of_a_list_along_a_chain_is_visited_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked_at = 0
    original = interior

    def count(*roots: Value, **given: Any) -> list[Value]:
        nonlocal looked_at
        found = original(*roots, **given)
        looked_at += len(found)
        return found

    monkeypatch.setattr("autograd.graph.interior", count)
    chain = [Value(1.0)]
    for _ in range(300):
        chain.append(chain[-1] * 1.0)
    twins = pickled(chain)
    assert all(twin.parents[0] is before for before, twin in itertools.pairwise(twins))
    assert looked_at == 300


def test_an_interrupted_pickling_leaves_no_inconsistent_state(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    x = Value(2.0)
    y = x * x
    out = io.BytesIO()
    pickler = pickle.Pickler(out)
    pickler.dump(x)

    def interrupt(values: list[Value]) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(snapshot, "Snapshot", interrupt)
        with pytest.raises(KeyboardInterrupt):
            pickler.dump(y)
    assert pickled([y, x])[0].parents[0].data == 2.0


@both_ways
def test_threads_copy_one_model_at_once_and_each_copy_shares_what_it_should(copied: Any) -> None:
    x, w = Value(0.5), [Value(float(k), label=f"w{k}") for k in range(5)]
    loss = total([(p * x).tanh() * p for p in w])
    numbers = [v.grad for v in w]
    start = threading.Barrier(8)

    def work(k: int) -> list[Any]:
        start.wait(10)
        twins = []
        for _ in range(20):
            # Some begin with a part, so that the same values fall into different snapshots.
            twin: Any = copied([w[k % 5], *w, loss] if k % 2 else [loss, w[0], *w])
            later = loss * x  # and others go on building on the graph
            assert later.op == "*"
            twins.append(twin)
        return twins

    switching = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            copies = [twin for twins in pool.map(work, range(8)) for twin in twins]
    finally:
        sys.setswitchinterval(switching)
    expected = grad(loss, w)
    seen: set[Value] = set(w)
    for twin in copies:
        (loss_twin,) = [v for v in twin if v.op]
        leaves = sorted({v for v in twin if not v.op}, key=lambda v: v.label)
        assert grad(loss_twin, leaves) == expected
        assert seen.isdisjoint(leaves)  # no two copies share
        seen.update(leaves)
    assert [v.grad for v in w] == numbers
    assert not snapshot._thread.parts.of


def test_what_a_thread_pickles_does_not_depend_on_what_others_are_pickling() -> None:
    w = Value(2.0)
    alone = pickle.dumps(w)
    loss = sum((w * k for k in range(1, 100)), w)
    pickler = pickle.Pickler(io.BytesIO())
    with ThreadPoolExecutor(1) as pool:
        pool.submit(pickler.dump, loss).result()
        assert pickle.dumps(w) == alone  # and not the loss with it


def test_pickling_leaves_nothing_behind() -> None:
    y = Value(2.0) * 3
    gc.collect()
    gc.disable()
    try:
        pickle.dumps([y, y.parents[0]])
        copy.deepcopy(y)
        assert not [thing for thing in gc.get_objects() if type(thing) is snapshot.Snapshot]
        assert not [thing for thing in gc.get_objects() if type(thing) is snapshot._Part]
    finally:
        gc.enable()
    assert not snapshot._thread.parts.of
    assert not snapshot._thread.parts.seen


def test_a_result_of_no_grad_is_copied_as_a_leaf() -> None:
    with no_grad():
        y = Value(2.0) * 3
    assert (pickled(y).data, copy.copy(y).data) == (6.0, 6.0)


def test_a_shallow_copy_is_another_value_of_the_same_operands() -> None:
    x = Value(2.0, label="x", role="input")
    y = x * x
    y.label = "y"
    y.backward()
    twin = copy.copy(y)
    assert twin is not y
    assert (twin.operands, twin.operation, twin.inputs) == (y.operands, y.operation, y.inputs)
    assert (twin.data, twin.grad, twin.label) == (4.0, 1.0, "y")
    assert grad(twin, x) == 4.0
    leaf = copy.copy(x)
    assert (leaf.label, leaf.role, leaf.grad) == ("x", "input", x.grad)
    leaf.data = 5.0
    assert x.data == 2.0


@pytest.mark.slow
def test_a_chain_of_100_000_can_be_deep_copied() -> None:
    x = Value(1.0)
    y = x
    for _ in range(100_000):
        y = y * 1.0
    twin, leaf = copy.deepcopy([y, x])
    twin.backward()
    assert leaf.grad == 1.0


@pytest.mark.slow
def test_a_chain_of_a_million_builds_runs_backward_pickles_and_is_freed() -> None:
    x = Value(1.0, label="x")
    y = x
    for _ in range(1_000_000):
        y = y + 1e-6
    y.backward()
    assert x.grad == 1.0
    assert len(interior(y)) == 1_000_000
    twin, leaf = pickled([y, x])
    assert (twin.data, leaf.label) == (y.data, "x")
    assert grad(twin, leaf) == 1.0
    del twin, y  # freed without recursion
    assert leaf.data == 1.0
