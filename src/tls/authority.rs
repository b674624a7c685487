//! Our own CA: made once for a data folder, and kept there.
//!
//! Clients are told to trust it, so it may speak for nobody but whom we stand in for. It is two
//! certificates: a root, which clients trust and whose key is thrown away, and the only one that it
//! ever signed, by which ours are signed. For there are clients (Java) that don't look at what the
//! certificates that they trust are constrained to, but do at those in between. Whoever gets hold
//! of the key that is kept can do no more with it than we do.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, NameConstraints, date_time_ymd,
};
use rustls::{
    CertificateError,
    pki_types::{CertificateDer, PrivatePkcs8KeyDer, UnixTime, pem::PemObject},
};
use sha2::{Digest, Sha256};

use super::{
    Identity, Names, Result, TlsError,
    folder::{Folder, Kept},
};

const LIFE: TimeDelta = TimeDelta::days(3650);
/// Longer ones are refused by some clients.
const LEAF_LIFE: TimeDelta = TimeDelta::days(396);
/// Machines' clocks differ.
const BEFORE: TimeDelta = TimeDelta::days(1);

/// A CA.
pub(super) struct Authority {
    path: PathBuf,
    pem: String,
    root: CertificateDer<'static>,
    issuer: CertificateDer<'static>,
    /// The issuer's.
    key: KeyPair,
    names: Names,
}

/// A certificate of the CA's, and until when it is good.
pub(super) type Issued = (Identity, DateTime<Utc>);

impl Authority {
    /// The CA in this folder, which is made if there is none, and a certificate of it for these names.
    /// If what is there can't give one, another CA takes its place, which clients have to be told of.
    pub(super) fn open(
        folder: &Folder,
        names: &Names,
        now: DateTime<Utc>,
    ) -> Result<(Self, Issued)> {
        let _locked = folder.lock()?;
        let Some(kept) = folder.read()? else {
            return Self::make(folder, names.clone(), names, now);
        };
        let mut all = kept.names.clone();
        let why = match Self::of(folder, kept)? {
            None => "an earlier version made it".to_owned(),
            Some(known) if !known.names.cover(names) => {
                "it doesn't cover a name of --tls-name".to_owned()
            }
            Some(known) => match known.issue(names, now) {
                Ok(issued) => return Ok((known, issued)),
                // With the right time it is good.
                Err(TlsError::TooEarly) => {
                    let why = "isn't valid yet: is this machine's clock right?".to_owned();
                    return Err(TlsError::Left { path: folder.certificate(), why });
                }
                Err(error) => error.to_string(),
            },
        };
        all.add(names.all());
        let made = Self::make(folder, all, names, now)?;
        let path = made.0.path.display();
        tracing::warn!(why, %path, "the CA is a new one: clients have to be told to trust it");
        Ok(made)
    }

    /// The path of the CA's certificate. It is made if there is none; what is there stays, since a
    /// server may speak for it.
    pub(super) fn find(folder: &Folder, names: &Names, now: DateTime<Utc>) -> Result<PathBuf> {
        let path = folder.certificate();
        if !path.exists() {
            let _locked = folder.lock()?;
            // A server may have been quicker.
            if !path.exists() {
                Self::make(folder, names.clone(), names, now)?;
            }
        }
        if !folder.has_issuer() {
            let why = "is of an earlier version: the next start with --tls makes a new one";
            return Err(TlsError::Left { path, why: why.to_owned() });
        }
        let known = folder.names()?;
        let missing: Vec<_> = known.lacking(names).map(ToString::to_string).collect();
        if !missing.is_empty() {
            let missing = missing.join(", ");
            let why = format!("doesn't cover {missing}: a start with --tls-name makes a new one");
            return Err(TlsError::Left { path, why });
        }
        Ok(path)
    }

