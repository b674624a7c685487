//! AVIF: the boxes by `heif`, the pictures in them by `av1`. Colour and alpha are pictures of their own,
//! each whole or a grid of tiles.

use image::{DynamicImage, GrayImage, ImageBuffer, Luma, Rgb, RgbImage, metadata::Orientation};

use super::{
    Decoded, Header, alpha, av1,
    heif::{Container, Nclx, Property},
    undecodable,
    yuv::{Matrix, Sample},
};
use crate::transform::{
    TransformError,
    color::{CodePoints, ColorSpace},
    values::Size,
};

/// What makes an auxiliary image the alpha channel.
const ALPHA: [&[u8]; 2] =
    [b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:hevc:2015:auxid:1"];

/// What the boxes say.
struct File<'a> {
    container: Container<'a>,
    color: Picture,
    alpha: Option<Picture>,
    crop: Option<Crop>,
    orientation: Orientation,
}

/// One item, or a grid of them, row after row.
struct Picture {
    item: u32,
    size: Size,
    tile: Size,
    columns: u32,
    tiles: Vec<u32>,
}

/// A clean aperture in whole pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Crop {
    size: Size,
    left: u32,
    top: u32,
}

pub(in crate::transform) fn read_header(source: &[u8]) -> Result<Header, TransformError> {
    let file = File::read(source)?;
    let pictures = || [Some(&file.color), file.alpha.as_ref()].into_iter().flatten();
    let tiles_area = |picture: &Picture| picture.tile.area() * picture.tiles.len() as u64;
    Ok(Header {
        size: file.crop.map_or(file.color.size, |crop| crop.size),
        orientation: file.orientation,
        has_alpha: file.alpha.is_some(),
        decoded: pictures().flat_map(|it| [it.size, it.tile]).collect(),
        tiles_area: pictures().map(tiles_area).max().unwrap_or(0),
    })
}

pub(super) fn decode(source: &[u8]) -> Result<Decoded, TransformError> {
    let file = File::read(source)?;
    let (mut pixels, space) = file.decode_color()?;
    if let Some(picture) = &file.alpha {
        let alpha = file.decode_alpha(picture)?;
        let links = file.container.references(b"prem", file.color.item).unwrap_or_default();
        pixels = alpha::join(pixels, alpha)
            .ok_or_else(|| undecodable("the alpha channel has another size than the picture"))?;
        if links.contains(&picture.item) {
            alpha::unpremultiply(&mut pixels);
        }
    }
    if let Some(Crop { size, left, top }) = file.crop {
        pixels = pixels.crop_imm(left, top, size.width, size.height);
    }
    Ok(Decoded { pixels, space, exif: file.container.exif() })
}

impl<'a> File<'a> {
    fn read(source: &'a [u8]) -> Result<Self, TransformError> {
        let broken = || undecodable("the boxes of the file are cut off or contradict each other");
        let container = Container::read(source).ok_or_else(broken)?;
        if container.is_inflated() {
            return Err(undecodable("the tiles say more than the file holds"));
        }
        let color = Picture::read(&container, container.primary).ok_or_else(broken)?;
        let is_alpha = |item: &u32| {
            container.properties(*item).any(
                |property| matches!(property, Property::Auxiliary(what) if ALPHA.contains(&what)),
            )
        };
        let alpha = container.referring(b"auxl", color.item).find(is_alpha);
        let alpha = match alpha {
            Some(item) => Some(Picture::read(&container, item).ok_or_else(broken)?),
            None => None,
        };
        let aperture = container.properties(color.item).find_map(|property| match property {
            Property::CleanAperture(fields) => Some(fields),
            _ => None,
        });
        let crop = match aperture {
            Some(fields) => Some(Crop::new(color.size, fields).ok_or_else(broken)?),
            None => None,
        };
        let orientation = orientation(container.properties(color.item));
        Ok(Self { container, color, alpha, crop, orientation })
    }

    fn decode_color(&self) -> Result<(DynamicImage, ColorSpace), TransformError> {
        let first = self.decode_tile(&self.color, 0)?;
        let properties = || self.container.properties(self.color.item);
        let nclx = properties().find_map(|property| match property {
            Property::Nclx(nclx) => Some(nclx),
            _ => None,
        });
        let icc = properties().find_map(|property| match property {
            Property::Icc(icc) => Some(icc.to_vec()),
            _ => None,
        });
        let nclx = nclx.unwrap_or_else(|| first.nclx());
        let space = icc.map_or_else(|| coded(nclx), ColorSpace::Icc);
        Ok((self.paint_any(&self.color, first, nclx)?, space))
    }

    /// Alpha is full range and has no matrix: only its luma counts.
    fn decode_alpha(&self, picture: &Picture) -> Result<DynamicImage, TransformError> {
        let first = self.decode_tile(picture, 0)?;
        let full_range = first.is_full_range();
        let nclx = Nclx { primaries: 2, transfer: 2, matrix: 2, full_range };
        self.paint_any(picture, first, nclx)
    }

