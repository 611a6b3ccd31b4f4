"""Practise: which exercises are done, kept in one file of the user's own; nothing leaves the machine."""

import contextlib
import datetime
import json
import os

from course_utils.errors import CourseError, say
from course_utils.files import expanded, written_whole


def path():
    """Return where progress is kept: in ``COURSE_DATA_DIR``, else in the user's data folder."""
    if chosen := os.environ.get("COURSE_DATA_DIR"):
        return expanded(chosen) / "progress.json"
    import platformdirs

    return platformdirs.user_data_path("image-classification-course", appauthor=False) / "progress.json"


def load():
    """Return a dict of exercise, such as "02.1", to {"passed", "tries", "when"}.

    A file that holds something else is set aside under another name, which a line says.
    """
    try:
        return _checked(path().read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise CourseError(
            f"Your progress in {path()} cannot be read: {error.strerror}. Set COURSE_DATA_DIR to a "
            "folder of yours."
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError):
        aside = path().with_name(f"progress-damaged-{datetime.datetime.now():%Y%m%d-%H%M%S-%f}.json")
        with contextlib.suppress(OSError):
            os.replace(path(), aside)
        say(f"Your progress in {path()} was damaged. It begins anew; the old file is now {aside.name}.")
        return {}


def note(exercise, passed):
    """Keep that ``exercise`` was tried, and whether it passed; once passed it stays so.

    Two notebooks may do so at once. Where nothing can be kept, one line says so and nothing is raised.
    """
    try:
        with _alone():
            kept = load()
            before = kept.get(exercise, {"passed": False, "tries": 0, "when": ""})
            if before["passed"]:
                return
            now = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
            kept[exercise] = {"passed": bool(passed), "tries": before["tries"] + 1, "when": now}
            _write(kept)
    except CourseError as error:
        say(f"Your progress is not kept: {error}")


def reset(lesson):
    """Forget the exercises of ``lesson``, such as "02"; return how many there were."""
    with _alone():
        kept = load()
        left = {exercise: entry for exercise, entry in kept.items() if not exercise.startswith(f"{lesson}.")}
        _write(left)
    return len(kept) - len(left)


def _checked(text):
    kept = json.loads(text)["exercises"]
    for entry in kept.values():
        if not (isinstance(entry["passed"], bool) and isinstance(entry["tries"], int)):
            raise ValueError("no progress of this course")
    return kept


def _write(kept):
    with written_whole(path()) as temporary:
        text = json.dumps({"version": 1, "exercises": dict(sorted(kept.items()))}, indent=1)
        temporary.write_text(text + "\n", encoding="utf-8")


@contextlib.contextmanager
def _alone():
    """Let one process at a time read and write the file; raises CourseError where that cannot be."""
    import filelock

    try:
        path().parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(path().with_suffix(".lock"), timeout=10):
            yield
    except (OSError, filelock.Timeout) as error:
        reason = getattr(error, "strerror", None) or "another program holds it"
        raise CourseError(
            f"{path()} cannot be written: {reason}. Set COURSE_DATA_DIR to a folder of yours."
        ) from error
