package dev.tenrec.backend;

import dev.tenrec.type.DType;
import java.util.Set;

/**
 * What a device is and can do.
 *
 * @param description the device in words, such as processor, vector width and threads
 * @param memoryBytes memory that buffers may use together
 * @param arithmetic element types kernels compute in
 * @param hostMemory whether buffers are host memory
 */
public record Capabilities(String description, long memoryBytes, Set<DType> arithmetic, boolean hostMemory) {
    /** Makes the set immutable. */
    public Capabilities {
        arithmetic = Set.copyOf(arithmetic);
    }
}