    fn decode_tile(
        &self,
        picture: &Picture,
        number: usize,
    ) -> Result<av1::Decoded, TransformError> {
        let data = self.container.data(picture.tiles[number]);
        let data = data.ok_or_else(|| undecodable("the picture is cut off"))?;
        av1::decode(data.into_owned(), picture.tile)
    }

    fn paint_any(
        &self,
        picture: &Picture,
        first: av1::Decoded,
        nclx: Nclx,
    ) -> Result<DynamicImage, TransformError> {
        let planes = first.planes();
        let (is_grey, is_deep) = (planes.chroma.is_none(), planes.depth > 8);
        let Size { width, height } = picture.size;
        let image = if is_deep {
            let samples = self.paint::<u16>(picture, first, nclx)?;
            if is_grey {
                ImageBuffer::<Luma<u16>, _>::from_raw(width, height, samples).map(Into::into)
            } else {
                ImageBuffer::<Rgb<u16>, _>::from_raw(width, height, samples).map(Into::into)
            }
        } else {
            let samples = self.paint::<u8>(picture, first, nclx)?;
            if is_grey {
                GrayImage::from_raw(width, height, samples).map(Into::into)
            } else {
                RgbImage::from_raw(width, height, samples).map(Into::into)
            }
        };
        image.ok_or_else(|| undecodable("the tiles don't fill the picture"))
    }

    /// Decodes tile by tile, each row straight to its place.
    fn paint<S: Sample>(
        &self,
        picture: &Picture,
        first: av1::Decoded,
        nclx: Nclx,
    ) -> Result<Vec<S>, TransformError> {
        let matrix = Matrix::from_code(nclx.matrix)
            .ok_or_else(|| undecodable(format_args!("matrix coefficients {}", nclx.matrix)))?;
        let kind = |tile: &av1::Decoded| (tile.planes().depth, tile.planes().chroma.is_some());
        let expected = kind(&first);
        let channels = if expected.1 { 3 } else { 1 };
        let Size { width, height } = picture.size;
        let mut canvas = vec![S::DEFAULT_MIN_VALUE; width as usize * height as usize * channels];
        let mut tile = first;
        let mut row = Vec::new();
        for number in 0..picture.tiles.len() {
            if number > 0 {
                tile = self.decode_tile(picture, number)?;
            }
            if kind(&tile) != expected {
                return Err(undecodable("the tiles differ in kind"));
            }
            let (left, top) = picture.place(number);
            let shown = (picture.tile.width.min(width - left)) as usize * channels;
            let planes = tile.planes();
            for y in 0..picture.tile.height.min(height - top) {
                planes.convert_row(y, matrix, nclx.full_range, &mut row);
                let start = ((top + y) as usize * width as usize + left as usize) * channels;
                let row = row.get(..shown).ok_or_else(|| undecodable("a row is too short"))?;
                canvas[start..start + shown].copy_from_slice(row);
            }
        }
        Ok(canvas)
    }
}

impl Picture {
    /// `None` if the item is no picture, or its tiles don't cover it.
    fn read(container: &Container, item: u32) -> Option<Self> {
        if container.kind(item)? == b"av01" {
            let size = container.size(item)?;
            return Some(Self { item, size, tile: size, columns: 1, tiles: vec![item] });
        }
        if container.kind(item)? != b"grid" {
            return None;
        }
        let Grid { size, columns, rows } = Grid::read(&container.data(item)?)?;
        let tiles = container.references(b"dimg", item)?.to_vec();
        let tile = container.size(*tiles.first()?)?;
        let is_tile = |item: &u32| {
            container.kind(*item) == Some(b"av01") && container.size(*item) == Some(tile)
        };
        // Every tile shows something, and together they reach the far edges.
        let covers = |side: u32, tile: u32, count: u32| {
            let (side, tile, count) = (u64::from(side), u64::from(tile), u64::from(count));
            tile * count >= side && tile * (count - 1) < side
        };
        let fits = tiles.len() == columns as usize * rows as usize
            && tiles.iter().all(is_tile)
            && covers(size.width, tile.width, columns)
            && covers(size.height, tile.height, rows);
        fits.then_some(Self { item, size, tile, columns, tiles })
    }

    /// Where a tile's top left corner goes.
    fn place(&self, number: usize) -> (u32, u32) {
        let number = number as u32;
        (number % self.columns * self.tile.width, number / self.columns * self.tile.height)
    }
}

/// What the data of a grid item says (ISO/IEC 23008-12 §6.6.2.3).
struct Grid {
    size: Size,
    columns: u32,
    rows: u32,
}

impl Grid {
    fn read(data: &[u8]) -> Option<Self> {
        let [_version, flags, rows, columns, sides @ ..] = data else { return None };
        let (width, height) = if flags & 1 == 1 {
            let (sides, _) = sides.split_first_chunk::<8>()?;
            let [a, b, c, d, e, f, g, h] = *sides;
            (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h]))
        } else {
            let ([a, b, c, d], _) = sides.split_first_chunk::<4>()?;
            (u16::from_be_bytes([*a, *b]).into(), u16::from_be_bytes([*c, *d]).into())
        };
        let (columns, rows) = (u32::from(*columns) + 1, u32::from(*rows) + 1);
        Some(Self { size: Size { width, height }, columns, rows })
    }
}

