"""The growth agents: Scout, Sentinel, Amplifier and Radar. None is built yet."""
