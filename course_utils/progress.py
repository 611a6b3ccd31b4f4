"""A bar that tells how far a long reading or computing is."""

import io
import sys


def progress(total, what, delay=0):
    """Return a tqdm bar for ``total`` pictures (below 0: not known), shown after ``delay`` seconds.

    It is one line in a notebook or on a terminal, and nothing where the output goes to a log.
    """
    from tqdm import tqdm

    class Line(tqdm):
        """A line that is rewritten in place, so that a saved page has its last state and not all of them."""

        shown = None

        def display(self, msg=None, pos=None):
            from IPython.display import display

            text = {"text/plain": str(self)}
            if self.shown is None:
                self.shown = display(text, raw=True, display_id=True)
            else:
                self.shown.update(text, raw=True)

    total = total if total >= 0 else None
    options = {"total": total, "desc": what, "unit": " pictures", "mininterval": 0.5, "delay": delay}
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if getattr(shell, "kernel", None) is not None:
        return Line(file=io.StringIO(), ascii=False, **options)
    return tqdm(disable=None, **options)
