"""The laws a cost model must obey, by id, and a breach of one as a record."""

from typing import Literal

from gauntlet.records import Record

Law = Literal[
    "well_formed",
    "first_principles",
    "no_circularity",
    "units_agree",
    "steps_covered",
    "not_lazy",
    "both_modelled",
    "not_faster_than_bound",
    "finite_nonnegative",
]


class Violation(Record):
    """One breach: the law, the place in the model or spec, and what is wrong with how to mend it."""

    law: Law
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.law}: {self.where}: {self.message}"
