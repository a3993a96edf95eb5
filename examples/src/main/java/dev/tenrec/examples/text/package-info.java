/**
 * Examples that learn from a text: {@link dev.tenrec.examples.text.CharLm} writes it on with an LSTM or a GRU.
 *
 * <p>{@link dev.tenrec.examples.text.Corpus} is the text, six books that are in the public domain.
 */
package dev.tenrec.examples.text;
