/**
 * Backends that wrap another one for tests: {@link dev.tenrec.testkit.device.CountingBackend} counts kernels, bytes and
 * buffers, {@link dev.tenrec.testkit.device.FaultyBackend} fails on demand,
 * {@link dev.tenrec.testkit.device.DelayedBackend} is asynchronous. They may be stacked.
 */
package dev.tenrec.testkit.device;
