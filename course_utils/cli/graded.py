"""The process in which one submission's exercises are executed and judged; ``grading`` starts and limits it.

What it is to do comes as JSON on standard input, and a line of JSON for each exercise goes to the file that
is named there. The submission is a stranger's code: nothing that it prints, and no output that it brought,
counts as a result.
"""

import ast
import contextlib
import json
import os
import sys
import threading
import time


def main():
    """Execute what standard input says: see ``grading._process``."""
    task = json.loads(sys.stdin.read())
    _limit(task["memory"], task["processor_seconds"])
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    from course_utils import exercises

    evaluate = exercises.evaluate  # taken before a stranger's code can put another one in its place
    settings = Config({"HistoryManager": {"enabled": False}, "InteractiveShell": {"colors": "NoColor"}})
    shell = InteractiveShell.instance(config=settings)
    with open(task["results"], "a", encoding="utf-8") as results:
        failed = _run(shell, task["imports"])
        for number, cells, asked in task["exercises"]:
            print(json.dumps({"begun": number}), file=results, flush=True)
            begun = time.perf_counter()
            error = _run(shell, cells) or failed
            state, text = _judged(evaluate, shell, number, asked, error)
            row = {"exercise": number, "state": state, "hint": text, "seconds": time.perf_counter() - begun}
            print(json.dumps(row), file=results, flush=True)


def _run(shell, cells):
    """Execute cells as a notebook does; return what went wrong, in a line, or None."""
    for source in cells:
        result = shell.run_cell(source)
        if error := result.error_before_exec or result.error_in_exec:
            return f"The cell ended with {type(error).__name__}: {str(error)[:300]}"
    return None


def _judged(evaluate, shell, number, asked, error):
    """Return (state, text) of the answer, the value of the expression ``asked``."""
    try:
        answer = eval(compile(ast.parse(asked, mode="eval"), "check", "eval"), shell.user_ns)
    except Exception as missing:  # no such name, for instance
        return "not yet", error or f"The submission has no answer: {type(missing).__name__}: {missing}"
    try:
        result = evaluate(number, answer)
    except Exception as problem:  # an answer that is built to break its check
        return "not yet", f"The answer cannot be judged: {type(problem).__name__}: {problem}"
    return result.state, result.text


def _limit(memory, processor_seconds):
    """Limit this process, which ends with the one that started it; ``grading`` watches from outside, too."""
    parent = os.getppid()

    def end_with_parent():
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()
    with contextlib.suppress(ImportError, ValueError, OSError):  # not on Windows
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (processor_seconds, processor_seconds))
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))


if __name__ == "__main__":
    main()
