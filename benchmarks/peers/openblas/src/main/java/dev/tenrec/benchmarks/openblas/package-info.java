/** OpenBLAS, to compare with. */
package dev.tenrec.benchmarks.openblas;
