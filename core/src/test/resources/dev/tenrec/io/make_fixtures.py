"""Makes the fixtures in this folder, independently of Tenrec: safetensors with struct and json alone, npy and npz with
NumPy. Run in this folder: python3 make_fixtures.py

Element i of every tensor is i * 0.5 - 2 (floats), i * 3 - 5 (signed integers), i * 7 mod 256 (U8), i mod 3 = 0 (BOOL).
"""

import json
import struct

import numpy as np

SHAPE = [2, 3, 4]
COUNT = 24


def values(dtype, count=COUNT):
    if dtype == "U8":
        return [i * 7 % 256 for i in range(count)]
    if dtype == "BOOL":
        return [i % 3 == 0 for i in range(count)]
    if dtype[0] == "I":
        return [i * 3 - 5 for i in range(count)]
    return [i * 0.5 - 2 for i in range(count)]


FORMATS = {"F64": "d", "I64": "q", "F32": "f", "I32": "i", "F16": "e", "U8": "B", "BOOL": "?"}


def encode(dtype, count=COUNT):
    if dtype == "BF16":
        return b"".join(struct.pack("<f", v)[2:] for v in values(dtype, count))
    return b"".join(struct.pack("<" + FORMATS[dtype], v) for v in values(dtype, count))


def write(path, header, data, padding):
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode() + padding
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def ordered():
    """All types, the widest first, a scalar, an empty tensor, names beyond ASCII, padded to 8 bytes."""
    tensors = [
        ("double", "F64", SHAPE),
        ("long", "I64", SHAPE),
        ("empty", "F64", [0, 5]),
        ("float", "F32", SHAPE),
        ("int", "I32", SHAPE),
        ("scalar", "F32", []),
        ("bf16", "BF16", SHAPE),
        ("half", "F16", SHAPE),
        ("größe.重み.🦔", "U8", SHAPE),
        ('quote " backslash \\ slash / tab \t', "BOOL", SHAPE),
    ]
    header = {"__metadata__": {"format": "pt", "übung": "ja \"nein\""}}
    data = b""
    for name, dtype, shape in tensors:
        part = encode(dtype, int(np.prod(shape)))
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(part)]}
        data += part
    size = len(json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode())
    write("ordered.safetensors", header, data, b" " * (-size % 8))


def shuffled():
    """A header in another order than the data, fields in another order, data at odd addresses, no padding."""
    first, second = encode("BOOL", 3), encode("F32", 6)
    header = {
        "second": {"data_offsets": [3, 27], "shape": [2, 3], "dtype": "F32"},
        "first": {"shape": [3], "data_offsets": [0, 3], "dtype": "BOOL"},
    }
    size = len(json.dumps(header, separators=(",", ":")))
    write("shuffled.safetensors", header, first + second, b" " * (1 if size % 8 == 0 else 0))


def array(dtype):
    names = {"F64": "f8", "I64": "i8", "F32": "f4", "I32": "i4", "F16": "f2", "U8": "u1", "BOOL": "?"}
    return np.array(values(dtype), dtype=names[dtype]).reshape(SHAPE)


def npy():
    for dtype in FORMATS:
        np.save(dtype.lower() + ".npy", array(dtype))
        swapped = array(dtype).astype(array(dtype).dtype.newbyteorder(">"))
        np.save(dtype.lower() + "-big-fortran.npy", np.asfortranarray(swapped))
    np.save("fortran.npy", np.asfortranarray(array("F32")))
    np.save("big.npy", array("F32").astype(">f4"))
    np.save("scalar.npy", np.float32(-2))
    np.save("vector.npy", np.array(values("F32", 5), dtype="f4"))
    np.save("empty.npy", np.zeros((0, 5), dtype="f4"))
    for version in [(2, 0), (3, 0)]:
        with open("version%d.npy" % version[0], "wb") as file:
            np.lib.format.write_array(file, array("I32"), version=version)


def npz():
    np.savez("stored.npz", **{"w": array("F32"), "größe": array("I64"), "f": np.asfortranarray(array("F64"))})
    np.savez_compressed("deflated.npz", **{"w": array("F32"), "größe": array("I64"), "zeros": np.zeros(100000)})


ordered()
shuffled()
npy()
npz()
