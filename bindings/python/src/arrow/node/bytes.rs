//! The buffers of arrays, looked into by index: every number that leads out of its buffer is an error.

use arrow_buffer::Buffer;

use super::{Read, broken};

/// How wide offsets, sizes and run ends are.
#[derive(Debug, Clone, Copy)]
pub(super) enum Width {
    Two,
    Four,
    Eight,
}

/// Where the ends of runs stand in their buffer.
#[derive(Debug, Clone, Copy)]
pub(super) struct RunEnds {
    pub(super) from: usize,
    pub(super) count: usize,
}

/// Strings of bytes: where each begins and ends.
#[derive(Debug)]
pub(super) enum Bytes {
    Offsets(Buffer, Width, Buffer),
    Views(Buffer, Vec<Buffer>),
    Fixed(Buffer, usize),
}

impl Width {
    pub(super) fn bytes(self) -> usize {
        match self {
            Self::Two => 2,
            Self::Four => 4,
            Self::Eight => 8,
        }
    }

    /// An offset or a size, which is never negative.
    pub(super) fn at(self, buffer: &[u8], index: usize) -> Read<usize> {
        usize::try_from(signed(buffer, self.bytes(), index)?).map_err(|_| broken("a negative offset"))
    }

    /// The run that an index lies in: the first that ends behind it.
    pub(super) fn run(self, ends: &[u8], RunEnds { from, count }: RunEnds, index: usize) -> Read<usize> {
        let (mut low, mut high) = (0, count);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.at(ends, from.saturating_add(middle))? > index { high = middle } else { low = middle + 1 }
        }
        if low < count { Ok(low) } else { Err(broken("a value behind the last run")) }
    }
}

impl Bytes {
    /// The buffer that holds a value, and from where to where.
    pub(super) fn find(&self, at: usize) -> Read<(&Buffer, usize, usize)> {
        match self {
            Self::Offsets(offsets, width, values) => {
                let (start, end) = (width.at(offsets, at)?, width.at(offsets, at.saturating_add(1))?);
                if start <= end && end <= values.len() { Ok((values, start, end)) } else { Err(broken("offsets beyond the end")) }
            }
            Self::Views(views, buffers) => {
                let view: [u8; 16] = fixed(views, at)?;
                let part = |from: usize| view.get(from..).and_then(|rest| rest.first_chunk::<4>()).map(|part| i32::from_ne_bytes(*part));
                let counted = |from| part(from).and_then(|n| usize::try_from(n).ok()).ok_or_else(|| broken("a negative view"));
                let length = counted(0)?;
                if length <= 12 {
                    let start = at.saturating_mul(16).saturating_add(4);
                    return Ok((views, start, start.saturating_add(length)));
                }
                let buffer = buffers.get(counted(8)?).ok_or_else(|| broken("a view of a buffer that is not there"))?;
                let start = counted(12)?;
                let end = start.saturating_add(length);
                if end <= buffer.len() { Ok((buffer, start, end)) } else { Err(broken("a view beyond the end")) }
            }
            Self::Fixed(values, size) => {
                let start = at.checked_mul(*size).ok_or_else(|| broken("a value beyond the end"))?;
                let end = start.saturating_add(*size);
                if end <= values.len() { Ok((values, start, end)) } else { Err(broken("a value beyond the end")) }
            }
        }
    }
}

/// So many bytes of a buffer, by the index of the value.
pub(super) fn fixed<const N: usize>(buffer: &[u8], index: usize) -> Read<[u8; N]> {
    let rest = index.checked_mul(N).and_then(|start| buffer.get(start..));
    rest.and_then(|rest| rest.first_chunk::<N>()).copied().ok_or_else(|| broken("a short buffer"))
}

pub(super) fn signed(buffer: &[u8], width: usize, index: usize) -> Read<i64> {
    Ok(match width {
        1 => i64::from(i8::from_ne_bytes(fixed(buffer, index)?)),
        2 => i64::from(i16::from_ne_bytes(fixed(buffer, index)?)),
        4 => i64::from(i32::from_ne_bytes(fixed(buffer, index)?)),
        _ => i64::from_ne_bytes(fixed(buffer, index)?),
    })
}

pub(super) fn unsigned(buffer: &[u8], width: usize, index: usize) -> Read<u64> {
    Ok(match width {
        1 => u64::from(u8::from_ne_bytes(fixed(buffer, index)?)),
        2 => u64::from(u16::from_ne_bytes(fixed(buffer, index)?)),
        4 => u64::from(u32::from_ne_bytes(fixed(buffer, index)?)),
        _ => u64::from_ne_bytes(fixed(buffer, index)?),
    })
}
