"""Reads the type definitions of the installed `openai` package.

A type is a TypedDict (what is sent) or a pydantic model (what is received). `fields` gives its
wire names and types, `members` the types inside a type expression.
"""

import enum
import importlib
import inspect
import pkgutil
import types
import typing

import pydantic
import typing_extensions

# The modules whose types the gateway models, by the prefix of their names in `openai.types`.
PREFIXES = (
    "audio.",
    "chat.",
    "completion",
    "create_embedding",
    "embedding",
    "image",
    "model",
    "moderation",
)


class Shape(enum.Enum):
    """What a type expression is on the wire."""

    OBJECT = "object"
    LIST = "list"
    MAP = "map"
    LEAF = "leaf"


def is_object(annotation) -> bool:
    """Whether the annotation is a class with named fields."""
    if typing_extensions.is_typeddict(annotation):
        return True
    return inspect.isclass(annotation) and issubclass(annotation, pydantic.BaseModel)


def fields(cls) -> dict:
    """Wire name to annotation."""
    if typing_extensions.is_typeddict(cls):
        hints = {}
        for base in reversed([cls, *getattr(cls, "__orig_bases__", ())]):
            if typing_extensions.is_typeddict(base):
                hints.update(typing_extensions.get_type_hints(base, include_extras=True))
        return {alias_of(hint) or name: hint for name, hint in hints.items()}
    return {
        field.alias or name: field.annotation for name, field in cls.model_fields.items()
    }


def alias_of(annotation):
    """The wire name that a TypedDict's field gives itself, if it does."""
    for extra in getattr(annotation, "__metadata__", ()):
        if getattr(extra, "alias", None):
            return extra.alias
    args = typing_extensions.get_args(annotation)
    wrapped = typing_extensions.get_origin(annotation) in (
        typing_extensions.Required,
        typing_extensions.NotRequired,
    )
    return alias_of(args[0]) if wrapped else None


def members(annotation):
    """The alternatives of a type expression, each as (shape, object class or inner annotation)."""
    if is_object(annotation):
        return [(Shape.OBJECT, annotation)]
    origin = typing_extensions.get_origin(annotation)
    args = typing_extensions.get_args(annotation)
    if origin in (typing_extensions.Required, typing_extensions.NotRequired):
        return members(args[0])
    if origin is typing_extensions.Annotated:
        return members(args[0])
    if origin in (typing.Union, types.UnionType):
        return [member for arg in args for member in members(arg)]
    if inspect.isclass(origin) and issubclass(origin, dict):
        return [(Shape.MAP, args[1])]
    if inspect.isclass(origin) and args and origin is not tuple:
        return [(Shape.LIST, args[0])]
    return [(Shape.LEAF, annotation)]


def tag_values(cls, tag: str) -> set:
    """The values that a Literal field allows; empty where there is no such field."""
    annotation = fields(cls).get(tag)
    origin = typing_extensions.get_origin(annotation)
    while origin in (
        typing_extensions.Required,
        typing_extensions.NotRequired,
        typing_extensions.Annotated,
    ):
        annotation = typing_extensions.get_args(annotation)[0]
        origin = typing_extensions.get_origin(annotation)
    if origin in (typing.Literal, typing_extensions.Literal):
        return set(typing_extensions.get_args(annotation))
    return set()


def lookup(path: str):
    """The type (or type alias) `module.Name` below `openai.types`."""
    module, name = path.rsplit(".", 1)
    return getattr(importlib.import_module(f"openai.types.{module}"), name)


def public_types() -> dict:
    """Every public type of the modelled areas, `module.Name` to class."""
    root = importlib.import_module("openai.types")
    found = {}
    for info in pkgutil.walk_packages(root.__path__, "openai.types."):
        short = info.name.removeprefix("openai.types.")
        if info.ispkg or not short.startswith(PREFIXES):
            continue
        module = importlib.import_module(info.name)
        for name in getattr(module, "__all__", ()):
            cls = getattr(module, name)
            if is_object(cls) and cls.__module__ == info.name:
                found[f"{short}.{name}"] = cls
    return found
