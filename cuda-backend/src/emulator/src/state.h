// What the parts of the fake libcuda.so.1 share: handles, the state of the process, the order of work.
#pragma once
#include "fake.h"
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

typedef unsigned long long devptr;

// ---- objects. None is ever freed, so that a stale handle is an error and not a crash.
struct Context { bool alive; unsigned flags; int references; };
struct Record { struct Stream *stream; bool done; };      // one time that an event was recorded: later ones do not change what waits for it
struct Event { unsigned magic; bool alive, timing, recorded; std::shared_ptr<Record> record; std::chrono::steady_clock::time_point when; struct Graph *capture; };
typedef std::function<int()> Work;
struct Function;
struct Node { std::vector<Work> work; std::vector<size_t> after; Function *function; int launches; };   // after: nodes that come before it
struct Graph { unsigned magic; bool alive; std::vector<Node> nodes; int mode; bool valid; };
struct Stream { unsigned magic; bool alive; unsigned flags; int priority; std::vector<Work> queue; size_t done; Graph *capture; bool origin; };
struct Function { unsigned magic; struct Module *module; const fk_kernel *kernel; std::string name; int max_dynamic; };
struct Module { unsigned magic; bool alive; int fd; void *library; const fk_module *info; std::map<std::string, Function *> functions; std::vector<void *> globals; };
enum { STREAM = 0x5354524d, EVENT = 0x45564e54, GRAPH = 0x47525048, EXEC = 0x47455843, FUNCTION = 0x46554e43, MODULE = 0x4d4f4455 };

extern std::recursive_mutex lock;
extern bool initialized;
extern Context primary;
extern std::vector<Stream *> streams;
extern Stream null_stream, thread_stream;
extern int sticky;                            // the error that a kernel or a copy left in the context
extern thread_local std::vector<Context *> stack;   // current contexts of this OS thread
extern thread_local bool in_callback;

#define API extern "C" __attribute__((visibility("default")))
#define LOCK() if (in_callback) return NOT_PERMITTED; std::lock_guard<std::recursive_mutex> guard(lock)
#define NEED_INIT() LOCK(); if (!initialized) return NOT_INITIALIZED
#define NEED_CONTEXT() NEED_INIT(); if (stack.empty() || !stack.back()->alive) return INVALID_CONTEXT; if (sticky) return sticky
#define CHECK(e) do { int r_ = (e); if (r_) return r_; } while (0)

Stream *stream_of(void *h);
#define NEED_STREAM(h) Stream *s = stream_of(h); if (!s) return INVALID_HANDLE


// ---- stream order
void keep_error(int error);
void flush(Stream *s);
void flush_until(const Record &r);            // what comes before in its stream, no more
void flush_all();
int after_sync();
int enqueue(Stream *s, Work w);
int not_while_capturing();                    // calls that CUDA forbids during a capture in global mode

// ---- modules.cpp: for launches, and for nodes of graphs
int launch_work(void *function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared, void **parameters, void **extra, Work *work, Function **found);
