// The fake libnvrtc.so.12: compiles CUDA C++ with the host's C++ compiler into a .so that the fake
// driver runs. The shim headers are inside this library; compiled modules are kept in a cache folder.
#include <dlfcn.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <vector>
#include "abi.h"

#define API extern "C" __attribute__((visibility("default")))
enum { SUCCESS = 0, OUT_OF_MEMORY = 1, INVALID_INPUT = 3, INVALID_PROGRAM = 4, INVALID_OPTION = 5, COMPILATION = 6, NO_LOWERED_NAMES_YET = 9,
       NAME_NOT_VALID = 10, INTERNAL_ERROR = 11 };
extern char **environ;

// ---- the shim headers, put into this library by the assembler
#define EMBED(symbol, file) \
    asm(".section .rodata\n.global " #symbol "\n" #symbol ": .incbin \"" file "\"\n.byte 0\n.previous"); \
    extern "C" __attribute__((visibility("hidden"))) const char symbol[];
EMBED(fk_text_abi, "src/abi.h")
EMBED(fk_text_device, "include/fakecuda_device.h")
EMBED(fk_text_fp16, "include/cuda_fp16.h")
EMBED(fk_text_bf16, "include/cuda_bf16.h")

struct Program {
    std::string source, name, log, ptx, module;
    std::map<std::string, std::string> headers;
    std::vector<std::string> expressions;
    std::map<std::string, std::string> lowered;
    bool compiled = false;
};
static std::mutex lock;                       // of the folders; programs compile side by side

// ---- small tools
static std::string read_file(const std::string &path) {
    std::string s;
    if (FILE *f = fopen(path.c_str(), "rb")) {
        char b[65536];
        for (size_t n; (n = fread(b, 1, sizeof b, f)) > 0;) s.append(b, n);
        fclose(f);
    }
    return s;
}
static bool write_file(const std::string &path, const std::string &text) {
    FILE *f = fopen(path.c_str(), "wb");
    if (!f) return false;
    bool ok = fwrite(text.data(), 1, text.size(), f) == text.size();
    return fclose(f) == 0 && ok;
}
static void make_folders(const std::string &path) {
    for (size_t i = 1; i <= path.size(); i++) if (i == path.size() || path[i] == '/') mkdir(path.substr(0, i).c_str(), 0777);
}
static int run(const std::vector<std::string> &command, const std::string &log) {
    std::vector<char *> argv;
    for (auto &c : command) argv.push_back((char *)c.c_str());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    pid_t pid;
    int e = posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ), status = 0;
    posix_spawn_file_actions_destroy(&actions);
    if (e) { write_file(log, command[0] + ": " + strerror(e) + "\n"); return 127; }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
static unsigned long long hash(const std::string &s, unsigned long long h) {
    for (unsigned char c : s) h = (h ^ c) * 1099511628211ull;
    return (h ^ s.size()) * 1099511628211ull;
}
static std::string cpu_flags() {
    std::string s = read_file("/proc/cpuinfo");
    size_t i = s.find("flags"), j = s.find('\n', i);
    return i == std::string::npos ? "" : s.substr(i, j - i);
}
static std::string quote(const std::string &s) {
    std::string r = "\"";
    for (char c : s) { if (c == '"' || c == '\\') r += '\\'; r += c; }
    return r + "\"";
}

// ---- rewriting the preprocessed source: __global__, __shared__ and extern __shared__ need more than a macro
struct Rewriter {
    const std::string &in;
    std::string out;
    std::vector<std::string> kernels;          // qualified names
    int shared_count = 0;                      // __shared__ declarations: each gets a section of its own, to find its range
    size_t at = 0;
    struct Scope { char kind; std::string name; };   // n: namespace, c: class, x: extern "C", f: anything else
    std::vector<Scope> scopes;
    std::vector<std::string> statement;        // tokens since the last ; { or }
    bool is_template = false;

    explicit Rewriter(const std::string &text) : in(text) {}

    static bool word(char c) { return isalnum((unsigned char)c) || c == '_' || c == '$'; }
    std::string token(size_t &p) const {       // the token at p, spaces and literals included; moves p behind it
        size_t b = p;
        if (p >= in.size()) return "";
        if (in[p] == '#' && (p == 0 || in[p - 1] == '\n')) { while (p < in.size() && in[p] != '\n') p++; return in.substr(b, p - b); }
        if (isspace((unsigned char)in[p])) { while (p < in.size() && isspace((unsigned char)in[p])) { p++; if (in[p - 1] == '\n') break; } return in.substr(b, p - b); }
        if (in[p] == '"' || in[p] == '\'') {
            char q = in[p++];
            while (p < in.size() && in[p] != q) p += in[p] == '\\' ? 2 : 1;
            p++;
            return in.substr(b, p - b);
        }
        if (word(in[p])) { while (p < in.size() && (word(in[p]) || (isdigit((unsigned char)in[b]) && (in[p] == '.' || in[p] == '\'')))) p++; return in.substr(b, p - b); }
        p++;
        return in.substr(b, 1);
    }
    static bool blank(const std::string &t) { return isspace((unsigned char)t[0]) || t[0] == '#'; }
    std::string next(size_t &p) const { std::string t; do t = token(p); while (!t.empty() && blank(t)); return t; }
    size_t balanced(size_t p, char open, char close) const {   // behind the bracket that closes the one at or after p
        int depth = 0;
        while (p < in.size()) {
            std::string t = token(p);
            if (t[0] == open && t.size() == 1) depth++;
            if (t[0] == close && t.size() == 1 && --depth == 0) break;
        }
        return p;
    }
    bool in_function() const { for (auto &s : scopes) if (s.kind == 'f') return true; return false; }

    void kernel() {                            // behind __global__: find the name
        size_t p = at;
        std::string last;
        for (;;) {
            std::string t = next(p);
            if (t.empty() || t == ";" || t == "{") return;
            if (t == "__attribute__") { p = balanced(p, '(', ')'); continue; }
            if (t == "(") break;
            last = t;
        }
        if (is_template || last.empty() || !word(last[0])) return;
        std::string full;
        for (auto &s : scopes) if (s.kind == 'n' && !s.name.empty()) full += s.name + "::";
        full += last;
        if (std::find(kernels.begin(), kernels.end(), full) == kernels.end()) kernels.push_back(full);
    }

    bool extern_shared() {                     // at is behind "extern"; rewrites extern __shared__ T name[];
        size_t p = at;
        std::vector<std::string> tokens;
        bool shared = false;
        for (;;) {
            std::string t = next(p);
            if (t.empty() || t == "{" || t == "(" || t == "=" || t[0] == '"') return false;
            if (t == "__attribute__") { p = balanced(p, '(', ')'); continue; }
            if (t == ";") break;
            if (t == "__shared__") { shared = true; continue; }
            tokens.push_back(t);
        }
        if (!shared) return false;
        while (!tokens.empty() && tokens.back() != "[") tokens.pop_back();
        if (tokens.size() < 3) return false;
        tokens.pop_back();
        std::string name = tokens.back(), type;
        tokens.pop_back();
        for (auto &t : tokens) type += t + " ";
        size_t lines = (size_t)std::count(in.begin() + (long)at, in.begin() + (long)p, '\n');
        out += in_function() ? type + "*const " + name + " = (" + type + "*)fk_s.dyn_shared;" : "static const fk::dyn_shared<" + type + "> " + name + ";";
        out += std::string(lines, '\n');
        at = p;
        statement.clear();
        is_template = false;
        return true;
    }

    void run() {
        while (at < in.size()) {
            std::string t = token(at);
            if (blank(t)) { out += t; continue; }
            if (t == "template") {             // keep its <...> out of the way
                is_template = true;
                size_t p = at;
                if (next(p) == "<") { p = balanced(at, '<', '>'); out += t + in.substr(at, p - at); at = p; continue; }
            }
            if (t == "extern" && extern_shared()) continue;
            if (t == "__global__") { kernel(); out += "__attribute__((visibility(\"default\")))"; continue; }
            if (t == "__shared__") {
                bool is_static = std::find(statement.begin(), statement.end(), "static") != statement.end();
                out += std::string(is_static ? "" : "static ") + "__attribute__((section(\"fk_shared_" + std::to_string(shared_count++) + "\")))";
                continue;
            }
            if (t == "{") {
                Scope s = {'f', ""};
                auto has = [&](const char *w) { return std::find(statement.begin(), statement.end(), w) != statement.end(); };
                if (has("namespace")) { s.kind = 'n'; if (statement.back() != "namespace") s.name = statement.back(); }
                else if (has("extern") && statement.back() == "\"C\"") s.kind = 'x';
                else if ((has("struct") || has("class") || has("union") || has("enum")) && !has("(")) s.kind = 'c';
                scopes.push_back(s);
            }
            if (t == "}" && !scopes.empty()) scopes.pop_back();
            if (t == "{" || t == "}" || t == ";") { statement.clear(); is_template = false; } else statement.push_back(t);
            out += t;
        }
    }
};

// ---- versions
#if FAKE_MAJOR >= 13
API int nvrtcVersion(int *major, int *minor) { *major = 13; *minor = 0; return SUCCESS; }
static const int archs[] = {75, 80, 86, 87, 88, 89, 90, 100, 103, 110, 120, 121};
#else
API int nvrtcVersion(int *major, int *minor) { *major = 12; *minor = 6; return SUCCESS; }
static const int archs[] = {50, 52, 53, 60, 61, 62, 70, 72, 75, 80, 86, 87, 89, 90};
#endif

// ---- options
struct Options { std::vector<std::string> preprocess; std::string standard = "c++17"; bool contract = true, debug = false; int arch = 90; };
static bool parse(const std::vector<std::string> &given, Options &o, std::string &log) {
    for (size_t i = 0; i < given.size(); i++) {
        std::string a = given[i], value;
        size_t eq = a.find('=');
        std::string key = eq == std::string::npos ? a : a.substr(0, eq);
        if (eq != std::string::npos) value = a.substr(eq + 1);
        auto argument = [&] { return eq != std::string::npos ? value : i + 1 < given.size() ? given[++i] : ""; };
        if (key == "--gpu-architecture" || key == "-arch") {
            value = argument();
            int n = 0;
            bool read = sscanf(value.c_str(), "compute_%d", &n) == 1 || sscanf(value.c_str(), "sm_%d", &n) == 1;
            if (!read || std::find(std::begin(archs), std::end(archs), n) == std::end(archs)) { log += "nvrtc: error: invalid value for --gpu-architecture (-arch)\n"; return false; }
            o.arch = n;
        } else if (a.rfind("-D", 0) == 0 || a.rfind("-U", 0) == 0 || a.rfind("-I", 0) == 0) {
            std::string v = a.size() > 2 ? a.substr(2) : i + 1 < given.size() ? given[++i] : "";
            o.preprocess.push_back(a.substr(0, 2) + v);
        } else if (key == "--define-macro") o.preprocess.push_back("-D" + argument());
        else if (key == "--undefine-macro") o.preprocess.push_back("-U" + argument());
        else if (key == "--include-path") o.preprocess.push_back("-I" + argument());
        else if (key == "--pre-include" || key == "-include") { o.preprocess.push_back("-include"); o.preprocess.push_back(argument()); }
        else if (key == "--std" || key == "-std") o.standard = argument();
        else if (key == "--fmad" || key == "-fmad") o.contract = argument() == "true";
        else if (key == "--device-debug" || key == "-G") o.debug = true;
        else if (key == "--maxrregcount" || key == "-maxrregcount" || key == "--ptxas-options" || key == "-Xptxas" || key == "--diag-suppress" || key == "-diag-suppress") argument();
        else {
            static const char *ignored[] = {"--use_fast_math", "-use_fast_math", "--generate-line-info", "-lineinfo", "--restrict", "-restrict", "--device-as-default-execution-space",
                "-default-device", "--relocatable-device-code", "-rdc", "--device-c", "-dc", "--device-w", "-dw", "--ftz", "-ftz", "--prec-sqrt", "-prec-sqrt", "--prec-div", "-prec-div",
                "--extra-device-vectorization", "-extra-device-vectorization", "--disable-warnings", "-w", "--dopt", "-dopt", "--builtin-move-forward", "--builtin-initializer-list",
                "--split-compile", "-split-compile", "--minimal", "-minimal", "--no-source-include", "-no-source-include", "--display-error-number", "--no-display-error-number", "--ptxas-options"};
            bool known = false;
            for (auto *k : ignored) known |= key == k;
            if (!known) { log += "nvrtc: error: unrecognized option " + a + " found\n"; return false; }
        }
    }
    return true;
}

static const std::string &cache_folder() {
    static std::string folder;
    std::lock_guard<std::mutex> guard(lock);
    if (folder.empty()) {
        const char *c = getenv("FAKECUDA_CACHE"), *t = getenv("TMPDIR");
        folder = c && *c ? c : std::string(t && *t ? t : "/tmp") + "/fakecuda-cache-" + std::to_string(getuid());
        make_folders(folder);
    }
    return folder;
}

// The shim headers, and what the compiler keeps of the largest one for these flags: a third of the time of a small kernel.
static std::string shim_folder(const std::string &cache, const std::string &cxx, const std::vector<std::string> &flags) {
    unsigned long long h = 14695981039346656037ull;
    for (auto &s : {cxx, std::string(fk_text_abi), std::string(fk_text_device), std::string(fk_text_fp16), std::string(fk_text_bf16)}) h = hash(s, h);
    for (auto &f : flags) h = hash(f, h);
    char key[32];
    snprintf(key, sizeof key, "/shim-%016llx", h);
    std::string shim = cache + key;
    std::lock_guard<std::mutex> guard(lock);
    if (!access((shim + "/include/fakecuda_device.h").c_str(), R_OK)) return shim;
    std::string work = cache + "/work-XXXXXX";
    if (!mkdtemp(&work[0])) return "";
    make_folders(work + "/src");
    make_folders(work + "/include");
    write_file(work + "/src/abi.h", fk_text_abi);
    write_file(work + "/include/fakecuda_device.h", fk_text_device);
    write_file(work + "/include/cuda_fp16.h", fk_text_fp16);
    write_file(work + "/include/cuda_bf16.h", fk_text_bf16);
    std::vector<std::string> command = flags;
    command.insert(command.begin(), {cxx, "-x", "c++-header"});
    std::string header = work + "/include/fakecuda_device.h";
    command.insert(command.end(), {header, "-o", header + ".gch"});
    run(command, work + "/log");                // without it, the header is read each time
    if (rename(work.c_str(), shim.c_str())) run({"rm", "-rf", work}, "/dev/null");   // another process was first
    return access((shim + "/include/fakecuda_device.h").c_str(), R_OK) ? "" : shim;
}

static int compile(Program &p, const std::vector<std::string> &given) {
    Options o;
    p.log.clear();
    if (!parse(given, o, p.log)) return INVALID_OPTION;
    const char *cxx = getenv("FAKECUDA_CXX"), *extra = getenv("FAKECUDA_CXXFLAGS"), *checks = getenv("FAKECUDA_CHECKS");
    if (!cxx || !*cxx) cxx = "g++";
    if (!extra) extra = "-O2 -march=native";
    if (!checks) checks = "bounds,alignment";

    // what the result depends on names it
    unsigned long long h1 = 14695981039346656037ull, h2 = 1099511628211ull * 7;
    auto add = [&](const std::string &s) { h1 = hash(s, h1); h2 = hash(s, h2 ^ 0x9e3779b97f4a7c15ull); };
    for (auto &s : {p.source, p.name, std::string(cxx), std::string(extra), std::string(checks), std::string(getenv("FAKECUDA_NVCC") ? getenv("FAKECUDA_NVCC") : ""), cpu_flags(), std::string(fk_text_abi), std::string(fk_text_device), std::string(fk_text_fp16), std::string(fk_text_bf16)}) add(s);
    for (auto &s : given) add(s);
    for (auto &h : p.headers) { add(h.first); add(h.second); }
    for (auto &s : p.expressions) add(s);
    char key[40];
    snprintf(key, sizeof key, "%016llx%016llx", h1, h2);
    std::string folder = cache_folder(), so = folder + "/" + key + ".so";

    if (access(so.c_str(), R_OK)) {
        // NVRTC sees no system header, so neither does this
        std::vector<std::string> flags = {"-std=" + o.standard, "-nostdinc", "-w", "-D__CUDA_ARCH__=" + std::to_string(o.arch * 10), "-fPIC", "-g1", "-fno-exceptions", "-fno-rtti",
                                          "-fno-threadsafe-statics", "-fno-math-errno", "-fno-strict-aliasing", "-fno-semantic-interposition", "-fno-gnu-unique",
                                          o.contract ? "-ffp-contract=fast" : "-ffp-contract=off"};
        for (const char *e = extra; *e;) {
            size_t l = strcspn(e, " ");
            if (l) flags.push_back(std::string(e, l));
            e += l + (e[l] ? 1 : 0);
        }
        if (o.debug) flags.push_back("-O0");
        if (*checks) flags.insert(flags.end(), {std::string("-fsanitize=") + checks, "-fsanitize-undefined-trap-on-error"});
        std::string shim = shim_folder(folder, cxx, flags);
        if (shim.empty()) { p.log = "nvrtc: no folder for temporary files\n"; return INTERNAL_ERROR; }

        std::string work = folder + "/work-XXXXXX";
        if (!mkdtemp(&work[0])) { p.log = "nvrtc: no folder for temporary files\n"; return INTERNAL_ERROR; }
        make_folders(work + "/user");
        for (auto &h : p.headers) {
            size_t slash = h.first.rfind('/');
            if (slash != std::string::npos) make_folders(work + "/user/" + h.first.substr(0, slash));
            write_file(work + "/user/" + h.first, h.second);
        }
        write_file(work + "/source.cu", "#line 1 " + quote(p.name) + "\n" + p.source + "\n");
        auto fail = [&](int code) {
            std::string text = read_file(work + "/log");
            for (std::string from : {work + "/user/", work + "/", shim + "/include/"}) for (size_t i; (i = text.find(from)) != std::string::npos;) text.erase(i, from.size());
            p.log += text;
            run({"rm", "-rf", work}, "/dev/null");
            return code;
        };
        std::vector<std::string> command = flags;
        command.insert(command.begin(), {cxx, "-x", "c++", "-E", "-fpch-preprocess", "-include", shim + "/include/fakecuda_device.h", "-I" + shim + "/include", "-I" + work + "/user"});
        command.insert(command.end(), o.preprocess.begin(), o.preprocess.end());
        command.insert(command.end(), {work + "/source.cu", "-o", work + "/source.ii"});
        if (run(command, work + "/log")) return fail(COMPILATION);

        // with FAKECUDA_NVCC=nvcc, the real compiler must take it too; what ptxas says of registers goes to the log
        if (const char *nvcc = getenv("FAKECUDA_NVCC"); nvcc && *nvcc) {
            std::vector<std::string> real = {nvcc, "-cubin", "-arch=sm_" + std::to_string(std::max(o.arch, 75)), "-std=" + o.standard, "-Xptxas", "-v", "-I" + work + "/user"};
            real.insert(real.end(), o.preprocess.begin(), o.preprocess.end());
            real.insert(real.end(), {work + "/source.cu", "-o", work + "/source.cubin"});
            if (run(real, work + "/log")) return fail(COMPILATION);
            p.log += read_file(work + "/log");
        }

        std::string text = read_file(work + "/source.ii");
        Rewriter r(text);
        r.run();
        r.out += "\n# 1 \"fakecuda-table\"\nstatic const fk_kernel fk_table[] = {\n";
        size_t n = 0;
        for (auto &k : r.kernels) { r.out += "fk::entry(" + quote(k) + ", &::" + k + "),\n"; n++; }
        for (auto &e : p.expressions) {
            std::string name = e[0] == '&' ? e.substr(1) : e;
            if (std::find(r.kernels.begin(), r.kernels.end(), name) != r.kernels.end()) continue;
            r.out += "fk::entry(" + quote(e) + ", &" + name + "),\n";
            n++;
        }
        r.out += "{0,0,0,0,0,0,0}};\n";
        std::string ranges;
        for (int i = 0; i < r.shared_count; i++) {
            std::string b = "__start_fk_shared_" + std::to_string(i), e = "__stop_fk_shared_" + std::to_string(i);
            r.out += "extern \"C\" char " + b + "[] __attribute__((weak, visibility(\"hidden\"))), " + e + "[] __attribute__((weak, visibility(\"hidden\")));\n";
            ranges += "{" + b + ", " + e + "}, ";
        }
        r.out += "static const fk_range fk_shared_ranges[] = {" + ranges + "{0, 0}};\nextern \"C\" { extern const fk_module " FK_STR(FK_MODULE_SYMBOL) "; const fk_module " FK_STR(FK_MODULE_SYMBOL) " = {" +
                 std::to_string(FK_ABI) + ", &fk_s, &fk_v, fk_table, " + std::to_string(n) + ", fk_shared_ranges, " + std::to_string(r.shared_count) + ", " + quote(p.name) + ", " + quote(so) + "}; }\n";
        write_file(work + "/kernels.ii", r.out);

        command = flags;
        command.insert(command.begin(), {cxx, "-x", "c++-cpp-output", "-c"});
        command.insert(command.end(), {work + "/kernels.ii", "-o", work + "/kernels.o"});
        if (run(command, work + "/log")) return fail(COMPILATION);
        // The linker alone takes a quarter of what the compiler takes to start it; what it leaves undefined, the process has.
        std::string made = work + "/kernels.so";
        void *test = run({"ld", "-shared", "-Bsymbolic", work + "/kernels.o", "-o", made}, work + "/log") ? nullptr : dlopen(made.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (test) dlclose(test);
        else if (run({cxx, "-shared", "-nodefaultlibs", work + "/kernels.o", "-o", made, "-Wl,-Bsymbolic", "-lm", "-lc", "-lgcc"}, work + "/log")) return fail(COMPILATION);
        rename(made.c_str(), so.c_str());
        run({"rm", "-rf", work}, "/dev/null");
    }

    void *library = dlopen(so.c_str(), RTLD_NOW | RTLD_LOCAL);
    auto *m = library ? (const fk_module *)dlsym(library, FK_STR(FK_MODULE_SYMBOL)) : nullptr;
    if (!m) { p.log += std::string("nvrtc: ") + (library ? "not a module" : dlerror()) + "\n"; return COMPILATION; }
    p.ptx = "//\n// Made by FakeCUDA's NVRTC for the host processor: no PTX for a GPU\n// fakecuda-module: " + so + "\n//\n.version 8.5\n.target sm_" + std::to_string(o.arch) + "\n.address_size 64\n";
    for (unsigned i = 0; i < m->kernel_count; i++) {
        Dl_info d;
        const fk_kernel &k = m->kernels[i];
        std::string name = dladdr(k.function, &d) && d.dli_saddr == k.function ? d.dli_sname : k.expression;
        p.lowered[k.expression] = name;
        p.ptx += ".visible .entry " + name + "()\n";
    }
    dlclose(library);
    p.module = read_file(so);
    p.compiled = true;
    return SUCCESS;
}

// ---- the API
API int nvrtcGetNumSupportedArchs(int *n) { *n = (int)(sizeof archs / sizeof *archs); return SUCCESS; }
API int nvrtcGetSupportedArchs(int *a) { memcpy(a, archs, sizeof archs); return SUCCESS; }
API const char *nvrtcGetErrorString(int e) {
    static const char *text[] = {"NVRTC_SUCCESS", "NVRTC_ERROR_OUT_OF_MEMORY", "NVRTC_ERROR_PROGRAM_CREATION_FAILURE", "NVRTC_ERROR_INVALID_INPUT", "NVRTC_ERROR_INVALID_PROGRAM",
        "NVRTC_ERROR_INVALID_OPTION", "NVRTC_ERROR_COMPILATION", "NVRTC_ERROR_BUILTIN_OPERATION_FAILURE", "NVRTC_ERROR_NO_NAME_EXPRESSIONS_AFTER_COMPILATION",
        "NVRTC_ERROR_NO_LOWERED_NAMES_BEFORE_COMPILATION", "NVRTC_ERROR_NAME_EXPRESSION_NOT_VALID", "NVRTC_ERROR_INTERNAL_ERROR"};
    return e >= 0 && e < (int)(sizeof text / sizeof *text) ? text[e] : "NVRTC_ERROR unknown";
}
API int nvrtcCreateProgram(Program **out, const char *source, const char *name, int n, const char *const *headers, const char *const *names) {
    if (!out || !source || n < 0) return INVALID_INPUT;
    auto *p = new Program;
    p->source = source;
    p->name = name && *name ? name : "default_program";
    for (int i = 0; i < n; i++) p->headers[names[i]] = headers[i];
    *out = p;
    return SUCCESS;
}
API int nvrtcDestroyProgram(Program **p) { if (!p || !*p) return INVALID_PROGRAM; delete *p; *p = nullptr; return SUCCESS; }
API int nvrtcAddNameExpression(Program *p, const char *e) { if (!p || !e || !*e) return INVALID_INPUT; if (p->compiled) return 8; p->expressions.push_back(e); return SUCCESS; }
API int nvrtcCompileProgram(Program *p, int n, const char *const *options) {
    if (!p) return INVALID_PROGRAM;
    std::vector<std::string> given;
    for (int i = 0; i < n; i++) given.push_back(options[i]);
    return compile(*p, given);
}
API int nvrtcGetLoweredName(Program *p, const char *e, const char **name) {
    if (!p) return INVALID_PROGRAM;
    if (!p->compiled) return NO_LOWERED_NAMES_YET;
    std::string key = e[0] == '&' && !p->lowered.count(e) ? e + 1 : e;
    auto it = p->lowered.find(key);
    if (it == p->lowered.end()) return NAME_NOT_VALID;
    *name = it->second.c_str();
    return SUCCESS;
}
static int size_of(Program *p, const std::string &s, size_t zero, size_t *n) { if (!p || !n) return INVALID_INPUT; *n = s.size() + zero; return SUCCESS; }
API int nvrtcGetPTXSize(Program *p, size_t *n) { return !p || !p->compiled ? INVALID_PROGRAM : size_of(p, p->ptx, 1, n); }
API int nvrtcGetPTX(Program *p, char *to) { if (!p || !p->compiled) return INVALID_PROGRAM; memcpy(to, p->ptx.c_str(), p->ptx.size() + 1); return SUCCESS; }
API int nvrtcGetCUBINSize(Program *p, size_t *n) { return !p || !p->compiled ? INVALID_PROGRAM : size_of(p, p->module, 0, n); }
API int nvrtcGetCUBIN(Program *p, char *to) { if (!p || !p->compiled) return INVALID_PROGRAM; memcpy(to, p->module.data(), p->module.size()); return SUCCESS; }
API int nvrtcGetProgramLogSize(Program *p, size_t *n) { return p ? size_of(p, p->log, 1, n) : INVALID_PROGRAM; }
API int nvrtcGetProgramLog(Program *p, char *to) { if (!p) return INVALID_PROGRAM; memcpy(to, p->log.c_str(), p->log.size() + 1); return SUCCESS; }
#define ABSENT(name) API int name##Size(Program *, size_t *n) { if (n) *n = 0; return INVALID_PROGRAM; } API int name(Program *, char *) { return INVALID_PROGRAM; }
#if FAKE_MAJOR < 13
ABSENT(nvrtcGetNVVM)                                    // gone in CUDA 13
#endif
ABSENT(nvrtcGetLTOIR) ABSENT(nvrtcGetOptiXIR)
