"""What every request passes: ids, limits, credentials, and one form for errors."""
