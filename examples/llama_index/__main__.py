"""`python -m examples.llama_index`: index two texts, and ask."""

from __future__ import annotations

from llama_index.core import Document, MockEmbedding, Settings, VectorStoreIndex
from llama_index.core.llms import MockLLM

import prela_core

_TEXTS = ("What is lost is paid back within five days.", "What is late is half paid back.")


def main() -> None:
    """Record how the index is made, and what a question does."""
    prela_core.init("support-llama-index")
    print(prela_core.instrument("llama-index-core"))
    Settings.llm = MockLLM()
    Settings.embed_model = MockEmbedding(embed_dim=8)
    index = VectorStoreIndex.from_documents([Document(text=text) for text in _TEXTS])
    with prela_core.context(session="session-7", user="ada"):
        print(index.as_query_engine().query("When is a lost order paid back?"))


if __name__ == "__main__":
    main()
