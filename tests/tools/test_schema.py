"""Schemas are made plain; arguments are mended where their meaning is beyond doubt."""

from typing import Annotated, Literal, Optional

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from langchain_core.tools import InjectedToolArg, StructuredTool, tool
from pydantic import BaseModel, Field

from tools.schema import flatten, spec_of, validate


class Person(BaseModel):
    name: str = Field(min_length=1)
    friends: list["Person"] = []


@tool
def invite(
    person: Person,
    day: Annotated[int, Field(ge=1, le=31, description="Day of the month.")],
    secret: Annotated[str, InjectedToolArg],
    tone: Literal["warm", "cool"] = "warm",
    note: Optional[str] = None,  # noqa: UP045 - how people write it
    place: tuple[float, float] = (0.0, 0.0),
    limit: int | str = 3,
) -> str:
    """Invite somebody."""
    return ""


def test_a_typed_function_becomes_a_flat_spec():
    spec = spec_of(invite)
    assert (spec.name, spec.description) == ("invite", "Invite somebody.")
    assert spec.parameters == {
        "type": "object",
        "required": ["person", "day"],
        "properties": {
            "person": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string", "minLength": 1},
                    "friends": {
                        "type": "array",
                        "default": [],
                        "items": {"description": "another Person"},
                    },
                },
            },
            "day": {
                "type": "integer",
                "description": "Day of the month.",
                "minimum": 1,
                "maximum": 31,
            },
            "tone": {"type": "string", "enum": ["warm", "cool"], "default": "warm"},
            "note": {"type": "string"},
            "place": {
                "type": "array",
                "default": [0.0, 0.0],
                "items": {"type": "number"},
                "minItems": 2,
                "maxItems": 2,
            },
            "limit": {"anyOf": [{"type": "integer"}, {"type": "string"}], "default": 3},
        },
    }


def test_a_schema_given_as_a_dict_is_mapped():
    given_schema = {
        "type": "dict",
        "properties": {
            "x": {"type": "float", "title": "X"},
            "pair": {"type": "tuple", "items": {"type": "integer"}},
            "free": {"type": "any", "description": "Whatever."},
            "word": {"type": "string"},
        },
        "required": ["x", "gone"],
    }
    made = StructuredTool(
        name="f", description="F.", args_schema=given_schema, func=lambda **_: None
    )
    assert spec_of(made).parameters == {
        "type": "object",
        "properties": {
            "x": {"type": "number"},
            "pair": {"type": "array", "items": {"type": "integer"}},
            "free": {"description": "Whatever."},
            "word": {"type": "string"},
        },
        "required": ["x"],
    }


