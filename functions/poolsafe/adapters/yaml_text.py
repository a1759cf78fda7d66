"""YAML, for people who read templates."""

from __future__ import annotations

from typing import Any


def as_yaml(document: Any) -> str:
    """A document as YAML, its members in the order they have."""
    import yaml

    class Plain(yaml.SafeDumper):
        """Without anchors: CloudFormation does not take them."""

        def ignore_aliases(self, data: Any) -> bool:
            return True

    text: str = yaml.dump(document, Dumper=Plain, sort_keys=False, allow_unicode=True, width=118)
    return text
