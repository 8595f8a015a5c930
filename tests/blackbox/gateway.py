# SPDX-License-Identifier: MIT
"""Gateway: the real binary in a temporary directory, with its logs and processes at hand."""

import functools
import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import threading

from client import Client
from wire import DEADLINE, wait_until

BINARY = os.environ.get("GATEWAY", "build/api-gateway")
SANITIZER_SIGNS = ("AddressSanitizer", "LeakSanitizer", "ThreadSanitizer", "runtime error:")


def raise_file_limit():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@functools.lru_cache(maxsize=None)
def is_sanitized():
    """Whether the binary was built with a sanitizer: its memory and speed then prove nothing."""
    with open(BINARY, "rb") as file:
        data = file.read()
    return b"__asan_init" in data or b"__tsan_init" in data


def processes():
    """{pid: (parent pid, session, state)} of everything that runs."""
    found = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat") as file:
                    fields = file.read().rsplit(")", 1)[1].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            found[int(name)] = (int(fields[1]), int(fields[3]), fields[0])
    return found


def kill_descendants():
    """Ends whatever this process has started, and what that has started, without judgement."""
    family, table = {os.getpid()}, processes()
    while more := {pid for pid, (parent, _, _) in table.items() if parent in family} - family:
        family |= more
    for pid in family - {os.getpid()}:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def clean_environment(overrides):
    """The environment of a gateway: none of ours leaks in."""
    env = {k: v for k, v in os.environ.items()
           if not re.match(r"GATEWAY|SERVICE|RUNTIME_DIRECTORY|NOTIFY_SOCKET", k)}
    env.update({k: str(v) for k, v in overrides.items() if v is not None})
    return env


@functools.lru_cache(maxsize=None)
def empty_file():
    """An empty configuration, where an installed one would be read otherwise; else None."""
    text = subprocess.run([BINARY, "--help"], stdin=subprocess.DEVNULL, capture_output=True,
                          check=True, timeout=3 * DEADLINE, text=True).stdout
    if not os.path.exists(re.search(r"-c it is (.+), if that exists", text)[1]):
        return None
    path = os.path.join(tempfile.mkdtemp(prefix="gateway-test-"), "gateway.json")
    os.chmod(os.path.dirname(path), 0o755)
    with open(path, "w", encoding="ascii") as file:
        file.write("{}")
    return path


def with_own_file(args):
    """These arguments, such that no file of an installed gateway is read."""
    reads_one = not args or args[0] == "healthcheck" or args[0].startswith("-")
    if not reads_one or "-c" in args or not empty_file():
        return args
    return (*args, "-c", empty_file())


def run_command(*args, env=None, cwd=None):
    """Runs the program to its end; gives (exit status, stdout, stderr)."""
    args = with_own_file(args)
    done = subprocess.run([BINARY, *args], env=clean_environment(env or {}), cwd=cwd,
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=3 * DEADLINE,
                          text=True, errors="surrogateescape")
    return done.returncode, done.stdout, done.stderr


class Lines:
    """Collects the lines of a pipe from a thread."""

    def __init__(self, pipe):
        self.lines = []
        self.thread = threading.Thread(target=self._collect, args=(pipe,), daemon=True)
        self.thread.start()

    def _collect(self, pipe):
        for line in pipe:
            self.lines.append(line.decode("utf-8", "backslashreplace").rstrip("\n"))
        pipe.close()

    def text(self):
        return "\n".join(self.lines)


