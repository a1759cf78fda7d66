"""What travels from state to state, computed by walking a definition with the largest answer of each function."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.architecture.repository import Json, StateMachine, invoked
from tests.fakes import Never
from tests.step_functions import Execution, _at, _filled

#: What a name of an execution and an ARN come to.
CONTEXT = {
    "Execution": {
        "Id": f"arn:aws:states:ap-southeast-1:123456789012:execution:{'m' * 80}:{'x' * 80}",
        "StartTime": "2026-11-27T03:00:00.000Z",
    },
    "State": {"EnteredTime": "2026-11-27T03:00:00.000Z"},
}
#: In place of what an intrinsic function makes of names and times.
MADE = "x" * 200


@dataclass(frozen=True)
class Rounds:
    """What the Task of a loop answers: while it is under way, and at its end."""

    under_way: Any
    last: Any


@dataclass
class Walk(Execution):
    """One way through a machine. `answers` has the largest result of each function, and of each machine that is run;
    `sizes` gets the bytes of each state's input, parameters and output, by state.
    """

    answers: Mapping[str, Any] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    begun: set[str] = field(default_factory=set)

    def _walk(self, machine: Json, name: str, data: Any, context: Json, lane: int | None = None) -> Any:
        while True:
            self._at[lane] = name, data
            state = machine["States"][name]
            self._note(name, data)
            if state["Type"] == "Succeed":
                return data
            if state["Type"] == "Choice":
                taken = (rule["Next"] for rule in state["Choices"] if _is_true(rule, data))
                name = next(taken, state["Default"])
                continue
            if state["Type"] != "Wait":
                data = self._result(name, state, data, context)
                self._note(name, data)
            if state.get("End"):
                return data
            name = state["Next"]

    def _result(self, name: str, state: Json, data: Any, context: Json) -> Any:
        if "Parameters" not in state:
            return super()._result(name, state, data, context)
        parameters = _plain(state["Parameters"], data, context)
        self._note(name, parameters)
        if not state.get("Resource", "").endswith("startExecution.sync:2"):
            return super()._result(name, {**state, "Parameters": parameters}, data, context)
        answer = self.answers[re.sub(r"\W", "", parameters["StateMachineArn"])]
        result = _filled(state["ResultSelector"], {"Output": answer}, context)
        return {**data, state["ResultPath"][2:]: result}

    def _lane(self, state: Json, data: Any, context: Json, lane: int, item: Any) -> Any:
        inner = {**context, "Map": {"Item": {"Value": item}}}
        start = _filled(state["ItemSelector"], data, inner)
        return self._walk(state["ItemProcessor"], state["ItemProcessor"]["StartAt"], start, inner)

    def _invoke(self, name: str, state: Json, parameters: Json) -> Any:
        function = invoked({"Parameters": parameters})
        assert function in self.answers, f"{name}: nobody says what the largest answer of {function} is"
        rounds = self.answers[function]
        if not isinstance(rounds, Rounds):
            rounds = Rounds(rounds, rounds)
        answer = rounds.last if name in self.begun else rounds.under_way
        self.begun.add(name)
        self._note(name, answer)
        return answer

    def _note(self, name: str, document: Any) -> None:
        size = len(json.dumps(document, ensure_ascii=False).encode())
        self.sizes[name] = max(self.sizes.get(name, 0), size)


def sizes_of(machine: StateMachine, request: Any, answers: Mapping[str, Any]) -> dict[str, int]:
    """The largest document of each state that the execution comes through."""
    walk = Walk(machine.definition, CONTEXT, Never(), answers=answers)
    walk.run(request)
    return walk.sizes


def _is_true(rule: Json, data: Any) -> bool:
    if "And" in rule:
        return all(_is_true(one, data) for one in rule["And"])
    found = _at(rule["Variable"], data, CONTEXT)
    [(operator, wanted)] = [(name, value) for name, value in rule.items() if name not in ("Variable", "Next")]
    if operator == "NumericGreaterThan":
        return bool(found > wanted)
    assert operator in ("BooleanEquals", "StringEquals"), operator
    return bool(found == wanted)


def _plain(template: Any, data: Any, context: Json) -> Any:
    """The template filled in, with MADE for what an intrinsic function makes."""
    if isinstance(template, list):
        return [_plain(entry, data, context) for entry in template]
    if not isinstance(template, dict):
        return template
    return {
        name.removesuffix(".$"): _value(value, data, context) if name.endswith(".$") else _plain(value, data, context)
        for name, value in template.items()
    }


def _value(path: str, data: Any, context: Json) -> Any:
    if merged := re.fullmatch(r"States\.JsonMerge\((.+), (.+), false\)", path):
        return {**_at(merged[1], data, context), **_at(merged[2], data, context)}
    return MADE if re.match(r"States\.(Format|Hash)", path) else _at(path, data, context)
