/**
 * Data: sets of examples, loaders that shuffle and batch them, IDX files, and complete-or-nothing writing.
 *
 * <p>A {@link dev.tenrec.data.Dataset} gives examples as bytes; a {@link dev.tenrec.data.DataLoader} puts them together
 * on a background thread and hands out batches whose tensors belong to the caller's scope.
 *
 * <p>Files are input from outside: every header field is validated before memory is taken, and a bad file ends in one
 * {@link dev.tenrec.error.InvalidFileException} that says what was expected, what was given and what to do.
 *
 * <p>Depends on {@code random}.
 */
package dev.tenrec.data;
