"""What counts as a call in a model's text."""

import pytest

from agent.models.calls import read_calls
from tools.spec import ToolSpec


def spec(name, required=(), **properties):
    parameters = {"type": "object", "properties": {k: {"type": v} for k, v in properties.items()}}
    if required:
        parameters["required"] = list(required)
    return ToolSpec(name, f"The tool {name}.", parameters)


TOOLS = (
    spec("add", ("a", "b"), a="integer", b="integer"),
    spec("calculator", ("expression",), expression="string"),
    spec("web_search", ("query",), query="string", count="integer"),
    spec("clock", zone="string"),
    spec("math.hypot", ("x", "y"), x="number", y="number"),
    spec("Tag", ("names",), names="array"),
)
ADD = '{"name": "add", "arguments": {"a": 1, "b": 2}}'
SUM = '{"name": "calculator", "parameters": {"expression": "1+2"}}'
ONE = ("add", {"a": 1, "b": 2})
TWO = ("calculator", {"expression": "1+2"})
CLOCK = ("clock", {})

CALLS = {
    # bare JSON
    "name and arguments": (ADD, [ONE], ""),
    "name and parameters": (SUM, [TWO], ""),
    "args": ('{"name":"add","args":{"a":1,"b":2}}', [ONE], ""),
    "arguments first": ('{"arguments": {"a": 1, "b": 2}, "name": "add"}', [ONE], ""),
    "tool and tool_input": ('{"tool":"add","tool_input":{"a":1,"b":2}}', [ONE], ""),
    "leading newlines": ("\n\n" + ADD, [ONE], ""),
    "trailing newlines": (ADD + "\n\n", [ONE], ""),
    "newline between": (ADD + "\n" + SUM, [ONE, TWO], ""),
    "semicolon between": (ADD + "; " + SUM, [ONE, TWO], ""),
    "comma between": (ADD + ", " + SUM, [ONE, TWO], ""),
    "nothing between": (ADD + SUM, [ONE, TWO], ""),
    "list": (f"[{ADD}, {SUM}]", [ONE, TWO], ""),
    "list of one over lines": (f"[\n  {ADD}\n]\n", [ONE], ""),
    "no arguments needed": ('{"name": "clock", "parameters": {}}', [CLOCK], ""),
    "null for arguments": ('{"name": "clock", "arguments": null}', [CLOCK], ""),
    # wrapped JSON
    "tool_calls": (f'{{"tool_calls": [{ADD}, {SUM}]}}', [ONE, TWO], ""),
    "function object": (f'{{"function": {ADD}}}', [ONE], ""),
    "function as the name": ('{"function":"add","parameters":{"a":1,"b":2}}', [ONE], ""),
    "type and name": ('{"type":"function","name":"add","parameters":{"a":1,"b":2}}', [ONE], ""),
    "type and function name": (
        '{"type": "function", "function": "add", "parameters": {"a": 1, "b": 2}}',
        [ONE],
        "",
    ),
    "tool_calls of the wire": (
        '{"tool_calls":[{"id":"c1","type":"function","function":'
        '{"name":"add","arguments":"{\\"a\\":1,\\"b\\":2}"}}]}',
        [("add", '{"a":1,"b":2}')],
        "",
    ),
    "stringified parameters": (
        '{"name":"add","parameters":"{\\"a\\": 1, \\"b\\": 2}"}',
        [("add", '{"a": 1, "b": 2}')],
        "",
    ),
    # fences
    "fence": (f"```json\n{ADD}\n```", [ONE], ""),
    "fence without a language": (f"```\n{ADD}\n```", [ONE], ""),
    "fence on one line": (f"```json {ADD}```", [ONE], ""),
    "fence tool_call": (f"```tool_call\n{ADD}\n```\n", [ONE], ""),
    "fence not closed": (f"```json\n{ADD}\n", [ONE], ""),
    "fence with a list": (f"```json\n[{ADD},\n {SUM}]\n```", [ONE, TWO], ""),
    "fence with lines": (f"```json\n{ADD}\n{SUM}\n```", [ONE, TWO], ""),
    "fence behind a lead-in": (
        f"I'll use the calculator:\n\n```json\n{SUM}\n```",
        [TWO],
        "I'll use the calculator:",
    ),
    "two fences": (f"```json\n{ADD}\n```\n\n```json\n{SUM}\n```", [ONE, TWO], ""),
    "two fences, a line between": (
        f"First:\n```json\n{ADD}\n```\nThen the sum:\n```json\n{SUM}\n```",
        [ONE, TWO],
        "First:\nThen the sum:",
    ),
    "fence of four backticks": (f"````json\n{ADD}\n````", [ONE], ""),
    "fence with Python": ("```python\nadd(a=1, b=2)\n```", [ONE], ""),
    "fence with a tag": (f"```xml\n<tool_call>\n{ADD}\n</tool_call>\n```", [ONE], ""),
    "stray closing fence": (ADD + "\n```", [ONE], ""),
    # tags
    "tag": (f"<tool_call>\n{ADD}\n</tool_call>", [ONE], ""),
    "tag not closed": (f"<tool_call>\n{ADD}", [ONE], ""),
    "tag closed by opening": (f"<tool_call>{ADD}<tool_call>", [ONE], "<tool_call>"),
    "tags": (f"<tool_call>{ADD}</tool_call>\n<tool_call>{SUM}</tool_call>", [ONE, TWO], ""),
    "tag with two calls": (f"<tool_call>\n{ADD}\n{SUM}\n</tool_call>", [ONE, TWO], ""),
    "tag in prose": (
        f"Let me see. <tool_call>{ADD}</tool_call> I wait for it.",
        [ONE],
        "Let me see. I wait for it.",
    ),
    "tag around a fence": (f"<tool_call>\n```json\n{ADD}\n```\n</tool_call>", [ONE], ""),
    "tag tools": (f"<tools>\n{ADD}\n</tools>", [ONE], ""),
    "tag without arguments": ('<tool_call>{"name":"clock"}</tool_call>', [CLOCK], ""),
    "result made up": (
        f"<tool_call>{ADD}</tool_call>\n<tool_response>3</tool_response>\nIt is 3.",
        [ONE],
        "",
    ),
    "function tag": ('<function=add>{"a": 1, "b": 2}</function>', [ONE], ""),
    "function tag, end of message": ('<function=add>{"a": 1, "b": 2}<|eom_id|>', [ONE], ""),
    "parameter tags": (
        "<tool_call>\n<function=add>\n<parameter=a>\n1\n</parameter>\n"
        "<parameter=b>2</parameter>\n</function>\n</tool_call>",
        [("add", {"a": "1", "b": "2"})],
        "",
    ),
    "python tag and JSON": (f"<|python_tag|>{ADD}; {SUM}<|eom_id|>", [ONE, TWO], ""),
    "python tag and .call": (
        '<|python_tag|>web_search.call(query="a, b)")',
        [("web_search.call", {"query": "a, b)"})],
        "",
    ),
    "python tag and an unknown call": (
        '<|python_tag|>lookup(q="a")',
        [("lookup", {"q": "a"})],
        "",
    ),
    "python tag and a call": ("<|python_tag|>add(a=1, b=2)", [ONE], ""),
    "action": (
        'Thought: I add.\nAction: add\nAction Input: {"a": 1, "b": 2}\nObservation: 3\nDone.',
        [ONE],
        "Thought: I add.",
    ),
    "action with plain text": (
        "Action: calculator\nAction Input: 1+2",
        [("calculator", "1+2")],
        "",
    ),
    "action as JSON": (
        'Action:\n```json\n{"action": "add", "action_input": {"a": 1, "b": 2}}\n```',
        [ONE],
        "",
    ),
    # Python
    "python call": ("add(a=1, b=2)", [ONE], ""),
    "python by position": ("add(1, 2)", [ONE], ""),
    "python list": ('[add(a=1, b=2), calculator(expression="1+2")]', [ONE, TWO], ""),
    "python lines": ('add(a=1, b=2)\ncalculator(expression="1+2")', [ONE, TWO], ""),
    "python with a sum": ("calculator(1+2)", [TWO], ""),
    "python behind a lead-in": ("I add them:\nadd(a=1, b=2)", [ONE], "I add them:"),
    "python without arguments": ("clock()", [CLOCK], ""),
    "python values": (
        "Tag(names=['it's', \"b\", None, True, -2.5, (1, 2), {'k': 1}])",
        [("Tag", {"names": ["it's", "b", None, True, -2.5, [1, 2], {"k": 1}]})],
        "",
    ),
    # slips
    "single quotes": ("{'name': 'add', 'arguments': {'a': 1, 'b': 2}}", [ONE], ""),
    "Python literals": (
        '{"name": "add", "arguments": {"a": True, "b": None}}',
        [("add", {"a": True, "b": None})],
        "",
    ),
    "trailing commas": ('{"name": "add", "arguments": {"a": 1, "b": 2,},}', [ONE], ""),
    "doubled braces": ('{{"name": "clock", "arguments": {}}}', [CLOCK], ""),
    "all braces doubled": ('[{{"name": "add", "args": {{"a": 1, "b": 2}}}}]', [ONE], ""),
    "bare keys": ("{name: 'add', arguments: {a: 1, b: 2}}", [ONE], ""),
    "brace missing": ('{"name": "add", "arguments": {"a": 1, "b": 2}', [ONE], ""),
    "braces missing": ('{"name": "add", "arguments": {"a": 1, "b": 2', [ONE], ""),
    "brace missing in a list": ('[{"name":"add","arguments":{"a":1,"b":2}]', [ONE], ""),
    "brace missing in a tag": (
        '<tool_call>{"name":"add","arguments":{"a":1,"b":2}</tool_call>',
        [ONE],
        "",
    ),
    "brace missing in a fence": ('```\n{"name":"add","args":{"a":1,"b":2}\n```', [ONE], ""),
    "brace too many": (ADD + "}", [ONE], ""),
    "quote left open": (
        '{"name": "calculator", "arguments": {"expression": "the "big" one"}}',
        [("calculator", {"expression": 'the "big" one'})],
        "",
    ),
    "newline in a string": (
        '{"name":"calculator","arguments":{"expression":"1\n+2"}}',
        [("calculator", {"expression": "1\n+2"})],
        "",
    ),
    "escapes": (
        '{"name":"calculator","arguments":{"expression":"\\u00e9\\ud83d\\ude00\\d\\n"}}',
        [("calculator", {"expression": "é😀\\d\n"})],
        "",
    ),
    "full stop behind": (f"Sure: {ADD}.", [ONE], "Sure:"),
    "cut off in a value": (
        '{"name": "calculator", "arguments": {"expression": "1+',
        [("calculator", ' {"expression": "1+'.strip())],
        "",
    ),
    # names
    "prefix": (
        '{"name":"functions.add","arguments":{"a":1,"b":2}}',
        [("functions.add", ONE[1])],
        "",
    ),
    "unknown, nothing else": ('{"name":"lookup","parameters":{"q":1}}', [("lookup", {"q": 1})], ""),
    "unknown in a fence": (
        '```json\n{"name":"lookup","parameters":{"q":1}}\n```',
        [("lookup", {"q": 1})],
        "",
    ),
    "unknown in a tag": (
        'Now: <tool_call>{"name":"lookup","arguments":{}}</tool_call>',
        [("lookup", {})],
        "Now:",
    ),
    "arguments no object": ('{"name":"add","arguments":[1,2]}', [("add", [1, 2])], ""),
}

