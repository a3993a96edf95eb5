package dev.tenrec.gpu;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

/**
 * Built programs as files, one each, named by a hash of source, device, driver and format. A file is written under
 * another name and renamed, so that several processes may share a folder; one that is damaged is removed and built anew.
 * The least recently used go when together they are larger than the limit. Whatever goes wrong with files costs time
 * only.
 *
 * <p>The system property {@value #PROPERTY} names the folder; {@code off} keeps nothing.
 */
final class DiskProgramCache implements ProgramCache {

    static final String PROPERTY = "tenrec.gpu.cache";

    /** Of what a file holds and of how sources are built; raised when either changes. */
    private static final int FORMAT = 1;

    private static final long LIMIT_BYTES = 256L << 20;
    private static final int HASH_BYTES = 32;
    private static final String SUFFIX = ".program";
    private static final AtomicBoolean WARNED = new AtomicBoolean();

    private final Path folder;
    private final String identity;
    private final long limitBytes;
    private long written = Long.MAX_VALUE / 2;

    DiskProgramCache(Path folder, DeviceInfo info, Dialect dialect, long limitBytes) {
        this.folder = folder;
        this.identity = String.join("\n", "" + FORMAT, dialect.name(), info.name(), info.version(), "");
        this.limitBytes = limitBytes;
    }

    /** The cache that the system property asks for: by default in the user's folder for caches. */
    static ProgramCache standard(DeviceInfo info, Dialect dialect) {
        String wanted = System.getProperty(PROPERTY, "");
        if (wanted.equals("off")) {
            return NONE;
        }
        String caches = System.getenv("XDG_CACHE_HOME");
        Path folder = !wanted.isEmpty()
                ? Path.of(wanted)
                : caches != null && !caches.isEmpty()
                        ? Path.of(caches, "tenrec")
                        : Path.of(System.getProperty("user.home"), ".cache", "tenrec");
        return new DiskProgramCache(folder, info, dialect, LIMIT_BYTES);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private Path file(String source) {
        MessageDigest digest = sha256();
        digest.update(identity.getBytes(StandardCharsets.UTF_8));
        byte[] hash = digest.digest(source.getBytes(StandardCharsets.UTF_8));
        return folder.resolve(HexFormat.of().formatHex(hash) + SUFFIX);
    }

    @Override
    public byte[] find(String source) {
        Path file = file(source);
        try {
            if (!Files.isRegularFile(file)) {
                return new byte[0];
            }
            byte[] all = Files.readAllBytes(file);
            if (all.length > HASH_BYTES) {
                byte[] binary = Arrays.copyOfRange(all, HASH_BYTES, all.length);
                if (Arrays.equals(sha256().digest(binary), Arrays.copyOf(all, HASH_BYTES))) {
                    Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
                    return binary;
                }
            }
            Files.deleteIfExists(file);
        } catch (IOException | SecurityException e) {
            warn(e);
        }
        return new byte[0];
    }

    @Override
    public void store(String source, byte[] binary) {
        if (binary.length == 0) {
            return;
        }
        Path temporary = null;
        try {
            Files.createDirectories(folder);
            temporary = Files.createTempFile(folder, "new", ".tmp");
            ByteBuffer content = ByteBuffer.allocate(HASH_BYTES + binary.length);
            content.put(sha256().digest(binary)).put(binary);
            Files.write(temporary, content.array());
            Files.move(temporary, file(source), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            trim(content.capacity());
        } catch (FileAlreadyExistsException _) {
            // Another process stored the same program.
            delete(temporary);
        } catch (IOException | SecurityException e) {
            delete(temporary);
            warn(e);
        }
    }

    @Override
    public void remove(String source) {
        delete(file(source));
    }

    private static void delete(Path file) {
        try {
            if (file != null) {
                Files.deleteIfExists(file);
            }
        } catch (IOException | SecurityException e) {
            warn(e);
        }
    }

    /** Looks at the folder at the first store, and whenever an eighth of the limit was written. */
    private synchronized void trim(long bytes) throws IOException {
        written += bytes;
        if (written < limitBytes / 8) {
            return;
        }
        written = 0;
        record Entry(Path path, long size, FileTime used) {}
        List<Entry> entries = new ArrayList<>();
        long total = 0;
        try (Stream<Path> paths = Files.list(folder)) {
            for (Path path : (Iterable<Path>) paths::iterator) {
                String name = path.getFileName().toString();
                if (name.endsWith(SUFFIX) || name.endsWith(".tmp")) {
                    try {
                        long size = Files.size(path);
                        entries.add(new Entry(path, size, Files.getLastModifiedTime(path)));
                        total += size;
                    } catch (IOException _) {
                        // Another process removed it meanwhile.
                    }
                }
            }
        }
        entries.sort(Comparator.comparing(Entry::used));
        for (Entry entry : entries) {
            if (total <= limitBytes) {
                return;
            }
            Files.deleteIfExists(entry.path);
            total -= entry.size;
        }
    }

    private static void warn(Exception e) {
        if (WARNED.compareAndSet(false, true)) {
            System.getLogger("dev.tenrec")
                    .log(
                            System.Logger.Level.WARNING,
                            "Built GPU programs cannot be kept for the next start: " + e
                                    + ". Choose another folder with -D" + PROPERTY + "=FOLDER, or off");
        }
    }
}
