"""Where the measured tables of reading stand, and what they were measured on."""

import datetime
import os
import platform
from pathlib import Path

import pymupdf

README = Path(__file__).parent.parent / "README.md"


def measured_on() -> str:
    """When, and on what."""
    return (
        f"Measured on {datetime.date.today():%d %B %Y}; {os.cpu_count()} cores, one used; "
        f"Python {platform.python_version()}, PyMuPDF {pymupdf.__version__}."
    )
