#!/bin/sh
# Compares the int8 kernels of every level bit by bit, those of arm64 with them: on an emulated machine, if clang, qemu-aarch64 and the
# cross-compiler's headers are installed (Debian: qemu-user gcc-aarch64-linux-gnu).
#
#     sh Tests/Reference/check_kernels.sh
set -eu
cd "$(dirname "$0")/../.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

compile() { # TARGET OUT [FLAG...]
    target=$1 out=$2
    shift 2
    clang --target="$target" "$@" -O3 -std=gnu11 -Wall -Werror -I Sources/CKernels/include -I Sources/CKernels \
        Tests/Reference/kernel_digests.c Sources/CKernels/*.c -lpthread -lm -o "$out"
}

compile "$(uname -m)-linux-gnu" "$folder/native"
"$folder/native" | tee "$folder/digests"
if [ "$(uname -m)" = x86_64 ] && command -v qemu-aarch64 >/dev/null && [ -d /usr/aarch64-linux-gnu ]; then
    compile aarch64-linux-gnu "$folder/arm64" --static -fuse-ld=lld --gcc-toolchain=/usr
    qemu-aarch64 -cpu max "$folder/arm64" | sed 's/^/arm64 /' | tee -a "$folder/digests"
else
    echo "arm64: not tried, no emulator" >&2
fi
if [ "$(sed 's/^arm64 //; s/^[a-z0-9]* //' "$folder/digests" | sort -u | wc -l)" != 1 ]; then
    echo "The levels differ." >&2
    exit 1
fi
