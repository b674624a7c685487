//! `/_tintype/…`.

mod accounts;
mod archive;
mod broken;
mod clock;
mod explain;
mod facts;
mod faults;
mod requests;
mod seed;
mod sign;
mod snapshots;
mod urls;
