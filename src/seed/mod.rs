//! A seed: a folder of images and what `tintype.toml` or `tintype.json` in it says, read into what
//! accounts are to hold. Looks at names and texts; the pictures are looked at by whoever loads it.

mod text;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
    fs::{self, File},
    io::{self, Read, Seek},
    path::{Component, Path, PathBuf},
};

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::{
    AccountConfig, AccountHash, AccountId, AccountToken, Draft, ImageId, Metadata, SigningKey,
    Variant, check_filename,
};
use text::{AccountEntry, DraftEntry, ImageEntry, Placed, SeedText, Text, TextError};

/// The files that describe a seed; there may be one of them.
const TEXTS: [&str; 2] = ["tintype.toml", "tintype.json"];

/// What one account is to hold.
pub struct SeedAccount {
    pub id: AccountId,
    /// What to call it when something is wrong: the line that names it, or the folder.
    pub place: String,
    pub hash: Option<AccountHash>,
    pub tokens: Vec<AccountToken>,
    /// If there are any, they are all that the account has.
    pub keys: Vec<SigningKey>,
    pub variants: Vec<Variant>,
    pub images: Vec<SeedImage>,
    pub drafts: Vec<SeedDraft>,
    /// `None` if no entry is about the account.
    config: Option<text::ConfigEntry>,
}

/// An image to be loaded.
#[derive(Clone)]
pub struct SeedImage {
    /// Where it lies.
    pub path: PathBuf,
    /// What to call it when something is wrong: the line that names it, or the file.
    pub place: String,
    pub id: ImageId,
    pub filename: Option<String>,
    pub creator: Option<String>,
    pub metadata: Option<Metadata>,
    pub require_signed_urls: bool,
    /// `None` leaves it at the time of the first load.
    pub uploaded: Option<DateTime<Utc>>,
}

/// A draft to be announced.
pub struct SeedDraft {
    pub id: ImageId,
    pub creator: Option<String>,
    pub metadata: Option<Metadata>,
    pub require_signed_urls: bool,
    /// How long it lives, from each load or reset on.
    pub life: TimeDelta,
}

/// Why a seed can't be loaded: where, and what is wrong there.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {reason}")]
pub struct SeedError {
    place: String,
    reason: String,
}

impl SeedError {
    pub fn at(place: &dyn Display, reason: &dyn Display) -> Self {
        Self { place: place.to_string(), reason: reason.to_string() }
    }
}

impl SeedImage {
    /// The file's bytes, or as many of them. Blocks.
    pub fn read(&self, limit: u64) -> Result<Vec<u8>, SeedError> {
        let read = || {
            if !self.path.metadata()?.is_file() {
                return Err(io::Error::other("it is no file"));
            }
            let mut bytes = Vec::new();
            File::open(&self.path)?.take(limit).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        read().map_err(|error: io::Error| self.wrong(&error))
    }

    /// What is wrong with the file.
    #[must_use]
    pub fn wrong(&self, reason: &dyn Display) -> SeedError {
        let file = self.path.display().to_string();
        if self.place == file {
            return SeedError::at(&file, reason);
        }
        SeedError::at(&self.place, &format!("{file}: {reason}"))
    }
}

impl SeedAccount {
    fn new(id: AccountId, place: String) -> Self {
        Self {
            id,
            place,
            hash: None,
            tokens: Vec::new(),
            keys: Vec::new(),
            variants: Vec::new(),
            images: Vec::new(),
            drafts: Vec::new(),
            config: None,
        }
    }

