// The fake libcuda.so.1: modules, functions and launches.
#include "state.h"
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>
#include <set>

// ---- modules: what the fake NVRTC made, as its PTX (a text that names the .so) or its CUBIN (the .so itself)
static int load_elf(void **out, const char *image, size_t size) {
    int fd = memfd_create("fakecuda-module", MFD_CLOEXEC);      // a file of its own, so each load has its own variables
    if (fd < 0) return INVALID_IMAGE;
    for (size_t done = 0; done < size;) {
        ssize_t n = write(fd, image + done, size - done);
        if (n <= 0) { close(fd); return INVALID_IMAGE; }
        done += (size_t)n;
    }
    std::string path = "/proc/self/fd/" + std::to_string(fd);
    void *library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library) say("module: %s", dlerror());
    auto *info = library ? (const fk_module *)dlsym(library, FK_STR(FK_MODULE_SYMBOL)) : nullptr;
    if (!info || info->abi != FK_ABI) { close(fd); return INVALID_IMAGE; }
    auto *m = new Module{MODULE, true, fd, library, info, {}, {}};   // fd stays open: dlopen knows libraries by their path
    for (unsigned i = 0; i < info->kernel_count; i++) {
        Dl_info d;
        const fk_kernel &k = info->kernels[i];
        std::string name = k.expression;
        if (dladdr(k.function, &d) && d.dli_saddr == k.function) name = d.dli_sname;
        m->functions[name] = new Function{FUNCTION, m, &k, name, 49152};
    }
    *out = m;
    return OK;
}
static size_t elf_size(const char *image) { auto *h = (const Elf64_Ehdr *)image; return h->e_shoff + (size_t)h->e_shnum * h->e_shentsize; }
static int load_image(void **out, const char *image) {
    if (!image) return INVALID_VALUE;
    if (!memcmp(image, ELFMAG, SELFMAG)) {
        if (((const Elf64_Ehdr *)image)->e_machine == 190) { say("module: a CUBIN for a real GPU"); return NO_BINARY_FOR_GPU; }
        return load_elf(out, image, elf_size(image));
    }
    static const char mark[] = "// fakecuda-module: ";
    const char *at = strstr(image, mark);
    if (!at) { say("module: PTX that the fake NVRTC did not make"); return INVALID_PTX; }
    at += sizeof mark - 1;
    std::string path(at, strcspn(at, "\n"));
    FILE *f = fopen(path.c_str(), "rb");
    if (!f) { say("module: %s is gone", path.c_str()); return INVALID_PTX; }
    std::string bytes;
    char buffer[65536];
    for (size_t n; (n = fread(buffer, 1, sizeof buffer, f)) > 0;) bytes.append(buffer, n);
    fclose(f);
    return load_elf(out, bytes.data(), bytes.size());
}
API int cuModuleLoadData(void **m, const void *image) { NEED_CONTEXT(); return load_image(m, (const char *)image); }
API int cuModuleLoadDataEx(void **m, const void *image, unsigned, const int *, void **) { NEED_CONTEXT(); return load_image(m, (const char *)image); }
API int cuModuleLoadFatBinary(void **m, const void *image) { NEED_CONTEXT(); return load_image(m, (const char *)image); }
API int cuModuleLoad(void **m, const char *file) {
    NEED_CONTEXT();
    FILE *f = fopen(file, "rb");
    if (!f) return FILE_NOT_FOUND;
    std::string bytes;
    char buffer[65536];
    for (size_t n; (n = fread(buffer, 1, sizeof buffer, f)) > 0;) bytes.append(buffer, n);
    fclose(f);
    return load_image(m, bytes.c_str());
}
static Module *module_of(void *h) { Module *m = (Module *)h; return m && m->magic == MODULE && m->alive ? m : nullptr; }
API int cuModuleUnload(void *h) {
    NEED_CONTEXT();
    Module *m = module_of(h);
    if (!m) return INVALID_HANDLE;
    flush_all();
    for (void *g : m->globals) memory_unregister(g, MODULE_GLOBAL);
    m->alive = false;
    dlclose(m->library);
    close(m->fd);
    return OK;
}
API int cuModuleGetFunction(void **f, void *h, const char *name) {
    NEED_CONTEXT();
    Module *m = module_of(h);
    if (!m) return INVALID_HANDLE;
    auto it = m->functions.find(name);
    if (it == m->functions.end()) return NOT_FOUND;
    *f = it->second;
    return OK;
}
API int cuModuleGetGlobal_v2(devptr *p, size_t *size, void *h, const char *name) {
    NEED_CONTEXT();
    Module *m = module_of(h);
    if (!m) return INVALID_HANDLE;
    Dl_info d;
    const ElfW(Sym) *symbol = nullptr;
    void *address = dlsym(m->library, name);
    if (!address || !dladdr1(address, &d, (void **)&symbol, RTLD_DL_SYMENT) || !symbol || d.dli_saddr != address) return NOT_FOUND;
    memory_register(address, symbol->st_size, MODULE_GLOBAL);
    m->globals.push_back(address);
    if (p) *p = (devptr)address;
    if (size) *size = symbol->st_size;
    return OK;
}
API int cuModuleGetLoadingMode(int *mode) { NEED_INIT(); *mode = 2; return OK; }

