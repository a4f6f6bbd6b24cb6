"""A small transformer, of the parts of `nn` alone, trained as a program."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Value, total

WORDS = ["a", "b", "c", "d"]
LENGTH = 3


class Transformer(nn.Module):
    def __init__(self, dim: int = 4) -> None:
        self.tokens = nn.Embedding(WORDS, dim, seed=0)
        self.places = nn.Embedding(LENGTH, dim, seed=1)
        self.norm = nn.RMSNorm(dim)
        self.attention = nn.Attention(dim, heads=2, causal=True, seed=2)
        self.mlp = nn.Sequential(
            nn.LayerNorm(dim), nn.Layer(dim, 8, "gelu", seed=3), nn.Layer(8, dim, None, seed=4)
        )
        self.dropout = nn.Dropout(0.1, seed=5)
        self.head = nn.Layer(dim, len(WORDS), None, seed=6)

    def forward(self, tokens: list[Any]) -> list[Any]:
        x = [add(self.tokens(t), self.places(k)) for k, t in enumerate(tokens)]
        mixed = self.attention([self.norm(row) for row in x])
        x = [add(row, self.dropout(m)) for row, m in zip(x, mixed, strict=True)]
        return [self.head(add(row, self.mlp(row))) for row in x]


def add(a: list[Any], b: list[Any]) -> list[Any]:
    return [p + q for p, q in zip(a, b, strict=True)]


def loss_of(model: Transformer, tokens: list[Any], targets: list[Any]) -> Value:
    return nn.cross_entropy(model(tokens), targets, ignore_index=-1)


@pytest.mark.slow
def test_a_transformer_learns_to_count_as_a_program() -> None:
    model = Transformer().eval()
    tokens = [Value(0, label=f"token{k}") for k in range(LENGTH)]
    targets = [Value(1, label=f"target{k}") for k in range(LENGTH)]
    program = autograd.compile(
        loss_of(model, tokens, targets), model.parameters(), [*tokens, *targets]
    )
    starts = np.arange(4.0)
    columns = [(starts + k) % 4 for k in (0, 1, 2, 1, 2, 3)]
    columns[3] = np.full(4, -1.0)  # the first prediction does not count

    gains = model.norm.w
    known = set(gains)
    rest = [p for p in model.parameters() if p not in known]
    adam = nn.AdamW(
        [{"params": rest}, {"params": gains, "lr": 0.003, "weight_decay": 0.0}],
        lr=0.03,
        program=program,
    )
    schedule = nn.warmup_cosine(0.03, warmup=10, steps=120)
    losses = []
    for step in range(120):
        adam.lr = schedule(step)
        loss, _ = program.value_and_grad(*columns)
        nn.clip_grad_norm(program, 1.0)
        adam.step()
        losses.append(loss)
    assert losses[0] > 1.0 and losses[-1] < 0.05

    program.write_back()
    logits = [[v.data for v in row] for row in model(["c", "d", "a"])]
    assert [row.index(max(row)) for row in logits][1:] == [0, 1]


def test_the_program_and_the_graph_of_a_transformer_agree() -> None:
    model = Transformer().eval()
    tokens, targets = [Value(k) for k in (2, 0, 3)], [Value(k) for k in (0, -1, 1)]
    loss = loss_of(model, tokens, targets)
    loss.backward()
    program = autograd.compile(loss, model.parameters(), [*tokens, *targets])
    value, gradient = program.value_and_grad([2], [0], [3], [0], [-1], [1])
    assert value == pytest.approx(loss.data, rel=1e-12)
    assert gradient == pytest.approx([p.grad for p in model.parameters()], rel=1e-9, abs=1e-13)
    plain = loss_of(model, ["c", "a", "d"], [0, -1, 1])
    assert plain.data == pytest.approx(loss.data, rel=1e-12)


def test_in_training_a_transformer_drops_out_and_its_program_says_what_to_do() -> None:
    model = Transformer()
    drawn = {total(model([0, 1, 2])[2]).data for _ in range(8)}
    assert len(drawn) > 1
    with pytest.raises(ValueError, match=r"call model\.eval\(\) before autograd\.compile"):
        autograd.compile(loss_of(model, [0, 1, 2], [1, 2, 3]), model.parameters())
