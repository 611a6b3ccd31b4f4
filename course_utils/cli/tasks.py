"""Many independent tasks on Dask: on this machine's cores, or on a cluster that is there already."""

import contextlib
import logging
import os

from course_utils.errors import CourseError, NotAvailable, in_a_line

LOST = 20  # workers that may die under one task before it is given up; each death costs it a new try


@contextlib.contextmanager
def workers(count=None, scheduler=None):
    """Yield a Dask client: of ``count`` worker processes here (default: one a core), or of ``scheduler``.

    ``scheduler`` is the address of one that runs already, such as "tcp://10.0.0.5:8786", whose workers have
    the course installed. Raises NotAvailable where it does not answer, CourseError where Dask is missing.
    """
    try:
        import dask
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise CourseError("This needs Dask: pip install 'distributed>=2024.8'.") from error
    # A worker that dies is replaced and its task tried again, which the table at the end shows; what Dask
    # says of it in the meantime is of no use to whoever reads along.
    settings = {"distributed.scheduler.allowed-failures": LOST, "distributed.comm.timeouts.connect": "5s"}
    with contextlib.ExitStack() as stack:
        stack.enter_context(dask.config.set(settings))
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        if scheduler is None:
            cluster = LocalCluster(
                n_workers=count or os.cpu_count() or 1,
                threads_per_worker=1,
                memory_limit=0,  # tasks limit themselves
                dashboard_address=None,
                silence_logs=logging.CRITICAL,
            )
            scheduler = stack.enter_context(cluster)
        try:
            yield stack.enter_context(Client(scheduler, timeout=10, set_as_default=False))
        except OSError as error:
            raise NotAvailable(
                f"Dask's scheduler {scheduler} does not answer: {in_a_line(error)}. Start one there with "
                "'dask scheduler', or leave --scheduler out to use this machine."
            ) from error


def each(client, function, tasks):
    """Yield (name, result) of ``function(*arguments)`` as they end, for a dict of name to arguments.

    A result is an exception where a task raised one. A worker that dies costs its task a new try.
    """
    from distributed import as_completed

    futures = {
        client.submit(function, *arguments, pure=False, retries=0): name for name, arguments in tasks.items()
    }
    for future in as_completed(list(futures), loop=client.loop):
        error = future.exception()
        yield futures.pop(future), future.result() if error is None else error
