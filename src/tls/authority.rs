//! Our own CA: made once for a data folder, and kept there.
//!
//! Clients are told to trust it, so it may speak for nobody but whom we stand in for: whoever gets
//! hold of its key can do no more with it than we do. The key is readable by its owner only.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, NameConstraints, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, UnixTime, pem::PemObject};
use sha2::{Digest, Sha256};

use super::{Identity, Names, Result, TlsError};
use crate::config::TlsName;

const CERTIFICATE: &str = "ca.pem";
const KEY: &str = "ca.key";
/// What the CA may speak for, a name a line: what was added is to be known without reading X.509.
const NAMES: &str = "names";

const LIFE: TimeDelta = TimeDelta::days(3650);
/// Longer ones are refused by some clients.
const LEAF_LIFE: TimeDelta = TimeDelta::days(396);
/// Machines' clocks differ.
const BEFORE: TimeDelta = TimeDelta::days(1);

const OWNER_ONLY: u32 = 0o600;
const EVERYBODY: u32 = 0o644;

/// A CA.
pub(super) struct Authority {
    path: PathBuf,
    pem: String,
    certificate: CertificateDer<'static>,
    key: KeyPair,
    names: Names,
}

impl Authority {
    /// The CA in this folder, which is made if there is none. If what is there can't give a
    /// certificate for these names, another one takes its place, which clients have to be told of.
    pub(super) fn open(folder: &Path, names: &Names, now: DateTime<Utc>) -> Result<Self> {
        fs::create_dir_all(folder).map_err(|reason| file(folder, reason))?;
        // Two processes may want to make one at the same time.
        let lock = folder.join("lock");
        let locked = File::create(&lock).and_then(|lock| lock.lock().map(|()| lock));
        let _locked = locked.map_err(|reason| file(&lock, reason))?;
        let Some(known) = Self::read(folder)? else {
            return Self::make(folder, names.clone(), now);
        };
        let why = if known.names.cover(names) {
            match known.issue(names, now) {
                Ok(_) => return Ok(known),
                Err(error) => error.to_string(),
            }
        } else {
            "it doesn't cover a name of --tls-name".to_owned()
        };
        let mut all = known.names;
        all.add(names.all());
        let made = Self::make(folder, all, now)?;
        tracing::warn!(why, path = %made.path.display(), "the CA is a new one: clients have to be told to trust it");
        Ok(made)
    }

    /// The certificate's path, if there is a CA for these names; read without being opened.
    pub(super) fn find(folder: &Path, names: &Names) -> Option<PathBuf> {
        let known = read_names(&folder.join(NAMES)).ok()?;
        let path = folder.join(CERTIFICATE);
        (known.cover(names) && path.is_file()).then_some(path)
    }

    /// `None` if there is none; half a one is an error.
    fn read(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(CERTIFICATE);
        let broken = |reason: &dyn ToString| TlsError::Broken {
            folder: folder.to_owned(),
            reason: reason.to_string(),
        };
        let pem = match fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            pem => pem.map_err(|reason| file(&path, reason))?,
        };
        let key_path = folder.join(KEY);
        let key = fs::read_to_string(&key_path).map_err(|reason| file(&key_path, reason))?;
        let names_path = folder.join(NAMES);
        let names = read_names(&names_path).map_err(|reason| file(&names_path, reason))?;
        let certificate = CertificateDer::from_pem_slice(pem.as_bytes());
        let certificate = certificate.map_err(|error| broken(&error))?;
        let key = KeyPair::from_pem(&key).map_err(|error| broken(&error))?;
        Ok(Some(Self { path, pem, certificate, key, names }))
    }

    fn make(folder: &Path, names: Names, now: DateTime<Utc>) -> Result<Self> {
        let key = KeyPair::generate()?;
        let mut parameters = subject(&key);
        last(&mut parameters, now, now + LIFE);
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        parameters.name_constraints = Some(NameConstraints {
            permitted_subtrees: names.subtrees(),
            excluded_subtrees: Vec::new(),
        });
        let certificate = parameters.self_signed(&key)?;
        let pem = certificate.pem();
        let lines: String = names.all().iter().map(|name| format!("{name}\n")).collect();
        // The certificate comes last: with it, the CA is there.
        write(&folder.join(KEY), &key.serialize_pem(), OWNER_ONLY)?;
        write(&folder.join(NAMES), &lines, EVERYBODY)?;
        let path = folder.join(CERTIFICATE);
        write(&path, &pem, EVERYBODY)?;
        Ok(Self { path, pem, certificate: certificate.der().clone(), key, names })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn pem(&self) -> &str {
        &self.pem
    }

    /// A new certificate, and until when it is good. It has been found good by what clients do.
    pub(super) fn issue(
        &self,
        names: &Names,
        now: DateTime<Utc>,
    ) -> Result<(Identity, DateTime<Utc>)> {
        let key = KeyPair::generate()?;
        let until = now + LEAF_LIFE;
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name = named("tintype");
        parameters.subject_alt_names = names.subjects()?;
        last(&mut parameters, now, until);
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        parameters.use_authority_key_identifier_extension = true;
        let issuer = subject(&self.key);
        let certificate = parameters.signed_by(&key, &Issuer::from_params(&issuer, &self.key))?;
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        let identity = Identity::new(vec![certificate.der().clone()], key.into())?;
        // The CA has to last as long; its last day doesn't count, nor does the certificate's.
        identity.verify(&self.certificate, moment(now))?;
        identity.verify(&self.certificate, moment(until - BEFORE))?;
        if let Some(name) = names.server_names().find(|name| !identity.is_for(name)) {
            return Err(rustls::Error::General(format!("it isn't for {}", name.to_str())).into());
        }
        Ok((identity, until - BEFORE))
    }
}

/// What certificates say of the CA with this key: the same each time. The name tells CAs apart in a
/// system's list.
fn subject(key: &KeyPair) -> CertificateParams {
    let digest = Sha256::digest(key.public_key_raw());
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = named(&format!("tintype CA {}", hex::encode(&digest[..4])));
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    parameters
}

fn named(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

/// Certificates last for whole days, as UTC has them.
fn last(parameters: &mut CertificateParams, from: DateTime<Utc>, until: DateTime<Utc>) {
    let [first, last] = [from - BEFORE, until].map(|time| {
        let [month, day] = [time.month(), time.day()].map(|part| part.try_into().unwrap_or(1));
        date_time_ymd(time.year(), month, day)
    });
    parameters.not_before = first;
    parameters.not_after = last;
}

fn moment(time: DateTime<Utc>) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(time.timestamp().try_into().unwrap_or_default()))
}

fn read_names(path: &Path) -> io::Result<Names> {
    let text = fs::read_to_string(path)?;
    let names: std::result::Result<Vec<TlsName>, _> = text.lines().map(str::parse).collect();
    let names = names.map_err(|why| io::Error::new(ErrorKind::InvalidData, why))?;
    Ok(Names::with(&names))
}

/// Whoever reads the file sees it whole.
fn write(path: &Path, text: &str, mode: u32) -> Result<()> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(".draft");
    let written = (|| {
        // One that a crash has left may be open to others.
        match fs::remove_file(&draft) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&draft)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&draft, path)
    })();
    written.map_err(|reason| file(path, reason))
}

fn file(path: &Path, reason: io::Error) -> TlsError {
    TlsError::File { path: path.to_owned(), reason }
}
