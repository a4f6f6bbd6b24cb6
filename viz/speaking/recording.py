"""The graph of a language model: what it says after each token, recorded once for all texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from autograd import Value, softmax
from autograd.functions import FunctionCall
from autograd.graph import topological

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from autograd.ops import Op

__all__ = ["Recorded", "Step", "chances_after", "record_model"]

MOST = 600_000  # operations of a graph that a page can run while one types


class Step(NamedTuple):
    """An operation: which one, and its operands.

    An operand below 0 is −1 minus the number of a constant.
    """

    kind: int
    operands: tuple[int, ...]


class Recorded(NamedTuple):
    """The graph of all chances. Its leaves come first, and of them the tokens.

    Attributes:
        leaves: the tokens, then all other leaves.
        operations: the operations in it.
        steps: what is computed, in order, each once; the first has the number ``len(leaves)``.
        constants: the numbers in it.
        chances: for each place in a text, the number of the chance of each token to come next.
        latest: for each leaf and step, the last place in the text that it depends on, or −1.
    """

    leaves: list[Value]
    operations: list[Op]
    steps: list[Step]
    constants: list[float]
    chances: list[list[int]]
    latest: list[int]


def record_model(
    model: Callable[[list[Value]], Any], tokens: int, length: int, params: Iterable[Value]
) -> Recorded:
    """Record a model for texts of `length` tokens.

    Raises:
        TypeError: the model returns something else than scores for each token.
        ValueError: it looks ahead, or its graph depends on the text.
    """
    params = list(params)
    first = _record(model, tokens, [k % tokens for k in range(length)], params)
    again = _record(model, tokens, [(5 * k + 1) % tokens for k in range(length)], params)
    if (first.steps, list(map(repr, first.constants))) != (
        again.steps,
        list(map(repr, again.constants)),
    ):
        raise ValueError(
            "expected the same graph for every text, got another for another text: the model "
            "branches on its tokens, reads their .data, or is random. To look a token up, write "
            "autograd.pick(rows, token)."
        )
    _check_causal(first)
    return first


def _record(model: Any, tokens: int, text: Sequence[int], params: Sequence[Value]) -> Recorded:
    inputs = [Value(float(k), f"token{t}", role="input") for t, k in enumerate(text)]
    return _flatten(_run(model, tokens, inputs), [*inputs, *params])


def chances_after(
    model: Callable[[list[Value]], Any], tokens: int, text: Sequence[int]
) -> list[float]:
    """How likely each token is after a text."""
    return [p.data for p in _run(model, tokens, [Value(float(k)) for k in text])[-1]]


def _run(model: Any, tokens: int, inputs: Sequence[Value]) -> list[list[Value]]:
    try:
        made = model(list(inputs))
    except TypeError as error:
        if "indices must be integers" not in str(error):
            raise
        raise TypeError(
            "expected a model that takes its tokens as Values, because the page replaces them, got "
            "one that uses a token as the index of a list. Write autograd.pick(rows, token)."
        ) from error
    return [_chances(row, tokens, t) for t, row in enumerate(_rows(made, len(inputs)))]


def _rows(made: Any, length: int) -> list[Any]:
    rows = list(made) if isinstance(made, list | tuple) else None
    if rows is None or any(isinstance(row, Value) for row in rows):
        raise TypeError(
            "expected the model to return a list of scores for each of its tokens, got "
            f"{'one list of scores' if rows else type(made).__qualname__}. If it scores only what "
            "follows all tokens, pass lambda tokens: [model(tokens[:t + 1]) for t in "
            "range(len(tokens))]."
        )
    if len(rows) != length:
        raise ValueError(
            f"expected the model to return a list of scores for each of {length} tokens, got "
            f"{len(rows)}"
        )
    return rows


def _chances(row: Any, tokens: int, place: int) -> list[Value]:
    """The probabilities of what comes next."""
    scores = list(row)
    for each in scores:
        if not isinstance(each, Value):
            raise TypeError(
                f"expected scores that are Values, got {type(each).__qualname__} after token "
                f"{place}: {each!r:.60}"
            )
    if len(scores) != tokens:
        raise ValueError(
            f"expected a score for each of {tokens} tokens, got {len(scores)} after token {place}"
        )
    call = scores[0].made_by
    if isinstance(call, FunctionCall) and call.name == "softmax" and len(call.given) == tokens:
        return scores
    return softmax(scores)


def _flatten(chances: Sequence[Sequence[Value]], leaves: Sequence[Value]) -> Recorded:
    """The graph as steps. What is computed twice, such as for a longer text, is there once."""
    at: dict[Value, int] = {v: k for k, v in enumerate(leaves)}
    order = topological(*[p for row in chances for p in row])
    if len(order) > MOST:
        raise ValueError(
            f"expected a graph of at most {MOST:,} values, got {len(order):,}. "
            "Give a smaller length."
        )
    given = list(leaves)
    for v in order:
        if v.operation is None and v not in at:
            at[v] = len(given)
            given.append(v)
    kinds: dict[Op, int] = {}
    constants: dict[str, int] = {}
    found: dict[Step, int] = {}
    start = len(given)
    for v in order:
        if v.operation is None:
            continue
        operands = tuple(
            [_constant(x, constants) if isinstance(x, float) else at[x] for x in v.operands]
        )
        step = Step(kinds.setdefault(v.operation, len(kinds)), operands)
        at[v] = found.setdefault(step, start + len(found))
    steps = list(found)
    latest = [k if k < len(chances) else -1 for k in range(start)]
    for _, operands in steps:
        latest.append(max([latest[i] for i in operands if i >= 0], default=-1))
    return Recorded(
        given,
        list(kinds),
        steps,
        list(map(float, constants)),
        [[at[p] for p in row] for row in chances],
        latest,
    )


def _constant(number: float, constants: dict[str, int]) -> int:
    return -1 - constants.setdefault(repr(number), len(constants))


def _check_causal(recorded: Recorded) -> None:
    for place, row in enumerate(recorded.chances):
        latest = max(recorded.latest[i] for i in row)
        if latest > place:
            raise ValueError(
                "expected a model that looks only at earlier tokens, because it guesses the next, "
                f"got one whose scores after token {place} depend on token {latest}"
            )
