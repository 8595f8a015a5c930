# SPDX-License-Identifier: MIT
"""The manual of the configuration file says of each key what the program says of it."""

import json
import pathlib
import re
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "blackbox"))
from documents import man_examples, parse  # noqa: E402

FILE_MAN = "man/api-gateway.json.5"

# What has one entry for several places: services and routes override the same things, and both
# directions of header edits are alike.
SAME = [(r"^(services\.NAME|routes\[\])\.(timeouts|limits)\.", "defaults.\\2."),
        (r"^routes\[\]\.headers\.response\.", "routes[].headers.request.")]


def documented_path(path):
    for pattern, once in SAME:
        path = re.sub(pattern, once, path)
    return path


def members_of(schema, path=""):
    """{path: (schema, whether it is required)} of all keys, the defaults before their overriders."""
    found = {}
    for key, member in schema.get("properties", {}).items():
        inside = f"{path}.{key}" if path else key
        found.setdefault(documented_path(inside), (member, key in schema.get("required", [])))
        below = [(member, inside), (member.get("items", {}), inside + "[]")]
        named = member.get("additionalProperties", {})
        below += [(named, inside + ".NAME")] if named else []
        for node, place in below:
            for name, value in members_of(node, place).items():
                found.setdefault(name, value)
    return found


def forms_of(member):
    return member.get("anyOf", [member])


def type_of(member):
    """The word that the manual uses for a type."""
    forms = forms_of(member)
    patterns = " ".join(form.get("pattern", "") for form in forms)
    types = {form.get("type") for form in forms} | {type(member.get("const")).__name__}
    if "[Kk]" in patterns:
        return "Size"
    if "integer" in types or "int" in types or isinstance(member.get("enum", [""])[0], int):
        return "Number"
    if "boolean" in types:
        return "Boolean"
    if "([0-9]+ms)" in patterns:
        return "Duration"
    if "array" in types:
        of_strings = member["items"].get("type") == "string"
        return "Array of strings" if of_strings else "Array of objects"
    return "Object" if "object" in types else "String"


def range_of(member):
    """What a number may be, in the words of the manual; "" when any will do."""
    for form in forms_of(member):
        if form.get("type") == "integer" and type_of(member) == "Number":
            least, most = form.get("minimum"), form.get("maximum")
            return f"from {least} to {most}" if most <= 1_000_000 else f"from {least}"
    return ""


def standing_of(member, is_required):
    """How an absent key is treated: "required", "default …" or "optional"."""
    if is_required:
        return "required"
    if "default" not in member:
        return "optional"
    value = member["default"]
    is_long = isinstance(value, list) and len(value) > 3
    if is_long or isinstance(value, list) and any(isinstance(element, dict) for element in value):
        return "default [...]"  # named in the text
    return "default " + (value if value and isinstance(value, str) else json.dumps(value))


def entries(text):
    """{key: the first sentence of its entry, without macros}"""
    found = {}
    for match in re.finditer(r"^\.It Va (\S+)\n(.*?)(?=^\.It |^\.El|\Z)", text, re.M | re.S):
        sentence = []
        for line in match[2].splitlines():
            plain = re.sub(r"^\.(Li|Ql|Va|Pq Li) ", "", line).replace(r"\&", "")
            sentence.append(re.sub(r" ([.,;])$", r"\1", plain))
            if sentence[-1].endswith("."):
                break
        found[match[1]] = " ".join(sentence)
    return found


def check_entries(tree):
    """each key of the file has its type, range and default in the manual"""
    members = members_of(json.loads(tree.schema()))
    problems = []
    for key, sentence in entries(tree.read(FILE_MAN)).items():
        if key not in members:
            continue  # named by another check
        member, is_required = members[key]
        standing = standing_of(member, is_required)
        if not sentence.startswith(type_of(member)):
            problems.append(f"key {key}: a {type_of(member)}, {FILE_MAN} says {sentence!r}")
        if range_of(member) not in sentence:
            problems.append(f"key {key}: {range_of(member)}, {FILE_MAN} says {sentence!r}")
        if not sentence.endswith(f", {standing}."):
            problems.append(f"key {key}: {standing}, {FILE_MAN} says {sentence!r}")
    return problems or ([] if entries(tree.read(FILE_MAN)) else [f"{FILE_MAN}: no entries"])


def paths_in(value, path=""):
    """The keys of a document, as the manual writes them."""
    found = set()
    if isinstance(value, list):
        for element in value:
            found |= paths_in(element, path + "[]")
    elif isinstance(value, dict):
        for key, member in value.items():
            inside = f"{path}.{key}" if path else key
            found |= {inside, f"{path}.NAME"}
            found |= paths_in(member, inside) | paths_in(member, f"{path}.NAME")
    return found


def check_examples(tree):
    """each key of the file is in an example of its section of the manual"""
    shown = {}
    for example in man_examples(FILE_MAN, tree.root):
        if example.text.startswith("{"):
            keys = {documented_path(path) for path in paths_in(parse(example.text))}
            shown.setdefault(example.heading, set()).update(keys)
    problems = []
    keys = re.search(r"^\.Sh KEYS\n(.*?)^\.Sh ", tree.read(FILE_MAN), re.M | re.S)
    for section in re.split(r"^\.Ss ", keys.group(1) if keys else "", flags=re.M)[1:]:
        heading = section.partition("\n")[0]
        for key in entries(section):
            if key not in shown.get(heading, set()):
                problems.append(f"key {key}: in no example of {FILE_MAN}, {heading}")
    return problems if keys else [f"{FILE_MAN}: no section KEYS"]


CHECKS = [check_entries, check_examples]
