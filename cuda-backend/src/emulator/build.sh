#!/usr/bin/env bash
# build.sh JCUDA_NATIVES_DIR OUT_DIR
# Builds the fake libcuda.so.1, libnvrtc.so.12 and libcublas.so.12 with g++. JCUDA_NATIVES_DIR holds
# JCuda's libJCudaDriver-*.so and libJCublas2-*.so (for the lists of what they import).
# With FAKE_MAJOR=13, libnvrtc.so.13 and libcublas.so.13 instead: what the bridge finds on a CUDA 13 machine.
set -euo pipefail
cd "$(dirname "$0")"
natives=$(realpath "$1") out=$(mkdir -p "$2" && realpath "$2")
for tool in "${CXX:-g++}" nm ld; do
  if ! command -v "$tool" > /dev/null; then
    echo "NOT BUILT: the emulator of CUDA: no $tool; tests of the CUDA backend need it, or a GPU"
    exit 0
  fi
done
if [ -f "$out/libcublas.so.${FAKE_MAJOR:-12}" ] && [ -z "$(find . "$natives" -newer "$out/libcublas.so.${FAKE_MAJOR:-12}" -type f -print -quit)" ]; then
  exit 0
fi
major=${FAKE_MAJOR:-12}
cxx=${CXX:-g++} flags="-DFAKE_MAJOR=$major -std=c++17 -O2 -g1 -march=native -fPIC -Wall -Wextra"
link="-shared -static-libstdc++ -static-libgcc -Wl,-z,defs"
tmp=$out/objects
mkdir -p "$tmp"
for f in memory exec driver buffers streams modules nvrtc cublas; do $cxx $flags -c "src/$f.cpp" -o "$tmp/$f.o" & done
wait
src/gen_stubs.sh "$natives"/libJCudaDriver-*.so cu 801 "$tmp"/{driver,buffers,streams,modules}.o > "$tmp/cuda_stubs.c"
src/gen_stubs.sh "$natives"/libJCublas2-*.so cublas 15 "$tmp/cublas.o" > "$tmp/cublas_stubs.c"
for f in cuda_stubs cublas_stubs; do gcc -O1 -fPIC -c "$tmp/$f.c" -o "$tmp/$f.o"; done
# JCuda's libraries ask for these version nodes (readelf -V): a library without any only earns a warning, one with others is refused
for n in nvrtc cublas; do echo "lib$n.so.$major { global: $n*; local: *; };" > "$tmp/$n.map"; done
echo '{ global: cu*; fakecuda_*; local: *; };' > "$tmp/cuda.map"
$cxx $link -Wl,-soname,libcuda.so.1 -Wl,--version-script="$tmp/cuda.map" "$tmp"/{memory,exec,driver,buffers,streams,modules,cuda_stubs}.o -o "$out/libcuda.so.1" -ldl -lpthread
$cxx $link -Wl,-soname,libnvrtc.so.$major -Wl,--version-script="$tmp/nvrtc.map" "$tmp"/nvrtc.o -o "$out/libnvrtc.so.$major" -ldl -lpthread
$cxx $link -Wl,-soname,libcublas.so.$major -Wl,--version-script="$tmp/cublas.map" -Wl,-rpath,'$ORIGIN' "$tmp"/{cublas,cublas_stubs}.o "$out/libcuda.so.1" -o "$out/libcublas.so.$major"
ls -l "$out" | awk 'NR>1 && $NF ~ /so/ {print $NF, $5}'
echo "stubs: $(grep -c '^int cu' "$tmp/cuda_stubs.c") cu*, $(grep -c '^int cublas' "$tmp/cublas_stubs.c") cublas*"
