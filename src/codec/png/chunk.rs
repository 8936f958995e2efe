//! The chunks of a PNG file as it is written.

use crate::pixel::Frame;

/// A whole file: signature, header, these chunks (empty ones left out), end.
pub(super) fn file(frame: &Frame, depth: u8, color: u8, chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut out = Vec::with_capacity(chunks.iter().map(|(_, data)| data.len() + 12).sum::<usize>() + 64);
    out.extend_from_slice(b"\x89PNG\r\n\x1a\n");
    let mut header = [frame.width().to_be_bytes(), frame.height().to_be_bytes()].concat();
    header.extend_from_slice(&[depth, color, 0, 0, 0]);
    put(&mut out, b"IHDR", &header);
    for (name, data) in chunks.iter().filter(|(_, data)| !data.is_empty()) {
        put(&mut out, name, data);
    }
    put(&mut out, b"IEND", &[]);
    out
}

fn put(out: &mut Vec<u8>, name: &[u8; 4], data: &[u8]) {
    out.extend_from_slice(&(data.len() as u32).to_be_bytes());
    out.extend_from_slice(name);
    out.extend_from_slice(data);
    out.extend_from_slice(&(!crc(crc(!0, name), data)).to_be_bytes());
}

/// The checksum's next state for each byte, 0 to 7 bytes further on.
static TABLES: [[u32; 256]; 8] = {
    let mut tables = [[0; 256]; 8];
    let mut i = 0;
    while i < 256 {
        let mut c = i as u32;
        let mut bit = 0;
        while bit < 8 {
            c = if c & 1 == 1 { 0xedb8_8320 ^ c >> 1 } else { c >> 1 };
            bit += 1;
        }
        tables[0][i] = c;
        i += 1;
    }
    let mut t = 1;
    while t < 8 {
        let mut i = 0;
        while i < 256 {
            let c = tables[t - 1][i];
            tables[t][i] = tables[0][(c & 255) as usize] ^ c >> 8;
            i += 1;
        }
        t += 1;
    }
    tables
};

fn crc(mut state: u32, data: &[u8]) -> u32 {
    let [t0, t1, t2, t3, t4, t5, t6, t7] = &TABLES;
    let look = |table: &[u32; 256], at: u32| table.get((at & 255) as usize).copied().unwrap_or(0);
    let (words, rest) = data.as_chunks::<8>();
    for [a, b, c, d, e, f, g, h] in words {
        let low = state ^ u32::from_le_bytes([*a, *b, *c, *d]);
        let high = u32::from_le_bytes([*e, *f, *g, *h]);
        state = look(t7, low) ^ look(t6, low >> 8) ^ look(t5, low >> 16) ^ look(t4, low >> 24);
        state ^= look(t3, high) ^ look(t2, high >> 8) ^ look(t1, high >> 16) ^ look(t0, high >> 24);
    }
    for byte in rest {
        state = look(t0, state ^ u32::from(*byte)) ^ state >> 8;
    }
    state
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_standard() {
        assert_eq!(!crc(!0, b"123456789"), 0xcbf4_3926);
        assert_eq!(!crc(!0, b"IEND"), 0xae42_6082);
    }
}
