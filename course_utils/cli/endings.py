"""How an execution ended and why, and labels in its notebook that are true."""

import re
import signal

import nbformat
from nbclient.exceptions import CellExecutionError

_NOISE = re.compile(r"\[IPKernelApp\] WARNING|Debugger warning|-Xfrozen_modules|PYDEVD_DISABLE")


def conclude(execution):
    """Return how an ``Execution`` ended, and label the cells of its notebook.

    That is outcome, error, cell and last output of an ``Outcome``; the cell as the index of the one in which,
    or before which, the run ended early (else None).
    """
    notebook, failure, cell = execution.notebook, execution.failure, execution.running
    if execution.stop_reason:
        outcome, error = execution.stop_reason, "the run was told to stop"
        if outcome == "timed out":
            error = f"the limit of {execution.timeout:g} s for the whole lesson was reached"
        if cell is None:
            cell = execution.stopped_at  # a cell that took the interrupt and ended well
        if cell is None and execution.position:
            cell = min(execution.position, execution.cells - 1)  # between two cells: this one was not begun
    elif getattr(failure, "ename", "") == "KeyboardInterrupt" and cell == execution.fit_ended_at:
        outcome, error = "interrupted", "the running cell was told to end, and does not go on from there"
    elif isinstance(failure, CellExecutionError):
        outcome, error = "failed", f"{failure.ename}: {failure.evalue}".strip()
    elif "Kernel died" in str(failure):
        outcome, error = "died", _cause_of_death(execution)
    elif not execution.all_ran:
        outcome, error = "failed", f"{type(failure).__name__}: {failure}"
    elif execution.not_shown:  # every cell ran, and what the lesson keeps is there
        outcome, (cell, error) = "failed", execution.not_shown
        error = f"{error.strip()} (while an output was shown)"
    else:
        outcome, error = "passed", ""
    if notebook is None:
        return outcome, error, None, ""
    last_output = _text_of(notebook.cells[cell].get("outputs", [])) if cell is not None else ""
    if outcome == "died" or execution.position == 0:
        execution.log.seek(0)
        lines = execution.log.read().decode("utf-8", "replace").splitlines()
        last_output += "\n" + "\n".join(line for line in lines if not _NOISE.search(line))
    _label(execution, outcome, error, cell)
    last_lines = [line.rstrip() for line in last_output.splitlines() if line.strip()][-8:]
    return outcome, error, cell, "\n".join(last_lines)


def _cause_of_death(execution):
    status = execution.process.returncode if execution.process else None
    cause = "the kernel died" if status is None else f"the kernel ended by itself with exit status {status}"
    if status is not None and status < 0:
        cause = f"the kernel was killed by signal {-status}"
        cause += f" ({signal.strsignal(-status)})" if -status in signal.valid_signals() else ""
        cause += ", most likely because memory ran out" if -status == signal.SIGKILL else ""
    if execution.running is None:
        return cause + (" after the last cell" if execution.position else " before the first cell")
    if execution.notebook.cells[execution.running].get("execution_count") is None:
        cause += ", before this cell or at its very beginning"
    return cause


def _label(execution, outcome, error, stopped_at):
    execution.notebook.metadata.papermill["exception"] = True if error else None
    for index, cell in enumerate(execution.notebook.cells):
        cell.metadata.papermill = {"status": "completed"}
        if error and index >= execution.position:
            cell.metadata.papermill = {"status": "pending"}
            if cell.cell_type == "code":
                cell.update(execution_count=None, outputs=[])
        elif index == stopped_at:
            cell.metadata.papermill = {"status": "failed", "exception": True}
            if outcome != "failed":  # else the cell shows its own error
                text = f"The run ended here ({outcome}): {error}. The cells below did not run.\n"
                cell.outputs.append(nbformat.v4.new_output("stream", name="stderr", text=text))


def _text_of(outputs):
    """Return what a person saw: without colours, and of a line that was rewritten only its last state."""
    texts = [
        "".join(output.get("text") or output.get("data", {}).get("text/plain", ""))
        for output in outputs
        if output.output_type != "error"
    ]
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|.\x08", "", "".join(texts))
    return re.sub(r"[^\n]*\r(?!\n)", "", text)
