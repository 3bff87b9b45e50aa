"""What machines can do: registry of facts with sources, and the bounds that follow from them."""