impl Crop {
    /// `None` for an aperture that isn't whole pixels inside `full`.
    fn new(full: Size, fields: [u32; 8]) -> Option<Self> {
        let [width, width_unit, height, height_unit, across, across_unit, down, down_unit] = fields;
        let (left, width) = Self::side(full.width, (width, width_unit), (across, across_unit))?;
        let (top, height) = Self::side(full.height, (height, height_unit), (down, down_unit))?;
        Some(Self { size: Size { width, height }, left, top })
    }

    /// Start and length. The offset goes from the middle of the whole to the middle of the part, and
    /// its numerator is signed.
    fn side(full: u32, length: (u32, u32), offset: (u32, u32)) -> Option<(u32, u32)> {
        let (unit, twice) = (i64::from(offset.1), 2 * i64::from(offset.1));
        let length = length.0.checked_div(length.1).filter(|whole| whole * length.1 == length.0)?;
        let room = i64::from(full.checked_sub(length)?);
        let start = room * unit + 2 * i64::from(offset.0.cast_signed());
        let start = (start.checked_rem(twice)? == 0).then(|| start / twice)?;
        (length > 0 && (0..=room).contains(&start)).then_some((start as u32, length))
    }
}

/// Rotations and mirrorings, one after the other, as one of the eight orientations. EXIF doesn't count
/// here: whoever wrote the boxes has taken it into account (ISO/IEC 23008-12 §6.5).
fn orientation<'a>(properties: impl Iterator<Item = Property<'a>>) -> Orientation {
    // Clockwise quarter turns, and whether left and right are exchanged after them.
    let (mut turns, mut flipped) = (0, false);
    for property in properties {
        let (more, flips) = match property {
            Property::Rotation(anticlockwise) => (4 - anticlockwise, false),
            // To exchange top and bottom is to turn by half, and exchange left and right.
            Property::Mirror(0) => (2, true),
            Property::Mirror(_) => (0, true),
            _ => continue,
        };
        // What was mirrored turns the other way.
        turns = (turns + if flipped { 4 - more % 4 } else { more }) % 4;
        flipped ^= flips;
    }
    match (turns, flipped) {
        (1, false) => Orientation::Rotate90,
        (2, false) => Orientation::Rotate180,
        (3, false) => Orientation::Rotate270,
        (0, true) => Orientation::FlipHorizontal,
        (1, true) => Orientation::Rotate90FlipH,
        (2, true) => Orientation::FlipVertical,
        (3, true) => Orientation::Rotate270FlipH,
        _ => Orientation::NoTransforms,
    }
}

fn coded(nclx: Nclx) -> ColorSpace {
    let point = |code: u16| u8::try_from(code).unwrap_or(0);
    let (primaries, transfer) = (point(nclx.primaries), point(nclx.transfer));
    ColorSpace::Coded(CodePoints { primaries, transfer })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotation_and_mirroring_are_one_orientation() {
        use Property::{Mirror, Rotation};
        for (properties, exif) in [
            (vec![], 1),
            (vec![Mirror(1)], 2),
            (vec![Rotation(2)], 3),
            (vec![Mirror(0)], 4),
            (vec![Rotation(3)], 6),
            (vec![Rotation(1)], 8),
            // A quarter anticlockwise, then top and bottom exchanged: mirrored along the falling
            // diagonal.
            (vec![Rotation(1), Mirror(0)], 5),
            (vec![Rotation(3), Mirror(0)], 7),
            (vec![Rotation(1), Mirror(1)], 7),
            (vec![Mirror(1), Rotation(1)], 5),
            (vec![Rotation(1), Rotation(3)], 1),
        ] {
            let found = orientation(properties.clone().into_iter()).to_exif();
            assert_eq!(found, exif, "{properties:?}");
        }
    }

    #[test]
    fn a_clean_aperture_is_whole_pixels_inside_the_picture() {
        let crop = |fields| {
            let crop = Crop::new(Size { width: 10, height: 8 }, fields)?;
            Some((crop.left, crop.top, crop.size.width, crop.size.height))
        };
        let minus = |n: u32| n.wrapping_neg();
        assert_eq!(crop([4, 1, 8, 1, 0, 1, 0, 1]), Some((3, 0, 4, 8)));
        assert_eq!(crop([8, 2, 2, 1, minus(2), 1, 3, 1]), Some((1, 6, 4, 2)));
        assert_eq!(crop([5, 1, 8, 1, minus(1), 2, 0, 1]), Some((2, 0, 5, 8)));
        for outside in [
            [11, 1, 8, 1, 0, 1, 0, 1],
            [4, 1, 8, 1, 4, 1, 0, 1],
            [4, 1, 8, 1, 1, 2, 0, 1],
            [4, 0, 8, 1, 0, 1, 0, 1],
            [4, 1, 8, 1, 0, 0, 0, 1],
            [0, 1, 8, 1, 0, 1, 0, 1],
        ] {
            assert_eq!(crop(outside), None, "{outside:?}");
        }
    }
}
