//! The boxes of a HEIF file (ISO/IEC 14496-12 and 23008-12): which items it holds, what is said of them
//! and where their bytes are. Knows no codec. Every length is checked, and what is kept is never much
//! larger than the file.

use std::{borrow::Cow, collections::BTreeMap};

use crate::transform::values::Size;

/// The items of a file.
pub(super) struct Container<'a> {
    file: &'a [u8],
    /// The `idat` box: data of items that is kept beside their description.
    inline: &'a [u8],
    pub(super) primary: u32,
    items: BTreeMap<u32, Item>,
    properties: Vec<Property<'a>>,
    references: Vec<Reference>,
    /// Bytes of the longest decoder configuration.
    longest_setup: u64,
}

#[derive(Default)]
struct Item {
    kind: [u8; 4],
    is_inline: bool,
    extents: Vec<Extent>,
    /// Places in the list of properties, in the order in which they apply.
    properties: Vec<usize>,
}

struct Extent {
    offset: u64,
    length: u64,
}

/// `from` says that it is, or is made of, `kind` to the others.
struct Reference {
    kind: [u8; 4],
    from: u32,
    to: Vec<u32>,
}

/// What is said of an item.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Property<'a> {
    Size(Size),
    /// Quarter turns, anticlockwise.
    Rotation(u8),
    /// 0 exchanges top and bottom, 1 left and right.
    Mirror(u8),
    /// Width, height, and how far the middle lies off the image's, as fractions.
    CleanAperture([u32; 8]),
    Icc(&'a [u8]),
    Nclx(Nclx),
    /// What an auxiliary image is for.
    Auxiliary(&'a [u8]),
    Other,
}

/// Code points of ITU-T H.273.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Nclx {
    pub(super) primaries: u16,
    pub(super) transfer: u16,
    pub(super) matrix: u16,
    pub(super) full_range: bool,
}

impl<'a> Container<'a> {
    /// `None` if the boxes are cut off or contradict each other.
    pub(super) fn read(file: &'a [u8]) -> Option<Self> {
        let meta = boxes(file).find(|(kind, _)| *kind == b"meta")?.1;
        let (inline, properties, references) = (&[][..], Vec::new(), Vec::new());
        let (items, longest_setup) = (BTreeMap::new(), 0);
        let mut container =
            Self { file, inline, primary: 0, items, properties, references, longest_setup };
        for (kind, body) in boxes(meta.get(4..)?) {
            let mut body = Bytes(body);
            match kind {
                b"pitm" => {
                    container.primary =
                        if body.full()? == 0 { body.number(2)? } else { body.number(4)? } as u32
                }
                b"iinf" => container.read_kinds(body)?,
                b"iloc" => container.read_locations(body)?,
                b"iref" => container.read_references(body)?,
                b"iprp" => container.read_properties(body.0)?,
                b"idat" => container.inline = body.0,
                _ => {}
            }
        }
        Some(container)
    }

    pub(super) fn kind(&self, item: u32) -> Option<&[u8; 4]> {
        self.items.get(&item).map(|item| &item.kind)
    }

