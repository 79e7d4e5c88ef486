#!/usr/bin/env bash
# The promise of the binary: it is static, carries no libssl, and runs in a root that holds nothing but itself, /proc and
# /sys: no libraries, and no /dev/urandom either (native/kernel-random). Runs in namespaces of its own and leaves nothing
# behind.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly binary=artifacts/bin/linux-x64/x0tta6bl4
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

for file in "$binary" artifacts/bin/linux-arm64/x0tta6bl4; do
  if readelf -d "$file" | grep -q NEEDED; then
    echo "$file needs shared libraries:"
    readelf -d "$file" | grep NEEDED
    exit 1
  fi
done

mkdir -p "$root"/{proc,sys,etc}
cp "$binary" "$root/x0tta6bl4"
cat > "$root/etc/agent.toml" <<'EOF'
[node]
name = "empty-root"
[api]
socket = "/control.sock"
EOF

# Secrets are sealed there too: every random number and every derivation is this binary's own.
echo 'correct horse battery staple' > "$root/etc/passphrase"
chmod 0600 "$root/etc/passphrase"
secret() { chroot "$root" /x0tta6bl4 secret "$@" --store /secrets --passphrase-file /etc/passphrase; }
printf 'kept' | secret put a
secret rotate
[ "$(secret get a)" = kept ]

# The agent runs in the empty root; its status is read by a second run of the same binary.
unshare --mount --net --pid --fork --mount-proc="$root/proc" bash -eu -s "$root" <<'EOF'
root=$1
mount -t sysfs none "$root/sys"
ip link set lo up
chroot "$root" /x0tta6bl4 run --config /etc/agent.toml > "$root/agent.log" 2>&1 &
agent=$!
for attempt in $(seq 50); do
  code=0
  chroot "$root" /x0tta6bl4 status --config /etc/agent.toml > "$root/status.txt" 2>&1 || code=$?
  [ "$code" -ne 3 ] || break
  sleep 0.2
done
cat "$root/status.txt"
kill -TERM "$agent"
wait "$agent"
# 3 is "degraded": this machine has no batman-adv, and the agent must say so and stay up.
[ "$code" -eq 3 ]
grep -q 'batman-adv' "$root/status.txt"
EOF
