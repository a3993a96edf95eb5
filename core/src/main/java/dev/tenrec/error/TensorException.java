package dev.tenrec.error;

/** Root of everything Tenrec throws on purpose. Sealed: each subclass is one kind of mistake or failure. */
public abstract sealed class TensorException extends RuntimeException
        permits BackendUnavailable,
                ClosedTensor,
                DTypeMismatch,
                DeviceLost,
                DeviceMismatch,
                InvalidArgument,
                KernelCompile,
                NotDifferentiable,
                OutOfDeviceMemory,
                ShapeMismatch {

    private static final long serialVersionUID = 1L;

    TensorException(String message) {
        super(message);
    }

    TensorException(String message, Throwable cause) {
        super(message, cause);
    }
}
