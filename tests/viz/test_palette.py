"""All colours come from the palette, and pages use every one that it writes for them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from viz.pictures.palette import GALLERY, KINDS, STEPS, Shade, css_of_kinds, css_variables

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
