/** Benchmarks of the backends against each other and against other libraries, and what runs and compares them. */
package dev.tenrec.benchmarks;
