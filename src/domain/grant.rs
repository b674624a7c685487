//! Grants: which credentials may do what with which accounts.

use std::{fmt, str::FromStr};

use super::AccountId;

/// What a client shows to say who it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Credentials {
    /// `Authorization: Bearer …`
    Token(String),
    /// `X-Auth-Email` and `X-Auth-Key`
    Key { email: String, key: String },
}

/// What may be done. Writing includes reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    Read,
    Write,
}

/// Credentials that open one account, which has them: a seed gave it them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountToken {
    pub credentials: Credentials,
    pub scope: Scope,
}

/// The text is no token of an account.
#[derive(Debug, thiserror::Error)]
#[error("an account's token is written TOKEN or EMAIL/KEY, then optionally :read or :write")]
pub struct InvalidToken;

/// Credentials and what they are good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    pub credentials: Credentials,
    scope: Scope,
    /// `None` means every account.
    accounts: Option<Vec<AccountId>>,
}

/// The text is no grant.
#[derive(Debug, thiserror::Error)]
#[error(
    "a token is written TOKEN or EMAIL/KEY, then optionally :read or :write, then :ACCOUNT,ACCOUNT"
)]
pub struct InvalidGrant;

impl Grant {
    /// Whether the grant covers this use of this account.
    #[must_use]
    pub fn covers(&self, scope: Scope, account: &AccountId) -> bool {
        let named = self.accounts.as_ref().is_none_or(|accounts| accounts.contains(account));
        named && scope <= self.scope
    }
}

impl FromStr for Grant {
    type Err = InvalidGrant;

    /// Reads `TOKEN[:read|write[:ACCOUNT,ACCOUNT…]]`; for a pair, `EMAIL/KEY` stands for the token.
    fn from_str(text: &str) -> Result<Self, InvalidGrant> {
        let mut parts = text.splitn(3, ':');
        let secret = parts.next().filter(|secret| !secret.is_empty()).ok_or(InvalidGrant)?;
        let credentials = match secret.split_once('/') {
            Some((email, key)) if email.contains('@') && !key.is_empty() => {
                Credentials::Key { email: email.to_owned(), key: key.to_owned() }
            }
            _ => Credentials::Token(secret.to_owned()),
        };
        let scope = match parts.next() {
            None | Some("write") => Scope::Write,
            Some("read") => Scope::Read,
            Some(_) => return Err(InvalidGrant),
        };
        let accounts = parts.next().map(|list| list.split(',').map(str::parse).collect());
        let accounts = accounts.transpose().map_err(|_| InvalidGrant)?;
        Ok(Self { credentials, scope, accounts })
    }
}

impl FromStr for AccountToken {
    type Err = InvalidToken;

    /// Reads `TOKEN[:read|write]`.
    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        let Grant { credentials, scope, accounts } = text.parse().map_err(|_| InvalidToken)?;
        accounts.is_none().then_some(Self { credentials, scope }).ok_or(InvalidToken)
    }
}

/// As it is read.
impl fmt::Display for AccountToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.credentials, self.scope)
    }
}

/// As grants write them: `TOKEN` or `EMAIL/KEY`.
impl fmt::Display for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(token) => f.write_str(token),
            Self::Key { email, key } => write!(f, "{email}/{key}"),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::Write => "write",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_covers_what_it_names() {
        let account = |id: &str| id.parse::<AccountId>().unwrap();
        for (grant, scope, on, expected) in [
            ("t", Scope::Write, "a", true),
            ("t:write", Scope::Read, "a", true),
            ("t:read", Scope::Read, "a", true),
            ("t:read", Scope::Write, "a", false),
            ("t:write:a,b", Scope::Write, "b", true),
            ("t:write:a,b", Scope::Read, "c", false),
        ] {
            let parsed: Grant = grant.parse().unwrap();
            assert_eq!(parsed.covers(scope, &account(on)), expected, "{grant} on {on}");
        }
    }

    #[test]
    fn a_pair_is_told_from_a_token_by_its_at_sign() {
        let pair: Grant = "dev@example.test/0123:read".parse().unwrap();
        let token: Grant = "abc/def".parse().unwrap();

        let (email, key) = ("dev@example.test".to_owned(), "0123".to_owned());
        assert_eq!(pair.credentials, Credentials::Key { email, key });
        assert_eq!(token.credentials, Credentials::Token("abc/def".to_owned()));
    }

    #[test]
    fn tokens_of_an_account_are_written_as_they_are_read() {
        for (text, written) in
            [("t", "t:write"), ("t:read", "t:read"), ("a@b.test/k:write", "a@b.test/k:write")]
        {
            let token: AccountToken = text.parse().unwrap();
            assert_eq!(token.to_string(), written);
            assert_eq!(written.parse::<AccountToken>().unwrap(), token);
        }
        assert!("t:read:a".parse::<AccountToken>().is_err());
    }

    #[test]
    fn what_is_no_grant_is_refused() {
        for bad in ["", ":read", "t:admin", "t:read:a b", "t:read:"] {
            assert!(bad.parse::<Grant>().is_err(), "{bad}");
        }
    }
}
