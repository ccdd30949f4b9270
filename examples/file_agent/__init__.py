"""An agent that answers questions about the files of a folder, traced with Prela.

    python -m examples.file_agent "How are spans stored?" --folder src

It works without any key or download: a small rule-based model decides what to search and read.
With OPENAI_API_KEY set, a hosted model decides instead.
"""
