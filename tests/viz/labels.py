"""Labels that have broken drawings somewhere: each must be drawn as what it is."""

from __future__ import annotations

from tests.thorough import THOROUGH

HARD = {
    "quotes": 'the "best" guess',
    "a quote alone": '"',
    "an escaped quote": '\\"',
    "tags": "<b>bold</b>",
    "angle brackets": "<html>",
    "entities": "&amp; &lt; &#60; &quot;",
    "backslash at the end": "a\\",
    "escapes": r"\N \l \G \E \n",
    "newlines": "one\ntwo\r\nthree",
    "tabs": "a\tb",
    "control characters": "\x00a\x07b\x1b[0m\x7f\x85",
    "a lone surrogate": "\ud800x\udfff",
    "not a character": "\ufffe\uffff",
    "script": "</script><script>alert(1)</script>",
    "cdata": "]]>",
    "comment": "<!-- x -->",
    "attribute": "' onload=alert(1) \" onload=alert(1)",
    "record": "{a|<port> b}",
    "keyword": "node",
    "right to left": "שלום مرحبا",
    "override": "\u202eabc",
    "emoji": "🐱 👩‍👩‍👧",
    "accents": "é e\u0301 ß 猫",
    "long": "x" * 10_000,
    "empty": "",
    "spaces": " \u2028 \n ",
    "what a box says": "data  1",
    "marks": "▲■□",
    "dots": "a · b",
}

TELLING = (  # one for each way in which a format can break
    "quotes", "an escaped quote", "backslash at the end", "escapes", "newlines",
    "control characters", "a lone surrogate", "script", "cdata", "attribute",
    "record", "long", "empty",
)  # fmt: skip
TRIED = HARD if THOROUGH else {name: HARD[name] for name in TELLING}
"""For tests that need a second for each label. Marked `thorough`, they then try all of them."""
