-- What an account has set.
alter table accounts add column flexible_variants integer not null default 0
    check (flexible_variants in (0, 1));
-- Seconds; null means the service's default.
alter table accounts add column browser_ttl integer;
alter table accounts add column preserve_content_credentials integer not null default 0
    check (preserve_content_credentials in (0, 1));

-- Images that were announced by a direct upload and have not come yet. The row goes when the
-- image comes: that is what makes its URL a one-time one.
create table drafts (
    account_id          text    not null references accounts (id),
    image_id            text    not null,
    creator             text,
    -- The metadata object as JSON; null rather than {}.
    metadata            text,
    require_signed_urls integer not null check (require_signed_urls in (0, 1)),
    created_at          integer not null,
    -- From then on the draft is as good as gone.
    expires_at          integer not null,
    primary key (account_id, image_id)
) strict, without rowid;

create table batch_tokens (
    token      text    primary key,
    account_id text    not null references accounts (id),
    expires_at integer not null
) strict, without rowid;
