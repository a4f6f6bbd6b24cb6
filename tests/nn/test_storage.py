"""save and load: exact, atomic, and strict about the file."""

from __future__ import annotations

import errno
import hashlib
import json
import math
import os
import re
import struct
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from autograd import Value
from nn import MLP, Embedding, Module, storage

posix = pytest.mark.skipif(
    sys.platform == "win32", reason="tests permissions, links and errors of POSIX"
)


class Numbers(Module):
    def __init__(self, *numbers: float) -> None:
        self.n = [Value(x) for x in numbers]


EXTREMES = (0.1, -0.0, 5e-324, 1.7976931348623157e308, 1 / 3, math.inf, -math.inf, math.nan, 1e22)


def test_every_float_is_restored_bit_for_bit(tmp_path: Path) -> None:
    one, two = Numbers(*EXTREMES), Numbers(*([0.0] * len(EXTREMES)))
    one.save(tmp_path / "n.json")
    two.load(tmp_path / "n.json")
    as_bytes = [struct.pack("d", x) for x in EXTREMES]
    assert [struct.pack("d", v.data) for v in two.n] == as_bytes


def test_the_file_is_plain_json_with_a_header(tmp_path: Path) -> None:
    Numbers(*EXTREMES).save(str(tmp_path / "n.json"))

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    content = json.loads((tmp_path / "n.json").read_text(), parse_constant=refuse)
    assert list(content) == ["format", "version", "class", "parameters", "checksum"]
    assert (content["format"], content["version"]) == ("glassgrad parameters", 1)
    assert content["class"] == "Numbers"
    assert content["parameters"]["n.0"] == 0.1


def test_a_model_is_restored_from_its_file(tmp_path: Path) -> None:
    one, two = MLP(2, [4, 1], seed=1), MLP(2, [4, 1], seed=2)
    one.save(tmp_path / "model.json")
    two.load(tmp_path / "model.json")
    assert two.state_dict() == one.state_dict()


def test_words_in_any_alphabet_are_restored(tmp_path: Path) -> None:
    one, two = Embedding(["café", "犬", '"'], 2, seed=1), Embedding(["café", "犬", '"'], 2, seed=2)
    one.save(tmp_path / "words.json")
    two.load(tmp_path / "words.json")
    assert two.state_dict() == one.state_dict()


def edited(text: str, **changes: Any) -> str:
    return json.dumps({**json.loads(text), **changes})


def resealed(text: str, **changes: Any) -> str:
    content = {**json.loads(text), **changes}
    content.pop("checksum")
    return json.dumps({**content, "checksum": storage._checksum(content)})


NOT_JSON = "it is not JSON: cut short, or another kind of file"
OTHER_FORMAT = "its format is not 'glassgrad parameters'"
ALTERED = "it was altered after it was saved (its checksum does not match)"
NO_NUMBERS = "its parameters are not a dictionary of paths and numbers"


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda t: t[: len(t) // 2], NOT_JSON),
        (lambda t: "", NOT_JSON),
        (lambda t: "[" * 100_000, NOT_JSON),
        (lambda t: "\ud800\udfff", NOT_JSON),
        (lambda t: "[1, 2]", OTHER_FORMAT),
        (lambda t: '{"w": 1.0}', OTHER_FORMAT),
        (lambda t: edited(t, format="other"), OTHER_FORMAT),
        (lambda t: edited(t, version=2), "its version is 2, but this release reads 1"),
        (lambda t: t.replace("0.25", "0.26"), ALTERED),
        (lambda t: t.replace('"n.1"', '"n.7"'), ALTERED),
        (lambda t: edited(t, checksum=None), ALTERED),
        (lambda t: edited(t, parameters=[]), ALTERED),
        (lambda t: resealed(t, parameters=[0.25, 0.5]), NO_NUMBERS),
        (lambda t: resealed(t, parameters={"n.0": "one", "n.1": 0.5}), NO_NUMBERS),
        (lambda t: resealed(t, parameters={"n.0": 1, "n.1": 0.5}), NO_NUMBERS),
    ],
)
def test_a_damaged_or_foreign_file_is_refused_and_changes_nothing(
    tmp_path: Path, damage: Any, reason: str
) -> None:
    path = tmp_path / "n.json"
    Numbers(0.25, 0.5).save(path)
    path.write_bytes(damage(path.read_text()).encode(errors="surrogatepass"))
    model = Numbers(1.0, 2.0)
    with pytest.raises(ValueError, match="cannot load") as caught:
        model.load(path)
    expected = f"cannot load {str(path)!r}: {reason}. Pass a file that save() wrote"
    assert str(caught.value) == expected
    assert model.state_dict() == {"n.0": 1.0, "n.1": 2.0}


