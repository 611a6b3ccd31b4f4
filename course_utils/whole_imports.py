"""Imports that an interruption cannot cut in two: half a library stays useless until the process ends."""

import contextlib
import signal
import threading


@contextlib.contextmanager
def uninterrupted():
    """Let an interruption wait for the end of the block, which imports NumPy, Matplotlib or TensorFlow.

    They cannot be imported a second time where the first was cut short: one press of the stop button in the
    first cell of a lesson would spoil all later ones.
    """
    if threading.current_thread() is not threading.main_thread():  # where Python interrupts nothing
        yield
        return
    came = []
    before = signal.signal(signal.SIGINT, lambda *_: came.append(True))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before or signal.SIG_DFL)
        if came:
            signal.raise_signal(signal.SIGINT)
