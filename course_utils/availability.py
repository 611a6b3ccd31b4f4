"""Published, or the course's own: the one place that decides it, for pictures and weights, and says so."""

import contextlib
import socket
import threading
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course_utils.errors import CourseError, NotAvailable, in_a_line
from course_utils.files import free_space


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


@dataclass(frozen=True)
class Choice:
    """What was taken (``value``), which kind it is (a key of ``SAID``), and why."""

    value: Any
    taken: str
    why: str


# What a lesson says of its choice, in one line.
SAID = {
    "tfds": "Data: the published {title}, {why}.",
    "folder": "Data: your own pictures, {why}.",
    "sample": "Data: the drawn sample of {title}. Why: {why}",
    "published": "Weights: {title}, trained on ImageNet, {why}.",
    "stand-in": "Weights: the course's stand-in for {title}, pretrained on drawings. Why: {why}",
}
# The values of a lesson's parameters DATA and WEIGHTS, and what each means.
SOURCES = {
    "DATA": (
        ("auto", "tfds", "sample"),
        "the published pictures where they can be had, only those, or the drawn sample. A folder that has a "
        "subfolder of pictures for each class is allowed too",
    ),
    "WEIGHTS": (
        ("auto", "published", "stand-in"),
        "the published weights where they can be had, only those, or the course's small stand-in",
    ),
}


def check(parameter, asked):
    """Raise CourseError unless ``asked`` is a value of ``parameter``, "DATA" or "WEIGHTS"."""
    allowed, meaning = SOURCES[parameter]
    if asked not in allowed:
        raise CourseError(f"{parameter} = {asked!r} is none of {', '.join(map(repr, allowed))}: {meaning}.")


def choose(parameter, asked, published, own):
    """Return the ``Choice`` that ``asked``, the value of ``parameter`` ("DATA", "WEIGHTS"), stands for.

    ``published()`` returns (value, why) or raises NotAvailable, ``own()`` returns the value of the course's
    own. ``"auto"`` takes the published where that works. Raises CourseError for a value that is not allowed,
    and NotAvailable where the published was asked for and cannot be had.
    """
    check(parameter, asked)
    _, public, ours = SOURCES[parameter][0]
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

    mark = plots.use_weights if taken in SOURCES["WEIGHTS"][0] else plots.use_source
    mark(taken)
    print(SAID[taken].format(title=title, why=why))


def obtain(published):
    """Return (value, why) of a ``Published``, downloaded now if it is not here yet.

    Raises NotAvailable within seconds when what is here is damaged, the server does not answer or the disk
    is too small.
    """
    value = published.look()
    if value is not None:
        return value, f"from {published.folder}"
    if not network_answers(published.address):  # the libraries themselves may try for minutes
        host = urllib.parse.urlsplit(published.address).hostname or published.address
        raise NotAvailable(
            f"{published.title} is not in {published.folder} and {host} does not answer. Connect to the "
            f"network, or {published.advice}."
        )
    if free_space(published.folder) < 1.2 * published.disk_bytes:
        raise NotAvailable(
            f"{published.title} needs {published.disk_bytes / 1e6:.0f} MB and the disk of {published.folder} "
            f"has less. Free some space, or {published.advice}."
        )
    try:
        return published.download(), f"downloaded to {published.folder}"
    except Exception as error:  # urllib, TFDS, TensorFlow Hub and Keras raise many kinds: all mean not here
        raise NotAvailable(
            f"{published.title} could not be downloaded to {published.folder}: {in_a_line(error)}. Try again "
            f"('course fetch'; finished files are kept), or {published.advice}."
        ) from error


def outlook(published):
    """Return what ``obtain`` would do with a ``Published``, without doing it, and a sentence about it.

    The first is "here", "download", "damaged" or "unreachable".
    """
    try:
        if published.look() is not None:
            return "here", f"in {published.folder}"
    except NotAvailable as error:
        return "damaged", str(error)
    if network_answers(published.address):
        return "download", f"not here yet; about {published.download_bytes / 1e6:.0f} MB to download"
    host = urllib.parse.urlsplit(published.address).hostname
    return "unreachable", f"not here and {host} does not answer"


def network_answers(address, seconds=4):
    """Tell whether the server of a URL (or the proxy that stands before it) takes a connection in time.

    Schemes other than http and https, such as gs, which TensorFlow reads itself, count as answering. Name
    resolution knows no time limit of its own, so the attempt runs in a thread that is left behind when it
    hangs.
    """
    ports, parts = {"http": 80, "https": 443}, urllib.parse.urlsplit(address)
    if parts.scheme not in ports:
        return True
    host, port = parts.hostname, parts.port or ports[parts.scheme]
    if not host:
        return False
    proxy = urllib.request.getproxies().get(parts.scheme)
    if proxy and not urllib.request.proxy_bypass(host):
        through = urllib.parse.urlsplit(proxy if "//" in proxy else f"//{proxy}")
        host, port = through.hostname, through.port or 80
    answered = threading.Event()

    def attempt():
        with contextlib.suppress(OSError):
            socket.create_connection((host, port), timeout=seconds).close()
            answered.set()

    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    thread.join(seconds)
    return answered.is_set()
