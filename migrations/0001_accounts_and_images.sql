-- Times are milliseconds since 1970, UTC. Truth values are 0 and 1.

create table accounts (
    id         text primary key,
    -- Stands for the account in delivery URLs.
    hash       text not null unique,
    created_at integer not null
) strict, without rowid;

create table images (
    -- Breaks ties between images uploaded in the same millisecond; never used twice.
    seq                 integer primary key autoincrement,
    account_id          text    not null references accounts (id),
    id                  text    not null,
    filename            text,
    creator             text,
    -- The metadata object as JSON; null rather than {}.
    metadata            text,
    uploaded_at         integer not null,
    require_signed_urls integer not null check (require_signed_urls in (0, 1)),
    -- SHA-256 of the original in hex: its file's name under blobs/.
    digest              text    not null,
    -- The original's media type, as sniffed from its bytes.
    format              text    not null,
    unique (account_id, id)
) strict;

-- Listings walk this in either direction.
create index images_by_upload on images (account_id, uploaded_at, seq);

-- Asked when an image goes: does its blob go too?
create index images_by_digest on images (digest);

create table variants (
    account_id                text    not null references accounts (id),
    name                      text    not null,
    -- As in a URL: fit=cover,width=600,height=400,metadata=none
    options                   text    not null,
    -- Seconds; null means as long as the account says.
    browser_ttl               integer,
    never_require_signed_urls integer not null check (never_require_signed_urls in (0, 1)),
    primary key (account_id, name)
) strict, without rowid;

create table signing_keys (
    account_id text not null references accounts (id),
    name       text not null,
    -- Used by HMAC as raw text.
    value      text not null,
    primary key (account_id, name)
) strict, without rowid;
