package dev.tenrec.testkit.kernel;

import dev.tenrec.backend.Backend;
import dev.tenrec.backend.DeviceBuffer;
import dev.tenrec.backend.Operand;
import dev.tenrec.ir.HalfFloats;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * An operand with guard zones: it lies inside a larger buffer, and every byte that is not one of its elements, before,
 * after and between them, holds a pattern that must still be there afterwards.
 */
public final class TestOperand implements AutoCloseable {

    private static final int ZONE = 256;

    private final Backend backend;
    private final Staging staging;
    private final DType dtype;
    private final Layout layout;
    private final int[] positions;
    private final byte[] image;
    private final DeviceBuffer buffer;

    private TestOperand(Backend backend, Staging staging, DType dtype, Layout relative) {
        this.backend = backend;
        this.staging = staging;
        this.dtype = dtype;
        int lead = ZONE / dtype.byteSize();
        this.layout = Layout.of(relative.shape(), relative.strides(), relative.offset() + lead);
        this.positions = View.positions(layout);
        long last = Math.max(layout.bounds()[1], layout.offset()) + 1;
        this.image = new byte[Math.toIntExact(last * dtype.byteSize() + ZONE)];
        this.buffer = backend.allocate(image.length);
    }

    /**
     * Makes an operand that is read. The pattern around its elements is NaN, −1 or true, which spoils what is computed
     * of it.
     *
     * @param backend where
     * @param staging host memory for transfers
     * @param dtype element type
     * @param relative a layout that touches no position below 0
     * @param samples where values come from, one for each position
     * @return the operand
     */
    static TestOperand input(Backend backend, Staging staging, DType dtype, Layout relative, Samples samples) {
        TestOperand operand = new TestOperand(backend, staging, dtype, relative);
        Arrays.fill(operand.image, (byte) 0xFF);
        operand.fill(samples);
        return operand;
    }

    /**
     * Makes an operand that is written. The pattern differs from byte to byte.
     *
     * @param backend where
     * @param staging host memory for transfers
     * @param dtype element type
     * @param relative a layout that touches no position below 0
     * @param samples what its elements hold before, or null to leave the pattern there too
     * @return the operand
     */
    static TestOperand output(Backend backend, Staging staging, DType dtype, Layout relative, Samples samples) {
        TestOperand operand = new TestOperand(backend, staging, dtype, relative);
        for (int i = 0; i < operand.image.length; i++) {
            operand.image[i] = (byte) (0xA5 ^ i * 31 ^ i >> 8);
        }
        if (samples == null) {
            operand.upload();
        } else {
            operand.fill(samples);
        }
        return operand;
    }

    private void fill(Samples samples) {
        ByteBuffer memory = view(image);
        boolean[] done = new boolean[image.length / dtype.byteSize() + 1];
        for (int position : positions) {
            if (!done[position]) {
                done[position] = true;
                write(memory, position, samples.next(dtype));
            }
        }
        upload();
    }

    private void upload() {
        MemorySegment staged = staging.take(image.length);
        staged.copyFrom(MemorySegment.ofArray(image));
        backend.upload(staged, buffer, 0);
    }

    /**
     * Returns what a launch gets.
     *
     * @return buffer, type and layout
     */
    public Operand operand() {
        return new Operand(buffer, dtype, layout);
    }

    /**
     * Returns the element type.
     *
     * @return the type
     */
    public DType dtype() {
        return dtype;
    }

    /**
     * Returns the layout in the buffer.
     *
     * @return the layout
     */
    public Layout layout() {
        return layout;
    }

    /**
     * Returns the values it held before the launch.
     *
     * @return one per index, in row-major order
     */
    public long[] values() {
        return values(image);
    }

    private long[] values(byte[] bytes) {
        ByteBuffer memory = view(bytes);
        long[] values = new long[positions.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = read(memory, positions[i]);
        }
        return values;
    }

    private MemorySegment download() {
        MemorySegment staged = staging.take(image.length);
        backend.download(buffer, 0, staged);
        return staged;
    }

    /**
     * Reads the values back and checks that nothing around them was written.
     *
     * @param label names the operand in the error
     * @return one per index, in row-major order
     */
    public long[] read(String label) {
        byte[] bytes = download().toArray(ValueLayout.JAVA_BYTE);
        byte[] outside = bytes.clone();
        int size = dtype.byteSize();
        for (int position : positions) {
            System.arraycopy(image, position * size, outside, position * size, size);
        }
        requireSame(MemorySegment.ofArray(outside), label + ": wrote outside its elements");
        return values(bytes);
    }

    /**
     * Checks that no byte changed.
     *
     * @param label names the operand in the error
     */
    public void requireUnchanged(String label) {
        requireSame(download(), label + ": was written though it is only read");
    }

    private void requireSame(MemorySegment bytes, String problem) {
        long at = bytes.mismatch(MemorySegment.ofArray(image));
        if (at >= 0) {
            throw new AssertionError(problem + "\n  operand    " + dtype + " " + layout + "\n  first byte " + at
                    + " (element " + at / dtype.byteSize() + " of the buffer)");
        }
    }

    /** Elements are read and written in code that hardly ever gets compiled: a buffer costs less there than a segment. */
    private static ByteBuffer view(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
    }

    private long read(ByteBuffer memory, int position) {
        int at = position * dtype.byteSize();
        return switch (dtype) {
            case F32 -> Double.doubleToRawLongBits(memory.getFloat(at));
            case F64, I64 -> memory.getLong(at);
            case BF16 -> Double.doubleToRawLongBits(HalfFloats.bfloat16ToFloat(memory.getShort(at)));
            case F16 -> Double.doubleToRawLongBits(Float.float16ToFloat(memory.getShort(at)));
            case I32 -> memory.getInt(at);
            case U8, BOOL -> memory.get(at) & 0xFF;
        };
    }

    private void write(ByteBuffer memory, int position, long value) {
        int at = position * dtype.byteSize();
        double real = Double.longBitsToDouble(value);
        switch (dtype) {
            case F32 -> memory.putFloat(at, (float) real);
            case F64, I64 -> memory.putLong(at, value);
            case BF16 -> memory.putShort(at, HalfFloats.floatToBfloat16((float) real));
            case F16 -> memory.putShort(at, Float.floatToFloat16((float) real));
            case I32 -> memory.putInt(at, (int) value);
            case U8, BOOL -> memory.put(at, (byte) value);
        }
    }

    @Override
    public void close() {
        buffer.close();
    }
}
