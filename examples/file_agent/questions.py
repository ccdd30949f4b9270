"""What the demo asks about Prela's own repository."""

from __future__ import annotations

__all__ = ["DEMO_QUESTIONS"]

DEMO_QUESTIONS = (
    "How does the tree handle a cycle of parent spans?",
    "Which errors can a client retry when the bus is full?",
    "What does pyproject.toml say about the Python version?",
    # There is no such file: the agent has to find the answer elsewhere.
    "According to docs/timestamp-formats.md, which timestamp spellings are read?",
    "How are durations written for people?",
    # Nothing in the repository says so, and the agent should say that.
    "Which zookeeper quorum and hadoop namenode are recommended?",
)
