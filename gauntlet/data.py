"""Where the data at the top level lives: option or environment, then the installed package, then the checkout."""

from pathlib import Path

from gauntlet.errors import ConfigurationError

_PACKAGE = Path(__file__).parent


def find_data(name: str, override: Path | None = None) -> Path:
    """Folder of `name` ('prompts' or 'hardware_registry').

    An `override` (command option or environment) must exist; it is never silently replaced.
    """
    if override is not None:
        if not override.is_dir():
            raise ConfigurationError(f"{name} folder {override} does not exist; name an existing one or leave it out.")
        return override
    for candidate in (_PACKAGE / "_data" / name, _PACKAGE.parent / name):
        if candidate.is_dir():
            return candidate
    raise ConfigurationError(f"The {name} folder was not found beside the package; reinstall gauntlet.")


def find_recordings(override: Path | None = None) -> Path | None:
    """Folder of recorded answers; None outside a checkout unless one is named."""
    if override is not None:
        if not override.is_dir():
            raise ConfigurationError(f"recordings folder {override} does not exist; name an existing one.")
        return override
    checkout = _PACKAGE.parent / "fixtures" / "recordings"
    return checkout if checkout.is_dir() else None
