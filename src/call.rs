//! What a request is before anybody answers it: surface, operation, whose it is (pure).
//!
//! Faults and the log of requests go by it. Cheap, for it is found out for each delivery: nothing is
//! looked up.

use std::sync::Arc;

use crate::{
    domain::{Account, AccountHash, AccountId},
    error::Evidence,
    signing,
    surface::Surface,
};

/// What can be asked of a surface, and how sure we are of it.
#[derive(Debug, Clone, Copy)]
pub struct Operation {
    /// In lower case; empty if any will do.
    pub method: &'static str,
    /// As routers write it: `/v1/variants/{variant_id}`, `/v1/{*image}`.
    pub path: &'static str,
    pub evidence: Evidence,
    /// The name the documents give it.
    pub name: &'static str,
}

/// Every operation, with its surface.
#[derive(Debug, Clone)]
pub struct Operations(pub Arc<[(Surface, Operation)]>);

/// A name that no operation has.
#[derive(Debug, thiserror::Error)]
#[error("there is no operation \"{name}\"; did you mean \"{nearest}\"?")]
pub struct UnknownOperation {
    name: String,
    nearest: &'static str,
}

/// A request, as far as its head tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    pub surface: Surface,
    /// The operation's name; `None` where there is none.
    pub operation: Option<&'static str>,
    pub method: String,
    /// As sent, with its query.
    pub target: String,
    pub owner: Option<Owner>,
}

/// Whose a request is, as it says it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Owner {
    Id(AccountId),
    Hash(AccountHash),
}

impl Operations {
    /// Refuses a name that no operation has.
    pub fn check(&self, name: &str) -> Result<(), UnknownOperation> {
        let names = || self.0.iter().map(|(_, operation)| operation.name);
        if names().any(|one| one == name) {
            return Ok(());
        }
        let nearest = names().min_by_key(|one| strsim::damerau_levenshtein(one, name));
        Err(UnknownOperation { name: name.to_owned(), nearest: nearest.unwrap_or_default() })
    }
}

impl Owner {
    /// Whether this is the account.
    #[must_use]
    pub fn is(&self, account: &Account) -> bool {
        match self {
            Self::Id(id) => *id == account.id,
            Self::Hash(hash) => *hash == account.hash,
        }
    }

    /// Whose a path of this surface is, where the path says so.
    #[must_use]
    pub fn of(surface: Surface, path: &str) -> Option<Self> {
        let path = match surface {
            Surface::Api => return path.split('/').nth(4)?.parse().ok().map(Self::Id),
            Surface::Delivery => signing::short_path(path),
            Surface::Upload => path.strip_prefix("/upload").unwrap_or(path),
            Surface::Batch | Surface::Zone | Surface::Control | Surface::Nowhere => return None,
        };
        AccountHash::parse(path.split('/').nth(1)?).map(Self::Hash)
    }
}

impl Call {
    /// The target without its query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }
}

impl Operation {
    /// The one among `operations` that a request is for.
    #[must_use]
    pub fn find(operations: &'static [Self], method: &str, path: &str) -> Option<&'static Self> {
        let fitting = operations.iter().filter(|one| fits(one.path, path));
        // As the router does: letters go before placeholders, and the path before the method.
        let place = fitting.min_by_key(|one| (one.path.contains("{*"), one.path.contains('{')))?;
        operations.iter().find(|one| one.path == place.path && one.has_method(method))
    }

    /// Whether it is asked for with this method.
    #[must_use]
    pub fn has_method(&self, method: &str) -> bool {
        // `HEAD` is answered as `GET` is.
        let method = if method == "HEAD" { "GET" } else { method };
        self.method.is_empty() || self.method.eq_ignore_ascii_case(method)
    }
}

/// Whether a path has the form of a template.
fn fits(template: &str, path: &str) -> bool {
    let mut segments = path.split('/');
    for part in template.split('/') {
        match (part, segments.next()) {
            (part, Some(first)) if part.starts_with("{*") => {
                return !first.is_empty() || segments.next().is_some();
            }
            (part, Some(segment)) if part.starts_with('{') && !segment.is_empty() => {}
            (part, Some(segment)) if part == segment => {}
            _ => return false,
        }
    }
    segments.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_go_before_placeholders() {
        const fn row(method: &'static str, path: &'static str) -> Operation {
            Operation { method, path, evidence: Evidence::Assumed, name: path }
        }
        const TABLE: &[Operation] = &[
            row("get", "/v1/{*image}"),
            row("get", "/v1/variants/{variant_id}"),
            row("get", "/v1/keys"),
            row("", "/any"),
        ];
        let find = |method, path| Operation::find(TABLE, method, path).map(|found| found.name);

        assert_eq!(find("GET", "/v1/a/b/c"), Some("/v1/{*image}"));
        assert_eq!(find("HEAD", "/v1/keys"), Some("/v1/keys"));
        assert_eq!(find("GET", "/v1/variants/a"), Some("/v1/variants/{variant_id}"));
        assert_eq!(find("GET", "/v1/variants/a/b"), Some("/v1/{*image}"));
        assert_eq!(find("PUT", "/any"), Some("/any"));
        let nothing = [
            ("PUT", "/v1/keys"),
            ("DELETE", "/v1/a"),
            ("GET", "/v1/"),
            ("GET", "/v1"),
            ("GET", ""),
        ];
        for (method, path) in nothing {
            assert_eq!(find(method, path), None, "{method} {path}");
        }
    }

    #[test]
    fn the_path_says_whose_a_request_is() {
        let hash = "6oHE1nRiq6AK0MxcayE9rA";
        let by_hash = Some(Owner::Hash(AccountHash::parse(hash).unwrap()));
        let by_id = Some(Owner::Id("me".parse().unwrap()));
        for (surface, path, expected) in [
            (Surface::Api, "/client/v4/accounts/me/images/v1".to_owned(), &by_id),
            (Surface::Api, "/client/v4/accounts".to_owned(), &None),
            (Surface::Delivery, format!("/{hash}/a/public"), &by_hash),
            (Surface::Delivery, format!("/cdn-cgi/imagedelivery/{hash}/a/public"), &by_hash),
            (Surface::Upload, format!("/upload/{hash}/a"), &by_hash),
            (Surface::Upload, format!("/{hash}/a"), &by_hash),
            (Surface::Zone, format!("/{hash}/a/public"), &None),
        ] {
            assert_eq!(&Owner::of(surface, &path), expected, "{path}");
        }
    }
}
