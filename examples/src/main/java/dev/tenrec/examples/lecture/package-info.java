/**
 * An introductory lecture on neural networks, executable: {@link dev.tenrec.examples.lecture.Lecture} lists its programs
 * and runs one.
 */
package dev.tenrec.examples.lecture;
