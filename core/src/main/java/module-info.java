/** The tensor API, automatic differentiation, networks, training, and the backend interface; needs nothing native. */
module dev.tenrec.core {
    requires com.fasterxml.jackson.core;

    exports dev.tenrec.autograd;
    exports dev.tenrec.backend;
    exports dev.tenrec.data;
    exports dev.tenrec.diagnostics;
    exports dev.tenrec.engine;
    exports dev.tenrec.error;
    exports dev.tenrec.io;
    exports dev.tenrec.ir;
    exports dev.tenrec.memory;
    exports dev.tenrec.nn;
    exports dev.tenrec.op;
    exports dev.tenrec.optim;
    exports dev.tenrec.random;
    exports dev.tenrec.tensor;
    exports dev.tenrec.type;

    uses dev.tenrec.backend.BackendProvider;

    provides dev.tenrec.backend.BackendProvider with
            dev.tenrec.backend.ReferenceProvider;
}
