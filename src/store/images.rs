//! The table `images`.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    Result,
    columns::{self, unreadable},
};
use crate::domain::{AccountId, Digest, Image, ImageId, MetadataFilter};

/// Adds an image. The id must be free.
pub fn insert(conn: &Connection, account: &AccountId, image: &Image) -> Result<()> {
    conn.prepare_cached(
        "insert into images (account_id, id, filename, creator, metadata, uploaded_at,
                             require_signed_urls, digest, format)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        account.as_str(),
        image.id.as_str(),
        image.filename,
        image.creator,
        columns::print_metadata(image.metadata.as_ref()),
        image.uploaded.timestamp_millis(),
        image.require_signed_urls,
        image.digest.to_string(),
        image.format.media_type(),
    ])?;
    Ok(())
}

pub fn find(conn: &Connection, account: &AccountId, id: &ImageId) -> Result<Option<Image>> {
    conn.prepare_cached("select * from images where account_id = ?1 and id = ?2")?
        .query_row([account.as_str(), id.as_str()], |row| Ok(from_row(row)))
        .optional()?
        .transpose()
}

/// Every image of the account, oldest first.
pub fn all(conn: &Connection, account: &AccountId) -> Result<Vec<Image>> {
    let mut statement = conn
        .prepare_cached("select * from images where account_id = ?1 order by uploaded_at, seq")?;
    let rows = statement.query_and_then([account.as_str()], from_row)?;
    rows.collect()
}

/// Replaces what may be edited: id, creator, metadata, and whether URLs have to be signed. The
/// image keeps its place in listings.
pub fn update(conn: &Connection, account: &AccountId, id: &ImageId, image: &Image) -> Result<()> {
    conn.prepare_cached(
        "update images set id = ?3, creator = ?4, metadata = ?5, require_signed_urls = ?6
         where account_id = ?1 and id = ?2",
    )?
    .execute(params![
        account.as_str(),
        id.as_str(),
        image.id.as_str(),
        image.creator,
        columns::print_metadata(image.metadata.as_ref()),
        image.require_signed_urls,
    ])?;
    Ok(())
}

/// Removes an image and gives its blob's digest, for `Tx::release`; `None` if there is none.
pub fn delete(conn: &Connection, account: &AccountId, id: &ImageId) -> Result<Option<Digest>> {
    let digest = conn
        .prepare_cached("delete from images where account_id = ?1 and id = ?2 returning digest")?
        .query_row([account.as_str(), id.as_str()], |row| row.get::<_, String>(0))
        .optional()?;
    digest.map(|digest| parse_digest(&digest)).transpose()
}

/// How many images the account has.
pub fn count(conn: &Connection, account: &AccountId) -> Result<u32> {
    let count = conn
        .prepare_cached("select count(*) from images where account_id = ?1")?
        .query_row([account.as_str()], |row| row.get(0))?;
    Ok(count)
}

/// Whether some image of some account still needs the blob.
pub fn any_with_digest(conn: &Connection, digest: Digest) -> Result<bool> {
    let any = conn
        .prepare_cached("select exists (select 1 from images where digest = ?1)")?
        .query_row([digest.to_string()], |row| row.get(0))?;
    Ok(any)
}

/// A place in the listing: the image after which a page begins. It stays right while images come
/// and go, itself included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    pub uploaded_at: i64,
    pub seq: i64,
}

/// Which way a listing goes, by time of upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    OldestFirst,
    NewestFirst,
}

/// Which part of a listing is wanted.
#[derive(Debug, Clone)]
pub struct Page {
    pub order: Order,
    pub after: Option<Cursor>,
    pub limit: u32,
    /// Only this creator's images; empty means those without one.
    pub creator: Option<String>,
    /// Only images whose metadata meets this.
    pub filter: MetadataFilter,
}

const OLDEST_FIRST: &str = "select * from images
     where account_id = ?1 and (uploaded_at, seq) > (?2, ?3)
       and (?4 is null or coalesce(creator, '') = ?4)
     order by uploaded_at, seq";

const NEWEST_FIRST: &str = "select * from images
     where account_id = ?1 and (uploaded_at, seq) < (?2, ?3)
       and (?4 is null or coalesce(creator, '') = ?4)
     order by uploaded_at desc, seq desc";

