"""The exceptions that the course raises for something that its user can put right."""

import unicodedata


class CourseError(Exception):
    """A mistake that the reader can repair.

    The message is one paragraph: the value that was given, what is allowed, and the next step. The command
    line prints it without a traceback and returns ``exit_code``; a notebook shows the paragraph alone.
    """

    exit_code = 2

    def __init__(self, message=""):
        super().__init__(printable(message))

    def _render_traceback_(self):
        # IPython calls this instead of drawing a traceback: forty lines of our code help no learner.
        return [f"{type(self).__name__}: {self}"]


class NotAvailable(CourseError):
    """What was asked for is right, but this machine lacks it: no network, no space, no permission."""

    exit_code = 1


# Controls, what is invisible or turns text round, halves of letters (bytes that are no UTF-8), line ends
_HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
_JOINERS = "\u200c\u200d"  # Persian, Indian scripts and emoji need them, after a letter beyond ASCII


def printable(text):
    """Return ``text`` with escapes such as ``\\n`` for what could forge a line or is not to be seen in it."""
    return "".join(
        letter.encode("unicode_escape").decode()
        if unicodedata.category(letter) in _HIDDEN and not (letter in _JOINERS and before > "\x7f")
        else letter
        for before, letter in zip(f" {text}", text, strict=False)
    )


def say(text, **options):
    """Print ``text`` as one line, whatever names it holds; ``options`` are those of ``print``."""
    print(printable(text), flush=True, **options)


def in_words(left_out, count=5):
    """Return a line about what was left out, a list of (path, reason): how many, and the first ``count``."""
    first = "; ".join(f"{path} ({reason})" for path, reason in left_out[:count])
    more = f"; and {len(left_out) - count:,} more" if len(left_out) > count else ""
    return f"{len(left_out):,} left out: {first}{more}"


def in_a_line(error):
    """Return the kind of an exception and the first line of its message."""
    return f"{type(error).__name__}: {(str(error) or 'no reason given').splitlines()[0]}"
