"""Which package makes spans of which AI library: what to install, and what counts as AI."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["AI_LIBRARIES", "FRAMEWORKS", "MODEL_CLIENTS", "normal_name"]

AI_LIBRARIES: Mapping[str, str] = MappingProxyType(
    {
        "ag2": "openinference-instrumentation-ag2",
        "agent-framework": "openinference-instrumentation-agent-framework",
        "agno": "openinference-instrumentation-agno",
        "aleph-alpha-client": "opentelemetry-instrumentation-alephalpha",
        "anthropic": "openinference-instrumentation-anthropic",
        "autogen-agentchat": "openinference-instrumentation-autogen-agentchat",
        "beeai-framework": "openinference-instrumentation-beeai",
        "chromadb": "opentelemetry-instrumentation-chromadb",
        "claude-agent-sdk": "openinference-instrumentation-claude-agent-sdk",
        "cohere": "openinference-instrumentation-cohere",
        "crewai": "openinference-instrumentation-crewai",
        "dspy": "openinference-instrumentation-dspy",
        "google-adk": "openinference-instrumentation-google-adk",
        "google-genai": "openinference-instrumentation-google-genai",
        "google-generativeai": "opentelemetry-instrumentation-google-generativeai",
        "groq": "openinference-instrumentation-groq",
        "guardrails-ai": "openinference-instrumentation-guardrails",
        "haystack-ai": "openinference-instrumentation-haystack",
        "ibm-watsonx-ai": "opentelemetry-instrumentation-watsonx",
        "instructor": "openinference-instrumentation-instructor",
        "lancedb": "opentelemetry-instrumentation-lancedb",
        "langchain-core": "openinference-instrumentation-langchain",
        "litellm": "openinference-instrumentation-litellm",
        "llama-index-core": "openinference-instrumentation-llama-index",
        "marqo": "opentelemetry-instrumentation-marqo",
        "mcp": "openinference-instrumentation-mcp",
        "mistralai": "openinference-instrumentation-mistralai",
        "ollama": "openinference-instrumentation-ollama",
        "openai": "openinference-instrumentation-openai",
        "openai-agents": "openinference-instrumentation-openai-agents",
        "pinecone": "opentelemetry-instrumentation-pinecone",
        "pipecat-ai": "openinference-instrumentation-pipecat",
        "portkey-ai": "openinference-instrumentation-portkey",
        "pydantic-ai": "openinference-instrumentation-pydantic-ai",
        "pymilvus": "opentelemetry-instrumentation-milvus",
        "qdrant-client": "opentelemetry-instrumentation-qdrant",
        "replicate": "opentelemetry-instrumentation-replicate",
        "sagemaker": "opentelemetry-instrumentation-sagemaker",
        "smolagents": "openinference-instrumentation-smolagents",
        "strands-agents": "openinference-instrumentation-strands-agents",
        "together": "openinference-instrumentation-together",
        "transformers": "opentelemetry-instrumentation-transformers",
        "voyageai": "opentelemetry-instrumentation-voyageai",
        "weaviate-client": "opentelemetry-instrumentation-weaviate",
        "writer-sdk": "opentelemetry-instrumentation-writer",
    }
)
"""Library -> the package to install for it, by their names in the package index, autumn 2026.

OpenInference's where there is one, since it records messages without being asked to; else
OpenLLMetry's.
"""

FRAMEWORKS = frozenset({"langchain-core", "litellm", "llama-index-core"})
"""Libraries whose OpenInference instrumentors record model calls that a client makes for them."""

MODEL_CLIENTS = frozenset(
    {"anthropic", "cohere", "google-genai", "groq", "mistralai", "ollama", "openai", "together"}
)
"""Libraries by which frameworks call models."""

_SEPARATORS = re.compile(r"[-_.]+")


def normal_name(name: str) -> str:
    """Give a package's name as the index compares it: lower-case, with single hyphens."""
    return _SEPARATORS.sub("-", name).lower()
