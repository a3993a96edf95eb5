package dev.tenrec.examples.playground;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {
    private static Settings read(String json) {
        return Settings.of(Json.readObject(json.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void whatIsMissingHasItsDefault() {
        Settings settings = read("{\"data\": \"spiral\", \"features\": [\"sin(x2)\", \"x1\"], \"learningRate\": 1}");
        assertEquals(DataSet.SPIRAL, settings.data());
        assertEquals(List.of(Feature.X1, Feature.SIN_X2), settings.features());
        assertEquals(List.of(4, 2), settings.layers());
        assertEquals(1, settings.learningRate());
        assertEquals(Rule.SGD, settings.optimizer());
    }

    @Test
    void limitsThemselvesAreAccepted() {
        Settings least = read("{\"noise\": 0, \"layers\": [], \"learningRate\": 1e-6, \"batchSize\": 1, \"seed\": 0}");
        assertTrue(least.layers().isEmpty());
        Settings most = read("{\"noise\": 50, \"layers\": [8,8,8,8,8,8], \"learningRate\": 10, \"batchSize\": 250,"
                + " \"seed\": 2147483647, \"regularisationRate\": 10}");
        assertEquals(6, most.layers().size());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "null",
                "{",
                "{} {}",
                "{\"noise\": 1, \"noise\": 2}",
                "{\"noise\": NaN}",
                "{\"noise\": 01}",
                "{\"unknown\": 1}",
                "{\"data\": \"SPIRAL\"}",
                "{\"data\": null}",
                "{\"data\": 1}",
                "{\"noise\": -1}",
                "{\"noise\": 51}",
                "{\"noise\": 2.5}",
                "{\"noise\": \"1\"}",
                "{\"noise\": 1e30}",
                "{\"noise\": 99999999999999999999}",
                "{\"features\": []}",
                "{\"features\": \"x1\"}",
                "{\"features\": [\"x1\", \"x1\"]}",
                "{\"features\": [\"x3\"]}",
                "{\"features\": [1]}",
                "{\"layers\": [1,1,1,1,1,1,1]}",
                "{\"layers\": [0]}",
                "{\"layers\": [9]}",
                "{\"layers\": [1.5]}",
                "{\"layers\": [[1]]}",
                "{\"layers\": 3}",
                "{\"layers\": {}}",
                "{\"activation\": \"step\"}",
                "{\"optimizer\": \"\"}",
                "{\"learningRate\": 0}",
                "{\"learningRate\": -1}",
                "{\"learningRate\": 11}",
                "{\"learningRate\": 1e999}",
                "{\"learningRate\": \"1\"}",
                "{\"learningRate\": true}",
                "{\"regularisation\": \"l3\"}",
                "{\"regularisationRate\": -0.1}",
                "{\"batchSize\": 0}",
                "{\"batchSize\": 251}",
                "{\"seed\": -1}",
                "{\"seed\": 2147483648}",
                "{\"data\": [[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]}"
            })
    void whatIsWrongIsRefusedWithAReason(String json) {
        Refused refused = assertThrows(Refused.class, () -> read(json));
        assertEquals(400, refused.status());
        Map<String, Object> told = Json.readObject(refused.json());
        assertEquals(List.of("error", "expected", "given", "hint"), List.copyOf(told.keySet()));
        told.values().forEach(text -> assertFalse(((String) text).isBlank()));
    }

    @Test
    void numbersThatAreNotFiniteAreRefused() {
        for (double value : new double[] {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}) {
            assertThrows(Refused.class, () -> Settings.of(Map.of("learningRate", value)));
            assertThrows(Refused.class, () -> Settings.of(Map.of("regularisationRate", value)));
        }
    }

    @Test
    void longValuesAreNotRepeated() {
        Refused refused = assertThrows(Refused.class, () -> read("{\"data\": \"" + "x".repeat(5000) + "\"}"));
        assertTrue(refused.getMessage().length() < 250, refused::getMessage);
    }

    @Test
    void trainingGoesOnOnlyWithTheSameNetwork() {
        Settings settings = read("{}");
        assertTrue(settings.continues(read("{\"learningRate\": 0.1, \"batchSize\": 3, \"regularisation\": \"l2\"}")));
        for (String other : List.of(
                "{\"data\": \"xor\"}",
                "{\"noise\": 5}",
                "{\"features\": [\"x1\"]}",
                "{\"layers\": [4]}",
                "{\"activation\": \"relu\"}",
                "{\"optimizer\": \"adam\"}",
                "{\"seed\": 2}")) {
            assertFalse(settings.continues(read(other)), other);
        }
    }
}
