#!/usr/bin/env python3
"""Our decoded pixels against Pillow's, for every picture of the corpora that both read.

    mkdir /tmp/dump && TEMPLRENDER_DUMP=/tmp/dump cargo test --test corpus; python3 tests/decode_oracle.py ../shared/corpora /tmp/dump

Prints one line for each picture beyond the bounds (lossless 0; JPEG max 4, mean 0.5; WebP 2) and a table of counts at the end.
"""
import json
import struct
import sys
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

root, dump = Path(sys.argv[1]), Path(sys.argv[2])
counts = Counter()
for entry in json.load(open(root / "MANIFEST.json")):
    ours = dump / entry["path"].replace("/", "__")
    if entry.get("verdict") not in ("decisive", "policy") or not ours.exists():
        continue
    raw = ours.read_bytes()
    width, height = struct.unpack("<II", raw[:8])
    a = np.frombuffer(raw[8:], np.uint8).reshape(height, width, 4).astype(int)
    try:
        picture = Image.open(root / entry["path"])
        form = picture.format
        picture.seek(0)
        if picture.mode.startswith("I;16") or picture.mode == "I":
            b16 = np.asarray(picture).astype(int)
            b = np.dstack([b16 >> 8] * 3 + [np.full(b16.shape, 255)])
        else:
            b = np.asarray(ImageOps.exif_transpose(picture).convert("RGBA")).astype(int)
    except Exception as error:  # Pillow refuses it: nothing to compare with
        counts[entry["verdict"], "pillow refuses"] += 1
        continue
    if a.shape != b.shape:
        print(f"{entry['verdict']:8} {entry['path']}: size {a.shape[:2]} against {b.shape[:2]}")
        counts[form, entry["verdict"], "size"] += 1
        continue
    # what is transparent has no colour, what is nearly so has little
    diff = np.abs(a - b)
    diff[..., :3] = diff[..., :3] * b[..., 3:] // 255
    most, mean = int(diff.max()), float(diff.mean())
    bound, mean_bound = {"JPEG": (4, 0.5), "WEBP": (2, 2), "PNG": (1 if (b[..., 3] % 255).any() else 0, 1)}.get(form, (0, 1))
    ok = most <= bound and mean <= mean_bound
    counts[form, entry["verdict"], "within" if ok else "beyond"] += 1
    if not ok:
        print(f"{entry['verdict']:8} {entry['path']}: max {most} mean {mean:.2f} mode {picture.mode} icc {len(picture.info.get('icc_profile') or b'')} gamma {picture.info.get('gamma')}")
for key, n in sorted(counts.items(), key=str):
    print(n, *key)
