"""The levels of a graph: how its values can be shared out to boxes, the finest first.

1. Each value has a box (``scalar``).
2. Each function of several operations has one, too (``function``).
3. What repeats is one box, ``× 100 examples``.
4. Numbers that are used together are one box: a vector, and then a matrix (``vector``).
5. Each module call is one box: of a neuron (``neuron``), or of a layer (``layer``).
6. Each result with a name is one box, with what leads to it alone (``expression``); and in the end
   all that is computed is (``whole``).
"""

from __future__ import annotations

from itertools import compress
from typing import TYPE_CHECKING, NamedTuple

from autograd import Value

from .expressions import fold_expressions, fold_whole
from .folds import Alike, Fold, Function, Repeat, Steps
from .functions import find_functions
from .groups import collapsed_call
from .inputs import gather_inputs
from .once import once
from .parameters import MANY, share_parameters
from .repeats import find_repeats
from .sources import find_members, find_sources, sort_boxes
from .steps import FEW as STEPS
from .steps import fold_steps
from .vectors import fold_vectors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .copies import Aside, Copies
    from .groups import Call
    from .plan import Content

__all__ = ["Level", "Levels"]

UNFOLDED = 40  # boxes that a picture may have in which what repeats is drawn each time
SEARCHED = 450_000  # values in which folds are searched for; a million would take ten seconds
CAREFUL = 60_000  # values in which vectors and loops are searched for, after repeats
SMALL = 5_000  # values in which expressions, and examples of different lengths, are searched for
NESTED = 3  # searches for vectors, each among the boxes of the one before
TANGLED = 60  # lines between boxes; with more, vectors are easier to read
SHORT = 12  # boxes among which the steps of a loop are not searched for
DENSE = 2  # lines for each box; with more, matrices are easier to read than vectors
WORTHWHILE = 2  # boxes that a search must save, or its result is not drawn
TAUGHT_WHOLE = ("binary cross-entropy",)
REPEATED = 3  # steps of a loop that are folded where finer pictures do not fit
FEW = 4  # likewise, if the steps of a loop are module calls


class Level(NamedTuple):
    """The box that shows each value. A parameter within several calls may have none."""

    detail: str
    box_of: dict[Value, Content]
    to_abridge: bool = True  # if it is the last; a few functions help nobody in a large graph


