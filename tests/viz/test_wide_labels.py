"""In a real browser, labels of any script stay within their boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from autograd import Value, total
from nn import Module, Neuron
from viz import draw, step_through

from .browser import CHROMIUM, NEEDED, browser

if TYPE_CHECKING:
    from pathlib import Path

WIDE = {
    "Chinese": "损失函数的权重与偏置",
    "Japanese": "埋め込み層の重みはとても長い名前です",
    "Korean": "한국어 레이블 가중치",
    "full width": "Ｗｉｄｅ　ｌａｂｅｌ",
    "emoji": "🐱🐶👍🎉🚀",
    "emoji by a selector": "❤️❤️❤️❤️❤️❤️",
    "accents that combine": "e\u0301n\u0303" * 8,
    "Cyrillic": "ЩЖШЩЖШЩЖШЩ",
    "Greek": "ΩΨΦΩΨΦΩΨΦ",
    "Hebrew": "שלום עולם משקל",
    "Arabic": "مرحبا بالعالم وزن",
    "Hindi": "हिन्दी भारमान",
    "Thai": "ไทยน้ำหนัก",
    "Tamil": "தமிழ் எழுத்துக்கள்",
    "one sign for a sentence": "﷽",
    "long dashes": "⸻⸻⸻",
    "cut": "猫" * 100,
    "mixed": "w₁ 猫 weight ❤️",
    "bold": "probability_of_the_next_word",
    "bold and narrow": "illi" * 7,
    "bold and wide": "m" * 28,
    "bold quotes": '"' * 28,
    "bold backslashes": "\\l" * 14,
    "bold and cut": "\\l" * 15,
    "dashes": "—" * 10,
    "long arrows": "⟶⟹⟺⇒⟶⟹",
    "Roman numerals": "ⅫⅧⅦ",
    "two letters in one": "ǄǇǊĲŒÆ" * 3,
}

# The texts that reach beyond the shape around them, and by how many pixels.
BEYOND = """[...document.querySelectorAll("g.node, g.cluster")].flatMap((group) => {
    const right = (element) => element.getBoundingClientRect().right;
    const shapes = [...group.querySelectorAll("polygon, path, ellipse")].map(right);
    return [...group.querySelectorAll("text")]
        .filter((text) => shapes.length && right(text) > Math.max(...shapes) + 2)
        .map((text) => `${text.textContent}: ${right(text) - Math.max(...shapes)}`);
})"""


# Likewise on a page of steps, beyond the frame of a box.
BEYOND_FRAME = """[...document.querySelectorAll("svg.graph:not([hidden]) g.box")].flatMap((box) => {
    const right = (element) => element.getBoundingClientRect().right;
    const frame = right(box.querySelector("rect.frame"));
    return [...box.querySelectorAll("text")]
        .filter((text) => right(text) > frame)
        .map((text) => `${text.textContent}: ${right(text) - frame}`);
})"""


class Named(Module):
    def __init__(self) -> None:
        self.parts = {name: Neuron(1) for name in WIDE.values()}

    def forward(self, x: Value) -> Value:
        y = total([part([x]) for part in self.parts.values()])
        y.label = WIDE["Japanese"]
        return y


@pytest.mark.skipif(CHROMIUM is None and not NEEDED, reason="Chromium is not installed")
@pytest.mark.slow
def test_labels_of_any_script_stay_within_their_boxes(tmp_path: Path) -> None:
    y = Named()(Value(1.0))
    pictures = [
        draw([Value(1.0, label) for label in WIDE.values()]),
        draw(Named(), detail="neuron"),
        draw(y, detail="scalar"),
        draw(y, detail="neuron"),
    ]
    with browser() as running:
        for picture in pictures:
            running.open(picture.save(tmp_path / "wide.svg"))
            assert running.run(BEYOND) == []


@pytest.mark.skipif(CHROMIUM is None and not NEEDED, reason="Chromium is not installed")
@pytest.mark.slow
def test_labels_and_numbers_stay_within_the_boxes_of_a_page(tmp_path: Path) -> None:
    products = [
        Value(1e-9, label, role="input") * Value(-2.0 / 3.0, label) for label in WIDE.values()
    ]
    with browser() as running:
        for loss in (total(products), Named()(Value(1.0))):
            running.open(step_through(loss, digits=12).save(tmp_path / "wide.html"))
            running.press("End")
            assert running.run(BEYOND_FRAME) == []
