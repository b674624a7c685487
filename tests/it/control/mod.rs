//! `/_tintype/…`.

mod accounts;
mod broken;
mod explain;
mod facts;
mod faults;
mod requests;
mod sign;