static size_t static_shared(const fk_module *m) {
    size_t n = 0;
    for (unsigned i = 0; i < m->shared_count; i++) n += (size_t)(m->shared[i].end - m->shared[i].begin);
    return n;
}
static Function *function_of(void *h) { Function *f = (Function *)h; return f && f->magic == FUNCTION && f->module->alive ? f : nullptr; }
API int cuFuncGetModule(void **m, void *h) { NEED_CONTEXT(); Function *f = function_of(h); if (!f) return INVALID_HANDLE; *m = f->module; return OK; }
API int cuFuncGetAttribute(int *v, int attribute, void *h) {
    NEED_CONTEXT();
    Function *f = function_of(h);
    if (!f) return INVALID_HANDLE;
    switch (attribute) {
    case 0: *v = 1024; return OK;                                                       // MAX_THREADS_PER_BLOCK
    case 1: *v = (int)static_shared(f->module->info); return OK;                        // of the whole module
    case 4: *v = 32; return OK;                                                         // NUM_REGS
    case 5: case 6: *v = 90; return OK;                                                 // PTX_VERSION, BINARY_VERSION
    case 8: *v = f->max_dynamic; return OK;
    }
    *v = 0;
    return OK;
}
API int cuFuncSetAttribute(void *h, int attribute, int v) {
    NEED_CONTEXT();
    Function *f = function_of(h);
    if (!f) return INVALID_HANDLE;
    if (attribute == 8) { if (v < 0 || v > 232448) return INVALID_VALUE; f->max_dynamic = v; }
    return OK;
}
API int cuFuncSetCacheConfig(void *h, int) { NEED_CONTEXT(); return function_of(h) ? OK : INVALID_HANDLE; }
API int cuOccupancyMaxActiveBlocksPerMultiprocessor(int *n, void *h, int block, size_t) { NEED_CONTEXT(); if (!function_of(h) || block < 1) return INVALID_VALUE; *n = std::min(32, 2048 / block); return OK; }
API int cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int *n, void *h, int block, size_t d, unsigned) { return cuOccupancyMaxActiveBlocksPerMultiprocessor(n, h, block, d); }
API int cuOccupancyMaxPotentialBlockSize(int *grid, int *block, void *h, size_t (*)(int), size_t, int limit) {
    NEED_CONTEXT();
    if (!function_of(h)) return INVALID_HANDLE;
    *block = limit > 0 && limit < 1024 ? limit : 1024;
    *grid = 132 * 2;
    return OK;
}

// ---- launches
struct Arguments {                            // a copy, since the caller's may be gone when the work runs
    std::vector<char> bytes;
    std::vector<void *> pointers;
};
static int gather(Function *f, void **parameters, void **extra, Arguments &a) {
    const fk_kernel &k = *f->kernel;
    const char *buffer = nullptr;
    size_t buffer_size = 0, offset = 0;
    if (extra) for (int i = 0; extra[i]; i += 2) {
        if (extra[i] == (void *)1) buffer = (const char *)extra[i + 1];
        else if (extra[i] == (void *)2) buffer_size = *(size_t *)extra[i + 1];
    }
    if (k.parameters && !parameters && !buffer) return INVALID_VALUE;
    a.bytes.resize(k.parameters * 16 + 4096 + 64);
    char *at = (char *)(((uintptr_t)a.bytes.data() + 63) & ~(uintptr_t)63);
    size_t to = 0;
    for (unsigned i = 0; i < k.parameters; i++) {
        offset = (offset + k.align[i] - 1) / k.align[i] * k.align[i];
        to = (to + 15) / 16 * 16;
        if (to + k.size[i] > k.parameters * 16 + 4096) return INVALID_VALUE;
        if (buffer && offset + k.size[i] > buffer_size) return INVALID_VALUE;
        const void *from = buffer ? buffer + offset : parameters[i];
        if (!from) return INVALID_VALUE;
        memcpy(at + to, from, k.size[i]);
        a.pointers.push_back(at + to);
        if (settings.strict && k.is_pointer[i]) {
            void *p = *(void **)(at + to);
            if (p && !memory_find(p, true)) {
                say("kernel %s: parameter %u is %p: %s", k.expression, i, p, memory_describe(p).c_str());
                return ILLEGAL_ADDRESS;
            }
        }
        offset += k.size[i];
        to += k.size[i];
    }
    return OK;
}
// What a launch does when its turn comes; its arguments are copied now.
int launch_work(void *h, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared, void **parameters, void **extra, Work *work, Function **function) {
    Function *f = function_of(h);
    if (!f) return INVALID_HANDLE;
    if (!gx || !gy || !gz || !bx || !by || !bz || bx > 1024 || by > 1024 || bz > 64 || gx > 0x7fffffffu || gy > 65535 || gz > 65535) return INVALID_VALUE;
    if ((unsigned long long)bx * by * bz > 1024 || shared > (unsigned)f->max_dynamic) return INVALID_VALUE;
    auto arguments = std::make_shared<Arguments>();
    int e = gather(f, parameters, extra, *arguments);
    if (e == ILLEGAL_ADDRESS) { keep_error(e); *work = [] { return OK; }; return OK; }    // shows at the next synchronization, as on a GPU
    CHECK(e);
    if (settings.trace) say("launch %s <<<(%u,%u,%u), (%u,%u,%u), %u>>>", f->kernel->expression, gx, gy, gz, bx, by, bz, shared);
    *function = f;
    *work = [=] {
        if (!f->module->alive) return (int)INVALID_HANDLE;
        return run_grid({f->module->info, f->kernel, {gx, gy, gz}, {bx, by, bz}, shared, arguments->pointers.data()});
    };
    return OK;
}
API int cuLaunchKernel(void *h, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared, void *hs, void **parameters, void **extra) {
    NEED_CONTEXT();
    NEED_STREAM(hs);
    Work work;
    Function *f;
    CHECK(launch_work(h, gx, gy, gz, bx, by, bz, shared, parameters, extra, &work, &f));
    if (s->capture) {
        CHECK(enqueue(s, work));
        s->capture->nodes.back().launches = 1;
        return OK;
    }
    counters.launches++;
    return enqueue(s, work);
}