    /// What the account has set, once the seed had its say.
    #[must_use]
    pub fn configured(&self, config: AccountConfig) -> AccountConfig {
        self.config.as_ref().map_or(config, |entry| entry.apply(config))
    }
}

/// Reads the seed in a folder: each account that it says something about. What no entry gives an
/// account belongs to `default`. Blocks.
pub fn read(folder: &Path, default: &AccountId) -> Result<Vec<SeedAccount>, SeedError> {
    let (name, text) = read_text(folder)?;
    let place = |line: usize| format!("{}:{line}", folder.join(name).display());
    let default = text.account.clone().unwrap_or_else(|| default.clone());
    let mut seed = Seed { folder, default, accounts: BTreeMap::new() };
    for Placed { line, entry } in text.accounts {
        seed.account(entry, &place(line))?;
    }
    let mut unlisted = files(folder)?;
    let mut images = Vec::new();
    for Placed { line, mut entry } in text.images {
        let Some(file) = below(&entry.file) else {
            return Err(SeedError::at(&place(line), &"file is a path below the seed's folder"));
        };
        unlisted.remove(&file);
        entry.file = file;
        images.push((place(line), entry));
    }
    for file in unlisted {
        images.push((folder.join(&file).display().to_string(), ImageEntry::of_file(file)));
    }
    // The order of the folder is that of the listings.
    images.sort_by(|(_, one), (_, other)| one.file.cmp(&other.file));
    for (place, entry) in images {
        seed.image(entry, &place)?;
    }
    for Placed { line, entry } in text.drafts {
        seed.draft(entry, &place(line))?;
    }
    Ok(seed.accounts.into_values().collect())
}

/// The files of a seed that was read, as a tar in a temporary file: to be sent elsewhere.
pub fn pack(folder: &Path, accounts: &[SeedAccount]) -> io::Result<File> {
    let images = accounts.iter().flat_map(|account| &account.images);
    let images = images.filter_map(|image| image.path.strip_prefix(folder).ok());
    let texts = TEXTS.into_iter().map(Path::new).filter(|name| folder.join(name).exists());
    let files: BTreeSet<_> = images.chain(texts).collect();
    let mut tar = tar::Builder::new(tempfile::tempfile()?);
    for file in files {
        tar.append_path_with_name(folder.join(file), file)?;
    }
    let mut file = tar.into_inner()?;
    file.rewind()?;
    Ok(file)
}

/// A seed while it is read.
struct Seed<'a> {
    folder: &'a Path,
    default: AccountId,
    accounts: BTreeMap<String, SeedAccount>,
}

impl Seed<'_> {
    fn of(&mut self, id: Option<Text<AccountId>>) -> &mut SeedAccount {
        let id = id.map_or_else(|| self.default.clone(), |Text(id)| id);
        let place = self.folder.display().to_string();
        self.accounts.entry(id.to_string()).or_insert_with(|| SeedAccount::new(id, place))
    }

    fn account(&mut self, entry: AccountEntry, place: &dyn Display) -> Result<(), SeedError> {
        let account = self.of(entry.id);
        if account.config.is_some() {
            return Err(SeedError::at(place, &format!("account {} is there twice", account.id)));
        }
        account.place = place.to_string();
        account.hash = entry.hash.map(|Text(hash)| hash);
        account.tokens = entry.tokens.into_iter().map(|Text(token)| token).collect();
        let keys = entry.keys.into_iter();
        account.keys = keys.map(|(Text(name), value)| SigningKey { name, value }).collect();
        account.variants = entry.variants.into_iter().map(|variant| variant.0).collect();
        account.config = Some(entry.config);
        Ok(())
    }

    fn image(&mut self, entry: ImageEntry, place: &dyn Display) -> Result<(), SeedError> {
        let wrong = |reason: &dyn Display| SeedError::at(place, reason);
        let path = self.folder.join(&entry.file);
        let id = match entry.id {
            Some(Text(id)) => id,
            // A private image can't have a custom id.
            None if entry.private => ImageId::of_path(&entry.file),
            None => ImageId::custom(&entry.file)
                .map_err(|error| wrong(&format!("{} as an id: {error}", entry.file)))?,
        };
        if entry.private && id.is_custom() {
            return Err(wrong(&"an image with a custom id can't be private; leave the id out"));
        }
        let name = entry.file.rsplit('/').next().unwrap_or_default().to_owned();
        let account = self.of(entry.account);
        if account.images.iter().any(|image| image.id == id) {
            return Err(wrong(&format!("there is more than one image with the id {id}")));
        }
        account.images.push(SeedImage {
            path,
            place: place.to_string(),
            id,
            filename: check_filename(name).map_err(|error| wrong(&error))?,
            creator: entry.creator.0,
            metadata: entry.metadata.0,
            require_signed_urls: entry.private,
            uploaded: entry.uploaded.map(|Text(date)| date.0),
        });
        Ok(())
    }

    fn draft(&mut self, entry: DraftEntry, place: &dyn Display) -> Result<(), SeedError> {
        let wrong = |reason: &dyn Display| SeedError::at(place, reason);
        let Text(id) = entry.id;
        if entry.private && id.is_custom() {
            return Err(wrong(&"a draft with a custom id can't be private"));
        }
        let start = DateTime::UNIX_EPOCH;
        let asked = entry.expires.map(|Text(life)| start + life.0);
        let life = Draft::expiry(start, asked).map_err(|error| wrong(&error))? - start;
        let account = self.of(entry.account);
        let taken = account.images.iter().map(|image| &image.id);
        if taken.chain(account.drafts.iter().map(|draft| &draft.id)).any(|taken| *taken == id) {
            return Err(wrong(&format!("there is more than one image with the id {id}")));
        }
        account.drafts.push(SeedDraft {
            id,
            creator: entry.creator.0,
            metadata: entry.metadata.0,
            require_signed_urls: entry.private,
            life,
        });
        Ok(())
    }
}

