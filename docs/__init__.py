"""Documentation that is built from the code: `make docs`."""
