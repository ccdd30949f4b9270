"""Questions to an index of LlamaIndex's, recorded by OpenInference's instrumentor.

    python -m examples.llama_index

Its models are LlamaIndex's own mocks. Spans go to the server of `prela serve`, or to PRELA_URL.
"""
