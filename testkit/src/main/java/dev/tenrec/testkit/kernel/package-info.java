/**
 * How the suite is made: operands with guard zones, the oracle that says which results are allowed, and the cases of
 * each kind of kernel. Not exported.
 *
 * <p>A case draws operands from {@link dev.tenrec.testkit.kernel.Samples} in the layouts of
 * {@link dev.tenrec.testkit.kernel.View}, launches through {@link dev.tenrec.testkit.kernel.Rig}, and compares with
 * {@link dev.tenrec.testkit.kernel.Oracle}.
 */
package dev.tenrec.testkit.kernel;
