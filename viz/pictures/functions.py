"""Functions of several operations, as one box each: softmax, cross-entropy, a sum of products.

Some functions mark their results (`autograd.functions.FunctionCall`). Sums, means and softmaxes are
found by their shape, so that those written by hand are found, too, and the engine need not mark
sums.
"""

from __future__ import annotations

from collections import Counter
from itertools import chain, repeat
from typing import TYPE_CHECKING

from autograd import Value, ops
from autograd.functions import FunctionCall

from .folds import Function

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from .groups import Call

__all__ = ["find_functions"]

FEW = 3  # values that make a sum worth a box, unless they are products


def find_functions(
    order: Sequence[Value], call_of: dict[Value, Call], roots: Collection[Value]
) -> dict[Value, Function]:
    """Find the function around each value; values outside all functions are left out.

    A function that others use is part of theirs: the outermost has the box.

    Arguments:
        order: the graph in topological order.
        call_of: the innermost module call of each value.
        roots: the results, which keep boxes of their own.
    """
    found: dict[Value, Function] = {}
    calls: dict[FunctionCall, tuple[Function, set[Value]]] = {}
    for v in reversed(order):
        call = None if v._mark is None else v.made_by  # nearly all have no mark
        if isinstance(call, FunctionCall) and v.operation is not None and v not in found:
            if call not in calls:
                function = Function(call.name, call_of.get(v), call.target)
                calls[call] = function, {p for p in call.given if isinstance(p, Value)}
            function, given = calls[call]
            function.results.append(v)
            _claim(v, given, function, found)
    for function, _ in calls.values():
        function.results.reverse()
    sums = _Sums(order, call_of, set(roots), found)
    sums.fold_softmaxes(order)
    for v in reversed(order):
        if (v.operation is ops.ADD or v.operation is ops.DIV) and v not in found:
            sums.fold(v)
    for v in order:
        if v in found:
            found[v].values.append(v)
    return found


def _claim(
    result: Value, given: set[Value], function: Function, found: dict[Value, Function]
) -> None:
    """Give a function the values between its result and what it was given."""
    stack = [result]
    while stack:
        v = stack.pop()
        if v in given or v in found or (v.operation is None and v.role != "constant"):
            continue
        found[v] = function
        stack += [p for p in v.operands if p.__class__ is Value]


