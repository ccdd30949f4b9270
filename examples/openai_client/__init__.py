"""An agent on the `openai` client, recorded by an instrumentor without a word in its code.

    python -m examples.openai_client

Without OPENAI_API_KEY a stand-in answers in OpenAI's place. Spans go to the server of
`prela serve`, or to PRELA_URL.
"""
