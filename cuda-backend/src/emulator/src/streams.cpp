// The fake libcuda.so.1: streams, events and graphs.
#include "state.h"
#include <thread>

// ---- streams and events
API int cuStreamCreateWithPriority(void **h, unsigned flags, int priority) {
    NEED_CONTEXT();
    streams.push_back(new Stream{STREAM, true, flags, priority, {}, 0, nullptr, false});
    *h = streams.back();
    return OK;
}
API int cuStreamCreate(void **h, unsigned flags) { return cuStreamCreateWithPriority(h, flags, 0); }
API int cuStreamDestroy_v2(void *h) {
    NEED_CONTEXT();
    NEED_STREAM(h);
    if (s == &null_stream || s == &thread_stream) return INVALID_HANDLE;
    flush(s);                                 // CUDA lets the work finish
    s->alive = false;
    return OK;
}
API int cuStreamSynchronize(void *h) {
    NEED_CONTEXT();
    NEED_STREAM(h);
    if (s->capture) { s->capture->valid = false; return CAPTURE_UNSUPPORTED; }
    if (s == &null_stream) flush_all(); else flush(s);
    return after_sync();
}
API int cuStreamQuery(void *h) { NEED_CONTEXT(); NEED_STREAM(h); if (s->done < s->queue.size()) { flush(s); return NOT_READY; } return sticky; }
API int cuStreamGetFlags(void *h, unsigned *f) { NEED_CONTEXT(); NEED_STREAM(h); *f = s->flags; return OK; }
API int cuStreamGetPriority(void *h, int *p) { NEED_CONTEXT(); NEED_STREAM(h); *p = s->priority; return OK; }
API int cuStreamGetCtx(void *h, void **c) { NEED_CONTEXT(); NEED_STREAM(h); *c = stack.back(); return OK; }
API int cuStreamGetId(void *h, unsigned long long *id) { NEED_CONTEXT(); NEED_STREAM(h); *id = (unsigned long long)(uintptr_t)s; return OK; }

static Event *event_of(void *h) { Event *e = (Event *)h; return e && e->magic == EVENT && e->alive ? e : nullptr; }
#define NEED_EVENT(h) Event *e = event_of(h); if (!e) return INVALID_HANDLE
API int cuEventCreate(void **h, unsigned flags) { NEED_CONTEXT(); *h = new Event{EVENT, true, !(flags & 2), false, std::make_shared<Record>(Record{&null_stream, true}), {}, nullptr}; return OK; }
API int cuEventDestroy_v2(void *h) { NEED_CONTEXT(); NEED_EVENT(h); e->alive = false; return OK; }
API int cuEventRecord(void *h, void *hs) {
    NEED_CONTEXT();
    NEED_EVENT(h);
    NEED_STREAM(hs);
    e->capture = s->capture;
    if (s->capture) return OK;                // only orders the captured streams, and program order does that
    e->recorded = true;
    auto record = std::make_shared<Record>(Record{s, false});
    e->record = record;
    return enqueue(s, [e, record] { e->when = std::chrono::steady_clock::now(); record->done = true; return OK; });
}
API int cuEventRecordWithFlags(void *h, void *hs, unsigned) { return cuEventRecord(h, hs); }
static void finish_event(Event *e) { if (!e->record->done) flush_until(*e->record); }
API int cuEventQuery(void *h) { NEED_CONTEXT(); NEED_EVENT(h); if (!e->record->done) { finish_event(e); return NOT_READY; } return sticky; }
API int cuEventSynchronize(void *h) { NEED_CONTEXT(); NEED_EVENT(h); if (e->capture) return CAPTURE_UNSUPPORTED; finish_event(e); return after_sync(); }
API int cuEventElapsedTime(float *ms, void *a, void *b) {
    NEED_CONTEXT();
    Event *x = event_of(a), *y = event_of(b);
    if (!x || !y || !x->recorded || !y->recorded || !x->timing || !y->timing) return INVALID_HANDLE;
    if (!x->record->done || !y->record->done) return NOT_READY;
    *ms = std::chrono::duration<float, std::milli>(y->when - x->when).count();
    return OK;
}
API int cuStreamWaitEvent(void *hs, void *h, unsigned) {
    NEED_CONTEXT();
    NEED_STREAM(hs);
    NEED_EVENT(h);
    if (e->capture) { if (!s->capture) { s->capture = e->capture; s->origin = false; } return OK; }   // joins the capture
    std::shared_ptr<Record> record = e->record;
    return enqueue(s, [record] { if (!record->done) flush_until(*record); return OK; });
}
static int on_other_thread(std::function<void()> f) {   // host callbacks run on a thread of the driver, and may not call CUDA
    std::thread([f] { in_callback = true; f(); }).join();
    return OK;
}
API int cuStreamAddCallback(void *h, void (*f)(void *, int, void *), void *data, unsigned) {
    NEED_CONTEXT();
    NEED_STREAM(h);
    return enqueue(s, [=] { return on_other_thread([=] { f(h, sticky, data); }); });
}
API int cuLaunchHostFunc(void *h, void (*f)(void *), void *data) { NEED_CONTEXT(); NEED_STREAM(h); return enqueue(s, [=] { return on_other_thread([=] { f(data); }); }); }

