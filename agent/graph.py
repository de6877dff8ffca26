"""The whole state machine: think ⇄ act, and answer where a turn has to be ended.

start → think ──────────────→ end        the model answered: one model call
          │ ↑
          ↓ │ once for each call, side by side
          act
think → answer → end                     a budget is spent, or the model is stuck
"""

from __future__ import annotations

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from agent.nodes.act import act
from agent.nodes.answer import answer
from agent.nodes.think import think
from agent.state import Context, State

Graph = CompiledStateGraph[State, Context, State, State]


def build(saver: BaseCheckpointSaver[str]) -> Graph:
    """Wire the nodes; `think` chooses its successor itself, by `Command` and `Send`."""
    graph = StateGraph(State, context_schema=Context)
    graph.add_node("think", think, destinations=("act", "answer", "think", END))
    graph.add_node("act", act)
    graph.add_node("answer", answer)
    graph.add_edge(START, "think")
    graph.add_edge("act", "think")
    graph.add_edge("answer", END)
    return graph.compile(checkpointer=saver)
