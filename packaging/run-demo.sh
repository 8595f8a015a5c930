#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run-demo.sh GATEWAY: starts the gateway in front of two example services on loopback, prints
# what to try, and runs until Ctrl-C; nothing is left behind. Used by `make run`.
# An example service is left out when its SERVICE<N>_URL is set already.
set -u

gateway=$1
pids=
host=${GATEWAY_HOST:-0.0.0.0}
case $host in
  0.0.0.0) host=127.0.0.1 ;;
  ::) host='[::1]' ;;
  *:*) host="[$host]" ;;
esac
port=${GATEWAY_PORT:-8000}
base=http://$host:$port

stop() {
  trap '' INT TERM HUP
  if [ -n "$pids" ]; then
    kill -TERM $pids 2>/dev/null
    wait
  fi
}
trap 'stop; exit 130' INT
trap 'stop; exit 143' TERM HUP

fail() {
  echo "make run: $*" >&2
  stop
  exit 1
}

# answers URL: whether an HTTP server is there, whatever it says.
answers() { curl --silent --noproxy '*' --max-time 1 --output /dev/null "$1"; }

# require_free ADDRESS:PORT HINT: curl's status 7 means that nobody accepts connections there.
require_free() {
  answers "http://$1/"
  if [ $? -ne 7 ]; then fail "$1 is in use by another program: stop that, or set $2"; fi
}

# wait_for URL NAME PID: until it answers; fails when the process ends first.
wait_for() {
  tries=0
  until answers "$1"; do
    tries=$((tries + 1))
    if ! kill -0 "$3" 2>/dev/null; then fail "$2 did not start, see above"; fi
    if [ "$tries" -ge 300 ]; then fail "$2 does not answer at $1"; fi
    sleep 0.1
  done
}

if [ "$port" = 0 ]; then fail "GATEWAY_PORT=0 lets the kernel pick a port: set another"; fi
require_free "$host:$port" 'GATEWAY_PORT to another port'

for n in 1 2; do
  eval "url=\${SERVICE${n}_URL:-}"
  if [ -n "$url" ]; then continue; fi
  address=127.0.0.1:800$n
  require_free "$address" "SERVICE${n}_URL to the service you want there"
  "$gateway" example-service --listen "$address" --name "service$n" &
  pids="$pids $!"
  wait_for "http://$address/" "example service $n" $!
  export "SERVICE${n}_URL=http://$address"
done

"$gateway" &
main=$!
pids="$pids $main"
wait_for "$base/health" 'the gateway' "$main"

cat <<END

api-gateway is running on $base; Ctrl-C stops it. Try:

  curl $base/health
  curl '$base/api/service1/hello?from=me'
  curl -N '$base/api/service2/stream?count=3'

END

wait "$main"
status=$?
stop
exit "$status"