// ---- graphs: nodes in any order that their dependencies allow, the latest first, so that a missing one is found
API int cuStreamBeginCapture_v2(void *h, int mode) {
    NEED_CONTEXT();
    NEED_STREAM(h);
    if (s == &null_stream) return CAPTURE_UNSUPPORTED;
    if (s->capture) return 901;
    flush(s);
    s->capture = new Graph{GRAPH, true, {}, mode, true};
    s->origin = true;
    return OK;
}
API int cuStreamIsCapturing(void *h, int *status) { NEED_CONTEXT(); NEED_STREAM(h); *status = !s->capture ? 0 : s->capture->valid ? 1 : 2; return OK; }
API int cuStreamEndCapture(void *h, void **out) {
    NEED_CONTEXT();
    NEED_STREAM(h);
    if (!s->capture) return INVALID_VALUE;
    if (!s->origin) return CAPTURE_UNMATCHED;
    Graph *g = s->capture;
    for (Stream *k : streams) if (k->capture == g) { k->capture = nullptr; k->origin = false; }
    s->capture = nullptr;
    *out = g->valid ? g : nullptr;
    return g->valid ? OK : CAPTURE_INVALIDATED;
}
static Graph *graph_of(void *h, unsigned magic) { Graph *g = (Graph *)h; return g && g->magic == magic && g->alive ? g : nullptr; }
#define NEED_GRAPH(h, kind) Graph *g = graph_of(h, kind); if (!g) return INVALID_VALUE
API int cuGraphCreate(void **out, unsigned flags) {
    NEED_CONTEXT();
    if (flags) return INVALID_VALUE;
    *out = new Graph{GRAPH, true, {}, 0, true};
    return OK;
}

// The handle of a node is its number in the graph, from 1 on; instantiated graphs keep the numbers.
static int add_node(void **out, Graph *g, void **after, size_t n, Node node) {
    for (size_t i = 0; i < n; i++) {
        size_t k = (size_t)after[i];
        if (!k || k > g->nodes.size()) return INVALID_VALUE;
        node.after.push_back(k - 1);
    }
    g->nodes.push_back(std::move(node));
    *out = (void *)g->nodes.size();
    return OK;
}
static Node *node_of(Graph *g, void *h) { size_t k = (size_t)h; return k && k <= g->nodes.size() ? &g->nodes[k - 1] : nullptr; }

