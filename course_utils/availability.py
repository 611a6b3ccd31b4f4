"""Published, or the course's own: the one place that decides it, for pictures and weights, and says so."""

import contextlib
import http.client
import socket
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from course_utils import machine
from course_utils.errors import CourseError, NotAvailable, in_a_line, say
from course_utils.files import free_space, from_home

# The values of the parameters DATA and WEIGHTS: "auto", the published, the course's own.
ALLOWED = {"DATA": ("auto", "tfds", "sample"), "WEIGHTS": ("auto", "published", "stand-in")}
# What a lesson says of its choice, in one line.
SAID = {
    "tfds": "Data: the published {title}, {why}.",
    "folder": "Data: your own pictures, {why}.",
    "sample": "Data: the drawn sample of {title}. Why: {why}",
    "published": "Weights: {title}, trained on ImageNet, {why}.",
    "stand-in": "Weights: the course's stand-in for {title}, pretrained on drawings. Why: {why}",
}
STALLED = 20  # seconds without a byte after which a download is given up
SLOWEST = 2_000  # bytes a second of waiting; what comes slower stands still, too
Choice = namedtuple("Choice", "value taken why")  # ``taken`` is a key of SAID


@dataclass(frozen=True)
class Published:
    """Something published that lessons use: where it is kept, and how it is downloaded to there.

    ``look()`` returns what is in ``folder`` already, or None; it raises NotAvailable where that is damaged.
    ``download()`` fetches it and returns the same. ``address`` is the server's, a URL; ``download_bytes`` is
    what travels, ``disk_bytes`` what the download needs on disk; ``advice`` says how else to go on.
    """

    title: str
    folder: Path
    address: str
    look: Callable
    download: Callable
    download_bytes: int
    disk_bytes: int
    advice: str


def choose(parameter, asked, published, own):
    """Return the ``Choice`` that ``asked``, the value of ``parameter`` ("DATA", "WEIGHTS"), stands for.

    ``published()`` returns (value, why) or raises NotAvailable; ``own()`` returns the course's own. "auto"
    takes the published where that works. Raises CourseError for a value that is not allowed, and NotAvailable
    where the published was asked for and cannot be had.
    """
    _, public, ours = ALLOWED[parameter]
    if asked not in ALLOWED[parameter]:
        allowed = ", ".join(map(repr, ALLOWED[parameter]))
        raise CourseError(
            f"{parameter} = {asked!r} is none of {allowed}: the published where it can be had, only that, or "
            f"the course's own{', nor a folder with a subfolder for each class' * (parameter == 'DATA')}."
        )
    if asked == ours:
        return Choice(own(), ours, f"{parameter} asks for it.")
    try:
        value, why = published()
    except NotAvailable as error:
        if asked == public:
            raise
        return Choice(own(), ours, str(error))
    return Choice(value, public, why)


def announce(title, taken, why):
    """Say in one line what was taken, and mark the figures that follow as *sample* or *stand-in*, or not."""
    from course_utils import plots

    mark = plots.use_weights if taken in ALLOWED["WEIGHTS"] else plots.use_source
    mark(taken)
    say(from_home(SAID[taken].format(title=title, why=why)))


def outlook(published):
    """Return what ``obtain`` would do, "here", "download", "damaged" or "unreachable", and a sentence."""
    try:
        if published.look() is not None:
            return "here", f"in {published.folder}"
    except NotAvailable as error:
        return "damaged", str(error)
    if network_answers(published.address):
        return "download", f"not here yet; about {published.download_bytes / 1e6:.0f} MB to download"
    return "unreachable", f"not here and {_host(published)} does not answer"


def obtain(published):
    """Return (value, why) of a ``Published``, downloaded now if it is not here yet.

    Raises NotAvailable within seconds when what is here is damaged, the server does not answer or the disk is
    too small, and when a download stands still or all but.
    """
    title, folder, advice = published.title, published.folder, published.advice
    value = published.look()
    if value is not None:
        return value, f"from {folder}"
    if not network_answers(published.address):  # the libraries themselves may try for minutes
        raise NotAvailable(
            f"{title} is not in {folder} and {_host(published)} does not answer. Connect to the network, or "
            f"{advice}."
        )
    if free_space(folder) < 1.2 * published.disk_bytes:
        needed = f"needs {published.disk_bytes / 1e6:.0f} MB and the disk of {folder} has less"
        raise NotAvailable(f"{title} {needed}. Free some space, or {advice}.")
    try:
        with _impatient():
            return published.download(), f"downloaded to {folder}"
    except Exception as error:  # urllib, TFDS, TensorFlow Hub and Keras raise many kinds: all mean not here
        raise NotAvailable(
            f"{title} could not be downloaded to {folder}: {in_a_line(error)}. Try again "
            f"('{machine.as_typed('course fetch')}'; finished files are kept), or {advice}."
        ) from error


@contextlib.contextmanager
def _impatient():
    """Let every wait for a byte end after ``STALLED`` seconds, and that for a server that sends single ones.

    By themselves the libraries wait for ever.
    """
    from requests.adapters import HTTPAdapter  # of TFDS; TensorFlow Hub and Keras use urllib

    patient, before, read = HTTPAdapter.send, socket.getdefaulttimeout(), socket.SocketIO.readinto

    def send(adapter, request, **options):
        adapter.max_retries = adapter.max_retries.new(connect=1, read=0, status=0)  # no "Retry-After: 3600"
        return patient(adapter, request, **options | {"timeout": STALLED})

    def readinto(stream, buffer):  # what all of them read through, with and without TLS
        began = time.monotonic()
        count = read(stream, buffer)
        waited, received = getattr(stream, "so_far", (0, 0))
        stream.so_far = waited, received = waited + time.monotonic() - began, received + (count or 0)
        if waited > STALLED:
            if received < SLOWEST * waited:
                raise TimeoutError(f"less than {SLOWEST:,} bytes a second arrive")
            stream.so_far = 0, 0
        return count

    socket.setdefaulttimeout(STALLED)
    HTTPAdapter.send, socket.SocketIO.readinto = send, readinto
    try:
        yield
    finally:
        HTTPAdapter.send, socket.SocketIO.readinto = patient, read
        socket.setdefaulttimeout(before)


def network_answers(address, seconds=4):
    """Tell whether the server of a URL (or the proxy that stands before it) answers within ``seconds``.

    Schemes other than http and https, such as gs, which TensorFlow reads itself, count as answering.
    """
    if urllib.parse.urlsplit(address).scheme not in ("http", "https"):
        return True
    answered = threading.Event()
    request = urllib.request.Request(address, method="HEAD")

    def ask():
        # A connection alone says nothing: a proxy may accept and stay silent. Its address may be wrong, too.
        with contextlib.suppress(OSError, ValueError, http.client.HTTPException):
            with contextlib.suppress(urllib.error.HTTPError):  # an answer, whatever it says
                urllib.request.build_opener().open(request, timeout=seconds).close()
            answered.set()

    # In a thread that is left behind when it hangs: name resolution knows no time limit of its own.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(seconds)
    return answered.is_set()


def _host(published):
    return urllib.parse.urlsplit(published.address).hostname or published.address
