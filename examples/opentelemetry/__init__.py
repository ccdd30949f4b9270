"""An agent traced with OpenTelemetry's SDK alone, in Python and in Node.

    python -m examples.opentelemetry
    node examples/opentelemetry/agent.mjs

Both send to the server of `prela serve`, or to PRELA_URL. Nothing in them is Prela's.
"""
