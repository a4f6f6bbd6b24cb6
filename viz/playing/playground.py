"""`playground`: a page that trains a model on points, and shows what it learns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from autograd import Value

from ..pictures.draw import draw
from ..pictures.text import check_text, check_whole, quantity, shortened
from ..stepping.links import list_links
from ..stepping.shown import ShownPage
from .draws import draw_batches
from .losses import find_loss
from .modules import record_model
from .network import find_neurons
from .optimiser import describe
from .page import write_page
from .problem import Problem, read_problem

__all__ = ["Playground", "playground"]


class Playground(ShownPage):
    """A page that trains a model, which shows itself in Jupyter and can be saved as HTML.

    Attributes:
        html: the page; it needs no other file.
        training: the numbers of the points that are trained on.
        held_out: the numbers of those that are not.
    """

    def __init__(
        self,
        html: str,
        title: str,
        loss: Value,
        problem: Problem,
        params: int,
        batch: int | None,
        seed: int,
    ) -> None:
        super().__init__(html, title)
        self._loss, self._params, self._batch, self._seed = loss, params, batch, seed
        self.training = problem.training
        self.held_out = problem.held_out

    def batches(self) -> Iterator[list[int]]:
        """Draw the batches of the page, without end: the numbers of the points of each step.

        So a training in Python is the same as that of the page. Without `batch`, each has all
        points that are trained on.
        """
        count = len(self.training)
        if self._batch is None or self._batch >= count:
            while True:
                yield list(self.training)
        for batch in draw_batches(count, self._batch, self._seed):
            yield [self.training[k] for k in batch]

    def _draw_instead(self) -> str:
        return draw(self._loss)._repr_html_()

    def __repr__(self) -> str:
        points = quantity(len(self.training), "point")
        params = quantity(self._params, "parameter")
        return f"<Playground: {params}, {points} to learn from; .html, .save('train.html')>"


def playground(
    model: Callable[[list[Value]], Any],
    X: Any,  # noqa: N803
    y: Any,
    loss: Callable[[Any, Value], Any] | str,
    optimiser: Any = None,
    *,
    batch: int | None = None,
    held_out: float = 0.2,
    seed: int = 0,
    title: str = "",
    inputs: Sequence[str] = (),
    links: Sequence[tuple[str, str]] = (),
) -> Playground:
    """Make a page that trains a model, and shows what it learns.

    One can play, step and reset; change the learning rate, the batch, the noise and any weight; and
    drag, add and remove points. The page shows the loss on the points that are trained on and on
    those held out, and what the model says about the plane: the class of every place, shaded by
    confidence, with the line of each neuron of the first layer. With one input and a number as its
    output, it shows the curve. With more inputs, one chooses which two are drawn.

    The page starts with the model's parameters as they are now, and leaves the model unchanged. Its
    training is that of Python: the same loss, gradients and rule.

    Arguments:
        model: a function from a list of Values to an output, or a list of outputs, with the method
            ``parameters()``, such as an `nn.MLP`.
        X: the points: a row of inputs for each, or a number if there is one input.
        y: the target of each point. A model with several outputs has one for each class, 0, 1, ….
            With one output and two different targets, it tells two classes apart.
        loss: the loss of a prediction (or the list of outputs) and its target, such as
            ``nn.hinge_loss``; or the name of one in `nn`: ``"mse"``, ``"half_squared_error"``,
            ``"hinge"``, ``"cross_entropy"`` or ``"binary_cross_entropy"``.
        optimiser: what to train with, such as ``nn.Adam(model.parameters(), lr=0.05)``; or a name,
            ``"sgd"``, ``"adam"``, ``"adamw"`` or ``"rmsprop"``, with the usual settings and a
            learning rate of 0.1 for SGD and 0.01 for the others. By default ``"sgd"``.
        batch: how many points each step takes; by default all. `Playground.batches` draws the same.
        held_out: the share of the points that is held out.
        seed: which points are held out, and the order of batches.
        title: the headline.
        inputs: the names of the inputs; by default x1, x2, ….
        links: other pages to lead to, above the headline: for each, its words and its address.

    Returns:
        A `Playground`, which shows itself in Jupyter, with ``.html`` and ``.save("train.html")``.

    Raises:
        TypeError: an argument is of the wrong kind.
        ValueError: points and targets do not match, the model branches on data, or there is no
            loss or optimiser of that name.
    """
    check_text(title, "title")
    params = _list_parameters(model)
    loss_of = find_loss(loss)
    start = check_whole(seed, "seed", 0)
    problem = read_problem(X, y, held_out, start)
    rule = describe(optimiser, params)
    size = None if batch is None else check_whole(batch, "batch", 1)
    recorded = record_model(model, loss_of, problem, params)
    title = shortened(title, 110) or "Playground"
    html = write_page(
        recorded,
        params,
        _name_parameters(model, params),
        problem,
        find_neurons(recorded, {p: k for k, p in enumerate(params)}),
        optimiser=rule,
        batch=size,
        seed=start,
        title=title,
        inputs=_name_inputs(inputs, problem.width),
        links=list_links(links),
    )
    return Playground(html, title, recorded.loss, problem, len(params), size, start)


def _list_parameters(model: Any) -> list[Value]:
    if not callable(model) or not callable(getattr(model, "parameters", None)):
        raise TypeError(
            "expected a model with the method parameters(), such as an nn.MLP, got "
            f"{type(model).__qualname__}: {model!r:.60}"
        )
    params = list(dict.fromkeys(model.parameters()))
    if not params:
        raise ValueError("expected a model with parameters to train, got one without any")
    return params


def _name_parameters(model: Any, params: Sequence[Value]) -> list[str]:
    """The path of each parameter in the model; or its label; or its number. All are different."""
    named = getattr(model, "named_parameters", None)
    paths = {p: path for path, p in named()} if callable(named) else {}
    names: dict[str, None] = {}
    for k, p in enumerate(params):
        name = shortened(paths.get(p) or p.label or f"p{k}", 80)
        names[name if name not in names else f"{name} ({k})"] = None
    return list(names)


def _name_inputs(inputs: Any, count: int) -> list[str]:
    names = list(inputs)
    if isinstance(inputs, str) or not all(isinstance(name, str) for name in names):
        raise TypeError(f"expected inputs to be a list of names, got {inputs!r:.60}")
    if not names:
        return ["x"] if count == 1 else [f"x{k + 1}" for k in range(count)]
    if len(names) != count:
        raise ValueError(f"expected {count} names in inputs, one for each input, got {len(names)}")
    return [shortened(name, 40) for name in names]
