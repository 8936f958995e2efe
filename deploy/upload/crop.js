// The crop box: the photo is shown on a canvas, a box is drawn on it, and its left, top, width and height in px of the upright photo go into the form.
"use strict";
const file = document.getElementById("photo");
const stage = document.getElementById("stage");
const canvas = document.getElementById("canvas");
const field = document.getElementById("crop");
const pen = canvas.getContext("2d");
let photo = null; // an Image, which the browser turns upright as its EXIF says
let box = null; // [left, top, width, height] in px of the photo
let from = null; // where a drag began

const clamp = (value, most) => Math.min(Math.max(value, 0), most);

file.addEventListener("change", () => {
  box = from = null;
  field.value = "";
  stage.hidden = true;
  if (!file.files.length) return;
  const url = URL.createObjectURL(file.files[0]);
  const image = new Image();
  image.onload = () => {
    photo = image;
    const scale = Math.min(1, 640 / image.naturalWidth, 640 / image.naturalHeight);
    canvas.width = Math.max(1, Math.round(image.naturalWidth * scale));
    canvas.height = Math.max(1, Math.round(image.naturalHeight * scale));
    stage.hidden = false;
    draw();
    URL.revokeObjectURL(url);
  };
  image.src = url;
});

// A pointer's place in px of the photo.
function place(event) {
  const shown = canvas.getBoundingClientRect();
  return [
    clamp((event.clientX - shown.left) / shown.width, 1) * photo.naturalWidth,
    clamp((event.clientY - shown.top) / shown.height, 1) * photo.naturalHeight,
  ];
}

canvas.addEventListener("pointerdown", (event) => {
  if (!photo) return;
  from = place(event);
  canvas.setPointerCapture(event.pointerId);
});
canvas.addEventListener("pointermove", (event) => {
  if (!from) return;
  const [x, y] = place(event);
  set([Math.min(x, from[0]), Math.min(y, from[1]), Math.abs(x - from[0]), Math.abs(y - from[1])]);
});
canvas.addEventListener("pointerup", () => {
  from = null;
  // A click is no box.
  if (box && (box[2] < 32 || box[3] < 32)) set(null);
});
canvas.addEventListener("keydown", (event) => {
  const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (!by || !photo) return;
  event.preventDefault();
  const [width, height] = [photo.naturalWidth, photo.naturalHeight];
  const step = Math.max(1, Math.round(Math.max(width, height) / 50));
  const [left, top, wide, high] = box || [width / 4, height / 4, width / 2, height / 2];
  if (event.shiftKey) {
    set([left, top, Math.min(Math.max(wide + by[0] * step, 32), width - left), Math.min(Math.max(high + by[1] * step, 32), height - top)]);
  } else {
    set([clamp(left + by[0] * step, width - wide), clamp(top + by[1] * step, height - high), wide, high]);
  }
});

function set(found) {
  box = found;
  field.value = box ? box.map((value) => Math.round(value)).join(" ") : "";
  draw();
}

function draw() {
  const scale = canvas.width / photo.naturalWidth;
  pen.drawImage(photo, 0, 0, canvas.width, canvas.height);
  if (!box) return;
  const [left, top, width, height] = box.map((value) => value * scale);
  pen.fillStyle = "rgb(0 0 0 / 50%)";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(photo, box[0], box[1], box[2], box[3], left, top, width, height);
  pen.strokeStyle = "#fff";
  pen.lineWidth = 2;
  pen.strokeRect(left, top, width, height);
}
