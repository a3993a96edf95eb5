package dev.tenrec.gpu;

import dev.tenrec.error.KernelCompile;
import dev.tenrec.error.Message;
import java.util.LinkedHashMap;
import java.util.Map;

/** The functions of an open device by their source, so that structures which render alike are built once. */
final class Programs {

    private static final int MOST = 4096;

    private final GpuDevice device;
    private final ProgramCache cache;
    private final Map<String, Slot> bySource = new LinkedHashMap<>(256, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Slot> eldest) {
            return size() > MOST;
        }
    };

    /** A program that may still have to be built; its lock keeps a second thread from building it too. */
    private static final class Slot {
        private GpuDevice.Program program;
    }

    Programs(GpuDevice device, ProgramCache cache) {
        this.device = device;
        this.cache = cache;
    }

    /**
     * Finds or builds a function.
     *
     * @throws KernelCompile with the compiler's log and the numbered source
     */
    GpuDevice.Function function(ProgramSource source, String name) {
        Slot slot;
        synchronized (bySource) {
            slot = bySource.computeIfAbsent(source.text(), _ -> new Slot());
        }
        synchronized (slot) {
            if (slot.program == null) {
                slot.program = build(source);
            }
            return device.function(slot.program, name);
        }
    }

    private GpuDevice.Program build(ProgramSource source) {
        byte[] known = cache.find(source.text());
        if (known.length > 0) {
            try {
                return device.load(source, known);
            } catch (BuildFailure _) {
                // Made by another version of the driver, or spoilt: built anew.
                cache.remove(source.text());
            }
        }
        try {
            GpuDevice.Program program = device.build(source);
            if (cache != ProgramCache.NONE) {
                cache.store(source.text(), device.binary(program));
            }
            return program;
        } catch (BuildFailure e) {
            throw new KernelCompile(
                    Message.of("compile", "the driver of " + device.info().name() + " refuses a kernel")
                                    .line("kernel", source.name())
                                    .line("driver", device.info().version())
                                    .hint("this is a fault of Tenrec or of the driver; please report it with this text")
                            + "\n" + e.getMessage().strip() + "\n" + numbered(source.text()),
                    e);
        }
    }

    private static String numbered(String text) {
        StringBuilder numbered = new StringBuilder();
        int[] line = {0};
        text.lines().forEach(one -> numbered.append("%4d  %s%n".formatted(++line[0], one)));
        return numbered.toString();
    }
}
