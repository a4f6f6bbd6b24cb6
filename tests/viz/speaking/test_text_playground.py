"""What `text_playground` makes of a language model, and what it refuses."""

from __future__ import annotations

import base64
import gzip
import json
import re
import struct
from typing import Any

import pytest

import nn
from autograd import Value, pick, softmax
from viz import text_playground
from viz.speaking.packing import pack_numbers, pack_steps
from viz.speaking.recording import Step

from .models import LETTERS, Spoken, bigram, by_hand, gpt, recurrent, transformer


def plan_of(html: str) -> Any:
    found = re.search(r'<script type="application/json" id="plan">(.*?)</script>', html)
    assert found
    return json.loads(found[1])


def made(spoken: Any, length: int = 5, **options: Any) -> Any:
    return text_playground(
        spoken.model, spoken.tokens, length, parameters=spoken.tables or None, **options
    )


# ── what it finds ──


def test_the_page_says_how_large_the_model_is() -> None:
    page = made(gpt(), start=".")
    assert repr(page) == "<TextPlayground: 129 parameters, 6 tokens; .html, .save('speak.html')>"
    plan = plan_of(page.html)
    assert (plan["tokens"], plan["start"], plan["length"]) == (list(LETTERS), 5, 5)


@pytest.mark.parametrize("share", [softmax, by_hand])
@pytest.mark.parametrize("heads", [1, 2])
def test_attention_is_found_in_the_graph(share: Any, heads: int) -> None:
    attention = plan_of(made(gpt(heads, share)).html)["attention"]
    assert [[len(weights) for weights in head] for head in attention] == [[2, 3, 4, 5]] * heads


def test_attention_of_a_module_is_found_and_that_of_models_without_any_is_not() -> None:
    assert len(plan_of(made(transformer(), 4).html)["attention"]) == 2
    assert plan_of(made(bigram()).html)["attention"] == []
    assert plan_of(made(recurrent()).html)["attention"] == []


def test_a_softmax_over_the_texts_length_by_chance_is_no_attention() -> None:
    table = [[Value(0.1 * k + t) for k in range(3)] for t in range(6)]

    def model(tokens: list[Value]) -> Any:
        rows = [softmax(pick(table, token)) for token in tokens]  # three numbers, at each place
        return [[*row, *row] for row in rows]

    assert plan_of(text_playground(model, LETTERS, 4).html)["attention"] == []


def test_parameters_are_tables_with_names() -> None:
    tables = plan_of(made(gpt()).html)["tables"]
    assert [table["name"] for table in tables] == [
        "letters", "places", "query", "key", "value", "answer", "scale",
    ]  # fmt: skip
    assert [table["tokens"] for table in tables[:3]] == [True, False, False]
    assert tables[0]["widths"] == [4] * 6 and tables[-1]["names"] == [["scale[0]"]]
    tables = plan_of(made(transformer(), 4).html)["tables"]
    assert [table["name"] for table in tables] == [
        "tokens", "places", "attention.query", "attention.key", "attention.value", "attention.out",
        "head",
    ]  # fmt: skip
    assert tables[2]["names"][1] == [
        f"attention.query.neurons.1.{n}" for n in ("w1", "w2", "w3", "w4", "b")
    ]


def test_leaves_without_names_are_one_table_and_constants_are_none_of_it() -> None:
    (table,) = plan_of(made(recurrent()).html)["tables"]
    assert (table["name"], sum(table["widths"])) == ("parameters", 36)


def test_shared_tables_are_there_twice_and_their_numbers_once() -> None:
    spoken = gpt()
    spoken.tables["same"] = spoken.tables["letters"]
    tables = plan_of(made(spoken).html)["tables"]
    assert tables[-1]["at"][0] == [5, 6, 7, 8]  # after the five tokens


def test_chances_are_taken_as_they_are() -> None:
    scores = bigram()
    sure = Spoken(lambda tokens: list(map(softmax, scores.model(tokens))), scores.tables)
    assert plan_of(made(sure, 4).html)["steps"] == plan_of(made(scores, 4).html)["steps"]


def test_a_model_that_scores_only_what_follows_all_is_asked_for_each_beginning() -> None:
    spoken = gpt()

    def last(tokens: list[Value]) -> Any:
        return spoken.model(tokens)[-1]

    whole = plan_of(made(spoken).html)
    by_beginnings = text_playground(
        lambda tokens: [last(tokens[: t + 1]) for t in range(len(tokens))],
        LETTERS, 5, parameters=spoken.tables,
    )  # fmt: skip
    assert plan_of(by_beginnings.html)["steps"] == whole["steps"]  # nothing is computed twice


@pytest.mark.slow
def test_a_page_of_a_transformer_is_small_enough_to_send() -> None:
    page = made(gpt(heads=4, places=16, dim=16, hidden=64), 16, start=".")
    assert "3,265 parameters" in repr(page)
    assert len(page.html.encode()) < 250_000


def test_numbers_are_packed_with_all_their_digits() -> None:
    numbers = [0.1, -1e300, float("inf"), 5e-324]
    data = gzip.decompress(base64.b64decode(pack_numbers(numbers)))
    assert struct.unpack("<4d", data) == tuple(numbers)


def test_packed_steps_can_be_read_back() -> None:
    steps = [Step(0, (3, -1)), Step(1, (3, 4, 1000, -70_000)), Step(0, (7, -1))]
    data = gzip.decompress(base64.b64decode(pack_steps(steps, ["mul", "add"])))
    assert struct.unpack_from("<I", data) == (3,) and data[4:7] == bytes([0, 1, 0])


