#!/usr/bin/env bash
# Opens the pages that seatledger writes in a real browser, names that mean harm included.
#
# usage: tests/browser/run.sh PATH-TO-SEATLEDGER [FOLDER-FOR-SCREENSHOTS]
#
# Needs Chromium, python3, node 20 or newer, and npm; installs the pinned driver into a temporary folder.
set -euo pipefail

program=$(realpath "${1:?usage: tests/browser/run.sh PATH-TO-SEATLEDGER [FOLDER-FOR-SCREENSHOTS]}")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
pictures=$(realpath -m "${2:-$work/pictures}")
mkdir -p "$pictures"

cp "$here/package.json" "$here/package-lock.json" "$here"/*.mjs "$here/names.json" "$work/"
npm ci --prefix "$work" --ignore-scripts --no-audit --no-fund --loglevel=error

"$program" demo --out "$work/demo" --users 3000 >/dev/null 2>&1
python3 "$here/rename.py" "$work/demo/seatledger.db" "$here/names.json"
for report in overview licenses users; do
    "$program" report "$report" --config "$work/demo/seatledger.toml" --format html --output "$work/$report.html"
done

node "$work/pages.mjs" "$(command -v chromium)" "$work" "$pictures"