def test_an_intact_file_that_lacks_a_parameter_is_refused_and_changes_nothing(
    tmp_path: Path,
) -> None:
    path = tmp_path / "n.json"
    Numbers(0.25).save(path)
    model = Numbers(1.0, 2.0)
    with pytest.raises(ValueError, match=r"saved by Numbers: .* missing 'n.1'") as caught:
        model.load(path)
    assert repr(str(path)) in str(caught.value)
    assert model.state_dict() == {"n.0": 1.0, "n.1": 2.0}


def test_the_file_is_human_readable_json(tmp_path: Path) -> None:
    path = tmp_path / "n.json"
    Numbers(0.25, math.inf).save(path)
    # The checksum covers everything else, without spaces and with sorted keys.
    rest = (
        '{"class":"Numbers","format":"glassgrad parameters",'
        '"parameters":{"n.0":0.25,"n.1":"inf"},"version":1}'
    )
    assert path.read_bytes().decode() == (
        "{\n"
        ' "format": "glassgrad parameters",\n'
        ' "version": 1,\n'
        ' "class": "Numbers",\n'
        ' "parameters": {\n'
        '  "n.0": 0.25,\n'
        '  "n.1": "inf"\n'
        " },\n"
        f' "checksum": "sha256:{hashlib.sha256(rest.encode()).hexdigest()}"\n'
        "}\n"
    )


def test_an_error_about_another_shape_names_the_class_that_saved_it(tmp_path: Path) -> None:
    MLP(2, [1]).save(tmp_path / "m.json")
    with pytest.raises(ValueError, match="saved by MLP: the state does not fit this Numbers"):
        Numbers(1.0).load(tmp_path / "m.json")


def test_saving_replaces_the_file_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "n.json"
    Numbers(1.0).save(path)
    Numbers(2.0).save(path)
    model = Numbers(0.0)
    model.load(path)
    assert model.n[0].data == 2.0
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_save_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "n.json"
    Numbers(1.0).save(path)
    before = path.read_bytes()

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, step, full)
        with pytest.raises(OSError, match=r"cannot save to '.*n\.json': No space left"):
            Numbers(2.0).save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@posix
def test_a_new_file_has_the_usual_permissions_and_keeps_later_ones(tmp_path: Path) -> None:
    path, other = tmp_path / "n.json", tmp_path / "other"
    other.write_text("")
    Numbers(1.0).save(path)
    assert path.stat().st_mode == other.stat().st_mode
    path.chmod(0o640)
    Numbers(2.0).save(path)
    assert path.stat().st_mode & 0o777 == 0o640


@posix
def test_a_link_is_followed_and_stays_a_link(tmp_path: Path) -> None:
    path, link = tmp_path / "n.json", tmp_path / "link.json"
    link.symlink_to(path)
    Numbers(1.0).save(link)
    assert link.is_symlink() and path.is_file()


def test_a_missing_folder_is_reported_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "n.json"
    sentence = (
        f"cannot save to {str(path)!r}: the folder {str(path.parent)!r} does not exist; "
        "create it first"
    )
    with pytest.raises(FileNotFoundError, match=f"^{re.escape(sentence)}$"):
        Numbers(1.0).save(path)


def test_a_missing_file_is_reported_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "n.json"
    sentence = re.escape(f"cannot load {str(path)!r}: No such file")
    with pytest.raises(FileNotFoundError, match=f"^{sentence}") as caught:
        Numbers(1.0).load(path)
    assert caught.value.errno == errno.ENOENT


def test_an_error_without_a_number_keeps_its_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Path) -> bytes:
        raise OSError("the network is down")

    monkeypatch.setattr(type(tmp_path), "read_bytes", broken)
    with pytest.raises(OSError, match=r"^cannot load '.*': the network is down$"):
        Numbers(1.0).load(tmp_path / "n.json")