class Gateway:
    def __init__(self, env=None, args=(), prefix=(), read_stdout=True, config=None, address=None):
        """`address`: where it will listen, for one that does not log it."""
        raise_file_limit()
        self.directory = tempfile.mkdtemp(prefix="gateway-test-")
        os.chmod(self.directory, 0o755)  # workers of a gateway started as root are someone else
        settings = {"GATEWAY_HOST": "127.0.0.1", "GATEWAY_PORT": "0", "GATEWAY_WORKERS": "1",
                    "RUNTIME_DIRECTORY": self.directory}
        settings.update(env or {})
        self.stopped = False
        if config is not None:
            self.write_config(config)
            args = ("-c", "gateway.json", *args)
        args = with_own_file(args)
        self.process = subprocess.Popen(
            [*prefix, BINARY, *args], env=clean_environment(settings), cwd=self.directory,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True)
        self.pid = self.process.pid
        self.errors = Lines(self.process.stderr)
        self.output = Lines(self.process.stdout) if read_stdout else None
        try:
            self.address = address or self._wait_listening()
            if address:
                wait_until(self._answers, f"an answer from {address}")
            else:
                self.wait_error_line("generation ready")
        except BaseException:
            self.kill()
            raise

    def _wait_listening(self):
        def found():
            for line in self.errors.lines:
                match = re.search(r"\blistening\b.*\baddress=(\S+):(\d+)", line)
                if match:
                    return match[1].strip("[]"), int(match[2])
            self._assert_runs()
            return None

        return wait_until(found, "the 'listening' line of the error log")

    def write_config(self, config):
        """Writes the configuration file (a text, or what JSON makes of it)."""
        with open(os.path.join(self.directory, "gateway.json"), "w", encoding="utf-8") as file:
            file.write(config if isinstance(config, str) else json.dumps(config))

    def _answers(self):
        self._assert_runs()
        try:
            return self.get("/health").status == 200
        except (ConnectionRefusedError, FileNotFoundError):
            return False

    def _assert_runs(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the gateway ended with {self.process.returncode}:\n"
                                 f"{self.errors.text()}")

    # --- clients --------------------------------------------------------------------------

    def client(self, **options):
        return Client(self.address, **options)

    def get(self, target, headers=()):
        """One GET on a connection of its own."""
        with self.client() as client:
            return client.get(target, headers)

    # --- logs -----------------------------------------------------------------------------

    def records(self):
        """The access log so far; a line that is no JSON object fails."""
        records = []
        for line in list(self.output.lines):
            try:
                record = json.loads(line)
            except ValueError:
                raise AssertionError(f"not a JSON line in the access log: {line!r}") from None
            assert isinstance(record, dict), line
            records.append(record)
        return records

    def wait_record(self, **wanted):
        """Waits for an access-log line with these fields ("" also matches null and absent)."""

        def matches(record, name, value):
            return (record.get(name) or "") == "" if value == "" else record.get(name) == value

        def found():
            return next((record for record in self.records()
                         if all(matches(record, *item) for item in wanted.items())), None)

        return wait_until(found, f"an access-log line with {wanted}")

    def wait_error_line(self, text):
        """Waits for an error-log line that contains (a regular expression) `text`."""
        return wait_until(lambda: next((line for line in list(self.errors.lines)
                                        if re.search(text, line)), None),
                          f"an error-log line like {text!r}")

    def send_logged_signal(self, number):
        """Sends it and waits for its line in the log of the master."""
        line = f"signal received signal={signal.Signals(number).name[3:]}"
        seen = self.errors.text().count(line)
        self.send_signal(number)
        wait_until(lambda: self.errors.text().count(line) > seen, f"one more line with {line!r}")

    def logs(self):
        access = self.output.text() if self.output else "(not read)"
        return f"--- error log of {self.pid}\n{self.errors.text()}\n--- access log\n{access}"

    # --- processes ------------------------------------------------------------------------

    def workers(self):
        """Pids of the workers that run, in no order."""
        return [pid for pid, (parent, _, state) in processes().items()
                if parent == self.pid and state not in "ZX"]

    def wait_workers(self, count):
        return wait_until(lambda: len(self.workers()) == count and self.workers(),
                          f"{count} workers")

    def worker(self):
        return self.wait_workers(1)[0]

    def send_signal(self, number):
        os.kill(self.pid, number)

    def listener_inodes(self):
        """The kernel's numbers of the TCP sockets that listen on its (IPv4) address."""
        octets = bytes(reversed(socket.inet_aton(self.address[0])))
        address = f"{octets.hex().upper()}:{self.address[1]:04X}"
        with open("/proc/net/tcp") as file:
            rows = [line.split() for line in file]
        return [row[9] for row in rows if row[1] == address and row[3] == "0A"]

    def stop_process(self, pid):
        """Suspends it; from the return on it does nothing until SIGCONT (or SIGKILL) comes."""
        os.kill(pid, signal.SIGSTOP)
        wait_until(lambda: processes()[pid][2] == "T", f"process {pid} to stop")

    def memory_peak(self):
        """Largest resident size any worker ever had, in bytes."""
        peaks = []
        for pid in self.workers():
            with open(f"/proc/{pid}/status") as file:
                peaks.append(int(re.search(r"VmHWM:\s+(\d+) kB", file.read())[1]) * 1024)
        return max(peaks)

    def cpu_seconds(self):
        """User and system time of all workers."""
        ticks = 0
        for pid in self.workers():
            with open(f"/proc/{pid}/stat") as file:
                fields = file.read().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def descriptors(self):
        """Number of open descriptors of all workers."""
        return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in self.workers())

    def survivors(self):
        """Processes of this gateway's session that still run."""
        return [pid for pid, (_, session, state) in processes().items()
                if session == self.pid and state not in "ZX"]

    # --- end ------------------------------------------------------------------------------

    def wait_exit(self):
        """Waits for the master to end by itself; gives its exit status."""
        try:
            return self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            raise AssertionError("the gateway does not end") from None

    def stop(self, number=signal.SIGTERM, status=0):
        """Ends the gateway and asserts that it ended well: status, processes, sanitizers, logs."""
        if self.stopped:
            return
        try:
            if self.process.poll() is None:
                self.send_signal(number)
            ended = self.wait_exit()
            assert ended == status, f"exit status {ended}, not {status}"
            wait_until(lambda: not self.survivors(), "the end of all processes")
            self.errors.thread.join(DEADLINE)
            for sign in SANITIZER_SIGNS:
                assert sign not in self.errors.text(), "sanitizer report in the error log"
            assert not re.search(r"signal=(SEGV|ABRT|BUS|ILL|FPE)", self.errors.text()), \
                "a worker crashed"
            if self.output:
                self.output.thread.join(DEADLINE)
                self.records()
        finally:
            self.kill()

    def kill(self):
        """Ends whatever is left, without judgement."""
        self.stopped = True
        for pid in self.survivors():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)
