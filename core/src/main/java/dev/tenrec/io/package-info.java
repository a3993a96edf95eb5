/**
 * Files of tensors: safetensors, npy and npz, at the level of raw bytes.
 *
 * <p>Reading treats every file as hostile. Each header field is checked against the file's length before anything is
 * allocated by it; names in files are keys and never paths; no classes are named and nothing is deserialized. Whatever
 * is wrong with a file is an {@link dev.tenrec.error.InvalidFileException} that says what was expected and what was given.
 *
 * <p>Writing goes to a temporary name in the same folder and is renamed when complete, so a target is either what it
 * was or what it should be. The same tensors always give the same bytes.
 *
 * <p>Depends on {@code data}, for writing files whole.
 */
package dev.tenrec.io;
