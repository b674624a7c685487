//! EXIF: what a JPEG answer carries of its source's metadata (delivery-and-transforms.md §2.5).

mod tiff;

use std::{collections::HashSet, io::Cursor};

use exif::{Context, Exif, Field, In, Reader, Tag, Value, experimental::Writer};

use super::values::MetadataPolicy;

/// What a JPEG segment holds beside its length and the mark "Exif".
const SEGMENT: usize = 65_533 - 6;

/// A block in another container than JPEG may be longer; what is longer than this is left out.
const LONGEST: usize = 1 << 20;

/// JPEG's mark before the block. Some writers leave it there in other containers too.
const MARK: &[u8] = b"Exif\0\0";

/// What the new pixels make untrue, and where in the block there were more pictures.
const UNTRUE: [Tag; 6] = [
    Tag::Orientation,
    Tag::PixelXDimension,
    Tag::PixelYDimension,
    Tag::ImageWidth,
    Tag::ImageLength,
    SUB_IFDS,
];

const SUB_IFDS: Tag = Tag(Context::Tiff, 0x014a);

/// The EXIF block for the answer. The pixels are upright by now, so the orientation never stays,
/// and the thumbnail shows another picture. A block that can't be read is left out.
pub(super) fn carried(source: Option<Vec<u8>>, policy: MetadataPolicy) -> Option<Vec<u8>> {
    if policy == MetadataPolicy::None {
        return None;
    }
    let source = source?;
    let block = source.strip_prefix(MARK).unwrap_or(&source);
    if block.len() > LONGEST || tiff::is_inflated(block) {
        return None;
    }
    let exif = read(block.to_vec())?;
    let stays = |field: &&Field| match policy {
        MetadataPolicy::Keep => field.ifd_num == In::PRIMARY && !UNTRUE.contains(&field.tag),
        _ => field.ifd_num == In::PRIMARY && matches!(field.tag, Tag::Artist | Tag::Copyright),
    };
    let mut fields: Vec<Field> = Vec::new();
    let mut known = HashSet::new();
    let mut room = SEGMENT;
    for field in exif.fields().filter(stays) {
        let Some(rest) = value_bytes(&field.value).and_then(|bytes| room.checked_sub(bytes)) else {
            continue;
        };
        // A tag said twice is one too many.
        if known.insert(field.tag) {
            room = rest;
            fields.push(without_trailing_nul(field.clone()));
        }
    }
    write(&fields).filter(|block| block.len() <= SEGMENT)
}

/// Bytes that a value takes in the block, its entry included. `None` for types that can't be written.
fn value_bytes(value: &Value) -> Option<usize> {
    let bytes = match value {
        Value::Byte(list) => list.len(),
        Value::Ascii(texts) => texts.iter().map(|text| text.len() + 1).sum(),
        Value::Short(list) => 2 * list.len(),
        Value::Long(list) => 4 * list.len(),
        Value::Rational(list) => 8 * list.len(),
        Value::SByte(list) => list.len(),
        Value::Undefined(list, _) => list.len(),
        Value::SShort(list) => 2 * list.len(),
        Value::SLong(list) => 4 * list.len(),
        Value::SRational(list) => 8 * list.len(),
        Value::Float(list) => 4 * list.len(),
        Value::Double(list) => 8 * list.len(),
        Value::Unknown(..) => return None,
    };
    Some(bytes + 12)
}

fn read(source: Vec<u8>) -> Option<Exif> {
    let partial = |error: exif::Error| error.distill_partial_result(|_| {});
    Reader::new().continue_on_error(true).read_raw(source).or_else(partial).ok()
}

/// ASCII values end in one NUL, which the writer adds.
fn without_trailing_nul(mut field: Field) -> Field {
    if let Value::Ascii(texts) = &mut field.value {
        for text in texts {
            while text.last() == Some(&0) {
                text.pop();
            }
        }
    }
    field
}

