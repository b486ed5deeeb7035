"""Files that only their owner can read, written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

OWNER_ONLY = 0o600
_OWNER_ONLY_DIRECTORY = 0o700


def write_private(path: Path, text: str, *, overwrite: bool = False) -> None:
    """Write `text` with mode 0600. Raises FileExistsError where a file is there and `overwrite` is false.

    The text is written beside its place and moved there: whoever looks sees the old file or the new one.
    """
    path.parent.mkdir(mode=_OWNER_ONLY_DIRECTORY, parents=True, exist_ok=True)
    # mkstemp makes files of mode 0600, whatever the umask.
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
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
    while candidate.exists():
        number += 1
        candidate = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return candidate


def others_can_read(path: Path) -> bool:
    """Whether the file's mode lets its group or everyone in. Always false where there are no such modes."""
    return os.name == "posix" and bool(path.stat().st_mode & 0o077)
