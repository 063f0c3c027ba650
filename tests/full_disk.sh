#!/usr/bin/env bash
# Fills a real disk while the program stages, merges, exports and records, and looks that nothing is lost.
#
# usage: tests/full_disk.sh PATH-TO-SEATLEDGER
#
# Needs python3, and to be allowed a mount of its own: root, or a kernel that permits user namespaces. Where that is
# forbidden nothing can be tested; the script says so and fails.
set -euo pipefail

program=$(realpath "${1:?usage: tests/full_disk.sh PATH-TO-SEATLEDGER}")
here=$(cd "$(dirname "$0")" && pwd)

if [ -z "${SEATLEDGER_FULL_DISK_INSIDE-}" ]; then
    as_root=(--map-root-user)
    [ "$(id -u)" -ne 0 ] || as_root=()
    if ! problem=$(unshare --mount "${as_root[@]}" mount -t tmpfs -o size=64k tmpfs /mnt 2>&1); then
        echo "not tested: this machine permits no mount of its own, which a full disk needs: $problem" >&2
        exit 1
    fi
    SEATLEDGER_FULL_DISK_INSIDE=1 exec unshare --mount "${as_root[@]}" "$0" "$program"
fi

work=$(mktemp -d)
servers=()
cleanup() {
    for server in "${servers[@]}"; do
        kill "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    done
    umount "$work/disk" 2>/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT

fail() {
    echo "FAILS: $1" >&2
    sed 's/^/    /' "$work/said" >&2
    exit 1
}

mkdir "$work/disk" "$work/copy"
mount -t tmpfs -o size=24m,mode=700 tmpfs "$work/disk"
"$program" keygen --key "$work/org.key" --certificate "$work/org.crt" 2>/dev/null

# One org, earlier and later: three hundred people more.
start_org() {
    "$program" emulator --listen 127.0.0.1:0 --users "$2" --certificate "$work/org.crt" --json >"$work/$1.json" 2>/dev/null &
    servers+=($!)
    for _ in $(seq 200); do
        if [ -s "$work/$1.json" ]; then return; fi
        sleep 0.1
    done
    echo "the emulated org does not start" >&2
    exit 1
}
start_org earlier 3000
start_org later 3300
told() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$work/$1.json" "$2"; }

# The collector's configuration, leading to one of the orgs or to any other URL.
configure() {
    cat >"$work/seatledger.toml" <<TOML
[store]
path = "disk/seatledger.db"
[audit]
path = "$2"
[collect]
login_history_days = 0
[[org]]
id = "acme"
url = "$1"
login_url = "$1"
client_id = "$(told later client_id)"
username = "$(told later username)"
private_key_file = "org.key"
insecure_loopback = true
TOML
}
earlier=$(told earlier url)
later=$(told later url)

code=0
run() {
    code=0
    (cd "$work" && env -i SEATLEDGER_WAIT=1 timeout 120 "$program" --quiet "$@" >"$work/said" 2>&1) || code=$?
}

# Leaves so many KiB of the disk.
leave() {
    rm -f "$work/disk/ballast"
    local free
    free=$(df --output=avail --block-size=1K "$work/disk" | tail -1)
    head -c "$(((free - $1) * 1024))" /dev/zero >"$work/disk/ballast"
}

# What the views show, as one line; read from a copy, because reading needs room too.
views() {
    rm -rf "$work/copy" && mkdir "$work/copy"
    cp "$work"/disk/seatledger.db "$work/copy/"
    if [ -f "$work/disk/seatledger.db-wal" ]; then cp "$work/disk/seatledger.db-wal" "$work/copy/"; fi
    python3 - "$work/copy/seatledger.db" <<'PYTHON'
import hashlib, sqlite3, sys
database = sqlite3.connect(sys.argv[1])
assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)], "the database is damaged"
digest = hashlib.sha256()
for view in ("licenses", "license_assignments", "company_counts", "subscriptions"):
    digest.update(repr(sorted(map(repr, database.execute(f"SELECT * FROM {view}")))).encode())
