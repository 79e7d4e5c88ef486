#!/usr/bin/env bash
# The only entry point: build, run, test, rack scenarios, benchmarks, images, size. `./build.sh` lists the commands.
# Needs a Debian 12 with the .NET 10 SDK; each command installs what else it lacks (`deps`).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DEBIAN_FRONTEND=noninteractive
readonly artifacts=artifacts
readonly default_rid=linux-arm64
readonly configuration=Release

say() { printf '\033[1m== %s\033[0m\n' "$*" >&2; }
die() { printf 'build.sh: %s\n' "$*" >&2; exit 1; }

usage() {
  cat <<'EOF'
usage: ./build.sh <command>

  deps [build|test|rack|bench]
                         install what a bare Debian 12 with the .NET 10 SDK lacks
  build [rid]            static binary at artifacts/bin/<rid>/x0tta6bl4 (linux-arm64, linux-x64)
  run [--seconds N] [--json]
                         build, boot the virtual mesh (three ARM routers in a line), show it live
  test [filter]          everything a change must pass; ends with `N passed, N failed`
  hil [scenario...] [--list] [--seed N]
                         rack scenarios, one JSON line each, also under artifacts/hil/
  bench [name] [--list] [--seconds N]
                         benchmarks beside their peers; artifacts/bench/<name>.json
  image [kind]           openwrt, yocto or bundle under artifacts/image/
  size                   the size ledger; fails when over budget
  format                 rewrite the sources to the format that `test` checks
  clean                  remove artifacts/
EOF
}

# --- deps ----------------------------------------------------------------------------------------------------------

readonly build_packages=(clang lld gcc gcc-aarch64-linux-gnu libc6-dev libc6-dev-arm64-cross binutils-aarch64-linux-gnu
  linux-libc-dev zlib1g-dev xz-utils squashfs-tools)
# The peers of the tests: certificates are minted, and TLS is spoken, by somebody else's code.
readonly test_packages=(openssl gnutls-bin nodejs swtpm)
readonly rack_packages=(qemu-system-arm device-tree-compiler kmod cpio e2fsprogs iproute2)
# The peer of the TLS benchmarks, and the tool that mints its certificates.
readonly bench_packages=(openssl libssl-dev)

lacking() {
  local package
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || printf '%s ' "$package"
  done
}

# Debian's index first; one failing third-party index must not stop the build, so `update` may fail as long as the
# packages can be had.
install_packages() {
  local missing attempt sudo=
  missing=$(lacking "$@")
  [ -n "$missing" ] || return 0
  [ "$(id -u)" = 0 ] || sudo=sudo
  say "installing $missing"
  for attempt in 1 2 3; do
    $sudo apt-get -qq update >&2 || say "a package index failed; going on with the others (attempt $attempt)"
    # shellcheck disable=SC2086 # a list of package names
    if $sudo apt-get -qq install -y --no-install-recommends $missing >&2; then
      return 0
    fi
    sleep $((attempt * 5))
  done
  die "could not install: $missing (see the apt-get messages above)"
}

deps() {
  case "${1:-all}" in
    build) install_packages "${build_packages[@]}" ;;
    test) install_packages "${test_packages[@]}" ;;
    rack) install_packages "${rack_packages[@]}"; bash build/rack-assets.sh "$artifacts/rack" >&2 ;;
    bench) install_packages "${bench_packages[@]}" ;;
    all) deps build; deps test; deps rack; deps bench ;;
    *) die "deps: no group '$1' (build, test, rack, bench)" ;;
  esac
}

# --- build ---------------------------------------------------------------------------------------------------------

cross_prefix() {
  case "$1" in
    linux-arm64) echo aarch64-linux-gnu- ;;
    linux-x64) echo x86_64-linux-gnu- ;;
    *) die "build: no rid '$1' (linux-arm64, linux-x64); 32-bit ARM has no NativeAOT runtime pack" ;;
  esac
}

# Publishes one project as a stripped static binary: publish_static <rid> <project> <name>
publish_static() {
  local rid=$1 project=$2 name=$3 prefix out
  prefix=$(cross_prefix "$rid")
  out=$artifacts/bin/$rid
  mkdir -p "$out" "$artifacts/native/$rid"
  "${prefix}gcc" -Os -Wall -Wextra -Werror -ffunction-sections -c native/kernel-random/kernel_random.c \
    -o "$artifacts/native/$rid/kernel-random.o"
  say "publishing $name for $rid"
  dotnet publish "$project" -c "$configuration" -r "$rid" -o "$artifacts/publish/$rid/$name" \
    -p:ObjCopyName="${prefix}objcopy" -p:SourceDateEpoch="$(git log -1 --format=%ct 2>/dev/null || date +%s)" -v quiet -nologo >&2
  "${prefix}strip" "$artifacts/publish/$rid/$name/$name" -o "$out/$name.tmp"
  mv "$out/$name.tmp" "$out/$name"
  ls -l "$out/$name" >&2
}

build() {
  local rid=${1:-$default_rid}
  deps build
  publish_static "$rid" src/Agent/Agent.csproj x0tta6bl4
}

# --- rack ----------------------------------------------------------------------------------------------------------

rack() {
  build "$default_rid"
  deps rack
  run_rack "$@"
}

run_rack() {
  dotnet build hil-tests/Rack -c "$configuration" -v quiet -nologo >&2
  # exec: the rack must get Ctrl-C itself, it is the one that ends the routers.
  exec dotnet "$artifacts/dotnet/bin/Rack/release/X0tta6bl4.Rack.dll" "$@"
}

host_rid() {
  case "$(uname -m)" in
    aarch64) echo linux-arm64 ;;
    *) echo linux-x64 ;;
  esac
}

# The TLS benchmarks run on this machine, beside its libssl.
tls_bench() {
  local rid out
  rid=$(host_rid)
  out=$artifacts/bin/$rid
  deps build
  deps bench
  publish_static "$rid" tests/Benchmarks/Benchmarks.csproj x0tta6bl4-bench
  gcc -O2 -Wall -Wextra -Werror -o "$out/openssl-peer" tests/Benchmarks/Tls/openssl_peer.c -lssl -lcrypto
}

bench() {
  case "${1:-}" in
    '' | snapshot) deps build; publish_static "$default_rid" tests/Benchmarks/Benchmarks.csproj x0tta6bl4-bench ;;
  esac
  case "${1:-}" in
    '' | tls | tls-rotation) tls_bench ;;
  esac
  case "${1:-}" in
    tls | tls-rotation) deps rack; run_rack bench "$@" ;; # no router takes part
    *) rack bench "$@" ;;
  esac
}

# --- test ----------------------------------------------------------------------------------------------------------

test_all() {
  deps build
  deps test
  deps rack
  build linux-x64
  build "$default_rid"
  exec bash build/test.sh "$@"
}

# --- the rest ------------------------------------------------------------------------------------------------------

command=${1:-}
[ $# -eq 0 ] || shift
case "$command" in
  '' | help | -h | --help) usage ;;
  deps) deps "$@" ;;
  build) build "$@" ;;
  run) rack run "$@" ;;
  test) test_all "$@" ;;
  hil) rack hil "$@" ;;
  bench) bench "$@" ;;
  image) bash build/image.sh "$@" ;;
  size) build; bash build/size.sh "$@" ;;
  format) dotnet format whitespace X0tta6bl4.sln && dotnet format style X0tta6bl4.sln ;;
  clean) rm -rf "$artifacts" ;;
  *) usage >&2; exit 2 ;;
esac
