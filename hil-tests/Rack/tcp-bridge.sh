#!/usr/bin/env bash
# usage: tcp-bridge.sh PORT    Joins standard input and output with 127.0.0.1:PORT until either side ends.
# QEMU's user network starts it for every connection a guest makes to the broker's address: a guest can reach this port of
# this machine and nothing else.
exec 3<> "/dev/tcp/127.0.0.1/$1" || exit 1
exec 4<&0
cat <&4 >&3 &
cat <&3 &
exec 0<&- 1>&- 3>&- 4<&-
wait -n
# The other direction has nobody to talk to any more.
kill $(jobs -p) 2> /dev/null
