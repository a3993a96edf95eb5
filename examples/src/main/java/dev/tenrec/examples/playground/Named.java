package dev.tenrec.examples.playground;

import java.util.Arrays;
import java.util.stream.Collectors;

/** A choice with the name that pages and command lines use. */
interface Named {
    /** {@return the name, in lower case} */
    String title();

    /**
     * Finds a choice by its name.
     *
     * @param type the choices
     * @param field what is chosen, for the message
     * @param given the name
     * @param <E> the type of the choices
     * @return the choice
     * @throws Refused if there is none of that name
     */
    static <E extends Enum<E> & Named> E find(Class<E> type, String field, Object given) {
        for (E choice : type.getEnumConstants()) {
            if (choice.title().equals(given)) {
                return choice;
            }
        }
        throw Refused.value(field, "one of " + titles(type), given);
    }

    /**
     * Lists the names of choices.
     *
     * @param type the choices
     * @param <E> the type of the choices
     * @return names, with commas
     */
    static <E extends Enum<E> & Named> String titles(Class<E> type) {
        return Arrays.stream(type.getEnumConstants()).map(Named::title).collect(Collectors.joining(", "));
    }
}
