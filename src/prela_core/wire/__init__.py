"""Bytes to spans: every spelling that clients send, read with limits and reasons."""
