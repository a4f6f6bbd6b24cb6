"""The last step of a page: the gradients, and what they mean."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

from autograd import ops

from ..pictures.text import number
from .flatness import find_blocks, look_nearby
from .formulas import derivative, in_symbols, part
from .names import legible, name_html
from .step import LISTED, Entry, Step
from .written import equals

if TYPE_CHECKING:
    from collections.abc import Container

    from autograd import Value

    from .view import StepView

__all__ = ["conclude", "in_module"]


def conclude(view: StepView, drawn: Container[Value]) -> Step:
    """Write the last step.

    Arguments:
        view: the page.
        drawn: the values whose gradients the steps before have shown.
    """
    gradients, names = view.recording.gradients, view.names
    loss = names.html(view.recording.root)
    entries = []
    for name in view.boxes:
        if any(v not in drawn for v in view.outputs[name]):
            # No gradient has come, or only from values that are not drawn.
            grads = view.grad(name, [gradients[v] for v in view.outputs[name]], view.recording)
            entries.append(Entry.of(name, "grad", grads))
    leaves = [v for v in view.recording.order if v.operation is None]
    parameters = [v for v in leaves if v.role == "parameter" or _held(view, v)] or leaves
    listed = parameters
    if len(parameters) > LISTED + 1:
        listed = sorted(parameters, key=lambda v: _rank(gradients[v]))[:LISTED]
    formulas = [
        f"{derivative(loss, names.html(v))} "
        f"{part(equals(view.write.gradient(gradients[v])))}{in_module(view, v)}"
        for v in listed
    ]
    what = "parameter" if any(v.role == "parameter" for v in parameters) else "value"
    if not view.finite:
        note = _say_not_finite(view)
    elif not all(math.isfinite(gradients[v]) for v in parameters):
        note = _say_steep(view, what)
    elif all(not gradients[v] or view.write.gradient(gradients[v]).near_zero for v in parameters):
        note = _say_flat(view, parameters, what)
    elif what == "parameter" and view.boxes[view.box_of[view.recording.root]].kind == "loss":
        note = (
            f"Where the gradient is negative, {loss} falls if the parameter rises; where it is "
            f"positive, {loss} falls if the parameter falls. An update moves each parameter a "
            "little against its gradient."
        )
    else:
        note = (
            f"Where the gradient is negative, {loss} falls if the {what} rises; where it is "
            f"positive, {loss} rises with it."
        )
    if len(listed) < len(parameters):
        finite = all(math.isfinite(gradients[v]) for v in listed)
        which = f"the {len(listed)} largest" if finite else str(len(listed))
        note = f"These are {which} of {len(parameters):,} gradients. {note}"
    focus = dict.fromkeys(name for v in listed for name in view.boxes_of(v))
    return Step("done", tuple(formulas), note, tuple(focus), (), tuple(entries))


_BORDERS = "A thick red border marks where nan or ∞ begins, a dashed one where it has spread to."


def _rank(gradient: float) -> float:
    """A sort key: the largest gradient first, but nan before all."""
    return -abs(gradient) if gradient == gradient else -math.inf


def _say_not_finite(view: StepView) -> str:
    """Say that gradients mean nothing here, and where to look."""
    data = view.recording.data
    x = data[view.recording.root]
    what = "nan, which is not a number" if x != x else number(x)
    note = f"{view.names.html(view.recording.root)} is {what}: it neither rises nor falls, and its "
    note += "gradients mean nothing."
    begun = view.origins(view.recording).begun.data
    first = next(v for v in view.recording.order if v in begun)
    borders = f" {_BORDERS}" if view.boxes_of(first) else ""
    return f"{note} It begins {_locate(view, first)}.{borders}"


def _say_steep(view: StepView, what: str) -> str:
    """Say that a gradient is no number to learn with, and where this begins."""
    begun = view.origins(view.recording).begun.gradients
    note = f"The gradient of a {what} is not a finite number, so an update would spoil the {what}."
    for v in reversed(view.recording.order):
        if v in begun:
            gradient = derivative(view.names.html(view.recording.root), view.names.html(v))
            now = equals(view.write.gradient(view.recording.gradients[v]))
            where = f"where {gradient} {now}" if v in view.box_of else _locate(view, v)
            borders = f" {_BORDERS}" if view.boxes_of(v) else ""
            return f"{note} On the way back, this begins {where}.{borders}"
    return note


def _locate(view: StepView, v: Value) -> str:
    """Say where a value is: by its formula, by the box that it is in, or by neither."""
    box = view.box_of.get(v)
    if box is None:
        if v.operation is not None:
            return "among the values that are not drawn"
    elif box in view.calls:
        return f"in {name_html(view.title(box))}"
    data = number(view.recording.data[v], view.digits)
    made = in_symbols(v, view.names, view.digits) if v.operation else data
    return f"at {view.names.html(v)} = {made}"


def _say_flat(view: StepView, leaves: list[Value], what: str) -> str:
    """Tell a loss that nothing moves from one that is flat at this point only."""
    loss, write = view.names.html(view.recording.root), view.write.data
    zero = "0" if not any(view.recording.gradients[v] for v in leaves) else "0, up to rounding"
    note = f"The gradient of every {what} is {zero}."
    blocks = find_blocks(view.recording, leaves)
    if blocks is not None:
        note += f" No small change of a {what} would change {loss}: "
        shown = [v for v in blocks if view.names[v] != "…" and v.operation is not ops.SHIFT]
        if not shown:
            return f"{note}it does not depend on them here."
        written = [
            f"{view.names.html(v)} = {in_symbols(v, view.names, view.digits)}"
            for v in shown[:LISTED]
        ]
        more = f", and {len(shown) - LISTED:,} more" if len(shown) > LISTED else ""
        return (
            f"{note}{', '.join(written)}{more} {_verb(shown, 'stays', 'stay')} at "
            f"{', '.join(dict.fromkeys(write(view.recording.data[v]).html for v in shown))}, "
            f"so nothing before {_verb(shown, 'it', 'them')} can learn."
        )
    nearby = look_nearby(view.recording, leaves)
    if nearby is None:
        return f"{note} Moving {view.names.html(leaves[0])} alone leaves {loss} as it is."
    name, here = view.names.html(nearby.leaf), view.recording.data[view.recording.root]
    sides = [
        f"{write(x).html} at {name} = {number(at, view.digits)}"
        for at, x in ((nearby.below, nearby.loss_below), (nearby.above, nearby.loss_above))
    ]
    return (
        f"{note} Yet {loss} is not constant: it is {write(here).html} here, and would be "
        f"{' and '.join(sides)}. {nearby.shape(here)}".rstrip()
    )


def in_module(view: StepView, v: Value) -> str:
    """The path of the module of a value whose name is not just its label."""
    path = view.where(v) if view.names[v] != legible(v.label) else ""
    return f" <small>in {escape(path)}</small>" if path else ""


def _held(view: StepView, v: Value) -> bool:
    return any(v in held for held in view.parameters.values())


def _verb(things: list[Value], one: str, many: str) -> str:
    return one if len(things) == 1 else many
