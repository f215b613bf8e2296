"""Compares our wire types with those of OpenAI's own SDK.

Walks each type of the installed `openai` package (PyPI, >=3.52,<4) together with the JSON Schema
of ours, and reports every wire name that our structs leave to `extra`, every kind of a tagged
union that we do not know, and every public SDK type that the walk never met. Each finding must be
in `allowed.json` with a reason; an entry there that is no finding any more is an error too.

    python3 tests/sdk/completeness/check.py            exits 0 when complete
    python3 tests/sdk/completeness/check.py --json     prints {SDK type: [wire names]} instead
"""

import json
import pathlib
import sys

import openai

import our_schemas
import sdk_types
from sdk_types import Shape

ALLOWED = pathlib.Path(__file__).with_name("allowed.json")
PAIRS = pathlib.Path(__file__).with_name("pairs.json")
TAGS = ("role", "type")


class Walk:
    """Both sides, walked together."""

    def __init__(self):
        self.findings = set()
        self.met = set()
        self.checked = 0
        self.seen = set()

    def compare(self, path: str, annotation, node) -> None:
        """Compares one type expression of the SDK with one place of our schema."""
        for shape, inner in sdk_types.members(annotation):
            if shape is Shape.OBJECT:
                self.compare_object(path, inner, node)
            elif shape is Shape.LIST:
                self.compare(f"{path}[]", inner, node.items())
            elif shape is Shape.MAP:
                self.compare(f"{path}{{}}", inner, node.values())

    def compare_object(self, path: str, cls, node) -> None:
        """Compares the fields of one SDK type with ours."""
        self.met.update([cls, *getattr(cls, "__orig_bases__", ())])
        if (path, cls) in self.seen:
            return
        self.seen.add((path, cls))
        views, path = self.pick(path, cls, node)
        for name, annotation in sdk_types.fields(cls).items():
            self.checked += 1
            if any(name in view["properties"] for view in views):
                self.compare(f"{path}.{name}", annotation, node.field(views, name))
            elif not is_map(node):
                self.findings.add(f"{path}.{name}")

    def pick(self, path: str, cls, node):
        """Our alternatives for this SDK type, by its tag where it has one."""
        views = node.objects()
        for tag in TAGS:
            values = sdk_types.tag_values(cls, tag)
            if len(values) == 1:
                views = [view for view in node.tagged(tag, values) if view in views]
                path = f"{path}({next(iter(values))})"
        return views, path


def is_map(node) -> bool:
    """Whether ours is a map with typed values, which keeps every name."""
    return bool(node.values().views) and not node.objects()


def walk_pairs(schemas: dict) -> Walk:
    """Walks every pair of an SDK type and one of ours."""
    walk = Walk()
    for ours, theirs in json.loads(PAIRS.read_text()).items():
        for path in theirs:
            node = our_schemas.Node(schemas[ours], [schemas[ours]])
            walk.compare(ours, sdk_types.lookup(path), node)
    for name, cls in sdk_types.public_types().items():
        if cls not in walk.met:
            walk.findings.add(f"type {name}")
    return walk


def main() -> int:
    if "--json" in sys.argv:
        names = {name: sorted(sdk_types.fields(cls)) for name, cls in sdk_types.public_types().items()}
        print(json.dumps(names, indent=1))
        return 0
    walk = walk_pairs(our_schemas.load())
    allowed = json.loads(ALLOWED.read_text())
    missing = sorted(walk.findings - allowed.keys())
    stale = sorted(allowed.keys() - walk.findings)
    for finding in missing:
        print(f"left to extra: {finding}")
    for entry in stale:
        print(f"stale entry in {ALLOWED.name}: {entry}")
    print(
        f"openai {openai.__version__}: {walk.checked} wire names of {len(walk.met)} types compared, "
        f"{len(missing)} left to extra, {len(allowed) - len(stale)} allowed, {len(stale)} stale"
    )
    return 1 if missing or stale else 0


if __name__ == "__main__":
    sys.exit(main())
