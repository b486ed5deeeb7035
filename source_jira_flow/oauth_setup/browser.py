"""Whether a browser can be opened for the person at the terminal, and opening it."""

from __future__ import annotations

import os
import sys
import webbrowser


def can_open_browser() -> bool:
    """False over SSH and without a display: what `webbrowser` finds there is a text browser that takes the terminal."""
    if os.environ.get("BROWSER"):
        return True
    if any(os.environ.get(name) for name in ("SSH_CONNECTION", "SSH_TTY")):
        return False
    displays = ("DISPLAY", "WAYLAND_DISPLAY")
    if sys.platform not in ("darwin", "win32") and not any(os.environ.get(name) for name in displays):
        return False
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True


def open_browser(address: str) -> bool:
    """Whether a browser said that it opened the page."""
    try:
        return webbrowser.open(address)
    except (webbrowser.Error, OSError):
        return False
