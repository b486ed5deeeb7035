"""The files of one setup, next to the configuration that it writes."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

DEFAULT_OUTPUT = Path("secrets/config.json")


def shown(path: Path) -> Path:
    """The path as a person would write it: relative if it is below the working directory."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


@dataclass(frozen=True)
class Places:
    """The files of one setup. Only their owner can read them."""

    config: Path

    @property
    def key(self) -> Path:
        """The private key, unless another file was named. Never overwritten, never removed."""
        return self._beside("key.pem")

    @property
    def session(self) -> Path:
        """The progress of an interrupted setup. Removed when the configuration is written."""
        return self._beside("session.json")

    @property
    def steps(self) -> Path:
        """The steps for the administrator, to send to them. Nothing in it is secret."""
        return self._beside("administrator.txt")

    def command(self, *options: str) -> str:
        """The command line that works on these files, ready to be pasted into a shell."""
        output = [] if self.config == DEFAULT_OUTPUT else ["--output", str(self.config)]
        return shlex.join(["source-jira-flow", "oauth", *options, *output])

    def _beside(self, ending: str) -> Path:
        return self.config.with_name(f"{self.config.stem}.{ending}")