struct KernelNode { void *function; unsigned gx, gy, gz, bx, by, bz, shared; void **parameters, **extra; void *kernel, *context; };
static int kernel_node(const KernelNode *p, Node *node) {
    if (!p || p->kernel || p->context) return INVALID_VALUE;      // the fields that CUDA 12 added; null is what the function says
    Work work;
    CHECK(launch_work(p->function, p->gx, p->gy, p->gz, p->bx, p->by, p->bz, p->shared, p->parameters, p->extra, &work, &node->function));
    node->work = {work};
    node->launches = 1;
    return OK;
}
API int cuGraphAddKernelNode_v2(void **out, void *h, void **after, size_t n, const KernelNode *p) {
    NEED_CONTEXT();
    NEED_GRAPH(h, GRAPH);
    Node node = {};
    CHECK(kernel_node(p, &node));
    return add_node(out, g, after, n, node);
}
static void ordered(const Graph *g, const std::function<void(const Node &)> &visit) {
    std::vector<bool> done(g->nodes.size());
    for (size_t left = g->nodes.size(); left; left--) {
        for (size_t i = g->nodes.size(); i-- > 0;) {
            bool ready = !done[i];
            for (size_t k : g->nodes[i].after) ready = ready && done[k];
            if (ready) { done[i] = true; visit(g->nodes[i]); break; }
        }
    }
}
static Node child_node(const Graph *child) {
    Node node = {};
    ordered(child, [&](const Node &k) { for (const Work &w : k.work) node.work.push_back(w); node.launches += k.launches; });
    return node;
}
API int cuGraphAddChildGraphNode(void **out, void *h, void **after, size_t n, void *hc) {
    NEED_CONTEXT();
    NEED_GRAPH(h, GRAPH);
    Graph *child = graph_of(hc, GRAPH);
    if (!child) return INVALID_VALUE;
    return add_node(out, g, after, n, child_node(child));
}
API int cuGraphInstantiateWithFlags(void **out, void *h, unsigned long long) {
    NEED_CONTEXT();
    NEED_GRAPH(h, GRAPH);
    *out = new Graph{EXEC, true, g->nodes, 0, true};
    return OK;
}
API int cuGraphExecKernelNodeSetParams_v2(void *h, void *hn, const KernelNode *p) {
    NEED_CONTEXT();
    NEED_GRAPH(h, EXEC);
    Node *node = node_of(g, hn);
    if (!node || !node->function || !p || p->function != node->function) return INVALID_VALUE;
    CHECK(kernel_node(p, node));
    counters.updates++;
    return OK;
}
API int cuGraphExecChildGraphNodeSetParams(void *h, void *hn, void *hc) {
    NEED_CONTEXT();
    NEED_GRAPH(h, EXEC);
    Node *node = node_of(g, hn);
    Graph *child = graph_of(hc, GRAPH);
    if (!node || node->function || !child) return INVALID_VALUE;
    Node fresh = child_node(child);
    if (fresh.work.size() != node->work.size()) return INVALID_VALUE;      // the same shape is asked for
    node->work = fresh.work;
    counters.updates++;
    return OK;
}
API int cuGraphUpload(void *h, void *) { NEED_CONTEXT(); return graph_of(h, EXEC) ? OK : INVALID_VALUE; }
API int cuGraphLaunch(void *h, void *hs) {
    NEED_CONTEXT();
    NEED_STREAM(hs);
    NEED_GRAPH(h, EXEC);
    if (s->capture) return NOT_SUPPORTED;
    counters.graphs++;
    int code = OK;
    ordered(g, [&](const Node &node) { for (const Work &w : node.work) if (!code) code = enqueue(s, w); });
    return code;
}
API int cuGraphExecDestroy(void *h) { NEED_CONTEXT(); NEED_GRAPH(h, EXEC); flush_all(); g->alive = false; g->nodes.clear(); return OK; }
API int cuGraphDestroy(void *h) { NEED_CONTEXT(); NEED_GRAPH(h, GRAPH); g->alive = false; g->nodes.clear(); return OK; }
API int cuGraphGetNodes(void *h, void **nodes, size_t *n) {
    NEED_CONTEXT();
    NEED_GRAPH(h, GRAPH);
    if (nodes) return NOT_SUPPORTED;
    *n = g->nodes.size();
    return OK;
}
