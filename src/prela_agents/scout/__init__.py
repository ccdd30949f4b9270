"""Scout: hears of us, answers out of the docs, and files what goes wrong."""
