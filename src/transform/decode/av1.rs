//! One AV1 picture by rav1d. The only file that knows the decoder.
//!
//! A panic inside rav1d can't be caught (it keeps dav1d's C interface), which is why its input is
//! checked before: the size, and that there is data at all.

use std::panic::{AssertUnwindSafe, catch_unwind};

use re_rav1d::{
    Decoder, Error, Picture, PixelLayout, PlanarImageComponent, Plane, Settings, pixel::YUVRange,
};

use super::{
    heif::Nclx,
    undecodable,
    yuv::{Planes, Samples},
};
use crate::transform::{TransformError, values::Size};

/// How often a decoder may ask to be called again: more than any picture needs.
const PATIENCE: usize = 1000;

pub(super) struct Decoded {
    picture: Picture,
    luma: Plane,
    chroma: Option<[Plane; 2]>,
}

/// Decodes the first picture in `data`, which has to be of `size`. Nothing larger is allocated.
pub(super) fn decode(data: Vec<u8>, size: Size) -> Result<Decoded, TransformError> {
    let mut settings = Settings::new();
    settings.set_n_threads(1);
    settings.set_max_frame_delay(1);
    // Of several layers, the best.
    settings.set_all_layers(false);
    settings.set_frame_size_limit(u32::try_from(size.area()).map_err(undecodable)?);
    let mut decoder = Decoder::with_settings(&settings).map_err(undecodable)?;
    let picture = first_picture(&mut decoder, data)?;
    if (picture.width(), picture.height()) != (size.width, size.height) {
        return Err(undecodable("the AV1 picture has another size than the file says"));
    }
    use PlanarImageComponent::{U, V, Y};
    let is_grey = picture.pixel_layout() == PixelLayout::I400;
    let chroma = (!is_grey).then(|| [picture.plane(U), picture.plane(V)]);
    Ok(Decoded { luma: picture.plane(Y), chroma, picture })
}

fn first_picture(decoder: &mut Decoder, data: Vec<u8>) -> Result<Picture, TransformError> {
    if data.is_empty() {
        return Err(undecodable("the AV1 picture is empty"));
    }
    // The decoder takes what it can, and the rest once a picture was fetched.
    let mut waits = again(decoder.send_data(data, None, None, None))?;
    for _ in 0..PATIENCE {
        match decoder.get_picture() {
            Err(Error::Again) if waits => waits = again(decoder.send_pending_data())?,
            Err(Error::Again) => break,
            picture => return picture.map_err(undecodable),
        }
    }
    Err(undecodable("there is no AV1 picture"))
}

fn again(sent: Result<(), Error>) -> Result<bool, TransformError> {
    match sent {
        Ok(()) => Ok(false),
        Err(Error::Again) => Ok(true),
        Err(error) => Err(undecodable(error)),
    }
}

impl Decoded {
    pub(super) fn planes(&self) -> Planes<'_> {
        let depth = self.picture.bit_depth() as u32;
        let chroma = self.chroma.as_ref();
        let chroma = chroma.map(|[u, v]| [self.samples(u, 1), self.samples(v, 2)]);
        let (across, down) = match self.picture.pixel_layout() {
            PixelLayout::I420 => (2, 2),
            PixelLayout::I422 => (2, 1),
            PixelLayout::I400 | PixelLayout::I444 => (1, 1),
        };
        let size = Size { width: self.picture.width(), height: self.picture.height() };
        Planes { size, depth, luma: self.samples(&self.luma, 0), chroma, across, down }
    }

    fn samples<'a>(&self, plane: &'a Plane, number: usize) -> Samples<'a> {
        Samples { bytes: plane, stride: self.picture.stride(number.into()) as usize }
    }

    /// What the stream itself says of its colours.
    pub(super) fn nclx(&self) -> Nclx {
        let picture = &self.picture;
        // The wrapper panics at code points that nobody has defined; they are as good as none.
        let described = catch_unwind(AssertUnwindSafe(|| {
            (
                picture.color_primaries() as u16,
                picture.transfer_characteristic() as u16,
                picture.matrix_coefficients() as u16,
            )
        }));
        let (primaries, transfer, matrix) = described.unwrap_or((2, 2, 2));
        Nclx { primaries, transfer, matrix, full_range: self.is_full_range() }
    }

    pub(super) fn is_full_range(&self) -> bool {
        self.picture.color_range() == YUVRange::Full
    }
}
