"""The stateful classes behind an item of the leaderboard's multi-turn categories.

Calls run through the leaderboard's own executor, on instances that belong to one run of one item,
and every turn is checked as its own checker does: what the instances hold, and whether every
result of the ground truth was seen.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

from evals.bench.bfcl_data import class_functions, tools_of

_RUNS = itertools.count()


@dataclass(frozen=True, slots=True)
class Checked:
    """How a turn ended.

    Args:
        state: Whether the instances hold what they should.
        why: Why the turn is wrong, in the checker's words; empty when it is right.
    """

    state: bool
    why: str = ""

    @property
    def right(self) -> bool:
        """Tell whether the turn passes."""
        return not self.why


class World:
    """One run of one item.

    Args:
        item: The item, with its ground truth under `answer`.
    """

    def __init__(self, item: dict[str, Any]) -> None:
        self.item = item
        self.turns: list[list[list[str]]] = []
        self.seen: list[str] = []
        self.results: list[list[str]] = []
        self._name = f"bench{next(_RUNS)}"

    def tools(self) -> list[Any]:
        """Return the functions of the item's classes as tools."""
        return tools_of(class_functions(self.item["involved_classes"]), self._call)

    def begin(self) -> str:
        """Begin the next turn and return what the user says."""
        self.turns.append([])
        self.results.append([])
        (message,) = self.item["question"][len(self.turns) - 1]
        text: str = message["content"]
        return text

    def check(self) -> Checked:
        """Check the turn that has just ended."""
        from bfcl_eval.eval_checker.multi_turn_eval import multi_turn_checker as bfcl

        at = len(self.turns) - 1
        wanted: list[str] = self.item["answer"][at]
        expected, truth = self._execute(wanted, f"{self._name}_truth")
        _, live = self._execute([], self._name)
        same = bfcl.state_checker(live, truth)
        if not wanted:
            return Checked(bool(same["valid"]))
        if not self.turns[at]:
            return Checked(bool(same["valid"]), "multi_turn:empty_turn_model_response []")
        if not same["valid"]:
            return Checked(False, f"{same['error_type']} {same['details']['differences']}")
        seen = bfcl.response_checker(self.seen, expected, at)
        if not seen["valid"]:
            return Checked(True, f"{seen['error_type']} {seen['details']['missing_items']}")
        return Checked(True)

    def verdict(self) -> dict[str, Any]:
        """Return the leaderboard's verdict on the whole item; turns not played are empty."""
        from bfcl_eval.eval_checker.multi_turn_eval.multi_turn_checker import multi_turn_checker

        missing = len(self.item["answer"]) - len(self.turns)
        played = [*self.turns, *([] for _ in range(missing))]
        verdict: dict[str, Any] = multi_turn_checker(
            played, self.item["answer"], self.item, "multi_turn_base", f"{self._name}_last"
        )
        return verdict

    def close(self) -> None:
        """Drop the instances, which the executor keeps among its module's names."""
        from bfcl_eval.eval_checker.multi_turn_eval import multi_turn_utils

        kept = vars(multi_turn_utils)
        for name in [name for name in kept if name.startswith(f"{self._name}_")]:
            del kept[name]

    def _call(self, name: str, arguments: dict[str, Any]) -> str:
        # The executor evaluates Python: nothing but names and literals may get there.
        if odd := [key for key in arguments if not key.isidentifier()]:
            return f"Error during execution: {odd[0]!r} is not the name of an argument"
        call = f"{name}({','.join(f'{key}={value!r}' for key, value in arguments.items())})"
        (result,), _ = self._execute([call], self._name)
        self.turns[-1].append([call])
        self.results[-1].append(result)
        self.seen.append(result)
        return result

    def _execute(self, calls: list[str], who: str) -> tuple[list[str], dict[str, Any]]:
        from bfcl_eval.eval_checker.multi_turn_eval.multi_turn_utils import (
            execute_multi_turn_func_call,
        )

        results, instances = execute_multi_turn_func_call(
            calls,
            self.item.get("initial_config", {}),
            self.item["involved_classes"],
            who,
            self.item["id"],
        )
        return results, instances
