# SPDX-License-Identifier: MIT
"""Judges documents by a JSON Schema; run by an interpreter that has the jsonschema package.

Reads {"schema": …, "documents": {NAME: …}} and prints {NAME: ["POINTER: what is wrong", …]}. A
schema that is none by the 2020-12 meta-schema raises.
"""

import json
import sys

from jsonschema import Draft202012Validator


def main():
    request = json.load(sys.stdin)
    Draft202012Validator.check_schema(request["schema"])
    validator = Draft202012Validator(request["schema"])
    verdicts = {}
    for name, document in request["documents"].items():
        verdicts[name] = ["/" + "/".join(map(str, error.absolute_path)) + ": " + error.message
                          for error in validator.iter_errors(document)]
    json.dump(verdicts, sys.stdout)


if __name__ == "__main__":
    main()
