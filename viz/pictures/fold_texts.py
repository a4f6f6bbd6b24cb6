"""The texts of folds: what a box of many values says, and the notes about it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from autograd import Value, ops

from .folds import Alike, Expression, Fold, Function, Parameters, Repeat, Steps, Vector
from .groups import ancestors
from .labels import name_range, stem
from .scene import Field
from .text import class_name, number, shortened
from .uneven import find_runs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .groups import Call
    from .numbers import Numbers
    from .plan import Plan

__all__ = ["describe_folds", "fields_of_labels", "fields_of_many", "label_results", "list_steps"]

NAMED = 3  # labels that a title or a box of examples has room for
LABELLED = 8  # labels of steps that a box of examples has room for
STEPS = 6  # operations that a box of examples lists
WRITTEN = 5  # numbers in a row, and rows, that a box of a vector has room for


def label_results(plan: Plan, call: Call) -> str:
    """The labels of what a call or function returned, as its title."""
    if isinstance(call, Repeat):
        return ""
    if isinstance(call, Parameters):
        labels = [v.label for v in plan.collapsed[call]]
        return name_range(labels) if len({*map(stem, labels), ""}) == 2 else ""
    if isinstance(call, Alike):
        labels = [v.label for v in plan.outputs[call]]
        first = call.boxes[0]
        if all(labels) and len(labels) == len(call.boxes):
            return name_range(labels)
        return _sign(first) if isinstance(first, Value) and first.operation else ""
    if isinstance(call, Vector):
        return _title_of_vector(call)
    labels = [shortened(v.label) for v in plan.outputs[call] if v.label]
    return ", ".join(labels[:NAMED]) + (", …" if len(labels) > NAMED else "")


def _title_of_vector(vector: Vector) -> str:
    """Its labels, the first and the last of many; or the operation that made it."""
    labels = [shortened(v.label) for v in vector.values]
    if not all(labels):
        return vector.path or _operation(vector)
    if len(labels) <= NAMED:
        return ", ".join(labels)
    return name_range(labels)


def fields_of_many(
    numbers: Numbers, fold: Repeat | Alike | Parameters | Vector
) -> tuple[Field, ...]:
    """The lines in a box of alike subgraphs, of one step of them, of a vector, or of parameters."""
    if isinstance(fold, Vector):
        return tuple(_fields_of_vector(numbers, fold))
    if isinstance(fold, Repeat):
        return tuple(_fields_of_repeat(numbers, fold))
    if isinstance(fold, Alike):
        return tuple(_fields_of_alike(numbers, fold))
    inside = numbers.plan.collapsed[fold]
    steepest = max(inside, key=lambda p: abs(numbers.grad_of(p)))
    return (
        Field("data", _range(numbers, inside), "data"),
        numbers.gradient("grad", "steepest grad", numbers.grad_of(steepest)),
    )


def fields_of_labels(numbers: Numbers, call: Call) -> Iterator[Field]:
    """What the user named inside a call, but not what it returned, which is the title."""
    shown = set(numbers.plan.outputs[call]) if label_results(numbers.plan, call) else set()
    named: dict[str, list[Value]] = {}
    for v in numbers.plan.collapsed[call]:
        if v.label and v.operation is not None and v not in shown:
            named.setdefault(shortened(v.label), []).append(v)
    return _list_labels(numbers, named)


def _list_labels(numbers: Numbers, named: dict[str, list[Value]]) -> Iterator[Field]:
    for label, values in list(named.items())[:LABELLED]:
        yield Field("", _range(numbers, values), label)
    if len(named) > LABELLED:
        yield Field("", f"… {len(named) - LABELLED:,} more labels")


def _fields_of_repeat(numbers: Numbers, fold: Repeat) -> Iterator[Field]:
    digits = numbers.digits
    yield Field("", list_steps(numbers.plan, fold), "each")
    yield from _list_labels(numbers, _labels_inside(fold))
    if isinstance(fold, Steps):
        first, last = fold.results[0], fold.results[-1]
        yield Field("", _write(numbers, first, numbers.data_of), "first")
        yield Field("data", _write(numbers, last, numbers.data_of), "last")
        if len(last) == 1:
            yield numbers.gradient("grad", "grad, last", numbers.grad_of(last[0]))
        else:
            yield Field("grad", _write(numbers, last, numbers.grad_of), "grad, last")
        return
    results = _results(numbers.plan, fold)
    data = [numbers.data_of(v) for v in results]
    least, largest = _extremes(data)
    yield Field("data", number(data[0], digits), "first")
    yield Field("", number(least, digits), "least")
    yield Field("", number(largest, digits), "largest")
    missing = sum(map(math.isnan, data))
    if missing:
        yield Field("", f"{missing:,}", "nan")
    yield _summed_gradient(numbers, results)


def _fields_of_alike(numbers: Numbers, fold: Alike) -> Iterator[Field]:
    results = numbers.plan.outputs[fold]
    yield Field("data", _range(numbers, results), "data")
    yield _summed_gradient(numbers, results)
    targets = [
        float(box.target)
        for box in fold.boxes
        if isinstance(box, Function) and box.target is not None
    ]
    if targets:
        ends = [number(x, numbers.digits) for x in _extremes(targets)]
        yield Field("", " … ".join(dict.fromkeys(ends)), "target")
    parameters = numbers.plan.held[fold]
    if parameters:
        yield numbers.field_of_parameters(parameters)


def _fields_of_vector(numbers: Numbers, vector: Vector) -> Iterator[Field]:
    """Each number if there is room, and otherwise the range."""
    rows, digits = vector.rows, numbers.digits
    constants = [] if vector.path else list(map(_constant, vector.values))
    if len(set(constants)) > 1:
        yield Field("", f"[{', '.join(constants)}]" if len(constants) <= WRITTEN else "…", "c")
    if len(rows) <= WRITTEN and all(len(row) <= WRITTEN for row in rows):
        for key, number_of in (("data", numbers.data_of), ("grad", numbers.grad_of)):
            for i, row in enumerate(rows):
                text = _write_row(row, number_of, digits)
                if key == "data" and any(v in numbers.was for v in row):
                    before = _write_row(row, lambda v: numbers.was.get(v, v.data), digits)
                    text = f"{before} → {text}"
                yield Field("" if i else key, text, _BLANK if i else key)
        return
    yield Field("data", _range(numbers, vector.values), "data")
    steepest = max(vector.values, key=lambda v: abs(numbers.grad_of(v)))
    yield numbers.gradient("grad", "steepest grad", numbers.grad_of(steepest))


def _write_row(row: Sequence[Value], number_of: Callable[[Value], float], digits: int) -> str:
    return f"[{', '.join(number(number_of(v), digits) for v in row)}]"


def _write(numbers: Numbers, values: Sequence[Value], number_of: Callable[[Value], float]) -> str:
    """A number, or a short list, or a range."""
    if len(values) > WRITTEN:
        return _range(numbers, values, number_of)
    texts = [number(number_of(v), numbers.digits) for v in values]
    return texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"


def _range(
    numbers: Numbers, values: Sequence[Value], number_of: Callable[[Value], float] | None = None
) -> str:
    """The least and the largest, or the only number if they are the same."""
    number_of = number_of or numbers.data_of
    ends = [number(x, numbers.digits) for x in _extremes([number_of(v) for v in values])]
    return " … ".join(dict.fromkeys(ends))


_BLANK = "\u00a0" * 7  # as wide as the word "data"


def _summed_gradient(numbers: Numbers, results: list[Value]) -> Field:
    gradients = [numbers.grad_of(v) for v in results]
    finite = all(map(math.isfinite, gradients))
    return numbers.gradient(
        "grad", "grad, summed", math.fsum(gradients) if finite else sum(gradients)
    )


def _extremes(data: list[float]) -> tuple[float, float]:
    """The least and the largest; nan only if there is no number among them."""
    numbers = [x for x in data if not math.isnan(x)]
    return min(numbers, default=math.nan), max(numbers, default=math.nan)


def _results(plan: Plan, fold: Repeat) -> list[Value]:
    """The result of each subgraph; the last, if it is a call with several."""
    inside = plan.collapsed[fold]
    if all(isinstance(copy[-1], Value) for copy in fold.copies):
        results = [v for copy in fold.copies if isinstance(v := copy[-1], Value)]
        return results + [v for each in fold.more for v in each.like(-1)]
    used = plan.outputs[fold]
    return used or inside


def _labels_inside(fold: Repeat) -> dict[str, list[Value]]:
    """The values with labels of the user's, by these labels."""
    found: dict[str, list[Value]] = {}
    if len(set(map(len, fold.copies))) > 1:  # only what all of them have
        for copy in fold.copies:
            for v in [v for box in copy for v in _labelled(box)]:
                found.setdefault(v.label, []).append(v)
        named = [{v.label for box in copy for v in _labelled(box)} for copy in fold.copies]
        shared = set.intersection(*named)
        return {label: values for label, values in found.items() if label in shared}
    for boxes in zip(*fold.copies, strict=True):
        for values in map(list, zip(*map(_labelled, boxes), strict=False)):
            for each in fold.more:
                indices = [each.model.index(v) for v in values if v in each.model]
                values += [v for k in indices for v in each.like(k)]
            found.setdefault(name_range([v.label for v in values]), []).extend(values)
    return found


