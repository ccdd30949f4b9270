"""OpenTelemetry's spans and ours in one tree, through one sink: needs the extra `otel`.

The only room that imports OpenTelemetry; it is itself imported when it is used.
"""
