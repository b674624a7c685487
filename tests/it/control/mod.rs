//! `/_tintype/…`.

mod explain;
mod sign;
