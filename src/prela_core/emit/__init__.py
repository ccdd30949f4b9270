"""Making spans: the tracer that programs use."""
