"""Reads the JSON Schemas of our own wire types, as the example `wire_names` prints them."""

import json
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[3]
COMMAND = "cargo run --quiet -p gateway-types --features schema --example wire_names".split()


def load() -> dict:
    """Root type to schema."""
    run = subprocess.run(COMMAND, cwd=ROOT, check=True, capture_output=True, text=True)
    return json.loads(run.stdout)


class Node:
    """One place in a schema, with all alternatives (`anyOf`, `$ref`, ...) spread out."""

    def __init__(self, root: dict, schemas: list):
        self.root = root
        self.views = [view for schema in schemas for view in self._spread(schema)]

    def _spread(self, schema) -> list:
        """The schema as a list of plain schemas, each with its references resolved."""
        if not isinstance(schema, dict):
            return [{}]
        own = {key: value for key, value in schema.items() if key not in ("$ref", "allOf", "$defs")}
        views = [own]
        references = schema.get("allOf", []) + ([{"$ref": schema["$ref"]}] if "$ref" in schema else [])
        for reference in references:
            target = reference
            if "$ref" in reference:
                target = self.root["$defs"][reference["$ref"].rsplit("/", 1)[1]]
            views = [merged(view, other) for view in views for other in self._spread(target)]
        return [alternative for view in views for alternative in self._alternatives(view)]

    def _alternatives(self, view: dict) -> list:
        for key in ("anyOf", "oneOf"):
            if key in view:
                rest = {name: value for name, value in view.items() if name != key}
                return [
                    merged(rest, spread)
                    for alternative in view[key]
                    for spread in self._spread(alternative)
                ]
        return [view]

    def objects(self) -> list:
        """The alternatives that name their fields."""
        return [view for view in self.views if "properties" in view]

    def tagged(self, tag: str, values: set):
        """The objects with one of these tags; all objects where none has a fixed tag."""
        fixed = [view for view in self.objects() if tag_of(view, tag) is not None]
        if not fixed or not values:
            return self.objects()
        return [view for view in fixed if tag_of(view, tag) in values]

    def items(self) -> "Node":
        """The items of the alternatives that are arrays."""
        return Node(self.root, [view["items"] for view in self.views if "items" in view])

    def values(self) -> "Node":
        """The values of the alternatives that are maps."""
        maps = [view.get("additionalProperties") for view in self.views]
        return Node(self.root, [schema for schema in maps if isinstance(schema, dict)])

    def field(self, views: list, name: str) -> "Node":
        """The field of these alternatives."""
        return Node(self.root, [v["properties"][name] for v in views if name in v["properties"]])


def merged(left: dict, right: dict) -> dict:
    """Both schemas at once."""
    properties = {**left.get("properties", {}), **right.get("properties", {})}
    both = {**left, **right}
    if properties:
        both["properties"] = properties
    return both


def tag_of(view: dict, tag: str):
    """The one value that the tag member may have; None where it may have any."""
    schema = view["properties"].get(tag)
    if not isinstance(schema, dict):
        return None
    if "const" in schema:
        return schema["const"]
    values = schema.get("enum", [])
    return values[0] if len(values) == 1 else None
