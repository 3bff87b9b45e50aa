"""`gauntlet --help` starts fast, and every command shows examples."""

import subprocess
import sys

import pytest

COMMANDS = [
    (), ("evaluate",), ("judge",), ("review",), ("record",), ("batch",), ("doctor",), ("hardware",),
    ("hardware", "list"), ("hardware", "show"), ("mechanisms",), ("mechanisms", "list"), ("mechanisms", "show"),
    ("contract",), ("contract", "show"), ("contract", "validate"), ("contract", "test"), ("contract", "audit"),
    ("contract", "diff"), ("contract", "coverage"),
]  # fmt: skip
HEAVY = (
    "rich",
    "numpy",
    "pydantic",
    "openai",
    "pymupdf",
    "matplotlib",
    "uniplot",
    "pint",
    "scipy",
    "yaml",
    "jinja2",
    "sqlite3",
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_has_examples(call, command):
    result = call(*command, "--help")
    assert result.exit_code == 0
    assert f"Usage: gauntlet{''.join(f' {word}' for word in command)} " in result.stdout
    lines = result.stdout.splitlines()
    examples = lines[next(at for at, line in enumerate(lines) if line.strip() == "Examples:") + 1 :]
    assert examples[0].strip().startswith(f"gauntlet {' '.join(command)}".strip())


def test_help_loads_no_heavy_library():
    script = (
        "import sys\nfrom gauntlet.cli import main\nsys.argv = ['gauntlet', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"sys.stderr.write(','.join(name for name in {HEAVY!r} if name in sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert "Commands:" in done.stdout
    assert done.stderr == ""


def test_version_and_mistyped_commands(call):
    from gauntlet import __version__

    assert call("--version").stdout == f"gauntlet {__version__}\n"
    mistyped = call("evalute", "x.pdf")
    assert mistyped.exit_code == 2
    assert "Did you mean 'evaluate'?" in mistyped.stderr
    assert call().exit_code == 2  # nothing asked: the help, and a usage error's code
