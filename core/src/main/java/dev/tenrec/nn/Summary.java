package dev.tenrec.nn;

import dev.tenrec.autograd.Autograd;
import dev.tenrec.memory.Scope;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.type.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** The table of a module tree. */
final class Summary {

    private static final String GAP = "  ";

    private final ForwardTrace trace;
    private final List<String[]> rows = new ArrayList<>();
    private final Set<Variable> counted = Collections.newSetFromMap(new IdentityHashMap<>());
    private long trainable;
    private long other;
    private long bytes;

    private Summary(ForwardTrace trace) {
        this.trace = trace;
    }

    static String of(Module module, Supplier<Tensor> input) {
        Summary summary = new Summary(input == null ? null : run(module, input));
        summary.add("", module);
        return summary.print();
    }

    private static ForwardTrace run(Module module, Supplier<Tensor> input) {
        Map<Module, Boolean> modes = new IdentityHashMap<>();
        module.visit((_, inner) -> modes.put(inner, inner.isTraining()));
        module.eval();
        try (Scope _ = Scope.open()) {
            return ForwardTrace.of(() -> Autograd.noGrad(() -> module.forward(input.get())));
        } finally {
            modes.forEach(Module::setOwnTraining);
        }
    }

    private void add(String path, Module module) {
        long own = 0;
        boolean shared = !module.ownVariables().isEmpty();
        for (Variable variable : module.ownVariables().values()) {
            if (counted.add(variable)) {
                shared = false;
                long count = variable.shape().elementCount();
                own += count;
                bytes += count * variable.dtype().byteSize();
                if (variable.isTrainable()) {
                    trainable += count;
                } else {
                    other += count;
                }
            }
        }
        Shape output = trace == null ? null : trace.next(module);
        rows.add(new String[] {
            path.isEmpty() ? "(model)" : path,
            module.toString(),
            trace == null ? null : output == null ? "-" : output.toString(),
            shared ? "shared" : number(own)
        });
        module.children().forEach((name, child) -> add(Module.join(path, name), child));
    }

    private String print() {
        rows.add(0, new String[] {"layer", "type", trace == null ? null : "output", "parameters"});
        int[] widths = new int[4];
        for (String[] row : rows) {
            for (int i = 0; i < row.length; i++) {
                widths[i] = Math.max(widths[i], row[i] == null ? 0 : row[i].length());
            }
        }
        StringBuilder text = new StringBuilder();
        for (String[] row : rows) {
            text.append(pad(row[0], widths[0])).append(GAP).append(pad(row[1], widths[1]));
            if (row[2] != null) {
                text.append(GAP).append(pad(row[2], widths[2]));
            }
            text.append(GAP)
                    .append(" ".repeat(widths[3] - row[3].length()))
                    .append(row[3])
                    .append('\n');
        }
        return text.append("total: ")
                .append(number(trainable))
                .append(" trained, ")
                .append(number(other))
                .append(" not trained, ")
                .append(number(bytes))
                .append(" bytes")
                .toString();
    }

    private static String pad(String text, int width) {
        return text + " ".repeat(width - text.length());
    }

    private static String number(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }
}
