"""What does not hold in an answer or an edited record."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that does not hold: where, and what to do."""

    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"
