"""From the bus to the store."""
