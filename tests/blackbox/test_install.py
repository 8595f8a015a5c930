# SPDX-License-Identifier: MIT
"""What "make install" puts where, and what it leaves alone; what else is installed works."""

import os
import re
import subprocess

from case import Case
from documents import ROOT, configuration_files, parse
from gateway import BINARY, run_command
from wire import DEADLINE


def without_outer_make():
    """An environment without the marks of a make that runs the tests."""
    return {name: value for name, value in os.environ.items()
            if not re.match("MAKE|MFLAGS|DESTDIR", name)}


def as_built(build):
    """Options of make: other tests run the program, it is not built anew now."""
    return [option for path in (f"{build}/api-gateway", f"{build}/config.mk", "config.mk")
            for option in ("-o", path)]


# What belongs to the operator once it is installed.
OWNED = ["conf/api-gateway/gateway.json", "conf/default/api-gateway",
         "conf/logrotate.d/api-gateway"]


class Install(Case):
    def setUp(self):
        super().setUp()
        self.root = os.path.dirname(self.temporary(""))
        self.make("install")

    def make(self, *goals):
        """Goals of the Makefile with directories that no default of configure has."""
        build = os.path.relpath(os.path.dirname(os.path.abspath(BINARY)), ROOT)
        done = subprocess.run(
            ["make", "--no-print-directory", *as_built(build), f"B={build}", f"DESTDIR={self.root}", "prefix=/opt/gw",
             "exec_prefix=/opt/gw", "sbindir=/opt/gw/sbin", "sysconfdir=/opt/gw/conf",
             "datadir=/opt/gw/data", "docdir=/opt/gw/doc", "mandir=/opt/gw/man",
             "runstatedir=/opt/gw/run", "localstatedir=/opt/gw/var",
             "systemdsystemunitdir=/opt/gw/units", "environmentfile=/opt/gw/conf/default/api-gateway",
             *goals],
            cwd=ROOT, env=without_outer_make(), stdin=subprocess.DEVNULL, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=3 * DEADLINE)
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    def path(self, name):
        return os.path.join(self.root, "opt/gw", name)

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def files(self):
        return sorted(os.path.relpath(os.path.join(folder, name), self.path(""))
                      for folder, _, names in os.walk(self.root) for name in names)

    def test_everything_has_its_place(self):
        examples = ["gateway.env.example"]
        for path in configuration_files():
            name = path.relative_to(ROOT / "conf").as_posix()
            examples.append(name.removeprefix("examples/"))
        self.assertEqual(self.files(), sorted(
            ["sbin/api-gateway", "conf/api-gateway/gateway.json", "man/man8/api-gateway.8",
             "man/man5/api-gateway.json.5", "data/api-gateway/gateway.schema.json",
             "units/api-gateway.service", "units/api-gateway.socket",
             "lib/sysusers.d/api-gateway.conf", "data/bash-completion/completions/api-gateway",
             *OWNED[1:], "doc/README.md", "doc/NEWS.md"] + [f"doc/examples/{name}" for name in examples]))
        self.assertEqual(self.read("data/api-gateway/gateway.schema.json"),
                         run_command("--schema")[1])
        for name in self.files():
            mode = os.stat(self.path(name)).st_mode & 0o777
            self.assertEqual(mode, 0o755 if name.startswith("sbin/") else 0o644, name)

    def test_manuals_and_files_name_the_directories_of_this_installation(self):
        self.assertIn("/opt/gw/conf/api-gateway/gateway.json", self.read("man/man5/api-gateway.json.5"))
        page = self.read("man/man8/api-gateway.8")
        self.assertIn("/opt/gw/run/api-gateway/api-gateway.pid", page)
        for text in map(self.read, ("man/man8/api-gateway.8", "man/man5/api-gateway.json.5",
                                    "units/api-gateway.service", *OWNED)):
            self.assertIsNone(re.search(
                r"(?<!\w)/(etc|run|usr/sbin|usr/share|var/log)/(default/)?api-gateway", text))
        unit = self.read("units/api-gateway.service")
        self.assertIn("\nExecStart=/opt/gw/sbin/api-gateway ", unit)
        self.assertIn("\nEnvironmentFile=-/opt/gw/conf/default/api-gateway\n", unit)
        rotation = self.read("conf/logrotate.d/api-gateway")
        self.assertTrue(re.search(r"^/opt/gw/var/log/api-gateway/\*\.log \{", rotation, re.M))
        self.assertIn("/opt/gw/run/api-gateway/api-gateway.pid", rotation)
        self.assertEqual(parse(self.read("conf/api-gateway/gateway.json"))["$schema"],
                         "file:///opt/gw/data/api-gateway/gateway.schema.json")

    def test_the_program_is_compiled_to_read_it(self):
        build = os.path.relpath(os.path.dirname(os.path.abspath(BINARY)), ROOT)
        said = self.make("-n", "-W", "src/config/load.cc", f"{build}/src/config/load.o")
        self.assertIn("-DGATEWAY_SYSCONFDIR='\"/opt/gw/conf/api-gateway\"'", said)

    def test_the_installed_file_starts_the_installed_program(self):
        path = self.path("conf/api-gateway/gateway.json")
        service = self.origin()
        gw = self.gateway(service, args=("-c", path))
        self.assertEqual(gw.get("/api/service1/x").status, 200)
        self.assertEqual(service.requests[0].target, "/api/x")

    def test_what_the_operator_changed_outlives_install_and_uninstall(self):
        for name in OWNED:
            with open(self.path(name), "w", encoding="utf-8") as file:
                file.write("# mine\n")
        self.make("install")
        for name in OWNED:
            self.assertEqual(self.read(name), "# mine\n")
        self.make("uninstall")
        self.assertEqual(self.files(), sorted(OWNED))

    def test_uninstall_leaves_nothing_behind(self):
        self.make("uninstall")
        self.assertEqual(self.files(), [])
        for gone in ("doc", "data/api-gateway", "conf/api-gateway"):
            self.assertFalse(os.path.exists(self.path(gone)), gone)


