package dev.tenrec.gpu;

import java.util.List;
import java.util.Set;

/** Functions that rendered kernels call; a program holds those it uses. */
enum Helper {
    F16_TO_F32("""
        FUNCTION f32 f16_to_f32(u16 h) {
          u32 sign = (u32)(h & 0x8000) << 16;
          u32 x = h & 0x7FFF;
          if (x >= 0x7C00) return F32_BITS((i32)(sign | 0x7F800000 | (x & 0x3FF) << 13));
          if (x < 0x0400) return F32_BITS((i32)((u32)BITS_F32((f32)x * 0x1p-24f) | sign));
          return F32_BITS((i32)(sign | ((x << 13) + 0x38000000)));
        }
        """),
    F32_TO_F16("""
        FUNCTION u16 f32_to_f16(f32 v) {
          u32 x = (u32)BITS_F32(v);
          u32 sign = x >> 16 & 0x8000;
          x &= 0x7FFFFFFF;
          if (x > 0x7F800000) return (u16)(sign | 0x7E00);
          if (x >= 0x477FF000) return (u16)(sign | 0x7C00);
          if (x < 0x33000001) return (u16)sign;
          if (x < 0x38800000) {
            u32 by = 126 - (x >> 23);
            u32 m = (x & 0x7FFFFF) | 0x800000;
            u32 r = m >> by;
            u32 rest = m & ((1u << by) - 1);
            u32 half_ulp = 1u << (by - 1);
            return (u16)(sign | (r + (rest > half_ulp || (rest == half_ulp && (r & 1)) ? 1 : 0)));
          }
          u32 r = x - 0x38000000;
          return (u16)(sign | ((r + 0xFFF + (r >> 13 & 1)) >> 13));
        }
        """),
    BF16_TO_F32("""
        FUNCTION f32 bf16_to_f32(u16 h) {
          return F32_BITS((i32)((u32)h << 16));
        }
        """),
    F32_TO_BF16("""
        FUNCTION u16 f32_to_bf16(f32 v) {
          u32 x = (u32)BITS_F32(v);
          if (v != v) return (u16)(x >> 16 | 0x40);
          return (u16)((x + 0x7FFF + (x >> 16 & 1)) >> 16);
        }
        """),
    // Rounds so that rounding again to fewer bits gives what one rounding would: an inexact result is odd.
    F64_TO_ODD("""
        FUNCTION f32 f64_to_odd(f64 v) {
          f32 near = (f32)v;
          if (v != v || (f64)near == v) return near;
          i32 bits = BITS_F32(near);
          return F32_BITS((fabs((f64)near) > fabs(v) ? bits - 1 : bits) | 1);
        }
        """),
    I64_TO_ODD("""
        FUNCTION f32 i64_to_odd(i64 v) {
          u64 m = v < 0 ? 0 - (u64)v : (u64)v;
          i32 e = 127;
          while (m >> 24) { m = (m >> 1) | (m & 1); e++; }
          f32 r = (f32)(u32)m * F32_BITS(e << 23);
          return v < 0 ? -r : r;
        }
        """),
    F32_TO_I32("""
        FUNCTION i32 f32_to_i32(f32 v) {
          if (v != v) return 0;
          if (v >= 2147483648.0f) return 2147483647;
          if (v < -2147483648.0f) return (-2147483647 - 1);
          return (i32)v;
        }
        """),
    F32_TO_I64("""
        FUNCTION i64 f32_to_i64(f32 v) {
          if (v != v) return 0;
          if (v >= 9223372036854775808.0f) return 9223372036854775807;
          if (v < -9223372036854775808.0f) return (-9223372036854775807 - 1);
          return (i64)v;
        }
        """),
    F32_TO_U8("""
        FUNCTION i32 f32_to_u8(f32 v) {
          if (!(v > 0.0f)) return 0;
          return v >= 255.0f ? 255 : (i32)v;
        }
        """),
    F64_TO_I32("""
        FUNCTION i32 f64_to_i32(f64 v) {
          if (v != v) return 0;
          if (v >= 2147483647.0) return 2147483647;
          if (v <= -2147483648.0) return (-2147483647 - 1);
          return (i32)v;
        }
        """),
    F64_TO_I64("""
        FUNCTION i64 f64_to_i64(f64 v) {
          if (v != v) return 0;
          if (v >= 9223372036854775808.0) return 9223372036854775807;
          if (v < -9223372036854775808.0) return (-9223372036854775807 - 1);
          return (i64)v;
        }
        """),
    F64_TO_U8("""
        FUNCTION i32 f64_to_u8(f64 v) {
          if (!(v > 0.0)) return 0;
          return v >= 255.0 ? 255 : (i32)v;
        }
        """),
    // A divisor of 0 or -1 traps on some processors even where the quotient is not used.
    DIV_I32("""
        FUNCTION i32 div_i32(i32 a, i32 b) {
          i32 q = a / (b == 0 || b == -1 ? 1 : b);
          return b == 0 ? 0 : b == -1 ? (i32)(0u - (u32)a) : q;
        }
        """),
    DIV_I64("""
        FUNCTION i64 div_i64(i64 a, i64 b) {
          i64 q = a / (b == 0 || b == -1 ? 1 : b);
          return b == 0 ? 0 : b == -1 ? (i64)(0 - (u64)a) : q;
        }
        """),
    REM_I32("""
        FUNCTION i32 rem_i32(i32 a, i32 b) {
          i32 r = a % (b == 0 || b == -1 ? 1 : b);
          return b == 0 || b == -1 ? 0 : r;
        }
        """),
    REM_I64("""
        FUNCTION i64 rem_i64(i64 a, i64 b) {
          i64 r = a % (b == 0 || b == -1 ? 1 : b);
          return b == 0 || b == -1 ? 0 : r;
        }
        """),
    // CUDA only, compute capability 8.0 and newer. A compiler that is not NVIDIA's defines the two names of a macro and
    // brings its own. To nearest, ties away from zero.
    ROUND_TF32("""
        #ifndef ROUND_TF32
        FUNCTION f32 round_tf32(f32 v) {
          i32 bits;
          asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(v));
          return F32_BITS(bits);
        }
        #endif
        """),
    // By a whole warp: c, 16 by 8, plus a, 16 by 8, times b, 8 by 8.
    MULTIPLY_TF32("""
        #ifndef MULTIPLY_TF32
        FUNCTION void multiply_tf32(f32 *c, const f32 *a, const f32 *b) {
          asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32"
              " {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
              : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
              : "r"(BITS_F32(a[0])), "r"(BITS_F32(a[1])), "r"(BITS_F32(a[2])), "r"(BITS_F32(a[3])),
                "r"(BITS_F32(b[0])), "r"(BITS_F32(b[1])));
        }
        #endif
        """);

    private static final Set<Helper> DOUBLES = Set.of(F64_TO_ODD, F64_TO_I32, F64_TO_I64, F64_TO_U8);

    /** All in the order of their definition, in which none calls a later one. */
    static final List<Helper> ALL = List.of(values());

    private final String text;

    Helper(String text) {
        this.text = text;
    }

    String text() {
        return text;
    }

    boolean usesDoubles() {
        return DOUBLES.contains(this);
    }
}
