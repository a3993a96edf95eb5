package dev.tenrec.examples.lecture;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;

/** A program of the lecture. */
@FunctionalInterface
interface Lesson {
    /**
     * Computes and tells how.
     *
     * @param out where the working is printed
     * @param folder where pictures go; it exists
     * @throws IOException if a picture cannot be written
     */
    void run(PrintWriter out, Path folder) throws IOException;
}
