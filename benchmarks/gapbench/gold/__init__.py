"""Gold models: each family's mechanism as a person writes it from the description, in the house's own grammar."""
