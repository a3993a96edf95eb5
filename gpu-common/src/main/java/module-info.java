/** What GPU backends share: kernels rendered as C, launch geometry, transfers, and the cache of built programs. */
module dev.tenrec.gpu {
    requires transitive dev.tenrec.core;

    exports dev.tenrec.gpu;
}