@posix
def test_a_folder_instead_of_a_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError, match=r"cannot save to .*: Is a directory"):
        Numbers(1.0).save(tmp_path)
    assert list(tmp_path.parent.glob("*.draft")) == []
    with pytest.raises(IsADirectoryError, match=r"cannot load .*: Is a directory"):
        Numbers(1.0).load(tmp_path)


@posix
@pytest.mark.skipif(
    hasattr(os, "geteuid") and os.geteuid() == 0, reason="to the superuser no folder is read-only"
)
def test_a_read_only_folder_is_reported_in_one_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(PermissionError, match=r"^cannot save to .*: Permission denied$"):
            Numbers(1.0).save(tmp_path / "n.json")
    finally:
        tmp_path.chmod(0o700)


# ── devices, pipes and links ─────────────────────────────────────────────────────────────────


@posix
@pytest.mark.parametrize("device", ["/dev/null", "/dev/zero"])
def test_a_device_is_written_to_and_stays_a_device(device: str) -> None:
    before = Path(device).stat()
    Numbers(1.0).save(device)
    after = Path(device).stat()
    assert (after.st_mode, after.st_ino, after.st_rdev) == (
        before.st_mode,
        before.st_ino,
        before.st_rdev,
    )


@posix
def test_a_full_device_is_reported_in_one_sentence() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    with pytest.raises(OSError, match=r"^cannot save to '/dev/full': No space left on device$"):
        Numbers(1.0).save("/dev/full")


@posix
def test_the_reader_of_a_fifo_gets_the_file(tmp_path: Path) -> None:
    fifo, file = tmp_path / "fifo", tmp_path / "n.json"
    os.mkfifo(fifo)  # type: ignore[attr-defined,unused-ignore]
    received: list[bytes] = []
    reader = threading.Thread(target=lambda: received.append(fifo.read_bytes()))
    reader.start()
    Numbers(1.0).save(fifo)
    reader.join()
    Numbers(1.0).save(file)
    assert received == [file.read_bytes()]
    assert fifo.is_fifo() and sorted(tmp_path.iterdir()) == [fifo, file]


@posix
@pytest.mark.parametrize(
    ("name", "redirected"),
    [("/dev/stdout", False), ("/dev/stdout", True), ("/dev/../dev/fd/1", True), ("link", True)],
)
def test_standard_output_is_written_to_after_what_was_printed(
    tmp_path: Path, name: str, redirected: bool
) -> None:
    if name == "link":
        name = str(tmp_path / "link")
        Path(name).symlink_to("other")
        (tmp_path / "other").symlink_to("/dev/stdout")
    code = (
        f"import nn; print('first', flush=True); nn.Neuron(1, seed=0).save({name!r}); print('last')"
    )
    file = tmp_path / "out"
    with file.open("wb") as out:
        run = subprocess.run(
            [sys.executable, "-c", code], stdout=out if redirected else subprocess.PIPE, check=True
        )
    text = file.read_text() if redirected else run.stdout.decode()
    assert text.startswith("first\n{\n") and '"class": "Neuron"' in text
    assert text.endswith("}\nlast\n")


@posix
def test_a_file_with_two_names_is_overwritten_under_both(tmp_path: Path) -> None:
    path, other = tmp_path / "n.json", tmp_path / "other.json"
    Numbers(1.0).save(path)
    os.link(path, other)
    Numbers(2.0).save(path)
    assert path.samefile(other)
    model = Numbers(0.0)
    model.load(other)
    assert model.n[0].data == 2.0


@posix
def test_a_dangling_link_is_followed(tmp_path: Path) -> None:
    path, link = tmp_path / "n.json", tmp_path / "link.json"
    link.symlink_to(path)
    Numbers(1.0).save(link)
    assert link.is_symlink() and path.is_file()


@posix
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o444 | 0o200, None])
def test_nobody_else_can_read_a_file_while_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int | None
) -> None:
    path = tmp_path / "n.json"
    if mode is not None:
        Numbers(1.0).save(path)
        path.chmod(mode)
    seen: list[int] = []

    def look(_: int) -> None:
        (draft,) = tmp_path.glob("*.draft")
        seen.append(draft.stat().st_mode & 0o777)

    monkeypatch.setattr(os, "fsync", look)
    umask = os.umask(0o027)
    try:
        Numbers(2.0).save(path)
    finally:
        os.umask(umask)
    assert seen == [0o640 if mode is None else 0o600]
    assert path.stat().st_mode & 0o777 == (0o640 if mode is None else mode)


