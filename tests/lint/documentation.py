# SPDX-License-Identifier: MIT
"""What the program has is documented, and what is documented the program has."""

import json
import os
import re
import subprocess

MAN = "man/api-gateway.8"
FILE_MAN = "man/api-gateway.json.5"
README = "README.md"
ENV_EXAMPLE = "conf/gateway.env.example"
COMPOSE = "docker-compose.yml"
ACCESS_FIELDS = "src/util/access_field.h"
SECRET_NAMES = "src/config/secret_names.cc"


def section(tree, name):
    """The text of one section of the man page."""
    match = re.search(rf"^\.Sh {name}\n(.*?)(?=^\.Sh |\Z)", tree.read(MAN), re.M | re.S)
    return match.group(1) if match else ""


def compare(what, in_source, in_page, where):
    """Problems when two sets differ; an empty source means that this check looks in vain."""
    if not in_source:
        return [f"found no {what} in the source: this check looks in the wrong place"]
    return ([f"{what} {name}: not in {where}" for name in sorted(in_source - in_page)] +
            [f"{what} {name}: in {where} only" for name in sorted(in_page - in_source)])


def options_in_help(tree):
    return set(re.findall(r"(?<![\w-])(--[a-z][a-z-]*|-[A-Za-z])(?![\w-])", tree.help()))


def check_options(tree):
    """the man page has the options that --help lists"""
    page = section(tree, "OPTIONS") + section(tree, "SUBCOMMANDS")
    items = re.findall(r"^\.It (Fl .*)$", page, re.M)
    documented = {f"-{flag}" for item in items for flag in re.findall(r"\bFl (-?[\w-]+)", item)}
    return compare("option", options_in_help(tree), documented, MAN)


def check_commands(tree):
    """the man page has the subcommands that --help lists"""
    documented = re.findall(r"^\.It Cm ([\w-]+)$", section(tree, "SUBCOMMANDS"), re.M)
    return compare("subcommand", set(tree.commands()), set(documented), MAN)


def variables_in_source(tree):
    names = set(re.findall(r'\bVariable\{"(\w+)"', tree.read("src/config/environment.cc")))
    for path in tree.sources("src"):
        names |= set(re.findall(r'\bgetenv\("(\w+)"\)', tree.read(f"src/{path}")))
    return names


def check_variables(tree):
    """the man page has the environment variables that the program reads"""
    items = re.findall(r"^\.It (Ev .*)$", section(tree, "ENVIRONMENT"), re.M)
    documented = {name for item in items for name in re.findall(r"\b[A-Z][A-Z0-9_]+\b", item)}
    services = {name for name in documented if re.fullmatch(r"SERVICE\d+_URL", name)}
    problems = compare("variable", variables_in_source(tree), documented - services, MAN)
    return problems if services else problems + [f"variable SERVICE<N>_URL: not in {MAN}"]


def check_variable_examples(tree):
    """README and conf/ have the GATEWAY_ variables; they and compose name no unknown ones"""
    ours = {name for name in variables_in_source(tree) if name.startswith("GATEWAY_")}
    problems = []
    for path in (README, ENV_EXAMPLE):
        named = set(re.findall(r"\bGATEWAY_[A-Z_]+\b", tree.read(path)))
        problems += compare("variable", ours, named, path)
        if "SERVICE1_URL" not in tree.read(path):
            problems.append(f"variable SERVICE1_URL: not in {path}")
    for name in re.findall(r"^\s+([A-Z][A-Z0-9_]+):", tree.read(COMPOSE), re.M):
        if name not in ours and not re.fullmatch(r"SERVICE\d+_URL", name):
            problems.append(f"variable {name}: in {COMPOSE}, but the program does not read it")
    return problems


def check_log_fields(tree):
    """the man page has the fields of the access log, in their order"""
    rows = re.findall(r'\bAccessFieldInfo\{AccessField::\w+, "(\w+)", (true|false)\}',
                      tree.read(ACCESS_FIELDS))
    by_default, _, on_request = section(tree, "LOGS").partition(".Ss Fields on request\n")
    problems = []
    for what, page, value in (("default", by_default, "true"), ("optional", on_request, "false")):
        fields = [name for name, is_default in rows if is_default == value]
        documented = re.findall(r"^\.It Li (\w+)$", page, re.M)
        found = compare(f"{what} access log field", set(fields), set(documented), MAN)
        if not found and fields != documented:
            found = [f"{what} access log fields: {MAN} has them in another order"]
        problems += found
    return problems


def check_secret_names(tree):
    """the man page of the file has the names of the secrets that are masked by default"""
    groups = re.findall(r"constexpr std::string_view k\w+ =([^;]*);", tree.read(SECRET_NAMES))
    names = {name for group in groups for name in re.findall(r"\w+", group)}
    item = re.search(r"^\.It Va logs\.access\.redact\.query\n(.*?)^\.It ", tree.read(FILE_MAN),
                     re.M | re.S)
    listed = item.group(1).partition("built in:\n")[2] if item else ""
    documented = {name for line in re.findall(r"^\.Li (.*)$", listed, re.M)
                  for name in re.findall(r"\w+", line)}
    return compare("secret name", names, documented, FILE_MAN)