fn write(fields: &[Field]) -> Option<Vec<u8>> {
    if fields.is_empty() {
        return None;
    }
    let mut writer = Writer::new();
    fields.iter().for_each(|field| writer.push_field(field));
    let mut block = Cursor::new(Vec::new());
    let little_endian = true;
    writer.write(&mut block, little_endian).ok()?;
    Some(block.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(block: Option<Vec<u8>>) -> String {
        let Some(exif) = block.and_then(read) else { return "none".to_owned() };
        let tags = exif.fields().map(|field| format!("{}={}", field.tag, field.display_value()));
        tags.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn each_policy_carries_what_it_says() {
        let field = |tag, value| Field { tag, ifd_num: In::PRIMARY, value };
        let text = |text: &str| Value::Ascii(vec![text.as_bytes().to_vec()]);
        let source = write(&[
            field(Tag::Make, text("Daguerre")),
            field(Tag::Orientation, Value::Short(vec![6])),
            field(Tag::Artist, text("tintype")),
            field(Tag::Copyright, text("CC0")),
        ]);

        for (policy, expected) in [
            (MetadataPolicy::Keep, r#"Make="Daguerre" Artist="tintype" Copyright="CC0""#),
            (MetadataPolicy::Copyright, r#"Artist="tintype" Copyright="CC0""#),
            (MetadataPolicy::None, "none"),
        ] {
            assert_eq!(tags(carried(source.clone(), policy)), expected, "{policy}");
        }
    }

    #[test]
    fn what_is_too_long_for_a_jpeg_is_left_out() {
        let field = |tag, length| Field {
            tag,
            ifd_num: In::PRIMARY,
            value: Value::Ascii(vec![vec![b'x'; length]]),
        };
        let source = write(&[field(Tag::Artist, 40_000), field(Tag::Copyright, 40_000)]);

        let carried = carried(source, MetadataPolicy::Copyright).unwrap();

        assert!(carried.len() < SEGMENT && carried.len() > 40_000, "{}", carried.len());
    }

    #[test]
    fn what_cannot_be_read_is_left_out() {
        assert_eq!(carried(Some(b"no EXIF".to_vec()), MetadataPolicy::Keep), None);
        assert_eq!(carried(None, MetadataPolicy::Keep), None);
    }

    #[test]
    fn a_mark_before_the_block_is_passed_over() {
        let value = Value::Ascii(vec![b"tintype".to_vec()]);
        let block = write(&[Field { tag: Tag::Artist, ifd_num: In::PRIMARY, value }]).unwrap();
        let marked = [MARK, &block].concat();

        assert_eq!(carried(Some(marked), MetadataPolicy::Copyright), Some(block));
    }

    #[test]
    fn a_value_of_unknown_type_is_left_out_alone() {
        // Two entries: 0x9999 of type 99, and Copyright.
        let block = b"II*\0\x08\0\0\0\x02\0\x99\x99\x63\0\x01\0\0\0\0\0\0\0\
                      \x98\x82\x02\0\x04\0\0\0CC0\0\0\0\0\0";

        let carried = carried(Some(block.to_vec()), MetadataPolicy::Keep);

        assert_eq!(tags(carried), r#"Copyright="CC0""#);
    }

    #[test]
    fn no_picture_beside_the_first_survives() {
        let field = |tag, ifd_num, value| Field { tag, ifd_num, value };
        let thumbnail = [0xff, 0xd8, 0xff, 0xd9].repeat(9);
        let fields = [
            field(Tag::Make, In::PRIMARY, Value::Ascii(vec![b"Daguerre".to_vec()])),
            field(SUB_IFDS, In::PRIMARY, Value::Long(vec![8])),
            field(Tag::Compression, In::THUMBNAIL, Value::Short(vec![6])),
        ];
        let mut writer = Writer::new();
        fields.iter().for_each(|field| writer.push_field(field));
        writer.set_jpeg(&thumbnail, In::THUMBNAIL);
        let mut block = Cursor::new(Vec::new());
        writer.write(&mut block, false).unwrap();
        let block = block.into_inner();
        assert!(block.windows(thumbnail.len()).any(|bytes| bytes == thumbnail));

        let carried = carried(Some(block), MetadataPolicy::Keep).unwrap();

        assert!(!carried.windows(4).any(|bytes| bytes == &thumbnail[..4]));
        assert_eq!(tags(Some(carried)), r#"Make="Daguerre""#);
    }
}
