"""A stand-in of OpenAI's API, so that examples and tests need no key and no network.

    python -m examples.openai_standin        # serves http://127.0.0.1:8900/v1

Real clients talk to it over a real socket. What it answers, `examples.openai_standin.api` says.
"""
