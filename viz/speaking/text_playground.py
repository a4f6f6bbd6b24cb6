"""`text_playground`: a page in which one types, and sees what a language model makes of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from autograd import Value

from ..pictures.text import check_text, check_whole, quantity, shortened
from ..stepping.links import list_links
from ..stepping.shown import ShownPage
from .page import write_page
from .recording import chances_after, record_model
from .tables import find_tables, list_leaves

__all__ = ["TextPlayground", "text_playground"]

LONGEST = 40  # letters of a token
_BAR = "█"
SAID = 6  # tokens that are said to be likely where the page is not shown


class TextPlayground(ShownPage):
    """The page of a language model, which shows itself in Jupyter and can be saved as HTML.

    Attributes:
        html: the page; it needs no other file.
    """

    def __init__(self, html: str, title: str, params: int, tokens: int, said: str) -> None:
        super().__init__(html, title)
        self._params, self._tokens, self._said = params, tokens, said

    def _draw_instead(self) -> str:
        return self._said

    def __repr__(self) -> str:
        params, tokens = quantity(self._params, "parameter"), quantity(self._tokens, "token")
        return f"<TextPlayground: {params}, {tokens}; .html, .save('speak.html')>"


def text_playground(
    model: Callable[[list[Value]], Any],
    tokens: Sequence[str],
    length: int = 16,
    *,
    start: str = "",
    parameters: Mapping[str, Any] | None = None,
    text: str = "",
    seed: int = 0,
    title: str = "",
    links: Sequence[tuple[str, str]] = (),
) -> TextPlayground:
    """Make a page of a language model, in which one types and everything follows.

    The page shows how likely each token is to come next, how likely the model found those that one
    typed, and for each head of attention who listens to whom. It writes on by itself, as boldly as
    a temperature says. A click on a weight shows its number, and the curve of a chance against it;
    it can be changed, and the whole page follows. The page starts with the parameters as they are
    now, and runs the graph of the model itself, so its chances are those of Python.

    The weights of attention need not be pointed out: they are found in the graph, as each softmax
    over all tokens so far, whether `autograd.softmax` computed it or a few lines of your own.

    Arguments:
        model: a function from a list of tokens to a list of scores for each of them: what may come
            next, a score for every token there is (or its probability, from `autograd.softmax`).
            The tokens are Values, whole numbers, to look up with `autograd.pick` or an
            `nn.Embedding`. Scores may depend on earlier tokens only.
        tokens: what each token is called, in order: letters (a string will do) or words.
        length: how many tokens the model reads at most, the start among them.
        start: the token that begins each text, and ends it where the model draws it; by default
            none.
        parameters: the tables of the model, lists of Values which may be nested, each by its name.
            By default those of ``model.named_parameters()``, or else every leaf of the graph.
        text: what is typed at first.
        seed: where what is drawn comes from.
        title: the headline.
        links: other pages to lead to, above the headline: for each, its words and its address.

    Returns:
        A `TextPlayground`, which shows itself in Jupyter, with ``.html`` and
        ``.save("speak.html")``.

    Raises:
        TypeError: an argument is of the wrong kind, or the model returns something else.
        ValueError: the model looks ahead, branches on its tokens, or is too large.
    """
    check_text(title, "title")
    check_text(text, "text")
    check_text(start, "start")
    if not callable(model):
        raise TypeError(
            "expected a model, a function from a list of tokens to a list of scores for each, got "
            f"{type(model).__qualname__}: {model!r:.60}"
        )
    names = _list_tokens(tokens)
    if start and start not in names:
        raise ValueError(f"expected start to be one of the tokens, got {start!a:.60}")
    places = check_whole(length, "length", 2)
    tables = find_tables(model, parameters)
    recorded = record_model(
        model, len(names), places, dict.fromkeys(p for t in tables for row in t.rows for p in row)
    )
    if not tables:
        tables = list_leaves([v for v in recorded.leaves[places:] if v.role != "constant"])
    if not tables:
        raise ValueError("expected a model with parameters, got one whose graph has none")
    headline = shortened(title, 110) or "A language model"
    html = write_page(
        recorded,
        tables,
        [shortened(name, LONGEST) if name.strip() else name for name in names],
        start=names.index(start) if start else -1,
        text=text,
        seed=check_whole(seed, "seed", 0),
        title=headline,
        links=list_links(links),
    )
    count = len({p for table in tables for row in table.rows for p in row})
    begun = [*([start] if start else []), *_split(text, names)][:places]
    numbers = [names.index(token) for token in begun]
    said = _say(names, begun, chances_after(model, len(names), numbers)) if begun else ""
    return TextPlayground(html, headline, count, len(names), said)


def _split(text: str, names: Sequence[str]) -> list[str]:
    """The tokens of a text that the model knows."""
    parts = list(text) if all(len(name) == 1 for name in names) else text.split()
    return [part for part in parts if part in names]


def _say(names: Sequence[str], text: Sequence[str], chances: Sequence[float]) -> str:
    """What is likeliest after a text, as HTML, for where the page itself is not shown."""
    likely = sorted(range(len(names)), key=lambda k: -chances[k])[:SAID]
    words = [shortened(names[k], 20) for k in likely]
    wide = max(map(len, words))
    bars = [_BAR * round(40 * chances[k]) if math.isfinite(chances[k]) else "" for k in likely]
    rows = [
        escape(f"{word:{wide}} {chances[k]:6.1%} {bar}")
        for word, k, bar in zip(words, likely, bars, strict=True)
    ]
    read = shortened(("" if all(len(name) == 1 for name in names) else " ").join(text), 60)
    return f" After “{escape(read)}” comes:<pre>{'<br>'.join(rows)}</pre>"


def _list_tokens(tokens: Any) -> list[str]:
    names = list(tokens) if isinstance(tokens, str | list | tuple) else None
    if names is None or not all(isinstance(name, str) and name for name in names):
        raise TypeError(
            "expected tokens to be a string of letters or a list of words, got "
            f"{type(tokens).__qualname__}: {tokens!a:.60}"
        )
    if len(names) < 2:
        raise ValueError(f"expected at least 2 tokens, got {len(names)}")
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"expected each token once, got {name!a:.60} again")
    return names
