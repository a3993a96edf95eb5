package dev.tenrec.testkit.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.OutOfDeviceMemory;
import dev.tenrec.memory.BufferPool;
import dev.tenrec.memory.PoolStatistics;
import dev.tenrec.memory.Scope;
import dev.tenrec.memory.Storage;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PoolTest extends DeviceTest {

    private BufferPool pool;

    @BeforeEach
    void pool() {
        pool = device.context().pool();
    }

    @Test
    void reusesBestFitWithinTwiceTheSize() {
        Storage a = pool.allocate(1024);
        Storage b = pool.allocate(1536);
        a.release();
        b.release();
        assertEquals(2560, pool.statistics().cachedBytes());
        Storage best = pool.allocate(1000);
        assertEquals(1024, best.buffer().byteSize());
        Storage next = pool.allocate(1000);
        assertEquals(1536, next.buffer().byteSize());
        Storage fresh = pool.allocate(1000);
        assertEquals(1024, fresh.buffer().byteSize());
        assertEquals(3, pool.statistics().deviceAllocations());
        best.release();
        next.release();
        fresh.release();
    }

    @Test
    void doesNotWasteMoreThanTwoPagesOrHalf() {
        pool.allocate(256).release();
        Storage small = pool.allocate(64);
        assertEquals(64, small.buffer().byteSize());
        pool.allocate(1 << 20).release();
        Storage large = pool.allocate((1 << 20) - 3 * 4096);
        assertEquals((1 << 20) - 3 * 4096, large.buffer().byteSize());
        Storage near = pool.allocate((1 << 20) - 4096);
        assertEquals(1 << 20, near.buffer().byteSize());
        small.release();
        large.release();
        near.release();
    }

    @Test
    void releasesLeastRecentlyUsedToStayWithinTheLimit() {
        pool.setLimit(10_240);
        Storage[] parts = new Storage[3];
        for (int i = 0; i < 3; i++) {
            parts[i] = pool.allocate(2048 + 64 * i);
        }
        parts[1].release();
        parts[0].release();
        parts[2].release();
        Storage big = pool.allocate(5120);
        // 2112, given back first, had to go; the others fit.
        assertEquals(2048 + 2176, pool.statistics().cachedBytes());
        assertEquals(5120 + 2048 + 2176, device.backend().liveBytes());
        big.release();
    }

    @Test
    void countsRequestsAndPeak() {
        Storage a = pool.allocate(64);
        Storage b = pool.allocate(1);
        a.release();
        PoolStatistics now = pool.statistics();
        assertEquals(64, now.liveBytes());
        assertEquals(128, now.peakBytes());
        assertEquals(64, now.cachedBytes());
        assertEquals(2, now.requests());
        assertEquals(2, now.deviceAllocations());
        pool.resetPeak();
        assertEquals(64, pool.statistics().peakBytes());
        b.release();
        pool.releaseCache();
        assertEquals(0, device.backend().liveBuffers());
    }

    @Test
    void storageGivenBackTwiceIsAnError() {
        Storage a = pool.allocate(64);
        a.release();
        assertThrows(IllegalStateException.class, a::release);
        assertThrows(IllegalStateException.class, a::retain);
        assertEquals(0, pool.statistics().liveBytes());
    }

    @Test
    void outOfMemorySaysWhatIsHeldAndWorkGoesOn() {
        pool.setLimit(64L << 20);
        Scope.run(() -> {
            Tensor held = Tensor.zeros(1 << 20).materialize();
            Tensor other = Tensor.zeros(1 << 20).materialize();
            Tensor small = Tensor.zeros(16).materialize();
            OutOfDeviceMemory error = assertThrows(
                    OutOfDeviceMemory.class, () -> Tensor.zeros(16 << 20).materialize());
            assertEquals("""
                allocate: out of memory on reference:0
                  requested 67,108,864 bytes
                  free      58,720,192 bytes
                  live      8,388,672 bytes
                  cached    0 bytes
                  limit     67,108,864 bytes
                  largest   2 x 4,194,304, 1 x 64
                  hint: use a smaller batch, close tensors with a Scope, or raise the limit (-Dtenrec.memory.limit)\
                """, error.getMessage());
            assertEquals(64 << 20, error.requestedBytes());
            assertEquals(3, held.add(other).add(small.sum()).add(3).max().item());
        });
        Scope.run(() -> assertEquals(0, Tensor.zeros(15 << 18).sum().item()));
    }

    @Test
    void cacheMakesRoom() {
        pool.setLimit(1 << 20);
        for (int size = 1; size < 240; size += 7) {
            int thousands = size;
            Scope.run(() -> Tensor.zeros(1000L * thousands).materialize());
        }
        assertTrue(pool.statistics().cachedBytes() <= 1 << 20);
    }

    @Test
    void sizesBeyondEveryMemoryAreOutOfMemory() {
        Tensor live = Tensor.zeros(1).materialize();
        assertThrows(OutOfDeviceMemory.class, () -> pool.allocate(Long.MAX_VALUE));
        assertThrows(OutOfDeviceMemory.class, () -> pool.allocate(Long.MAX_VALUE - 64));
        assertThrows(
                OutOfDeviceMemory.class,
                () -> Tensor.zeros(DType.F64, Shape.of(1L << 31, 1L << 31)).materialize());
        assertEquals(1, live.add(1).item());
    }

    @Test
    void limitIsChecked() {
        InvalidArgument error = assertThrows(InvalidArgument.class, () -> pool.setLimit(0));
        assertEquals("""
            memory limit: not above 0
              expected bytes above 0
              given    0\
            """, error.getMessage());
    }
}