    /// What the files say; `None` if they can't give certificates any more.
    fn of(folder: &Folder, kept: Kept) -> Result<Option<Self>> {
        let Kept { certificate: pem, issuer, key, names } = kept;
        let Some(issuer) = issuer else { return Ok(None) };
        let [root, issuer] = [&pem, &issuer].map(|pem| {
            CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|error| folder.broken(&error))
        });
        let (root, issuer) = (root?, issuer?);
        let key = KeyPair::from_pem(&key).map_err(|error| folder.broken(&error))?;
        Ok(Some(Self { path: folder.certificate(), pem, root, issuer, key, names }))
    }

    /// Makes a CA for some names, and a certificate for some of these. What is in the folder stays
    /// until both are good.
    fn make(
        folder: &Folder,
        names: Names,
        wanted: &Names,
        now: DateTime<Utc>,
    ) -> Result<(Self, Issued)> {
        // The root's goes when this ends: it has nothing to sign ever after.
        let [root_key, key] = [KeyPair::generate()?, KeyPair::generate()?];
        let [mut root, mut issuer] = [root_of(&root_key), issuer_of(&key)];
        for parameters in [&mut root, &mut issuer] {
            last(parameters, now, now + LIFE);
            parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
            parameters.name_constraints = Some(NameConstraints {
                permitted_subtrees: names.subtrees(),
                excluded_subtrees: Vec::new(),
            });
        }
        issuer.use_authority_key_identifier_extension = true;
        let issuer = issuer.signed_by(&key, &Issuer::from_params(&root, &root_key))?;
        let root = root.self_signed(&root_key)?;
        let kept = Kept {
            certificate: root.pem(),
            issuer: Some(issuer.pem()),
            key: key.serialize_pem(),
            names: names.clone(),
        };
        let made = Self {
            path: folder.certificate(),
            pem: root.pem(),
            root: root.der().clone(),
            issuer: issuer.der().clone(),
            key,
            names,
        };
        let issued = made.issue(wanted, now)?;
        folder.write(&kept)?;
        Ok((made, issued))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn root(&self) -> CertificateDer<'static> {
        self.root.clone()
    }

    pub(super) fn pem(&self) -> &str {
        &self.pem
    }

    /// A new certificate. It has been found good by what clients do, to its last day: so the CA lasts
    /// as long.
    pub(super) fn issue(&self, names: &Names, now: DateTime<Utc>) -> Result<Issued> {
        let key = KeyPair::generate()?;
        let until = now + LEAF_LIFE;
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name = named("tintype");
        parameters.subject_alt_names = names.subjects()?;
        last(&mut parameters, now, until);
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        parameters.use_authority_key_identifier_extension = true;
        let issuer = issuer_of(&self.key);
        let certificate = parameters.signed_by(&key, &Issuer::from_params(&issuer, &self.key))?;
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        let chain = vec![certificate.der().clone(), self.issuer.clone()];
        let identity = Identity::new(chain, key.into())?;
        // Its last day doesn't count.
        let until = until - BEFORE;
        for time in [now, until] {
            identity.verify(&self.root, moment(time)).map_err(untimely)?;
        }
        if let Some(name) = names.server_names().find(|name| !identity.is_for(name)) {
            return Err(rustls::Error::General(format!("it isn't for {}", name.to_str())).into());
        }
        Ok((identity, until))
    }
}

/// What certificates say of the root with this key. The name tells CAs apart in a system's list.
fn root_of(key: &KeyPair) -> CertificateParams {
    certifier(&format!("tintype CA {}", short(key)), BasicConstraints::Constrained(1))
}

/// What certificates say of the issuer with this key: the same each time.
fn issuer_of(key: &KeyPair) -> CertificateParams {
    certifier(&format!("tintype issuer {}", short(key)), BasicConstraints::Constrained(0))
}

fn certifier(name: &str, constraints: BasicConstraints) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = named(name);
    parameters.is_ca = IsCa::Ca(constraints);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    parameters
}

