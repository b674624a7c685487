//! `tintype requests`.

use std::io::{BufRead, BufReader};

use serde_json::Value;
use ureq::{SendBody, http::Method};

use super::{Question, RemoteError, unreachable};
use crate::config::Requests;

/// The last requests, a line each; or, without end, those that come. It ends early when `show` says
/// that nobody reads any more.
pub fn requests(wanted: &Requests, mut show: impl FnMut(&str) -> bool) -> Result<(), RemoteError> {
    let line = |request: &Value| if wanted.json { request.to_string() } else { line(request) };
    let (server, account) = (&wanted.remote.server, wanted.remote.account.as_deref());
    if wanted.follow {
        return follow(wanted, |request| show(&line(request)));
    }
    let limit = wanted.limit.to_string();
    let question = Question::new(server, Method::GET, "requests").with("account", account);
    let answer: Value = question.with("limit", Some(&limit)).ask(SendBody::none())?;
    let requests = answer["requests"].as_array().into_iter().flatten();
    let _ = requests.map(line).all(|line| show(&line));
    Ok(())
}

fn follow(wanted: &Requests, mut show: impl FnMut(&Value) -> bool) -> Result<(), RemoteError> {
    let server = &wanted.remote.server;
    let question = Question::new(server, Method::GET, "requests/events").without_end();
    let events =
        question.with("account", wanted.remote.account.as_deref()).send(SendBody::none())?;
    for text in BufReader::new(events.into_reader()).lines() {
        let text = text.map_err(|error| unreachable(server, &error))?;
        let Some(data) = text.strip_prefix("data:") else { continue };
        let request = serde_json::from_str(data).map_err(|error| unreachable(server, &error))?;
        if !show(&request) {
            return Ok(());
        }
    }
    Err(unreachable(server, &"the server has ended"))
}

/// A request in a line: number, time, status, what was asked, how long it took, what it was.
fn line(request: &Value) -> String {
    let text = |name: &str| match &request[name] {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    let [seq, time, status] = ["seq", "time", "status"].map(text);
    let [method, path, took] = ["method", "path", "duration_ms"].map(text);
    let mut line = format!("{seq} {time} {status} {method} {path} {took}ms");
    let fault = &request["fault"]["does"];
    for (label, value) in
        [("", &request["operation"]), ("code ", &request["code"]), ("fault ", fault)]
    {
        match value {
            Value::Null => {}
            Value::String(text) => line.extend([", ", label, text]),
            value => line.extend([", ", label, &value.to_string()]),
        }
    }
    line
}
