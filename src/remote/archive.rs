//! `tintype export` and `tintype import`.

use std::{
    fs::{self, File},
    io,
};

use ureq::{SendBody, http::Method};

use super::{Question, RemoteError, states::Loaded};
use crate::config::Archive;

/// Writes the state of the server, or of an account, to a file: whole or not at all.
pub fn export(wanted: &Archive) -> Result<(), RemoteError> {
    let question = Question::new(&wanted.remote.server, Method::GET, "export").about_a_tar();
    let question = question.with("account", wanted.remote.account.as_deref());
    let answer = question.send(SendBody::none())?;
    let mut part = wanted.file.as_os_str().to_owned();
    part.push(".part");
    let write = || {
        io::copy(&mut answer.into_reader(), &mut File::create(&part)?)?;
        fs::rename(&part, &wanted.file)
    };
    write().map_err(|error| {
        // What there is of it is of no use.
        let _ = fs::remove_file(&part);
        failed(wanted, &error)
    })
}

/// Sends a file that `export` wrote.
pub fn import(wanted: &Archive) -> Result<String, RemoteError> {
    let file = File::open(&wanted.file).map_err(|error| failed(wanted, &error))?;
    let question = Question::new(&wanted.remote.server, Method::POST, "import").about_a_tar();
    let question = question.with("account", wanted.remote.account.as_deref());
    Ok(question.ask::<Loaded>(file)?.text())
}

fn failed(wanted: &Archive, error: &io::Error) -> RemoteError {
    RemoteError::File { file: wanted.file.display().to_string(), reason: error.to_string() }
}
