"""All colours come from the palette, and pages use every one that it writes for them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

import nn
from autograd import Value
from viz import draw
from viz.pictures.dark import write_dark_style
from viz.pictures.palette import (
    ALARM,
    DARK,
    FALLS,
    GALLERY,
    INK,
    KINDS,
    LINE,
    MARK,
    PAPER,
    QUIET,
    RISES,
    STEPS,
    Shade,
    css_of_kinds,
    css_of_themes,
    css_variables,
)

VIZ = Path(__file__).parents[2] / "viz"
COLOUR = re.compile(r"#[0-9a-f]{3,8}\b|\b(?:rgb|hsl|oklch|color)a?\(", re.IGNORECASE)
SOURCES = [
    file for file in sorted(VIZ.rglob("*")) if file.suffix in (".py", ".html", ".css", ".js")
]


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: file.relative_to(VIZ).as_posix())
def test_no_colour_stands_outside_the_palette(file: Path) -> None:
    found = COLOUR.findall(file.read_text("utf-8"))
    assert bool(found) == (file.name == "palette.py")


@pytest.mark.parametrize(
    ("page", "style", "its_own"),
    [
        (STEPS, "stepping/page.css", {"now", "track", "tint", "border", "width"}),
        (GALLERY, "course/gallery.css", {"w"}),
    ],
    ids=["steps", "gallery"],
)
def test_a_style_uses_the_variables_that_the_palette_writes_for_it(
    page: Mapping[str, Shade], style: str, its_own: set[str]
) -> None:
    css = (VIZ / style).read_text("utf-8")
    written = set(re.findall(r"--(\w+): #", css_variables(page)))
    assert set(re.findall(r"var\(--(\w+)\)", css)) - its_own == written == set(page)


def test_a_page_is_light_or_dark_as_its_reader_chose_and_light_when_printed() -> None:
    page = {"ink": Shade("#111111", "#eeeeee"), "sheet": Shade("#ffffff")}
    assert css_variables(page) == (
        ":root {\n  color-scheme: light;\n  --ink: #111111;\n  --sheet: #ffffff;\n}\n"
        "@media screen and (prefers-color-scheme: dark) {\n"
        ":root {\n  color-scheme: dark;\n  --ink: #eeeeee;\n}\n}\n"
    )


def test_every_kind_of_box_has_a_look_in_light_and_in_dark() -> None:
    light, _, dark = css_of_kinds().partition("@media screen and (prefers-color-scheme: dark)")
    for kind, look in KINDS.items():
        assert f".{kind} {{ --tint: {look.tint}; --border: {look.border}; --width: " in light
        assert f".{kind} {{ --tint: {look.dark_tint}; --border: {look.dark_border} }}" in dark


def test_a_page_that_is_told_its_theme_has_the_same_colours_whatever_the_system_says() -> None:
    light, dark = css_of_themes(STEPS).split(":root[data-theme=dark] {")
    assert light.startswith("@media screen {\n:root[data-theme=light] {\n  color-scheme: light;\n")
    for name, shade in STEPS.items():
        assert f"--{name}: {shade.light};" in light
        assert f"--{name}: {shade.dark or shade.light};" in dark
    for kind, look in KINDS.items():
        assert f".{kind} {{ --tint: {look.tint}; --border: {look.border} }}" in light
        assert f".{kind} {{ --tint: {look.dark_tint}; --border: {look.dark_border} }}" in dark


def test_every_colour_of_a_picture_has_one_that_stands_for_it_in_the_dark() -> None:
    """And no two looks want the same colour to become different ones."""
    model = nn.MLP(2, [2, 1], seed=0)
    values = [Value(1.0, kind, role=kind) for kind in ("parameter", "input", "target", "constant")]
    loss = (model(values[:2]) * values[2] - values[3]) ** 2
    loss.label = "L"
    loss.backward()
    for drawn in (draw(loss, highlight=values[:1]), draw(loss, detail="neuron"), draw(model)):
        _, _, picture = drawn.svg.partition("</style>")
        assert set(re.findall(r"#[0-9a-f]{6}\b", picture)) <= set(DARK)
    for look in KINDS.values():
        assert (DARK[look.tint], DARK[look.border]) == (look.dark_tint, look.dark_border)
    assert all(light in write_dark_style() for light in DARK)


def contrast(one: str, other: str) -> float:
    """As the Web Content Accessibility Guidelines define it."""

    def luminance(colour: str) -> float:
        parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    darker, lighter = sorted([luminance(one), luminance(other)])
    return (lighter + 0.05) / (darker + 0.05)


def test_text_is_legible_in_light_and_in_dark() -> None:
    for shown in ({}, DARK):
        paper, ink = shown.get(PAPER, PAPER), shown.get(INK, INK)
        for text in (INK, QUIET, FALLS, RISES):
            assert contrast(shown.get(text, text), paper) >= 4.5, text
        for kind, look in KINDS.items():
            assert contrast(ink, shown.get(look.tint, look.tint)) >= 4.5, kind
            assert contrast(shown.get(look.border, look.border), paper) >= 3, kind


def test_lines_borders_and_marks_stand_out_from_the_paper() -> None:
    for colour in (LINE, ALARM, MARK, RISES, FALLS):
        assert contrast(colour, PAPER) >= 3.0 <= contrast(DARK[colour], DARK[PAPER])
    for name in ("edge", "rises", "falls"):
        for under in ("paper", "card"):
            line, sheet = STEPS[name], STEPS[under]
            assert contrast(line.light, sheet.light) >= 3.0
            assert contrast(line.dark or line.light, sheet.dark) >= 3.0


def test_a_page_makes_no_line_paler() -> None:
    css = (VIZ / "stepping/page.css").read_text("utf-8")
    for selectors, style in re.findall(r"^(\S.*?) \{(.*)\}$", css, re.MULTILINE):
        of_lines = any(
            ".line" in each and not each.endswith(" text") for each in selectors.split(",")
        )
        assert not (of_lines and "opacity:" in style), selectors
