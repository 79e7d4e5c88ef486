#!/usr/bin/env bash
# Everything a change must pass, in the order of what fails fastest. Called by `./build.sh test [filter]`, which has built
# the agent for both architectures. Prints every skipped test with its reason; ends with `N passed, N failed`.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly filter=${1:-}
readonly results=$PWD/artifacts/test-results
# Folders under src whose coverage is measured, by their own suite, and the least of it in per cent, of lines and of branches.
readonly -a coverage_of=(Identity)
readonly coverage_floor=85
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

# suite <project folder>: an xunit project; its counts are read from the XML report it writes. Where a floor is named for its
# coverage, coverlet counts the lines during this one run; the two runners have different switches and say `failed` differently.
suite() {
  local name=$1 dll report counts covered=
  case "$name" in *"$filter"*) ;; *) return 0 ;; esac
  say "$name"
  dll=artifacts/dotnet/bin/$name/release/X0tta6bl4.$name.dll
  report=$results/$name.xml
  local -a how=(-noColor -xml "$report")
  case " ${coverage_of[*]} " in *" ${name%.Tests} "*) covered=${name%.Tests} ;; esac
  if [ -n "$covered" ]; then
    how=(--coverlet --coverlet-include "[X0tta6bl4.$covered]*" --coverlet-output-format cobertura --coverlet-file-prefix "$name"
      --coverlet-single-hit --results-directory "$results" --report-xunit-xml --report-xunit-xml-filename "$name.xml"
      --progress off --ansi off)
  fi
  X0_AGENT=$PWD/artifacts/bin/linux-x64/x0tta6bl4 X0_MOSQUITTO=$PWD/artifacts/rack/broker/usr/sbin/mosquitto \
    dotnet "$dll" "${how[@]}" > "$results/$name.log" 2>&1
  if [ ! -s "$report" ]; then
    tail -n 40 "$results/$name.log"
    echo "FAILED: $name wrote no report"
    failed=$((failed + 1))
    return 0
  fi
  counts=$(grep -o '<assembly [^>]*>' "$report" | head -n 1)
  passed=$((passed + $(attribute passed "$counts")))
  failed=$((failed + $(attribute failed "$counts") + $(attribute errors "$counts")))
  grep -E '\[FAIL\]|\[SKIP\]|^(failed|skipped) ' -A 12 "$results/$name.log" || true
  echo "   $name  Total: $(attribute total "$counts"), Failed: $(attribute failed "$counts"), Errors: $(attribute errors "$counts")," \
    "Skipped: $(attribute skipped "$counts"), Time: $(attribute time "$counts")s"
  [ -z "$covered" ] || step "$name: coverage" coverage "$covered" "$results/$name".coverage.cobertura.*.xml
}

# coverage <folder under src> <cobertura report>: prints it; fails below the floor.
coverage() {
  local folder=$1 report=$2 head
  head=$(grep -m 1 -o '<coverage [^>]*>' "$report") || { echo "no coverage report of src/$folder"; return 1; }
  # The counts, not the rates: a root element without a line in it has the rate 1.
  awk -v folder="$folder" -v floor="$coverage_floor" \
    -v lines="$(attribute lines-covered "$head")" -v all_lines="$(attribute lines-valid "$head")" \
    -v branches="$(attribute branches-covered "$head")" -v all_branches="$(attribute branches-valid "$head")" '
    BEGIN {
      if (all_lines == 0 || all_branches == 0) { print "coverage of src/" folder ": nothing was measured"; exit 1 }
      of_lines = 100 * lines / all_lines; of_branches = 100 * branches / all_branches
      printf "coverage of src/%s: %.1f %% of lines, %.1f %% of branches (floor %d %%)\n", folder, of_lines, of_branches, floor
      exit !(of_lines >= floor && of_branches >= floor)
    }'
}

attribute() { sed -n "s/.* $1=\"\([0-9.]*\)\".*/\1/p" <<< "$2"; }

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
