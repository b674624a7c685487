//! `gravity=face`: where the faces are, and the crop window around them for a given zoom.
//!
//! Faces are found by the SeetaFace detector (`assets/seeta_fd_frontal_v1.0.bin`), which looks for
//! upright faces seen from the front. The service uses RetinaFace, a far larger network, which
//! finds more of them and from the side too.


use std::sync::LazyLock;

use image::{DynamicImage, math::Rect};
use rustface::{FaceInfo, ImageData, Model};

use super::small_copy::small_copy;

/// The longest side of the copy that is searched. The smallest face that can be found in it has
/// `SMALLEST` pixels.
static COPY: LazyLock<u32> = LazyLock::new(|| std::env::var("COPY").map_or(640, |v| v.parse().unwrap()));

/// A side of the detector's window, in pixels.
const SMALLEST: u32 = 40;

/// How sure the detector must be. Its authors suggest between 0.95 (finds all) and 4.5 (no false
/// alarms).
static SCORE: LazyLock<f64> = LazyLock::new(|| std::env::var("SCORE").map_or(2.8, |v| v.parse().unwrap()));

static MODEL: LazyLock<Model> = LazyLock::new(|| {
    let bytes: &[u8] = include_bytes!("../../assets/seeta_fd_frontal_v1.0.bin");
    rustface::read_model(bytes).expect("the model is part of the program and was read before")
});

/// The smallest rectangle around all faces, in pixels of the frame. `None` if there are none.
pub(super) fn bounding_box(frame: &DynamicImage) -> Option<Rect> {
    let copy = small_copy(frame, *COPY).to_luma8();
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

/// From where, and how long, a share of a side is in whole pixels.
fn stretch(start: f64, end: f64, side: u32) -> (u32, u32) {
    let at = |share: f64| ((f64::from(side) * share).round() as u32).min(side);
    (at(start), at(end) - at(start))
}

fn detect(grey: &ImageData) -> Vec<FaceInfo> {
    let mut detector = rustface::create_detector_with_model(MODEL.clone());
    detector.set_score_thresh(2.8);
    detector.detect(grey)
}
