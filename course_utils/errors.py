"""The exceptions that the course raises for something that its user can put right."""


class CourseError(Exception):
    """A mistake that the reader can repair.

    The message is one paragraph: the value that was given, what is allowed, and the next step. The command
    line prints it without a traceback and returns ``exit_code``; a notebook shows the paragraph alone.
    """

    exit_code = 2

    def _render_traceback_(self):
        # IPython calls this instead of drawing a traceback: forty lines of our code help no learner.
        return [f"{type(self).__name__}: {self}"]


class NotAvailable(CourseError):
    """What was asked for is right, but this machine lacks it: no network, no space, no permission."""

    exit_code = 1
