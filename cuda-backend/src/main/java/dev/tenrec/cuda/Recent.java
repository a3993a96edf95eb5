package dev.tenrec.cuda;

/** The launches since the device was last known to be well, the latest of them by name. A failure names no kernel. */
final class Recent {

    private static final int MOST = 8;

    private final String[] names = new String[MOST];
    private long count;

    synchronized void add(String name) {
        names[(int) (count++ % MOST)] = name;
    }

    synchronized void clear() {
        count = 0;
    }

    /** Says which they were, or nothing if there was none. */
    @Override
    public synchronized String toString() {
        if (count == 0) {
            return "";
        }
        StringBuilder text = new StringBuilder("; launched since the last wait, latest first: ");
        for (long i = count - 1; i >= Math.max(0, count - MOST); i--) {
            text.append(i == count - 1 ? "" : ", ").append(names[(int) (i % MOST)]);
        }
        if (count > MOST) {
            text.append(" and ").append(count - MOST).append(" before");
        }
        return text.append(" (CUDA_LAUNCH_BLOCKING=1 in the environment makes it the latest)")
                .toString();
    }
}
