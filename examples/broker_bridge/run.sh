#!/usr/bin/env bash
# Starts a Redis server of its own, on a free port of the loopback interface and in a temporary folder, and
# runs the example against it.
set -euo pipefail
cd "$(dirname "$0")/../.."

for program in redis-server redis-cli; do
    if ! command -v "$program" >/dev/null; then
        echo "SKIPPED: $program is not installed (Debian: apt-get install redis-server)"
        exit 0
    fi
done

folder=$(mktemp -d)
server=
end() {
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    rm -rf "$folder"
}
trap end EXIT

start() {
    # `appendfsync always`: an answer means that the entry is on disk.
    redis-server --port "$port" --bind 127.0.0.1 --dir "$folder" --save "" \
        --appendonly yes --appendfsync always >"$folder/log" 2>&1 &
    server=$!
    for _ in $(seq 100); do
        if ! kill -0 "$server" 2>/dev/null; then
            return 1 # the port is taken
        fi
        if [ "$(redis-cli -p "$port" config get dir 2>/dev/null | tail -n 1)" = "$folder" ]; then
            return 0
        fi
        sleep 0.1
    done
    return 1
}

for attempt in $(seq 10); do
    port=$((20000 + RANDOM % 20000))
    if start; then
        cargo build --quiet -p broker_bridge
        timeout 120 cargo run --quiet -p broker_bridge -- "redis://127.0.0.1:$port/"
        exit
    fi
done
echo "no Redis server could be started; the end of its log:" >&2
cat "$folder/log" >&2
exit 1
