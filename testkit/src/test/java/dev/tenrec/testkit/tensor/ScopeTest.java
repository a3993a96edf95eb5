package dev.tenrec.testkit.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.error.ClosedTensor;
import dev.tenrec.memory.Scope;
import dev.tenrec.memory.UnscopedTensors;
import dev.tenrec.tensor.IndexMethods.Ordered;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class ScopeTest extends DeviceTest {

    private static Tensor numbers() {
        return Tensor.of(new float[] {1, 2, 3, 4});
    }

    @Test
    void resultsBelongToTheInnermostScope() {
        Tensor outer = numbers();
        Tensor[] inner = new Tensor[2];
        Scope.run(() -> {
            inner[0] = outer.add(1);
            Scope.run(() -> inner[1] = outer.add(2));
            assertFalse(inner[0].isClosed());
            assertTrue(inner[1].isClosed());
        });
        assertTrue(inner[0].isClosed());
        assertFalse(outer.isClosed());
    }

    @Test
    void keptThingsOutliveTheirScope() {
        Tensor x = numbers();
        Tensor[] array = Scope.call(() -> new Tensor[] {x.add(1), x.add(2)});
        List<Tensor> list = Scope.call(() -> List.of(x.add(3)));
        Map<String, List<Tensor>> map = Scope.call(() -> Map.of("k", List.of(x.add(4))));
        Ordered ordered = Scope.call(() -> x.sort(0, true));
        assertEquals(2, array[0].toFloatArray()[0]);
        assertEquals(3, array[1].toFloatArray()[0]);
        assertEquals(4, list.get(0).toFloatArray()[0]);
        assertEquals(5, map.get("k").get(0).toFloatArray()[0]);
        assertEquals(4, ordered.values().toFloatArray()[0]);
        assertEquals(3, ordered.indices().toLongArray()[0]);
        assertEquals("text", Scope.call(() -> "text"));
        assertSame(null, Scope.call(() -> null));
    }

    @Test
    void keepThroughTwoScopes() {
        Tensor x = numbers();
        Tensor[] result = new Tensor[1];
        Scope.run(() -> {
            result[0] = Scope.call(() -> x.mul(2));
            assertEquals(2, result[0].toFloatArray()[0]);
        });
        assertTrue(result[0].isClosed());
    }

    @Test
    void whatBelongsToAnotherScopeIsLeftAlone() {
        Tensor outer = numbers();
        Tensor same = Scope.call(() -> outer);
        assertSame(outer, same);
        assertFalse(outer.isClosed());
        Scope.run(() -> assertFalse(Scope.call(() -> outer).isClosed()));
        assertFalse(outer.isClosed());
    }

    @Test
    void pendingValuesThatEscapeOutliveTheirInputs() {
        Tensor x = numbers();
        Tensor escaped = Scope.call(() -> {
            Tensor inner = x.add(1).materialize();
            return inner.mul(inner);
        });
        assertArrayEquals(new float[] {4, 9, 16, 25}, escaped.toFloatArray());
    }

    @Test
    void viewsShareTheBuffer() {
        Tensor x = numbers().materialize();
        long before = device.liveBytes();
        Tensor view = Scope.call(() -> {
            Tensor base = x.add(1).materialize();
            Tensor row = base.reshape(2, 2).transpose().select(0, 1);
            assertEquals(before + 64, device.liveBytes());
            return row;
        });
        assertEquals(before + 64, device.liveBytes());
        assertArrayEquals(new float[] {3, 5}, view.toFloatArray());
        view.close();
        assertEquals(before, device.liveBytes());
    }

    @Test
    void closingTwiceIsClosingOnce() {
        Tensor x = numbers();
        x.close();
        x.close();
        assertTrue(x.isClosed());
        Scope scope = Scope.open();
        Tensor y = numbers();
        scope.close();
        scope.close();
        y.close();
        assertTrue(y.isClosed());
    }

    @Test
    void closingAnInputLeavesPendingResultsIntact() {
        Tensor x = numbers();
        Tensor y = x.add(1);
        Tensor z = y.mul(2);
        x.close();
        y.close();
        assertArrayEquals(new float[] {4, 6, 8, 10}, z.toFloatArray());
    }

    @Test
    void closingAScopeClosesThoseLeftOpenInside() {
        Scope outer = Scope.open();
        Scope.open();
        Tensor x = numbers();
        outer.close();
        assertTrue(x.isClosed());
    }

    @Test
    void exceptionsEndScopes() {
        Scope around = Scope.current();
        Tensor[] made = new Tensor[1];
        assertThrows(
                IllegalStateException.class,
                () -> Scope.run(() -> {
                    made[0] = numbers();
                    throw new IllegalStateException("from the body");
                }));
        assertThrows(
                IllegalStateException.class,
                () -> Scope.call(() -> {
                    throw new IllegalStateException("from the body");
                }));
        assertTrue(made[0].isClosed());
        assertSame(around, Scope.current());
    }

    @Test
    void aScopeIsClosedByItsThread() {
        Scope scope = Scope.open();
        CompletionException error = assertThrows(
                CompletionException.class,
                () -> CompletableFuture.runAsync(scope::close).join());
        String text = error.getCause().getMessage();
        assertTrue(
                text.startsWith("a scope is closed by the thread that opened it: opened by "
                        + Thread.currentThread().getName() + ", closed by "),
                text);
        scope.close();
    }

    @Test
    void otherThreadsHaveTheirOwnScopes() {
        Tensor x = numbers();
        Tensor made = CompletableFuture.supplyAsync(() -> {
                    assertSame(null, Scope.current());
                    return Scope.call(() -> x.mul(2));
                })
                .join();
        assertFalse(made.isClosed());
        assertEquals(2, made.toFloatArray()[0]);
        made.close();
    }

    @Test
    void usingAClosedTensorSaysSo() {
        Tensor x = numbers();
        x.close();
        ClosedTensor error = assertThrows(ClosedTensor.class, () -> x.add(1));
        assertEquals("""
            tensor: it was closed
              tensor F32 [4]
              hint: keep it with Scope.call or Scope.keep; run with -Dtenrec.memory.tracking=true to see where it was\
             made and closed\
            """, error.getMessage());
        assertEquals("Tensor F32 [4] (closed)", x.toString());
        for (Runnable use : List.<Runnable>of(
                x::toFloatArray,
                x::materialize,
                x::detach,
                x::sum,
                x::argmax,
                () -> x.reshape(2, 2),
                () -> x.reshape(4),
                () -> x.expand(4),
                () -> x.slice(0, 0, 4),
                () -> x.pad(0, 0, 0, 0),
                () -> x.matmul(x),
                () -> Tensor.concat(0, numbers(), x),
                () -> numbers().gather(0, x.to(dev.tenrec.type.DType.I64)),
                () -> x.sort(0, false),
                () -> Variable.parameter("v", x),
                () -> x.toFloatArrayAsync(),
                () -> x.materializeAsync(),
                () -> x.softmax(0))) {
            assertThrows(ClosedTensor.class, use::run);
        }
    }

    @Test
    void unscopedTensorsReturnTheirMemory() throws Exception {
        long before = device.liveBytes();
        CompletableFuture.runAsync(() -> {
                    for (int i = 0; i < 10; i++) {
                        Tensor.zeros(1000).add(1).materialize();
                    }
                })
                .join();
        for (int i = 0; i < 100 && device.liveBytes() != before; i++) {
            System.gc();
            Thread.sleep(10);
        }
        assertEquals(before, device.liveBytes());
        assertTrue(UnscopedTensors.caught() > 0);
    }

    @Test
    void unscopedTensorsAreNotCollectedWhileTheyAreRead() throws Exception {
        Thread collector = Thread.ofPlatform().daemon().start(() -> {
            while (!Thread.currentThread().isInterrupted()) {
                System.gc();
            }
        });
        try {
            CompletableFuture.runAsync(() -> {
                        for (int i = 0; i < 200; i++) {
                            // Nothing refers to a receiver once its method runs.
                            assertEquals(
                                    3,
                                    Tensor.of(new float[] {3, 2}).max().detach().toFloatArray()[0]);
                            assertEquals(
                                    0, Tensor.of(new float[] {3, 2}).argmax(0).toLongArray()[0]);
                        }
                    })
                    .join();
        } finally {
            collector.interrupt();
            collector.join();
        }
        for (int i = 0; i < 100 && device.liveBytes() != 0; i++) {
            System.gc();
            Thread.sleep(10);
        }
    }
}
