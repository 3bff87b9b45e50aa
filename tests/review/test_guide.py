"""A browser opens only where a person can see it."""

import webbrowser

import pytest

from gauntlet.review.guide import open_in_browser


class Window(webbrowser.BaseBrowser):
    def __init__(self):
        super().__init__("window")
        self.opened = []

    def open(self, url, new=0, autoraise=True):
        self.opened.append(url)
        return True


@pytest.fixture
def report(tmp_path):
    path = tmp_path / "report.html"
    path.write_text("")
    return path


def test_opens_for_a_person_at_a_terminal(report, monkeypatch):
    window = Window()
    monkeypatch.setattr("webbrowser.get", lambda: window)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert open_in_browser(report)
    assert window.opened == [report.as_uri()]
    assert not open_in_browser(report.with_name("gone.html"))


def test_stays_shut_in_a_pipe_without_a_browser_or_with_one_inside_the_terminal(report, monkeypatch):
    window = Window()
    monkeypatch.setattr("webbrowser.get", lambda: window)
    monkeypatch.setattr("sys.stdout.isatty", lambda: False)
    assert not open_in_browser(report)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setattr("webbrowser.get", lambda: webbrowser.GenericBrowser("w3m"))
    assert not open_in_browser(report)

    def none():
        raise webbrowser.Error("no browser")

    monkeypatch.setattr("webbrowser.get", none)
    assert not open_in_browser(report)
    assert window.opened == []
