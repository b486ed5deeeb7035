"""The one error that the demo raises on purpose."""


class Trouble(Exception):
    """Something that the person at the terminal can fix: one sentence, and a hint if there is one."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint
