// The fake libcuda.so.1: memory and copies.
#include "state.h"

// ---- memory
API int cuMemGetInfo_v2(size_t *available, size_t *all) {
    NEED_CONTEXT();
    *all = (size_t)settings.memory;
    *available = settings.memory > counters.live_bytes ? (size_t)(settings.memory - counters.live_bytes) : 0;
    return OK;
}
API int cuMemAlloc_v2(devptr *p, size_t size) { NEED_CONTEXT(); CHECK(not_while_capturing()); return memory_alloc((void **)p, size, DEVICE_MEMORY); }
API int cuMemAllocManaged(devptr *p, size_t size, unsigned) { NEED_CONTEXT(); return memory_alloc((void **)p, size, MANAGED_MEMORY); }
API int cuMemAllocPitch_v2(devptr *p, size_t *pitch, size_t width, size_t height, unsigned) {
    NEED_CONTEXT();
    *pitch = (width + 511) / 512 * 512;
    return memory_alloc((void **)p, *pitch * height, DEVICE_MEMORY);
}
static int free_device(devptr p) { return p ? memory_free((void *)p, DEVICE_MEMORY) : OK; }
API int cuMemFree_v2(devptr p) {
    NEED_CONTEXT();
    CHECK(not_while_capturing());
    flush_all();                              // frees wait for the device
    int e = free_device(p);
    if (e == ILLEGAL_ADDRESS) keep_error(e);
    return e ? e : sticky;
}
// Stream-ordered: the address is there at once, the freeing happens in stream order.
API int cuMemAllocAsync(devptr *p, size_t size, void *h) { NEED_CONTEXT(); NEED_STREAM(h); if (s->capture) return NOT_SUPPORTED; return memory_alloc((void **)p, size, DEVICE_MEMORY); }
API int cuMemAllocFromPoolAsync(devptr *p, size_t size, void *, void *h) { return cuMemAllocAsync(p, size, h); }
API int cuMemFreeAsync(devptr p, void *h) {
    NEED_CONTEXT();
    NEED_STREAM(h);
    if (p && !memory_find((void *)p)) return INVALID_VALUE;
    return enqueue(s, [p] { return free_device(p) ? ILLEGAL_ADDRESS : OK; });
}
API int cuMemPoolCreate(void **pool, const void *) { NEED_CONTEXT(); *pool = new char; return OK; }
API int cuMemPoolDestroy(void *) { NEED_CONTEXT(); return OK; }
API int cuMemPoolTrimTo(void *, size_t) { NEED_CONTEXT(); return OK; }
API int cuMemGetAddressRange_v2(devptr *base, size_t *size, devptr p) {
    NEED_CONTEXT();
    const Allocation *a = memory_find((void *)p);
    if (!a) return NOT_FOUND;
    if (base) *base = a->base;
    if (size) *size = a->size;
    return OK;
}
API int cuMemAllocHost_v2(void **p, size_t size) { NEED_CONTEXT(); return memory_alloc(p, size, PINNED_HOST); }
API int cuMemHostAlloc(void **p, size_t size, unsigned) { NEED_CONTEXT(); return memory_alloc(p, size, PINNED_HOST); }
API int cuMemFreeHost(void *p) { NEED_CONTEXT(); flush_all(); return memory_free(p, PINNED_HOST); }
API int cuMemHostGetDevicePointer_v2(devptr *d, void *p, unsigned) { NEED_CONTEXT(); if (!pinned_range(p, 1)) return INVALID_VALUE; *d = (devptr)p; return OK; }
API int cuMemHostGetFlags(unsigned *f, void *) { NEED_CONTEXT(); *f = 0; return OK; }
API int cuMemHostRegister_v2(void *p, size_t size, unsigned) {
    NEED_CONTEXT();
    if (!p || !size) return INVALID_VALUE;
    if (memory_find(p)) return HOST_MEMORY_ALREADY_REGISTERED;
    memory_register(p, size, REGISTERED_HOST);
    return OK;
}
API int cuMemHostUnregister(void *p) { NEED_CONTEXT(); flush_all(); return memory_unregister(p, REGISTERED_HOST) ? OK : HOST_MEMORY_NOT_REGISTERED; }
API int cuPointerGetAttribute(void *value, int attribute, devptr p) {
    NEED_CONTEXT();
    const Allocation *a = memory_find((void *)p);
    if (!a) return INVALID_VALUE;
    bool host = a->kind == PINNED_HOST || a->kind == REGISTERED_HOST;
    switch (attribute) {
    case 1: *(void **)value = &primary; return OK;
    case 2: *(unsigned *)value = host ? 1 : 2; return OK;          // CU_MEMORYTYPE
    case 3: case 4: *(devptr *)value = p; return OK;
    case 8: *(unsigned *)value = a->kind == MANAGED_MEMORY; return OK;
    case 9: *(int *)value = 0; return OK;
    case 11: *(devptr *)value = a->base; return OK;
    case 12: *(size_t *)value = a->size; return OK;
    }
    return NOT_SUPPORTED;
}

