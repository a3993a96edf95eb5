package dev.tenrec.backend;

import dev.tenrec.ir.Kernel;
import dev.tenrec.type.DType;
import java.util.Set;

/**
 * What a device is and can do.
 *
 * @param description the device in words, such as processor, vector width and threads
 * @param memoryBytes memory that buffers may use together
 * @param arithmetic element types kernels compute in
 * @param hostMemory whether buffers are host memory
 * @param composites kinds of {@link Kernel#COMPOSITES} it can run, on each floating type among {@code arithmetic};
 *     others are composed of the kernels that every backend has
 */
public record Capabilities(
        String description,
        long memoryBytes,
        Set<DType> arithmetic,
        boolean hostMemory,
        Set<Class<? extends Kernel>> composites) {
    /** Makes the sets immutable. */
    public Capabilities {
        arithmetic = Set.copyOf(arithmetic);
        composites = Set.copyOf(composites);
    }

    /**
     * Creates those of a device that claims no composites.
     *
     * @param description the device in words
     * @param memoryBytes memory that buffers may use together
     * @param arithmetic element types kernels compute in
     * @param hostMemory whether buffers are host memory
     */
    public Capabilities(String description, long memoryBytes, Set<DType> arithmetic, boolean hostMemory) {
        this(description, memoryBytes, arithmetic, hostMemory, Set.of());
    }
}
