"""Which attribute fills which column: one ordered table of spellings a column.

The first spelling that is present and holds something wins. The order is Prela's own, then
the OpenTelemetry GenAI conventions (newest spelling first), OpenInference, then OpenLLMetry,
Vercel and Langfuse. Raw attributes are always kept, so a changed table can be applied again
to stored spans; `CONVENTIONS_VERSION` says which tables filled a row.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import attrs

__all__ = ["CONVENTIONS_VERSION", "KNOWN_VENDORS", "SPELLINGS", "Rule"]

CONVENTIONS_VERSION = 2
"""Grows whenever a table of this package changes what a stored span would be read as."""


@attrs.frozen
class Rule:
    """One spelling of a column.

    `spelling` is an attribute's key or, by the reader, a prefix or an event's name. `read`
    names the function in `readers.py` that turns it into the column's value; "" stands for the
    column's usual one. `includes_cached` is said of input tokens only: whether the count
    contains the tokens read from and written to a cache.
    """

    spelling: str
    read: str = ""
    includes_cached: bool = False


def _rules(*spellings: str | Rule) -> tuple[Rule, ...]:
    return tuple(Rule(each) if isinstance(each, str) else each for each in spellings)


SPELLINGS: Mapping[str, tuple[Rule, ...]] = MappingProxyType(
    {
        "provider": _rules(
            "llm.vendor",
            "gen_ai.provider.name",
            "gen_ai.system",
            "llm.provider",
            # The vendor in OpenInference, the system prompt elsewhere.
            Rule("llm.system", "vendor_only"),
        ),
        "model": _rules(
            "llm.model",
            "llm.response_model",
            "gen_ai.response.model",
            "gen_ai.request.model",
            "llm.model_name",
            "llm.response.model_name",
            "llm.request.model_name",
            "embedding.model_name",
            "reranker.model_name",
            "ai.model.id",
            # The oldest examples of Prela's own documentation, and so the first thing people try.
            "model",
        ),
        "input_tokens": _rules(
            "llm.input_tokens",
            "llm.prompt_tokens",
            "llm.usage.prompt_tokens",
            Rule("gen_ai.usage.input_tokens", includes_cached=True),
            Rule("gen_ai.usage.prompt_tokens", includes_cached=True),
            # OpenInference's details are parts of it: its OpenAI, Groq, Bedrock and Anthropic
            # instrumentors all sum cached tokens up in it.
            Rule("llm.token_count.prompt", includes_cached=True),
        ),
        "output_tokens": _rules(
            "llm.output_tokens",
            "llm.completion_tokens",
            "llm.usage.completion_tokens",
            "gen_ai.usage.output_tokens",
            "gen_ai.usage.completion_tokens",
            "llm.token_count.completion",
        ),
        "cache_read_tokens": _rules(
            "llm.cache_read_tokens",
            "gen_ai.usage.cache_read.input_tokens",
            "llm.token_count.prompt_details.cache_read",
            "gen_ai.usage.cache_read_input_tokens",
        ),
        "cache_write_tokens": _rules(
            "llm.cache_write_tokens",
            "gen_ai.usage.cache_write.input_tokens",
            "gen_ai.usage.cache_creation.input_tokens",
            "llm.token_count.prompt_details.cache_write",
            "gen_ai.usage.cache_creation_input_tokens",
        ),
        "reasoning_tokens": _rules(
            "gen_ai.usage.reasoning.output_tokens",
            "llm.token_count.completion_details.reasoning",
            "gen_ai.usage.reasoning_tokens",
        ),
        "cost_usd": _rules("llm.cost_usd", "gen_ai.usage.cost", "llm.cost.total"),
        "session_id": _rules(
            "session.id",
            "gen_ai.conversation.id",
            "traceloop.association.properties.session_id",
            "langfuse.session.id",
            "ai.telemetry.metadata.sessionId",
        ),
        "user_id": _rules(
            "user.id",
            "enduser.id",
            "traceloop.association.properties.user_id",
            "langfuse.user.id",
            "ai.telemetry.metadata.userId",
            "gen_ai.user",
            "llm.user",
        ),
        "agent_name": _rules(
            "agent.name",
            "gen_ai.agent.name",
            "gen_ai.workflow.name",
            "graph.node.name",
            Rule("traceloop.entity.name", "entity_of_agent"),
            "traceloop.workflow.name",
        ),
        "tool_name": _rules(
            "tool.name",
            "gen_ai.tool.name",
            Rule("traceloop.entity.name", "entity_of_tool"),
            "ai.toolCall.name",
        ),
        "input": _rules(
            "llm.prompt",
            Rule("llm.messages", "messages"),
            Rule("tool.input", "readable"),
            Rule("retriever.query", "readable"),
            Rule("gen_ai.input.messages", "messages"),
            "gen_ai.prompt",
            Rule("gen_ai.user.message", "input_events"),
            Rule("gen_ai.tool.call.arguments", "readable"),
            Rule("gen_ai.retrieval.query.text", "readable"),
            "input.value",
            Rule("llm.input_messages", "messages"),
            Rule("llm.input_messages.", "indexed_messages"),
            "traceloop.entity.input",
            Rule("gen_ai.prompt.", "indexed_messages"),
            Rule("ai.prompt.messages", "messages"),
            "ai.prompt",
            Rule("ai.toolCall.args", "readable"),
        ),
        "output": _rules(
            "llm.response",
            Rule("tool.output", "readable"),
            Rule("gen_ai.output.messages", "messages"),
            "gen_ai.completion",
            Rule("gen_ai.choice", "output_events"),
            Rule("gen_ai.tool.call.result", "readable"),
            Rule("gen_ai.retrieval.documents", "readable"),
            "output.value",
            Rule("llm.output_messages", "messages"),
            Rule("llm.output_messages.", "indexed_messages"),
            Rule("retrieval.documents.", "indexed"),
            "traceloop.entity.output",
            Rule("gen_ai.completion.", "indexed_messages"),
            "ai.response.text",
            Rule("ai.response.toolCalls", "readable"),
            Rule("ai.response.object", "readable"),
            Rule("ai.toolCall.result", "readable"),
        ),
        "ttft_ms": _rules(
            "llm.time_to_first_token_ms",
            Rule("gen_ai.response.time_to_first_chunk", "seconds_to_ms"),
        ),
        "environment": _rules(
            "environment", "deployment.environment.name", "deployment.environment"
        ),
        "scores": _rules(
            Rule("gen_ai.evaluation.result", "score_events"),
            Rule("annotations.", "indexed_scores"),
            Rule("evaluations.", "indexed_scores"),
        ),
    }
)

KNOWN_VENDORS: frozenset[str] = frozenset(
    {
        "ai21",
        "amazon",
        "anthropic",
        "aws",
        "aws.bedrock",
        "aws_bedrock",
        "azure",
        "azure.ai.inference",
        "azure.ai.openai",
        "azure_openai",
        "az.ai.inference",
        "az.ai.openai",
        "bedrock",
        "cerebras",
        "cohere",
        "databricks",
        "deepseek",
        "fireworks",
        "gcp.gemini",
        "gcp.gen_ai",
        "gcp.vertex_ai",
        "gemini",
        "google",
        "groq",
        "huggingface",
        "ibm.watsonx.ai",
        "langchain",
        "litellm",
        "meta",
        "mistral",
        "mistral_ai",
        "mistralai",
        "moonshot",
        "moonshot_ai",
        "nvidia",
        "ollama",
        "openai",
        "openrouter",
        "perplexity",
        "replicate",
        "together",
        "together_ai",
        "vertex_ai",
        "vertexai",
        "vllm",
        "voyage",
        "voyageai",
        "watsonx",
        "x_ai",
        "xai",
    }
)
"""Words that name a vendor, lower-case: `gen_ai.provider.name`'s, `llm.system`'s, and others'."""