fn short(key: &KeyPair) -> String {
    hex::encode(&Sha256::digest(key.public_key_raw())[..4])
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

/// A certificate of ours is good from the day before it is made: what is not good then is the CA.
fn untimely(error: rustls::Error) -> TlsError {
    use CertificateError::{Expired, ExpiredContext, NotValidYet, NotValidYetContext};
    match error {
        rustls::Error::InvalidCertificate(Expired | ExpiredContext { .. }) => TlsError::TooLate,
        rustls::Error::InvalidCertificate(NotValidYet | NotValidYetContext { .. }) => {
            TlsError::TooEarly
        }
        error => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::config::TlsName;

    fn names(further: &[&str]) -> Names {
        Names::with(&further.iter().map(|name| name.parse().unwrap()).collect::<Vec<_>>())
    }

    fn now() -> DateTime<Utc> {
        "2026-01-02T03:04:05Z".parse().unwrap()
    }

    #[test]
    fn a_ca_is_replaced_before_it_ends_and_nothing_outlives_it() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Folder::of(folder.path());
        let (first, _) = Authority::open(&folder, &names(&[]), now()).unwrap();
        let end = now() + LIFE;

        let late = end - LEAF_LIFE - TimeDelta::days(2);
        let (same, (_, until)) = Authority::open(&folder, &names(&[]), late).unwrap();
        assert_eq!(same.pem, first.pem);
        assert!(until < end);

        let too_late = end - LEAF_LIFE + TimeDelta::days(2);
        assert!(matches!(first.issue(&names(&[]), too_late), Err(TlsError::TooLate)));
        let (second, (identity, until)) = Authority::open(&folder, &names(&[]), too_late).unwrap();
        assert_ne!(second.pem, first.pem);
        identity.verify(&second.root, moment(until)).unwrap();
    }

    #[test]
    fn a_clock_that_is_slow_costs_no_ca() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Folder::of(folder.path());
        let (first, _) = Authority::open(&folder, &names(&[]), now()).unwrap();

        let refused = Authority::open(&folder, &names(&[]), now() - TimeDelta::days(9));

        assert!(matches!(refused.map(drop), Err(TlsError::Left { .. })));
        assert_eq!(fs::read_to_string(folder.certificate()).unwrap(), first.pem);
    }

    #[test]
    fn what_can_not_be_issued_leaves_the_folder_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Folder::of(folder.path());
        let (first, _) = Authority::open(&folder, &names(&[]), now()).unwrap();
        // No setting can say this; rustls knows no name like it.
        let bad = Names::with(&[TlsName::Dns("*.test".to_owned())]);

        assert!(Authority::open(&folder, &bad, now()).is_err());

        assert_eq!(fs::read_to_string(folder.certificate()).unwrap(), first.pem);
        Authority::open(&folder, &names(&[]), now()).unwrap();
    }

    #[test]
    fn a_ca_of_an_earlier_version_is_replaced_with_its_names() {
        let data = tempfile::tempdir().unwrap();
        let folder = Folder::of(data.path());
        let (first, _) = Authority::open(&folder, &names(&["a.test"]), now()).unwrap();
        fs::remove_file(data.path().join("tls/issuer.pem")).unwrap();

        let shown = Authority::find(&folder, &names(&[]), now()).unwrap_err().to_string();
        assert!(shown.contains("earlier version"), "{shown}");
        let (second, _) = Authority::open(&folder, &names(&[]), now()).unwrap();

        assert_ne!(second.pem, first.pem);
        Authority::find(&folder, &names(&["a.test"]), now()).unwrap();
    }

    #[test]
    fn nothing_but_a_start_replaces_a_ca() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Folder::of(folder.path());
        let path = Authority::find(&folder, &names(&[]), now()).unwrap();
        let pem = fs::read_to_string(&path).unwrap();

        let refused = Authority::find(&folder, &names(&["new.test"]), now()).unwrap_err();

        let refused = refused.to_string();
        let said = "doesn't cover new.test: a start with --tls-name makes a new one";
        assert!(refused.contains(said), "{refused}");
        assert_eq!(fs::read_to_string(&path).unwrap(), pem);
    }
}
