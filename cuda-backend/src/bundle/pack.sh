#!/usr/bin/env bash
# pack.sh OUT_DIR
# Makes OUT_DIR and OUT_DIR.tar: Java, Tenrec, its conformance suite, examples and benchmarks, and what makes JCuda 12 run
# on CUDA 13, for a Linux host with an NVIDIA GPU that has neither Java nor a network. There: ./run.sh all
# Run by mvn package -Dbundle, or after mvn package -DskipTests.
# JAVA_HOME names a JDK 25. MAVEN_REPOSITORY: default ~/.m2/repository. BUNDLE_LIMIT: bytes allowed, default 60 MiB.
set -euo pipefail
[ $# = 1 ] || { sed -n '2,6s/^# //p' "$0" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
jdk=${JAVA_HOME:?set it to a JDK 25}
repository=${MAVEN_REPOSITORY:-$HOME/.m2/repository}
limit=${BUNDLE_LIMIT:-$((60 << 20))}
modules=java.base,java.desktop,java.logging,java.management,java.xml,jdk.incubator.vector,jdk.management,jdk.unsupported,jdk.zipfs
fail() { echo "pack.sh: $*" >&2; exit 1; }
[ -x "$jdk/bin/jlink" ] || fail "$jdk has no bin/jlink; install a whole JDK 25"
"$jdk/bin/java" -version 2>&1 | head -1 | grep -q '"25' || fail "JAVA_HOME is no JDK 25: $jdk"

# An old folder is replaced only if this script made it.
if [ -e "$1" ]; then
  [ -e "$1/run.sh" ] && [ -d "$1/bridge" ] || fail "$1 exists and is no bundle"
  rm -rf "$1"
fi
mkdir -p "$1"/{lib,test,bridge,data}
out=$(cd "$1" && pwd)

# The image is uncompressed inside one archive: that packs better than an archive of compressed images.
image=$(mktemp -d)
trap 'rm -rf "$image"' EXIT
"$jdk/bin/jlink" --add-modules "$modules" --strip-debug --compress zip-0 --no-header-files --no-man-pages \
  --output "$image/jre" 2>&1 | grep -v '^WARNING: Using incubator modules' || true
rm -rf "$image/jre/legal"
tar -C "$image" --sort=name --owner=0 --group=0 --mtime=@0 -cf - jre | gzip -9n > "$out/jre.tar.gz"

version=$(sed -n 's:.*<version>\(.*\)</version>.*:\1:p' "$root/pom.xml" | head -1)
for module in core cpu-backend gpu-common cuda-backend testkit examples; do
  jar=$root/$module/target/tenrec-$module-$version.jar
  [ -f "$jar" ] || fail "$jar is missing; use mvn package -Dbundle"
  cp "$jar" "$out/lib/"
done
# The benchmarks' own jar may hold all they need a second time, so it is made of their classes.
[ -d "$root/benchmarks/target/classes" ] || fail "benchmarks are not built; use mvn package -Dbundle"
"$jdk/bin/jar" --create --file "$out/lib/tenrec-benchmarks.jar" -C "$root/benchmarks/target/classes" .
"$jdk/bin/jar" --create --file "$out/test/conformance.jar" -C "$root/cuda-backend/target/test-classes" .
cp "$root/gpu-common/target/tenrec-gpu-common-$version-tests.jar" "$out/test/"

property() { sed -n "s:.*<$1>\(.*\)</$1>.*:\1:p" "$root/pom.xml"; }
artifact() { # folder, name, version, classifier
  local jar=$repository/$1/$2/$3/$2-$3${4:+-$4}.jar
  [ -f "$jar" ] || fail "$jar is missing; use mvn package -Dbundle, or mvn dependency:get -Dartifact=${1//\//.}:$2:$3${4:+:jar:$4}"
  cp "$jar" "$out/${5:-lib}/"
}
jcuda=$(property jcuda.version) jmh=$(property jmh.version)
for name in jcuda jcublas; do artifact org/jcuda $name "$jcuda"; artifact org/jcuda $name-natives "$jcuda" linux-x86_64; done
artifact com/fasterxml/jackson/core jackson-core "$(property jackson.version)"
artifact info/picocli picocli "$(property picocli.version)"
artifact me/tongfei progressbar "$(property progressbar.version)"
artifact org/knowm/xchart xchart "$(property xchart.version)"
artifact org/openjdk/jmh jmh-core "$jmh"
# What progressbar and JMH need in turn, of the versions that their poms name.
for name in jline-terminal jline-native; do artifact org/jline $name 3.29.0; done
artifact net/sf/jopt-simple jopt-simple 5.0.4
artifact org/apache/commons commons-math3 3.6.1
artifact org/junit/platform junit-platform-console-standalone "$(property junit.version)" "" test

# The first images alone, where a whole epoch would take too long: on the emulator.
data=$root/examples/src/main/resources/dev/tenrec/examples/fashion-mnist
small() { # file, bytes of its header, bytes of an item, items
  { gzip -dc "$data/$1.gz" | head -c 4
    printf "\\x00\\x00\\x$(printf %02x $(($4 >> 8)))\\x$(printf %02x $(($4 & 255)))"
    gzip -dc "$data/$1.gz" | tail -c +9 | head -c $(($2 - 8 + $3 * $4)); } > "$out/data/$1"
}
set +o pipefail   # head ends before gzip does
for part in train t10k; do small $part-images-idx3-ubyte 16 784 64; small $part-labels-idx1-ubyte 8 1 64; done
set -o pipefail

cp "$here"/bridge/* "$out/bridge/"
cp "$here/run.sh" "$here/pytorch.py" "$here/table.awk" "$out/"
chmod +x "$out/run.sh" "$out/bridge/build.sh"
tar -C "$(dirname "$out")" --sort=name --owner=0 --group=0 --mtime=@0 -cf "$out.tar" "$(basename "$out")"
size=$(stat -c %s "$out.tar")
echo "$out.tar: $size bytes, $(find "$out" -type f | wc -l) files"
[ "$size" -le "$limit" ] || fail "the bundle has $size bytes, over the limit of $limit"
