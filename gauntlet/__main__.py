"""`python -m gauntlet` is the same door as `gauntlet`."""

from gauntlet.cli import main

if __name__ == "__main__":
    main()
