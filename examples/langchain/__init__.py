"""A chain of LangChain's, recorded by OpenInference's instrumentor.

    python -m examples.langchain

Without OPENAI_API_KEY a stand-in answers in OpenAI's place. Spans go to the server of
`prela serve`, or to PRELA_URL.
"""
