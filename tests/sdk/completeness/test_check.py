"""The completeness check must find what is missing: each test takes something away from our side.

    python3 -m unittest discover -s tests/sdk/completeness
"""

import copy
import unittest

import check
import our_schemas


class TakenAway(unittest.TestCase):
    """One field or kind less in our schemas."""

    @classmethod
    def setUpClass(cls):
        cls.schemas = our_schemas.load()
        cls.before = check.walk_pairs(cls.schemas).findings

    def new_findings(self, change) -> set:
        schemas = copy.deepcopy(self.schemas)
        change(schemas)
        return check.walk_pairs(schemas).findings - self.before

    def test_a_field_of_a_root(self):
        found = self.new_findings(lambda s: s["ChatRequest"]["properties"].pop("verbosity"))
        self.assertEqual(found, {"ChatRequest.verbosity"})

    def test_a_nested_field(self):
        def change(schemas):
            schemas["ChatChunk"]["$defs"]["FunctionCallDelta"]["properties"].pop("arguments")

        self.assertEqual(
            self.new_findings(change),
            {
                "ChatChunk.choices[].delta.function_call.arguments",
                "ChatChunk.choices[].delta.tool_calls[].function.arguments",
            },
        )

    def test_a_kind_of_a_union(self):
        def change(schemas):
            union = schemas["ImageEvent"]
            key = "anyOf" if "anyOf" in union else "oneOf"
            union[key] = [
                member
                for member in union[key]
                if "partial" not in str(member.get("properties", {}).get("type", ""))
            ]

        found = self.new_findings(change)
        self.assertIn("ImageEvent(image_generation.partial_image).b64_json", found)
        self.assertIn("ImageEvent(image_edit.partial_image).partial_image_index", found)


if __name__ == "__main__":
    unittest.main()
