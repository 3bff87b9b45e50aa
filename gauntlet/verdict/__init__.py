"""Claims against prediction and bound, in log space, as arithmetic. Needs no model, no network and no PDF."""
