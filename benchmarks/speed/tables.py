"""Tables that are printed and kept: a command replaces its own part of a Markdown file, between two markers."""

import re
from dataclasses import dataclass
from pathlib import Path

import rich.table
from rich.console import Console


@dataclass(frozen=True)
class Table:
    """Cells as text, the first column a name; `agreed` is False where two ways to a value found two values."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    conclusion: str
    agreed: bool = True

    def print(self) -> None:
        """For a terminal."""
        table = rich.table.Table(*self.columns, title=self.name)
        for row in self.rows:
            table.add_row(*row)
        console = Console(width=150)
        console.print(table)
        console.print(self.conclusion, markup=False)

    def markdown(self) -> str:
        """For a file."""
        ruler = "|".join("---:" if all(map(_is_figure, cells)) else "---" for cells in zip(*self.rows, strict=True))
        lines = (self.columns, *self.rows)
        header, *body = [f"| {' | '.join(line)} |" for line in lines]
        return "\n".join((header, f"|{ruler}|", *body, "", self.conclusion))

    def write(self, path: Path, origin: str) -> None:
        """Replace what stands between this table's markers, with its origin; ValueError if they are missing."""
        begin, end = f"<!-- {self.name} -->", f"<!-- end of {self.name} -->"
        text = path.read_text(encoding="utf-8")
        if not (begin in text and end in text.partition(begin)[2]):
            raise ValueError(f"{path}: no place for the table; expected the lines {begin!r} and {end!r}.")
        part = f"{begin}\n{self.markdown()} {origin}\n{end}"
        replaced = re.sub(f"{re.escape(begin)}.*?{re.escape(end)}", lambda _: part, text, flags=re.DOTALL)
        path.write_text(replaced, encoding="utf-8")


def _is_figure(cell: str) -> bool:
    return cell.lstrip("+-")[:1].isdigit()
