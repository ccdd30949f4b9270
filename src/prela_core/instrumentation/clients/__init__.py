"""Spans of calls through the Python clients of OpenAI and Anthropic, made by our own tracer."""
