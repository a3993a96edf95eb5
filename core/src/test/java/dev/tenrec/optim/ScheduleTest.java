package dev.tenrec.optim;

import static dev.tenrec.optim.Trajectories.ones;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.memory.Scope;
import dev.tenrec.tensor.Gradients;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ScheduleTest {

    private static void assertFactors(Schedule schedule, double... expected) {
        double[] found = new double[expected.length];
        for (int t = 0; t < found.length; t++) {
            found[t] = schedule.factor(t);
        }
        assertArrayEquals(expected, found, 1e-12);
    }

    @Test
    void factorsAreThoseOfTheFormulas() {
        double half = Math.sqrt(0.5);
        assertFactors(Schedule.constant(), 1, 1, 1);
        assertFactors(Schedule.constant(0.25), 0.25, 0.25);
        assertFactors(Schedule.step(3, 0.5), 1, 1, 1, 0.5, 0.5, 0.5, 0.25);
        assertFactors(Schedule.multiStep(0.1, 2, 3, 6), 1, 1, 0.1, 0.01, 0.01, 0.01, 0.001, 0.001);
        assertFactors(Schedule.exponential(0.5), 1, 0.5, 0.25, 0.125);
        assertFactors(Schedule.polynomial(4, 2, 0), 1, 0.5625, 0.25, 0.0625, 0, 0);
        assertFactors(Schedule.polynomial(4, 1, 0.2), 1, 0.8, 0.6, 0.4, 0.2, 0.2);
        assertFactors(Schedule.linear(0.2, 1, 4), 0.2, 0.4, 0.6, 0.8, 1, 1);
        assertFactors(Schedule.cosine(4, 0), 1, (1 + half) / 2, 0.5, (1 - half) / 2, 0, 0);
        assertFactors(Schedule.cosine(2, 0.2), 1, 0.6, 0.2, 0.2);
        assertFactors(Schedule.cosineRestarts(2, 1, 0), 1, 0.5, 1, 0.5, 1);
        double quarter = (1 + half) / 2;
        assertFactors(Schedule.cosineRestarts(2, 2, 0), 1, 0.5, 1, quarter, 0.5, 1 - quarter, 1);
        // The peak is at 0.3·10 − 1 = 2, the end at 9.
        assertFactors(Schedule.oneCycle(10), 0.04, 0.52, 1);
        assertEquals(0.04 / 1e4, Schedule.oneCycle(10).factor(9), 1e-12);
        assertEquals(0.04 / 1e4, Schedule.oneCycle(10).factor(50), 1e-12);
        assertEquals(
                (1 + 4e-6) / 2,
                Schedule.oneCycle(10).factor(5) / 2 + Schedule.oneCycle(10).factor(6) / 2,
                1e-12);
        assertFactors(Schedule.oneCycle(4, 0.25, 10, 10), 1);
    }

    @Test
    void schedulesAreComposed() {
        Schedule falling = Schedule.linear(1, 0, 2);
        assertFactors(Schedule.warmUp(2, 0, falling), 0, 0.5, 1, 0.5, 0, 0);
        assertFactors(Schedule.warmUp(2, 0.5, Schedule.constant(0.4)), 0.2, 0.3, 0.4, 0.4);
        assertFactors(
                Schedule.sequence(List.of(falling, Schedule.constant(7), falling), 3, 5), 1, 0.5, 0, 7, 7, 1, 0.5, 0);
        assertFactors(step -> 1.0 / (1 + step), 1, 0.5);
    }

    @Test
    void longPeriodsDoNotOverflow() {
        assertEquals(1, Schedule.cosineRestarts(3, Long.MAX_VALUE / 2, 0).factor(3), 1e-9);
        double late = Schedule.cosineRestarts(3, 2, 0).factor(Long.MAX_VALUE);
        assertTrue(late >= 0 && late <= 1);
    }

    @Test
    void aSchedulerDrivesTheRatesOfAllGroups() {
        Scope.run(() -> {
            Variable a = ones("a", 2);
            Variable b = ones("b", 2);
            Sgd sgd = new Sgd(
                    List.of(new ParameterGroup(List.of(a), 0.5), new ParameterGroup(List.of(b), 0.25)),
                    Sgd.Options.PLAIN);
            Scheduler scheduler = new Scheduler(sgd, Schedule.linear(0, 1, 2));
            assertEquals(0, sgd.learningRate());
            scheduler.step();
            assertEquals(1, scheduler.steps());
            sgd.step(new Gradients(Map.of(a, Tensor.ones(2), b, Tensor.ones(2))));
            assertArrayEquals(new float[] {0.75f, 0.75f}, a.value().toFloatArray());
            assertArrayEquals(new float[] {0.875f, 0.875f}, b.value().toFloatArray());
            scheduler.step();
            scheduler.step();
            assertEquals(0.25, sgd.groups().get(1).learningRate());
        });
    }

    @Test
    void aScheduleCompilesNothing() {
        CountedDevice device = CountedDevice.open();
        device.on(() -> Scope.run(() -> {
            Variable a = ones("a", 64);
            Gradients gradients =
                    new Gradients(Map.of(a, Tensor.full(DType.F32, a.shape(), 2).materialize()));
            Adam adam = new Adam(List.of(a), 1e-3);
            Scheduler scheduler = new Scheduler(adam, Schedule.warmUp(2, 0, Schedule.cosine(5, 0)));
            for (int i = 0; i < 10; i++) {
                assertEquals("{Map=1}", device.count(() -> adam.step(gradients)));
                assertTrue(i == 0 || device.compiled() == 0);
                scheduler.step();
            }
        }));
    }

    @Test
    void plateausLowerTheRate() {
        ReduceOnPlateau.Options options =
                ReduceOnPlateau.Options.DEFAULT.withPatience(1).withGamma(0.5);
        ReduceOnPlateau plateau = new ReduceOnPlateau(options);
        double[] losses = {3, 2, 2, 1.99999, 2, 2, 1, Double.NaN, 1};
        double[] factors = {1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125};
        assertObserved(plateau, losses, factors);
        ReduceOnPlateau accuracy = new ReduceOnPlateau(new ReduceOnPlateau.Options(
                ReduceOnPlateau.Goal.MAXIMUM, 0.1, 0, 0.5, ReduceOnPlateau.Threshold.ABSOLUTE, 2, 0.05));
        assertObserved(accuracy, new double[] {-1, 0, 0.4, 0.4, 0.4, 0.4, 0.6, 0.6}, new double[] {
            1, 1, 0.1, 0.1, 0.1, 0.05, 0.05, 0.05
        });
    }

    private static void assertObserved(ReduceOnPlateau plateau, double[] metrics, double... factors) {
        double[] found = new double[factors.length];
        for (int i = 0; i < metrics.length; i++) {
            plateau.observe(i, metrics[i]);
            found[i] = plateau.factor(i);
        }
        assertArrayEquals(factors, found, 1e-15);
    }

    private static Scheduler composed(Variable variable, Sgd[] made) {
        made[0] = new Sgd(List.of(variable), 1);
        ReduceOnPlateau plateau = new ReduceOnPlateau(
                ReduceOnPlateau.Options.DEFAULT.withPatience(0).withGamma(0.5));
        return new Scheduler(
                made[0], Schedule.sequence(List.of(Schedule.constant(), Schedule.warmUp(1, 0.1, plateau)), 2));
    }

    @Test
    void stateContinuesWhereItWasSaved() {
        Scope.run(() -> {
            Variable p = ones("p", 2);
            Sgd[] one = new Sgd[1];
            Sgd[] two = new Sgd[1];
            Scheduler first = composed(p, one);
            for (int i = 0; i < 5; i++) {
                first.step();
                first.observe(4);
            }
            assertEquals(0.25, one[0].learningRate(), "the first measurement it got is the best, two were no better");
            Map<String, Tensor> state = first.state();
            assertEquals(
                    List.of(
                            "step",
                            "rates",
                            "schedule.1.factor",
                            "schedule.1.best",
                            "schedule.1.worse",
                            "schedule.1.cooling"),
                    new ArrayList<>(state.keySet()));
            Scheduler second = composed(p, two);
            assertEquals(1, two[0].learningRate());
            second.load(state);
            assertEquals(0.25, two[0].learningRate());
            assertEquals(5, second.steps());
            first.observe(4);
            second.observe(4);
            assertEquals(0.125, one[0].learningRate());
            assertEquals(0.125, two[0].learningRate());
        });
    }

    @Test
    void wrongStateChangesNothing() {
        Scope.run(() -> {
            Variable p = ones("p", 2);
            Sgd[] sgd = new Sgd[1];
            Scheduler scheduler = composed(p, sgd);
            scheduler.step();
            assertWrong(scheduler, "schedule.1.best", Tensor.full(DType.F64, Shape.scalar(), Double.NaN), "best");
            assertWrong(scheduler, "schedule.1.cooling", Tensor.full(DType.F64, Shape.scalar(), 0.5), "cooling");
            assertWrong(scheduler, "step", Tensor.full(DType.I64, Shape.scalar(), -1), "negative number of steps");
            assertWrong(scheduler, "rates", Tensor.of(new double[] {1, 2}), "state does not fit");
            assertWrong(scheduler, "rates", Tensor.of(new double[] {-1}), "learning rate out of range");
            assertWrong(scheduler, "schedule.2.best", Tensor.ones(1), "also schedule.2.best");
            assertEquals(1, scheduler.steps());
            assertEquals(1, sgd[0].learningRate());
        });
    }

    private static void assertWrong(Scheduler scheduler, String name, Tensor value, String part) {
        Map<String, Tensor> before = scheduler.state();
        Map<String, Tensor> state = new LinkedHashMap<>(before);
        state.put(name, value);
        assertMessage(part, () -> scheduler.load(state));
        Map<String, Tensor> after = scheduler.state();
        before.forEach((key, kept) ->
                assertArrayEquals(kept.toDoubleArray(), after.get(key).toDoubleArray(), key));
    }

    @Test
    void wrongNumbersAreRefused() {
        InvalidArgument error = assertThrows(InvalidArgument.class, () -> Schedule.cosine(0, 0));
        assertEquals("schedule: number of steps out of range\n  expected 1 or more\n  given    0", error.getMessage());
        assertMessage("factor out of range", () -> Schedule.constant(-1));
        assertMessage("number of steps", () -> Schedule.step(0, 0.5));
        assertMessage("gamma out of range", () -> Schedule.step(1, Double.NaN));
        assertMessage("given    [3, 3]", () -> Schedule.multiStep(0.1, 3, 3));
        assertMessage("given    [0]", () -> Schedule.multiStep(0.1, 0));
        assertMessage("gamma out of range", () -> Schedule.exponential(1.01));
        assertMessage("power out of range", () -> Schedule.polynomial(3, 0, 0));
        assertMessage("end out of range", () -> Schedule.polynomial(3, 1, 2));
        assertMessage("to out of range", () -> Schedule.linear(1, Double.POSITIVE_INFINITY, 3));
        assertMessage("growth out of range", () -> Schedule.cosineRestarts(3, 0, 0));
        assertMessage("share of the rise", () -> Schedule.oneCycle(10, 1, 25, 1e4));
        assertMessage("share of the rise", () -> Schedule.oneCycle(3));
        assertMessage("divisor out of range", () -> Schedule.oneCycle(10, 0.3, 0.5, 1e4));
        assertMessage("from out of range", () -> Schedule.warmUp(3, 2, Schedule.constant()));
        assertMessage("given    1 schedules, 1 milestones", () -> Schedule.sequence(List.of(Schedule.constant()), 3));
        assertMessage("gamma out of range", () -> ReduceOnPlateau.Options.DEFAULT.withGamma(1));
        assertMessage("patience out of range", () -> ReduceOnPlateau.Options.DEFAULT.withPatience(-1));
        Scope.run(() -> {
            Sgd sgd = new Sgd(List.of(ones("p", 2)), 0.1);
            Scheduler scheduler = new Scheduler(sgd, step -> step == 0 ? 1 : Double.NaN);
            assertMessage("factor of the schedule out of range", scheduler::step);
            assertEquals(0, scheduler.steps());
            assertEquals(0.1, sgd.learningRate());
        });
    }

    private static void assertMessage(String part, Runnable body) {
        InvalidArgument error = assertThrows(InvalidArgument.class, body::run);
        assertTrue(error.getMessage().contains(part), error.getMessage());
    }
}