def test_where_the_page_is_not_shown_one_reads_what_is_likeliest() -> None:
    spoken = gpt()
    html = made(spoken, start=".", text="bad")._repr_html_()
    chances = spoken.chances([".", *"bad"])
    best = max(chances)
    said = html.partition("\u201c.bad\u201d comes:<pre>")[2]
    assert said.startswith(f"{LETTERS[chances.index(best)]} {best:6.1%} \u2588")
    assert "\n" not in html
    assert "<pre>" not in made(spoken)._repr_html_().partition("<iframe")[0]  # it has read nothing


def test_the_page_is_the_same_each_time() -> None:
    assert made(gpt()).html == made(gpt()).html


def test_labels_of_users_are_written_as_text() -> None:
    hostile = "</script><script>alert(1)</script>"
    html = made(bigram(), title=hostile, text=hostile).html
    assert hostile not in html and "&lt;/script&gt;" in html


# ── what it refuses ──


def ahead(tokens: list[Value]) -> Any:
    return [[tokens[-1] * float(k) for k in range(6)] for _ in tokens]


def branching(tokens: list[Value]) -> Any:
    return [[t * 1.0 if t.data > 2 else t + 1.0 for _ in range(6)] for t in tokens]


def indexing(tokens: list[Any]) -> Any:
    return [[[0.0] * 6][t] for t in tokens]


REFUSALS: dict[str, tuple[Any, type[Exception], str]] = {
    "no model": (
        lambda: text_playground(3, "ab"),  # type: ignore[arg-type]
        TypeError, "expected a model, a function from a list of tokens to a list of scores",
    ),
    "tokens that are numbers": (
        lambda: text_playground(ahead, [1, 2]),  # type: ignore[list-item]
        TypeError, "expected tokens to be a string of letters or a list of words, got list: [1, 2]",
    ),
    "one token": (
        lambda: text_playground(ahead, "a"), ValueError, "expected at least 2 tokens, got 1",
    ),
    "a token twice": (
        lambda: text_playground(ahead, "aba"),
        ValueError, "expected each token once, got 'a' again",
    ),
    "a start that is no token": (
        lambda: text_playground(ahead, "ab", start="."),
        ValueError, "expected start to be one of the tokens, got '.'",
    ),
    "too short": (
        lambda: text_playground(ahead, LETTERS, 1),
        ValueError, "expected length to be at least 2, got 1",
    ),
    "looking ahead": (
        lambda: text_playground(ahead, LETTERS, 4),
        ValueError, "got one whose scores after token 0 depend on token 3",
    ),
    "a branch": (
        lambda: text_playground(branching, LETTERS, 4),
        ValueError, "expected the same graph for every text, got another for another text",
    ),
    "a token as an index": (
        lambda: text_playground(indexing, LETTERS, 4),
        TypeError, "Write autograd.pick(rows, token).",
    ),
    "one list of scores": (
        lambda: text_playground(lambda tokens: [tokens[0] * 1.0] * 6, LETTERS, 4),
        TypeError, "got one list of scores. If it scores only what follows all tokens, pass lambda",
    ),
    "too few lists": (
        lambda: text_playground(lambda tokens: [[tokens[0] * 1.0] * 6], LETTERS, 4),
        ValueError, "a list of scores for each of 4 tokens, got 1",
    ),
    "too few scores": (
        lambda: text_playground(lambda tokens: [[t * 1.0] for t in tokens], LETTERS, 4),
        ValueError, "expected a score for each of 6 tokens, got 1 after token 0",
    ),
    "scores that are numbers": (
        lambda: text_playground(lambda tokens: [[1.0] * 6 for t in tokens], LETTERS, 4),
        TypeError, "expected scores that are Values, got float after token 0: 1.0",
    ),
    "parameters in a list": (
        lambda: text_playground(bigram().model, LETTERS, 4, parameters=[1.0]),  # type: ignore[arg-type]
        TypeError, "expected parameters to be a dictionary of names and tables of Values",
    ),
    "parameters that are numbers": (
        lambda: text_playground(bigram().model, LETTERS, 4, parameters={"w\u00e9": [1.0]}),
        TypeError, "expected Values in the table 'w\\xe9', got float: 1.0",
    ),
    "no parameters": (
        lambda: text_playground(lambda tokens: [[t * 2.0] * 6 for t in tokens], LETTERS, 4),
        ValueError, "expected a model with parameters, got one whose graph has none",
    ),
}  # fmt: skip


@pytest.mark.parametrize("attempt", REFUSALS)
def test_it_refuses(attempt: str) -> None:
    make, kind, said = REFUSALS[attempt]
    with pytest.raises(kind) as raised:
        make()
    assert said in str(raised.value)
    assert str(raised.value).isascii()


def test_dropout_has_to_be_switched_off() -> None:
    class Forgetful(nn.Module):
        def __init__(self) -> None:
            self.rows = nn.Embedding(6, 6, seed=0)
            self.dropout = nn.Dropout(0.5, seed=0)

        def forward(self, tokens: list[Value]) -> Any:
            return [self.dropout(self.rows(token)) for token in tokens]

    model = Forgetful()
    with pytest.raises(ValueError, match="or is random"):
        text_playground(model, LETTERS, 4)
    text_playground(model.eval(), LETTERS, 4)
