//! What the command line asks of a running server.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Output},
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use rustix::process::Signal;
use serde_json::Value;

use crate::{
    process::{Server, fail, tintype},
    support::fixtures,
};

/// Runs to a good end, and gives what is printed.
fn run(command: &mut Command) -> String {
    let Output { status, stderr, stdout } = command.output().unwrap();
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

fn asking(server: &Server, arguments: &[&str]) -> Command {
    let mut command = tintype(arguments);
    command.env("TINTYPE_SERVER", server.base());
    command
}

#[test]
fn rules_are_added_listed_and_removed() {
    let server = Server::start(&["--ephemeral"]);
    let ask = |arguments: &[&str]| run(&mut asking(&server, arguments));

    assert_eq!(
        ask(&["faults", "add", r#"{"status":503,"path":"/a"}"#]),
        "{\n  \"ids\": [\n    1\n  ]\n}\n"
    );
    assert_eq!(server.get("/a").0, 503);
    assert!(ask(&["faults"]).contains("\"hits\": 1"));
    assert_eq!(ask(&["faults", "list"]), ask(&["faults"]));
    assert!(ask(&["faults", "clear", "--account", "other"]).contains("\"removed\": 0"));
    assert!(ask(&["faults", "clear", "1"]).contains("\"removed\": 1"));
    assert_eq!(server.get("/a").0, 404);

    let refused = fail(&mut asking(&server, &["faults", "add", "{}"]));
    assert!(refused.starts_with("tintype: what is to go wrong?"), "{refused}");
    let refused = fail(&mut asking(&server, &["faults", "clear", "7"]));
    assert!(refused.contains("no such rule"), "{refused}");
}

#[test]
fn the_last_requests_are_shown() {
    let server = Server::start(&["--ephemeral"]);
    for path in ["/a", "/b?x=1", "/c"] {
        server.get(path);
    }

    let lines = run(&mut asking(&server, &["requests", "--limit", "2"]));
    let json = run(&mut asking(&server, &["requests", "--json"]));
    let others = run(&mut asking(&server, &["requests", "--account", "other"]));

    let lines: Vec<_> = lines.lines().map(|line| line.split(' ').collect::<Vec<_>>()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!((lines[0][0], &lines[0][2..5]), ("2", &["404", "GET", "/b?x=1"][..]));
    let json = json.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let paths: Vec<_> = json.map(|mut request| request["path"].take()).collect();
    assert_eq!(paths, ["/a", "/b?x=1", "/c"]);
    assert_eq!(others, "");
}

#[test]
fn requests_are_followed_until_the_server_ends() {
    let mut server = Server::start(&["--ephemeral"]);
    let mut following = asking(&server, &["requests", "--follow"]).spawn().unwrap();
    let mut lines = BufReader::new(following.stdout.take().unwrap()).lines();

    // Whether it follows already can't be seen from outside: so ask until it has.
    let seen = AtomicBool::new(false);
    let line = thread::scope(|scope| {
        scope.spawn(|| {
            while !seen.load(Ordering::Relaxed) {
                server.get("/followed");
            }
        });
        let line = lines.next();
        seen.store(true, Ordering::Relaxed);
        line.unwrap().unwrap()
    });

    assert!(line.contains(" 404 GET /followed "), "{line}");
    assert!(server.signal(Signal::TERM).success());
    assert_eq!(lines.map(Result::unwrap).filter(|line| !line.contains("/followed")).count(), 0);
    assert_eq!(following.wait().unwrap().code(), Some(1));
}

#[test]
fn a_check_tells_by_its_exit_code() {
    let server = Server::start(&["--ephemeral"]);
    // Its port is free again by the time it is asked.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = format!("http://{nobody}");

    // A container's settings are for its server, and none of the check's business.
    let mut check = asking(&server, &["healthcheck"]);
    check.env("TINTYPE_LISTEN", "nonsense").env("TINTYPE_AUTH", "tokens").env("TINTYPE_NEW", "1");
    assert_eq!(run(&mut check), "");
    assert_eq!(run(&mut tintype(&["healthcheck", server.base()])), "");
    let address = server.base().strip_prefix("http://").unwrap();
    assert_eq!(run(tintype(&["healthcheck"]).env("TINTYPE_LISTEN", address)), "");
    assert_eq!(run(&mut tintype(&["healthcheck", "--listen", address])), "");

    let failed = fail(&mut tintype(&["healthcheck", &nobody]));
    assert!(failed.contains(&nobody), "{failed}");
}

#[test]
fn a_signed_url_is_printed() {
    let server = Server::start(&["--ephemeral"]);

    let url = run(&mut asking(&server, &["sign", "cat", "public", "--expires", "1h"]));

    let start = format!("{}/6oHE1nRiq6AK0MxcayE9rA/cat/public?exp=", server.base());
    assert!(url.starts_with(&start) && url.contains("&sig="), "{url}");
}

#[test]
fn files_are_uploaded() {
    let server = Server::start(&["--ephemeral"]);
    let [photo, picture] = ["photo.jpg", "geometry.png"].map(fixtures::path);
    let [photo, picture] = [&photo, &picture].map(|path| path.to_str().unwrap());

    let said = run(&mut asking(&server, &["upload", photo, picture]));

    let urls: Vec<_> = said.lines().map(|line| line.split_once(' ').unwrap().1).collect();
    assert_eq!(urls.len(), 2, "{said}");
    for url in urls {
        assert_eq!(server.get(url.strip_prefix(server.base()).unwrap()).0, 200, "{url}");
    }
    let again = ["upload", photo, "--id", "named", "--account", "other"];
    assert!(run(&mut asking(&server, &again)).starts_with("named http"));
    let refused = fail(&mut asking(&server, &again));
    assert!(refused.contains("photo.jpg: ") && refused.contains("(5409)"), "{refused}");
    let missing = fail(&mut asking(&server, &["upload", "/nowhere.jpg"]));
    assert!(missing.contains("/nowhere.jpg: No such file"), "{missing}");
}
