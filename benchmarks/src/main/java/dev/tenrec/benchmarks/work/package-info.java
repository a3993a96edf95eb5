/** What is benchmarked, apart from who does it: sizes, operands, and results in double precision to check against. */
package dev.tenrec.benchmarks.work;