const NUMBERED: &str = "select * from images
     where account_id = ?1 and (?2 is null or coalesce(creator, '') = ?2)
     order by uploaded_at desc, seq desc limit ?3 offset ?4";

/// The images of a page, and where the next one begins, if there is one.
pub fn list(
    conn: &Connection,
    account: &AccountId,
    page: &Page,
) -> Result<(Vec<Image>, Option<Cursor>)> {
    let mut statement = conn.prepare_cached(match page.order {
        Order::OldestFirst => OLDEST_FIRST,
        Order::NewestFirst => NEWEST_FIRST,
    })?;
    let outermost = match page.order {
        Order::OldestFirst => i64::MIN,
        Order::NewestFirst => i64::MAX,
    };
    let after = page.after.unwrap_or(Cursor { uploaded_at: outermost, seq: outermost });
    let metadata_column = statement.column_index("metadata")?;
    let mut rows =
        statement.query(params![account.as_str(), after.uploaded_at, after.seq, page.creator])?;

    // The statement has no limit: rows are read as they are asked for, and a filter passes over
    // some. Metadata isn't indexed, so a filter that little meets reads the whole listing.
    let mut images = Vec::new();
    let mut last = None;
    while let Some(row) = rows.next()? {
        // The filter is asked before the rest of the image is read.
        if !page.filter.is_empty() {
            let metadata = columns::parse_metadata(row.get(metadata_column)?)?;
            if !page.filter.matches(metadata.as_ref()) {
                continue;
            }
        }
        let image = from_row(row)?;
        if images.len() == page.limit as usize {
            return Ok((images, last));
        }
        images.push(image);
        last = Some(Cursor { uploaded_at: row.get("uploaded_at")?, seq: row.get("seq")? });
    }
    Ok((images, None))
}

/// The `number`-th page, counted from 1, newest first: v1 listings count pages.
pub fn list_numbered(
    conn: &Connection,
    account: &AccountId,
    creator: Option<&str>,
    number: u32,
    limit: u32,
) -> Result<Vec<Image>> {
    let offset = i64::from(number - 1) * i64::from(limit);
    let mut statement = conn.prepare_cached(NUMBERED)?;
    let page = params![account.as_str(), creator, limit, offset];
    let rows = statement.query_and_then(page, from_row)?;
    rows.collect()
}

fn from_row(row: &Row) -> Result<Image> {
    let format: String = row.get("format")?;
    Ok(Image {
        id: ImageId::named(row.get("id")?),
        filename: row.get("filename")?,
        creator: row.get("creator")?,
        metadata: columns::parse_metadata(row.get("metadata")?)?,
        uploaded: columns::parse_time(row.get("uploaded_at")?)?,
        require_signed_urls: row.get("require_signed_urls")?,
        digest: parse_digest(&row.get::<_, String>("digest")?)?,
        format: format.parse().map_err(|_| unreadable("format", &format))?,
    })
}

fn parse_digest(hex: &str) -> Result<Digest> {
    Digest::parse(hex).ok_or_else(|| unreadable("digest", hex))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Durability, Store};

    /// How SQLite goes about a listing, in its own words.
    fn plan(sql: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        drop(Store::open(folder.path(), 0, Durability::Unsynced).unwrap());
        let database = Connection::open(folder.path().join("tintype.db")).unwrap();
        let mut statement = database.prepare(&format!("explain query plan {sql}")).unwrap();
        let empty = vec![None::<i64>; statement.parameter_count()];
        let steps = statement.query_map(rusqlite::params_from_iter(empty), |row| row.get("detail"));
        steps.unwrap().collect::<Result<Vec<String>, _>>().unwrap().join("; ")
    }

    #[test]
    fn listings_go_along_an_index_and_sort_nothing() {
        for sql in [OLDEST_FIRST, NEWEST_FIRST, NUMBERED] {
            let plan = plan(sql);
            assert!(plan.starts_with("SEARCH images USING INDEX"), "{plan}");
            assert!(!plan.contains("TEMP B-TREE"), "{plan}");
        }
    }
}
