/** Shows what a computation does: {@link dev.tenrec.diagnostics.Graph} draws it with values and gradients. */
package dev.tenrec.diagnostics;
