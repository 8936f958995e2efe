//! The two structs of Arrow's C data interface as they lie in memory, looked at before anything believes them.
//!
//! The interface has no lengths of buffers: how long one is follows from the type, the length and the last offset. So that much is compared here, on
//! raw pointers, before the crates make slices of it: counts that are negative or too large, a wrong number of buffers or children, pointers that are
//! null, offsets that end before they begin. What cannot be seen is whether the memory behind a pointer is as long as it must be: that is the
//! producer's word.

use std::ffi::{c_char, c_void};

use arrow_schema::{DataType, UnionMode};

/// Deepest nesting of a column's type.
pub(super) const MAX_DEPTH: usize = 64;
/// Most columns of a batch, and most fields of a struct.
const MAX_FIELDS: i64 = 100_000;
/// Most values of an array, its offset counted: no size in bytes can overflow below it.
const MAX_VALUES: i64 = 1 << 48;

/// `struct ArrowSchema`.
#[repr(C)]
pub(super) struct RawSchema {
    format: *const c_char,
    name: *const c_char,
    metadata: *const c_char,
    flags: i64,
    n_children: i64,
    children: *const *mut RawSchema,
    dictionary: *mut RawSchema,
    release: Option<unsafe extern "C" fn(*mut RawSchema)>,
    private_data: *mut c_void,
}

/// `struct ArrowArray`.
#[repr(C)]
pub(super) struct RawArray {
    pub(super) length: i64,
    null_count: i64,
    pub(super) offset: i64,
    n_buffers: i64,
    n_children: i64,
    buffers: *const *const c_void,
    children: *const *mut RawArray,
    dictionary: *mut RawArray,
    release: Option<unsafe extern "C" fn(*mut RawArray)>,
    private_data: *mut c_void,
}

/// What a producer got wrong, for a sentence that begins with "the producer's array".
pub(super) type Plausible<T> = Result<T, String>;

impl RawSchema {
    /// Whether the schema may be read: nested no deeper than [`MAX_DEPTH`], every pointer there.
    pub(super) fn check(&self) -> Plausible<()> {
        self.check_within(MAX_DEPTH)
    }

    fn check_within(&self, depth: usize) -> Plausible<()> {
        let depth = depth.checked_sub(1).ok_or_else(|| format!("must be nested at most {MAX_DEPTH} deep, found more"))?;
        if self.release.is_none() {
            return Err("must not be released, found a schema that is".to_owned());
        }
        if self.format.is_null() {
            return Err("must have a format, found none".to_owned());
        }
        if !(0..=MAX_FIELDS).contains(&self.n_children) || (self.n_children > 0 && self.children.is_null()) {
            return Err(format!("must have 0 to {MAX_FIELDS} children, found {}", self.n_children));
        }
        for index in 0..self.count() {
            self.child(index)?.check_within(depth)?;
        }
        // SAFETY: NULL, or the producer's word.
        match unsafe { self.dictionary.as_ref() } {
            Some(dictionary) => dictionary.check_within(depth),
            None => Ok(()),
        }
    }

    /// How many children it has.
    pub(super) fn count(&self) -> usize {
        usize::try_from(self.n_children).unwrap_or(0)
    }

    fn child(&self, index: usize) -> Plausible<&RawSchema> {
        // SAFETY: below the count that the producer gave, of a pointer that is not NULL.
        let child = unsafe { *self.children.add(index) };
        // SAFETY: NULL, or the producer's word.
        unsafe { child.as_ref() }.ok_or_else(|| format!("must have {} children, found NULL for one", self.n_children))
    }
}

impl RawArray {
    /// The array at a pointer to the crates' own type of it.
    pub(super) fn of(array: &arrow_data::ffi::FFI_ArrowArray) -> &Self {
        // SAFETY: both are the struct of the C data interface, which fixes every field.
        unsafe { &*(&raw const *array).cast::<Self>() }
    }

    /// The same, of an array that is ours to change.
    pub(super) fn of_mut(array: &mut arrow_data::ffi::FFI_ArrowArray) -> &mut Self {
        // SAFETY: as above.
        unsafe { &mut *(&raw mut *array).cast::<Self>() }
    }

