//! `gravity=face`: where the faces are, and the crop window around them for a given zoom.
//!
//! Faces are found by the SeetaFace detector (`assets/seeta_fd_frontal_v1.0.bin`), which looks for
//! upright faces seen from the front. The service uses RetinaFace, a far larger network, which
//! finds more of them and from the side too.

use std::sync::LazyLock;

use image::{DynamicImage, math::Rect};
use rustface::{FaceInfo, ImageData, Model};

use super::small_copy::small_copy;

/// The longest side of the copy that is searched: the time grows with its area.
const COPY: u32 = 640;

/// The side of the detector's window, in pixels of the copy. Faces of half of it are found at times.
const SMALLEST: u32 = 40;

/// How sure the detector must be. Its authors try 0.95, 2.8 and 4.5; of a group of thirty, whose
/// faces are near the smallest, 2 finds many and 2.8 one.
const SCORE: f64 = 2.0;

static MODEL: LazyLock<Model> = LazyLock::new(|| {
    let bytes: &[u8] = include_bytes!("../../assets/seeta_fd_frontal_v1.0.bin");
    rustface::read_model(bytes).expect("the model is part of the program and was read before")
});

/// The smallest rectangle around all faces, in pixels of the frame. `None` if there are none.
pub(super) fn bounding_box(frame: &DynamicImage) -> Option<Rect> {
    let copy = small_copy(frame, COPY).to_luma8();
    if copy.width().min(copy.height()) < SMALLEST {
        return None;
    }
    let faces = detect(&ImageData::new(&copy, copy.width(), copy.height()));
    let boxes = faces.iter().map(FaceInfo::bbox);
    let edges = boxes.map(|face| {
        let (left, top) = (face.x(), face.y());
        [left, top, left + face.width() as i32, top + face.height() as i32]
    });
    let [left, top, right, bottom] = edges.reduce(|all, one| {
        [all[0].min(one[0]), all[1].min(one[1]), all[2].max(one[2]), all[3].max(one[3])]
    })?;
    // The detector lets a face reach beyond the picture.
    let across = |x: i32| f64::from(x.max(0)) / f64::from(copy.width());
    let down = |y: i32| f64::from(y.max(0)) / f64::from(copy.height());
    let (x, width) = stretch(across(left), across(right), frame.width());
    let (y, height) = stretch(down(top), down(bottom), frame.height());
    Some(Rect { x, y, width, height })
}

/// A part of the source, in pixels of the source that need not be whole.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct View {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// The window to show of the source: of the aspect ratio `ratio` (width by height), inside the
/// source, and with the faces as near its middle as that allows.
///
/// As documented, a `zoom` of 0 shows as much as `cover` would, and 1 crops as tightly around the
/// box of all faces as the ratio allows. In between the window changes evenly, so it never loses a
/// face that both ends show; that it is even is assumed.
pub(super) fn window(source: (u32, u32), ratio: f64, faces: Rect, zoom: f64) -> View {
    let (across, down) = (f64::from(source.0), f64::from(source.1));
    let widest = across.min(down * ratio);
    let tightest = f64::from(faces.width).max(f64::from(faces.height) * ratio).min(widest);
    let middle = |start: u32, length: u32| f64::from(start) + f64::from(length) / 2.0;
    let (x, y) = (middle(faces.x, faces.width), middle(faces.y, faces.height));
    let of_width = |width: f64| {
        let height = width / ratio;
        View { left: around(x, width, across), top: around(y, height, down), width, height }
    };
    of_width(widest).towards(of_width(tightest), zoom)
}

impl View {
    fn towards(self, other: Self, share: f64) -> Self {
        let between = |from: f64, to: f64| from + (to - from) * share;
        Self {
            left: between(self.left, other.left),
            top: between(self.top, other.top),
            width: between(self.width, other.width),
            height: between(self.height, other.height),
        }
    }
}

/// Where `length` begins with its middle at `middle`, or as near as it can be inside `side`.
fn around(middle: f64, length: f64, side: f64) -> f64 {
    (middle - length / 2.0).min(side - length).max(0.0)
}

/// From where, and how long, a share of a side is in whole pixels.
fn stretch(start: f64, end: f64, side: u32) -> (u32, u32) {
    let at = |share: f64| ((f64::from(side) * share).round() as u32).min(side);
    (at(start), at(end) - at(start))
}

