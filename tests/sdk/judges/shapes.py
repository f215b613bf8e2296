"""Whether a JSON value fits the types that an SDK declares, unknown keys included.

SDKs are lenient on purpose: TypedDicts are never checked at run time, and models keep what they do not know. A judge is
not: every key must be one that the type names, and every union must have a member that fits.
"""

import collections.abc
import inspect
import types
import typing
from typing import Annotated, Any, ForwardRef, Literal, Union, get_args, get_origin

import typing_extensions

SEQUENCES = (list, tuple, set, collections.abc.Sequence, collections.abc.Iterable)
MAPPINGS = (dict, collections.abc.Mapping)
REQUIRED = (typing.Required, typing.NotRequired, typing_extensions.Required, typing_extensions.NotRequired)


def misfits(value, kind, path="", scope=None):
    """What does not fit, as `path: why`; an empty list when all of it does."""
    if isinstance(kind, str):
        kind = eval(kind, scope or {})  # the SDK's own annotation, in the SDK's own module
    if isinstance(kind, ForwardRef):
        kind = eval(kind.__forward_arg__, scope or {})
    origin = get_origin(kind)
    if kind is Any or kind is object or isinstance(kind, typing.TypeVar):
        return []
    if origin is Annotated:
        return misfits(value, get_args(kind)[0], path, scope)
    if origin in REQUIRED:
        return misfits(value, get_args(kind)[0], path, scope)
    if isinstance(kind, typing_extensions.TypeAliasType):
        return misfits(value, kind.__value__, path, scope)
    if origin in (Union, types.UnionType):
        return best([misfits(value, member, path, scope) for member in get_args(kind)])
    if origin is Literal:
        return [] if value in get_args(kind) else [f"{path}: {value!r} is none of {get_args(kind)}"]
    if origin in SEQUENCES or kind in SEQUENCES:
        return list_misfits(value, get_args(kind), path, scope)
    if origin in MAPPINGS or kind in MAPPINGS:
        return mapping_misfits(value, get_args(kind), path, scope)
    if typing_extensions.is_typeddict(kind):
        return object_misfits(value, typed_dict_members(kind), path)
    if hasattr(kind, "model_fields"):
        return object_misfits(value, model_members(kind), path)
    if inspect.isclass(kind) and issubclass(kind, str) and kind is not str:  # an enum
        allowed = [member.value for member in kind] if hasattr(kind, "__members__") else None
        fits = isinstance(value, str) and (allowed is None or value in allowed)
        return [] if fits else [f"{path}: {value!r} is no {kind.__name__}"]
    return scalar_misfits(value, kind, path)


def best(attempts):
    """Of several ways to read a value, the one that is wrong in the fewest places, and deepest."""
    return min(attempts, key=lambda found: (len(found), -max(map(len, found), default=0)), default=[])


def list_misfits(value, arguments, path, scope):
    if not isinstance(value, list):
        return [f"{path}: a list is expected, not {type(value).__name__}"]
    kind = arguments[0] if arguments else Any
    return [misfit for index, item in enumerate(value) for misfit in misfits(item, kind, f"{path}[{index}]", scope)]


def mapping_misfits(value, arguments, path, scope):
    if not isinstance(value, dict):
        return [f"{path}: an object is expected, not {type(value).__name__}"]
    kind = arguments[1] if len(arguments) == 2 else Any
    return [misfit for key, item in value.items() for misfit in misfits(item, kind, f"{path}.{key}", scope)]


def object_misfits(value, members, path):
    if not isinstance(value, dict):
        return [f"{path}: an object is expected, not {type(value).__name__}"]
    found = [f"{path}.{key}: unknown key" for key in value if key not in members]
    found += [
        f"{path}.{key}: missing" for key, (_, required, _) in members.items() if required and key not in value
    ]
    for key, item in value.items():
        if key in members:
            kind, _, scope = members[key]
            found += misfits(item, kind, f"{path}.{key}", scope)
    return found


def typed_dict_members(kind):
    members = {}
    for base in [*reversed(kind.__orig_bases__), kind] if hasattr(kind, "__orig_bases__") else [kind]:
        if typing_extensions.is_typeddict(base) and base is not kind:
            members.update(typed_dict_members(base))
    scope = vars(inspect.getmodule(kind))
    for name, annotation in kind.__annotations__.items():
        annotation = annotation.__forward_arg__ if isinstance(annotation, ForwardRef) else annotation
        resolved = eval(annotation, dict(scope)) if isinstance(annotation, str) else annotation
        alias = name
        if get_origin(resolved) is Annotated:  # PropertyInfo(alias=...) of the generated SDKs
            alias = next((meta.alias for meta in get_args(resolved)[1:] if getattr(meta, "alias", None)), name)
        members[alias] = (resolved, is_required(kind, name, resolved), scope)
    return members


def is_required(kind, name, annotation):
    """Of annotations that are texts, as all of the SDKs' are, Python itself does not look into `Required`."""
    origin = get_origin(get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation)
    if origin in REQUIRED:
        return origin in (typing.Required, typing_extensions.Required)
    return name in kind.__required_keys__


def model_members(kind):
    scope = vars(inspect.getmodule(kind))
    members = {}
    for name, field in kind.model_fields.items():
        alias = field.serialization_alias or field.alias or name
        members[alias] = (field.annotation, field.is_required() and not is_optional(field.annotation), scope)
    return members


def is_optional(annotation):
    return type(None) in get_args(annotation)


def scalar_misfits(value, kind, path):
    if kind in (None, type(None)):
        return [] if value is None else [f"{path}: null is expected"]
    if kind is float:
        kind = (int, float)
    if kind is bytes:
        kind = str  # base64 on the wire
    if kind in (int, (int, float)) and isinstance(value, bool):
        return [f"{path}: a number is expected, not a boolean"]
    if isinstance(kind, tuple) or inspect.isclass(kind):
        expected = kind if isinstance(kind, tuple) else (kind,)
        names = " or ".join(each.__name__ for each in expected)
        return [] if isinstance(value, kind) else [f"{path}: {names} is expected, not {type(value).__name__}"]
    return [f"{path}: the judge does not know {kind!r}"]
