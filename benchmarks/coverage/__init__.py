"""How often the verdict is right: thousands of honest papers of known making, and papers with a planted gap."""
