package dev.tenrec.opencl;

/**
 * PoCL reads a header of 900 kB, with the declarations of all of OpenCL's functions, before each program: 200 of the
 * 230 ms that a small kernel takes. With the header's guard defined it is skipped, and programs declare the few functions
 * that they call.
 */
final class BuiltinHeader {

    /** The option that skips the header. */
    static final String OPTION = " -D_OPENCL_H_";

    /** What rendered kernels call, on one line so that the compiler's line numbers differ by one. */
    static final String DECLARATIONS = declarations();

    /** A program that shows whether this works here. */
    static final String PROBE = DECLARATIONS + """
        __kernel __attribute__((reqd_work_group_size(2, 1, 1))) void probe(__global float *x, __global int *n) {
          __local float shared[2];
          const uint i = (uint)get_group_id(0) * 2 + (uint)get_local_id(0);
          shared[get_local_id(0)] = fma(x[i], sqrt(x[i]), fabs(floor(x[i]) + ceil(x[i]) + rint(x[i])));
          barrier(CLK_LOCAL_MEM_FENCE);
          if (atomic_cmpxchg((volatile __global int *)n, 0, 1) == 0) x[i] = fmod(shared[1 - get_local_id(0)], 3.0f);
          x[i] += exp(x[i]) + log(x[i]) + sin(x[i]) + cos(x[i]) + tanh(x[i]) + erf(x[i]) + pow(x[i], 2.0f);
          n[i] = (int)mul_hi((uint)i, (uint)7) + as_int(x[i]);
          float own[8];
          vstore8(fma((float8)(x[i]), (float8)(3), (float8)(1)), 0, own);
          x[i] = own[min(i, (uint)7)] + vload8(0, own).s0;
        }
        """;

    private BuiltinHeader() {}

    private static String declarations() {
        String pure = "__attribute__((overloadable, const)) ";
        StringBuilder text = new StringBuilder();
        text.append("size_t ").append(pure).append("get_group_id(uint); ");
        text.append("size_t ").append(pure).append("get_local_id(uint); ");
        text.append("uint ").append(pure).append("mul_hi(uint, uint); ");
        text.append("uint ").append(pure).append("min(uint, uint); ");
        text.append("void __attribute__((overloadable, convergent)) barrier(cl_mem_fence_flags); ");
        text.append("int __attribute__((overloadable)) atomic_cmpxchg(volatile __global int *, int, int); ");
        for (String type : new String[] {"float", "double"}) {
            text.append(type.equals("double") ? "\n#ifdef cl_khr_fp64\n" : "");
            for (String name :
                    new String[] {"sqrt", "fabs", "floor", "ceil", "rint", "exp", "log", "sin", "cos", "tanh", "erf"}) {
                text.append("%1$s %2$s%3$s(%1$s); ".formatted(type, pure, name));
            }
            text.append("%1$s %2$spow(%1$s, %1$s); %1$s %2$sfmod(%1$s, %1$s); ".formatted(type, pure));
            text.append("%1$s %2$sfma(%1$s, %1$s, %1$s); ".formatted(type, pure));
            int lanes = type.equals("float") ? 8 : 4;
            String vector = type + lanes;
            text.append("%1$s %2$sfma(%1$s, %1$s, %1$s); ".formatted(vector, pure));
            text.append("%s __attribute__((overloadable, pure)) vload%d(size_t, const __private %s *); "
                    .formatted(vector, lanes, type));
            text.append("void __attribute__((overloadable)) vstore%d(%s, size_t, __private %s *); "
                    .formatted(lanes, vector, type));
        }
        return text.append("\n#endif\n").toString();
    }
}