    pub(super) fn properties(&self, item: u32) -> impl Iterator<Item = Property<'a>> {
        let places = self.items.get(&item).into_iter().flat_map(|item| &item.properties);
        places.filter_map(|place| self.properties.get(*place).copied())
    }

    pub(super) fn size(&self, item: u32) -> Option<Size> {
        self.properties(item).find_map(|property| match property {
            Property::Size(size) => Some(size),
            _ => None,
        })
    }

    /// The items that `item` refers to as `kind`.
    pub(super) fn references(&self, kind: &[u8; 4], item: u32) -> Option<&[u32]> {
        let mut references = self.references.iter();
        let found = references.find(|reference| reference.kind == *kind && reference.from == item);
        found.map(|reference| reference.to.as_slice())
    }

    /// The items that refer to `item` as `kind`.
    pub(super) fn referring(&self, kind: &[u8; 4], item: u32) -> impl Iterator<Item = u32> {
        let refers =
            move |reference: &&Reference| reference.kind == *kind && reference.to.contains(&item);
        self.references.iter().filter(refers).map(|reference| reference.from)
    }

    /// The bytes of an item. Extents that together are larger than the file are refused.
    pub(super) fn data(&self, item: u32) -> Option<Cow<'a, [u8]>> {
        let item = self.items.get(&item)?;
        let whole = if item.is_inline { self.inline } else { self.file };
        let piece = |extent: &Extent| {
            let rest = whole.get(usize::try_from(extent.offset).ok()?..)?;
            match extent.length {
                0 => Some(rest),
                length => rest.get(..usize::try_from(length).ok()?),
            }
        };
        if let [only] = &item.extents[..] {
            return piece(only).map(Cow::Borrowed);
        }
        let mut data = Vec::new();
        for extent in &item.extents {
            data.extend_from_slice(piece(extent)?);
            if data.len() > self.file.len() {
                return None;
            }
        }
        Some(Cow::Owned(data))
    }

    /// The EXIF block that describes the primary image. The place of its first byte stands before it,
    /// counted from behind that number (ISO/IEC 23008-12 Annex A.2.1).
    pub(super) fn exif(&self) -> Option<Vec<u8>> {
        let is_exif = |item: &u32| self.kind(*item) == Some(b"Exif");
        let item = self.referring(b"cdsc", self.primary).find(is_exif)?;
        let data = self.data(item)?;
        let mut block = Bytes(&data);
        let start = usize::try_from(block.number(4)?).ok()?;
        block.0.get(start..).map(<[u8]>::to_vec)
    }

    /// Whether the parts of all composed images together take far more bytes than the file has. They
    /// can by sharing their data, or one long decoder configuration, and decoders copy both for each
    /// part: a small file would fill the memory before a pixel is decoded.
    pub(super) fn is_inflated(&self) -> bool {
        let whole = self.file.len() as u64;
        let mut room = 4 * whole + (1 << 20);
        let composed = self.references.iter().filter(|reference| reference.kind == *b"dimg");
        for part in composed.flat_map(|reference| &reference.to) {
            let extents = self.items.get(part).into_iter().flat_map(|item| &item.extents);
            let lengths = extents.map(|extent| match extent.length {
                0 => whole,
                length => length.min(whole),
            });
            for length in lengths.chain([self.longest_setup]) {
                match room.checked_sub(length) {
                    Some(rest) => room = rest,
                    None => return true,
                }
            }
        }
        false
    }

    fn read_kinds(&mut self, mut body: Bytes<'a>) -> Option<()> {
        let count_bytes = if body.full()? == 0 { 2 } else { 4 };
        body.number(count_bytes)?;
        for (kind, body) in boxes(body.0) {
            let mut body = Bytes(body);
            // Versions 0 and 1 are for files without images.
            let id_bytes = match body.full()? {
                2 => 2,
                3 => 4,
                _ => continue,
            };
            if kind == b"infe" {
                let id = body.number(id_bytes)? as u32;
                let _protection = body.number(2)?;
                self.items.entry(id).or_default().kind = *body.array()?;
            }
        }
        Some(())
    }

    fn read_locations(&mut self, mut body: Bytes<'a>) -> Option<()> {
        let version = body.full()?;
        let [sizes, more] = *body.array()?;
        let [offset, length, base, index] = [sizes >> 4, sizes & 15, more >> 4, more & 15];
        let index = if version == 0 { 0 } else { index };
        let id_bytes = if version < 2 { 2 } else { 4 };
        for _ in 0..body.number(id_bytes)? {
            let id = body.number(id_bytes)? as u32;
            let method = if version == 0 { 0 } else { body.number(2)? & 15 };
            let _file = body.number(2)?;
            let start = body.number(base)?;
            let count = body.number(2)?;
            // Extents that take no bytes would make a small file say very much.
            if method > 1 || (count > 1 && index + offset + length == 0) {
                return None;
            }
            let item = self.items.entry(id).or_default();
            item.is_inline = method == 1;
            for _ in 0..count {
                body.number(index)?;
                let offset = start.checked_add(body.number(offset)?)?;
                item.extents.push(Extent { offset, length: body.number(length)? });
            }
        }
        Some(())
    }

    fn read_references(&mut self, mut body: Bytes<'a>) -> Option<()> {
        let id_bytes = if body.full()? == 0 { 2 } else { 4 };
        for (kind, body) in boxes(body.0) {
            let mut body = Bytes(body);
            // There should be one in each box, but other decoders read on.
            while !body.0.is_empty() {
                let from = body.number(id_bytes)? as u32;
                let count = body.number(2)?;
                let to: Option<_> =
                    (0..count).map(|_| Some(body.number(id_bytes)? as u32)).collect();
                self.references.push(Reference { kind: *kind, from, to: to? });
            }
        }
        Some(())
    }

    fn read_properties(&mut self, body: &'a [u8]) -> Option<()> {
        for (kind, body) in boxes(body) {
            match kind {
                b"ipco" => {
                    for (kind, body) in boxes(body) {
                        if matches!(kind, b"hvcC" | b"av1C") {
                            self.longest_setup = self.longest_setup.max(body.len() as u64);
                        }
                        self.properties.push(read_property(kind, Bytes(body))?);
                    }
                }
                b"ipma" => self.read_associations(Bytes(body))?,
                _ => {}
            }
        }
        Some(())
    }

    fn read_associations(&mut self, mut body: Bytes<'a>) -> Option<()> {
        let wide = body.0.get(3)? & 1;
        let id_bytes = if body.full()? == 0 { 2 } else { 4 };
        for _ in 0..body.number(4)? {
            let id = body.number(id_bytes)? as u32;
            let count = body.number(1)?;
            let item = self.items.entry(id).or_default();
            for _ in 0..count {
                // The top bit says whether a reader must understand the property; 0 is none.
                let place = body.number(1 + wide)? & if wide == 1 { 0x7fff } else { 0x7f };
                item.properties.extend((place as usize).checked_sub(1));
            }
        }
        Some(())
    }
}

