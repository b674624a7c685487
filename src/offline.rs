//! `tintype transform`: pictures of this machine, made into others without a server.

use std::{
    collections::BTreeMap,
    fs::{self, File, Permissions},
    io::{self, Read, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use bytesize::ByteSize;
use indicatif::{ProgressBar, ProgressStyle};
use tempfile::NamedTempFile;
use walkdir::{DirEntry, WalkDir};

use crate::{
    clock::Stopwatch,
    config::Transform,
    transform::{
        self, Accepts, InvalidOption, Limits, Options, Place, Probe, Prospect, Reading, Rendition,
        TransformError, probe, sniff,
    },
};

/// Why a picture was not made. Each text is for the person at the command line.
#[derive(Debug, thiserror::Error)]
pub enum OfflineError {
    #[error(transparent)]
    Options(#[from] InvalidOption),
    #[error("{file}: {reason}")]
    File { file: String, reason: io::Error },
    #[error("{file}: {reason}")]
    Picture { file: String, reason: TransformError },
    #[error("{file} and {other} would both be {to}")]
    Same { file: String, other: String, to: String },
    #[error("{0} would be made of itself")]
    Itself(String),
    #[error("there is no picture in {0}")]
    Empty(String),
    #[error("{failed} of {all} pictures were not made")]
    Some { failed: usize, all: usize },
}

type Result<T, E = OfflineError> = std::result::Result<T, E>;

/// As many bytes as tell a picture.
const HEAD: u64 = 4_096;

/// How the name of what is made comes about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Naming {
    AsSaid,
    /// The ending is added once the format is known.
    ByFormat,
}

/// Makes one picture, or all that are in a folder, and tells `say` what was done.
pub fn transform(wanted: &Transform, say: impl Fn(&str)) -> Result<()> {
    let Reading { mut options, remarks } = Options::read(Place::Zone, &wanted.options)?;
    for remark in remarks.into_iter().chain(options.caveats()) {
        say(&format!("warning: {remark}"));
    }
    if wanted.from.is_dir() {
        return transform_folder(wanted, &options, say);
    }
    if let (None, Some(format)) = (options.format, asked_by_ending(&wanted.to)) {
        options.set(Place::Zone, "format", format)?;
    }
    say(&make(&wanted.from, &wanted.to, Naming::AsSaid, &options)?);
    Ok(())
}

fn transform_folder(wanted: &Transform, options: &Options, say: impl Fn(&str)) -> Result<()> {
    let pictures = pictures(wanted)?;
    let progress = progress(pictures.len() as u64);
    let mut failed = 0;
    for (to, from) in &pictures {
        let line = make(from, to, Naming::ByFormat, options).unwrap_or_else(|error| {
            failed += 1;
            format!("error: {error}")
        });
        progress.suspend(|| say(&line));
        progress.inc(1);
    }
    progress.finish_and_clear();
    match failed {
        0 => Ok(()),
        failed => Err(OfflineError::Some { failed, all: pictures.len() }),
    }
}

/// All pictures of the folder and those below it, told by their bytes; by what they become, without
/// its ending.
fn pictures(wanted: &Transform) -> Result<BTreeMap<PathBuf, PathBuf>> {
    let mut pictures = BTreeMap::new();
    // What was made before is no source.
    let made = wanted.to.canonicalize().ok();
    let is_source = |entry: &DirEntry| match (&made, entry.path().canonicalize()) {
        (Some(made), Ok(path)) => path != *made,
        _ => true,
    };
    let files = WalkDir::new(&wanted.from).sort_by_file_name().into_iter();
    for entry in files.filter_entry(is_source) {
        let entry = entry.map_err(|error| at(&wanted.from)(error.into()))?;
        let from = entry.path();
        if !from.is_file() || !is_picture(from) {
            continue;
        }
        let below = from.strip_prefix(&wanted.from).expect("it is below the folder");
        let to = wanted.to.join(below).with_extension("");
        if let Some(other) = pictures.insert(to.clone(), from.to_owned()) {
            let [file, other, to] = [from, &other, &to].map(|path| path.display().to_string());
            return Err(OfflineError::Same { file, other, to });
        }
    }
    if pictures.is_empty() {
        return Err(OfflineError::Empty(wanted.from.display().to_string()));
    }
    Ok(pictures)
}

/// Told by the first bytes. What can't be read is tried, and named then.
fn is_picture(file: &Path) -> bool {
    let mut head = Vec::new();
    let read = File::open(file).and_then(|file| file.take(HEAD).read_to_end(&mut head));
    read.is_err() || sniff(&head).is_some()
}

/// Makes one picture; what was done.
fn make(from: &Path, to: &Path, naming: Naming, options: &Options) -> Result<String> {
    let source = fs::read(from).map_err(at(from))?;
    let accepts = Accepts::standard(Place::Zone);
    let failed = |reason| OfflineError::Picture { file: from.display().to_string(), reason };
    let Prospect { plan, .. } =
        transform::explain(&source, options, accepts, &Limits::HOSTED).map_err(failed)?;
    let watch = Stopwatch::start();
    let rendition = transform::transform(&source, options, accepts, &Limits::HOSTED);
    let Rendition { bytes, media_type, warnings } = rendition.map_err(failed)?;
    let took = watch.elapsed();
    let to = match naming {
        Naming::AsSaid => to.to_owned(),
        Naming::ByFormat => add_ending(to, media_type),
    };
    if from.canonicalize().ok() == to.canonicalize().ok() {
        return Err(OfflineError::Itself(from.display().to_string()));
    }
    write(&to, &bytes).map_err(at(&to))?;
    let mut text = format!(
        "{} {} -> {} {} in {} ms",
        from.display(),
        about(&source),
        to.display(),
        about(&bytes),
        took.as_millis()
    );
    text.extend((!plan.is_empty()).then(|| format!("\n  {plan}")));
    text.extend(warnings.iter().map(|warning| format!("\n  warning: {warning}")));
    let says = mime_guess::from_path(&to).first_raw();
    if says.is_some_and(|says| says != media_type) {
        text.push_str(&format!("\n  warning: it is {media_type}, whatever its name says"));
    }
    Ok(text)
}

/// The file is there whole or not at all.
fn write(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut draft = NamedTempFile::new_in(folder)?;
    draft.write_all(bytes)?;
    draft.as_file().set_permissions(Permissions::from_mode(0o644))?;
    draft.persist(file)?;
    Ok(())
}

/// Size and kind of a picture, as far as they are known, and how many bytes it has.
fn about(picture: &[u8]) -> String {
    let bytes = ByteSize(picture.len() as u64);
    match probe(picture, &Limits::HOSTED) {
        Ok(Probe { format, stored, .. }) => format!("({stored} {}, {bytes})", format.media_type()),
        Err(_) => format!("({bytes})"),
    }
}

/// The value of `format` that a file's ending asks for. GIFs come of GIFs alone.
fn asked_by_ending(file: &Path) -> Option<&'static str> {
    match file.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "jpg" | "jpeg" => Some("jpeg"),
        "png" => Some("png-force"),
        "webp" => Some("webp"),
        "avif" => Some("avif"),
        "json" => Some("json"),
        _ => None,
    }
}

fn add_ending(file: &Path, media_type: &str) -> PathBuf {
    let ending = match media_type {
        "image/jpeg" => "jpg",
        "image/svg+xml" => "svg",
        other => other.split('/').next_back().unwrap_or(other),
    };
    let mut file = file.as_os_str().to_owned();
    file.push(".");
    file.push(ending);
    file.into()
}

/// Hidden where nobody looks on.
fn progress(length: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {eta}");
    ProgressBar::new(length).with_style(style.expect("the template is well-formed"))
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> OfflineError {
    let file = path.display().to_string();
    |reason| OfflineError::File { file, reason }
}
