# SPDX-License-Identifier: MIT
"""Root: a clean Debian system in a folder, booted with its own systemd; loopback network only.

The system is made once, with mmdebstrap, and stays as it is: each Root is a writable layer above it
that goes away in the end. Needs root, mmdebstrap and systemd-nspawn.
"""

import ctypes
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

from wire import DEADLINE

PACKAGES = ("systemd", "systemd-sysv", "dbus", "procps", "curl", "iproute2", "man-db")
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8",
               "DEBIAN_FRONTEND": "noninteractive"}
CLONE_NEWNET = 0x40000000


def run(*command, **options):
    """Runs it to its end; gives what it printed. It has to succeed."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False, **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: exit status {done.returncode}\n{done.stdout}")
    return done.stdout


def make_base(folder):
    """The clean system, made unless it is there."""
    if (folder / ".complete").exists():
        return folder
    print(f"making a clean system in {folder}", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    archive = folder.with_suffix(".tar")
    run("mmdebstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", "bookworm",
        str(archive))
    folder.mkdir()
    run("tar", "-xf", str(archive), "-C", str(folder), "--exclude=./dev/*")
    archive.unlink()
    (folder / ".complete").touch()
    return folder


class Root:
    def __init__(self, base, packages=()):
        """`packages`: more that it is to have, by their names."""
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gateway-root-"))
        self.path = self.folder / "root"
        self.machine = None
        self.init = None
        for name in ("root", "upper", "work"):
            (self.folder / name).mkdir()
        run("mount", "-t", "overlay", "overlay", "-o",
            f"lowerdir={base},upperdir={self.folder}/upper,workdir={self.folder}/work",
            str(self.path))
        try:
            if packages:
                self.install(packages)
        except BaseException:
            self.close()
            raise

    # --- before it runs ---------------------------------------------------------------------

    def install(self, packages):
        """From the archive, by the network of this machine; nothing is started."""
        shutil.copy("/etc/resolv.conf", self.path / "etc/resolv.conf")
        policy = self.path / "usr/sbin/policy-rc.d"
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
        script = "apt-get update -q && apt-get install -qy --no-install-recommends " + \
            " ".join(packages)
        devices = "".join(f": >>dev/{name} && mount --bind /dev/{name} dev/{name} && "
                          for name in ("null", "urandom"))
        run("unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-ec",
            f"cd '{self.path}' && mount -t proc proc proc && {devices} "
            f"exec env -i \"$@\" chroot . sh -c '{script}'",
            "sh", *(f"{name}={value}" for name, value in ENVIRONMENT.items()))
        policy.unlink()
        for name in ("null", "urandom"):
            (self.path / "dev" / name).unlink()

    def copy_in(self, file):
        """Puts a file in; gives its path inside."""
        shutil.copy(file, self.path / "root")
        return f"/root/{os.path.basename(file)}"

    # --- while it runs ----------------------------------------------------------------------

    def boot(self):
        log = open(self.folder / "console", "wb")
        self.machine = subprocess.Popen(
            ["systemd-nspawn", "--quiet", f"--directory={self.path}", "--register=no",
             "--keep-unit", "--private-network", f"--machine=gateway-{os.getpid()}",
             "--console=pipe", "--boot"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        children = f"/proc/{self.machine.pid}/task/{self.machine.pid}/children"
        end = time.monotonic() + 2 * DEADLINE
        while time.monotonic() < end and self.machine.poll() is None:
            with open(children, encoding="ascii") as file:
                self.init = next(iter(file.read().split()), None)
            if self.init and self.state() in ("running", "degraded"):
                return
            time.sleep(0.2)
        raise AssertionError("the system did not come up:\n" +
                             (self.folder / "console").read_text(errors="replace"))

    def state(self):
        return self.call("systemctl", "is-system-running")[1].strip()

    def enter_network(self):
        """From now on this thread, and those it starts, has the network of the system."""
        libc = ctypes.CDLL(None, use_errno=True)
        with open(f"/proc/{self.init}/ns/net", encoding="ascii") as file:
            if libc.setns(file.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")

    def command(self, *words):
        """What runs a command inside."""
        return ["nsenter", f"--target={self.init}", "--mount", "--uts", "--ipc", "--net", "--pid",
                "--cgroup", "--root", "--wd", "env", "-i",
                *(f"{name}={value}" for name, value in ENVIRONMENT.items()), *words]

    def call(self, *words):
        """Runs it inside; gives (exit status, what it printed)."""
        done = subprocess.run(self.command(*words), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=False, timeout=4 * DEADLINE)
        return done.returncode, done.stdout

    def run(self, *words):
        """The same, but it has to succeed; gives what it printed."""
        status, said = self.call(*words)
        if status != 0:
            raise AssertionError(f"{' '.join(words)}: exit status {status}\n{said}")
        return said

    def read(self, path):
        return (self.path / path.lstrip("/")).read_text(encoding="utf-8")

    def write(self, path, text):
        file = self.path / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def named(self, word, *skipped):
        """All files whose path has this word, but for those whose path has one of `skipped`."""
        found = self.run("find", "/", "-xdev", "-path", f"*{word}*",
                         "-not", "-path", "/proc/*", "-not", "-path", "/sys/*").splitlines()
        return [path for path in found if not any(each in path for each in skipped)]

    # --- end --------------------------------------------------------------------------------

    def close(self):
        if self.machine:
            self.call("systemctl", "poweroff", "--force")
            try:
                self.machine.wait(DEADLINE)
            except subprocess.TimeoutExpired:
                self.machine.kill()
                self.machine.wait()
        subprocess.run(["umount", "--lazy", str(self.path)], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)
