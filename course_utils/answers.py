"""Practise: what the checks of exercises are written with: the form of an answer, and running a function."""

import contextlib
import copy
import linecache
import signal
import threading
import traceback

import numpy as np

SECONDS = 8  # that one call of a learner's function may take


class Hint(Exception):
    """Raised where an answer is wrong: what it shows, without the solution, and a stronger hint."""

    def __init__(self, text, stronger=""):
        super().__init__(text)
        self.text, self.stronger = text, stronger


def number_of(answer, what="the answer"):
    """Return ``answer`` as a float; Hint for anything but one number."""
    (value,) = numbers_of(answer, 1, what)
    return value


def numbers_of(answer, count, what="the answer"):
    """Return ``answer`` as a list of ``count`` floats; Hint for anything else."""
    asked = "one number" if count == 1 else f"{count} numbers, separated by commas"
    if callable(answer):
        raise Hint(
            f"{_capital(what)} is a function; asked for is {asked}. Call it, and give what it returns."
        )
    if isinstance(answer, tuple | list) and any(part is ... for part in answer):
        raise Hint("A part of the answer is still open: the dots.", f"Asked for is {asked}.")
    try:
        values = np.asarray(answer)
        if values.dtype.kind not in "iuf":
            raise TypeError
    except (TypeError, ValueError):
        raise Hint(f"{_capital(what)} is {described(answer)}; asked for is {asked}.") from None
    if values.size != count:
        given = "1 number" if values.size == 1 else f"{values.size or 'no'} numbers"
        raise Hint(f"{_capital(what)} has {given}; asked for is {asked}.")
    if not np.isfinite(values).all():
        raise Hint(f"{_capital(what)} is {described(answer)}: not a finite number.")
    return [float(value) for value in values.ravel()]


def array_of(answer, shape, what="what your function returns"):
    """Return ``answer`` as an array of floats [shape] (None: any length); Hint for another form."""
    try:
        values = np.asarray(answer)
        if values.dtype.kind not in "biuf":  # texts would become numbers
            raise TypeError
        values = values.astype("float64")
    except (TypeError, ValueError):
        raise Hint(f"{_capital(what)} is {described(answer)}; asked for is an array {shape}.") from None
    fits = len(values.shape) == len(shape) and all(
        wanted in (None, side) for wanted, side in zip(shape, values.shape, strict=True)
    )
    if not fits:
        raise Hint(f"{_capital(what)} has the shape {values.shape}; asked for is {shape}.")
    return values


def near(value, wanted, tolerance):
    """Tell whether all of ``value`` is at most ``tolerance`` away from ``wanted``."""
    return bool(np.all(np.abs(np.asarray(value, "float64") - np.asarray(wanted, "float64")) <= tolerance))


def refuse(value, slips, tolerance):
    """Raise the Hint of the first of ``slips``, tuples (slip, text, stronger), that ``value`` is near to."""
    for slip, text, stronger in slips:
        if np.shape(value) == np.shape(slip) and near(value, slip, tolerance):
            raise Hint(text, stronger)


def run(function, *arguments, seconds=SECONDS):
    """Return what a learner's ``function`` returns for copies of ``arguments``.

    An error in it, no answer (None) and no end within ``seconds`` are Hints that name the learner's own line.
    What takes time and is not the learner's, such as importing Keras, is done before.
    """
    if not callable(function):
        raise Hint(
            f"Asked for is a function, and the answer is {described(function)}. Give its name without "
            "brackets, so that the check can call it with pictures of its own."
        )
    try:
        with _limit(seconds):
            returned = function(*(_copied(argument) for argument in arguments))
    except Hint:
        raise
    except (Exception, SystemExit) as error:  # whatever a learner's code can raise
        raise Hint(_in_own_words(error, function)) from None
    if returned is None:
        raise Hint(
            "Your function returns nothing (`None`).", "End it with `return` and the value that is asked for."
        )
    return returned


@contextlib.contextmanager
def _limit(seconds):
    """Raise Hint in a block that runs longer. Python interrupts its main thread only: elsewhere no limit."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    over, late, turn = threading.Event(), threading.Event(), threading.Lock()

    def interrupt():
        with turn:
            if not over.is_set():
                late.set()
                if hasattr(signal, "pthread_kill"):  # ends a sleep, too
                    signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
                else:
                    signal.raise_signal(signal.SIGINT)

    timer = threading.Timer(seconds, interrupt)
    timer.daemon = True
    # A process that was begun in the background ignores interruptions.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer.start()
    try:
        yield
        with turn:  # from here on no interruption comes
            over.set()
    except KeyboardInterrupt:
        if not late.is_set():
            raise
        raise Hint(
            f"Your code was stopped after {seconds} seconds: it does not come to an end, or is far too slow.",
            "Look for a loop whose condition never becomes false.",
        ) from None
    finally:
        over.set()
        timer.cancel()
        signal.signal(signal.SIGINT, before or signal.SIG_DFL)


def _copied(argument):
    try:
        return copy.deepcopy(argument)
    except Exception:  # layers and tensors that cannot be copied
        return argument


def _in_own_words(error, function):
    """Say what an error in a learner's function was, and in which of the learner's own lines."""
    own = getattr(getattr(function, "__code__", None), "co_filename", None)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == own]
    what = f"{type(error).__name__}: {error}"
    if isinstance(error, NameError):
        what += f". No cell that ran has defined `{error.name}`: run the one that does, or define it here"
    if not frames:
        return f"Your function could not be called as asked. {what}."
    line = linecache.getline(frames[-1].filename, frames[-1].lineno).strip() or frames[-1].line
    where = f"line {frames[-1].lineno} of your cell" + (f", `{line}`" if line else "")
    return f"Your code stopped in {where}: {what}."


def described(answer, capital=False):
    """Return the kind and the value of an answer in a few words."""
    kind, shown = type(answer).__name__, repr(answer)
    article = "an" if kind[0] in "aeiou" else "a"
    words = f"{article} {kind}, `{shown if len(shown) < 60 else shown[:57] + '...'}`"
    return _capital(words) if capital else words


def _capital(text):
    return text[:1].upper() + text[1:]
