"""Two processes draw what one would, and none is forked beside a thread."""

import threading

import pytest

from gauntlet.report import side_by_side


@pytest.fixture
def drawn(monkeypatch):
    """Stands in for the drawing; a child's list is its own, so only the parent's drawings are seen."""
    seen = []
    monkeypatch.setattr(side_by_side, "render_claim", lambda *drawing: seen.append(drawing) or drawing)
    return seen


def test_order_is_kept_and_the_second_half_is_drawn_elsewhere(drawn):
    if threading.active_count() > 1:
        pytest.skip("the test runner has threads of its own")
    drawings = [(number, None, None) for number in range(7)]
    assert side_by_side.render_claims(drawings) == drawings
    assert [number for number, _, _ in drawn] == [0, 1, 2]


def test_beside_a_thread_nothing_is_forked(drawn):
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        drawings = [(number, None, None) for number in range(7)]
        assert side_by_side.render_claims(drawings) == drawings
        assert len(drawn) == 7
    finally:
        stop.set()
        thread.join()


def test_a_helper_that_never_answers_costs_patience_and_no_picture(drawn, monkeypatch):
    if threading.active_count() > 1:
        pytest.skip("the test runner has threads of its own")
    monkeypatch.setattr(side_by_side, "PATIENCE_S", 0.2)
    monkeypatch.setattr(side_by_side, "_help", lambda drawings, sender: threading.Event().wait())
    drawings = [(number, None, None) for number in range(7)]
    assert side_by_side.render_claims(drawings) == drawings
    assert len(drawn) == 7
