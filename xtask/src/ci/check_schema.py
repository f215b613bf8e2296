"""A JSON Schema must itself be valid, and must take an example: `check_schema.py SCHEMA.json EXAMPLE.toml`."""

import json
import pathlib
import sys
import tomllib

from jsonschema import Draft202012Validator

schema_path, example_path = map(pathlib.Path, sys.argv[1:])
schema = json.loads(schema_path.read_text())
Draft202012Validator.check_schema(schema)
Draft202012Validator(schema).validate(tomllib.loads(example_path.read_text()))
print(f"{schema_path}: OK, and takes {example_path}")
