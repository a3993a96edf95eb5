package dev.tenrec.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestInputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Set;

/**
 * Libraries out of jars, in a folder that only the user may write. A file is written under another name and renamed, so
 * that processes may share the folder; what lies there already is used only if its content is that of the jar.
 */
final class NativeFiles {

    /** The system property that names the folder; by default it is the user's folder for caches. */
    static final String PROPERTY = "tenrec.cuda.natives";

    /** Up to here a file is compared with what is in the jar; of a larger one with the hash from when it was written. */
    private static final long COMPARED = 64L << 20;

    private static final int BUFFER = 1 << 16;

    private static final Set<PosixFilePermission> OTHERS =
            EnumSet.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);

    private final Path folder;

    /** Creates the folder if it is not there; fails if others may write to it. */
    NativeFiles(Path folder) throws IOException {
        boolean posix = folder.getFileSystem().supportedFileAttributeViews().contains("posix");
        if (posix) {
            Files.createDirectories(
                    folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            if (Files.getPosixFilePermissions(folder, LinkOption.NOFOLLOW_LINKS).stream()
                    .anyMatch(OTHERS::contains)) {
                throw new IOException(folder + " may be written by others");
            }
        } else {
            Files.createDirectories(folder);
        }
        this.folder = folder;
    }

    /** The folder that the system property asks for, made if need be. */
    static NativeFiles standard() throws IOException {
        String wanted = System.getProperty(PROPERTY, "");
        String caches = System.getenv("XDG_CACHE_HOME");
        Path root = !wanted.isEmpty()
                ? Path.of(wanted)
                : caches != null && !caches.isEmpty()
                        ? Path.of(caches, "tenrec", "natives")
                        : Path.of(System.getProperty("user.home"), ".cache", "tenrec", "natives");
        return new NativeFiles(root.toAbsolutePath());
    }

    Path folder() {
        return folder;
    }

    /** Writes a file out of a jar unless it is there already, and returns where it is. */
    Path unpack(URL resource, String name) throws IOException {
        Path file = folder.resolve(name);
        Path note = folder.resolve(name + ".sha256");
        URLConnection connection = resource.openConnection();
        connection.setUseCaches(false);
        try (InputStream in = connection.getInputStream()) {
            long size = connection.getContentLengthLong();
            if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                    && Files.size(file) == size
                    && Arrays.equals(hash(file), size <= COMPARED ? hash(in) : noted(note))) {
                return file;
            }
        }
        Path temporary = Files.createTempFile(folder, "new", ".tmp");
        try {
            MessageDigest digest = sha256();
            try (InputStream in = resource.openStream();
                    OutputStream out = new DigestOutputStream(Files.newOutputStream(temporary), digest)) {
                in.transferTo(out);
            }
            Files.writeString(note, HexFormat.of().formatHex(digest.digest()));
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(temporary);
        }
        return file;
    }

    private static byte[] noted(Path note) throws IOException {
        try {
            return Files.isRegularFile(note)
                    ? HexFormat.of().parseHex(Files.readString(note).strip())
                    : new byte[0];
        } catch (IllegalArgumentException _) {
            return new byte[0];
        }
    }

    private static byte[] hash(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return hash(in);
        }
    }

    private static byte[] hash(InputStream in) throws IOException {
        MessageDigest digest = sha256();
        byte[] buffer = new byte[BUFFER];
        try (DigestInputStream all = new DigestInputStream(in, digest)) {
            while (all.read(buffer) >= 0) {
                // The digest is taken on the way.
            }
        }
        return digest.digest();
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
