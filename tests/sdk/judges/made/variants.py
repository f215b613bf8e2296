"""Every way in which a value of an SDK's type can be said, one difference at a time.

`variants` walks the types that an SDK itself declares (pydantic models, unions, literals, lists) and botocore's shapes
likewise. The first variant of an object has every member; the others leave out all that is optional, say null where
null is allowed, hold a member that nobody knows yet, and take each further variant of each member in turn. So each union
member, each enum value and each optional member is said at least once, and the count grows with the sum, not the product.

A type that stands in several places is varied in the first of them.

Every text is another one, so that one that is lost can be told from one that is not.
"""

import base64
import collections.abc
import datetime
import enum
import inspect
import types
from itertools import count
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel
from typing_extensions import TypeAliasType

# As deep as any answer nests before a type contains itself.
DEEPEST = 9


LISTS = (list, tuple, set, collections.abc.Sequence, collections.abc.Iterable)


class Unknown:
    """A member of a union that no SDK knows yet."""

    TYPE = "kind_of_tomorrow"
    MEMBER = "member_of_tomorrow"


class Walker:
    """Makes values; `fixed` gives the variants where a type says less than is true: of members by name, of models by class."""

    def __init__(self, fixed=None):
        self.numbers = count(1)
        self.fixed = fixed or {}
        self.walked = set()

    def text(self, name):
        return f"{name or 'text'}-é{next(self.numbers)}"

    def variants(self, kind, name="", seen=()):
        """Each value once; the fullest comes first."""
        special = self.fixed.get(name) or isinstance(kind, type) and self.fixed.get(kind)
        if special:
            yield from special(self)
            return
        origin = get_origin(kind)
        if origin is Annotated:
            yield from self.variants(get_args(kind)[0], name, seen)
        elif isinstance(kind, TypeAliasType):
            yield from self.variants(kind.__value__, name, seen)
        elif origin in (Union, types.UnionType):
            yield from self.union(get_args(kind), name, seen)
        elif origin is Literal:
            yield from get_args(kind)
        elif origin in LISTS or kind is list:
            yield from self.lists((get_args(kind) or (Any,))[0], name, seen)
        elif origin in (dict, collections.abc.Mapping) or kind is dict:
            yield {self.text("key"): next(self.variants((get_args(kind) or (str, Any))[1], name, seen))}
            yield {}
        elif inspect.isclass(kind) and issubclass(kind, BaseModel):
            yield from self.model(kind, seen)
        elif inspect.isclass(kind) and issubclass(kind, enum.Enum):
            yield from (member.value for member in kind)
        else:
            yield from self.scalar(kind, name)

    def scalar(self, kind, name):
        if kind is str:
            yield from (self.text(name), "")
        elif kind is bool:
            yield from (True, False)
        elif kind is int:
            yield from (100 + next(self.numbers), 0)
        elif kind is float:
            yield from (0.5, 2, -1.25)
        elif kind is bytes:
            yield base64.b64encode(self.text(name).encode()).decode()
        elif kind in (datetime.datetime, datetime.date):
            yield f"2026-01-02T03:04:05.{next(self.numbers):06}Z"
        elif kind is type(None):
            yield None
        elif kind in (Any, object) or isinstance(kind, TypeVar):
            yield from ({self.text("key"): self.text(name)}, self.text(name))
        else:
            raise TypeError(f"{name}: nobody knows how to make a {kind!r}")

    def union(self, members, name, seen):
        several = sum(is_model(member) for member in members) > 1
        for member in sorted(members, key=lambda member: member is type(None)):
            yield from self.variants(member, name, seen)
        if several and all(has_type(member) for member in members if is_model(member)):
            yield {"type": Unknown.TYPE, "text": self.text(name), Unknown.MEMBER: {"deep": [self.text(name)]}}

    def lists(self, kind, name, seen):
        """All variants in one list where there are several kinds of them; one by one; none."""
        values = list(self.variants(kind, name, seen))
        if values:
            yield values[:1]
            yield from ([value] for value in values[1:])
            if len(values) > 2:
                yield values[:3]
        yield []

    def model(self, kind, seen):
        if seen.count(kind) or len(seen) > DEEPEST:
            yield {alias(field, name): next(self.variants(field.annotation, alias(field, name), (*seen, kind))) for name, field in kind.model_fields.items() if field.is_required()}
            return
        members = {alias(field, name): (field.annotation, field.is_required()) for name, field in kind.model_fields.items()}
        deeper = (*seen, kind)
        full = {name: next(self.variants(annotation, name, deeper), None) for name, (annotation, _) in members.items()}
        yield full
        if kind in self.walked:
            return
        self.walked.add(kind)
        fresh = lambda: {name: self.renewed(value) for name, value in full.items()}  # noqa: E731
        optional = [name for name, (_, required) in members.items() if not required]
        if optional:
            yield {name: value for name, value in fresh().items() if name not in optional}
            nullable = [name for name, (annotation, _) in members.items() if may_be_null(annotation)]
            yield {**fresh(), **dict.fromkeys(nullable)}
        yield {**fresh(), Unknown.MEMBER: self.text("unknown")}
        for name, (annotation, _) in members.items():
            others = self.variants(annotation, name, deeper)
            next(others, None)
            yield from ({**fresh(), name: value} for value in others)

    def renewed(self, value):
        """The same with other texts."""
        if isinstance(value, str):
            place = value.rfind("-é")
            return f"{value[:place]}-é{next(self.numbers)}" if place >= 0 else value
        if isinstance(value, list):
            return [self.renewed(item) for item in value]
        if isinstance(value, dict):
            return {name: self.renewed(item) for name, item in value.items()}
        return value


def alias(field, name):
    return field.serialization_alias or field.alias or name


def is_model(kind):
    kind = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    return inspect.isclass(kind) and issubclass(kind, BaseModel)


def has_type(kind):
    kind = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    return "type" in kind.model_fields


def may_be_null(annotation):
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    return type(None) in get_args(annotation)
