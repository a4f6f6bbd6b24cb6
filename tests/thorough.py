"""How many examples a random test tries: a few by default, many in a thorough run.

`GLASSGRAD_THOROUGH=1 pytest -m 'thorough or hypothesis'` runs all that try more in a thorough run:
those that Hypothesis runs, which it marks, and those marked `thorough`.
"""

from __future__ import annotations

import os

from hypothesis import settings

THOROUGH = os.environ.get("GLASSGRAD_THOROUGH") == "1"


def examples(many: int, few: int | None = None) -> int:
    """`many` in a thorough run; otherwise `few`, by default a tenth."""
    if THOROUGH:
        return many
    return max(many // 10, 5) if few is None else few


def trying(many: int, few: int | None = None) -> settings:
    """Hypothesis's settings for that many examples."""
    return settings(max_examples=examples(many, few), deadline=None)
