"""Small PNGs written and read with the standard library alone: what the tests' photos are, and what colour a pixel of an answer has."""

import random
import struct
import zlib

RED, GREEN, BLUE, WHITE = (255, 0, 0, 255), (0, 255, 0, 255), (0, 0, 255, 255), (255, 255, 255, 255)
MAGIC = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, rgba):
    """A picture of one colour."""
    line = b"\0" + bytes(rgba[:3]) * width
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return MAGIC + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(line * height)) + chunk(b"IEND", b"")


def noise(width, height):
    """A picture that does not get shorter."""
    draw = random.Random(width * height)
    lines = b"".join(b"\0" + draw.randbytes(3 * width) for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return MAGIC + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")


def damaged(width, height):
    """A picture whose head is right and whose pixels cannot be unpacked: it is found when it is drawn."""
    whole = bytearray(noise(width, height))
    at = whole.index(b"IDAT") + 4
    (length,) = struct.unpack(">I", whole[at - 8 : at - 4])
    body = whole[at : at + length // 2] + bytes(255 - byte for byte in whole[at + length // 2 : at + length])
    return bytes(whole[: at - 8]) + chunk(b"IDAT", bytes(body)) + chunk(b"IEND", b"")


def padded(picture, size):
    """The same picture with so many bytes, in a chunk that no reader knows."""
    room = size - len(picture) - 12
    if room < 0:
        raise ValueError(f"a picture of {len(picture)} bytes cannot be padded to {size}")
    end = len(picture) - 12
    return picture[:end] + chunk(b"teSt", bytes(room)) + picture[end:]


def pixel(picture, x, y):
    """The colour of a pixel of a PNG of 1 to 8 bits a sample, not interlaced."""
    if not picture.startswith(MAGIC):
        raise ValueError(f"no PNG: {picture[:16]!r}")
    at, data, palette, clear = 8, b"", b"", b""
    head = None
    while at < len(picture):
        (length,), kind = struct.unpack(">I", picture[at : at + 4]), picture[at + 4 : at + 8]
        body = picture[at + 8 : at + 8 + length]
        if zlib.crc32(kind + body) != struct.unpack(">I", picture[at + 8 + length : at + 12 + length])[0]:
            raise ValueError(f"a damaged chunk {kind}")
        if kind == b"IHDR":
            head = struct.unpack(">IIBBBBB", body)
        data += body if kind == b"IDAT" else b""
        palette = body if kind == b"PLTE" else palette
        clear = body if kind == b"tRNS" else clear
        at += 12 + length
    width, height, bits, color, _, _, interlaced = head
    if interlaced or bits > 8 or not (0 <= x < width and 0 <= y < height):
        raise ValueError(f"cannot read ({x}, {y}) of {head}")
    row = _row(zlib.decompress(data), y, width, bits, CHANNELS[color])
    if bits == 8:
        sample = row[x * CHANNELS[color] : (x + 1) * CHANNELS[color]]
    else:
        # Less than 8 bits: one channel.
        value = row[x * bits // 8] >> (8 - bits - x * bits % 8) & (1 << bits) - 1
        sample = bytes([value if color == 3 else value * 255 // ((1 << bits) - 1)])
    if color == 3:
        index = sample[0]
        return (*palette[3 * index : 3 * index + 3], clear[index] if index < len(clear) else 255)
    if color in (0, 4):
        return (sample[0],) * 3 + (sample[1] if color == 4 else 255,)
    return (*sample[:3], sample[3] if color == 6 else 255)


def _row(raw, wanted, width, bits, channels):
    stride, step = (width * bits * channels + 7) // 8, max(1, bits * channels // 8)
    before = bytes(stride)
    for y in range(wanted + 1):
        start = y * (stride + 1)
        how, line = raw[start], bytearray(raw[start + 1 : start + 1 + stride])
        for i in range(stride if how else 0):
            left = line[i - step] if i >= step else 0
            corner = before[i - step] if i >= step else 0
            line[i] = line[i] + (left, before[i], (left + before[i]) // 2, _paeth(left, before[i], corner))[how - 1] & 255
        before = line
    return before


def _paeth(a, b, c):
    guess = a + b - c
    return min((abs(guess - a), 0, a), (abs(guess - b), 1, b), (abs(guess - c), 2, c))[2]
