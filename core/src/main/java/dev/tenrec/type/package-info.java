/**
 * The vocabulary that everything else speaks: element types, shapes, layouts of views, devices.
 *
 * <p>Plain immutable values without behaviour of their own beyond arithmetic on sizes and strides. A {@link
 * dev.tenrec.type.Shape} says how many elements there are, a {@link dev.tenrec.type.Layout} where they lie in a buffer.
 *
 * <p>Depends on {@code error}.
 */
package dev.tenrec.type;
