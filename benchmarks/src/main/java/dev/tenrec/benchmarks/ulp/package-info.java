/** Measures the rounding errors of transcendental functions over all 32-bit floats. */
package dev.tenrec.benchmarks.ulp;
