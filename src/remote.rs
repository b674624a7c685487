//! What the command line asks of a running server, through its control surface.

use std::{
    io::{BufRead, BufReader},
    time::Duration,
};

use serde_json::Value;
use ureq::{
    Agent, Body,
    config::Config,
    http::{Method, Request, Response},
};
use url::Url;

use crate::config::{BaseUrl, Faults, FaultsCommand, Healthcheck, Requests, Sign};

/// How long a server may take: what it is asked for is quickly done.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why a running server gave no answer. Each text is for the person at the command line.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    #[error("no tintype answers at {server}: {reason}")]
    Unreachable { server: String, reason: String },
    #[error("{0}")]
    Refused(String),
}

/// A result of asking.
pub type Result<T> = std::result::Result<T, RemoteError>;

/// A question to `/_tintype/<control>`.
struct Question<'a> {
    server: &'a BaseUrl,
    method: Method,
    control: String,
    query: Vec<(&'static str, &'a str)>,
    body: &'a str,
}

/// A signed delivery URL.
pub fn sign(wanted: &Sign) -> Result<String> {
    let mut question = Question::get(&wanted.at.server, "sign");
    match &wanted.variant {
        None => question.say("url", Some(&wanted.image)),
        Some(variant) => {
            question.say("image", Some(&wanted.image));
            question.say("variant", Some(variant));
        }
    }
    let rest = [("expires", &wanted.expires), ("key", &wanted.key), ("account", &wanted.account)];
    rest.into_iter().for_each(|(name, value)| question.say(name, value.as_ref()));
    let answer = question.ask()?;
    let url = answer["url"].as_str();
    url.map(str::to_owned).ok_or_else(|| question.unreachable(&"it answers with no URL"))
}

/// What became of the rules, as JSON for people.
pub fn faults(wanted: &Faults) -> Result<String> {
    let mut question = Question::get(&wanted.at.server, "faults");
    match &wanted.what {
        None => {}
        Some(FaultsCommand::List { account }) => question.say("account", account.as_ref()),
        Some(FaultsCommand::Add { rules }) => {
            question.method = Method::POST;
            question.body = rules;
        }
        Some(FaultsCommand::Clear { id, account }) => {
            question.method = Method::DELETE;
            question.control.extend(id.map(|id| format!("/{id}")));
            question.say("account", account.as_ref());
        }
    }
    Ok(format!("{:#}", question.ask()?))
}

/// The last requests, a line each; or, without end, those that come. It ends early when `show` says
/// that nobody reads any more.
pub fn requests(wanted: &Requests, mut show: impl FnMut(&str) -> bool) -> Result<()> {
    let line = |request: &Value| if wanted.json { request.to_string() } else { line(request) };
    let limit = wanted.limit.to_string();
    if !wanted.follow {
        let mut question = Question::get(&wanted.at.server, "requests");
        question.say("account", wanted.account.as_ref());
        question.say("limit", Some(&limit));
        let answer = question.ask()?;
        let requests = answer["requests"].as_array().into_iter().flatten();
        let _ = requests.map(line).all(|line| show(&line));
        return Ok(());
    }
    let mut question = Question::get(&wanted.at.server, "requests/events");
    question.say("account", wanted.account.as_ref());
    let response = question.send(None)?;
    if !response.status().is_success() {
        return question.read(response).map(drop);
    }
    for text in BufReader::new(response.into_body().into_reader()).lines() {
        let text = text.map_err(|error| question.unreachable(&error))?;
        let Some(data) = text.strip_prefix("data:") else { continue };
        let request = serde_json::from_str(data).map_err(|error| question.unreachable(&error))?;
        if !show(&line(&request)) {
            return Ok(());
        }
    }
    Err(question.unreachable(&"the server has ended"))
}

/// Whether the server is ready.
pub fn healthcheck(wanted: &Healthcheck) -> Result<()> {
    let question = Question::get(&wanted.server, "ready");
    match question.ask()?["ready"].as_bool() {
        Some(true) => Ok(()),
        _ => Err(question.unreachable(&"something else answers there")),
    }
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

impl<'a> Question<'a> {
    fn get(server: &'a BaseUrl, control: &str) -> Self {
        let control = control.to_owned();
        Self { server, method: Method::GET, control, query: Vec::new(), body: "" }
    }

    fn say(&mut self, name: &'static str, value: Option<&'a String>) {
        self.query.extend(value.map(|value| (name, value.as_str())));
    }

    /// The answer, if it is JSON and no refusal.
    fn ask(&self) -> Result<Value> {
        self.read(self.send(Some(PATIENCE))?)
    }

    fn send(&self, patience: Option<Duration>) -> Result<Response<Body>> {
        let config = Config::builder().http_status_as_error(false).proxy(None);
        let config = config.timeout_global(patience).timeout_connect(Some(PATIENCE)).build();
        let url = format!("{}/_tintype/{}", self.server.as_str(), self.control);
        let mut url = Url::parse(&url).map_err(|error| self.unreachable(&error))?;
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        let request = Request::builder().method(&self.method).uri(url.as_str());
        let request = request.body(self.body).map_err(|error| self.unreachable(&error))?;
        Agent::new_with_config(config).run(request).map_err(|error| self.unreachable(&error))
    }

    fn read(&self, mut response: Response<Body>) -> Result<Value> {
        let body =
            response.body_mut().read_to_string().map_err(|error| self.unreachable(&error))?;
        let answer: Value =
            serde_json::from_str(&body).map_err(|error| self.unreachable(&error))?;
        match answer["error"].as_str() {
            Some(why) => Err(RemoteError::Refused(why.to_owned())),
            None => Ok(answer),
        }
    }

    fn unreachable(&self, reason: &dyn ToString) -> RemoteError {
        let server = self.server.as_str().to_owned();
        RemoteError::Unreachable { server, reason: reason.to_string() }
    }
}
