package dev.tenrec.benchmarks;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Says what a benchmark class computes and who computes it. Methods of one name with the same parameters in classes of
 * the same work are compared with each other.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
@interface Workload {

    /** {@return what is computed} */
    Work value();

    /** {@return the library that computes it; empty for Tenrec, whose backend is a parameter} */
    String library() default "";

    /** {@return what the library needs; {@link PeerSetup} itself for nothing} */
    Class<? extends PeerSetup> setup() default PeerSetup.class;
}