unprivileged = pytest.mark.skipif(
    hasattr(os, "geteuid") and os.geteuid() == 0, reason="the superuser may do it all"
)


@posix
@unprivileged
def test_a_read_only_file_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "n.json"
    Numbers(1.0).save(path)
    path.chmod(0o444)
    before = path.read_bytes()
    with pytest.raises(PermissionError, match=r"^cannot save to .*: Permission denied$"):
        Numbers(2.0).save(path)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


@posix
@unprivileged
def test_a_file_in_a_read_only_folder_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "n.json"
    Numbers(1.0).save(path)
    tmp_path.chmod(0o500)
    try:
        Numbers(2.0).save(path)
    finally:
        tmp_path.chmod(0o700)
    model = Numbers(0.0)
    model.load(path)
    assert model.n[0].data == 2.0


# ── how an error quotes a bad file ───────────────────────────────────────────────────────────


def deep(text: str, depth: int) -> str:
    nested = "[" * depth + "]" * depth
    return text.replace('"Numbers"', nested)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda t: resealed(t, version="\x1b[2J" + "9" * 10**6), "its version is '\\x1b[2J999"),
        (lambda t: resealed(t, version=10**4000), "its version is 1000"),
        (lambda t: resealed(t, version=["\x07"] * 1000), "its version is a list, but"),
        (lambda t: resealed(t, version={"\x07": 1}), "its version is a dict, but"),
        (lambda t: t.replace('"version": 1', '"version": ' + "1" * 5000), NOT_JSON),
        (lambda t: t.replace('"n.1"', '"n.0"'), "the key 'n.0' is repeated"),
        (lambda t: t.replace('"n.1"', '"\\u0007"').replace('"n.0"', '"\\u0007"'), r"key '\x07' is"),
        (lambda t: t.replace("0.25", "NaN"), NOT_JSON),
        (lambda t: t.replace("0.25", "-Infinity"), NOT_JSON),
        (lambda t: resealed(t, parameters={"n.0": math.nan, "n.1": 0.5}), NOT_JSON),
        (lambda t: t.replace("0.25", "1e999"), ALTERED),
        (lambda t: resealed(t, parameters={"n.0": "NaN", "n.1": 0.5}), NO_NUMBERS),
        (lambda t: resealed(t, parameters={"n.0": 10**400, "n.1": 0.5}), NO_NUMBERS),
        (lambda t: resealed(t, parameters={"n.0": True, "n.1": 0.5}), NO_NUMBERS),
        (lambda t: "\udcff" + t, NOT_JSON),
        (lambda t: resealed(t, parameters={"\x1b" * 10**6: 0.5}), r"unexpected '\x1b\x1b"),
        (lambda t: resealed(t, parameters={}, **{"class": "\x1b[31m" * 10**5}), r"by '\x1b[31m"),
        (lambda t: resealed(t, parameters={}, **{"class": ["x"] * 10**5}), "saved by a list"),
    ],
)
def test_an_error_about_a_bad_file_is_short_and_printable(
    tmp_path: Path, damage: Any, reason: str
) -> None:
    path = tmp_path / "n.json"
    Numbers(0.25, 0.5).save(path)
    path.write_bytes(damage(path.read_text()).encode(errors="surrogateescape"))
    model = Numbers(1.0, 2.0)
    with pytest.raises(ValueError, match="cannot load") as caught:
        model.load(path)
    message = str(caught.value)
    assert reason in message
    assert message.isprintable() and message.isascii() and len(message) < 700
    assert model.state_dict() == {"n.0": 1.0, "n.1": 2.0}


@pytest.mark.parametrize("depth", [100, *range(900, 1010, 3), 5000])
def test_json_nested_to_any_depth_is_refused(tmp_path: Path, depth: int) -> None:
    path = tmp_path / "n.json"
    Numbers(0.25).save(path)
    path.write_text(deep(path.read_text(), depth))
    with pytest.raises(ValueError, match="cannot load"):
        Numbers(1.0).load(path)


def test_a_byte_order_mark_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "n.json"
    Numbers(0.25).save(path)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())  # as some editors add it
    model = Numbers(1.0)
    model.load(path)
    assert model.n[0].data == 0.25
