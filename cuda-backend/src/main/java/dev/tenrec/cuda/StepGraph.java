package dev.tenrec.cuda;

import static jcuda.driver.JCudaDriver.*;

import java.util.ArrayList;
import java.util.List;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUgraphNode;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.CUstreamCaptureMode;

/**
 * A sequence of work, and from its second time on a graph that does it in one launch. Launches of kernels are nodes whose
 * arguments can be replaced; other work is captured, each call as a graph within the graph. Nodes follow each other as the
 * work did.
 */
final class StepGraph {

    private final List<Issue> issues = new ArrayList<>();
    private final List<CUgraphNode> nodes = new ArrayList<>();
    private CUgraph graph;
    private CUgraphExec executable;
    private boolean failed;

    /** Remembers a sequence. */
    StepGraph(List<Issue> sequence, int count) {
        for (int i = 0; i < count; i++) {
            issues.add(sequence.get(i).copy());
        }
    }

    /** Equal for sequences that are like each other. */
    static int likeness(List<Issue> sequence, int count) {
        int hash = count;
        for (int i = 0; i < count; i++) {
            hash = 31 * hash + sequence.get(i).likeness();
        }
        return hash;
    }

    /** Whether a sequence does the same work, perhaps on other places. */
    boolean isLike(List<Issue> sequence, int count) {
        if (issues.size() != count) {
            return false;
        }
        for (int i = 0; i < count; i++) {
            if (!issues.get(i).isLike(sequence.get(i))) {
                return false;
            }
        }
        return true;
    }

    /**
     * Does the work of a sequence that is like this one.
     *
     * @param stream where
     * @param spare a stream on which nothing runs, to capture calls on
     * @return the driver's code; if it is none of success, nothing was done
     */
    int replay(List<Issue> sequence, CUstream stream, CUstream spare) {
        if (failed) {
            return CUresult.CUDA_ERROR_NOT_SUPPORTED;
        }
        int code = executable == null ? build(sequence, spare) : update(sequence, spare);
        if (code == CUresult.CUDA_SUCCESS) {
            code = cuGraphLaunch(executable, stream);
        }
        if (code != CUresult.CUDA_SUCCESS) {
            destroy();
            failed = true;
        }
        return code;
    }

    private int build(List<Issue> sequence, CUstream spare) {
        graph = new CUgraph();
        int code = cuGraphCreate(graph, 0);
        for (int i = 0; i < issues.size() && code == CUresult.CUDA_SUCCESS; i++) {
            Issue issue = issues.get(i);
            issue.take(sequence.get(i));
            CUgraphNode[] before = i == 0 ? new CUgraphNode[0] : new CUgraphNode[] {nodes.get(i - 1)};
            CUgraphNode node = new CUgraphNode();
            if (issue.call() == null) {
                code = cuGraphAddKernelNode(node, graph, before, before.length, issue.node());
            } else {
                CUgraph child = new CUgraph();
                code = capture(issue, spare, child);
                if (code == CUresult.CUDA_SUCCESS) {
                    code = cuGraphAddChildGraphNode(node, graph, before, before.length, child);
                    cuGraphDestroy(child);
                }
            }
            nodes.add(node);
        }
        if (code == CUresult.CUDA_SUCCESS) {
            executable = new CUgraphExec();
            code = cuGraphInstantiate(executable, graph, 0);
            if (code != CUresult.CUDA_SUCCESS) {
                executable = null;
            }
        }
        return code;
    }

    /** Relaxed: libraries may load what they need meanwhile, and other threads are not concerned. */
    private static int capture(Issue issue, CUstream spare, CUgraph child) {
        int code = cuStreamBeginCapture(spare, CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_RELAXED);
        if (code != CUresult.CUDA_SUCCESS) {
            return code;
        }
        int issued = issue.issue(spare);
        int ended = cuStreamEndCapture(spare, child);
        return issued != CUresult.CUDA_SUCCESS ? issued : ended;
    }

    private int update(List<Issue> sequence, CUstream spare) {
        for (int i = 0; i < issues.size(); i++) {
            Issue issue = issues.get(i);
            if (issue.isSame(sequence.get(i))) {
                continue;
            }
            issue.take(sequence.get(i));
            int code;
            if (issue.call() == null) {
                code = cuGraphExecKernelNodeSetParams(executable, nodes.get(i), issue.node());
            } else {
                CUgraph child = new CUgraph();
                code = capture(issue, spare, child);
                if (code == CUresult.CUDA_SUCCESS) {
                    code = cuGraphExecChildGraphNodeSetParams(executable, nodes.get(i), child);
                    cuGraphDestroy(child);
                }
            }
            if (code != CUresult.CUDA_SUCCESS) {
                return code;
            }
        }
        return CUresult.CUDA_SUCCESS;
    }

    /** Gives the driver back what it made; what was launched goes on. */
    void destroy() {
        if (executable != null) {
            cuGraphExecDestroy(executable);
            executable = null;
        }
        if (graph != null) {
            cuGraphDestroy(graph);
            graph = null;
        }
        nodes.clear();
    }
}
