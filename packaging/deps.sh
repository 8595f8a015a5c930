#!/bin/sh
# SPDX-License-Identifier: MIT
#
# deps.sh [deb|rpm|check-packages|check-prometheus]: installs what is missing to build, run and check
# api-gateway, and with an argument to make packages of that kind, or for that check; does nothing
# when all is there.
# Asks for what is needed (a command, a library), not for a package, so that tools installed in
# another way count.
set -eu

debian= fedora= missing=

# need NAME DEBIAN-PACKAGE FEDORA-PACKAGE TEST...: notes the packages unless the test succeeds.
need() {
  name=$1 deb=$2 rpm=$3
  shift 3
  if ! "$@" >/dev/null 2>&1; then
    missing="$missing $name" debian="$debian $deb" fedora="$fedora $rpm"
  fi
}

cxx=${CXX:-g++}
cxx=${cxx%% *}  # of "ccache g++" or "g++ -m64" the program

# A validator of schemas, for the tests: in the python3 of the path, or that of the system.
has_jsonschema() {
  python3 -c 'import jsonschema' || /usr/bin/python3 -c 'import jsonschema'
}

need "$cxx"         g++                 gcc-c++            command -v "$cxx"
need make           make                make               command -v make
need autoconf       autoconf            autoconf           command -v autoconf
need automake       automake            automake           command -v aclocal
need pkg-config     pkg-config          pkgconf-pkg-config command -v pkg-config
need libevent       libevent-dev        libevent-devel     pkg-config --exists libevent_core libevent_extra
need nlohmann-json  nlohmann-json3-dev  json-devel         pkg-config --exists nlohmann_json
need spdlog         libspdlog-dev       spdlog-devel       pkg-config --exists spdlog
need cxxopts        libcxxopts-dev      cxxopts-devel      pkg-config --exists cxxopts
need catch2         catch2              catch-devel        pkg-config --exists catch2
need python3        python3             python3            command -v python3
need jsonschema     python3-jsonschema  python3-jsonschema has_jsonschema
need curl           curl                curl               command -v curl
need mandoc         mandoc              mandoc             command -v mandoc
need valgrind       valgrind            valgrind           command -v valgrind
case ${1-} in
  deb)
    need build-essential build-essential make command -v dpkg-buildpackage
    need debhelper       debhelper       debhelper command -v dh
    need lintian         lintian         lintian   command -v lintian
    ;;
  rpm)
    need rpmbuild rpm     rpm-build command -v rpmbuild
    need rpmlint  rpmlint rpmlint   command -v rpmlint
    ;;
  check-prometheus)  # not for "check": Debian starts the server that it installs
    need prometheus prometheus golang-github-prometheus command -v prometheus
    need promtool   prometheus golang-github-prometheus command -v promtool
    ;;
  check-packages)
    need mmdebstrap     mmdebstrap        mmdebstrap        command -v mmdebstrap
    need systemd-nspawn systemd-container systemd-container command -v systemd-nspawn
    ;;
esac

if [ -z "$missing" ]; then
  exit 0
fi
echo "missing:$missing"

if command -v apt-get >/dev/null; then
  update='apt-get update -q'
  install="env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends$debian"
elif command -v dnf >/dev/null; then
  update=
  install="dnf install -y$fedora"
else
  echo "neither apt-get nor dnf is here: install these yourself, then run make again" >&2
  exit 1
fi

sudo=
if [ "$(id -u)" -ne 0 ]; then
  sudo=sudo
  if ! command -v sudo >/dev/null; then
    printf 'not root, and there is no sudo: as root, run\n' >&2
    if [ -n "$update" ]; then echo "  $update" >&2; fi
    echo "  $install" >&2
    exit 1
  fi
fi

if [ -n "$update" ]; then
  echo "+ ${sudo:+$sudo }$update"
  $sudo $update
fi
echo "+ ${sudo:+$sudo }$install"
$sudo $install