// ---- copies. Pageable host memory is read or written before the call returns, pinned memory in stream order.
static int bad_range(const char *call, devptr p, size_t n) {
    say("%s: %zu bytes at 0x%llx: %s", call, n, p, memory_describe((void *)p).c_str());
    return INVALID_VALUE;
}
#define NEED_RANGE(call, p, n) if (!device_range((void *)(p), n)) return bad_range(call, p, n)
static int copy(void *to, const void *from, size_t n) { memmove(to, from, n); return OK; }

API int cuMemcpyHtoD_v2(devptr to, const void *from, size_t n) {
    NEED_CONTEXT();
    CHECK(not_while_capturing());
    NEED_RANGE("cuMemcpyHtoD", to, n);
    flush_all();
    if (sticky) return sticky;
    counters.h2d_bytes += (long long)n;
    return copy((void *)to, from, n);
}
API int cuMemcpyDtoH_v2(void *to, devptr from, size_t n) {
    NEED_CONTEXT();
    CHECK(not_while_capturing());
    NEED_RANGE("cuMemcpyDtoH", from, n);
    flush_all();
    if (sticky) return sticky;
    counters.d2h_bytes += (long long)n;
    copy(to, (void *)from, n);
    return after_sync();
}
API int cuMemcpyHtoDAsync_v2(devptr to, const void *from, size_t n, void *h) {
    NEED_CONTEXT();
    NEED_STREAM(h);
    NEED_RANGE("cuMemcpyHtoDAsync", to, n);
    counters.h2d_bytes += (long long)n;
    if (pinned_range(from, n)) return enqueue(s, [=] { return copy((void *)to, from, n); });
    if (s->capture && !settings.defer) return enqueue(s, [=] { return copy((void *)to, from, n); });
    std::string staged((const char *)from, n);
    return enqueue(s, [to, staged] { return copy((void *)to, staged.data(), staged.size()); });
}
API int cuMemcpyDtoHAsync_v2(void *to, devptr from, size_t n, void *h) {
    NEED_CONTEXT();
    NEED_STREAM(h);
    NEED_RANGE("cuMemcpyDtoHAsync", from, n);
    counters.d2h_bytes += (long long)n;
    bool pinned = pinned_range(to, n);
    CHECK(enqueue(s, [=] { return copy(to, (void *)from, n); }));
    if (!pinned && !s->capture) flush(s);
    return sticky;
}
static int device_copy(const char *call, devptr to, devptr from, size_t n, Stream *s) {
    NEED_RANGE(call, to, n);
    NEED_RANGE(call, from, n);
    return enqueue(s, [=] { return copy((void *)to, (void *)from, n); });
}
API int cuMemcpyDtoD_v2(devptr to, devptr from, size_t n) { NEED_CONTEXT(); return device_copy("cuMemcpyDtoD", to, from, n, &null_stream); }
API int cuMemcpyDtoDAsync_v2(devptr to, devptr from, size_t n, void *h) { NEED_CONTEXT(); NEED_STREAM(h); return device_copy("cuMemcpyDtoDAsync", to, from, n, s); }
API int cuMemcpy(devptr to, devptr from, size_t n) { NEED_CONTEXT(); flush_all(); return sticky ? sticky : copy((void *)to, (void *)from, n); }
API int cuMemcpyAsync(devptr to, devptr from, size_t n, void *h) { NEED_CONTEXT(); NEED_STREAM(h); return enqueue(s, [=] { return copy((void *)to, (void *)from, n); }); }

