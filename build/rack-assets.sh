#!/usr/bin/env bash
# Gathers what the virtual rack boots: an arm64 kernel with batman-adv, a small root file system, a device tree with LEDs,
# and a real MQTT broker for the host. usage: build/rack-assets.sh OUTDIR
#
# Everything comes from Debian's own packages, downloaded and unpacked but never installed: no foreign architecture is added
# to this machine, no service starts. apt runs on private state below OUTDIR, so it needs no root and changes nothing here.
# Quick when nothing changed: a stamp holds the hash of this script, the overlay and the tools.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

[ $# -eq 1 ] || { echo "usage: $0 OUTDIR" >&2; exit 2; }
mkdir -p "$1"
out=$(cd "$1" && pwd)
readonly out overlay=$PWD/image/rootfs
readonly apt=$out/apt debs=$out/debs work=$out/work

readonly guest_packages=(busybox-static batctl libnl-3-200 libnl-genl-3-200 libc6)
# Only in the guest with a hundred network namespaces: iproute2's batch mode makes them in seconds.
readonly scale_packages=(iproute2 libbpf1 libbsd0 libcap2 libdb5.3 libelf1 libmd0 libmnl0 libpcre2-8-0 libselinux1
  libtirpc3 libgssapi-krb5-2 libkrb5-3 libk5crypto3 libcom-err2 libkrb5support0 libkeyutils1 libxtables12 zlib1g)
readonly host_packages=(mosquitto mosquitto-clients libmosquitto1 libcjson1 libdlt2 libwrap0 libnsl2 libtirpc3
  libcap2 libsystemd0 libssl3 libgssapi-krb5-2 libkrb5-3 libk5crypto3 libkrb5support0 libkeyutils1 libcom-err2
  liblzma5 libzstd1 liblz4-1 libgcrypt20 libgpg-error0)
# In this order: virtio_pci finds every other device, and libcrc32c fails without a crc32c of some kind before it.
readonly modules=(virtio_pci virtio_net virtio_blk virtio-rng crc32c_generic ext4 batman-adv leds-gpio ledtrig-timer
  ledtrig-netdev i6300esb veth bridge 8021q)
# On the root but not loaded: gpio_wdt wants a line nobody has here, dummy makes spare interfaces for scenarios.
readonly spare_modules=(gpio_wdt dummy)

say() { printf 'rack-assets: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

need() {
  local tool
  for tool in "$@"; do
    command -v "$tool" > /dev/null || PATH=$PATH:/usr/sbin:/sbin command -v "$tool" > /dev/null ||
      die "needs $tool; install qemu-system-arm device-tree-compiler kmod cpio e2fsprogs binutils"
  done
}

# --- packages ------------------------------------------------------------------------------------------------------

host_arch=$(dpkg --print-architecture)
apt_options=(-qq -o "Dir::State=$apt/state" -o "Dir::State::status=$apt/status" -o "Dir::Cache=$apt/cache"
  -o "APT::Architecture=$host_arch" -o "APT::Architectures::=$host_arch" -o APT::Architectures::=arm64
  -o APT::Sandbox::User= -o Acquire::Languages=none -o Acquire::Retries=3)

# One failing index (a third party's, say) must not matter as long as Debian's answers, so `update` may fail; whether a
# package can be had is what counts, and download says that.
refresh_indexes() {
  mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial"
  : > "$apt/status"
  apt-get "${apt_options[@]}" update >&2 || say "a package index failed; going on with the others"
}

# download <directory> <package:arch>...   keeps what is already there and whole
download() {
  local directory=$1 package attempt missing
  shift
  mkdir -p "$directory"
  for attempt in 1 2 3; do
    missing=()
    for package in "$@"; do
      compgen -G "$directory/${package%:*}_*_${package#*:}.deb" > /dev/null || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    [ -n "$(compgen -G "$apt/state/lists/*Packages*")" ] || refresh_indexes
    say "downloading ${missing[*]}"
    # apt-get writes under a final name only what matched its hash.
    if (cd "$directory" && apt-get "${apt_options[@]}" download "${missing[@]}" >&2); then
      continue
    fi
    say "download failed (attempt $attempt of 3)"
    sleep $((attempt * 3))
    refresh_indexes
  done
  for package in "${missing[@]}"; do
    compgen -G "$directory/${package%:*}_*_${package#*:}.deb" > /dev/null ||
      die "could not download $package; check the Debian entries under /etc/apt and the network"
  done
}

unpack() { # unpack <to> <deb>...
  local to=$1 deb
  shift
  mkdir -p "$to"
  for deb in "$@"; do
    dpkg -x "$deb" "$to"
  done
}

# The newest kernel of the stable release: linux-image-arm64 only depends on it.
kernel_package() {
  local name
  [ -n "$(compgen -G "$apt/state/lists/*Packages*")" ] || refresh_indexes
  name=$(apt-cache "${apt_options[@]}" depends linux-image-arm64:arm64 | sed -n 's/.*Depends: \(linux-image-[^:]*\).*/\1/p')
  [ -n "$name" ] || die "linux-image-arm64 names no kernel package; is there a Debian entry under /etc/apt?"
  printf '%s\n' "$name"
}

# --- the guest -----------------------------------------------------------------------------------------------------

pack() { # pack <directory> <file>: a cpio the kernel unpacks; uncompressed, because gunzip under emulation costs a second
  (cd "$1" && find . -mindepth 1 -print0 | LC_ALL=C sort -z |
    cpio --quiet --null --create --format=newc --owner=0:0 --reproducible) > "$2.tmp"
  mv "$2.tmp" "$2"
}

module_order() { # module_order <tree> <version> <module>...: files relative to lib/modules, dependencies first
  local tree=$1 version=$2 module lines
  shift 2
  for module in "$@"; do
    lines=$(modprobe -d "$tree" -S "$version" --show-depends "$module") || die "the kernel package has no module $module"
    sed -n "s,^insmod .*/lib/modules/\([^ ]*\).*,\1,p" <<< "$lines"
  done | awk '!seen[$0]++'
}

build_root() {
  local root=$work/root kernel=$work/kernel version file
  version=$(ls "$kernel/lib/modules")
  rm -rf "$root"
  mkdir -p "$root"/{bin,sbin,usr/bin,usr/sbin,lib/modules,lib/aarch64-linux-gnu,dev,proc,sys,run,tmp,etc/rack,var/lib}
  cp -a "$overlay/." "$root/"
  cp "$work/guest/bin/busybox" "$root/bin/busybox"
  # init and the shell of the init script; that script then asks busybox to link the rest.
  ln -s busybox "$root/bin/sh"
  ln -s ../bin/busybox "$root/sbin/init"
  ln -s sbin/init "$root/init"
  cp "$work/guest/usr/sbin/batctl" "$root/usr/sbin/"
  copy_libraries "$work/guest" "$root" "$root/usr/sbin/batctl"

  module_order "$kernel" "$version" "${modules[@]}" > "$root/lib/modules/load-order"
  module_order "$kernel" "$version" "${modules[@]}" "${spare_modules[@]}" | while read -r file; do
    install -D -m 644 "$kernel/lib/modules/$file" "$root/lib/modules/$file"
  done
  pack "$root" "$out/root.cpio"
}

# The shared libraries a program names, and those they name, out of the unpacked packages.
copy_libraries() { # copy_libraries <packages> <root> <file>...
  local packages=$1 root=$2 name from pending
  shift 2
  pending=$(printf '%s\n' "$@")
  while [ -n "$pending" ]; do
    pending=$(while read -r file; do readelf -d "$file" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'; done <<< "$pending" |
      sort -u | while read -r name; do
        [ -e "$root/lib/aarch64-linux-gnu/$name" ] || [ "$name" = ld-linux-aarch64.so.1 ] || {
          from=$(find "$packages" -name "$name" -print -quit)
          [ -n "$from" ] || die "no package here has $name"
          cp -L "$from" "$root/lib/aarch64-linux-gnu/$name"
          printf '%s\n' "$root/lib/aarch64-linux-gnu/$name"
        }
      done)
  done
  [ -e "$root/lib/ld-linux-aarch64.so.1" ] ||
    cp -L "$(find "$packages" -name ld-linux-aarch64.so.1 -print -quit)" "$root/lib/ld-linux-aarch64.so.1"
}

build_scale() {
  local root=$work/scale-root
  rm -rf "$root"
  mkdir -p "$root"/{usr/sbin,lib/aarch64-linux-gnu}
  cp "$work/scale/bin/ip" "$root/usr/sbin/ip"
  cp -r "$work/guest/." "$work/scale/"
  copy_libraries "$work/scale" "$root" "$root/usr/sbin/ip"
  pack "$root" "$out/scale.cpio"
}

# The machine's own tree, plus LEDs on lines 4 to 6 of its GPIO controller (line 3 is its power key).
build_device_tree() {
  local base=$work/virt.dtb controller
  qemu-system-aarch64 -M "virt,dumpdtb=$base" -cpu cortex-a53 -m 128 -nodefaults -display none > /dev/null
  controller=$(fdtget "$base" /pl061@9030000 phandle)
  sed "s/@GPIO@/$controller/g" hil-tests/device-tree/rack-leds.dtso > "$work/leds.dtso"
  dtc -q -I dts -O dtb -o "$work/leds.dtbo" "$work/leds.dtso"
  fdtoverlay -i "$base" -o "$out/rack.dtb.tmp" "$work/leds.dtbo"
  mv "$out/rack.dtb.tmp" "$out/rack.dtb"
}

# --- the host ------------------------------------------------------------------------------------------------------

build_broker() {
  local root=$out/broker missing
  rm -rf "$root"
  unpack "$root" "$debs/host/"*.deb
  # Only what the broker itself needs: the C library and the loader must be this machine's own.
  rm -rf "$root"/usr/share "$root"/etc "$root"/lib/systemd
  missing=$(LD_LIBRARY_PATH=$(printf '%s:' "$root"/usr/lib/*-linux-gnu "$root"/lib/*-linux-gnu) \
    ldd "$root/usr/sbin/mosquitto" "$root/usr/bin/mosquitto_sub" | sed -n 's/^\s*\(.*\) => not found/\1/p' | sort -u)
  [ -z "$missing" ] || die "the broker lacks $missing; add its package to host_packages"
}

# --- all of it -----------------------------------------------------------------------------------------------------

need qemu-system-aarch64 dtc fdtget fdtoverlay modprobe depmod cpio readelf apt-get dpkg mkfs.ext4
PATH=$PATH:/usr/sbin:/sbin

stamp=$({ cat "$0" hil-tests/device-tree/rack-leds.dtso; qemu-system-aarch64 --version
  find "$overlay" -type f -printf '%P %m\n' -exec cat {} +; } | sha256sum)
if [ "$(cat "$out/stamp" 2> /dev/null)" = "$stamp" ]; then
  exit 0
fi
rm -f "$out/stamp"

if compgen -G "$debs/kernel/linux-image-6*_arm64.deb" > /dev/null; then
  kernel=$(basename "$(compgen -G "$debs/kernel/linux-image-6*_arm64.deb" | head -1)" | cut -d_ -f1)
else
  kernel=$(kernel_package)
fi
download "$debs/kernel" "$kernel:arm64"
download "$debs/guest" "${guest_packages[@]/%/:arm64}"
download "$debs/scale" "${scale_packages[@]/%/:arm64}"
download "$debs/host" "${host_packages[@]/%/:$host_arch}"

say "building the guest ($kernel)"
rm -rf "$work"
unpack "$work/kernel" "$debs/kernel/"*.deb
depmod -b "$work/kernel" "${kernel#linux-image-}"
unpack "$work/guest" "$debs/guest/"*.deb
unpack "$work/scale" "$debs/scale/"*.deb
cp "$work"/kernel/boot/vmlinuz-* "$out/vmlinuz"
build_root
build_scale
build_device_tree
build_broker
# Half a gigabyte of modules nobody loads.
rm -rf "$work"
printf '%s\n' "$stamp" > "$out/stamp"
say "ready in $out"
