/**
 * What a kernel computes, as data: scalar expressions and kernel descriptions.
 *
 * <p>An elementwise kernel is a {@link dev.tenrec.ir.Expr} that is evaluated once per element. Expressions are
 * hash-consed, so equal expressions are one object, common subexpressions share themselves, and equality of whole
 * kernels costs a pointer comparison. {@link dev.tenrec.ir.Simplifier} rewrites them, {@link
 * dev.tenrec.ir.Differentiator} derives their gradients, {@link dev.tenrec.ir.Interpreter} defines what they mean.
 *
 * <p>Depends on {@code type}.
 */
package dev.tenrec.ir;