@pytest.mark.parametrize(
    ("schema", "flat"),
    [
        ({"type": ["string", "null"]}, {"type": "string"}),
        ({"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}], "default": None},
         {"type": "integer", "minimum": 1}),
        ({"oneOf": [{"type": "string"}, {"type": "number"}]},
         {"anyOf": [{"type": "string"}, {"type": "number"}]}),
        ({"$ref": "#/$defs/P", "description": "Mine."}, {"type": "string", "description": "Mine."}),
        ({"allOf": [{"$ref": "#/$defs/P"}], "default": "a"}, {"type": "string", "default": "a"}),
        ({"allOf": [{"properties": {"a": {}}, "required": ["a"]}, {"properties": {"b": {}}}]},
         {"type": "object", "properties": {"a": {}, "b": {}}, "required": ["a"]}),
        ({"const": 3}, {"enum": [3]}),
        ({"enum": ["a", None], "type": ["string", "null"]}, {"enum": ["a"], "type": "string"}),
        ({"$ref": "#/$defs/Nowhere"}, {"description": "any value"}),
        ({"$ref": "https://example.org/schema"}, {"description": "any value"}),
        ({"type": "object", "additionalProperties": {"type": "float"}},
         {"type": "object", "additionalProperties": {"type": "number"}}),
        ({"type": "string", "pattern": "(", "minLength": "3", "maximum": True},
         {"type": "string"}),
        ({"items": [{"type": "integer"}, {"type": "string"}]},
         {"type": "array", "items": {"anyOf": [{"type": "integer"}, {"type": "string"}]}}),
        (True, {}),
        ("nonsense", {}),
    ],
)  # fmt: skip
def test_flattens(schema, flat):
    root = {"properties": {"x": schema}, "$defs": {"P": {"type": "string", "title": "P"}}}
    assert flatten(root)["properties"]["x"] == flat


def test_forms_of_a_call_become_one_list_of_arguments():
    schema = {
        "properties": {"note": {"type": "string"}},
        "oneOf": [
            {
                "properties": {"kind": {"const": "file"}, "path": {"type": "string"}},
                "required": ["kind", "path"],
            },
            {
                "properties": {"kind": {"const": "page"}, "url": {"$ref": "#/$defs/a%20url"}},
                "required": ["kind", "url"],
            },
        ],
        "$defs": {"a url": {"type": "string", "format": "uri"}},
    }
    flat = flatten(schema)
    assert flat == {
        "type": "object",
        "properties": {
            "note": {"type": "string"},
            "kind": {"enum": ["file", "page"]},
            "path": {"type": "string"},
            "url": {"type": "string", "format": "uri"},
        },
        "required": ["kind"],
    }
    assert validate({"kind": "page", "url": "x:y"}, flat) == ({"kind": "page", "url": "x:y"}, ())
    assert validate({"url": "x:y"}, flat)[1] == ("missing required argument 'kind'",)


def test_references_that_multiply_end():
    levels = {
        f"L{n}": {"properties": {side: {"$ref": f"#/$defs/L{n + 1}"} for side in "abcd"}}
        for n in range(30)
    }
    flat = flatten({"$ref": "#/$defs/L0", "$defs": levels})
    assert len(str(flat)) < 200_000
    assert "$ref" not in str(flat)


SCHEMA = flatten(
    {
        "properties": {
            "n": {"type": "integer"},
            "x": {"type": "number", "minimum": 0},
            "on": {"type": "boolean"},
            "word": {"type": "string", "maxLength": 9},
            "unit": {"type": "string", "enum": ["Celsius", "Fahrenheit"]},
            "size": {"enum": [1, 2, 30]},
            "tags": {"type": "array", "items": {"type": "string"}},
            "counts": {"type": "array", "items": {"type": "integer"}, "maxItems": 3},
            "where": {
                "type": "object",
                "properties": {"street": {"type": "string"}, "number": {"type": "integer"}},
                "required": ["street"],
            },
            "either": {"anyOf": [{"type": "integer"}, {"type": "boolean"}]},
            "id": {"anyOf": [{"type": "integer"}, {"type": "string"}]},
            "any": {},
            "scores": {"type": "object", "additionalProperties": {"type": "number"}},
        }
    }
)


@pytest.mark.parametrize(
    ("name", "written", "meant"),
    [
        ("n", "3", 3),
        ("n", " -3 ", -3),
        ("n", "3.0", 3),
        ("n", 3.0, 3),
        ("n", 3, 3),
        ("x", "3.5", 3.5),
        ("x", "3", 3),
        ("x", "1e3", 1000.0),
        ("x", 3, 3),
        ("on", "true", True),
        ("on", "False", False),
        ("on", True, True),
        ("word", 42, "42"),
        ("word", 4.5, "4.5"),
        ("word", "true", "true"),
        ("word", "None", "None"),
        ("unit", "celsius", "Celsius"),
        ("unit", " FAHRENHEIT ", "Fahrenheit"),
        ("size", "30", 30),
        ("size", 2.0, 2),
        ("tags", "one", ["one"]),
        ("tags", '["a", "b"]', ["a", "b"]),
        ("tags", "['a', None, 'b']", None),
        ("tags", [1, "b"], ["1", "b"]),
        ("counts", 5, [5]),
        ("counts", "5", [5]),
        ("counts", "[1, '2']", [1, 2]),
        ("counts", ["1", 2.0], [1, 2]),
        ("where", '{"street": "Elm", "number": "4"}', {"street": "Elm", "number": 4}),
        ("where", "{'street': 'Elm', 'number': None}", {"street": "Elm"}),
        ("n", 1e20, 1e20),
        ("id", "7", "7"),
        ("either", "true", True),
        ("either", "7", 7),
        ("either", True, True),
        ("any", "3", "3"),
        ("scores", {"a": "1.5", "b": 2}, {"a": 1.5, "b": 2}),
    ],
)
def test_mends_a_value_that_can_mean_one_thing(name, written, meant):
    coerced, problems = validate({name: written}, SCHEMA)
    if meant is None:
        assert problems
        return
    assert problems == ()
    assert coerced == {name: meant}
    assert type(coerced[name]) is type(meant)


@pytest.mark.parametrize("nothing", [None, "None", "null", ""])
def test_null_for_an_optional_argument_leaves_it_out(nothing):
    assert validate({"n": nothing}, SCHEMA) == ({}, ())
    assert validate({"where": {"street": "Elm", "number": nothing}}, SCHEMA)[0] == {
        "where": {"street": "Elm"}
    }


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"n": "three"}, "argument 'n' must be an integer, was 'three'"),
        ({"n": 3.5}, "argument 'n' must be an integer, was 3.5"),
        ({"n": True}, "argument 'n' must be an integer, was true"),
        ({"n": [3]}, "argument 'n' must be an integer, was [3]"),
        ({"x": -1}, "argument 'x' must be at least 0, was -1"),
        ({"x": "nan"}, "argument 'x' must be a number, was 'nan'"),
        ({"x": float("nan")}, "argument 'x' must be a number, was no finite number"),
        ({"any": [1, {"k": float("inf")}]}, "argument 'any' was no finite number"),
        ({"n": 10**400}, "argument 'n' must be an integer, was no finite number"),
        ({"word": float("nan")}, "argument 'word' must be a string, was no finite number"),
        ({"n": 2**63}, "argument 'n' must be smaller: whole numbers have at most 18 digits"),
        ({"n": "9" * 30}, "argument 'n' must be smaller: whole numbers have at most 18 digits"),
        ({"any": [{"k": -(10**30)}]}, "argument 'any' must be smaller: whole numbers have at most "
         "18 digits"),
        ({"n": [None, True]}, "argument 'n' must be an integer, was [null, true]"),
        ({"on": "yes"}, "argument 'on' must be a boolean, was 'yes'"),
        ({"word": "much too long"}, "argument 'word' must have at most 9 characters, was "
         "'much too long'"),
        ({"unit": "kelvin"}, "argument 'unit' must be one of 'Celsius', 'Fahrenheit', was "
         "'kelvin'"),
        ({"size": True}, "argument 'size' must be one of 1, 2, 30, was true"),
        ({"counts": [1, "x"]}, "argument 'counts[1]' must be an integer, was 'x'"),
        ({"counts": [1, 2, 3, 4]}, "argument 'counts' must have at most 3 items, was "
         "[1, 2, 3, 4]"),
        ({"where": {"number": 4}}, "missing required argument 'street' in 'where'"),
        ({"where": "Elm Street 4"}, "argument 'where' must be an object, was 'Elm Street 4'"),
        ({"where": {"street": ["x"]}}, "argument 'where.street' must be a string, was [\"x\"]"),
        ({"either": "maybe"}, "argument 'either' must be an integer or a boolean, was 'maybe'"),
    ],
)  # fmt: skip
def test_says_what_is_wrong(arguments, problem):
    assert validate(arguments, SCHEMA)[1] == (problem,)


