package dev.tenrec.gpu;

/**
 * The languages programs are written in. Both are C; what differs is in a prelude of macros, so that the text after it
 * is the same.
 */
public enum Dialect {
    /** OpenCL C 1.2. */
    OPENCL("""
        #pragma OPENCL FP_CONTRACT OFF
        typedef float f32;
        typedef int i32;
        typedef long i64;
        typedef uchar u8;
        typedef ushort u16;
        typedef uint u32;
        typedef ulong u64;
        #define KERNEL(X, Y) __kernel __attribute__((reqd_work_group_size(X, Y, 1)))
        #define GLOBAL __global
        #define SHARED __local
        #define ALIGNED __attribute__((aligned(16)))
        #define BARRIER() barrier(CLK_LOCAL_MEM_FENCE)
        #define ITEM_X ((u32)get_local_id(0))
        #define ITEM_Y ((u32)get_local_id(1))
        #define GROUP_X ((u32)get_group_id(0))
        #define GROUP_Y ((u32)get_group_id(1))
        #define GROUP_Z ((u32)get_group_id(2))
        #define FUNCTION inline
        #define BITS_F32(x) as_int(x)
        #define F32_BITS(x) as_float(x)
        #define MUL_HIGH(a, b) mul_hi((u32)(a), (u32)(b))
        #define FIRST_SET(p, v) (atomic_cmpxchg((volatile GLOBAL int *)(p), 0, v) == 0)
        """, """
            #pragma OPENCL EXTENSION cl_khr_fp64 : enable
            typedef double f64;
            #define BITS_F64(x) as_long(x)
            #define F64_BITS(x) as_double(x)
            """),

    /** CUDA C, as NVRTC compiles it without any header. Without contraction it needs {@code --fmad=false}. */
    CUDA("""
        typedef float f32;
        typedef int i32;
        typedef long long i64;
        typedef unsigned char u8;
        typedef unsigned short u16;
        typedef unsigned int u32;
        typedef unsigned long long u64;
        #define KERNEL(X, Y) extern "C" __global__ __launch_bounds__(X * Y)
        #define GLOBAL
        #define SHARED __shared__
        #define ALIGNED __align__(16)
        #define BARRIER() __syncthreads()
        #define ITEM_X (threadIdx.x)
        #define ITEM_Y (threadIdx.y)
        #define GROUP_X (blockIdx.x)
        #define GROUP_Y (blockIdx.y)
        #define GROUP_Z (blockIdx.z)
        #define FUNCTION static __device__ __forceinline__
        #define BITS_F32(x) __float_as_int(x)
        #define F32_BITS(x) __int_as_float(x)
        #define MUL_HIGH(a, b) __umulhi(a, b)
        #define FIRST_SET(p, v) (atomicCAS((int *)(p), 0, v) == 0)
        """, """
            typedef double f64;
            #define BITS_F64(x) __double_as_longlong(x)
            #define F64_BITS(x) __longlong_as_double(x)
            """);

    private final String prelude;
    private final String doubles;

    Dialect(String prelude, String doubles) {
        this.prelude = prelude;
        this.doubles = doubles;
    }

    /**
     * Returns what every program begins with.
     *
     * @param fp64 whether the program computes in F64
     * @return types and macros
     */
    String prelude(boolean fp64) {
        return fp64 ? prelude + doubles : prelude;
    }
}
