//! `tintype transform`, `completions`, `man`: what needs no server.

use std::{fs, path::Path, process::Output};

use image::GenericImageView;

use crate::{
    process::{fail, tintype},
    support::fixtures,
};

fn run(arguments: &[&str]) -> String {
    let Output { status, stdout, stderr } = tintype(arguments).output().unwrap();
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_picture_is_made_into_another() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (fixtures::path("geometry.png"), folder.path().join("new/small.jpg"));

    let said = run(&["transform", text(&from), text(&to), "w=100,h=100,fit=cover"]);

    assert_eq!(image::ImageReader::open(&to).unwrap().format(), Some(image::ImageFormat::Jpeg));
    assert!(
        said.contains("(400x300 image/png, ") && said.contains("(100x100 image/jpeg, "),
        "{said}"
    );
    assert!(said.contains("resize 133x100, crop 100x100"), "{said}");
}

#[test]
fn a_folder_is_worked_through() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("from"), folder.path().join("to"));
    fs::create_dir_all(from.join("below")).unwrap();
    fs::copy(fixtures::path("geometry.png"), from.join("one.picture")).unwrap();
    fs::copy(fixtures::path("photo.jpg"), from.join("below/two.jpg")).unwrap();
    fs::write(from.join("notes.txt"), "no picture").unwrap();

    run(&["transform", text(&from), text(&to), "w=50,f=webp"]);

    for name in ["one.webp", "below/two.webp"] {
        assert_eq!(image_width(&to.join(name)), 50, "{name}");
    }
    assert_eq!(fs::read_dir(&to).unwrap().count(), 2);
}

fn image_width(path: &Path) -> u32 {
    let limits = tintype::transform::Limits::HOSTED;
    tintype::transform::probe(&fs::read(path).unwrap(), &limits).unwrap().stored.width
}

#[test]
fn what_fails_is_named_and_the_rest_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("from"), folder.path().join("to"));
    fs::create_dir_all(&from).unwrap();
    fs::copy(fixtures::path("geometry.png"), from.join("whole.png")).unwrap();
    let photo = fixtures::read("photo.jpg");
    fs::write(from.join("half.jpg"), &photo[..500]).unwrap();

    let said = fail(&mut tintype(&["transform", text(&from), text(&to), "w=50,f=png-force"]));

    assert!(said.contains("1 of 2 pictures were not made"), "{said}");
    assert_eq!(image::open(to.join("whole.png")).unwrap().dimensions().0, 50);
    let missing = fail(&mut tintype(&["transform", "/nowhere.png", text(&to), "w=5"]));
    assert!(missing.contains("/nowhere.png: No such file"), "{missing}");
    let whole = from.join("whole.png");
    let wrong = fail(&mut tintype(&["transform", text(&whole), "x.png", "w=5,f=tiff"]));
    assert!(wrong.contains("format"), "{wrong}");
}

#[test]
fn a_source_is_never_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("one.png");
    fs::copy(fixtures::path("geometry.png"), &picture).unwrap();
    let made = folder.path().join("made");

    let said = fail(&mut tintype(&["transform", text(&picture), text(&picture), "w=5"]));
    assert!(said.contains("made of itself"), "{said}");
    for _ in 0..2 {
        run(&["transform", text(folder.path()), text(&made), "w=5,f=png-force"]);
    }

    assert_eq!(fs::read(&picture).unwrap(), fixtures::read("geometry.png"));
    assert_eq!(fs::read_dir(&made).unwrap().count(), 1);
    let said = run(&["transform", text(&picture), text(&folder.path().join("o.gif")), "w=5"]);
    assert!(said.contains("warning: it is image/jpeg"), "{said}");
}

#[test]
fn shells_and_readers_are_served() {
    for shell in ["bash", "zsh", "fish"] {
        let script = run(&["completions", shell]);
        assert!(script.contains("snapshot") && script.contains("origin-dir"), "{shell}");
    }
    assert!(run(&["man"]).starts_with(".ie"), "roff");
}
