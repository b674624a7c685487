//! `tintype upload`: files of this machine to a running server, as any client sends them.

use std::{fs::File, io, path::Path};

use indicatif::{ProgressBar, ProgressStyle};
use serde::Deserialize;
use ureq::unversioned::multipart::{Form, Part};

use super::{LONG_PATIENCE, RemoteError, agent, no_answer, unreachable};
use crate::{app::DEFAULT_ACCOUNT, config::Upload};

/// Any will do, unless the server has a list.
const TOKEN: &str = "tintype-upload";

/// What the API answers with.
#[derive(Deserialize)]
struct Envelope {
    result: Option<Uploaded>,
    #[serde(default)]
    errors: Vec<Refusal>,
}

#[derive(Deserialize)]
struct Uploaded {
    id: String,
    variants: Vec<String>,
}

#[derive(Deserialize)]
struct Refusal {
    code: u16,
    message: String,
}

/// Uploads each file, and tells `say` its id and where it is then. The first that is refused ends it.
pub fn upload(wanted: &Upload, say: impl Fn(&str)) -> Result<(), RemoteError> {
    let sizes = wanted.files.iter().map(|file| {
        let size = file.metadata().map(|metadata| metadata.len());
        size.map_err(|error| failed(file, &error))
    });
    let all = sizes.sum::<Result<u64, _>>()?;
    let style = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {eta}");
    let progress = ProgressBar::new(all).with_style(style.expect("the template is well-formed"));
    for file in &wanted.files {
        let Uploaded { id, variants } = send(wanted, file, &progress)?;
        progress.suspend(|| say(&format!("{id} {}", variants.join(" "))));
    }
    progress.finish_and_clear();
    Ok(())
}

fn send(wanted: &Upload, file: &Path, progress: &ProgressBar) -> Result<Uploaded, RemoteError> {
    let (server, account) = (&wanted.remote.server, wanted.remote.account.as_deref());
    let account = account.unwrap_or(DEFAULT_ACCOUNT);
    let url = format!("{}/client/v4/accounts/{account}/images/v1", server.as_str());
    let opened = File::open(file).map_err(|error| failed(file, &error))?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let part = Part::owned_reader(progress.wrap_read(opened)).file_name(&name);
    let mut form = Form::new().part("file", part);
    if let Some(id) = &wanted.id {
        form = form.text("id", id);
    }
    if wanted.private {
        form = form.text("requireSignedURLs", "true");
    }
    let agent = agent(server, Some(LONG_PATIENCE))?;
    let token = wanted.token.as_deref().unwrap_or(TOKEN);
    let request = agent.post(url).header("authorization", format!("Bearer {token}"));
    let answer = request.send(form).map_err(|error| no_answer(server, &error))?;
    let text = answer.into_body().read_to_string().map_err(|error| unreachable(server, &error))?;
    let read: Envelope =
        serde_json::from_str(&text).map_err(|error| unreachable(server, &error))?;
    read.result.ok_or_else(|| {
        let errors = read.errors.iter().map(|error| format!("{} ({})", error.message, error.code));
        let errors: Vec<_> = errors.collect();
        RemoteError::Refused(format!("{}: {}", file.display(), errors.join(", ")))
    })
}

fn failed(file: &Path, error: &io::Error) -> RemoteError {
    RemoteError::File { file: file.display().to_string(), reason: error.to_string() }
}
