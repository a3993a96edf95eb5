package dev.tenrec.gpu;

/** Built programs that outlive the process. */
interface ProgramCache {

    /** Keeps nothing. */
    ProgramCache NONE = new ProgramCache() {
        @Override
        public byte[] find(String source) {
            return new byte[0];
        }

        @Override
        public void store(String source, byte[] binary) {
            // Nothing is kept.
        }

        @Override
        public void remove(String source) {
            // Nothing is kept.
        }
    };

    /** Returns the program of a source, empty if it is not known. */
    byte[] find(String source);

    /** Remembers a program; an empty one is not kept. */
    void store(String source, byte[] binary);

    /** Forgets a program. */
    void remove(String source);
}