class _Sums:
    """Finds sums of many terms, sums of products, means, and softmaxes."""

    def __init__(
        self,
        order: Sequence[Value],
        call_of: dict[Value, Call],
        roots: set[Value],
        found: dict[Value, Function],
    ) -> None:
        self.call_of, self.roots, self.found = call_of, roots, found
        self.refused: set[Value] = set()  # sums within those that are not worth a box
        uses = Counter(chain.from_iterable(v.operands for v in order))
        # The interior values that are a result, have a name, or are used more than once.
        self.seen_outside = {
            p
            for p, count in uses.items()
            if p.__class__ is Value and p.operation is not None
            if count > 1 or p._label or p._mark is not None
        } | roots

    def fold_softmaxes(self, order: Sequence[Value]) -> None:
        """Fold each softmax written by hand: ``exp(vᵢ − c) / Σ exp(vⱼ − c)``."""
        if not any(v.operation is ops.DIV for v in order):
            return
        shares: dict[Value, list[Value]] = {}  # by their denominator
        uses: dict[Value, int] = {}  # of exponentials; and denominators with other uses
        for v in order:
            for i, p in enumerate(v.operands):
                if p.__class__ is not Value:
                    continue
                if p.operation is ops.EXP:
                    uses[p] = uses.get(p, 0) + 1
                elif p.operation is ops.ADD and v.operation is ops.DIV and i == 1:
                    shares.setdefault(p, []).append(v)
                elif p in shares:
                    uses[p] = 1
        for denominator, quotients in shares.items():
            if denominator not in uses:
                self._fold_softmax(denominator, quotients, uses)

    def _fold_softmax(
        self, denominator: Value, shares: list[Value], uses: dict[Value, int]
    ) -> None:
        inside = [denominator]
        terms = self._terms(denominator, inside)
        steps = [p for p in terms if isinstance(p, Value) and p.operation is ops.EXP]
        divided = Counter(share.operands[0] for share in shares)
        if len(set(steps)) < len(terms) or len(terms) < 2 or not divided.keys() <= set(steps):
            return
        if any(uses[p] != 1 + divided[p] for p in steps):
            return
        for p in list(steps):
            (x,) = p.operands
            if isinstance(x, Value) and self._is_shifted(x) and self._is_private(x, p):
                steps.append(x)
        around, hidden = self.call_of.get(shares[0]), [*inside, *steps]
        if any(v.label or v in self.roots for v in hidden):
            return
        if any(v in self.found or self.call_of.get(v) is not around for v in [*hidden, *shares]):
            return
        function = Function("softmax", around)
        function.results = shares
        self.found.update(dict.fromkeys([*hidden, *shares], function))

    def _is_shifted(self, v: Value) -> bool:
        """Whether a constant is subtracted, or added."""
        return v.operation in (ops.SUB, ops.ADD) and isinstance(v.operands[-1], float)

    def fold(self, v: Value) -> None:
        """Fold the sum or mean whose result is v, if it is one."""
        inside, terms, divided = [v], [], False
        if v.operation is ops.DIV:
            total, count = v.operands
            if not isinstance(total, Value) or not isinstance(count, float):
                return
            if total.operation is not ops.ADD or not self._is_private(total, v):
                return
            terms = self._terms(total, inside)
            if count != len(terms):
                return
            inside.append(total)
            divided = True
        elif v.operation is ops.ADD and v not in self.refused:
            terms = self._terms(v, inside)
        else:
            return
        products = []
        if not divided:
            products = [
                p
                for p in terms
                if p.__class__ is Value and p.operation is ops.MUL and self._is_private(p, v)
            ]
        steps = len(inside) + len(products)  # more than one, or nothing is folded
        enough = divided or len(products) > 1 or sum(isinstance(p, Value) for p in terms) >= FEW
        if steps < 2 or len(terms) < 2 or not enough:
            self.refused.update(inside)
            return
        if products:
            # A loop that adds up begins with 0.0, which is no term of its own.
            others = len(terms) - len(products) - terms.count(0.0)
            name = "Σ a·b + c" if others else "Σ a·b"
        else:
            name = "mean" if divided else "sum"
        function = Function(name, self.call_of.get(v))
        function.results = [v]
        self.found.update(zip(chain(inside, products), repeat(function)))

    def _terms(self, total: Value, inside: list[Value]) -> list[Value | float]:
        """What a sum adds up, in order, also by sums within it; these are added to `inside`."""
        terms = self._terms_in_steps(total, inside)
        if terms:
            return terms
        stack = list(reversed(total.operands))
        while stack:
            p = stack.pop()
            if isinstance(p, Value) and self._is_sum(p, total):
                inside.append(p)
                stack.extend(reversed(p.operands))
            else:
                terms.append(p)
        return terms

    def _terms_in_steps(self, total: Value, inside: list[Value]) -> list[Value | float]:
        """The terms of ``a + b + c``, if none of them is a sum itself, or enough of them are.

        In ``(a + b) + (c + d) + (e + f)`` each may be all that one example adds to a loss, so they
        are not taken apart.
        """
        terms: list[Value | float] = []
        steps: list[Value] = []
        step, sums = total, 0
        while True:
            first, p = step._a, step._b  # `operands`, spelt out to be fast
            others = [p]
            if p is None:
                (first, *others) = step.operands
            for p in reversed(others):
                terms.append(p)
                if p.__class__ is Value and p.operation is ops.ADD:
                    sums += self._is_private(p, total)
            if not self._is_sum(first, total):
                if not sums:
                    inside += steps
                    return [first, *reversed(terms)]
                break
            if sums == len(terms) and not self._is_sum(first.operands[-1], total):
                sums += 1  # the first term, and not a step on the way
                break
            steps.append(first)
            step = first
        if sums < FEW:
            return []
        inside += steps
        return [first, *reversed(terms)]

    def _is_sum(self, p: Value | float, user: Value) -> bool:
        """Whether p is a sum that only its user needs."""
        return p.__class__ is Value and p.operation is ops.ADD and self._is_private(p, user)

    def _is_private(self, p: Value, user: Value) -> bool:
        """Whether p is a step towards its only user, without a name or a box of its own."""
        if p in self.seen_outside or p in self.found:
            return False
        call_of = self.call_of
        return not call_of or call_of.get(p) is call_of.get(user)
