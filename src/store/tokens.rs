//! The table `tokens`.

use rusqlite::{Connection, params};

use super::{Result, columns::unreadable};
use crate::domain::{AccountId, AccountToken, Credentials};

/// The account's tokens.
pub fn list(conn: &Connection, account: &AccountId) -> Result<Vec<AccountToken>> {
    let mut statement = conn
        .prepare_cached("select secret, scope from tokens where account_id = ?1 order by secret")?;
    let tokens = statement.query_and_then([account.as_str()], |row| {
        let text =
            format!("{}:{}", row.get::<_, String>("secret")?, row.get::<_, String>("scope")?);
        text.parse().map_err(|_| unreadable("token", &text))
    })?;
    tokens.collect()
}

/// Every account that these credentials open, and how far.
pub fn find(
    conn: &Connection,
    credentials: &Credentials,
) -> Result<Vec<(AccountId, AccountToken)>> {
    let mut statement =
        conn.prepare_cached("select account_id, secret, scope from tokens where secret = ?1")?;
    let found = statement.query_and_then([credentials.to_string()], |row| {
        let id: String = row.get("account_id")?;
        let account = id.parse().map_err(|_| unreadable("account id", &id))?;
        let text =
            format!("{}:{}", row.get::<_, String>("secret")?, row.get::<_, String>("scope")?);
        Ok((account, text.parse().map_err(|_| unreadable("token", &text))?))
    })?;
    found.collect()
}

/// Adds a token. The account must have none of that secret.
pub fn insert(conn: &Connection, account: &AccountId, token: &AccountToken) -> Result<()> {
    conn.prepare_cached("insert into tokens (account_id, secret, scope) values (?1, ?2, ?3)")?
        .execute(params![
            account.as_str(),
            token.credentials.to_string(),
            token.scope.to_string()
        ])?;
    Ok(())
}
