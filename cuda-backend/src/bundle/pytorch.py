"""pytorch.py TENREC_JSON OUT_JSON TF32 [DEVICE]: the works that Tenrec timed, by PyTorch on the same GPU.

Training steps are timed in eager mode and as torch.compile makes them. Each run ends with a synchronization, operands
of products and arrays lie on the device and batches come from the host, as in Tenrec's. A copy on the device is timed
beside what memory limits. TF32 is true or false, for products and convolutions alike. DEVICE is cuda:0 unless given;
cpu is for seeing that it works.
"""
import json
import re
import statistics
import sys
import time

import torch
from torch import nn

ROUNDS, ENOUGH, WARM = 7, 0.1, 20
device = torch.device("cuda:0")


def matmul(shape, dtype):
    batch, sizes, turned = re.fullmatch(r"(?:(\d+)\*)?([\dx]+?)(?:-([nt][nt]))?", shape).groups()
    sizes = [int(s) for s in sizes.split("x")]
    m, k, n = sizes if len(sizes) == 3 else sizes * 3
    lead = [int(batch)] if batch else []

    def operand(rows, columns, transposed):
        stored = torch.randn(*lead, *((columns, rows) if transposed else (rows, columns)), device=device).to(dtype)
        return stored.transpose(-2, -1) if transposed else stored

    turned = turned or "nn"
    left, right = operand(m, k, turned[0] == "t"), operand(k, n, turned[1] == "t")
    return lambda: torch.matmul(left, right)


def elementwise(op, elements):
    a, b, c = (torch.rand(elements, device=device) * 8 - 4 for _ in range(3))
    return {
        "add": lambda: a + b,
        "relu": lambda: torch.relu(a),
        "scaled-relu": lambda: torch.relu(a * b + c) * 0.5,
        "gelu-tanh": lambda: nn.functional.gelu(a, approximate="tanh"),
        "copy": lambda: a.clone(),
    }[op]


def reduction(op, rows):
    a = torch.rand(rows, rows, device=device) * 2 - 1
    return {
        "sum": lambda: a.sum(),
        "sum-axis-0": lambda: a.sum(0),
        "sum-axis-1": lambda: a.sum(1),
        "softmax": lambda: torch.softmax(a, 1),
    }[op]


class Characters(nn.Module):
    def __init__(self):
        super().__init__()
        self.table, self.lstm, self.out = nn.Embedding(96, 128), nn.LSTM(128, 256, batch_first=True), nn.Linear(256, 96)

    def forward(self, x):
        return self.out(self.lstm(self.table(x))[0]).reshape(-1, 96)


def training(kind, batch, compiled):
    if kind == "lstm":
        network, classes = Characters(), 96
        inputs, labels = torch.randint(96, (batch, 64)), torch.randint(classes, (batch * 64,))
    elif kind == "cnn":
        network = nn.Sequential(
            nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(1600, 128), nn.ReLU(), nn.Linear(128, 10))
        inputs, labels = torch.rand(batch, 1, 28, 28), torch.randint(10, (batch,))
    else:
        network = nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 256), nn.ReLU(), nn.Linear(256, 10))
        inputs, labels = torch.rand(batch, 784), torch.randint(10, (batch,))
    network = network.to(device)
    adam = torch.optim.Adam(network.parameters(), lr=1e-3)
    forward = torch.compile(network) if compiled else network

    def step():
        loss = nn.functional.cross_entropy(forward(inputs.to(device)), labels.to(device))
        adam.zero_grad(set_to_none=True)
        loss.backward()
        adam.step()
        return loss.item()

    return step


def prepare(name, compiled=False):
    kind, what, *sizes = name.split()
    if kind in ("matmul", "matmul-bf16"):
        return matmul(what, torch.float32 if kind == "matmul" else torch.bfloat16)
    size = int(sizes[0])
    if kind == "train":
        return training(what, size, compiled)
    return elementwise(what, size) if kind == "map" else reduction(what, size)


def synchronize():
    if device.type == "cuda":
        torch.cuda.synchronize()


def measure(work):
    for _ in range(WARM):
        work()
    synchronize()
    rounds = []
    for _ in range(ROUNDS):
        start, runs = time.perf_counter(), 0
        while time.perf_counter() - start < ENOUGH:
            work()
            synchronize()
            runs += 1
        rounds.append((time.perf_counter() - start) / runs)
    return statistics.median(rounds) * 1e6


def main():
    global device
    source, target, tf32, *chosen = sys.argv[1:]
    device = torch.device(chosen[0] if chosen else "cuda:0")
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = tf32 == "true"
    micros, compiled, gigabytes = {}, {}, {}
    with open(source) as file:
        names = list(json.load(file)["microseconds"])
    for size in {name.split()[2] for name in names if name.startswith("map ")}:
        names.append("map copy " + size)
        gigabytes[names[-1]] = 8e-9 * int(size)
    for name in names:
        micros[name] = measure(prepare(name))
        print(f"{name:28} {micros[name]:12.1f} us", flush=True)
        if name.startswith("train "):
            try:
                compiled[name] = measure(prepare(name, compiled=True))
                print(f"{name + ', compiled':28} {compiled[name]:12.1f} us", flush=True)
            except Exception as failure:  # it needs a compiler, and takes not every network
                print(f"{name}: torch.compile cannot: {str(failure).splitlines()[0]}", flush=True)
    with open(target, "w") as file:
        text = {
            "library": "PyTorch " + torch.__version__,
            "device": torch.cuda.get_device_name() if device.type == "cuda" else str(device),
            "tf32": tf32,
        }
        numbers = {"microseconds": micros, "compiled": compiled, "gigabytes": gigabytes}
        json.dump({**text, **numbers}, file, separators=(",", ":"))


main()
