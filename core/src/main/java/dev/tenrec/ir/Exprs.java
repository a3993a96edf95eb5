package dev.tenrec.ir;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Walks over expressions. All iterative: an expression may be deeper than a thread's stack. */
public final class Exprs {

    private Exprs() {}

    /**
     * Lists every expression under some roots once, operands before what uses them.
     *
     * @param roots where to start
     * @return the order of evaluation
     */
    public static List<Expr> topological(List<Expr> roots) {
        List<Expr> order = new ArrayList<>();
        Map<Expr, Boolean> finished = new IdentityHashMap<>();
        Deque<Expr> stack = new ArrayDeque<>();
        for (Expr root : roots) {
            stack.push(root);
            while (!stack.isEmpty()) {
                Expr expr = stack.peek();
                Boolean state = finished.get(expr);
                if (state == null) {
                    finished.put(expr, false);
                    List<Expr> children = expr.children();
                    for (int i = children.size() - 1; i >= 0; i--) {
                        if (!finished.containsKey(children.get(i))) {
                            stack.push(children.get(i));
                        }
                    }
                } else {
                    stack.pop();
                    if (!state) {
                        finished.put(expr, true);
                        order.add(expr);
                    }
                }
            }
        }
        return order;
    }

    /**
     * Rebuilds expressions from the leaves up.
     *
     * @param roots what to rebuild
     * @param rewrite gets each expression with its operands already rewritten and returns what takes its place
     * @return the rewritten roots
     */
    public static List<Expr> rewrite(List<Expr> roots, Function<Expr, Expr> rewrite) {
        Map<Expr, Expr> done = new IdentityHashMap<>();
        for (Expr expr : topological(roots)) {
            List<Expr> children = expr.children();
            List<Expr> rebuilt = new ArrayList<>(children.size());
            boolean same = true;
            for (Expr child : children) {
                Expr changed = done.get(child);
                same &= changed == child;
                rebuilt.add(changed);
            }
            done.put(expr, rewrite.apply(same ? expr : withChildren(expr, rebuilt)));
        }
        return roots.stream().map(done::get).toList();
    }

    /**
     * Makes the same expression over other operands.
     *
     * @param expr an expression with operands
     * @param children the new operands
     * @return the new expression
     */
    static Expr withChildren(Expr expr, List<Expr> children) {
        return switch (expr) {
            case Expr.Apply apply -> Expr.apply(apply.op(), children);
            case Expr.Select _ -> Expr.select(children.get(0), children.get(1), children.get(2));
            case Expr.Cast cast ->
                cast.bitwise()
                        ? children.get(0).bitcast(cast.dtype())
                        : children.get(0).cast(cast.dtype());
            default -> expr;
        };
    }

    /**
     * Says whether an expression contains another.
     *
     * @param root where to look
     * @param part what to look for
     * @return true if it is the root or below it
     */
    public static boolean contains(Expr root, Expr part) {
        return topological(List.of(root)).contains(part);
    }

    /**
     * Counts how often each expression is used as an operand.
     *
     * @param order expressions as {@link #topological} lists them
     * @return uses per expression
     */
    public static Map<Expr, Integer> useCounts(List<Expr> order) {
        Map<Expr, Integer> uses = new HashMap<>();
        for (Expr expr : order) {
            for (Expr child : expr.children()) {
                uses.merge(child, 1, Integer::sum);
            }
        }
        return uses;
    }

    /** Writes an expression with each shared part once, so that the text is as long as the expression is large. */
    static String format(Expr root) {
        List<Expr> order = topological(List.of(root));
        Map<Expr, Integer> uses = useCounts(order);
        Map<Expr, String> written = new HashMap<>();
        StringBuilder named = new StringBuilder();
        int names = 0;
        for (Expr expr : order) {
            String text =
                    expr.describe(expr.children().stream().map(written::get).toList());
            if (!expr.children().isEmpty() && uses.getOrDefault(expr, 0) > 1) {
                String name = "t" + names++;
                named.append(name).append(" = ").append(text).append("; ");
                text = name;
            }
            written.put(expr, text);
        }
        return named + written.get(root);
    }
}
