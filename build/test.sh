#!/usr/bin/env bash
# Everything a change must pass, in the order of what fails fastest. Called by `./build.sh test [filter]`, which has built
# the agent for both architectures. Prints every skipped test with its reason; ends with `N passed, N failed`.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly filter=${1:-}
readonly results=artifacts/test-results
passed=0 failed=0

rm -rf "$results"
mkdir -p "$results"

say() { printf '\033[1m== %s\033[0m\n' "$*" >&2; }

# step <name> <command...>: one check that passes or fails as a whole.
step() {
  local name=$1
  shift
  case "$name" in *"$filter"*) ;; *) return 0 ;; esac
  say "$name"
  if "$@"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED: $name"
  fi
}

# suite <project folder>: an xunit project; its counts are read from the XML report it writes.
suite() {
  local name=$1 dll report counts
  case "$name" in *"$filter"*) ;; *) return 0 ;; esac
  say "$name"
  dll=artifacts/dotnet/bin/$name/release/X0tta6bl4.$name.dll
  report=$results/$name.xml
  X0_AGENT=$PWD/artifacts/bin/linux-x64/x0tta6bl4 X0_MOSQUITTO=$PWD/artifacts/rack/broker/usr/sbin/mosquitto \
    dotnet "$dll" -noColor -xml "$report" > "$results/$name.log" 2>&1
  if [ ! -s "$report" ]; then
    tail -n 40 "$results/$name.log"
    echo "FAILED: $name wrote no report"
    failed=$((failed + 1))
    return 0
  fi
  counts=$(grep -o '<assembly [^>]*>' "$report" | head -n 1)
  passed=$((passed + $(attribute passed "$counts")))
  failed=$((failed + $(attribute failed "$counts") + $(attribute errors "$counts")))
  grep -E '\[FAIL\]|\[SKIP\]' -A 12 "$results/$name.log" || true
  grep 'Total:' "$results/$name.log"
}

attribute() { sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p" <<< "$2"; }

formatted() { dotnet format whitespace X0tta6bl4.sln --verify-no-changes --no-restore -v quiet; }

built() { dotnet build X0tta6bl4.sln -c Release -v quiet -nologo; }

rack_smoke() {
  dotnet artifacts/dotnet/bin/Rack/release/X0tta6bl4.Rack.dll hil hil-smoke
}

step "build of the whole solution" built
step format formatted
for project in tests/*/*.Tests.csproj hil-tests/*/*.Tests.csproj; do
  suite "$(basename "$project" .csproj)"
done
fuzz() { dotnet artifacts/dotnet/bin/Fuzz/release/X0tta6bl4.Fuzz.dll --random 20000 --seed "${X0_SEED:-1}"; }

step "fuzz, a short round" fuzz
step "static binary in an empty root" bash build/empty-root.sh
step "size within budget" bash build/size.sh
step "rack smoke" rack_smoke

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
