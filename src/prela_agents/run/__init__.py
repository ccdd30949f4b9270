"""Running agents: settings, what is built from them, the lease, the schedule and the end.

settings.py   what can be set, and by which name
reading.py    the file and the environment, into settings
places.py     platforms, out of settings
workshop.py   the state, the history, the model and the docs, opened for a while
running.py    one run, and runs again and again
schedule.py   when the next one is
"""
