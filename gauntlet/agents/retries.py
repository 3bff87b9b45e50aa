"""What is tried again, how long is waited, and what is fatal at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from gauntlet.errors import GauntletError, ModelError, ModelUnavailable

if TYPE_CHECKING:
    import openai

T = TypeVar("T")

_RATE_LIMIT_TRIES = 5
_FAILURE_TRIES = 2
_LONGEST_WAIT_S = 60.0
_QUOTA_CODES = ("insufficient_quota", "billing_hard_limit_reached", "billing_not_active")


class Retries:
    """The retry policy above a client that retries nothing itself.

    429 waits as the server says (at most a minute) or 2, 4, 8, ... s, five times; a spent quota is fatal at once.
    Timeouts, lost connections and 5xx are tried twice more. 400 and 422 are the caller's to adapt to.
    """

    def __init__(self, address: str, clean: Callable[[str], str], pause: Callable[[float], None]):
        self._address = address
        self._clean = clean
        self._pause = pause

    def call(self, send: Callable[[], T]) -> T:
        """The reply of `send`, or ModelUnavailable (stops a batch) or ModelError (this paper only)."""
        import openai

        limited = failed = 0
        while True:
            try:
                return send()
            except openai.RateLimitError as error:
                if _quota_spent(error) or limited == _RATE_LIMIT_TRIES:
                    raise self._describe_429(error) from None
                limited += 1
                self._pause(_asked_wait_s(error) or min(2.0**limited, _LONGEST_WAIT_S))
            except (openai.BadRequestError, openai.UnprocessableEntityError):
                raise
            except openai.APIError as error:
                if not _transient(error):
                    raise self._fatal(error) from None
                if failed == _FAILURE_TRIES:
                    raise self._gave_up(error) from None
                failed += 1
                self._pause(2.0**failed)

    def _describe_429(self, error: openai.RateLimitError) -> GauntletError:
        if _quota_spent(error):
            return ModelUnavailable(
                f"{self._address}: the quota of this key is spent ({self._clean(str(error))}). Add credit or use "
                "another key; finished work is kept and is not asked again."
            )
        return ModelError(
            f"{self._address}: still rate limited after {_RATE_LIMIT_TRIES} waits. Run again later, with fewer papers "
            "at once; finished work is kept."
        )

    def _fatal(self, error: openai.APIError) -> GauntletError:
        import openai

        if isinstance(error, (openai.AuthenticationError, openai.PermissionDeniedError)):
            return ModelUnavailable(
                f"{self._address} refused the key ({error.status_code}). Set OPENAI_API_KEY to a key of this server "
                "that may use this model."
            )
        return ModelUnavailable(f"{self._address}: {self._clean(str(error))} Check GAUNTLET_MODEL and OPENAI_BASE_URL.")

    def _gave_up(self, error: openai.APIError) -> GauntletError:
        import openai

        tried = f"tried {_FAILURE_TRIES + 1} times"
        if isinstance(error, openai.APITimeoutError):
            return ModelError(f"{self._address} did not answer in time, {tried}. Run again; finished work is kept.")
        if isinstance(error, openai.APIConnectionError):
            return ModelUnavailable(
                f"{self._address} cannot be reached, {tried}. Check OPENAI_BASE_URL, and that the server runs."
            )
        return ModelError(
            f"{self._address} failed, {tried}: {self._clean(str(error))} Run again; finished work is kept."
        )


def _quota_spent(error: openai.RateLimitError) -> bool:
    body = error.body if isinstance(error.body, dict) else {}
    return error.code in _QUOTA_CODES or error.type in _QUOTA_CODES or body.get("type") in _QUOTA_CODES


def _transient(error: openai.APIError) -> bool:
    import openai

    if isinstance(error, openai.APIStatusError):
        return error.status_code >= 500 or error.status_code in (408, 409)
    return isinstance(error, openai.APIConnectionError)  # a timeout is one of these


def _asked_wait_s(error: openai.RateLimitError) -> float | None:
    try:
        wait_s = float(error.response.headers.get("retry-after", ""))
    except ValueError:
        return None
    return min(max(wait_s, 0.0), _LONGEST_WAIT_S)
