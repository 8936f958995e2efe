//! A zip as files, judged before it is believed: what two programs would read in two ways is refused, and no memory is taken for what is only said.
//!
//! The directory at the end names the entries. All of them are compared with what stands before their data, with each other and with the limits;
//! then each is inflated into just the room that it announced, and must fill it. What macOS adds is passed over, a folder around all files is left
//! out.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Range;
use std::sync::Arc;

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags};
use rawzip::extra_fields::{ExtraFieldId, ExtraFields};
use rawzip::{CompressionMethod, ZipArchive, ZipFileHeaderRecord, ZipSliceArchive};

use super::{Pack, TEMPLATE, check_all, check_file, path};
use crate::error::{Code, Error, Fault};
use crate::limits::Limits;

/// What stands at the end of a zip, without its comment.
const END_BYTES: usize = 22;
/// The most that deflate makes of a byte.
const MAX_RATIO: u64 = 1_032;
/// Entries for each file that a pack may have: its folders, and what macOS adds to either.
const MAX_ENTRIES_PER_FILE: u64 = 4;

/// An entry as the directory has it.
struct Found<'a> {
    path: String,
    data: &'a [u8],
    size: u64,
    crc: u32,
    is_deflated: bool,
}

/// The files of a zip as a pack.
pub(super) fn read(bytes: &[u8], limits: &Limits) -> Result<Pack, Error> {
    check_all(0, bytes.len() as u64, limits)?;
    let archive = archive(bytes)?;
    let most = (limits.max_pack_files as u64).saturating_mul(MAX_ENTRIES_PER_FILE);
    if archive.entries_hint() > most {
        let message = format!("pack has {} entries, over the limit of {most}", archive.entries_hint());
        return Err(Fault::new(Code::ResourceLimit, "", message).into());
    }
    let mut found = entries(&archive)?;
    strip_folder(&mut found)?;
    let sum = found.iter().fold(0_u64, |sum, file| sum.saturating_add(file.size));
    check_all(found.len(), sum, limits)?;
    for file in &found {
        check_file(&file.path, file.size, limits)?;
    }
    let mut pack = Pack::new(limits);
    for file in found {
        pack.add(&file.path, content(&file)?)?;
    }
    Ok(pack)
}

/// A zip of one part, whose directory stands where it says, before the very end.
fn archive(bytes: &[u8]) -> Result<ZipSliceArchive<&[u8]>, Fault> {
    let archive =
        ZipArchive::from_slice(bytes).map_err(|error| bad("", &format!("a pack must be a whole zip file, found none: {error}")))?;
    if archive.end_offset() != bytes.len() as u64 {
        return Err(bad("", "a zip must end with its directory, found more bytes behind it"));
    }
    let end = usize::try_from(archive.eocd_offset()).ok().and_then(|end| bytes.get(end..)?.first_chunk::<END_BYTES>());
    let Some(&[_, _, _, _, disk, disk_, start, start_, here, here_, all, all_, s, s_, s__, s___, o, o_, o__, o___, _, _]) = end else {
        return Err(bad("", "a zip must end with its directory, found none"));
    };
    let (disks, counts) = (u32::from_le_bytes([disk, disk_, start, start_]), [[here, here_], [all, all_]].map(u16::from_le_bytes));
    let (size, offset) = (u32::from_le_bytes([s, s_, s__, s___]), u32::from_le_bytes([o, o_, o__, o___]));
    if disks != 0 || counts[0] != counts[1] {
        return Err(bad("", "a zip must be of one part, found one of several"));
    }
    // In a zip64 these numbers are elsewhere.
    if u64::from(offset) + u64::from(size) != archive.eocd_offset() || u64::from(offset) != archive.directory_offset() {
        return Err(bad("", "a zip's directory must stand where its end says, in 32 bits, found it elsewhere or a zip64"));
    }
    Ok(archive)
}

