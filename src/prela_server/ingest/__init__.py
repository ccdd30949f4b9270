"""Receiving spans."""
