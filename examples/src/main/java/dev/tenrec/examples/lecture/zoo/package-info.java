/**
 * A zoo of networks, each trained in seconds in one short file: {@link dev.tenrec.examples.lecture.zoo.Zoo} lists them.
 */
package dev.tenrec.examples.lecture.zoo;
