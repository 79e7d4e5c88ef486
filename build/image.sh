#!/usr/bin/env bash
# Images are not built yet. A clear error, not a stub that pretends.
echo "image: not available yet (openwrt, yocto and bundle come with signed updates); use artifacts/bin/<rid>/x0tta6bl4" >&2
exit 1
