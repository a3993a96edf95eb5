/** CLBlast, to compare with. */
package dev.tenrec.benchmarks.clblast;
