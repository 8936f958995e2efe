#!/usr/bin/env python3
"""Photos of 1000 x 1000 px for the load tests' origin, out of the shipped templates' own: each in several crops, drawn by the program.

    photos.py PROGRAM FOLDER
"""
import json
import subprocess
import sys
from pathlib import Path

PHOTOS = Path(__file__).resolve().parents[2] / "templates"
SOURCES = ["product-sale/rows/photos/bridge.jpg", "product-ad/rows/photos/citrus.jpg", "product-ad/rows/photos/bee.webp",
           "product-ad/rows/photos/dandelion.jpg", "collage/rows/photos/coffee.png", "collage/rows/photos/cat.png"]
CROPS = ["0% 0%", "50% 50%", "100% 100%", "30% 70%"]
# What 1000 x 1000 product photos weigh: 100 to 300 kB.
LEAST, MOST = 100_000, 300_000


def draw(program, source, crop, quality, to):
    template = {"templrender": 1, "name": "photo", "size": [1000, 1000], "fields": {"photo": {"type": "image", "required": True}},
                "output": {"format": "jpeg", "quality": quality},
                "layers": [{"type": "image", "src": "{{ photo }}", "width": 1000, "height": 1000, "object-fit": "cover", "object-position": crop}]}
    file = to.with_suffix(".json")
    file.write_text(json.dumps(template))
    subprocess.run([program, "render", file, "--root", source.parent, "--row", json.dumps({"photo": str(source)}), "-o", to], check=True,
                   stderr=subprocess.DEVNULL)
    file.unlink()
    return to.stat().st_size


def main(program, folder):
    program, folder = Path(program).resolve(), Path(folder).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    made = 0
    for source in SOURCES:
        for number, crop in enumerate(CROPS):
            to = folder / f"{Path(source).stem}-{number}.jpg"
            if to.exists():
                made += 1
                continue
            new = folder / f"{Path(source).stem}-{number}.new.jpg"
            # The quality that gives a photo of a usual weight.
            low, high = 30, 98
            while low < high:
                quality = (low + high) // 2
                weight = draw(program, PHOTOS / source, crop, quality, new)
                if weight < LEAST + (made * 37 % 100) * (MOST - LEAST) // 100:
                    low = quality + 1
                else:
                    high = quality
            new.rename(to)
            made += 1
    print(f"{made} photos in {folder}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
