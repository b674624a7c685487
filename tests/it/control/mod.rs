//! `/_tintype/…`.

mod archive;
mod clock;
mod explain;
mod seed;
mod sign;
mod snapshots;
