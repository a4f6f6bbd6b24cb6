"""`load` takes a model's file whole, or refuses it and changes nothing, however damaged it is."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nn import MLP
from tests.thorough import examples, trying

several = trying(300)


def save_model() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.json")
        MLP(2, [2, 1], seed=1).save(path)
        return path.read_bytes()


WRITTEN = save_model()
CONTENT = json.loads(WRITTEN)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files") / "model.json"


def assert_refused(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    model = MLP(2, [2, 1], seed=2)
    before = [(p.data, p.grad) for p in model.parameters()]
    with pytest.raises(ValueError, match=r"^cannot load '.*model\.json'") as caught:
        model.load(path)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 1_000
    assert [(p.data, p.grad) for p in model.parameters()] == before


def test_an_intact_file_is_loaded(path: Path) -> None:
    path.write_bytes(WRITTEN)
    model = MLP(2, [2, 1], seed=2)
    model.load(path)
    assert model.state_dict() == MLP(2, [2, 1], seed=1).state_dict()


@pytest.mark.thorough
def test_a_file_cut_short_anywhere_is_refused(path: Path) -> None:
    whole = len(WRITTEN.rstrip())  # still intact without its final newline
    for length in range(0, whole, whole // examples(whole, 60)):
        assert_refused(path, WRITTEN[:length])


@several
@given(place=st.integers(0, len(WRITTEN) - 1), bit=st.integers(0, 7))
def test_a_flipped_bit_is_refused(path: Path, place: int, bit: int) -> None:
    data = bytearray(WRITTEN)
    data[place] ^= 1 << bit
    assume(not _says_the_same(bytes(data)))
    assert_refused(path, bytes(data))


@several
@given(
    start=st.integers(0, len(WRITTEN)),
    length=st.integers(0, 40),
    put=st.binary(max_size=40)
    | st.sampled_from([b"1", b"-", b"nan", b"NaN", b'"', b"{", b"1e999"]),
)
def test_a_file_with_a_replaced_part_is_refused(
    path: Path, start: int, length: int, put: bytes
) -> None:
    data = WRITTEN[:start] + put + WRITTEN[start + length :]
    assume(not _says_the_same(data))
    assert_refused(path, data)


def _says_the_same(data: bytes) -> bool:
    """Whether it is JSON with the same content: only white space differs, or 1.50 for 1.5."""
    try:
        return bool(json.loads(data) == CONTENT)
    except ValueError:
        return False


ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=12,
)


@several
@given(content=ANYTHING)
def test_any_other_json_is_refused(path: Path, content: Any) -> None:
    assert_refused(path, json.dumps(content).encode())


@several
@given(
    field=st.sampled_from(["format", "version", "class", "parameters", "checksum"]), put=ANYTHING
)
def test_any_other_field_is_refused(path: Path, field: str, put: Any) -> None:
    assume(put != CONTENT[field] or type(put) is not type(CONTENT[field]))
    assert_refused(path, json.dumps({**CONTENT, field: put}).encode())


@several
@given(data=st.binary(max_size=300))
def test_any_other_bytes_are_refused(path: Path, data: bytes) -> None:
    assert_refused(path, data)