# The collector's own last login changes with every run.
columns = [name for _, name, *_ in database.execute("PRAGMA table_info(users)") if name != "last_login_at"]
digest.update(repr(database.execute(f"SELECT {', '.join(columns)} FROM users ORDER BY user_id").fetchall()).encode())
print(digest.hexdigest())
PYTHON
}

restore() {
    rm -rf "$work"/disk/*
    cp "$work/old.db" "$work/disk/seatledger.db"
}

ends() { # CODE WORDS WHAT
    [ "$code" -eq "$1" ] || fail "$3: exit code $code where $1 is expected"
    grep -q -- "$2" "$work/said" || fail "$3: does not say \"$2\""
}

# Frees the disk; the next run ends well and shows the later org.
heals() {
    rm "$work/disk/ballast"
    run collect
    [ "$code" -eq 0 ] || fail "$1: the next run ends with $code"
    [ "$(views)" = "$new" ] || fail "$1: the next run does not show the new state"
}

configure "$earlier" audit.db
run collect
[ "$code" -eq 0 ] || fail "the first run ends with $code"
old=$(views)
cp "$work/disk/seatledger.db" "$work/old.db"
configure "$later" audit.db
run collect
[ "$code" -eq 0 ] || fail "the second run ends with $code"
new=$(views)
[ "$old" != "$new" ] || fail "the two states are the same"

# From no room at all to enough.
declare -A met=()
for room in 0 32 64 128 256 512 768 1024 1536 2048 3072 4096 6144 8192 16384; do
    restore
    leave "$room"
    run collect
    if [ "$code" -eq 0 ]; then
        met[done]=1
        [ "$(views)" = "$new" ] || fail "with $room KiB the new state is not shown"
        echo "ok: $room KiB are enough"
    else
        ends 1 "make room on the disk" "collect with $room KiB"
        while_doing=opening
        if grep -qE "staging|stage" "$work/said"; then while_doing=staging; fi
        if grep -qE "merging|recording the run|counting" "$work/said"; then while_doing=merging; fi
        met[$while_doing]=1
        [ "$(views)" = "$old" ] || fail "with $room KiB the old state is lost"
        echo "ok: $room KiB, full while $while_doing"
    fi
    heals "after $room KiB"
done
for phase in staging merging done; do
    [ -n "${met[$phase]-}" ] || fail "the disk was never full while $phase"
done

# The feed of before stays whole.
feed() {
    "$program" feed verify "$work/disk/feed" >/dev/null 2>&1 || [ "$?" -eq 3 ] || echo "damaged $RANDOM"
    sha256sum "$work/disk/feed/manifest.json"
}
restore
run export disk/feed --identify
# Without the logins, which are switched off, a feed is incomplete.
[ "$code" -eq 3 ] || fail "the first export ends with $code"
delivered=$(feed)
run collect
for room in 0 64; do
    leave "$room"
    run export disk/feed --identify
    ends 1 "make room on the disk" "export with $room KiB"
    [ "$(feed)" = "$delivered" ] || fail "with $room KiB the last feed is not whole"
    rm "$work/disk/ballast"
    echo "ok: export with $room KiB leaves the last feed"
done
run export disk/feed --identify
[ "$code" -eq 3 ] || fail "the next export ends with $code"
[ "$(feed)" != "$delivered" ] || fail "the next export is the old one"

# What cannot be recorded is not done: nobody is even connected to.
cat >"$work/listener.py" <<'PYTHON'
import socket, sys
listener = socket.create_server(("127.0.0.1", 0))
open(sys.argv[1], "w").write(f"{listener.getsockname()[1]}\n")
while True:
    listener.accept()[0].close()
    open(sys.argv[2], "a").write("connected\n")
PYTHON
python3 "$work/listener.py" "$work/port" "$work/connected" &
servers+=($!)
until [ -s "$work/port" ]; do sleep 0.1; done
restore
configure "http://127.0.0.1:$(cat "$work/port")" disk/audit.db
leave 0
run collect
ends 7 "no audit record of it can be written" "collect without room for the journal"
[ ! -e "$work/connected" ] || fail "something was sent that is not on record"
[ "$(views)" = "$old" ] || fail "a run without a record has changed the views"
echo "ok: without room for the journal nothing is sent"
configure "$later" disk/audit.db
heals "after a full journal"

echo "a full disk loses nothing"
