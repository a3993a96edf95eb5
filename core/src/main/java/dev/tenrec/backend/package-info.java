/**
 * What a backend is: a small service interface, the choice among backends, and the reference backend.
 *
 * <p>A backend allocates, copies and synchronises, and runs the six kernels of {@link dev.tenrec.ir.Kernel}. It is found
 * through {@link java.util.ServiceLoader}; core names none but the reference.
 *
 * <p>Depends on {@code ir}.
 */
package dev.tenrec.backend;
