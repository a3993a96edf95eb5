package dev.tenrec.cpu;

import dev.tenrec.cpu.ConvolutionSizes.Image;
import java.lang.foreign.MemorySegment;

/** Examples on their way into an array in which they lie as an {@link ImageLayout} says. */
final class ImageCopies {
    /** Elements that one task brings into place. */
    private static final int TASK_ELEMENTS = 1 << 14;

    private final ConvolutionArrays arrays;
    private final Image image;
    private final MemorySegment memory;
    private final ImageLayout layout;
    private final int channels;
    private final int planesPerTask;
    private final int[] read;
    private final boolean plain;

    ImageCopies(ConvolutionArrays arrays, Image image, ImageLayout layout, int channels) {
        this.arrays = arrays;
        this.image = image;
        this.memory = Binding.memory(image.operand());
        this.layout = layout;
        this.channels = channels;
        planesPerTask = Math.max(1, TASK_ELEMENTS / Math.max(1, layout.channel()));
        read = new int[ConvolutionSizes.AXES];
        for (int i = 0; i < read.length; i++) {
            // How much of an axis is read at all.
            read[i] = Math.min(layout.size()[i], layout.limit()[i] - layout.before()[i]);
        }
        plain = layout.step()[1] == 1
                && layout.step()[2] == 1
                && image.strides()[4] == 1
                && image.strides()[3] == layout.size()[2];
    }

    /** Tasks for so many examples. */
    int tasks(int examples) {
        return Math.toIntExact(Math.ceilDiv((long) examples * channels, planesPerTask));
    }

    /** Copies some of the channels of the examples from {@code start}. */
    void run(Workspace local, int task, int start, int examples) {
        int end = (int) Math.min((long) examples * channels, (task + 1L) * planesPerTask);
        for (int plane = task * planesPerTask; plane < end; plane++) {
            long from = image.offset()
                    + (start + plane / channels) * image.strides()[0]
                    + plane % channels * image.strides()[1];
            arrays.clear(plane * layout.channel(), layout.channel());
            channel(local, from, plane * layout.channel());
        }
    }

    private void channel(Workspace local, long from, int to) {
        int[] before = layout.before();
        for (int i = 0; i < read[0]; i++) {
            int slice = to + layout.at(0, i + before[0]);
            long first = from + i * image.strides()[2];
            if (plain && read[1] > 0 && read[2] > 0) {
                int at = slice + layout.at(1, before[1]) + layout.at(2, before[2]);
                arrays.lines(local, memory, first, layout.size()[2], read[1], read[2], at, layout.stride()[1]);
                continue;
            }
            for (int j = 0; j < read[1]; j++) {
                row(first + j * image.strides()[3], slice + layout.at(1, j + before[1]));
            }
        }
    }

    private void row(long from, int to) {
        int before = layout.before()[2];
        int step = layout.step()[2];
        long stride = image.strides()[4];
        int end = read[2];
        for (int i = 0; i < Math.min(step, end); i++) {
            arrays.line(
                    memory,
                    from + i * stride,
                    step * stride,
                    Math.ceilDiv(end - i, step),
                    to + layout.at(2, before + i));
        }
    }
}