    /// Whether nothing is in it: the end of a stream, or an array that was moved out already.
    pub(super) fn is_released(&self) -> bool {
        self.release.is_none()
    }

    /// The children's pointers, to be moved out: of a struct with so many fields.
    pub(super) fn children(&self, count: usize) -> Plausible<&[*mut RawArray]> {
        if usize::try_from(self.n_children) != Ok(count) || (count > 0 && self.children.is_null()) {
            return Err(format!("must have {count} columns as its schema has, found {}", self.n_children));
        }
        if count == 0 {
            return Ok(&[]);
        }
        // SAFETY: as many as the producer says, of a pointer that is not NULL.
        let children = unsafe { std::slice::from_raw_parts(self.children, count) };
        if children.iter().any(|child| child.is_null()) {
            return Err(format!("must have {count} columns, found NULL for one"));
        }
        Ok(children)
    }

    /// Length and offset, both within what can be counted.
    pub(super) fn extent(&self) -> Plausible<(usize, usize)> {
        let counted = |n: i64| (0..=MAX_VALUES).contains(&n).then(|| usize::try_from(n).ok()).flatten();
        match (counted(self.length), counted(self.offset)) {
            (Some(length), Some(offset)) if self.length.saturating_add(self.offset) <= MAX_VALUES => Ok((length, offset)),
            _ => Err(format!("must have a length and an offset, found {} and {}", self.length, self.offset)),
        }
    }

    /// A buffer's address; NULL is nothing.
    pub(super) fn buffer(&self, index: usize) -> Option<*const u8> {
        if self.buffers.is_null() || usize::try_from(self.n_buffers).is_ok_and(|count| index >= count) {
            return None;
        }
        // SAFETY: below the count that the producer gave, of a pointer that is not NULL.
        let buffer = unsafe { *self.buffers.add(index) };
        (!buffer.is_null()).then_some(buffer.cast())
    }

    /// Whether the array can be one of a type.
    pub(super) fn check(&self, data_type: &DataType) -> Plausible<()> {
        self.check_within(data_type, MAX_DEPTH)
    }

    fn check_within(&self, data_type: &DataType, depth: usize) -> Plausible<()> {
        let depth = depth.checked_sub(1).ok_or_else(|| format!("must be nested at most {MAX_DEPTH} deep, found more"))?;
        let (length, offset) = self.extent()?;
        let values = length.saturating_add(offset);
        self.check_buffers(data_type, values)?;
        let (fields, least): (Vec<&DataType>, usize) = match data_type {
            DataType::List(field) | DataType::LargeList(field) | DataType::ListView(field) | DataType::LargeListView(field) => {
                (vec![field.data_type()], 0)
            }
            DataType::Map(field, _) => (vec![field.data_type()], 0),
            DataType::FixedSizeList(field, size) => {
                let size = usize::try_from(*size).map_err(|_| format!("must have lists of 0 values or more, found {size}"))?;
                let least = values.checked_mul(size).ok_or_else(|| format!("must have lists that can be counted, found {size} values"))?;
                (vec![field.data_type()], least)
            }
            DataType::Struct(fields) => (fields.iter().map(|field| field.data_type()).collect(), values),
            DataType::Union(fields, mode) => {
                (fields.iter().map(|(_, field)| field.data_type()).collect(), if *mode == UnionMode::Sparse { values } else { 0 })
            }
            DataType::RunEndEncoded(ends, of) => (vec![ends.data_type(), of.data_type()], 0),
            _ => (Vec::new(), 0),
        };
        for (child, of) in self.children(fields.len())?.iter().zip(fields) {
            // SAFETY: not NULL, and the producer's word.
            let child = unsafe { &**child };
            child.check_within(of, depth)?;
            if usize::try_from(child.length).is_ok_and(|length| length < least) {
                return Err(format!("must have {least} values in each child, found {}", child.length));
            }
        }
        // SAFETY: NULL, or the producer's word.
        match (unsafe { self.dictionary.as_ref() }, data_type) {
            (Some(dictionary), DataType::Dictionary(_, of)) => dictionary.check_within(of, depth),
            (None, DataType::Dictionary(..)) => Err("must have a dictionary, found none".to_owned()),
            (Some(_), _) => Err(format!("of the type {data_type} must have no dictionary, found one")),
            (None, _) => Ok(()),
        }
    }

