"""What kind of step a span is: the words of each vocabulary, in order of precedence.

Prela's own word wins, then OpenInference, `gen_ai.operation.name`, Vercel, OpenLLMetry, Langfuse.
A word that a vocabulary does not have is passed over, save Prela's own, which then means
`custom`. Without any word, a `gen_ai.tool.*` attribute makes a tool and a model makes a model call.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from prela_core.model import SpanType

__all__ = [
    "MODEL_TYPES",
    "NOT_OF_A_TOOL",
    "SPAN_TYPES",
    "TOOL_PREFIX",
    "WordRule",
]


@attrs.frozen(eq=False)
class WordRule:
    """The words that the attribute `spelling` may hold, lower-case, and what they mean.

    `endings` are for families of words. `otherwise` is what any other word means; None passes
    on to the next rule.
    """

    spelling: str
    words: Mapping[str, SpanType]
    endings: Mapping[str, SpanType] = attrs.field(factory=dict)
    otherwise: SpanType | None = None

    def meaning(self, word: str) -> str | None:
        """Give the word of `SpanType` for `word`, in any letter case; None when there is none."""
        word = word.strip().lower()
        known = self.words.get(word)
        if known is None and word:
            ended = (each for ending, each in self.endings.items() if word.endswith(ending))
            known = next(ended, self.otherwise)
        return None if known is None else known.value


SPAN_TYPES: tuple[WordRule, ...] = (
    WordRule("prela.span_type", {word.value: word for word in SpanType}, otherwise=SpanType.CUSTOM),
    WordRule(
        "openinference.span.kind",
        {
            "agent": SpanType.AGENT,
            "llm": SpanType.LLM,
            "tool": SpanType.TOOL,
            "retriever": SpanType.RETRIEVAL,
            "embedding": SpanType.EMBEDDING,
            "chain": SpanType.CHAIN,
            "reranker": SpanType.RERANKER,
            "guardrail": SpanType.GUARDRAIL,
            "evaluator": SpanType.EVALUATOR,
            # Filling in a template calls no model.
            "prompt": SpanType.CUSTOM,
        },
    ),
    WordRule(
        "gen_ai.operation.name",
        {
            "chat": SpanType.LLM,
            "text_completion": SpanType.LLM,
            "generate_content": SpanType.LLM,
            "embeddings": SpanType.EMBEDDING,
            "retrieval": SpanType.RETRIEVAL,
            "execute_tool": SpanType.TOOL,
            "create_agent": SpanType.AGENT,
            "invoke_agent": SpanType.AGENT,
            "invoke_workflow": SpanType.AGENT,
            "plan": SpanType.AGENT,
        },
        endings={"_memory": SpanType.CUSTOM, "_memory_store": SpanType.CUSTOM},
    ),
    WordRule(
        "ai.operationId",
        {
            # The outer span of a call wraps the model calls and tools of all its steps.
            "ai.generatetext": SpanType.CHAIN,
            "ai.streamtext": SpanType.CHAIN,
            "ai.generateobject": SpanType.CHAIN,
            "ai.streamobject": SpanType.CHAIN,
            "ai.embed": SpanType.CHAIN,
            "ai.embedmany": SpanType.CHAIN,
            "ai.rerank": SpanType.CHAIN,
            "ai.generatetext.dogenerate": SpanType.LLM,
            "ai.streamtext.dostream": SpanType.LLM,
            "ai.generateobject.dogenerate": SpanType.LLM,
            "ai.streamobject.dostream": SpanType.LLM,
            "ai.embed.doembed": SpanType.EMBEDDING,
            "ai.embedmany.doembed": SpanType.EMBEDDING,
            "ai.rerank.dorerank": SpanType.RERANKER,
            "ai.toolcall": SpanType.TOOL,
        },
    ),
    WordRule(
        "traceloop.span.kind",
        {
            "workflow": SpanType.CHAIN,
            "task": SpanType.CHAIN,
            "agent": SpanType.AGENT,
            "tool": SpanType.TOOL,
        },
    ),
    WordRule(
        "llm.request.type",
        {
            "chat": SpanType.LLM,
            "completion": SpanType.LLM,
            "embedding": SpanType.EMBEDDING,
            "rerank": SpanType.RERANKER,
        },
    ),
    WordRule(
        "langfuse.observation.type",
        {
            "agent": SpanType.AGENT,
            "chain": SpanType.CHAIN,
            "embedding": SpanType.EMBEDDING,
            "evaluator": SpanType.EVALUATOR,
            "event": SpanType.CUSTOM,
            "generation": SpanType.LLM,
            "guardrail": SpanType.GUARDRAIL,
            "retriever": SpanType.RETRIEVAL,
            "tool": SpanType.TOOL,
        },
    ),
)

TOOL_PREFIX = "gen_ai.tool."
NOT_OF_A_TOOL: frozenset[str] = frozenset({"gen_ai.tool.definitions"})
"""Model calls list the tools they offer under this prefix too."""

MODEL_TYPES: Mapping[str, str] = {
    "embedding.invocation_parameters": SpanType.EMBEDDING.value,
    "embedding.model_name": SpanType.EMBEDDING.value,
    "reranker.model_name": SpanType.RERANKER.value,
}
"""What a model makes of a span when its spelling says more than that it is a model."""
