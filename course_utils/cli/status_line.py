"""What is going on, in one line at the bottom of a terminal that is rewritten in place."""

import shutil
import sys


class StatusLine:
    """The line; where the output is no terminal (``live`` is False), nothing of it is shown.

    Whatever else is printed comes after ``clear()``.
    """

    def __init__(self):
        self.live, self._text = sys.stdout.isatty(), ""

    def show(self, text):
        """Replace what the line says; a text that is longer than the terminal is wide is cut."""
        text = text[: shutil.get_terminal_size().columns - 1]
        if self.live and text != self._text:
            self.clear()
            print(text, end="", flush=True)
            self._text = text

    def clear(self):
        """Take the line away."""
        if self._text:
            print("\r\x1b[K", end="", flush=True)
            self._text = ""
