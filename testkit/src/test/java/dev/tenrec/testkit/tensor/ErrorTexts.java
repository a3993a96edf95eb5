package dev.tenrec.testkit.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.tenrec.error.DTypeMismatch;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.error.TensorException;
import dev.tenrec.memory.Scope;
import dev.tenrec.tensor.Tensor;
import org.junit.jupiter.api.BeforeEach;

/** Checks the text of errors, and that raising them costs no memory. */
abstract class ErrorTexts extends DeviceTest {

    private Tensor matrix;

    @BeforeEach
    final void matrix2x3() {
        matrix = Tensor.zeros(2, 3).materialize();
    }

    final Tensor matrix() {
        return matrix;
    }

    private void check(Class<? extends TensorException> type, String text, Runnable call) {
        long before = device.liveBytes();
        Scope.run(() -> assertEquals(text, assertThrows(type, call::run).getMessage()));
        assertEquals(before, device.liveBytes());
    }

    final void shape(String text, Runnable call) {
        check(ShapeMismatch.class, text, call);
    }

    final void type(String text, Runnable call) {
        check(DTypeMismatch.class, text, call);
    }

    final void argument(String text, Runnable call) {
        check(InvalidArgument.class, text, call);
    }
}