fn detect(grey: &ImageData) -> Vec<FaceInfo> {
    let mut detector = rustface::create_detector_with_model(MODEL.clone());
    detector.set_score_thresh(SCORE);
    detector.detect(grey)
}

#[cfg(test)]
mod tests {
    use image::{GrayImage, Luma, RgbImage};

    use super::{
        super::{decode, values::Format},
        *,
    };

    const SOURCE: (u32, u32) = (1000, 600);
    const FACES: Rect = Rect { x: 700, y: 100, width: 100, height: 120 };

    fn view(ratio: f64, faces: Rect, zoom: f64) -> [f64; 4] {
        let view = window(SOURCE, ratio, faces, zoom);
        [view.left, view.top, view.width, view.height]
    }

    #[test]
    fn without_zoom_the_faces_are_in_the_middle_of_what_cover_shows() {
        assert_eq!(view(1.0, FACES, 0.0), [400.0, 0.0, 600.0, 600.0]);
        assert_eq!(view(0.5, FACES, 0.0), [600.0, 0.0, 300.0, 600.0]);
        assert_eq!(view(4.0, FACES, 0.0), [0.0, 35.0, 1000.0, 250.0]);
    }

    #[test]
    fn full_zoom_is_as_tight_as_the_ratio_allows() {
        assert_eq!(view(1.0, FACES, 1.0), [690.0, 100.0, 120.0, 120.0]);
        assert_eq!(view(0.5, FACES, 1.0), [700.0, 60.0, 100.0, 200.0]);
    }

    #[test]
    fn half_zoom_is_half_way() {
        assert_eq!(view(1.0, FACES, 0.5), [545.0, 50.0, 360.0, 360.0]);
    }

    #[test]
    fn every_window_has_the_ratio_lies_inside_and_shows_the_faces() {
        let corner = Rect { x: 930, y: 0, width: 70, height: 90 };
        let all = Rect { x: 0, y: 0, width: 1000, height: 600 };
        for faces in [FACES, corner, all] {
            for ratio in [0.1, 0.75, 1.0, 16.0 / 9.0, 20.0] {
                for zoom in [0.0, 0.3, 0.7, 1.0] {
                    let [left, top, width, height] = view(ratio, faces, zoom);
                    let inside = left >= 0.0
                        && top >= 0.0
                        && left + width <= 1000.0 + 1e-6
                        && top + height <= 600.0 + 1e-6;
                    assert!(inside && (width / height - ratio).abs() < 1e-6 * ratio);
                    let (x, right) = (f64::from(faces.x), f64::from(faces.x + faces.width));
                    let fits = width >= right - x;
                    let shown = left <= x + 1e-6 && left + width >= right - 1e-6;
                    assert!(!fits || shown, "{faces:?} {ratio} {zoom}");
                }
            }
        }
    }

    #[test]
    fn there_is_no_face_in_what_has_none() {
        let stripes = GrayImage::from_fn(300, 200, |x, y| Luma([(x * y % 251) as u8]));

        assert_eq!(bounding_box(&stripes.into()), None);
        assert_eq!(bounding_box(&RgbImage::new(64, 64).into()), None);
    }

    #[test]
    fn frames_too_small_for_the_detector_have_no_face() {
        for size in [(1, 1), (2, 900), (39, 39), (3000, 40)] {
            assert_eq!(bounding_box(&RgbImage::new(size.0, size.1).into()), None);
        }
    }

    fn fixture(bytes: &[u8], format: Format) -> DynamicImage {
        decode::still(bytes, format).unwrap().pixels
    }

    #[test]
    fn the_box_holds_both_faces_of_the_fixture() {
        let picture = fixture(include_bytes!("../../fixtures/faces.png"), Format::Png);
        let twice_as_large = picture.resize_exact(1280, 800, image::imageops::Triangle);

        for (frame, scale) in [(picture, 1), (twice_as_large, 2)] {
            let found = bounding_box(&frame).unwrap();
            let edges = [found.x, found.y, found.x + found.width, found.y + found.height];
            for (edge, drawn) in edges.into_iter().zip([120, 115, 400, 245]) {
                assert!(edge.abs_diff(drawn * scale) <= 15 * scale, "{found:?}");
            }
        }
    }

    #[test]
    fn there_is_no_face_in_the_landscape() {
        let photo = fixture(include_bytes!("../../fixtures/photo.jpg"), Format::Jpeg);

        assert_eq!(bounding_box(&photo), None);
    }
}
