"""One frozen Settings, the only reader of the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gauntlet.errors import ConfigurationError


@dataclass(frozen=True)
class ReadLimits:
    """Limits of the child process that parses a PDF. Sizes in bytes, times in seconds.

    What costs too much is told by processor time, which a busy machine does not stretch; the wall times only end a
    process that hangs.
    """

    file_bytes: int = 200_000_000
    memory_bytes: int = 1_000_000_000
    cpu_s: int = 60
    page_cpu_s: float = 6.5
    wall_s: float = 180.0
    page_wall_s: float = 60.0
    pages: int = 400
    characters_per_page: int = 400_000
    paths_per_page: int = 60_000


@dataclass(frozen=True)
class Settings:
    """All that may differ between two installations.

    Times are in seconds, sizes in bytes. `api_key` never appears in `repr`, records or errors.
    """

    base_url: str | None = None
    model: str | None = None
    _api_key: str | None = None
    prompts_dir: Path | None = None
    registry_dir: Path | None = None
    recordings_dir: Path | None = None
    sees_images: bool = False
    request_timeout_s: float = 600.0
    max_output_tokens: int = 16_384
    samples: int = 20_000
    seed: int = 20_260_101
    limits: ReadLimits = ReadLimits()

    def __repr__(self) -> str:
        return f"Settings(base_url={self.base_url!r}, model={self.model!r}, key={'set' if self._api_key else 'unset'})"

    @property
    def api_key(self) -> str | None:
        """The key for the endpoint, or None."""
        return self._api_key

    @property
    def endpoint_configured(self) -> bool:
        """True where a model could be asked: a model name, and a key or a base URL of one's own."""
        return bool(self.model and (self._api_key or self.base_url))


def load_settings(environment: Mapping[str, str] | None = None, **overrides: object) -> Settings:
    """Settings from the environment, then `overrides` that are not None.

    Reads OPENAI_API_KEY, OPENAI_BASE_URL, GAUNTLET_MODEL (or OPENAI_MODEL), GAUNTLET_PROMPTS, GAUNTLET_REGISTRY,
    GAUNTLET_RECORDINGS, GAUNTLET_VISION (the model sees images), GAUNTLET_SAMPLES and GAUNTLET_SEED.
    """
    source = os.environ if environment is None else environment
    found: dict[str, object] = {
        "_api_key": source.get("OPENAI_API_KEY") or None,
        "base_url": source.get("OPENAI_BASE_URL") or None,
        "model": source.get("GAUNTLET_MODEL") or source.get("OPENAI_MODEL") or None,
        "sees_images": source.get("GAUNTLET_VISION", "") not in ("", "0"),
    }
    for field, name in (
        ("prompts_dir", "GAUNTLET_PROMPTS"),
        ("registry_dir", "GAUNTLET_REGISTRY"),
        ("recordings_dir", "GAUNTLET_RECORDINGS"),
    ):
        if source.get(name):
            found[field] = Path(source[name])
    for field, name in (("samples", "GAUNTLET_SAMPLES"), ("seed", "GAUNTLET_SEED")):
        if source.get(name):
            found[field] = _whole_number(name, source[name])
    found.update({key: value for key, value in overrides.items() if value is not None})
    return Settings(**found)  # type: ignore[arg-type]


def _whole_number(name: str, text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        raise ConfigurationError(
            f"{name}={text!r} is not a whole number; unset it or give one such as 10000."
        ) from None
    if value < 1:
        raise ConfigurationError(f"{name}={value} must be at least 1; unset it or give one such as 10000.")
    return value
