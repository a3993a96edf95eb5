package dev.tenrec.gpu;

/**
 * A program's text.
 *
 * @param name what it is for, in a few words; no part of its identity
 * @param text the source with its prelude
 */
public record ProgramSource(String name, String text) {}