class Levels:
    """The levels of the graph of some roots.

    Attributes:
        roots: the results.
        order: the graph in topological order.
        call_of: the innermost module call of each value.
        parameters: those of the graph.
        heights: how many levels of calls are inside each call.
        aside: what is not in the order, because alike values are.
    """

    def __init__(
        self,
        roots: Sequence[Value],
        order: Sequence[Value],
        call_of: dict[Value, Call],
        parameters: set[Value],
        heights: dict[Call, int],
        *,
        folds: bool = True,
        aside: Aside | None = None,
    ) -> None:
        self.roots, self.order, self.aside = roots, order, aside
        self.taken_in: dict[Content, list[Value]] = {}  # of the copies, by functions
        self.all_hold = True  # whether all that is aside is in repeats and functions
        self.folds = folds and len(order) <= SEARCHED
        self.call_of, self.parameters, self.heights = call_of, parameters, heights

    def offer(self, detail: str) -> Iterator[Level]:
        """Make the levels of a detail, the finest first, each when it is asked for.

        Functions and repeats are folded at ``"auto"`` only.
        """
        coarser = ("neuron", "layer") if self.heights and not self.aside else ()
        if detail != "auto":
            yield Level(detail, self._by_call(detail) if detail in coarser else self._scalar())
        elif not self.folds:
            yield Level("scalar", self._scalar())
            for level in coarser:
                yield Level(level, self._by_call(level))
        else:
            yield from self._fold_finely(coarser)
            if not self.aside and len(self.order) <= SMALL:
                yield from self._find_expressions(coarser)

    def _fold_finely(self, coarser: Sequence[str]) -> Iterator[Level]:
        """The levels with functions, repeats, loops, vectors and module calls as single boxes."""
        functions, repeats = self._with_functions, self._repeats
        uneven = self._fold_uneven(coarser)
        if uneven and len(self.order) > UNFOLDED:
            yield from uneven
            return
        vectors: list[Level] = []
        if not repeats and not coarser and self._count_lines(functions) > TANGLED:
            vectors = list(self._find_vectors(functions))
            yield from vectors
        if vectors:
            return
        loops = self._loops_of_calls() if coarser and not repeats else []
        if loops and len(self.order) > UNFOLDED:
            yield from loops
            return
        if self.aside:
            if not repeats:
                yield Level("function", functions)
        elif not repeats or len(self.order) <= UNFOLDED:
            taught_whole = any(map(_is_loss, self.functions.values()))
            if not taught_whole:
                yield Level("scalar", self._scalar())
            if self.functions:
                yield Level("function", functions, to_abridge=taught_whole)
        if repeats:
            yield from self._fold_levels(functions, repeats, coarser)
            return
        yield from self._fold_steps("function", functions, open_calls=not coarser)
        for level in coarser:
            folded = self._add_functions(self._by_call(level))
            whole = level == "neuron"  # a loop of layers is drawn as such
            yield Level(level, folded)
            yield from self._fold_steps(level, folded, open_calls=not whole)
            yield from self._find_vectors(folded, open_calls=not whole)
        if not coarser:
            yield from self._find_vectors(functions)

    def _fold_levels(
        self, functions: dict[Value, Content], repeats: list[Repeat], coarser: Sequence[str]
    ) -> Iterator[Level]:
        """The levels of a graph with repeats: a model once for all examples, or one box for all."""
        by_call = {level: self._add_functions(self._by_call(level)) for level in coarser}
        found = {level: self._find_repeats(box_of) for level, box_of in by_call.items()}
        for level, box_of in by_call.items():
            if any(each.of_calls for each in found[level]):
                yield Level(level, self._fold_apart(box_of, found[level]))
        folded = self._fold(functions, repeats)
        yield Level("function", folded)
        yield from self._fold_steps("function", folded)
        yield from self._find_vectors(folded)
        for level, box_of in by_call.items():
            yield Level(level, self._fold(box_of, found[level]))

    def _loops_of_calls(self) -> list[Level]:
        """The levels with one box for all steps of a loop that calls modules, if there is one."""
        box_of = self._add_functions(self._by_call("layer"))
        (*loops,) = self._fold_steps("layer", box_of)
        folds = {box for level in loops for box in level.box_of.values()}
        if not any(isinstance(box, Steps) and box.of_calls for box in folds):
            return []
        return [*(level._replace(to_abridge=True) for level in loops), *self._find_vectors(box_of)]

    def _count_lines(self, box_of: dict[Value, Content]) -> int:
        """Count the lines between boxes."""
        find = box_of.get
        into: dict[Content | None, set[Content | None]] = {}
        for v in self.order:
            tails = into.setdefault(find(v), set())
            tails.update(map(find, [p for p in v.operands if p.__class__ is Value]))
        return sum(len(tails - {head}) for head, tails in into.items())

    def _find_vectors(
        self, box_of: dict[Value, Content], *, open_calls: bool = True
    ) -> Iterator[Level]:
        """The levels with vectors among these boxes, then with matrices among the vectors."""
        if len(self.order) > CAREFUL:
            return
        count = len(set(box_of.values()))
        dense: list[Level] = []
        for _ in range(NESTED):
            box_of = fold_vectors(self.order, box_of, self.parameters, self.call_of, self.roots)
            before, count = count, len(set(box_of.values()))
            if count > before - WORTHWHILE:
                break
            loops = self._fold_steps("vector", box_of, open_calls=open_calls)
            dense = [Level("vector", box_of), *loops]
            if self._count_lines(box_of) <= DENSE * count:
                yield from dense
                dense = []
        yield from dense  # there is nothing coarser

    def _find_expressions(self, coarser: Sequence[str]) -> Iterator[Level]:
        """The levels with expressions, for narrow places where nothing finer fits.

        Then loops share a box, then vectors and parameters; then all that is computed is one box.
        """
        box_of = self._add_functions(self._by_call("layer")) if coarser else self._with_functions
        if self._repeats:
            box_of = self._fold(box_of, self._find_repeats(box_of))
        context = self.parameters, self.call_of, self.roots
        folded = fold_expressions(self.order, box_of, *context)
        levels: list[dict[Value, Content]] = []
        if len(set(folded.values())) <= len(set(box_of.values())) - WORTHWHILE:
            levels = [folded]
            loops = self._fold_steps("expression", folded, few=REPEATED)
            levels += (level.box_of for level in [*loops, *self._find_vectors(folded)])
            if len(self.parameters) > FEW:
                levels.append({**levels[-1], **share_parameters(self, self.parameters)})
        for each in levels:
            yield Level("expression", each, to_abridge=False)
        if len(self.roots) == 1 and self.roots[0].operation is not None:
            whole = fold_whole(self.order, box_of, *context)
            if len(self.parameters) > MANY:
                whole.update(share_parameters(self, self.parameters))
            yield Level("whole", whole, to_abridge=False)

    def _fold_steps(
        self,
        detail: str,
        box_of: dict[Value, Content],
        *,
        open_calls: bool = True,
        few: int = STEPS,
    ) -> Iterator[Level]:
        """The level with one box for all steps of a loop, if there is a loop; see `fold_steps`."""
        if len(self.order) > CAREFUL or len(set(box_of.values())) <= SHORT:
            return
        members = find_members(self.order, box_of)
        boxes = list(dict.fromkeys(box_of[v] for v in self.order if v in box_of))
        sources = sort_boxes(find_sources(boxes, members, box_of))
        folded = fold_steps(
            sources,
            members,
            box_of,
            self.parameters,
            self.call_of,
            self.roots,
            open_calls=open_calls,
            few=few,
        )
        if folded is not box_of:
            hidden = {p: p for p in self.parameters if p not in folded}  # within calls
            gathered = self._gather({**folded, **hidden}, box_of, FEW if hidden else MANY)
            yield Level(detail, gathered, to_abridge=False)

    def _scalar(self) -> dict[Value, Content]:
        """The box of each value if every value has its own."""
        return dict(zip(self.order, self.order, strict=True))

    @once
    def functions(self) -> dict[Value, Content]:
        """The function around each value."""
        return {**find_functions(self.order, self.call_of, self.roots)}

    @once
    def _with_functions(self) -> dict[Value, Content]:
        """The box of each value if every function has one."""
        return {**self._scalar(), **self.functions}

    @once
    def _repeats(self) -> list[Repeat]:
        """What repeats among these boxes."""
        return self._find_repeats(self._with_functions)

    def _add_functions(self, box_of: dict[Value, Content]) -> dict[Value, Content]:
        """Fold functions among the values that have boxes of their own."""
        inside = {v: f for v, f in self.functions.items() if box_of.get(v) is v}
        return {**box_of, **inside}

    def _by_call(self, detail: str) -> dict[Value, Content]:
        """Give each value its own box, or that of the function or module call around it.

        A parameter that several collapsed calls use, and nothing else, has no box. What a call was
        given from outside has a box of its own.
        """
        box_of: dict[Value, Content] = {}
        seen_outside = {v for v in self.roots if v.operation is None}
        for v in self.order:
            call = self.call_of.get(v)
            box = (call and collapsed_call(call, detail, self.heights)) or v
            box_of[v] = box
            for p in v.operands:
                if not isinstance(p, float) and (isinstance(box, Value) or box.was_given(p)):
                    seen_outside.add(p)
        for v in self.order:
            if v in seen_outside and v.operation is None:
                box_of[v] = v
            elif v in self.parameters and box_of[v] is v:
                del box_of[v]
        return box_of

    def _fold_uneven(self, coarser: Sequence[str]) -> list[Level]:
        """The level with one box for examples of different lengths, if there are any."""
        if self._repeats or self.aside or len(self.order) > SMALL:
            return []
        box_of = self._with_functions
        if coarser:
            box_of = self._add_functions(self._by_call(coarser[-1]))
        repeats = find_repeats(
            self.order, box_of, self.parameters, self.call_of, self.roots, uneven=True
        )
        return [Level("uneven", self._fold(box_of, repeats))] if repeats else []

    def _find_repeats(self, box_of: dict[Value, Content]) -> list[Repeat]:
        repeats = find_repeats(
            self.order,
            box_of,
            self.parameters,
            self.call_of,
            self.roots,
            without_all=self.aside is not None,
        )
        if self.aside:
            for each in self.aside.copies:
                self._give_back(each, box_of, repeats)
            self._take_in(self.aside.adders, box_of)
        return repeats

    def _give_back(
        self, copies: Copies, box_of: dict[Value, Content], repeats: Sequence[Repeat]
    ) -> None:
        """Add the copies that were set aside to the repeats that hold their models."""
        repeat_of = {box: each for each in repeats for copy in each.copies for box in copy}
        places: dict[Repeat, list[int]] = {}
        for i, v in enumerate(copies.model):
            box = box_of.get(v)
            if box in repeat_of:
                places.setdefault(repeat_of[box], []).append(i)
            else:  # the sum has taken in the last step of each
                self._take_in(copies.like(i), box_of)
        for repeat, found in places.items():
            repeat.more.append(copies.choose(found))

    def _take_in(self, values: Sequence[Value], box_of: dict[Value, Content]) -> None:
        """Give values that were set aside to the functions that they are in."""
        boxes = list(map(box_of.get, values))
        kinds = dict.fromkeys(boxes)  # nearly always a single one
        for box in kinds:
            inside = values if len(kinds) == 1 else compress(values, [b is box for b in boxes])
            if isinstance(box, Function):
                self.taken_in.setdefault(box, []).extend(inside)
            else:
                self.all_hold = False

    def hold_copies(self) -> bool:
        """Whether all that was set aside is in repeats and functions."""
        return self.folds and bool(self._repeats or self.functions) and self.all_hold

    def _fold(
        self, box_of: dict[Value, Content], repeats: Sequence[Repeat]
    ) -> dict[Value, Content]:
        """Give each repeat one box, and every parameter outside of it one."""
        repeat_of = {box: each for each in repeats for copy in each.copies for box in copy}
        folded = {v: repeat_of.get(box, box) for v, box in box_of.items()}
        for p in self.parameters:  # also those that only collapsed calls use
            folded.setdefault(p, p)
        return self._gather(folded, box_of)

    def _gather(
        self, box_of: dict[Value, Content], before: dict[Value, Content], most: int = MANY
    ) -> dict[Value, Content]:
        """Give many parameters that only folds use one box for each model, and their data few.

        Arguments:
            box_of: the boxes, with what repeats in one.
            before: the boxes without that.
            most: parameters that are drawn one by one.
        """
        users: dict[Value, bool] = {}  # whether all that use a parameter are folds
        for v in self.order:
            inside = isinstance(box_of.get(v), Fold)
            for p in v.operands:
                if not isinstance(p, float) and p in self.parameters:
                    users[p] = inside and users.get(p, True)
        held = [p for p, inside in users.items() if inside and box_of.get(p) is p]
        if len(held) > most:
            box_of = {**box_of, **share_parameters(self, held)}
        if len(self.order) > CAREFUL:
            return box_of
        return gather_inputs(self.order, box_of, before, {*self.parameters, *self.roots})

    def _fold_apart(
        self, box_of: dict[Value, Content], repeats: Sequence[Repeat]
    ) -> dict[Value, Content]:
        """Give the boxes in the same place of each subgraph one box, and few parameters theirs."""
        alike_of = {
            box: alike
            for repeat in repeats
            for boxes in zip(*repeat.copies, strict=True)
            for alike in [Alike(boxes, repeat)]
            for box in boxes
        }
        folded: dict[Value, Content] = {v: alike_of.get(box, box) for v, box in box_of.items()}
        if len(self.parameters) <= MANY:
            folded.update({p: p for p in self.parameters})
        return self._gather(folded, box_of)


def _is_loss(function: Content) -> bool:
    """Whether it is a loss with branches for safety: nobody teaches those."""
    return isinstance(function, Function) and function.path in TAUGHT_WHOLE
