"""What attributes mean: spellings to typed columns, model prices to cost."""
