"""Four agents and a fortnight of made-up news, served by stand-ins for the platforms."""
