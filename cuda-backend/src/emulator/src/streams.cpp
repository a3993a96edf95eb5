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
API int cuEventCreate(void **h, unsigned flags) { NEED_CONTEXT(); *h = new Event{EVENT, true, !(flags & 2), false, true, {}, nullptr}; return OK; }
API int cuEventDestroy_v2(void *h) { NEED_CONTEXT(); NEED_EVENT(h); e->alive = false; return OK; }
API int cuEventRecord(void *h, void *hs) {
    NEED_CONTEXT();
    NEED_EVENT(h);
    NEED_STREAM(hs);
    e->capture = s->capture;
    if (s->capture) return OK;                // only orders the captured streams, and program order does that
    e->recorded = true;
    e->done = false;
    return enqueue(s, [e] { e->when = std::chrono::steady_clock::now(); e->done = true; return OK; });
}
API int cuEventRecordWithFlags(void *h, void *hs, unsigned) { return cuEventRecord(h, hs); }
static void finish_event(Event *e) { if (!e->done) flush_all(); }
API int cuEventQuery(void *h) { NEED_CONTEXT(); NEED_EVENT(h); if (!e->done) { finish_event(e); return NOT_READY; } return sticky; }
API int cuEventSynchronize(void *h) { NEED_CONTEXT(); NEED_EVENT(h); if (e->capture) return CAPTURE_UNSUPPORTED; finish_event(e); return after_sync(); }
API int cuEventElapsedTime(float *ms, void *a, void *b) {
    NEED_CONTEXT();
    Event *x = event_of(a), *y = event_of(b);
    if (!x || !y || !x->recorded || !y->recorded || !x->timing || !y->timing) return INVALID_HANDLE;
    if (!x->done || !y->done) return NOT_READY;
    *ms = std::chrono::duration<float, std::milli>(y->when - x->when).count();
    return OK;
}
API int cuStreamWaitEvent(void *hs, void *h, unsigned) {
    NEED_CONTEXT();
    NEED_STREAM(hs);
    NEED_EVENT(h);
    if (e->capture) { if (!s->capture) { s->capture = e->capture; s->origin = false; } return OK; }   // joins the capture
    return enqueue(s, [e] { finish_event(e); return OK; });
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

// ---- graphs: the captured calls in the order they were made, which is an order that CUDA may choose
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
API int cuGraphInstantiateWithFlags(void **out, void *h, unsigned long long) {
    NEED_CONTEXT();
    Graph *g = graph_of(h, GRAPH);
    if (!g) return INVALID_VALUE;
    *out = new Graph{EXEC, true, g->work, 0, true};
    return OK;
}
API int cuGraphUpload(void *h, void *) { NEED_CONTEXT(); return graph_of(h, EXEC) ? OK : INVALID_VALUE; }
API int cuGraphLaunch(void *h, void *hs) {
    NEED_CONTEXT();
    NEED_STREAM(hs);
    Graph *g = graph_of(h, EXEC);
    if (!g) return INVALID_VALUE;
    for (auto &w : g->work) CHECK(enqueue(s, w));
    return OK;
}
API int cuGraphExecDestroy(void *h) { NEED_CONTEXT(); Graph *g = graph_of(h, EXEC); if (!g) return INVALID_VALUE; flush_all(); g->alive = false; return OK; }
API int cuGraphDestroy(void *h) { NEED_CONTEXT(); Graph *g = graph_of(h, GRAPH); if (!g) return INVALID_VALUE; g->alive = false; return OK; }
API int cuGraphGetNodes(void *h, void **nodes, size_t *n) {
    NEED_CONTEXT();
    Graph *g = graph_of(h, GRAPH);
    if (!g) return INVALID_VALUE;
    if (nodes) return NOT_SUPPORTED;
    *n = g->work.size();
    return OK;
}

