"""All figures of a report, drawn by two processes where that is safe: drawing is most of the time of a report."""

import multiprocessing
import sys
import threading
import warnings
from collections.abc import Sequence
from multiprocessing.connection import Connection

from gauntlet.report.figure import Curve, Rival, render_claim
from gauntlet.report.records import ClaimReport

Drawing = tuple[ClaimReport, Curve | None, Rival]
Pictures = tuple[bytes, bytes]

PATIENCE_S = 20.0
"""How long the helper may take beyond our own half; then it is stopped and its half is drawn here."""

_WORTH_A_FORK = 4


def render_claims(drawings: Sequence[Drawing]) -> list[Pictures]:
    """(SVG, PNG) of each drawing, in order; the same bytes whoever draws them."""
    alone = threading.active_count() == 1  # a fork beside a thread can inherit a lock that nobody will release
    if len(drawings) < _WORTH_A_FORK or not alone or not sys.platform.startswith("linux"):
        return _render_all(drawings)
    import gauntlet.report.canvas  # noqa: F401 - loads matplotlib before the fork, once for both

    half = len(drawings) // 2
    fork = multiprocessing.get_context("fork")
    receiver, sender = fork.Pipe(duplex=False)
    helper = fork.Process(target=_help, args=(drawings[half:], sender), daemon=True)
    with warnings.catch_warnings():  # newer Pythons warn of numpy's idle threads; the helper takes none of their locks
        warnings.simplefilter("ignore", DeprecationWarning)
        helper.start()
    sender.close()  # the helper's end alone is open: if it dies, that is heard at once
    try:
        return _render_all(drawings[:half]) + _others(receiver, drawings[half:])
    finally:
        helper.kill()
        helper.join()


def _others(receiver: Connection, drawings: Sequence[Drawing]) -> list[Pictures]:
    """What the helper drew; drawn here where it does not answer."""
    try:
        if receiver.poll(PATIENCE_S):
            pictures: list[Pictures] = receiver.recv()
            return pictures
    except (EOFError, OSError):
        pass
    return _render_all(drawings)


def _help(drawings: Sequence[Drawing], sender: Connection) -> None:
    sender.send(_render_all(drawings))


def _render_all(drawings: Sequence[Drawing]) -> list[Pictures]:
    return [render_claim(*drawing) for drawing in drawings]
