package dev.tenrec.testkit.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Host memory for transfers, used again and again by one thread. */
final class Staging {

    private MemorySegment memory = MemorySegment.NULL;

    /** Returns native memory, valid until the next call. */
    MemorySegment take(long bytes) {
        if (memory.byteSize() < bytes) {
            memory = Arena.ofAuto().allocate(2 * bytes, 64);
        }
        return memory.asSlice(0, bytes);
    }
}
