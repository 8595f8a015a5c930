# SPDX-License-Identifier: MIT
"""Who may include whom: rooms include strictly lower levels, libraries stay in their rooms."""

import re

LEVELS = {
    "util": 0,
    "event": 1, "config": 1, "observe": 1,
    "http": 2,
    "upstream": 3, "policy": 3,
    "proxy": 4, "endpoint": 4, "example": 4,
    "process": 5, "explain": 5,
    "cli": 6,
}
MAIN_LEVEL = 7  # files in src itself

# (header, files that may include it), both as regular expressions; the first row that matches
# a header decides.
LIBRARIES = [
    (r"event2/http.*\.h|evhttp\.h", r"http/.*"),
    (r"event2/.*|event\.h|ev(dns|ent|util).*\.h", r"(event|http)/.*|upstream/(resolver|connector)\..*"),
    (r"nlohmann/.*", r"(config|endpoint|example|explain|policy|cli)/.*|process/status_report\..*"),
    (r"cxxopts\.hpp", r"cli/(subcommand_)?options\..*"),
    (r"spdlog/.*|fmt/.*", r"observe/.*"),
]

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def check_rooms(tree):
    """each room includes itself and strictly lower levels only"""
    problems = []
    for path in tree.sources("src"):
        room = path.split("/")[0] if "/" in path else None
        if room is not None and room not in LEVELS:
            problems.append(f"src/{path}: the room {room}/ has no level")
            continue
        level = MAIN_LEVEL if room is None else LEVELS[room]
        for kind, header in INCLUDE.findall(tree.read(f"src/{path}")):
            if kind != '"':
                continue
            if not tree.exists(f"src/{header}"):
                problems.append(f'src/{path}: "{header}" is no path below src/')
                continue
            target = header.split("/")[0]
            if target != room and LEVELS.get(target, MAIN_LEVEL) >= level:
                problems.append(f'src/{path}: may not include "{header}": {target}/ is not below')
    return problems


def check_libraries(tree):
    """headers of a library are included in its rooms only"""
    problems = []
    for path in tree.sources("src"):
        for kind, header in INCLUDE.findall(tree.read(f"src/{path}")):
            if kind != "<":
                continue
            for library, rooms in LIBRARIES:
                if re.fullmatch(library, header):
                    if not re.fullmatch(rooms, path):
                        problems.append(f"src/{path}: may not include <{header}>")
                    break
    return problems


CHECKS = [check_rooms, check_libraries]