def test_names_every_missing_argument_once():
    schema = flatten({"properties": {"a": {}, "b": {}, "c": {}}, "required": ["a", "b"]})
    assert validate({"c": 1}, schema)[1] == ("missing required arguments 'a' and 'b'",)
    assert validate({"a": 1}, schema)[1] == ("missing required argument 'b'",)


def test_null_for_a_required_argument_is_a_problem():
    schema = flatten({"properties": {"a": {"type": "string"}}, "required": ["a"]})
    assert validate({"a": None}, schema)[1] == ("argument 'a' must be a string, was null",)


def test_an_unknown_argument_is_named_with_the_known_ones():
    schema = flatten({"properties": {"a": {}, "b": {}}})
    assert validate({"a": 1, "x": 2}, schema)[1] == ("unknown argument 'x'; arguments are: a, b",)
    assert validate({"x": 2}, flatten({}))[1] == ("unknown argument 'x'; arguments are: none",)
    assert validate({"x": 2}, flatten({"additionalProperties": True})) == ({"x": 2}, ())
    typed = flatten({"additionalProperties": {"type": "integer"}})
    assert validate({"x": "2"}, typed) == ({"x": 2}, ())


@pytest.mark.parametrize("key", ["arguments", "properties", "parameters"])
def test_a_wrapper_is_taken_off_unless_the_schema_knows_it(key):
    assert validate({key: {"n": "3"}}, SCHEMA) == ({"n": 3}, ())
    own = flatten({"properties": {key: {"type": "object"}}})
    assert validate({key: {"n": "3"}}, own) == ({key: {"n": "3"}}, ())
    assert validate({key: {"n": 3}, "n": 4}, SCHEMA)[1] != ()
    assert validate({key: {"n": 3}, "m": 4}, SCHEMA)[0] == {key: {"n": 3}, "m": 4}


