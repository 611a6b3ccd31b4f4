"""Judge: how far chance alone moves a share of right answers, and whether two of them differ by more."""

import math
from typing import NamedTuple

import numpy as np

from course_utils.errors import CourseError, printable

ERRORS = (
    2  # a difference of fewer standard errors is called a tie: chance makes one as large in 5 of 100 cases
)


class Share(NamedTuple):
    """A share of right answers (0 to 1), its standard error, and the number of answers."""

    value: float
    error: float
    count: int

    def __str__(self):
        return f"{100 * self.value:.1f} ± {100 * self.error:.1f} % of {self.count:,}"


class Difference(NamedTuple):
    """Two shares beside each other: ``points`` is the first minus the second, in points of a per cent.

    ``error`` is the standard error of the difference, in points too; ``tie`` is whether it is so small that
    chance explains it. Printed, it is a sentence.
    """

    names: tuple
    shares: tuple
    points: float
    error: float

    @property
    def tie(self):
        return abs(self.points) <= ERRORS * self.error

    def __str__(self):
        each = ", ".join(
            f"{name} {100 * share.value:.1f} %" for name, share in zip(self.names, self.shares, strict=True)
        )
        counts = sorted({share.count for share in self.shares})
        of = f"on {' and '.join(f'{count:,}' for count in counts)} pictures"
        apart = f"{abs(self.points):.1f} points apart, standard error {self.error:.1f}"
        if self.tie:
            return f"{each}: {apart} {of}, so a tie."
        return f"{each}: {apart} {of}, so more than chance."


def share(right):
    """Return the ``Share`` of an array of right (True, 1) and wrong (False, 0) answers, or of (share, count).

    Its standard error is sqrt(p (1 - p) / n). Raises CourseError where there are no answers.
    """
    value, count = right if isinstance(right, tuple) else (np.mean(_answers(right)), len(right))
    if not 0 <= value <= 1 or count < 1:
        raise CourseError(f"{value!r} of {count!r} answers is no share from 0 to 1 of at least one answer.")
    return Share(float(value), math.sqrt(value * (1 - value) / count), int(count))


def difference(rights):
    """Return the ``Difference`` of two shares: a dict of name to right answers, as for ``share``.

    Two arrays of the same length are answers about the same pictures: their standard error counts only those
    that one got right and the other wrong. Others are taken as independent. Raises CourseError for other
    than two, and for what ``share`` refuses.
    """
    if len(rights) != 2:
        raise CourseError(f"A difference is between two; these are {len(rights)}: {', '.join(rights)}.")
    one, other = rights.values()
    shares = share(one), share(other)
    error = math.hypot(shares[0].error, shares[1].error)
    if not isinstance(one, tuple) and not isinstance(other, tuple) and len(one) == len(other):
        error = float(np.std(_answers(one) - _answers(other)) / math.sqrt(len(one)))
    points = shares[0].value - shares[1].value
    return Difference(tuple(map(printable, rights)), shares, 100 * points, 100 * error)


def _answers(right):
    array = np.asarray(right, float)
    if array.ndim != 1 or not len(array) or not np.isin(array, (0, 1)).all():
        raise CourseError(
            f"The answers have shape {array.shape}; give one for each picture, right (True) or wrong "
            "(False), such as probabilities.argmax(axis=1) == labels."
        )
    return array
