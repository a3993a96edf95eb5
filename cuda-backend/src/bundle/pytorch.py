"""pytorch.py TENREC_JSON OUT_JSON TF32: the works that Tenrec timed, by PyTorch in eager mode on the same GPU.

Each run ends with a synchronization, operands of products lie on the device and batches come from the host, as in
Tenrec's. TF32 is true or false, for products and convolutions alike.
"""
import json
import re
import statistics
import sys
import time

import torch
from torch import nn

ROUNDS, ENOUGH, WARM = 7, 0.1, 20
gpu = torch.device("cuda:0")


def matmul(shape, dtype):
    batch, sizes, turned = re.fullmatch(r"(?:(\d+)\*)?([\dx]+?)(?:-([nt][nt]))?", shape).groups()
    sizes = [int(s) for s in sizes.split("x")]
    m, k, n = sizes if len(sizes) == 3 else sizes * 3
    lead = [int(batch)] if batch else []

    def operand(rows, columns, transposed):
        stored = torch.randn(*lead, *((columns, rows) if transposed else (rows, columns)), device=gpu).to(dtype)
        return stored.transpose(-2, -1) if transposed else stored

    turned = turned or "nn"
    left, right = operand(m, k, turned[0] == "t"), operand(k, n, turned[1] == "t")
    return lambda: torch.matmul(left, right)


class Characters(nn.Module):
    def __init__(self):
        super().__init__()
        self.table, self.lstm, self.out = nn.Embedding(96, 128), nn.LSTM(128, 256, batch_first=True), nn.Linear(256, 96)

    def forward(self, x):
        return self.out(self.lstm(self.table(x))[0]).reshape(-1, 96)


def training(kind, batch):
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
    network = network.to(gpu)
    adam = torch.optim.Adam(network.parameters(), lr=1e-3)

    def step():
        loss = nn.functional.cross_entropy(network(inputs.to(gpu)), labels.to(gpu))
        adam.zero_grad(set_to_none=True)
        loss.backward()
        adam.step()
        return loss.item()

    return step


def measure(work):
    for _ in range(WARM):
        work()
    torch.cuda.synchronize()
    rounds = []
    for _ in range(ROUNDS):
        start, runs = time.perf_counter(), 0
        while time.perf_counter() - start < ENOUGH:
            work()
            torch.cuda.synchronize()
            runs += 1
        rounds.append((time.perf_counter() - start) / runs)
    return statistics.median(rounds) * 1e6


def main():
    source, target, tf32 = sys.argv[1:]
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = tf32 == "true"
    micros = {}
    with open(source) as file:
        names = json.load(file)["microseconds"]
    for name in names:
        words = name.split()
        types = {"matmul": torch.float32, "matmul-bf16": torch.bfloat16}
        work = matmul(words[1], types[words[0]]) if words[0] in types else training(words[1], int(words[2]))
        micros[name] = measure(work)
        print(f"{name:24} {micros[name]:12.1f} us", flush=True)
    with open(target, "w") as file:
        text = {"library": "PyTorch " + torch.__version__, "device": torch.cuda.get_device_name(), "tf32": tf32}
        json.dump({**text, "microseconds": micros}, file, separators=(",", ":"))


main()