def test_what_is_nested_too_deeply_is_refused():
    deep = []
    for _ in range(5000):
        deep = [deep]
    assert validate({"any": deep, "n": 3}, SCHEMA) == (
        {"n": 3},
        ("argument 'any' was nested too deeply",),
    )


def test_a_huge_number_that_is_meant_as_text_is_kept():
    text = flatten({"properties": {"number": {"type": "string"}}})
    assert validate({"number": 10**30}, text) == ({"number": "1" + "0" * 30}, ())
    assert validate({"n": 2**63 - 1}, SCHEMA) == ({"n": 2**63 - 1}, ())
    assert validate({"n": 2**63, "id": "a"}, SCHEMA)[0] == {"id": "a"}


def test_half_characters_are_made_whole():
    halves = {"word": "\ud83d\ude00", "any": [{"\ud83d": "a\ude00"}]}
    assert validate(halves, SCHEMA)[0] == {"word": "😀", "any": [{"\ufffd": "a\ufffd"}]}


def test_the_given_arguments_are_not_changed():
    arguments = {"where": {"street": "Elm", "number": "4"}, "n": "3"}
    validate(arguments, SCHEMA)
    assert arguments == {"where": {"street": "Elm", "number": "4"}, "n": "3"}


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
numberlike = st.sampled_from(["3", "3.0", "true", "[1]", "{'a': 1}", "None", "1e999", "NaN", ""])
anything = st.recursive(
    scalars | numberlike,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=12,
)
known = st.dictionaries(st.sampled_from([*SCHEMA["properties"], "other"]), anything, max_size=5)
quietly = settings(max_examples=150, deadline=None, derandomize=True, database=None)


@quietly
@given(known)
def test_no_arguments_make_it_raise_and_what_passes_is_valid(arguments):
    coerced, problems = validate(arguments, SCHEMA)
    if not problems:
        assert not list(Draft202012Validator(SCHEMA).iter_errors(coerced))
        assert validate(coerced, SCHEMA) == (coerced, ())


KEYWORDS = (
    *("type", "properties", "required", "items", "enum", "anyOf", "allOf", "$ref", "default"),
    *("minimum", "multipleOf", "maxLength", "pattern", "additionalProperties", "prefixItems"),
    *("const", "description", "format", "uniqueItems", "minItems", "oneOf", "$defs"),
)
values = scalars | st.sampled_from(["object", "array", "integer", "#", "#/properties/a", "[", "a"])
# Not `st.recursive`: its check that the function uses its argument fails now and then.
schemas = st.deferred(
    lambda: (
        values
        | st.lists(schemas, max_size=2)
        | st.dictionaries(st.sampled_from(KEYWORDS) | st.sampled_from("ab"), schemas, max_size=3)
    )
)


@quietly
@given(st.dictionaries(st.sampled_from(KEYWORDS), schemas, max_size=6), known)
def test_every_schema_becomes_one_that_can_be_checked(schema, arguments):
    flat = flatten(schema)
    assert flat["type"] == "object"
    assert flatten(flat) == flat
    Draft202012Validator.check_schema(flat)
    validate(arguments, flat)
