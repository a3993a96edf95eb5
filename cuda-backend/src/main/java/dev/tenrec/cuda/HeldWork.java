package dev.tenrec.cuda;

import dev.tenrec.gpu.Arguments;
import dev.tenrec.gpu.Grid;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/**
 * Work that was asked for and is held back until a step ends, a value is read, or there is much of it. If the same sequence
 * was issued before, it is replayed as one graph, so that the host's time for a launch and the device's gaps between
 * launches fall away; otherwise it is issued one by one. Which places kernels work on and the values they get may change
 * from one time to the next. Every method needs the lock of its {@link CudaDevice}.
 */
final class HeldWork {

    /** Most pieces of work that are held back. */
    private static final int MOST = 1024;

    /** Fewest pieces that are worth a graph. */
    private static final int FEWEST = 4;

    /** Sequences that are remembered. */
    private static final int SEQUENCES = 32;

    /** The latest batches whose ends are marked. */
    private static final int MARKS = 8;

    private final CudaDevice device;
    private final CUstream stream;
    private final CUstream spare;
    private final boolean graphs;
    private final List<Issue> held = new ArrayList<>();
    private final Map<Integer, StepGraph> sequences = new LinkedHashMap<>(16, 0.75f, true);
    private final CUevent[] marks = new CUevent[MARKS];
    private int count;
    private long batch = 1;

    /**
     * Starts with nothing.
     *
     * @param stream where work goes
     * @param spare where it is captured
     * @param graphs whether anything is held back
     */
    HeldWork(CudaDevice device, CUstream stream, CUstream spare, boolean graphs) {
        this.device = device;
        this.stream = stream;
        this.spare = spare;
        this.graphs = graphs;
    }

    void launch(CudaFunction function, Grid grid, Arguments arguments) {
        next().set(function, grid, arguments, batch);
        added();
    }

    void call(Issue.Call call) {
        next().set(call, batch);
        added();
    }

    private Issue next() {
        if (count == held.size()) {
            held.add(new Issue());
        }
        return held.get(count++);
    }

    private void added() {
        if (!graphs || count == MOST) {
            issue();
        }
    }

    /** Whether work that is held back uses memory. */
    boolean uses(CudaMemory memory) {
        return count > 0 && memory.lastBatch() == batch;
    }

    boolean isEmpty() {
        return count == 0;
    }

    /** Has another stream wait for the last batch that uses memory; with what is older, for a later one. */
    void awaitUse(CudaMemory memory, CUstream other) {
        if (memory.lastBatch() > 0) {
            long first = Math.max(1, batch - MARKS);
            CUevent mark = marks[(int) (Math.max(first, memory.lastBatch()) % MARKS)];
            device.check("cuStreamWaitEvent", JCudaDriver.cuStreamWaitEvent(other, mark, 0));
        }
    }

    private void mark(long ended) {
        int at = (int) (ended % MARKS);
        if (marks[at] == null) {
            CUevent event = new CUevent();
            device.check("cuEventCreate", JCudaDriver.cuEventCreate(event, CUevent_flags.CU_EVENT_DISABLE_TIMING));
            marks[at] = event;
        }
        device.check("cuEventRecord", JCudaDriver.cuEventRecord(marks[at], stream));
    }

    /** Issues what is held back. */
    void issue() {
        if (count == 0) {
            return;
        }
        int pieces = count;
        long ended = batch;
        count = 0;
        batch++;
        for (int i = 0; i < pieces; i++) {
            device.issued(held.get(i).name());
        }
        try {
            if (!replayed(pieces)) {
                for (int i = 0; i < pieces; i++) {
                    int code = held.get(i).issue(stream);
                    if (code != CUresult.CUDA_SUCCESS) {
                        held.get(i).fail(device, code);
                    }
                }
            }
            mark(ended);
        } finally {
            for (int i = 0; i < pieces; i++) {
                held.get(i).clear();
            }
        }
    }

    private boolean replayed(int pieces) {
        if (!graphs || pieces < FEWEST) {
            return false;
        }
        int likeness = StepGraph.likeness(held, pieces);
        StepGraph known = sequences.get(likeness);
        if (known == null || !known.isLike(held, pieces)) {
            if (known != null) {
                known.destroy();
            }
            sequences.put(likeness, new StepGraph(held, pieces));
            forget();
            return false;
        }
        int code = known.replay(held, stream, spare);
        if (CudaError.isLost(code)) {
            device.check("cuGraphLaunch", code);
        }
        return code == CUresult.CUDA_SUCCESS;
    }

    private void forget() {
        Iterator<StepGraph> eldest = sequences.values().iterator();
        while (sequences.size() > SEQUENCES) {
            eldest.next().destroy();
            eldest.remove();
        }
    }

    /** Gives graphs and marks back. */
    void close() {
        for (CUevent mark : marks) {
            if (mark != null) {
                JCudaDriver.cuEventDestroy(mark);
            }
        }
        sequences.values().forEach(StepGraph::destroy);
        sequences.clear();
        count = 0;
    }
}
