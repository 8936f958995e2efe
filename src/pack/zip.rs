//! Files as a zip: entries in the order of their paths, without times, each deflated where that is shorter.
//!
//! Own code, for rawzip's writer puts sizes behind the data, which readers of streams cannot use for stored entries, and needs `std::io`. A reader
//! finds here one entry after another, the same numbers before each and in the directory, and nothing between.

use std::collections::BTreeMap;

use crate::error::{Code, Error, Fault};

/// miniz's level: beyond it a template's files do not get shorter.
const LEVEL: u8 = 9;
/// 1980-01-01, the first day that a zip can say.
const DATE: u16 = 0x21;
/// The flag of names in UTF-8.
const UTF8: u16 = 1 << 11;
/// Unix, version 2.0 of the format.
const MADE_BY: u16 = 0x0314;
/// A plain file, which its owner writes and all read.
const MODE: u32 = 0o100_644 << 16;

/// One zip of all files.
pub(super) fn write(files: &BTreeMap<&str, &[u8]>) -> Result<Vec<u8>, Error> {
    let mut zip = Vec::new();
    let mut directory = Vec::new();
    for (path, bytes) in files {
        let deflated = miniz_oxide::deflate::compress_to_vec(bytes, LEVEL);
        let (method, data) = if deflated.len() < bytes.len() { (8, deflated.as_slice()) } else { (0, *bytes) };
        let offset = number::<u32>(zip.len())?;
        let mut entry = Vec::new();
        put16(&mut entry, [20, if path.is_ascii() { 0 } else { UTF8 }, method, 0, DATE]);
        put32(&mut entry, [rawzip::crc32(bytes), number(data.len())?, number(bytes.len())?]);
        put16(&mut entry, [number(path.len())?, 0]);
        zip.extend_from_slice(b"PK\x03\x04");
        zip.extend_from_slice(&entry);
        zip.extend_from_slice(path.as_bytes());
        zip.extend_from_slice(data);

        directory.extend_from_slice(b"PK\x01\x02");
        put16(&mut directory, [MADE_BY]);
        directory.extend_from_slice(&entry);
        put16(&mut directory, [0, 0, 0]);
        put32(&mut directory, [MODE, offset]);
        directory.extend_from_slice(path.as_bytes());
    }
    let (offset, length, count) = (number::<u32>(zip.len())?, number::<u32>(directory.len())?, number::<u16>(files.len())?);
    zip.extend_from_slice(&directory);
    zip.extend_from_slice(b"PK\x05\x06");
    put16(&mut zip, [0, 0, count, count]);
    put32(&mut zip, [length, offset]);
    put16(&mut zip, [0]);
    Ok(zip)
}

/// A number as the format holds it.
fn number<T: TryFrom<usize>>(number: usize) -> Result<T, Fault> {
    T::try_from(number).map_err(|_| Fault::new(Code::ResourceLimit, "", "a pack must have less than 4 GiB and 65536 files to be a zip"))
}

fn put16<const N: usize>(out: &mut Vec<u8>, numbers: [u16; N]) {
    out.extend(numbers.into_iter().flat_map(u16::to_le_bytes));
}

fn put32<const N: usize>(out: &mut Vec<u8>, numbers: [u32; N]) {
    out.extend(numbers.into_iter().flat_map(u32::to_le_bytes));
}
