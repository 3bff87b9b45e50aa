"""Options that several commands share, and the settings and labels they stand for."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from gauntlet.errors import UsageError
from gauntlet.settings import Settings, load_settings

if TYPE_CHECKING:
    from gauntlet.verdict.records import Verdict

Llm = Annotated[
    Literal["openai", "recorded", "handoff"] | None,
    typer.Option(
        help="Who proposes what the paper says: a live endpoint, recorded answers, or answer files that you write "
        "(hand-off). Default: the configured endpoint, else the recording of this very file."
    ),
]
BaseUrl = Annotated[str | None, typer.Option(help="OpenAI-compatible endpoint. Default: OPENAI_BASE_URL.")]
Model = Annotated[str | None, typer.Option(help="Model name. Default: GAUNTLET_MODEL.")]
Samples = Annotated[int | None, typer.Option(min=1, help="Monte Carlo draws. Default: 10000.")]
Seed = Annotated[int | None, typer.Option(min=0, help="Seed of the draws.")]
Wait = Annotated[float, typer.Option(min=0, metavar="SECONDS", help="Hand-off: how long to wait for an answer.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on stdout, and nothing else there.")]
FailOn = Annotated[
    str | None,
    typer.Option(metavar="LABEL[,LABEL]", help="Exit with 1 if the paper or a proposed claim has one of these labels."),
]


def examples(*lines: str) -> str:
    """An epilog with one example a line; the mark keeps typer from joining the lines."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def settings_from(
    base_url: str | None = None, model: str | None = None, samples: int | None = None, seed: int | None = None
) -> Settings:
    """Settings of the environment with a command's options on top."""
    return load_settings(base_url=base_url, model=model, samples=samples, seed=seed)


def labels_from(text: str | None) -> frozenset[str]:
    """Labels of --fail-on; case and hyphens do not matter. UsageError for a label that does not exist."""
    if text is None:
        return frozenset()
    from gauntlet.verdict.records import SEVERITY

    labels = frozenset(part.strip().upper().replace("-", "_") for part in text.split(",") if part.strip())
    unknown = sorted(labels - set(SEVERITY))
    if unknown or not labels:
        raise UsageError(
            f"--fail-on {text!r}: {', '.join(unknown) or 'nothing'} is no label; use {', '.join(SEVERITY)}."
        )
    return labels


def is_flagged(verdict: "Verdict", labels: frozenset[str]) -> bool:
    """Whether the paper, or a claim of what it proposes, has one of `labels`."""
    proposed = {claim.label for claim in verdict.claims if claim.mechanism_kind == "proposed"}
    return bool(labels & {verdict.label, *proposed})


def default_run_dir(pdf: Path) -> Path:
    """runs/<first 16 hex digits of the file's SHA-256>."""
    from gauntlet.records import run_name, sha256_of

    return Path("runs") / run_name(sha256_of(pdf))
