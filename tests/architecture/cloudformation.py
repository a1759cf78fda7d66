"""The template as CloudFormation gets it: SAM's resources made into CloudFormation's, generated roles included."""

from __future__ import annotations

from functools import cache
from typing import Any

from samtranslator.parser.parser import Parser  # type: ignore[import-untyped]
from samtranslator.translator.translator import Translator  # type: ignore[import-untyped]

from tests.architecture.repository import Json, plain, template

NOTHING = {"Ref": "AWS::NoValue"}


@cache
def cloudformation() -> Json:
    """SAM wants to know the Region's partition: AWS_DEFAULT_REGION has to be set."""
    document = plain(template())
    for resource in document["Resources"].values():
        for uri in ("CodeUri", "ContentUri", "DefinitionUri"):
            if uri in resource.get("Properties", {}):
                resource["Properties"][uri] = "s3://bucket/key"
    document["Globals"]["Function"]["CodeUri"] = "s3://bucket/key"
    return plain(Translator({}, Parser()).translate(document, {}))


def decided(*, conditions: bool) -> Json:
    """The same with every condition true, or with none: its resources have no `Fn::If` left."""
    document = cloudformation()
    kept = {name: it for name, it in document["Resources"].items() if conditions or "Condition" not in it}
    return {**document, "Resources": _decided(kept, conditions)}


def _decided(part: Any, conditions: bool) -> Any:
    if isinstance(part, list):
        decided = [_decided(entry, conditions) for entry in part]
        return [entry for entry in decided if entry != NOTHING]
    if not isinstance(part, dict):
        return part
    if "Fn::If" in part:
        _, when_true, when_false = part["Fn::If"]
        return _decided(when_true if conditions else when_false, conditions)
    members = {name: _decided(value, conditions) for name, value in part.items()}
    return {name: value for name, value in members.items() if value != NOTHING}
