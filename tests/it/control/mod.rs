//! `/_tintype/…`.

mod clock;
mod explain;
mod sign;
