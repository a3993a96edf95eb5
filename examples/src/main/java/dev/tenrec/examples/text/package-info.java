/**
 * Examples that learn from a text: {@link dev.tenrec.examples.text.CharLm} writes it on with an LSTM or a GRU,
 * {@link dev.tenrec.examples.text.TransformerLm} with a transformer, {@link dev.tenrec.examples.text.WindowLm} with a window of words, and
 * {@link dev.tenrec.examples.text.TextCnn} tells its books apart.
 *
 * <p>{@link dev.tenrec.examples.text.Corpus} is the text, six books that are in the public domain.
 */
package dev.tenrec.examples.text;
