// Draws maps, points, weights and losses on canvases. Knows nothing of the server.

const FIRST = [8, 100, 168];
const MIDDLE = [244, 244, 244];
const SECOND = [214, 92, 0];
/** How much of its colour a map takes at most, so that points stand out. */
const STRENGTH = 0.62;
export const EDGE = 6;

/** Colours of -127 .. 127: orange, light, blue; as the GIF's. */
const COLOURS = Array.from({ length: 255 }, (_, i) => {
  const value = (i - 127) / 127;
  const end = value >= 0 ? FIRST : SECOND;
  return MIDDLE.map((from, j) => Math.round(from + STRENGTH * Math.abs(value) * (end[j] - from)));
});

/** Bytes in base 64 to signed numbers. */
export function decode(text) {
  return Int8Array.from(atob(text), (c) => c.charCodeAt(0));
}

/** An image of a square map, a pixel a number. */
function image(map, discrete) {
  const side = Math.round(Math.sqrt(map.length));
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(side, side);
  for (let i = 0; i < map.length; i++) {
    const value = discrete ? (map[i] >= 0 ? 127 : -127) : Math.max(-127, map[i]);
    pixels.data.set(COLOURS[value + 127], 4 * i);
    pixels.data[4 * i + 3] = 255;
  }
  context.putImageData(pixels, 0, 0);
  return canvas;
}

/** Draws a map over all of a canvas. */
export function drawMap(canvas, map, discrete = false) {
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = "high";
  context.drawImage(image(map, discrete), 0, 0, canvas.width, canvas.height);
}

/** Draws the colours from -1 to 1. */
export function drawScale(canvas) {
  const context = canvas.getContext("2d");
  for (let i = 0; i < canvas.width; i++) {
    context.fillStyle = `rgb(${COLOURS[Math.floor((i * COLOURS.length) / canvas.width)].join()})`;
    context.fillRect(i, 0, 1, canvas.height);
  }
}

/** Draws points; those for testing with a dark rim. */
export function drawPoints(canvas, points, test) {
  const context = canvas.getContext("2d");
  const scale = canvas.width / (2 * EDGE);
  const radius = canvas.width / 95;
  for (const [x1, x2, label] of points) {
    context.beginPath();
    context.arc((x1 + EDGE) * scale, (EDGE - x2) * scale, radius, 0, 2 * Math.PI);
    context.fillStyle = `rgb(${(label ? FIRST : SECOND).join()})`;
    context.strokeStyle = test ? "#1c2530" : "#ffffff";
    context.lineWidth = canvas.width / 300;
    context.fill();
    context.stroke();
  }
}

/** Writes what the axes are. */
export function drawAxes(canvas) {
  const context = canvas.getContext("2d");
  const size = canvas.width;
  context.strokeStyle = "#0003";
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(size / 2, 0);
  context.lineTo(size / 2, size);
  context.moveTo(0, size / 2);
  context.lineTo(size, size / 2);
  context.stroke();
  context.font = `600 ${size / 24}px system-ui, sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineWidth = size / 110;
  context.lineJoin = "round";
  const at = size / 32;
  for (const [text, x, y] of [["x₁", size - 1.2 * at, size / 2 - at], ["x₂", size / 2 + at, at],
    ["−6", 1.3 * at, size / 2 + at], ["6", size - at, size / 2 + at]]) {
    context.strokeStyle = "#fffc";
    context.strokeText(text, x, y);
    context.fillStyle = "#1c2530";
    context.fillText(text, x, y);
  }
}

/** Gives a canvas the pixels that it has on the screen. */
function fit(canvas) {
  const ratio = window.devicePixelRatio || 1;
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Draws weights as lines: layers[i] are the canvases before weights[i], layers[i + 1] those behind. */
export function drawWires(canvas, layers, weights) {
  const { context } = fit(canvas);
  const origin = canvas.getBoundingClientRect();
  const first = css("--first");
  const second = css("--second");
  context.lineCap = "round";
  const boxes = layers.map((layer) => layer.map((unit) => unit.getBoundingClientRect()));
  weights.forEach((matrix, l) => matrix.forEach((row, i) => row.forEach((weight, j) => {
    const from = boxes[l]?.[i];
    const to = boxes[l + 1]?.[j];
    if (!from || !to) {
      return;
    }
    const size = Math.abs(weight ?? 0);
    const x1 = from.right - origin.left;
    const y1 = from.top + from.height / 2 - origin.top;
    const x2 = to.left - origin.left;
    const y2 = to.top + to.height / 2 - origin.top;
    context.strokeStyle = weight >= 0 ? first : second;
    context.globalAlpha = Math.min(0.9, 0.16 + 0.5 * size);
    context.lineWidth = Math.min(9, 0.6 + 2.4 * size);
    context.beginPath();
    context.moveTo(x1, y1);
    const bend = (x2 - x1) / 2;
    context.bezierCurveTo(x1 + bend, y1, x2 - bend, y2, x2, y2);
    context.stroke();
  })));
  context.globalAlpha = 1;
}

/** The least of 1, 2, 5 times a power of ten that is not below a number. */
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((factor) => factor * power).find((round) => round >= value * 0.9999);
}

/** Draws losses, [[epoch, training, test], ...]. */
export function drawLosses(canvas, history) {
  const { context, width, height } = fit(canvas);
  const left = 34;
  const bottom = height - 18;
  const top = 6;
  const most = roundUp(Math.max(0.1, ...history.map(([, train, test]) => Math.max(train, test))));
  const last = Math.max(1, history.at(-1)?.[0] ?? 1);
  const y = (loss) => bottom - ((bottom - top) * loss) / most;
  const x = (epoch) => left + ((width - left - 6) * epoch) / last;
  context.font = "12px system-ui, sans-serif";
  context.fillStyle = css("--quiet");
  context.strokeStyle = css("--edge");
  context.textBaseline = "middle";
  context.textAlign = "right";
  for (const part of [0, 0.5, 1]) {
    context.fillText(String(Number((part * most).toPrecision(2))), left - 6, y(part * most));
    context.beginPath();
    context.moveTo(left, y(part * most));
    context.lineTo(width - 6, y(part * most));
    context.stroke();
  }
  context.textBaseline = "alphabetic";
  context.fillText(String(last), width - 6, height - 2);
  context.textAlign = "left";
  context.fillText("0", left, height - 2);
  context.lineWidth = 2;
  context.lineJoin = "round";
  for (const [column, colour] of [[2, "--test"], [1, "--train"]]) {
    context.strokeStyle = css(colour);
    context.beginPath();
    history.forEach((point, i) => context[i ? "lineTo" : "moveTo"](x(point[0]), y(point[column])));
    context.stroke();
  }
}
