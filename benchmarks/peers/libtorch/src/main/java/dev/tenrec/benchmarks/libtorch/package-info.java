/** PyTorch's C++ library, to compare with. */
package dev.tenrec.benchmarks.libtorch;
