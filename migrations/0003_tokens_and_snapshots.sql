-- What opens an account with --auth tokens, besides those of the command line. Seeds bring them.
create table tokens (
    account_id text not null references accounts (id),
    -- TOKEN or EMAIL/KEY
    secret     text not null,
    -- read or write
    scope      text not null check (scope in ('read', 'write')),
    primary key (account_id, secret)
) strict, without rowid;

-- Asked at each request that no token of the command line covers.
create index tokens_by_secret on tokens (secret);

create table snapshots (
    -- Whose: an account's, or everybody's, which is ''. It may outlive the account.
    account_id text    not null,
    name       text    not null,
    saved_at   integer not null,
    -- The rows of the accounts as JSON, in the form of an export.
    manifest   text    not null,
    -- How much is in it, for listings.
    accounts   integer not null,
    images     integer not null,
    primary key (account_id, name)
) strict;

-- The blobs that a snapshot needs: they stay although no image names them.
create table snapshot_blobs (
    digest     text not null,
    account_id text not null,
    name       text not null,
    primary key (digest, account_id, name),
    foreign key (account_id, name) references snapshots (account_id, name) on delete cascade
) strict, without rowid;

-- Walked when a snapshot goes.
create index snapshot_blobs_by_snapshot on snapshot_blobs (account_id, name);
