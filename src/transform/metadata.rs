//! EXIF: what a JPEG answer carries of its source's metadata (delivery-and-transforms.md §2.5).

use std::io::Cursor;

use exif::{Exif, Field, In, Reader, Tag, Value, experimental::Writer};

use super::values::MetadataPolicy;

/// The EXIF block for the answer. The pixels are upright by now, so the orientation never stays,
/// and the thumbnail shows another picture. A block that can't be read is left out.
pub(super) fn carried(source: Option<Vec<u8>>, policy: MetadataPolicy) -> Option<Vec<u8>> {
    if policy == MetadataPolicy::None {
        return None;
    }
    let exif = read(source?)?;
    let stays = |field: &&Field| match policy {
        MetadataPolicy::Keep => field.ifd_num == In::PRIMARY && field.tag != Tag::Orientation,
        _ => field.ifd_num == In::PRIMARY && matches!(field.tag, Tag::Artist | Tag::Copyright),
    };
    let fields: Vec<_> = exif.fields().filter(stays).cloned().map(without_trailing_nul).collect();
    write(&fields)
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
    fn what_cannot_be_read_is_left_out() {
        assert_eq!(carried(Some(b"no EXIF".to_vec()), MetadataPolicy::Keep), None);
        assert_eq!(carried(None, MetadataPolicy::Keep), None);
    }
}
