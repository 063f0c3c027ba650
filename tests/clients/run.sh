#!/usr/bin/env bash
# Lets unmodified third-party clients log in to the emulated org and query it, and compares what they were told.
#
# usage: tests/clients/run.sh PATH-TO-SEATLEDGER
#
# Needs python3 with venv, node 18 or newer, and npm; installs the pinned clients into a temporary folder.
set -euo pipefail

program=$(realpath "${1:?usage: tests/clients/run.sh PATH-TO-SEATLEDGER}")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
emulator=
cleanup() {
    if [ -n "$emulator" ]; then
        kill "$emulator" 2>/dev/null || true
        wait "$emulator" 2>/dev/null || true
    fi
    rm -rf "$work"
}
trap cleanup EXIT

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
cp "$here/package.json" "$here/package-lock.json" "$here/jsforce_client.mjs" "$work/"
npm ci --prefix "$work" --ignore-scripts --no-audit --no-fund --loglevel=error

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
url="http://127.0.0.1:$port"
"$program" keygen --key "$work/org.key" --certificate "$work/org.crt"
"$program" emulator --listen "127.0.0.1:$port" --users 3000 --certificate "$work/org.crt" >"$work/emulator.log" 2>&1 &
emulator=$!
for _ in $(seq 100); do
    if python3 -c "import urllib.request; urllib.request.build_opener(urllib.request.ProxyHandler({})).open('$url/services/data/')" 2>/dev/null; then
        break
    fi
    kill -0 "$emulator" 2>/dev/null || { cat "$work/emulator.log" >&2; exit 1; }
    sleep 0.1
done

# The one app that the emulated org knows, and the user whom it may impersonate: constants of `src/emulator/mod.rs`.
client_id=$(sed -n 's/^pub const CLIENT_ID: &str = "\(.*\)";$/\1/p' "$here/../../src/emulator/mod.rs")
username=$(sed -n 's/^pub const USERNAME: &str = "\(.*\)";$/\1/p' "$here/../../src/emulator/mod.rs")
questions="$here/questions.json"

"$work/venv/bin/python" "$here/simple_salesforce_client.py" "$url" "$work/org.key" "$client_id" "$username" "$questions" \
    >"$work/simple_salesforce.json"
echo "ok: simple-salesforce logged in and queried"
node "$work/jsforce_client.mjs" "$url" "$work/org.key" "$client_id" "$username" "$questions" >"$work/jsforce.json"
echo "ok: jsforce logged in and queried"
python3 "$here/compare.py" "$work/simple_salesforce.json" "$work/jsforce.json"
