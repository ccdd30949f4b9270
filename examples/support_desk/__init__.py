"""A shop's support desk over two days, recorded with Prela's SDK: what the notebooks look at.

    python -m examples.support_desk            # writes examples/notebooks/support_desk.jsonl.gz

The agent, its tools and its models are scripts, and time is a clock that the script moves on, so
that the same two days are recorded in a second and on every machine. The spans are what the SDK
makes of it.
"""
