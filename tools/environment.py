"""Makes the development environment in .venv: once, and again when what it is made of changes.

Called by the Makefile with the Python that the environment is to have; needs nothing but the standard library.
`.venv/.made` says what it was made of, and `.venv/.making` that the making has not come to its end: such a one is
begun anew, since pip takes a package for installed that it was killed over.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
MADE = ENVIRONMENT / ".made"
MAKING = ENVIRONMENT / ".making"
LOG = ENVIRONMENT / "pip.log"
SOURCES = (ROOT / "pyproject.toml", ROOT / "constraints.txt")
SUPPORTED = ((3, 10), (3, 12))
SECONDS_BETWEEN_NEWS = 10
LINES_OF_FAILURE = 25


def main() -> int:
    """Returns the exit code."""
    if not SUPPORTED[0] <= sys.version_info[:2] <= SUPPORTED[1]:
        say(f"Python {version()} can't be used: 3.10, 3.11 or 3.12 is needed. Try: make … PYTHON=python3.11")
        return 1
    wanted = recipe()
    found = known_recipe()
    if found == wanted and not MAKING.exists():
        MADE.touch()
        return 0
    if not can_be_kept(found, wanted):
        begin_anew()
    if not works():
        say("Python's venv module made no working environment. On Debian and Ubuntu: apt install python3-venv")
        return 1
    MAKING.touch()
    if not install():
        return 1
    MADE.write_text(json.dumps(wanted, indent=2))
    MAKING.unlink()
    return 0


def recipe() -> dict[str, str]:
    """What the environment is made of. The place belongs to it: scripts in it name their interpreter by its path."""
    contents = b"\0".join(source.read_bytes() for source in SOURCES)
    return {"place": str(ENVIRONMENT), "python": version(), "sources": hashlib.sha256(contents).hexdigest()}


def version() -> str:
    return ".".join(map(str, sys.version_info[:3]))


def known_recipe() -> dict[str, str] | None:
    try:
        found = json.loads(MADE.read_text())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def can_be_kept(found: dict[str, str] | None, wanted: dict[str, str]) -> bool:
    """Whether installing into what is there is enough: also into one that somebody made by hand, if it works."""
    if MAKING.exists() or not works():
        return False
    return found is None or {**found, "sources": ""} == {**wanted, "sources": ""}


def works() -> bool:
    """Whether the environment's Python runs, is of this version, and has pip."""
    program = "import pip, sys; print('.'.join(map(str, sys.version_info[:3])))"
    try:
        asked = subprocess.run([interpreter(), "-c", program], capture_output=True, text=True, check=False)
    except OSError:
        return False
    return asked.returncode == 0 and asked.stdout.strip() == version()


def interpreter() -> str:
    return str(ENVIRONMENT / "bin" / "python")


def begin_anew() -> None:
    if ENVIRONMENT.exists():
        say("The environment in .venv is unfinished, or from elsewhere: beginning anew.")
        shutil.rmtree(ENVIRONMENT)
    ENVIRONMENT.mkdir()
    MAKING.touch()
    # Not --clear: it would take the mark away.
    subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], check=False)


def install() -> bool:
    """Installs this package, editable, with what its tests and the demo need; says how it goes."""
    say(f"Making the environment in .venv, with Python {version()}. This is done once, and takes a few minutes.")
    command = [interpreter(), "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    command += ["--editable", f"{ROOT}[demo,test]"]
    # By the environment, the constraints hold for what the build needs as well.
    environment = {**os.environ, "PIP_CONSTRAINT": str(ROOT / "constraints.txt"), "PIP_PROGRESS_BAR": "off"}
    began = time.monotonic()
    with (
        LOG.open("w") as log,
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT) as pip,
    ):
        follow(pip, began)
    if pip.returncode != 0:
        say(f"pip failed. The end of {LOG.relative_to(ROOT)}:")
        say("\n".join(LOG.read_text(errors="replace").splitlines()[-LINES_OF_FAILURE:]))
        return False
    say(f"The environment is ready ({time.monotonic() - began:.0f} s).")
    return True


def follow(pip: subprocess.Popen[bytes], began: float) -> None:
    while True:
        try:
            pip.wait(SECONDS_BETWEEN_NEWS)
            return
        except subprocess.TimeoutExpired:
            say(f"  {time.monotonic() - began:3.0f} s: {progress(LOG.read_text(errors='replace'))}")


def progress(log: str) -> str:
    if "Installing collected packages" in log:
        return "installing"
    return f"{log.count('Collecting ')} packages collected so far"


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        say("Stopped. The next run begins anew.")
        sys.exit(130)
