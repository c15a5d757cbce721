#!/usr/bin/env bash
# Compiles atshim.cpp against libtorch, unless that was done before.  usage: build.sh OUTPUT-FOLDER
# The library is kept by the hash of its source and of libtorch, so a fresh checkout with kept artifacts/ builds nothing;
# OUTPUT-FOLDER/current/ is the one in use. ZEPHYR_LIBTORCH names a libtorch (include/, lib/) other than the distribution's.
set -euo pipefail
out=$1; here=$(cd "$(dirname "$0")" && pwd); root=${ZEPHYR_LIBTORCH:-}
need="error: the TorchSharp stand-in needs"
debian="(Debian: apt-get install --no-install-recommends libtorch-dev g++ libopenblas0-pthread; ./build.sh restore does that)"
cxx=${CXX:-g++}
command -v "$cxx" >/dev/null || { echo "$need a C++ compiler, and $cxx is not here $debian" >&2; exit 1; }
if [ -n "$root" ]; then includes=("$root/include"); libs=("$root/lib"); else includes=(/usr/include /usr/local/include /usr/local/libtorch/include); libs=(/usr/lib/*-linux-gnu /usr/lib /usr/lib64 /usr/local/lib /usr/local/libtorch/lib); fi
inc=; for i in "${includes[@]}"; do [ -f "$i/torch/version.h" ] || [ -f "$i/torch/csrc/api/include/torch/version.h" ] && { inc=$i; break; }; done
lib=; for l in "${libs[@]}"; do [ -e "$l/libtorch_cpu.so" ] && { lib=$l; break; }; done
[ -n "$inc" ] && [ -n "$lib" ] || { echo "$need libtorch with its headers, which is not here $debian" >&2; exit 1; }
api=$inc/torch/csrc/api/include; version=$api/torch/version.h; [ -f "$version" ] || version=$inc/torch/version.h
hash=$( { cat "$here/atshim.cpp" "$here/build.sh" "$version"; readlink -f "$lib/libtorch_cpu.so"; stat -Lc '%s' "$lib/libtorch_cpu.so" "$lib/libc10.so"; "$cxx" --version | head -1; } | sha256sum | cut -c1-16)
so=$out/$hash/libatshim.so
mkdir -p "$out/$hash" "$out/current"
exec 9>"$out/$hash/.lock"; flock 9                          # builds that run at once wait for one compilation
if [ ! -s "$so" ]; then
  number() { sed -n "s/^#define TORCH_VERSION_$1 \([0-9]*\).*/\1/p" "$version" "$(dirname "$version")/headeronly/version.h" 2>/dev/null | head -1; }
  standard=17; [ "$(number MAJOR)" -ge 2 ] 2>/dev/null && [ "$(number MINOR)" -ge 12 ] && standard=20
  abi=1; grep -q __cxx11 "$lib/libc10.so" || abi=0           # wheels before 2.7 used the old string
  cuda=(); [ -e "$lib/libtorch_cuda.so" ] && cuda=(-Wl,--no-as-needed -ltorch_cuda -lc10_cuda)
  "$cxx" -std=c++$standard -O2 -fPIC -shared -w -D_GLIBCXX_USE_CXX11_ABI=$abi -I"$inc" -I"$api" "$here/atshim.cpp" -o "$so.$$" \
    -L"$lib" -Wl,-rpath,"$lib" -ltorch -ltorch_cpu -lc10 "${cuda[@]}" >&2
  mv -f "$so.$$" "$so"
fi
if ! cmp -s "$so" "$out/current/libatshim.so"; then cp -p "$so" "$out/current/.$$"; mv -f "$out/current/.$$" "$out/current/libatshim.so"; fi