/// All entries that are files, if none of the others hides something.
fn entries<'a>(archive: &'a ZipSliceArchive<&'a [u8]>) -> Result<Vec<Found<'a>>, Fault> {
    let mut found = BTreeMap::new();
    let mut ranges = Vec::new();
    let mut count = 0;
    for entry in archive.entries() {
        let entry = entry.map_err(|error| bad("", &format!("a zip must have a whole directory, found a damaged one: {error}")))?;
        count += 1;
        if count > archive.entries_hint() {
            break;
        }
        let name = name(&entry)?;
        let (file, range) = judge(archive, &entry, name)?;
        ranges.push((range, name));
        // Of a folder nothing is kept but that its name was judged.
        let folder = name.strip_suffix('/');
        let path = path::plain(folder.unwrap_or(name))?;
        if folder.is_some() {
            if file.size > 0 {
                return Err(bad(name, "a folder in a zip must be empty, found bytes"));
            }
            continue;
        }
        match found.entry(path.clone()) {
            Entry::Vacant(slot) => slot.insert(Found { path, ..file }),
            Entry::Occupied(_) => return Err(bad(name, "a file must stand in a zip once, found it twice")),
        };
    }
    if count != archive.entries_hint() {
        let found = if count > archive.entries_hint() { "more" } else { "fewer" };
        let message = format!("a zip must have the {} entries that it says, found {found}", archive.entries_hint());
        return Err(bad("", &message));
    }
    check_ranges(ranges, archive.directory_offset())?;
    Ok(found.into_values().filter(|file| !is_rubbish(&file.path)).collect())
}

/// Whether entries lie one after another from the beginning to the directory: between them another program might find other ones.
fn check_ranges(mut ranges: Vec<(Range<u64>, &str)>, directory: u64) -> Result<(), Fault> {
    ranges.sort_unstable_by_key(|(range, _)| (range.start, range.end));
    let mut end = 0;
    for (range, name) in ranges {
        match range.start.cmp(&end) {
            Ordering::Less => return Err(bad(name, "entries of a zip must lie apart, found this one over another")),
            Ordering::Greater => return Err(bad(name, "entries of a zip must follow each other, found other bytes before this one")),
            Ordering::Equal => end = range.end,
        }
    }
    if end != directory {
        return Err(bad("", "entries of a zip must lie from its beginning to its directory, found other bytes or less"));
    }
    Ok(())
}

fn name<'a>(entry: &ZipFileHeaderRecord<'a>) -> Result<&'a str, Fault> {
    let bytes = entry.file_path().as_bytes();
    std::str::from_utf8(bytes).map_err(|_| bad(&String::from_utf8_lossy(bytes), "names in a zip must be UTF-8, found other bytes"))
}

/// One entry and where its bytes lie, if the directory and the header before its data say the same of it.
fn judge<'a>(
    archive: &'a ZipSliceArchive<&'a [u8]>,
    entry: &ZipFileHeaderRecord<'_>,
    name: &str,
) -> Result<(Found<'a>, Range<u64>), Fault> {
    let here = archive.get_entry(entry.wayfinder());
    let here = here.map_err(|error| bad(name, &format!("an entry of a zip must be whole, found it damaged: {error}")))?;
    let local = here.local_header();
    let (flags, local_flags) = (entry.flags(), local.flags());
    let is_encrypted = |flags: rawzip::EntryFlags| flags.is_encrypted() || flags.has_strong_encryption() || flags.is_masked();
    if is_encrypted(flags) || is_encrypted(local_flags) {
        return Err(bad(name, "an entry of a zip must be readable by all, found it encrypted"));
    }
    let is_zip64 = |mut fields: ExtraFields<'_>| fields.any(|(id, _)| id == ExtraFieldId::ZIP64);
    if is_zip64(entry.extra_fields()) {
        return Err(bad(name, "an entry of a zip must have 32 bit sizes, found zip64 ones"));
    }
    if entry.mode().is_symlink() {
        return Err(bad(name, "a zip must hold files and folders, found a link"));
    }
    let method = entry.compression_method();
    let is_deflated = method == CompressionMethod::DEFLATE;
    if !is_deflated && method != CompressionMethod::STORE {
        return Err(bad(name, &format!("an entry of a zip must be stored or deflated, found method {}", method.as_u16())));
    }
    let (packed, size) = (entry.compressed_size_hint(), entry.uncompressed_size_hint());
    let (_, end) = here.compressed_data_range();
    if end > archive.directory_offset() {
        return Err(bad(name, "an entry of a zip must lie before its directory, found it reaching into it"));
    }
    let numbers = [
        (u64::from(local.crc32()), u64::from(entry.crc32())),
        (local.compressed_size_hint(), packed),
        (local.uncompressed_size_hint(), size),
    ];
    // Where the numbers stand behind the data, those before it may be noughts.
    let is_streamed = local_flags.has_data_descriptor();
    let same_numbers = numbers.iter().all(|(before, said)| before == said || is_streamed && *before == 0);
    let behind = if is_streamed { descriptor(archive, end, entry.crc32(), packed, size) } else { Some(0) };
    let same_kind = local.compression_method() == method && flags.has_data_descriptor() == is_streamed;
    let (Some(behind), true) = (behind, local.file_path().as_bytes() == name.as_bytes() && same_kind && same_numbers) else {
        return Err(bad(name, "an entry of a zip must be the same in its directory and around its data, found two"));
    };
    if !is_deflated && packed != size {
        return Err(bad(name, &format!("a stored entry must have one size, found {packed} and {size}")));
    }
    if size > packed.saturating_mul(MAX_RATIO) {
        return Err(bad(name, &format!("deflate makes at most {MAX_RATIO} bytes of one, found {size} announced for {packed}")));
    }
    let found = Found { path: String::new(), data: here.data(), size, crc: entry.crc32(), is_deflated };
    Ok((found, entry.local_header_offset()..end + behind))
}

