"""How good the agents are, by golden sets: rules and models each for themselves."""
