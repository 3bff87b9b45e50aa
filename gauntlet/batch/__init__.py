"""Many papers: a journal, one process per paper, and an index to look at."""