def _labelled(box: Value | Call) -> list[Value]:
    """The values with labels in a box."""
    values: Sequence[Value] = ()
    if isinstance(box, Value):
        values = [box]
    elif isinstance(box, Vector):
        values = box.values
    elif isinstance(box, Function):
        values = box.results
    return [v for v in values if v.label]


def list_steps(plan: Plan, fold: Repeat | Expression) -> str:
    """What each subgraph does, in order: its models, functions and operations."""
    copies = [fold.steps] if isinstance(fold, Expression) else fold.copies
    if len(set(map(len, copies))) > 1:
        all_steps = [_name_steps(plan, fold, copy) for copy in copies]
        steps = _join_uneven(all_steps)
    else:
        steps = _join_repeated(_name_steps(plan, fold, copies[0]))
    return ", ".join([*steps[:STEPS], "…"] if len(steps) > STEPS else steps)


def _join_uneven(copies: list[list[str]]) -> list[str]:
    """Write what some of them repeat more often than others once: ``3 … 7 × (×, tanh)``."""
    all_runs = list(map(_runs, copies))
    longest = max(all_runs, key=lambda runs: sum(times for _, times in runs))
    texts = []
    for k, (each, most) in enumerate(longest):
        times = [runs[k][1] if len(runs) == len(longest) else 1 for runs in all_runs]
        counts = dict.fromkeys([min(times), max(*times, most)])
        text = " … ".join(f"{count:,}" for count in counts)
        texts.append(_write_run(each, "" if text == "1" else text))
    return texts


