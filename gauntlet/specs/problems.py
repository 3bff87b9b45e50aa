"""What does not hold in an answer or an edited record."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that does not hold: where, and what to do. A `remark` is told, and nothing need be done."""

    where: str
    message: str
    remark: bool = False

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"
