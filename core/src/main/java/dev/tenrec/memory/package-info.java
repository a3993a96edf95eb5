/**
 * Lifetimes: pools of device memory, counted storages, and scopes.
 *
 * <p>A {@link dev.tenrec.memory.BufferPool} keeps buffers that were given back for the next request of about their
 * size. A {@link dev.tenrec.memory.Storage} is one buffer with a count of its users. A {@link dev.tenrec.memory.Scope}
 * is a region of a thread's work: what was made in it and not kept goes back when it ends.
 *
 * <p>Depends on {@code backend}.
 */
package dev.tenrec.memory;
