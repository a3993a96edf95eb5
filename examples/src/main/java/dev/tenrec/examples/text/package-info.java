/**
 * Examples that learn from a text: {@link dev.tenrec.examples.text.CharLm} writes it on with an recurrent network,
 * {@link dev.tenrec.examples.text.TransformerLm} with a transformer, {@link dev.tenrec.examples.text.WindowLm}, {@link dev.tenrec.examples.text.RnnLm} and
 * {@link dev.tenrec.examples.text.ConvLm} predict words from a window, by a recurrent network and by convolutions, and
 * {@link dev.tenrec.examples.text.TextCnn} tells its books apart.
 *
 * <p>{@link dev.tenrec.examples.text.Corpus} is the text, six books that are in the public domain.
 */
package dev.tenrec.examples.text;
