"""A shop's support agent, traced with Prela's own SDK.

    python -m examples.sdk        # sends to the server of `prela serve`, or to PRELA_URL

Look at what it did with `prela query` and `prela show --latest`.
"""
