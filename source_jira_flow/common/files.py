"""Files of the person at the terminal: JSON that is read, and secrets that only their owner can read."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from source_jira_flow.errors import ConfigurationError

OWNER_ONLY = 0o600
_OWNER_ONLY_DIRECTORY = 0o700
_ROOT = 0


def read_json_object(path: Path, what: str) -> dict[str, Any]:
    """The JSON object in a file; `what` names its purpose in messages. Raises ConfigurationError in one sentence."""
    try:
        document = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path} can't be read: {reason_of(error)}.") from error
    except (ValueError, RecursionError):
        raise ConfigurationError(f"{path} is not JSON. Write {what} to it, or name another file.") from None
    if not isinstance(document, dict):
        raise ConfigurationError(f"{path} is not {what}: it must be a JSON object.")
    return document


def write_private(path: Path, text: str, *, overwrite: bool = False) -> None:
    """Write `text` with mode 0600. Raises FileExistsError if something is there and `overwrite` is false.

    The text is written beside its place and moved there: readers see the old file or the new one, never a part. What
    is overwritten is the name: a link is replaced, and the file that it points to is left alone.
    """
    _make_private_folder(path.parent)
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


def is_taken(path: Path) -> bool:
    """Whether something is there, a link that leads nowhere included."""
    return os.path.lexists(path)


def free_place(path: Path) -> Path:
    """The path itself, or the first of `name-2.ext`, `name-3.ext` … that is not taken."""
    number, candidate = 1, path
    while is_taken(candidate):
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
