/** ND4J and Deeplearning4j, to compare with. */
package dev.tenrec.benchmarks.nd4j;
