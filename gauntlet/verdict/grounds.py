"""Values of the registry that are weaker than they look: guesses, and estimates of what was not measured."""

from collections.abc import Iterator

from gauntlet.costs.compiled import CompiledModel
from gauntlet.hardware.basis import BASES
from gauntlet.specs.claims import Claim

_WEAK = {
    "estimated": "is a guess of the registry",
    "extrapolated": "is estimated beyond the sizes that were measured",
    "nearest": "is estimated from the device or kernel most like it",
    "default": "is estimated from other devices or operations; its own were never measured",
}
"""What a claim should be told of; the other words stand for facts, and for estimates within what was measured."""

_LIKELY = {*BASES, "estimated"}
"""Words of values that say what is likely, and no limit of anything."""


def weak_grounds(compiled: CompiledModel, claim: Claim) -> Iterator[str]:
    """A sentence for each value behind a claim that rests on little."""
    behind = compiled.variables_behind(claim)
    for variable in compiled.spec.variables:
        if variable.id in behind and variable.rests_on in _WEAK:
            yield f"{variable.id} ({variable.registry}) {_WEAK[variable.rests_on]} ({variable.basis})."


def soft_limits(compiled: CompiledModel, claim: Claim) -> Iterator[str]:
    """A sentence for each bound of the claim's metric that is drawn from an estimate of what is likely."""
    for name, expression in compiled.bounds.get((claim.mechanism, claim.metric), {}).items():
        used = compiled.variables_of(claim.mechanism, [expression])
        soft = [one.id for one in compiled.spec.variables if one.id in used and one.rests_on in _LIKELY]
        if soft:
            yield (
                f"Bound {name} uses {', '.join(soft)}, which the registry estimates as likely; a limit of the hardware "
                "is needed to call a number impossible."
            )
