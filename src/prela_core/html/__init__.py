"""What was traced, as HTML that needs nothing else: no network, no scripts."""
