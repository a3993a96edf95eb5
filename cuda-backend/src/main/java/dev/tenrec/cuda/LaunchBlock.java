package dev.tenrec.cuda;

import dev.tenrec.gpu.Arguments;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jcuda.Pointer;

/** The arguments of a launch as the driver wants them: addresses of values, in native memory. One for each thread. */
final class LaunchBlock {

    private static final int MOST = 512;

    private static final ThreadLocal<LaunchBlock> OF_THREAD = ThreadLocal.withInitial(LaunchBlock::new);

    private final MemorySegment addresses = Arena.ofAuto().allocate(8L * MOST, 8);
    private final MemorySegment buffers = Arena.ofAuto().allocate(8L * MOST, 8);
    private final Pointer pointer = Pointer.to(addresses.asByteBuffer());

    private LaunchBlock() {}

    /** Returns the addresses of a list of arguments, until the thread asks again. */
    static Pointer of(Arguments arguments) {
        LaunchBlock block = OF_THREAD.get();
        if (arguments.count() > MOST) {
            throw new IllegalArgumentException("more than " + MOST + " arguments");
        }
        for (int i = 0; i < arguments.count(); i++) {
            long address;
            if (arguments.buffer(i) instanceof CudaMemory memory) {
                block.buffers.setAtIndex(ValueLayout.JAVA_LONG, i, memory.address());
                address = block.buffers.address() + 8L * i;
            } else {
                address = arguments.address(i);
            }
            block.addresses.setAtIndex(ValueLayout.JAVA_LONG, i, address);
        }
        return block.pointer;
    }
}