    /// Takes the buffer away that old versions of the format gave to arrays of nulls, and the crates refuse. Of an array that was checked.
    pub(super) fn mend(&mut self, data_type: &DataType) {
        let fields: Vec<&DataType> = match data_type {
            DataType::Null => {
                self.n_buffers = 0;
                Vec::new()
            }
            DataType::List(field)
            | DataType::LargeList(field)
            | DataType::ListView(field)
            | DataType::LargeListView(field)
            | DataType::FixedSizeList(field, _)
            | DataType::Map(field, _) => vec![field.data_type()],
            DataType::Struct(fields) => fields.iter().map(|field| field.data_type()).collect(),
            DataType::Union(fields, _) => fields.iter().map(|(_, field)| field.data_type()).collect(),
            DataType::RunEndEncoded(ends, of) => vec![ends.data_type(), of.data_type()],
            _ => Vec::new(),
        };
        for (child, of) in self.children(fields.len()).unwrap_or_default().iter().zip(fields) {
            // SAFETY: not NULL; the array is ours, and so are its children.
            unsafe { &mut **child }.mend(of);
        }
        if let DataType::Dictionary(_, of) = data_type {
            // SAFETY: as above, or NULL.
            if let Some(dictionary) = unsafe { self.dictionary.as_mut() } {
                dictionary.mend(of);
            }
        }
    }

    /// As many buffers as the type has, and offsets that say how long the last one is.
    fn check_buffers(&self, data_type: &DataType, values: usize) -> Plausible<()> {
        let layout = arrow_data::layout(data_type);
        let fixed = layout.buffers.len() + usize::from(layout.can_contain_null_mask);
        let least = fixed + usize::from(layout.variadic);
        let count = usize::try_from(self.n_buffers).unwrap_or(usize::MAX);
        // Older producers give null arrays a buffer of validity that is NULL: see `mend`.
        let is_old_null = *data_type == DataType::Null && count == 1;
        if (layout.variadic && count < least) || (!layout.variadic && count != least && !is_old_null) || count > 1 << 31 {
            return Err(format!("of the type {data_type} must have {least} buffers, found {}", self.n_buffers));
        }
        if count > 0 && self.buffers.is_null() {
            return Err(format!("must have {count} buffers, found NULL"));
        }
        match data_type {
            DataType::FixedSizeBinary(size) if *size < 0 => Err(format!("must have values of 0 bytes or more, found {size}")),
            // An empty array may leave its offsets out, or have one that means nothing.
            DataType::Utf8 | DataType::Binary if values > 0 => self.last::<i32>(1, values).map(drop),
            DataType::LargeUtf8 | DataType::LargeBinary if values > 0 => self.last::<i64>(1, values).map(drop),
            DataType::Utf8View | DataType::BinaryView => {
                let pictures = count - least;
                (0..pictures).try_for_each(|index| self.at::<i64>(count - 1, index).map(drop))
            }
            _ => Ok(()),
        }
    }

    /// The last of a buffer's offsets.
    fn last<T: Offset>(&self, buffer: usize, values: usize) -> Plausible<i64> {
        self.at::<T>(buffer, values)
    }

    /// A size that stands in a buffer; it is none if it is negative.
    fn at<T: Offset>(&self, buffer: usize, index: usize) -> Plausible<i64> {
        let sizes = self.buffer(buffer).ok_or_else(|| format!("must have offsets in buffer {buffer}, found NULL"))?.cast::<T>();
        if !sizes.is_aligned() {
            return Err(format!("must have aligned offsets in buffer {buffer}, found others"));
        }
        // SAFETY: the producer's word: an array of so many values has one offset more, views have a size for each buffer.
        let size: i64 = unsafe { sizes.add(index).read() }.into();
        if size < 0 { Err(format!("must have offsets of 0 or more, found {size}")) } else { Ok(size) }
    }
}

/// What offsets are made of.
trait Offset: Copy + Into<i64> {}
impl Offset for i32 {}
impl Offset for i64 {}
