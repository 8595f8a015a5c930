#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Brings the containers of docker-compose.yml up and does to them what happens to containers.

    compose.py [--running]

A service that is stopped, hangs, comes back, comes back with another address: what the client sees.
--running: somebody else brings them up and takes them down. Needs a container engine; the command
is $COMPOSE, docker-compose by default.
"""

import argparse
import json
import os
import pathlib
import shlex
import subprocess
import sys
import time
import urllib.error
import urllib.request

sys.dont_write_bytecode = True  # leaves nothing in the source tree
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/blackbox")]

from documents import markdown_examples  # noqa: E402
from wire import DEADLINE, wait_until  # noqa: E402

COMPOSE = shlex.split(os.environ.get("COMPOSE", "docker-compose"))
URL = "http://127.0.0.1:8000"


def run(*command):
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: exit status {done.returncode}\n{done.stdout}")
    return done.stdout.strip()


def compose(*words):
    return run(*COMPOSE, *words)


def container(service):
    return compose("ps", "-q", service)


def inspect(service, what):
    return run("docker", "inspect", "--format", what, container(service))


def address(service):
    return inspect(service, "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}")


def ask(path):
    """(status, the answer as JSON)"""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(URL + path, timeout=3 * DEADLINE) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def status(service):
    return ask(f"/api/{service}/hello")[0]


def expect(what, found, wanted):
    if found != wanted:
        raise AssertionError(f"{what}: {found!r}, not {wanted!r}")


def wait_status(service, wanted):
    wait_until(lambda: status(service) == wanted, f"{service} to be answered with {wanted}")


# --- steps ------------------------------------------------------------------------------------

def all_are_healthy():
    for service in ("api-gateway", "example-service-1", "example-service-2"):
        wait_until(lambda name=service: inspect(name, "{{.State.Health.Status}}") == "healthy",
                   f"{service} to be healthy")


def the_commands_of_the_readme_work():
    lines = [line for example in markdown_examples("README.md") for line in example.text.splitlines()
             if line.startswith("curl ") and "127.0.0.1:8000/" in line]
    if len(lines) < 5:
        raise AssertionError(f"README has only {lines}")
    for line in lines:
        run("sh", "-c", line.replace("curl ", "curl --fail --silent --show-error --noproxy '*' "))


def the_gateway_is_the_first_process_and_may_do_little():
    expect("user", inspect("api-gateway", "{{.Config.User}}"), "10001:10001")
    inside = ("exec", "-T", "api-gateway")
    if not compose(*inside, "cat", "/proc/1/cmdline").startswith("api-gateway"):
        raise AssertionError("the master is not the first process")
    done = subprocess.run([*COMPOSE, *inside, "touch", "/tmp/x"], cwd=ROOT, check=False,
                          stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    expect("writing to the image", done.returncode, 1)


def it_is_reloaded_inside():
    said = compose("exec", "-T", "api-gateway", "api-gateway", "reload")
    if "reloaded: generation 2" not in said:
        raise AssertionError(said)


def a_service_that_is_stopped_is_503_and_the_other_serves():
    compose("stop", "example-service-1")
    wait_status("service1", 503)
    expect("service2", status("service2"), 200)
    expect("/health", ask("/health")[0], 200)


def started_again_it_heals():
    compose("start", "example-service-1")
    wait_status("service1", 200)


def with_another_address_as_well():
    before = address("example-service-1")
    network = inspect("example-service-1", "{{range $name, $_ := .NetworkSettings.Networks}}{{$name}}{{end}}")
    image = inspect("example-service-1", "{{.Image}}")
    compose("stop", "example-service-1")
    squatter = run("docker", "run", "--detach", "--rm", "--network", network, image,
                   "example-service", "--listen", "0.0.0.0:9", "--name", "squatter")
    try:
        compose("start", "example-service-1")
        if address("example-service-1") == before:
            raise AssertionError("the service has its old address: this tried nothing")
        wait_status("service1", 200)
    finally:
        run("docker", "kill", squatter)


def a_service_that_hangs_is_504_and_the_other_serves():
    run("docker", "pause", container("example-service-2"))
    try:
        began = time.monotonic()
        code, body = ask("/api/service2/hello")
        expect("service2", (code, body["error"]), (504, "gateway_timeout"))
        print(f"    {body['cause']} after {time.monotonic() - began:.1f} s")
        expect("service1", status("service1"), 200)
    finally:
        run("docker", "unpause", container("example-service-2"))
    wait_status("service2", 200)


def the_gateway_was_never_touched():
    expect("restarts", inspect("api-gateway", "{{.RestartCount}}"), "0")
    expect("health", inspect("api-gateway", "{{.State.Health.Status}}"), "healthy")


STEPS = (all_are_healthy, the_commands_of_the_readme_work,
         the_gateway_is_the_first_process_and_may_do_little, it_is_reloaded_inside,
         a_service_that_is_stopped_is_503_and_the_other_serves, started_again_it_heals,
         with_another_address_as_well, a_service_that_hangs_is_504_and_the_other_serves,
         the_gateway_was_never_touched)


def stop_is_clean():
    compose("stop")
    for service in ("api-gateway", "example-service-1", "example-service-2"):
        expect(f"exit status of {service}", inspect(service, "{{.State.ExitCode}}"), "0")


def main():
    parser = argparse.ArgumentParser(description="lives with the containers")
    parser.add_argument("--running", action="store_true", help="they are up already")
    options = parser.parse_args()
    os.environ.setdefault("GATEWAY_TIMEOUT", "3")  # else a hanging service takes half a minute
    steps = STEPS
    if not options.running:
        os.environ.setdefault("COMPOSE_PROJECT_NAME", f"gateway-check-{os.getpid()}")
        steps = (*STEPS, stop_is_clean)
    try:
        if not options.running:
            compose("up", "--detach", "--build")
        for step in steps:
            print(f"  {step.__name__.replace('_', ' ')}", flush=True)
            step()
    except AssertionError as error:
        print(f"FAILED: {error}")
        return 1
    finally:
        if not options.running:
            subprocess.run([*COMPOSE, "down", "--volumes"], cwd=ROOT, check=False,
                           stdin=subprocess.DEVNULL, capture_output=True)
    print("containers: all as it should be")
    return 0


if __name__ == "__main__":
    sys.exit(main())
