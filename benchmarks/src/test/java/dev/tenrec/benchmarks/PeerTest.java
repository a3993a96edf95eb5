package dev.tenrec.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.benchmarks.work.Predict;
import dev.tenrec.benchmarks.work.Softmax;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PeerTest {

    @ParameterizedTest
    @CsvSource({
        "false, true, false, ''",
        "false, true, true, ''",
        "true, true, false, SKYLAKEX",
        "true, false, false, ''",
        "true, true, true, HASWELL",
        "true, false, true, HASWELL"
    })
    void coreIsForcedWhereOpenBlasIsWrongOrHeldBack(boolean avx512, boolean amd, boolean avx2Only, String core) {
        assertEquals(core, Peer.Tuning.coreType(avx512, amd, avx2Only));
    }

    @Test
    void namesAreThoseOfLibrariesTunedOrPublished() {
        assertEquals(Optional.of(new PeerLaunch(Peer.ND4J, true)), PeerLaunch.find("nd4j"));
        assertEquals(Optional.of(new PeerLaunch(Peer.DJL, false)), PeerLaunch.find("djl-published"));
        assertEquals(Optional.empty(), PeerLaunch.find("cpu"));
    }

    @Test
    void librariesAreAskedForWhatTheyHave() {
        assertFalse(Peer.OPENBLAS.supports(Topic.PREDICT, new Predict()));
        assertTrue(Peer.ONEDNN.supports(Topic.SOFTMAX, new Softmax(Softmax.Op.SOFTMAX, 2, 2)));
        assertFalse(Peer.ONEDNN.supports(Topic.SOFTMAX, new Softmax(Softmax.Op.LOG_SOFTMAX_NLL, 2, 2)));
        assertTrue(Peer.LIBTORCH.supports(Topic.SOFTMAX, new Softmax(Softmax.Op.LOG_SOFTMAX_NLL, 2, 2)));
    }

    /** Whoever depends on Tenrec reads these files. */
    @Test
    void publishedModulesNameNoOtherLibrary() throws Exception {
        Path root = Path.of("..").toAbsolutePath().normalize();
        for (String module : List.of(".", "core", "cpu-backend", "testkit")) {
            String pom = Files.readString(root.resolve(module).resolve("pom.xml"));
            for (String library : List.of("bytedeco", "nd4j", "deeplearning4j", "djl")) {
                assertFalse(pom.contains(library), module + " names " + library);
            }
        }
    }
}
