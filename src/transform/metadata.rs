//! EXIF: what a JPEG answer carries of its source's metadata (delivery-and-transforms.md §2.5).

use std::io::Cursor;

use exif::{Exif, Field, In, Reader, Tag, Value, experimental::Writer};

use super::values::MetadataPolicy;

/// What a JPEG segment holds beside its length and the mark "Exif".
const SEGMENT: usize = 65_533 - 6;

/// What the new pixels make untrue.
const UNTRUE: [Tag; 5] = [
    Tag::Orientation,
    Tag::PixelXDimension,
    Tag::PixelYDimension,
    Tag::ImageWidth,
    Tag::ImageLength,
];

/// The EXIF block for the answer. The pixels are upright by now, so the orientation never stays,
/// and the thumbnail shows another picture. A block that can't be read is left out.
pub(super) fn carried(source: Option<Vec<u8>>, policy: MetadataPolicy) -> Option<Vec<u8>> {
    if policy == MetadataPolicy::None {
        return None;
    }
    let exif = read(source?)?;
    let stays = |field: &&Field| match policy {
        MetadataPolicy::Keep => field.ifd_num == In::PRIMARY && !UNTRUE.contains(&field.tag),
        _ => field.ifd_num == In::PRIMARY && matches!(field.tag, Tag::Artist | Tag::Copyright),
    };
    let mut fields: Vec<Field> = Vec::new();
    let mut room = SEGMENT;
    for field in exif.fields().filter(stays) {
        // Entries may share a value, each of them counts; a tag said twice is one too many.
        let known = fields.iter().any(|other| other.tag == field.tag);
        let Some(rest) = room.checked_sub(value_bytes(&field.value)).filter(|_| !known) else {
            continue;
        };
        room = rest;
        fields.push(without_trailing_nul(field.clone()));
    }
    write(&fields).filter(|block| block.len() <= SEGMENT)
}

/// Bytes that a value takes in the block, its entry included.
fn value_bytes(value: &Value) -> usize {
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
        Value::Unknown(..) => 0,
    };
    bytes + 12
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
}
