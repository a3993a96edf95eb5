package dev.tenrec.gpu;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** The functions of one kernel, each rendered and built when a launch first needs that variant. */
final class Functions {

    private final GpuContext context;
    private final Map<Object, GpuDevice.Function> byVariant = new ConcurrentHashMap<>();

    Functions(GpuContext context) {
        this.context = context;
    }

    /**
     * Finds or builds a function.
     *
     * @param variant all that the source depends on besides the kernel
     * @param name in the source
     * @param source renders it
     */
    GpuDevice.Function get(Object variant, String name, Supplier<ProgramSource> source) {
        return byVariant.computeIfAbsent(variant, _ -> context.function(source.get(), name));
    }

    /** The same for a kernel whose source does not vary. */
    GpuDevice.Function get(String name, Supplier<ProgramSource> source) {
        return get(name, name, source);
    }
}