struct Copy2D {   // CUDA_MEMCPY2D
    size_t srcX, srcY; int srcType; const void *srcHost; devptr srcDevice; void *srcArray; size_t srcPitch;
    size_t dstX, dstY; int dstType; void *dstHost; devptr dstDevice; void *dstArray; size_t dstPitch; size_t width, height;
};
static int copy_2d(const Copy2D &c, Stream *s, bool wait) {
    if (c.srcType == 3 || c.dstType == 3) return NOT_SUPPORTED;    // arrays
    if (!c.height || !c.width) return OK;
    const char *from = (c.srcType == 1 ? (const char *)c.srcHost : (const char *)c.srcDevice) + c.srcY * c.srcPitch + c.srcX;
    char *to = (c.dstType == 1 ? (char *)c.dstHost : (char *)c.dstDevice) + c.dstY * c.dstPitch + c.dstX;
    if (c.srcType == 2) NEED_RANGE("cuMemcpy2D (source)", (devptr)from, (c.height - 1) * c.srcPitch + c.width);
    if (c.dstType == 2) NEED_RANGE("cuMemcpy2D (destination)", (devptr)to, (c.height - 1) * c.dstPitch + c.width);
    size_t w = c.width, h = c.height, sp = c.srcPitch, dp = c.dstPitch;
    CHECK(enqueue(s, [=] { for (size_t y = 0; y < h; y++) memmove(to + y * dp, from + y * sp, w); return OK; }));
    if (wait || c.srcType == 1 || c.dstType == 1) flush(s);
    return sticky;
}
API int cuMemcpy2D_v2(const Copy2D *c) { NEED_CONTEXT(); return copy_2d(*c, &null_stream, true); }
API int cuMemcpy2DUnaligned_v2(const Copy2D *c) { NEED_CONTEXT(); return copy_2d(*c, &null_stream, true); }
API int cuMemcpy2DAsync_v2(const Copy2D *c, void *h) { NEED_CONTEXT(); NEED_STREAM(h); return copy_2d(*c, s, false); }

template <class T> static int fill(const char *call, devptr p, size_t pitch, T value, size_t width, size_t height, Stream *s) {
    if (!width || !height) return OK;
    if (p % sizeof(T)) return INVALID_VALUE;
    NEED_RANGE(call, p, (height - 1) * pitch + width * sizeof(T));
    return enqueue(s, [=] { for (size_t y = 0; y < height; y++) for (size_t x = 0; x < width; x++) ((T *)(p + y * pitch))[x] = value; return OK; });
}
#define FILL(BITS, T, V) \
    API int cuMemsetD##BITS##_v2(devptr p, T v, size_t n) { NEED_CONTEXT(); return fill<T>("cuMemsetD" #BITS, p, 0, v, n, 1, &null_stream); } \
    API int cuMemsetD##BITS##Async(devptr p, T v, size_t n, void *h) { NEED_CONTEXT(); NEED_STREAM(h); return fill<T>("cuMemsetD" #BITS "Async", p, 0, v, n, 1, s); } \
    API int cuMemsetD2D##BITS##_v2(devptr p, size_t pitch, T v, size_t w, size_t h) { NEED_CONTEXT(); return fill<T>("cuMemsetD2D" #BITS, p, pitch, v, w, h, &null_stream); } \
    API int cuMemsetD2D##BITS##Async(devptr p, size_t pitch, T v, size_t w, size_t n, void *h) { NEED_CONTEXT(); NEED_STREAM(h); return fill<T>("cuMemsetD2D" #BITS "Async", p, pitch, v, w, n, s); }
FILL(8, unsigned char, ) FILL(16, unsigned short, ) FILL(32, unsigned, )

