"""The backward pass on a tape: it appends the steps that compute the gradient.

The derivatives are those of the table, called with symbols, on which arithmetic writes steps. What
multiplies them is `graph.chain_rule`, as for gradients of gradients.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd import graph, ops

from .tape import Leaf, Symbol, Tape

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["differentiate", "mean_of"]


def differentiate(tape: Tape, root: int, params: int) -> list[int]:
    """Append the gradient of the mean of `root` over the rows, with respect to each parameter.

    Where a contribution that varies reaches a value that does not, it is averaged over the rows.
    The order of all sums, and what is masked behind a choice, are those of `Value.backward`.

    Returns:
        The positions of the gradient's entries.
    """
    depends = _dependent(tape, root)
    arrived: dict[int, list[Any]] = {root: [1.0]}
    gradient: list[Any] = [0.0] * params
    needed: set[int] | None = None  # once there was a choice: what is not optional
    for position in range(root, -1, -1):
        given = arrived.pop(position, None)
        if given is None or not depends[position]:
            continue
        total = _sum(tape, given, across_rows=not tape.varies[position])
        op, operands, number = tape.steps[position]
        if op is Leaf.PARAMETER:
            gradient[int(number)] = total
            continue
        assert isinstance(op, ops.Op)
        optional = needed is not None and position not in needed
        if optional and isinstance(total, float) and total == 0.0:
            continue
        if op.selects and needed is None:
            needed = set(arrived)
        for k, amount in _contributions(tape, position, total, depends, optional=optional):
            arrived.setdefault(operands[k], []).append(amount)
            if needed is not None and not (optional or op.selects):
                needed.add(operands[k])
    return [x.position if x.__class__ is Symbol else tape.constant(x) for x in gradient]


def mean_of(tape: Tape, position: int) -> int:
    """The position of the mean over the rows, which is the value itself if it does not vary."""
    return tape.write(Leaf.MEAN, [position]) if tape.varies[position] else position


def _dependent(tape: Tape, root: int) -> list[bool]:
    """For each step up to the root, whether it depends on a parameter."""
    flags: list[bool] = []
    for op, operands, _ in tape.steps[: root + 1]:
        flags.append(op is Leaf.PARAMETER or any([flags[i] for i in operands]))
    return flags


def _contributions(
    tape: Tape, position: int, gradient: Any, depends: Sequence[bool], *, optional: bool
) -> list[tuple[int, Any]]:
    """What a step sends to each operand that depends on a parameter, with the operand's number."""
    op, operands, _ = tape.steps[position]
    assert isinstance(op, ops.Op)
    wanted = [k for k, i in enumerate(operands) if depends[i]]
    if op.slope == 0.0:  # a SHIFT passes no gradient on
        return []
    times = graph.chain_rule(op, optional=optional)
    if op.slope is not None:
        amount = times(gradient, op.slope)
        return [(k, amount) for k in wanted]
    symbols = [_symbol(tape, i) for i in operands]
    y = Symbol(tape, position)
    if op.variadic:
        slopes = op.derivatives_at(symbols, y)
        return [(k, times(gradient, slopes[k])) for k in wanted]
    return [(k, times(gradient, op.derivatives[k](*symbols, y))) for k in wanted]


def _symbol(tape: Tape, position: int) -> Any:
    number = tape.number_at(position)
    return Symbol(tape, position) if number is None else number


def _sum(tape: Tape, contributions: Sequence[Any], *, across_rows: bool) -> Any:
    """The sum of all contributions, in order; with `across_rows`, those that vary are averaged.

    The leading contributions share one mean and later ones have one each, so that with a single
    row they add up in the same order as in the graph.
    """
    terms = [x for x in contributions if not (x.__class__ is float and x == 0.0)]
    if across_rows:
        varying = [x.__class__ is Symbol and tape.varies[x.position] for x in terms]
        split = varying.index(False) if False in varying else len(varying)
        leading = [_mean(tape, _total(tape, terms[:split]))] if split else []
        later = [_mean(tape, x) if varies else x
                 for x, varies in zip(terms[split:], varying[split:], strict=True)]  # fmt: skip
        terms = [*leading, *later]
    return _total(tape, terms)


def _mean(tape: Tape, symbol: Any) -> Symbol:
    return Symbol(tape, mean_of(tape, symbol.position))


def _total(tape: Tape, terms: Sequence[Any]) -> Any:
    if not terms:
        return 0.0
    if all([x.__class__ is float for x in terms]):
        return sum(terms)
    if len(terms) == 1:
        return terms[0]
    positions = [x.position if x.__class__ is Symbol else tape.constant(x) for x in terms]
    return Symbol(tape, tape.write(ops.ADD, positions))
