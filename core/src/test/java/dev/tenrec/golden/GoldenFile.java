package dev.tenrec.golden;

import dev.tenrec.io.NpzFile;
import dev.tenrec.io.RawTensor;
import dev.tenrec.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;

/** Values that another library computed; the programs that made them are in testkit/src/golden. */
public final class GoldenFile implements AutoCloseable {

    private final Arena arena = Arena.ofConfined();
    private final NpzFile file;

    private GoldenFile(NpzFile file) {
        this.file = file;
    }

    /** Opens a file of the golden resources, such as {@code losses/losses.npz}. */
    public static GoldenFile open(String name) {
        URL url = GoldenFile.class.getResource("/golden/" + name);
        if (url == null) {
            throw new IllegalArgumentException("no golden file " + name);
        }
        try {
            return new GoldenFile(NpzFile.open(Path.of(url.toURI())));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A tensor of the current scope. */
    public Tensor get(String name) {
        try {
            RawTensor raw = file.read(name, arena);
            return Tensor.of(raw.dtype(), raw.shape(), raw.data());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The elements of a tensor. */
    public double[] values(String name) {
        return get(name).toDoubleArray();
    }

    @Override
    public void close() {
        try {
            file.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        arena.close();
    }
}
