"""Answering questions."""
