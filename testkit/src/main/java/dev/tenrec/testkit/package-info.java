/**
 * The conformance suite: what a backend must do, as tests.
 *
 * <p>Extend {@link dev.tenrec.testkit.BackendConformance} to prove a backend. Cases come from the registry of operations
 * and from the kinds of kernel; {@link dev.tenrec.testkit.Coverage} fails the build where one has none.
 *
 * <p><b>The rule of accuracy.</b> Results are compared with the set of all values a correct backend may have. For an
 * expression it is found by interval arithmetic on the actual operands: each primitive is evaluated in double precision
 * at the ends of its operands' intervals, widened by its {@link dev.tenrec.ir.ScalarOp#ulps()} (and 2 ulp of a double
 * for the evaluation's own error, in F64) and rounded to its type. Primitives of 0.5 ulp or less are correctly rounded,
 * so that whole chains of them have one right result. Whole numbers and truth values are exact. NaN must be NaN,
 * infinities are infinities. The sign of a zero counts after neg, abs, sqrt, mul, div, select, cast and copies. Sums
 * and matrix products may be off by the bound that holds for any order of summation, γₙ·Σ|xᵢ|; since that is wide for
 * many terms, they are also run on small whole numbers, where every order is exact and equality is demanded. Gathers,
 * scatters and copies are exact.
 *
 * <p>Every operand lies between guard zones, which must be unchanged after each launch, like everything a kernel only
 * reads. {@link dev.tenrec.testkit.Tolerance} is where a backend states what it cannot keep.
 */
package dev.tenrec.testkit;
