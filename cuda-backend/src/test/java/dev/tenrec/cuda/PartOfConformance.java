package dev.tenrec.cuda;

import dev.tenrec.testkit.BackendConformance;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/** The suite with nothing to run: a method is no test until a subclass says so again. */
abstract class PartOfConformance extends BackendConformance {

    @Override
    protected Stream<DynamicTest> map() {
        return super.map();
    }

    @Override
    protected Stream<DynamicTest> reduce() {
        return super.reduce();
    }

    @Override
    protected Stream<DynamicTest> convolution() {
        return super.convolution();
    }

    @Override
    protected Stream<DynamicTest> matmul() {
        return super.matmul();
    }

    @Override
    protected Stream<DynamicTest> composites() {
        return super.composites();
    }

    @Override
    protected Stream<DynamicTest> move() {
        return super.move();
    }

    @Override
    protected Stream<DynamicTest> gradients() {
        return super.gradients();
    }

    @Override
    protected Stream<DynamicTest> kernelsAreRepeatable() {
        return super.kernelsAreRepeatable();
    }

    @Override
    protected void randomGraphs() {
        super.randomGraphs();
    }

    @Override
    protected void everythingIsCovered() {
        super.everythingIsCovered();
    }
}
