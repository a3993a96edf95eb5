package dev.tenrec.benchmarks;

/** What the machine can do at this moment. */
interface Pace {

    /** Nothing to compare with. */
    Pace NONE = new Pace() {
        @Override
        public double rate() {
            return 0;
        }

        @Override
        public String label() {
            return "";
        }

        @Override
        public String unit() {
            return "";
        }
    };

    /** {@return the rate right now, in {@link #unit}} */
    double rate();

    /** {@return what runs} */
    String label();

    /** {@return of the rate} */
    String unit();
}
