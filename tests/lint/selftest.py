# SPDX-License-Identifier: MIT
"""Proves that each check can fail: a copy of the tree is damaged, and the check must say so."""

import pathlib
import shutil
import tempfile

import documentation
import include_levels
import manual
import sources
from tree import Tree


def append(path, text):
    def damage(root):
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as out:
            out.write(text)
    return damage


def replace(path, old, new):
    def damage(root):
        file = root / path
        text = file.read_text(encoding="utf-8")
        if old not in text:
            raise ValueError(f"{path} has no {old!r}")
        file.write_text(text.replace(old, new), encoding="utf-8")
    return damage


def remove(path):
    def damage(root):
        (root / path).unlink()
    return damage


MAN = documentation.MAN

# (check, damage, a part of what the check must say)
CASES = [
    (include_levels.check_rooms, append("src/util/text.h", '#include "http/head.h"\n'),
     'src/util/text.h: may not include "http/head.h"'),
    (include_levels.check_rooms, append("src/observe/log.h", '#include "config/config.h"\n'),
     'src/observe/log.h: may not include "config/config.h"'),
    (include_levels.check_rooms, append("src/http/head.h", '#  include "head_writer.h"\n'),
     '"head_writer.h" is no path below src/'),
    (include_levels.check_rooms, append("src/attic/old.h", "\n"), "attic/ has no level"),
    (include_levels.check_libraries, append("src/upstream/x.h", "#include <event2/http.h>\n"),
     "src/upstream/x.h: may not include <event2/http.h>"),
    (include_levels.check_libraries, append("src/proxy/x.h", "#include <event2/event.h>\n"),
     "src/proxy/x.h: may not include <event2/event.h>"),
    (include_levels.check_libraries, append("src/http/head.h", "#include <nlohmann/json.hpp>\n"),
     "src/http/head.h: may not include <nlohmann/json.hpp>"),
    (include_levels.check_libraries, append("src/main.cc", "#include <cxxopts.hpp>\n"),
     "src/main.cc: may not include <cxxopts.hpp>"),
    (sources.check_licence, append("src/util/new.h", "#pragma once\n"), "src/util/new.h"),
    (sources.check_whitespace, append("src/main.cc", "// \n"), "trailing blanks"),
    (sources.check_whitespace, append("src/main.cc", "\t//\n"), "a tab"),
    (sources.check_whitespace, append("README.md", "no newline"), "exactly one newline"),
    (sources.check_headers, replace("src/http/head.h", "#pragma once\n", ""), "src/http/head.h"),
    (sources.check_test_mirror, append("tests/unit/util/nothing_test.cc", "\n"),
     "there is no src/util/nothing.cc"),
    (sources.check_test_mirror, append("tests/unit/util/text_checks.cc", "\n"), "is not named"),
    (sources.check_format, append("src/main.cc", "int  x;\n"), "src/main.cc:"),
    (documentation.check_options, replace(MAN, ".It Fl t , Fl -test\n", ""), "option --test"),
    (documentation.check_options, replace(MAN, "Fl -version", "Fl -verson"),
     "option --verson: in man"),
    (documentation.check_commands, replace(MAN, ".It Cm healthcheck\n", ""),
     "subcommand healthcheck: not in"),
    (documentation.check_variables, replace(MAN, ".It Ev GATEWAY_PORT\n", ""),
     "variable GATEWAY_PORT: not in"),
    (documentation.check_variables, replace(MAN, "SERVICE1_URL , SERVICE2_URL", "SERVICES"),
     "variable SERVICE<N>_URL: not in"),
    (documentation.check_variables, remove("src/config/environment.cc"), "GATEWAY_HOST"),
    (documentation.check_variable_examples,
     replace(documentation.ENV_EXAMPLE, "#GATEWAY_TIMEOUT=30\n", ""), "GATEWAY_TIMEOUT: not in"),
    (documentation.check_variable_examples, append("README.md", "GATEWAY_SPEED\n"),
     "GATEWAY_SPEED: in README.md only"),
    (documentation.check_variable_examples,
     replace(documentation.COMPOSE, "SERVICE1_URL:", "SERVICE_URL:"), "variable SERVICE_URL"),
    (documentation.check_log_fields, replace(MAN, ".It Li attempts\n", ""), "field attempts"),
    (documentation.check_log_fields, replace(MAN, ".It Li method\n", ".It Li mehtod\n"),
     "field mehtod: in man"),
    (documentation.check_log_fields, replace(MAN, ".It Li referer\n", ""), "field referer: not in"),
    (documentation.check_log_fields,
     replace(documentation.ACCESS_FIELDS, '"host", false', '"host", true'),
     "default access log field host: not in"),
    (documentation.check_log_fields,
     replace(documentation.ACCESS_FIELDS, "AccessFieldInfo{Acc", "AccessRow{Acc"),
     "looks in the wrong place"),
    (documentation.check_secret_names, replace(documentation.FILE_MAN, "passphrase , ", ""),
     "secret name passphrase: not in"),
    (documentation.check_secret_names,
     replace(documentation.SECRET_NAMES, "constexpr std::string_view", "const char*"),
     "looks in the wrong place"),
    (documentation.check_metrics, replace(MAN, ".It Li api_gateway_tunnels\n", ""),
     "metric api_gateway_tunnels (gauge): not in"),
    (documentation.check_metrics,
     replace("src/endpoint/metrics.cc", '"api_gateway_tunnels", kGauge',
             '"api_gateway_tunnels", kCounter'), "metric api_gateway_tunnels (counter): not in"),
    (documentation.check_metrics, replace("src/endpoint/metrics.cc", 'Metric{"', 'Row{"'),
     "looks in the wrong place"),
    (documentation.check_causes,
     replace(MAN, ".It 503 Ta Li service_unavailable Ta Li dns_failure\n", ""),
     "503 service_unavailable dns_failure: not in"),
    (documentation.check_causes, replace(MAN, ".Li client_closed\n", ""), "cause client_closed"),
    (documentation.check_signals, replace(MAN, ".It Dv SIGUSR1\n", ""), "signal USR1: not in"),
    (documentation.check_signal_tests,
     replace("src/process/signals.h", "SignalMeaning{SIGCHLD,",
             'SignalMeaning{SIGPWR, "PWR", SignalAction::Reopen, ""}, SignalMeaning{SIGCHLD,'),
     "signal PWR: no black-box test sends it"),
    (documentation.check_keys, replace(documentation.FILE_MAN, ".It Va pool.max_idle\n", ""),
     "key pool.max_idle: not in"),
    (documentation.check_keys, append(documentation.FILE_MAN, ".It Va pool.size\n"),
     "key pool.size: in man"),
    (manual.check_entries, replace(manual.FILE_MAN, ".Li 64 .\n", ".Li 65 .\n"),
     "key pool.max_idle: default 64, man"),
    (manual.check_entries, replace(manual.FILE_MAN, "listeners[].name\nString, optional.",
                                   "listeners[].name\nString, required."),
     "key listeners[].name: optional, man"),
    (manual.check_entries, replace(manual.FILE_MAN, "listeners[].address\nString",
                                   "listeners[].address\nNumber"),
     "key listeners[].address: a String, man"),
    (manual.check_entries, replace(manual.FILE_MAN, "Number from 1 to 256", "Number"),
     "key workers: from 1 to 256, man"),
    (manual.check_entries, replace(manual.FILE_MAN, ".It Va", ".It Li"), "no entries"),
    (manual.check_examples, replace(manual.FILE_MAN, ', "idle_timeout": "50s"', ""),
     "key pool.idle_timeout: in no example of man"),
    (manual.check_examples, replace(manual.FILE_MAN, ".Sh KEYS", ".Sh WORDS"), "no section KEYS"),
    (documentation.check_man_page, append(MAN, ".Sh NAME\n"), "NAME"),
    (documentation.check_version, replace("packaging/NEWS.md", "\n## ", "\n## 9"),
     "packaging/NEWS.md says 9"),
    (documentation.check_version, replace("packaging/debian/changelog", "(0", "(10"),
     "packaging/debian/changelog says 10"),
    (documentation.check_version, remove("packaging/debian/changelog"),
     "no version in packaging/debian/changelog"),
    (documentation.check_links, append("README.md", "[x](src/nowhere.md)\n"),
     "src/nowhere.md does not exist"),
]


def run(tree, checks):
    """Problems of the checks themselves; none when every one of them can fail."""
    problems = [f"{check.__name__}: no case damages what it guards"
                for check in checks if check not in [case[0] for case in CASES]]
    for number, (check, damage, expected) in enumerate(CASES, 1):
        if check is sources.check_format and not sources.can_check_format():
            continue
        with tempfile.TemporaryDirectory(prefix="gateway-lint-") as folder:
            copy = Tree(pathlib.Path(folder) / "tree", tree.gateway)
            shutil.copytree(tree.root, copy.root, symlinks=True,
                            ignore=shutil.ignore_patterns(".git", "build", "__pycache__"))
            try:
                damage(copy.root)
            except (OSError, ValueError) as error:
                problems.append(f"case {number}: the tree has nothing to damage: {error}")
                continue
            said = "\n".join(check(copy))
        if expected not in said:
            problems.append(f"case {number}: {check.__name__} does not report {expected!r}")
    return problems
