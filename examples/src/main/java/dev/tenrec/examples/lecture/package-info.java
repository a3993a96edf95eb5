/**
 * An introductory lecture on neural networks, executable: {@link dev.tenrec.examples.lecture.Lecture} lists its programs
 * and runs one, and also those of {@link dev.tenrec.examples.lecture.zoo} and the language models.
 */
package dev.tenrec.examples.lecture;
