/** Intel's oneDNN, to compare with. */
package dev.tenrec.benchmarks.onednn;