SCHEMA = '{"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}'
TEXTS = {
    "empty": "",
    "white space": " \n\t ",
    "prose": "Add 1 and 2: it makes 3.",
    "a tool's name": "You could use add for that.",
    "starts like a tool": "additional information follows (see below).",
    "a tool and a bracket": "add (the verb) means to put together.",
    "answer as JSON": '{"answer": "use add"}',
    "name alone": '{"name": "add"}',
    "a person": '{"name": "Ada", "age": 36, "arguments": {"x": 1}}',
    "an unlikely name": '{"name": "add me up", "arguments": {"x": 1}}',
    "a schema": '{"name": "add", "description": "Adds.", "parameters": ' + SCHEMA + "}",
    "a schema of the wire": '{"type":"function","function":{"name":"add","parameters":'
    + SCHEMA
    + "}}",
    "a list of schemas": '[{"name": "add", "description": "", "parameters": ' + SCHEMA + "}]",
    "JSON list": '["add", {"a": 1}]',
    "no calls": "[]",
    "no tool calls": '{"tool_calls": []}',
    "inner object": '{"steps": [{"name": "add", "arguments": {"a": 1, "b": 2}}]}',
    "inner object behind prose": 'Config: {"steps": [' + ADD + "]}",
    "call, then prose": ADD + " is how the tool is called.",
    "prose, call, prose": f"So {ADD} is how it is called.",
    "example in a fence": f"For example:\n```json\n{ADD}\n```\nThis means that 1 and 2 are added.",
    "example on a line": f"For example: ```json {ADD}``` This means that they are added.",
    "two examples": f"```json\n{ADD}\n```\nThis adds. {'It really does. ' * 12}\n```\n{SUM}\n```",
    "behind a long explanation": "A sentence of an explanation. " * 20 + f"\n```json\n{ADD}\n```",
    "unknown behind prose": 'Use this: {"name": "lookup", "arguments": {"q": 1}}',
    "unknown, then prose": '{"name":"lookup","arguments":{"q":1}}\nHere it is.',
    "odd arguments behind prose": 'Here: {"name": "add", "arguments": [1, 2]}',
    "unknown, then a known one": '{"name":"lookup","arguments":{}}\nand\n' + ADD,
    "listing of a fence": f"````\n```\n<tool_call>{ADD}</tool_call>\n```\n````",
    "listing that starts like a call": f"```\n{ADD}\nSo.\n<tool_call>{SUM}</tool_call>\n```",
    "inline code": f"Write `{ADD}`",
    "tag as inline code": f"Qwen writes `<tool_call>{ADD}</tool_call>` for that.",
    "tag in a listing": f"```python\nprint('x')\n<tool_call>{ADD}</tool_call>\n```",
    "tag alone": "The tag <tool_call> opens a call.",
    "tag at the end": "It starts with <tool_call>",
    "python tag and a program": "<|python_tag|>import math\nprint(math.pi)",
    "code": "```python\ntotal = add(1, 2)\nprint(total)\n```",
    "code with a call of names": "```python\nadd(x, y)\n```",
    "data in a fence": '```json\n{"city": "Oslo", "name": "add"}\n```',
    "python, then prose": "add(a=1, b=2) returns 3.",
    "unknown Python": "lookup(q=1)",
    "citations": "[1] says so, [2] too.\n[3] does not.",
    "sets and lists": "The set {1, 2} and the list [a, b] differ.",
    "links": "[add](https://example.org/add) explains it.",
    "to do": "Action: call the bank tomorrow.\nThen rest.",
    "less than": "1 < 2 and <b>bold</b> and <tool>.",
    "backticks": "Use `add` or ``x`` here.",
    "deep": "[" * 500,
    "deep objects": '{"arguments":' * 500,
    "table": "| name | arguments |\n|---|---|\n| add | {a, b} |",
    "cut off in a name": '{"name": "ad',
}


@pytest.mark.parametrize("case", CALLS)
def test_reads_calls(case):
    text, expected, remainder = CALLS[case]
    calls, rest = read_calls(text, TOOLS)
    assert [(call.name, call.arguments) for call in calls] == expected
    assert rest == remainder


@pytest.mark.parametrize("case", TEXTS)
def test_leaves_ordinary_text_alone(case):
    assert read_calls(TEXTS[case], TOOLS) == ((), TEXTS[case])


@pytest.mark.parametrize("case", CALLS)
def test_without_tools_everything_is_text(case):
    assert read_calls(CALLS[case][0], ()) == ((), CALLS[case][0])
