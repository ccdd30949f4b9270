"""`python -m examples.langchain`: a prompt, a model with a tool, and what the tool found."""

from __future__ import annotations

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import StructuredTool
from langchain_openai import ChatOpenAI

import prela_core
from examples.openai_standin.serving import model_server


def look_up(order: str) -> str:
    """Say how an order is."""
    return f"Order {order} is on its way."


def main() -> None:
    """Name the framework: with the client's instrumentor besides, a call would be two spans."""
    prela_core.init("support-langchain")
    print(prela_core.instrument("langchain-core"))
    with model_server(), prela_core.context(session="session-7", user="ada"):
        model = ChatOpenAI(model="gpt-4o")
        tool = StructuredTool.from_function(look_up)
        prompt = ChatPromptTemplate.from_messages([("system", "Be brief."), ("user", "{facts}")])
        find = model.bind_tools([tool]) | RunnableLambda(
            lambda message: {"facts": tool.invoke(message.tool_calls[0]["args"])}
        )
        print((find | prompt | model | StrOutputParser()).invoke("1042"))


if __name__ == "__main__":
    main()