/// How many bytes say these numbers behind streamed data: with their signature or without, in 32 bits or, as pipes may have them, in 64.
fn descriptor(archive: &ZipSliceArchive<&[u8]>, end: u64, crc: u32, packed: u64, size: u64) -> Option<u64> {
    let behind = archive.get_ref().get(usize::try_from(end).ok()?..)?;
    let (crc, packed, size) = (crc.to_le_bytes(), packed.to_le_bytes(), size.to_le_bytes());
    let [wide, narrow] =
        [8, 4].map(|bytes| [&crc[..], packed.get(..bytes).unwrap_or_default(), size.get(..bytes).unwrap_or_default()].concat());
    // The wide one first: of a file without a byte, the narrow one is its beginning.
    let says = |behind: &[u8]| [&wide, &narrow].into_iter().find(|numbers| behind.starts_with(numbers)).map(|numbers| numbers.len() as u64);
    behind.strip_prefix(b"PK\x07\x08").and_then(says).map(|length| length + 4).or_else(|| says(behind))
}

/// What macOS puts beside files.
fn is_rubbish(path: &str) -> bool {
    path.starts_with("__MACOSX/") || path.rsplit('/').next() == Some(".DS_Store")
}

/// Leaves out the folder that all files lie in, where the template is not at the top.
fn strip_folder(found: &mut [Found<'_>]) -> Result<(), Fault> {
    if found.iter().any(|file| file.path == TEMPLATE) {
        return Ok(());
    }
    let folder = found.first().and_then(|file| file.path.split_once('/')).map(|(folder, _)| format!("{folder}/")).unwrap_or_default();
    let has_template = found.iter().any(|file| file.path.strip_prefix(&folder) == Some(TEMPLATE));
    if folder.is_empty() || !has_template || !found.iter().all(|file| file.path.starts_with(&folder)) {
        return Err(bad("", "a pack must have a template.json at its top or in the one folder there, found none"));
    }
    for file in found {
        file.path.drain(..folder.len());
    }
    Ok(())
}

/// The bytes of a file, just as many as were announced, and with the checksum that was.
fn content(file: &Found<'_>) -> Result<Arc<[u8]>, Fault> {
    let bytes: Arc<[u8]> = if file.is_deflated { inflate(file)?.into() } else { file.data.into() };
    if rawzip::crc32(&bytes) != file.crc {
        return Err(bad(&file.path, "a file must have the checksum that its zip says, found another"));
    }
    Ok(bytes)
}

fn inflate(file: &Found<'_>) -> Result<Vec<u8>, Fault> {
    let size = usize::try_from(file.size).map_err(|_| bad(&file.path, "an entry of a zip must fit into memory, found a larger one"))?;
    let mut out = vec![0; size];
    let flags = inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
    let (status, read, written) = decompress(&mut DecompressorOxide::new(), file.data, &mut out, 0, flags);
    match status {
        TINFLStatus::Done if read == file.data.len() && written == size => Ok(out),
        TINFLStatus::Done | TINFLStatus::HasMoreOutput => {
            let found = if status == TINFLStatus::Done { format!("{written} of {read} packed ones") } else { "more".to_owned() };
            Err(bad(&file.path, &format!("a file must have the {size} bytes that its zip announces, found {found}")))
        }
        _ => Err(bad(&file.path, "a file must be a whole deflate stream, found a damaged one")),
    }
}

fn bad(place: &str, message: &str) -> Fault {
    Fault::new(Code::BadPack, path::shown(place), message)
}
