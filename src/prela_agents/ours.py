"""Prela itself, as a product to look out for: the settings' default."""

from __future__ import annotations

from prela_agents.model import Product

__all__ = ["PRELA"]

PRELA = Product(
    name="Prela",
    aliases=("prela-core", "prela_core", "prela_dev", "prella"),
    near=(
        # what it is about
        *("span", "spans", "otel", "otlp", "opentelemetry", "tracer", "observability", "waterfall"),
        *("sdk", "ttft", "embedded clickhouse", "chdb", "clickhouse", "kafka", "critical path"),
        *("query language", "dead letter", "dlq", "redact", "retention", "spill", "instrument"),
        *("instrumentor", "openinference", "openllmetry", "token cost", "tool call", "tool calls"),
        # what its users use beside it, and in its place
        *("langfuse", "langsmith", "phoenix", "arize", "opik", "laminar", "helicone", "openlit"),
        *("jaeger", "datadog", "traceloop", "langchain", "langgraph", "llamaindex", "llama-index"),
        *("crewai", "dspy", "pydanticai", "haystack", "autogen", "openai", "anthropic", "claude"),
        *("ollama", "vllm", "bedrock", "gemini"),
        # what is typed after its name
        *("prela serve", "prela query", "prela tail", "prela stats", "prela doctor", "prela keys"),
        *("prela import", "prela export", "prela ingest", "prela push", "prela pull", "prela diff"),
        *("prela session", "prela worker", "prela search", "prela spans", "prela sql"),
        *("prela config", "prela delete", "prela deletions", "prela login", "prela reindex"),
        *("prela graph", "prela show --", "prela open --"),
    ),
    far=(
        # the village, the agency, presses and preludes, people and pets, a font, games, a clinic's
        *("liguria", "imperia", "la habana", "havana", "correspondent", "telex", "wine press"),
        *("olive", "printers", "latin", "chopin", "debussy", "bach", "e minor", "bandcamp"),
        *("ambient", "font", "kerning", "surname", "invulnerability", "haste", "launcher", "patch"),
        *("cream", "retinol", "skincare", "lamp", "jquery", "carousel", "paralegal", "titration"),
        *("unlock", "leverage", "midfielder", "transfer", "satellite", "e-bike", "zeilboot"),
        *("prelaunch", "prelavado", "vet", "aunt", "otter", "mascot", "health", "clinics"),
        *("prela.js", "bishop", "pre-law", "quiz", "character ai", "breathing", "fan club"),
    ),
)
