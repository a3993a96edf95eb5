/**
 * The exceptions Tenrec throws, and the one form their messages have.
 *
 * <p>Every message says what was expected, what was given and what to do. Errors are raised at the call that caused
 * them, before anything is allocated or run. The hierarchy is sealed, so a caller can switch over it.
 *
 * <p>Depends on nothing.
 */
package dev.tenrec.error;