impl ImageEntry {
    /// What a file is that no entry names.
    fn of_file(file: String) -> Self {
        Self {
            file,
            id: None,
            account: None,
            metadata: text::MetadataEntry::default(),
            creator: text::Creator::default(),
            private: false,
            uploaded: None,
        }
    }
}

/// The description, and what it is called.
fn read_text(folder: &Path) -> Result<(&'static str, SeedText), SeedError> {
    let there: Vec<_> = TEXTS.into_iter().filter(|name| folder.join(name).exists()).collect();
    let [name] = there[..] else {
        if there.is_empty() {
            return Ok((TEXTS[0], SeedText::default()));
        }
        return Err(SeedError::at(
            &folder.display(),
            &"there is a tintype.toml and a tintype.json",
        ));
    };
    let path = folder.join(name);
    let text = fs::read_to_string(&path).map_err(|error| SeedError::at(&path.display(), &error))?;
    let read = if name.ends_with(".toml") { text::read_toml } else { text::read_json };
    let wrong =
        |TextError { line, reason }| SeedError::at(&format!("{}:{line}", path.display()), &reason);
    Ok((name, read(&text).map_err(wrong)?))
}

/// The images of the folder and those below it, each by its path with `/`, in order. What is hidden,
/// and what by its name is no image, is passed over.
fn files(folder: &Path) -> Result<BTreeSet<String>, SeedError> {
    let mut found = BTreeSet::new();
    let mut folders = vec![(folder.to_owned(), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        let unreadable = |error: &std::io::Error| SeedError::at(&folder.display(), error);
        for entry in fs::read_dir(&folder).map_err(|error| unreadable(&error))? {
            let entry = entry.map_err(|error| unreadable(&error))?;
            let name = entry.file_name().into_string().map_err(|name| {
                SeedError::at(&folder.join(name).display(), &"the name is not UTF-8")
            })?;
            let path = format!("{prefix}{name}");
            if name.starts_with('.') {
                continue;
            }
            // A link to a folder could lead in a circle.
            let kind = entry.file_type().map_err(|error| unreadable(&error))?;
            if kind.is_dir() {
                folders.push((entry.path(), format!("{path}/")));
            } else if is_image(&name) && is_file(&entry.path()) {
                found.insert(path);
            }
        }
    }
    Ok(found)
}

/// Or a link to one. Other things that can be opened may never end.
fn is_file(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.is_file())
}

fn is_image(name: &str) -> bool {
    mime_guess::from_path(name).first().is_some_and(|mime| mime.type_() == "image")
}

/// A path that stays below its folder, as names with `/` between.
fn below(path: &str) -> Option<String> {
    let names = Path::new(path).components().filter(|part| *part != Component::CurDir);
    let names = names.map(|part| match part {
        Component::Normal(name) => name.to_str(),
        _ => None,
    });
    let names: Option<Vec<_>> = names.collect();
    names.map(|names| names.join("/")).filter(|path| !path.is_empty())
}
