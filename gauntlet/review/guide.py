"""Where to look and what to edit in a run folder, and whether the edits hold together."""

import sys
import webbrowser
from pathlib import Path

_RECORDS = (
    ("spec.json", "what the paper says: 'variables' (value, unit, range), 'mechanisms' (steps), 'claims' (points)"),
    ("cost_model.json", "what its mechanism costs: 'terms' and 'outputs' (expressions), 'bounds' (what nothing beats)"),
)


def guide_lines(run_dir: Path) -> list[str]:
    """Which record to edit for what, then the command that judges again."""
    lines = [
        f"{run_dir / name}: {holds}" + ("" if (run_dir / name).is_file() else " (not written yet)")
        for name, holds in _RECORDS
    ]
    return ["Edit, if something was read or modelled wrongly:", *lines, f"Then run: gauntlet judge {run_dir}"]


def check_edits(run_dir: Path) -> tuple[str, ...]:
    """One sentence per problem of the records that are there: file, line, field, value and fix."""
    from gauntlet.evaluate import check_run

    return tuple(str(problem) for problem in check_run(run_dir))


def open_in_browser(report: Path) -> bool:
    """Show the report in a graphical browser; False when there is none, nobody watches, or no report."""
    if not report.is_file() or not sys.stdout.isatty():
        return False
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return False
    in_this_terminal = type(browser) is webbrowser.GenericBrowser
    return not in_this_terminal and browser.open(report.resolve().as_uri())