fn read_property<'a>(kind: &[u8; 4], mut body: Bytes<'a>) -> Option<Property<'a>> {
    Some(match kind {
        b"ispe" => {
            body.full()?;
            let (width, height) = (body.number(4)? as u32, body.number(4)? as u32);
            Property::Size(Size { width, height })
        }
        b"irot" => Property::Rotation(body.number(1)? as u8 & 3),
        b"imir" => Property::Mirror(body.number(1)? as u8 & 1),
        b"clap" => {
            let mut fields = [0; 8];
            for field in &mut fields {
                *field = body.number(4)? as u32;
            }
            Property::CleanAperture(fields)
        }
        b"colr" => match body.array()? {
            b"prof" | b"rICC" => Property::Icc(body.0),
            b"nclx" => Property::Nclx(Nclx {
                primaries: body.number(2)? as u16,
                transfer: body.number(2)? as u16,
                matrix: body.number(2)? as u16,
                full_range: body.number(1)? & 0x80 != 0,
            }),
            _ => Property::Other,
        },
        b"auxC" => {
            body.full()?;
            Property::Auxiliary(body.0.split(|byte| *byte == 0).next()?)
        }
        _ => Property::Other,
    })
}

/// The boxes side by side in `bytes`: kind and body. Ends at one that is longer than what is left.
pub(in crate::transform) fn boxes(bytes: &[u8]) -> impl Iterator<Item = (&[u8; 4], &[u8])> {
    let mut rest = Bytes(bytes);
    std::iter::from_fn(move || {
        let here = rest.0.len();
        let length = rest.number(4)?;
        let kind = rest.array()?;
        let length = match length {
            // To the end of what is around it.
            0 => here as u64,
            1 => rest.number(8)?,
            length => length,
        };
        let header = here - rest.0.len();
        let body = usize::try_from(length).ok()?.checked_sub(header)?;
        let (body, after) = rest.0.split_at_checked(body)?;
        rest = Bytes(after);
        Some((kind, body))
    })
}

/// What is left to read.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn array<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        let (array, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(array)
    }

    /// A big-endian number of up to 8 bytes; none is zero.
    fn number(&mut self, bytes: u8) -> Option<u64> {
        let (number, rest) = self.0.split_at_checked(usize::from(bytes))?;
        self.0 = rest;
        (bytes <= 8).then(|| number.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
    }

    /// The version of a box that has one; its flags are skipped.
    fn full(&mut self) -> Option<u8> {
        self.array::<4>().map(|[version, ..]| *version)
    }
}
