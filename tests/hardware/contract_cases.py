"""The shipped contracts, and forms of them with something planted."""

from pathlib import Path

from gauntlet.hardware.contracts.library import Library, shipped

SHIPPED = shipped()
IDS = tuple(SHIPPED.files)


def planted(folder: Path, contract: str, *swaps: tuple[str, str]) -> Path:
    """A copy of a shipped contract in `folder`, with each first text exchanged for the second, once."""
    text = SHIPPED.file(contract).read_text(encoding="utf-8")
    for old, new in swaps:
        assert old in text, old
        text = text.replace(old, new, 1)
    path = folder / f"{contract}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def library_with(folder: Path, contract: str, *swaps: tuple[str, str]) -> Library:
    """All shipped contracts, one of them with something planted."""
    for other in IDS:
        planted(folder, other)
    planted(folder, contract, *swaps)
    return Library(folder)
