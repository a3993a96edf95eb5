/**
 * Data files: IDX (plain and gzip) and complete-or-nothing writing.
 *
 * <p>Files are input from outside: every header field is validated before memory is taken, and a bad file ends in one
 * {@link dev.tenrec.error.InvalidFileException} that says what was expected, what was given and what to do.
 */
package dev.tenrec.data;