def _name_steps(plan: Plan, fold: Repeat | Expression, boxes: Sequence[Value | Call]) -> list[str]:
    steps: list[str] = []
    calls: set[Call] = set(ancestors(fold.parent))  # those around the fold, and those listed
    for box in _open_expressions(boxes):
        if isinstance(box, Value):
            around = ancestors(plan.call_of.get(box))
        else:
            around = ancestors(box.parent if isinstance(box, Fold) else box)
        inner = [call for call in around if call not in ancestors(fold.parent)]
        if inner:
            if inner[0] not in calls:
                steps.append(class_name(inner[0].module))
            calls.add(inner[0])
        elif isinstance(box, Vector):
            steps.append(box.path or _operation(box))
        elif not isinstance(box, Value):
            steps.append(box.path)
        elif box.operation is not None:
            steps.append(_sign(box))
    return steps


def _open_expressions(boxes: Sequence[Value | Call]) -> Iterator[Value | Call]:
    """The boxes, and the steps of expressions instead of these."""
    for box in boxes:
        if isinstance(box, Expression):
            yield from box.steps
        else:
            yield box


def _join_repeated(steps: list[str]) -> list[str]:
    """Write what comes again and again once: ``9 × (×, tanh)``.

    >>> _join_repeated(["×", "tanh", "×", "tanh", "mean", "+", "+"])
    ['2 × (×, tanh)', 'mean', '2 × +']
    """
    return [_write_run(each, f"{times:,}" if times > 1 else "") for each, times in _runs(steps)]


def _runs(steps: list[str]) -> list[tuple[list[str], int]]:
    return find_runs(steps, STEPS)


def _write_run(steps: list[str], times: str) -> str:
    each = ", ".join(steps)
    return f"{times} × {each if len(steps) == 1 else f'({each})'}" if times else each


def _operation(vector: Vector) -> str:
    """The operation of all elements, and its constant: ``× 0.5``, ``1 −``, ``tanh``, ``− c``."""
    first = vector.values[0]
    if first.operation is None:
        return ""
    sign, constant = _sign(first), _constant(first)
    if not constant or sign.startswith("^"):
        return sign
    if any(_constant(v) != constant for v in vector.values):
        constant = "c"
    before = isinstance(first.operands[0], float) and not first.operation.commutative
    return f"{constant} {sign}" if before else f"{sign} {constant}"


def _constant(v: Value) -> str:
    """The constant of an operation with a sign; empty if it has none."""
    if v.operation is None or v.operation.infix is None:
        return ""
    return next((number(p) for p in v.operands if isinstance(p, float)), "")


def _sign(v: Value) -> str:
    """The operation as a step: a sign, a name, or a power."""
    assert v.operation is not None
    exponent = v.operands[-1]
    if v.operation is ops.POW and isinstance(exponent, float):
        return f"^{number(exponent)}"
    return v.operation.infix.picture if v.operation.infix else shortened(v.op)


def describe_folds(plan: Plan) -> Iterator[str]:
    """Notes about what is folded."""
    repeats = [
        box.path
        for box in dict.fromkeys(
            box.parent if isinstance(box, Alike) else box for box in plan.collapsed
        )
        if isinstance(box, Repeat)
    ]
    first_of = [box.boxes[0] if isinstance(box, Alike) else box for box in plan.collapsed]
    functions = dict.fromkeys(
        "expressions" if isinstance(box, Expression) else box.path
        for box in first_of
        if isinstance(box, Function)
    )
    vectors = ["vectors"] * any(isinstance(box, Vector) for box in plan.collapsed)
    folded = [*repeats[:NAMED], *["…"] * (len(repeats) > NAMED), *functions, *vectors]
    by_call = plan.detail in ("neuron", "layer") and bool(plan.collapsed)
    if folded:
        start = f"drawn by {plan.detail}, and folded" if by_call else "folded"
        yield f"{start}: {', '.join(folded)};  detail='scalar' draws all {plan.total:,} values"
    elif by_call:
        yield (
            f"drawn by {plan.detail}: {plan.total:,} values in all; "
            "detail='scalar' draws each of them"
        )