class Rotation(Case):
    """What logrotate runs when it has moved the log files away."""

    def setUp(self):
        super().setUp()
        self.log = self.temporary("access.log")
        os.chmod(os.path.dirname(self.log), 0o777)
        self.gw = self.gateway(config={"logs": {"access": {"output": self.log}}})
        os.rename(self.log, self.log + ".1")

    def rotate(self, directory=None):
        """Exit status and output, with the runtime directory of this gateway or another one."""
        text = (ROOT / "packaging/api-gateway.logrotate").read_text(encoding="utf-8")
        script = re.search(r"^\tpostrotate\n(.*?)^\tendscript$", text, re.M | re.S)[1]
        script = script.replace("/usr/sbin/api-gateway", os.path.abspath(BINARY))
        script = script.replace("/run/api-gateway", directory or self.gw.directory)
        done = subprocess.run(["sh", "-c", script], stdin=subprocess.DEVNULL, text=True,
                              capture_output=True, timeout=DEADLINE, check=False)
        return done.returncode, done.stdout + done.stderr

    def test_when_it_has_run_every_process_writes_to_the_new_file(self):
        self.assertEqual(self.rotate(), (0, ""))
        for pid in (self.gw.pid, *self.gw.workers()):
            files = {os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")}
            self.assertIn(self.log, files)
            self.assertNotIn(self.log + ".1", files)

    def test_a_file_that_cannot_be_opened_is_told(self):
        os.mkdir(self.log)
        status, told = self.rotate()
        self.assertEqual(status, 1)
        self.assertIn("the old ones stay in use", told)

    def test_it_is_silent_when_no_gateway_runs(self):
        self.assertEqual(self.rotate("/nonexistent"), (0, ""))
        left = self.temporary("api-gateway.pid")  # by a crash
        with open(left, "w", encoding="ascii") as file:
            file.write(f"{self.gw.pid}\n")
        self.gw.stop()
        self.assertEqual(self.rotate(os.path.dirname(left)), (0, ""))


class Completion(Case):
    """The completion for bash, asked as bash would ask it."""

    def complete(self, *words):
        """What it offers for the last of these words."""
        script = ('. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); compopt() { :; }; '
                  '_api_gateway; printf "%s\\n" "${COMPREPLY[@]}"')
        done = subprocess.run(
            ["bash", "-c", script, "bash", str(ROOT / "packaging/completion/api-gateway"), BINARY,
             *words], cwd=self.folder, capture_output=True, text=True, timeout=DEADLINE, check=True)
        self.assertEqual(done.stderr, "")
        return done.stdout.split()

    def setUp(self):
        super().setUp()
        self.folder = os.path.dirname(self.temporary(""))
        for name in ("gateway.json", "gate keeper.json"):
            with open(os.path.join(self.folder, name), "w", encoding="ascii"):
                pass

    def test_commands_are_offered_first(self):
        self.assertEqual(self.complete("re"), ["reload", "reopen"])
        self.assertEqual(self.complete("upg"), ["upgrade"])
        self.assertEqual(self.complete("reload", "re"), [])

    def test_options_are_those_of_the_command(self):
        self.assertIn("--schema", self.complete("--"))
        self.assertEqual(self.complete("status", "--j"), ["--json"])
        self.assertEqual(self.complete("explain", "--he"), ["--header", "--help"])
        self.assertNotIn("--json", self.complete("-"))

    def test_arguments_of_options_are_offered(self):
        self.assertEqual(self.complete("-s", ""), ["reload", "reopen", "quit", "stop"])
        self.assertEqual(self.complete("-c", "gatew"), ["gateway.json"])
        self.assertEqual(self.complete("explain", "--config", "gate k"), "gate keeper.json".split())
        self.assertEqual(self.complete("--runtime-dir", "gate"), [])
