package dev.tenrec.memory;

/**
 * What a pool holds and has done.
 *
 * @param liveBytes bytes in use, each buffer counted as it was asked for, rounded up to 64; the buffers may be larger
 * @param peakBytes the most that was ever in use
 * @param cachedBytes bytes given back and kept for the next request
 * @param limitBytes the most that live and cached bytes may be together
 * @param requests buffers asked for
 * @param deviceAllocations buffers that had to be allocated on the device
 */
public record PoolStatistics(
        long liveBytes, long peakBytes, long cachedBytes, long limitBytes, long requests, long deviceAllocations) {}
