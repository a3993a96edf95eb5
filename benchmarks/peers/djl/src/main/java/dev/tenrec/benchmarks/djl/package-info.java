/** The Deep Java Library, to compare with. */
package dev.tenrec.benchmarks.djl;
