#!/usr/bin/env bash
# run.sh all             the four below, results in $TENREC_RESULTS (default ./results)
# run.sh doctor          what Tenrec finds on this machine
# run.sh conformance     the conformance suite and the tests of the CUDA backend, on the device
# run.sh examples        the three example trainings
# run.sh benchmark       products and training steps, beside PyTorch where python3 has it; JSON files and a table
# run.sh java OPTION...  java with class path and libraries set
# TENREC_QUICK=1: little work, for the emulator. JAVA_OPTS: more options for java.
# Where CUDA is, if not found: CUDA_BRIDGE_PATH (folders), CUDA_BRIDGE_CUBLAS, CUDA_BRIDGE_NVRTC (files).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=${TENREC_WORK:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/tenrec-bundle}
results=${TENREC_RESULTS:-$PWD/results}
mkdir -p "$work"
chmod 700 "$work"

has() { # whether the loader finds this library
  ldconfig -p 2> /dev/null | grep -q "$1 " && return 0
  local IFS=: folder
  for folder in ${LD_LIBRARY_PATH:-}; do [ -e "$folder/$1" ] && return 0; done
  return 1
}
# Where the loader looked before; PyTorch must find its own CUDA.
theirs=${TENREC_LOADER_PATH-${LD_LIBRARY_PATH:-}}
export TENREC_LOADER_PATH=$theirs
add() { LD_LIBRARY_PATH=$1${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}; }

if ! has libcuda.so.1; then
  for folder in /usr/local/nvidia/lib64 /usr/local/nvidia/lib /usr/lib/x86_64-linux-gnu /usr/lib64; do
    [ -e "$folder/libcuda.so.1" ] && { add "$folder"; break; }
  done
fi
if ! { has libcublas.so.12 && has libnvrtc.so.12; }; then
  if [ -z "${CUDA_BRIDGE_PATH:-}" ] && command -v python3 > /dev/null; then # python's packages bring CUDA, too
    site=$(python3 -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])' 2> /dev/null || true)
    [ -n "$site" ] && export CUDA_BRIDGE_PATH="$site/nvidia/*/lib"
  fi
  if [ "$here/bridge/bridge.c" -nt "$work/bridge/libnvrtc.so.12" ]; then
    command -v gcc > /dev/null || { echo "run.sh: CUDA 12 is not installed, and CUDA 13 needs gcc to build the bridge" >&2; exit 1; }
    "$here/bridge/build.sh" "$work/bridge"
  fi
  add "$work/bridge"
fi
export LD_LIBRARY_PATH

# The image of another bundle must not serve this one.
stamp=$(cksum < "$here/jre.tar.gz")
if [ "$(cat "$work/jre/.stamp" 2> /dev/null)" != "$stamp" ]; then
  rm -rf "$work/jre"
  tar -C "$work" -xzf "$here/jre.tar.gz"
  echo "$stamp" > "$work/jre/.stamp"
fi

classpath=$(printf '%s:' "$here"/lib/*.jar)
tests=$(printf '%s:' "$here"/test/*.jar)
options=(--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow --add-modules=jdk.incubator.vector
  -Djava.awt.headless=true -Dtenrec.backend=cuda -Dtenrec.cuda.natives="$work/natives")
read -ra more <<< "${JAVA_OPTS:-}"
java() { "$work/jre/bin/java" "${options[@]}" "${more[@]}" -cp "$@"; }
python() { LD_LIBRARY_PATH=$theirs command python3 "$@"; }
title() { printf '\n== %s\n' "$*"; }

doctor() {
  title device
  nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader 2> /dev/null || true
  java "$classpath" dev.tenrec.backend.Doctor
}
conformance() {
  title conformance
  local chosen=(--include-classname 'dev.tenrec.cuda.(Cublas|Cuda|TensorCore).*Test')
  [ -z "${TENREC_QUICK:-}" ] || chosen=(--include-classname 'dev.tenrec.cuda.CublasTest')
  java "$classpath$tests" org.junit.platform.console.ConsoleLauncher execute --disable-banner --disable-ansi-colors \
    --scan-classpath "$here/test/conformance.jar" "${chosen[@]}" --details summary --fail-if-no-tests
}
examples() {
  local run=() text=(--steps 100 --rounds 1)
  [ -z "${TENREC_QUICK:-}" ] || { run=(--data "$here/data" --batch-size 16); text=(--steps 2 --rounds 1 --units 16 --length 8 --batch-size 4 --sample 8); }
  for network in dense cnn; do
    title "Fashion-MNIST, $network"
    java "$classpath" dev.tenrec.examples.FashionMnist --network $network --epochs 1 --output "$results/$network" "${run[@]}"
  done
  title "characters by an LSTM"
  java "$classpath" dev.tenrec.examples.text.CharLm "${text[@]}" --output "$results/charlm"
}
benchmark() {
  title benchmark
  mkdir -p "$results"
  local quick=()
  [ -z "${TENREC_QUICK:-}" ] || quick=(quick)
  for tf32 in false true; do
    local files=("$results/tenrec-tf32-$tf32.json")
    more+=(-Dtenrec.cuda.tf32=$tf32)
    java "$classpath" dev.tenrec.benchmarks.DeviceBenchmark cuda:0 "$results/tenrec-tf32-$tf32.json" "${quick[@]}"
    if command -v python3 > /dev/null && python -c 'import torch; assert torch.cuda.is_available()' 2> /dev/null; then
      python "$here/pytorch.py" "$results/tenrec-tf32-$tf32.json" "$results/pytorch-tf32-$tf32.json" $tf32
      files+=("$results/pytorch-tf32-$tf32.json")
    else
      echo "PyTorch with CUDA is not here: nothing to compare with"
    fi
    awk -f "$here/table.awk" "${files[@]}" | tee "$results/table-tf32-$tf32.md"
  done
}
what=${1:-help}
[ $# = 0 ] || shift
case $what in
  doctor | conformance | examples | benchmark) "$what" ;;
  all)
    failed=()
    for part in doctor conformance examples benchmark; do "${BASH_SOURCE[0]}" $part || failed+=($part); done
    title result
    [ ${#failed[@]} = 0 ] || { echo "FAILED: ${failed[*]}"; exit 1; }
    echo "all passed; results in $results" ;;
  java) java "$classpath" "$@" ;;
  *) sed -n '2,9s/^# //p' "${BASH_SOURCE[0]}"; exit 2 ;;
esac
