"""Platforms to run the agents against: each speaks its platform's documented shapes.

world.py   what was said and done, by everyone, up to the time of a clock
faults.py  what may go wrong on the way: a queue of answers that come before the real ones
site.py    all of them behind one port
"""
