package dev.tenrec.testkit;

import dev.tenrec.backend.Backend;
import dev.tenrec.backend.CompiledKernel;
import dev.tenrec.backend.Launch;
import dev.tenrec.ir.Expr;
import dev.tenrec.ir.Exprs;
import dev.tenrec.ir.Kernel;
import dev.tenrec.testkit.device.ForwardingBackend;
import java.util.List;
import java.util.function.UnaryOperator;

/** A backend with a planted fault: it runs other kernels or launches than it was asked for, or disturbs their results. */
final class BrokenBackend extends ForwardingBackend {

    /** Replaces how a kernel runs. */
    interface Fault {
        void run(Kernel kernel, CompiledKernel compiled, Launch launch);
    }

    private final UnaryOperator<Kernel> rewrite;
    private final Fault fault;

    private BrokenBackend(Backend delegate, UnaryOperator<Kernel> rewrite, Fault fault) {
        super(delegate);
        this.rewrite = rewrite;
        this.fault = fault;
    }

    /** Runs other kernels. */
    static BrokenBackend kernels(Backend delegate, UnaryOperator<Kernel> rewrite) {
        return new BrokenBackend(delegate, rewrite, (_, compiled, launch) -> compiled.run(launch));
    }

    /** Runs kernels in another way; launches hold the delegate's own buffers. */
    static BrokenBackend launches(Backend delegate, Fault fault) {
        return new BrokenBackend(delegate, UnaryOperator.identity(), fault);
    }

    /** Puts other expressions in the place of some. */
    static BrokenBackend expressions(Backend delegate, UnaryOperator<Expr> change) {
        return kernels(delegate, kernel -> switch (kernel) {
            case Kernel.Map map -> new Kernel.Map(Exprs.rewrite(map.outputs(), change), map.inputs(), map.params());
            case Kernel.Reduce reduce ->
                new Kernel.Reduce(
                        reduce.op(),
                        Exprs.rewrite(List.of(reduce.body()), change).get(0),
                        reduce.inputs(),
                        reduce.params());
            default -> kernel;
        });
    }

    @Override
    public CompiledKernel compile(Kernel kernel) {
        return super.compile(rewrite.apply(kernel));
    }

    @Override
    protected void run(Kernel kernel, CompiledKernel compiled, Launch launch) {
        fault.run(kernel, compiled, unwrap(launch));
    }
}
