"""Everything that can go wrong, on one screen.

Each message names the value, the place, what was expected and the next step. The class decides the exit code:
2 for what the user can fix, 3 for a paper that cannot be read or judged.
"""


class GauntletError(Exception):
    """Base of all errors a user may see; never shown as a traceback."""

    exit_code = 2


class UsageError(GauntletError):
    """A command was asked for something that it cannot do as asked."""


class ConfigurationError(GauntletError):
    """A setting is missing or contradicts another."""


class UnknownUnit(GauntletError):
    """A unit string that the unit table does not know, or of the wrong dimension."""


class RecordError(GauntletError):
    """A record (spec.json, cost_model.json, ...) does not fit its schema or contradicts itself."""


class ExpressionError(GauntletError):
    """A cost-model expression uses something outside the whitelisted grammar, or does not evaluate."""


class RegistryError(GauntletError):
    """A hardware record is missing, malformed or without a source."""


class ContractError(GauntletError):
    """A contract file is malformed, without a source or contradicts itself, or was asked for what it does not have."""


class ModelError(GauntletError):
    """A language model could not be asked, or did not give a usable answer."""


class ModelUnavailable(ModelError):
    """No way to reach a model at all: no endpoint, key refused, quota spent. Stops a batch."""


class AnswerPending(ModelError):
    """Hand-off: a request file has been written and its answer is not there yet."""


class AnswerRefused(ModelError):
    """The model declined to answer."""


class AnswerUnusable(ModelError):
    """The model's answer was cut off, empty, or not of the asked form."""


class PaperUnreadable(GauntletError):
    """The file is no PDF, broken, encrypted, empty, scanned, or beyond the limits."""

    exit_code = 3


class CannotJudge(GauntletError):
    """The paper was read, but no verdict can be computed from its records."""

    exit_code = 3
