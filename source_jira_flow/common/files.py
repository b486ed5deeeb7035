"""Files of the person at the terminal: JSON that is read, and secrets that only their owner can read."""

from __future__ import annotations

import codecs
import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any

from source_jira_flow.common.text import printable
from source_jira_flow.errors import ConfigurationError

OWNER_ONLY = 0o600
_OWNER_ONLY_DIRECTORY = 0o700
_ROOT = 0
_BYTE_ORDER_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
# No configuration, catalog or state comes near; past a thousand, parsers and serializers give up.
_DEEPEST = 100


def read_json_object(path: Path, what: str) -> dict[str, Any]:
    """The JSON object in a file; as `read_json`."""
    document = read_json(path, what)
    if not isinstance(document, dict):
        raise ConfigurationError(f"{shown(path)} is not {what}: it must be a JSON object.")
    return document


def read_json(path: Path, what: str) -> Any:
    """The JSON in a file; `what` names its purpose in messages. Raises ConfigurationError in one sentence."""
    try:
        return _parsed(_content(path))
    except OSError as error:
        raise ConfigurationError(f"{shown(path)} can't be read: {reason_of(error)}. Check the path.") from error
    except _UnusableError as error:
        raise ConfigurationError(f"{shown(path)} {error}. Write {what} to it, or name another file.") from None


class _UnusableError(Exception):
    """What is wrong with a file, to follow its name."""


def _content(path: Path) -> str:
    content = path.read_bytes()
    if content.startswith(_BYTE_ORDER_MARKS):
        raise _UnusableError("begins with a byte order mark (BOM): it must be UTF-8 without one")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise _UnusableError("is not in UTF-8") from None


def _parsed(text: str) -> Any:
    if not text.strip():
        raise _UnusableError("is empty")
    try:
        document = json.loads(text, parse_constant=_refuse_constant)
        if _depth(document) > _DEEPEST:
            raise RecursionError
    except json.JSONDecodeError as error:
        raise _UnusableError(f"is not JSON (line {error.lineno})") from None
    except ValueError:
        raise _UnusableError("is not JSON (it has a number that JSON does not have)") from None
    except RecursionError:
        raise _UnusableError("is nested too deeply") from None
    if _HALF_CHARACTER.search(json.dumps(document, ensure_ascii=False)):
        raise _UnusableError(r"has half of a character (such as \ud83d without its other half)")
    return document


def shown(path: Path) -> str:
    """A path as it can be printed, whatever bytes its name is made of."""
    return printable(os.fsencode(path).decode("utf-8", "replace"))


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _depth(node: Any) -> int:
    parts = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return 1 + max(map(_depth, parts), default=0)


def write_private(path: Path, text: str, *, overwrite: bool = False) -> None:
    """Write `text` with mode 0600. Raises FileExistsError if something is there and `overwrite` is false.

    The text is written beside its place and moved there: readers see the old file or the new one, never a part. What
    is overwritten is the name: a link is replaced, and the file that it points to is left alone.
    """
    _make_private_folder(path.parent)
    try:
        # mkstemp makes files of mode 0600, whatever the umask.
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.")
        written = Path(name)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            if overwrite:
                written.replace(path)
            else:
                _move_to_free_place(written, path)
        finally:
            written.unlink(missing_ok=True)
    except OSError as error:
        # The same error, about the file that was asked for.
        raise type(error)(error.errno, error.strerror, str(path)) from None


def _make_private_folder(folder: Path) -> None:
    """The folder and all missing ones above it, for their owner alone: `mkdir` sets the mode of the last one only."""
    if not folder.exists():
        _make_private_folder(folder.parent)
        folder.mkdir(mode=_OWNER_ONLY_DIRECTORY, exist_ok=True)


def _move_to_free_place(written: Path, path: Path) -> None:
    try:
        # Unlike a rename, a link never takes the place of another file.
        path.hardlink_to(written)
    except FileExistsError:
        raise
    except OSError:
        # A file system without hard links. Claiming the name first keeps the promise not to overwrite.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, OWNER_ONLY))
        written.replace(path)


def free_place(path: Path) -> Path:
    """The path itself, or the first of `name-2.ext`, `name-3.ext` … that is not taken."""
    number, candidate = 1, path
    while os.path.lexists(candidate):
        number += 1
        candidate = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return candidate


def others_can_read(path: Path) -> bool:
    """Whether the file's mode lets its group or everyone in. Always false on systems without such modes."""
    return os.name == "posix" and bool(path.stat().st_mode & 0o077)


def refuse_foreign(path: Path) -> None:
    """Raises ConfigurationError for a file of another user, who may have planted it. Root reads everybody's."""
    if os.name == "posix" and path.exists():
        reader = os.geteuid()
        if reader != _ROOT and path.stat().st_uid not in (reader, _ROOT):
            raise ConfigurationError(f"{path} belongs to another user, so it is not used. Name another file.")


def reason_of(error: OSError) -> str:
    """What the operating system says, without Python's decoration."""
    return error.strerror or type(error).__name__
