"""For tests, ours and yours: factories, a memory store and bus, a manual clock."""
