#!/usr/bin/env bash
# The size ledger: what the arm64 binary weighs, where the bytes are, and whether that is within budget.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Moved from 10.0 and 3.2 MB when the security core came in: BouncyCastle and the runtime parts it needs are most of the difference
# (docs/dependencies.md has the ledger).
readonly elf_budget_bytes=14500000
readonly squashfs_budget_bytes=4900000
readonly binary=artifacts/bin/linux-arm64/x0tta6bl4
readonly published=artifacts/publish/linux-arm64/x0tta6bl4/x0tta6bl4
readonly ledger=artifacts/size
# 256 KiB is the block size OpenWrt gives its root file systems.

mkdir -p "$ledger"
rm -rf "$ledger/root"
mkdir "$ledger/root"
cp "$binary" "$ledger/root/"
mksquashfs "$ledger/root" "$ledger/root.squashfs" -comp xz -b 262144 -noappend -all-root -quiet -no-progress >/dev/null
elf=$(stat -c %s "$binary")
squashfs=$(stat -c %s "$ledger/root.squashfs")
unstripped=$(stat -c %s "$published")

printf '%-28s %12s %12s\n' what bytes budget
printf '%-28s %12d %12s\n' 'as linked, with symbols' "$unstripped" -
printf '%-28s %12d %12d\n' 'ELF, stripped' "$elf" "$elf_budget_bytes"
printf '%-28s %12d %12d\n' 'squashfs-xz' "$squashfs" "$squashfs_budget_bytes"

printf '\nby section, bytes:\n'
aarch64-linux-gnu-size -A -d "$published" |
  awk '$2 > 4096 && $1 != "Total" && $1 !~ /^\.(debug|symtab|strtab)/ {printf "  %-26s %12d\n", $1, $2}' | sort -k2 -rn

# Managed code carries its assembly's name in the symbol; everything else is the runtime and libc.
printf '\nby assembly, bytes of code and data symbols:\n'
aarch64-linux-gnu-nm -S --size-sort -t d "$published" | awk '
  function owner(name) {
    if (match(name, /^_?_?[A-Za-z]*X0tta6bl4_[A-Za-z]+/)) return substr(name, RSTART, RLENGTH)
    if (match(name, /(S_P_CoreLib|MQTTnet|Prometheus_NetStandard|Tomlyn|BouncyCastle_Cryptography|System_[A-Z][A-Za-z]+(_[A-Z][A-Za-z]+)?|Microsoft_[A-Z][A-Za-z]+(_[A-Z][A-Za-z]+)?(_[A-Z][A-Za-z]+)?|x0tta6bl4)/))
      return substr(name, RSTART, RLENGTH)
    return "runtime, libc and shared data"
  }
  { bytes[owner($4)] += $2 }
  END { for (name in bytes) printf "%d\t%s\n", bytes[name], name }' | sort -rn | head -30 |
  awk -F'\t' '{printf "  %-48s %12d\n", $2, $1}'

status=0
# See build/substitutions.xml: with the engine back, its stubbed answers would be wrong for whoever uses it.
if aarch64-linux-gnu-nm "$published" | grep -q 'RegularExpressions.*RegexInterpreter'; then
  echo "System.Text.RegularExpressions is in the binary again: find who uses it, or drop build/substitutions.xml"
  status=1
fi
# The same for BouncyCastle's curves: only P-256, P-384 and P-521 are ever asked for.
if aarch64-linux-gnu-nm "$published" | grep -q 'Math_EC_Custom_Sec_SecT571'; then
  echo "binary-field curves are in the binary again: see build/substitutions.xml"
  status=1
fi
[ "$elf" -le "$elf_budget_bytes" ] || { echo "over budget: ELF by $((elf - elf_budget_bytes)) bytes"; status=1; }
[ "$squashfs" -le "$squashfs_budget_bytes" ] ||
  { echo "over budget: squashfs-xz by $((squashfs - squashfs_budget_bytes)) bytes"; status=1; }
exit $status
