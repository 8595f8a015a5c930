#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Installs a package in a clean Debian system that runs under systemd, and lives with it.

    run.py [--base FOLDER] PACKAGE.deb|PACKAGE.rpm

Install, start, reload, rotate, upgrade under load, crash, stop, socket, remove, purge. Exit status 1
when something is not as it should be. --base: where the clean system is kept. Needs root.
"""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True  # leaves nothing in the source tree

from service import Service, expect  # noqa: E402
from root import Root, make_base, run  # noqa: E402


class Package:
    """A package file, and what becomes of it in a system of its own: steps of all kinds."""

    def __init__(self, root):
        self.root = root
        self.service = Service(root)

    def enabled(self, unit):
        return self.root.call("systemctl", "is-enabled", unit)[1].strip()

    def another(self):
        """Installs another version over the one that is there; gives what was said."""
        raise NotImplementedError

    def upgrades_lose_nothing(self):
        self.service.upgrades_under_load_lose_nothing(self.another)

    def a_failing_upgrade_changes_nothing(self):
        self.service.an_upgrade_that_cannot_start_leaves_the_old_program(self.another)

    def live(self, install, *remove):
        service = self.service
        service.walk(
            *install, service.the_unit_is_sound, service.it_serves_as_it_was_installed,
            service.it_has_no_more_rights_than_it_needs, service.its_manuals_are_readable,
            service.a_reload_takes_a_new_configuration_and_a_low_port,
            service.a_bad_file_is_a_failed_reload_and_nothing_else, service.its_logs_are_rotated,
            self.upgrades_lose_nothing, self.a_failing_upgrade_changes_nothing,
            service.a_crash_of_the_new_main_process_is_noticed,
            service.one_that_hangs_is_restarted_by_the_watchdog,
            service.a_stop_finishes_what_is_in_progress, service.after_an_upgrade_as_well,
            service.the_socket_starts_it, *remove)


class Deb(Package):
    def __init__(self, root, file, folder):
        """`folder`: for the same package with an older version."""
        super().__init__(root)
        version = self.field(file, "Version")
        unpacked, older = folder / "unpacked", folder / "older.deb"
        run("dpkg-deb", "--raw-extract", str(file), str(unpacked))
        control = unpacked / "DEBIAN/control"
        control.write_text(control.read_text().replace(f"Version: {version}\n",
                                                       f"Version: {version}~older\n"))
        run("dpkg-deb", "--root-owner-group", "--build", str(unpacked), str(older))
        self.files = [root.copy_in(older), root.copy_in(file)]
        self.installed = 0

    @staticmethod
    def field(file, name):
        return run("dpkg-deb", "--field", str(file), name).strip()

    @staticmethod
    def needs(file):
        """Names of the packages it depends on."""
        listed = Deb.field(file, "Depends").split(",")
        return [each.split("(")[0].split("|")[0].strip() for each in listed]

    def another(self):
        self.installed += 1
        return self.root.run("dpkg", "--install", "--force-downgrade",
                             self.files[self.installed % 2])

    def it_is_installed_and_runs(self):
        self.root.run("dpkg", "--install", self.files[0])
        expect("enabled", self.enabled("api-gateway.service"), "enabled")
        expect("socket", self.enabled("api-gateway.socket"), "disabled")

    def disabled_it_stays_so_in_an_upgrade(self):
        self.root.run("systemctl", "disable", "--now", "api-gateway.service", "api-gateway.socket")
        self.another()
        expect("state", self.service.active(), "inactive")
        self.root.run("systemctl", "enable", "--now", "api-gateway.service")

    def removed_it_leaves_the_configuration_and_the_logs(self):
        self.root.run("apt-get", "remove", "-y", "api-gateway")
        expect("state", self.service.active(), "inactive")
        for path in ("/etc/api-gateway/gateway.json", "/var/log/api-gateway/access.log"):
            self.root.run("test", "-e", path)
        expect("program", self.root.call("test", "-e", "/usr/sbin/api-gateway")[0], 1)

    def purged_it_leaves_nothing(self):
        self.root.run("apt-get", "purge", "-y", "api-gateway")
        self.root.run("systemctl", "daemon-reload")
        expect("left", self.root.named("api-gateway", "/root/", "/var/cache/man/"), [])

    def go(self):
        self.live([self.it_is_installed_and_runs], self.disabled_it_stays_so_in_an_upgrade,
                  self.removed_it_leaves_the_configuration_and_the_logs,
                  self.purged_it_leaves_nothing)


class Rpm(Package):
    """By rpm itself, but with Debian's libraries: of their packages rpm knows nothing."""

    # What Enterprise Linux 9 has.
    MOST = {"GLIBC": (2, 34), "GLIBCXX": (3, 4, 29), "CXXABI": (1, 3, 13)}

    def __init__(self, root, file, _):
        super().__init__(root)
        self.file = root.copy_in(file)

    @staticmethod
    def needs(_):
        return ["rpm", "binutils", "libevent-core-2.1-7", "libevent-extra-2.1-7", "libstdc++6"]

    def another(self):
        """The same once more, which rpm treats as an upgrade."""
        return self.root.run("rpm", "--upgrade", "--nodeps", "--replacepkgs", self.file)

    def its_scripts_are_complete(self):
        scripts = self.root.run("rpm", "--query", "--scripts", "--package", self.file)
        if "%" in scripts or "systemctl" not in scripts:
            raise AssertionError(f"a macro was not expanded:\n{scripts}")

    def it_is_installed(self):
        self.root.run("rpm", "--install", "--nodeps", self.file)
        expect("differences", self.root.run("rpm", "--verify", "--nodeps", "api-gateway"), "")
        self.root.run("systemctl", "enable", "--now", "api-gateway.service")
        self.root.run("systemctl", "disable", "api-gateway.socket")

    def it_needs_no_newer_libraries_than_enterprise_linux_9_has(self):
        symbols = self.root.run("objdump", "-T", "/usr/sbin/api-gateway")
        for library, most in self.MOST.items():
            found = [tuple(map(int, version.split(".")))
                     for version in re.findall(rf"\b{library}_([0-9.]+)", symbols)]
            if not found or max(found) > most:
                raise AssertionError(f"{library}: needs {max(found, default=None)}, not {most}")

    def erased_it_leaves_what_was_changed(self):
        self.root.run("rpm", "--erase", "api-gateway")
        expect("state", self.service.active(), "inactive")
        self.root.run("systemctl", "daemon-reload")
        left = self.root.named("api-gateway", "/root/", "/var/cache/man/", "/var/log/")
        expect("left", left, ["/etc/api-gateway", "/etc/api-gateway/gateway.json.rpmsave"])

    def go(self):
        self.live([self.its_scripts_are_complete, self.it_is_installed,
                   self.it_needs_no_newer_libraries_than_enterprise_linux_9_has],
                  self.erased_it_leaves_what_was_changed)


def main():
    parser = argparse.ArgumentParser(description="lives with an installed package")
    parser.add_argument("--base", default="build/packages/base", type=pathlib.Path)
    parser.add_argument("package", type=pathlib.Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gateway-package-") as folder:
        kind = Rpm if options.package.suffix == ".rpm" else Deb
        root = Root(make_base(options.base), [*kind.needs(options.package), "logrotate"])
        try:
            root.boot()
            root.enter_network()
            print(f"{options.package.name} in a system of its own:", flush=True)
            kind(root, options.package, pathlib.Path(folder)).go()
        except (AssertionError, subprocess.SubprocessError) as error:
            print(f"FAILED: {error}")
            print(root.call("journalctl", "--no-pager", "-n", "60", "-u", "api-gateway*")[1])
            return 1
        finally:
            root.close()
    print("packages: all as it should be")
    return 0


if __name__ == "__main__":
    sys.exit(main())