def check_metrics(tree):
    """the man page has each metric, with its type"""
    rows = re.findall(r'\bMetric\{"(\w+)", k(\w+),', tree.read("src/endpoint/metrics.cc"))
    items = re.findall(r"^\.It Li (\w+)\n(\w+)[.;]", section(tree, "METRICS"), re.M)
    return compare("metric", {f"{name} ({kind.lower()})" for name, kind in rows},
                   {f"{name} ({kind.lower()})" for name, kind in items}, MAN)


def check_causes(tree):
    """the man page has each cause with its status and error"""
    rows = re.findall(r'\bCauseInfo\{Cause::\w+, (\d+), "(\w+)", "(\w+)"',
                      tree.read("src/util/cause.cc"))
    answered = {" ".join(row) for row in rows if row[0] != "499"}
    page = section(tree, "ERROR ANSWERS")
    documented = {" ".join(row) for row in
                  re.findall(r"^\.It (\d+) Ta Li (\w+) Ta Li (\w+)$", page, re.M)}
    problems = compare("error", answered, documented, MAN)
    for status, _, word in rows:
        if status == "499" and f".Li {word}" not in page:
            problems.append(f"cause {word}: not in {MAN}")
    return problems


def check_signals(tree):
    """the man page has the signals that an operator can send"""
    rows = re.findall(r"\bSignalMeaning\{SIG(\w+),.*?SignalAction::(\w+)",
                      tree.read("src/process/signals.h"))
    ours = {name for name, action in rows if action != "Reap"}
    items = re.findall(r"^\.It (Dv .*)$", section(tree, "SIGNALS"), re.M)
    documented = {name for item in items for name in re.findall(r"\bSIG(\w+)", item)}
    return compare("signal", ours, documented, MAN)


def check_signal_tests(tree):
    """black-box tests send each signal that an operator can send"""
    rows = re.findall(r"\bSignalMeaning\{SIG(\w+),.*?SignalAction::(\w+)",
                      tree.read("src/process/signals.h"))
    text = "".join(tree.read(path) for path in tree.text_files()
                   if path.startswith("tests/blackbox/"))
    return [f"signal {name}: no black-box test sends it" for name, action in rows
            if action != "Reap" and f"signal.SIG{name}" not in text]


def keys_of(schema, path=""):
    """The keys of a JSON Schema, as the man page writes them: services.NAME.instances[].url."""
    found = set()
    for key, member in schema.get("properties", {}).items():
        inside = f"{path}.{key}" if path else key
        below = keys_of(member, inside)
        items, named = member.get("items", {}), member.get("additionalProperties", {})
        if "properties" in items:
            below |= keys_of(items, inside + "[]")
        if named and "properties" in named:
            below |= keys_of(named, inside + ".NAME")
        # An object says nothing that its keys do not.
        found |= below if "properties" in member else below | {inside}
    return found


def check_keys(tree):
    """the man page of the file has the keys that --schema lists"""
    keys = keys_of(json.loads(tree.schema()))
    # What services and routes may override is documented once, and both directions of headers are.
    same = [(r"^(services\.NAME|routes\[\])\.(timeouts|limits)\..*", r"\1.\2"),
            (r"^routes\[\]\.headers\.response\.", "routes[].headers.request.")]
    for pattern, once in same:
        keys = {re.sub(pattern, once, key) for key in keys}
    documented = set(re.findall(r"^\.It Va (\S+)$", tree.read(FILE_MAN), re.M))
    optional = {"routes[].match", "routes[].headers"}
    return compare("key", keys, documented - optional, FILE_MAN)


def check_man_page(tree):
    """mandoc finds nothing to warn of in the man pages"""
    lint = subprocess.run(["mandoc", "-Tlint", "-Wwarning", tree.path(MAN), tree.path(FILE_MAN)],
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return lint.stdout.splitlines() if lint.returncode else []


def check_version(tree):
    """news and Debian's changelog begin with the version in configure.ac"""
    sources = {"configure.ac": r"AC_INIT\(\[api-gateway\], \[([^]]+)\]",
               "packaging/NEWS.md": r"^## (\S+)",
               "packaging/debian/changelog": r"\Aapi-gateway \(([^)-]+)-\d+\)"}
    found = {path: re.search(pattern, tree.read(path), re.M) for path, pattern in sources.items()}
    problems = [f"no version in {path}" for path, match in found.items() if not match]
    if not problems and len({match.group(1) for match in found.values()}) > 1:
        problems = [", ".join(f"{path} says {match.group(1)}" for path, match in found.items())]
    return problems


def check_links(tree):
    """links between the documents lead somewhere"""
    problems = []
    for path in tree.text_files():
        if not path.endswith(".md"):
            continue
        for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", tree.read(path)):
            if "://" not in link and not tree.exists(os.path.join(os.path.dirname(path), link)):
                problems.append(f"{path}: {link} does not exist")
    return problems


CHECKS = [check_options, check_commands, check_variables, check_variable_examples,
          check_log_fields, check_secret_names, check_metrics, check_causes, check_signals,
          check_signal_tests, check_keys, check_man_page, check_version, check_links]
