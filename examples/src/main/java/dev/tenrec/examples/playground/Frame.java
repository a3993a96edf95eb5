package dev.tenrec.examples.playground;

/**
 * What the page draws at one moment.
 *
 * @param number counts the frames of a session, from 1
 * @param json an object
 */
record Frame(long number, byte[] json) {}
