//! The program as a process: start, ready file, signals, a data folder that survives.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, ChildStderr, Command, Output, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::fixtures;

const API: &str = "/client/v4/accounts/0123456789abcdef0123456789abcdef/images";

/// A running server. It is killed when dropped.
pub(crate) struct Server {
    child: Child,
    banner: Vec<String>,
    stderr: BufReader<ChildStderr>,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program with these arguments, in an environment without settings.
pub(crate) fn tintype(arguments: &[&str]) -> Command {
    let mut command = clean(Command::new(env!("CARGO_BIN_EXE_tintype")));
    command.args(arguments);
    command
}

/// With pipes, and without settings in its environment.
fn clean(mut command: Command) -> Command {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TINTYPE_")) {
        command.env_remove(name);
    }
    command
}

impl Server {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::spawn(tintype(&[&["--listen", "127.0.0.1:0"], arguments].concat()))
    }

    pub(crate) fn spawn(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut banner = Vec::new();
        // The line to try is the banner's last.
        while banner.last().is_none_or(|line: &String| !line.contains("curl")) {
            banner.push(lines.next().expect("the banner ends").unwrap());
        }
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Self { child, banner, stderr }
    }

    pub(crate) fn base(&self) -> &str {
        self.banner[0].strip_prefix("tintype listening on ").unwrap()
    }

    /// What the banner says under this label.
    pub(crate) fn says(&self, label: &str) -> &str {
        let value = self.banner.iter().find_map(|line| line.trim_start().strip_prefix(label));
        value.unwrap_or_else(|| panic!("{label} in {:?}", self.banner)).trim()
    }

    pub(crate) fn get(&self, path: &str) -> (u16, Vec<u8>) {
        let head = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n");
        self.send(&head, &[])
    }

    pub(crate) fn upload(&self, fixture: &str) -> Value {
        self.upload_part("name=\"file\"; filename=\"f\"", &fixtures::read(fixture))
    }

    /// Uploads a form of one part, which has to be accepted.
    pub(crate) fn upload_part(&self, part: &str, content: &[u8]) -> Value {
        let mut body =
            format!("--b\r\ncontent-disposition: form-data; {part}\r\n\r\n").into_bytes();
        body.extend(content);
        body.extend(b"\r\n--b--\r\n");
        let head = format!(
            "POST {API}/v1 HTTP/1.1\r\nhost: localhost\r\n\
             content-type: multipart/form-data; boundary=b\r\n"
        );
        let (status, body) = self.send(&head, &body);
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).unwrap()
    }

    fn send(&self, head: &str, body: &[u8]) -> (u16, Vec<u8>) {
        let mut stream = TcpStream::connect(self.base().strip_prefix("http://").unwrap()).unwrap();
        let length = body.len();
        let rest = format!(
            "authorization: Bearer any\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
        );
        stream.write_all(&[head.as_bytes(), rest.as_bytes(), body].concat()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let status = std::str::from_utf8(&answer[9..12]).unwrap().parse().unwrap();
        (status, answer.split_off(end + 4))
    }

    pub(crate) fn signal(&mut self, signal: Signal) -> std::process::ExitStatus {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
        self.child.wait().unwrap()
    }

    /// What is left of the log, to its end.
    pub(crate) fn log(&mut self) -> String {
        let mut log = String::new();
        self.stderr.read_to_string(&mut log).unwrap();
        log
    }

    /// The next line of the log with this in it.
    pub(crate) fn line(&mut self, wanted: &str) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(self.stderr.read_line(&mut line).unwrap(), 0, "the log has {wanted:?}");
            if line.contains(wanted) {
                return line;
            }
        }
    }
}

/// Runs to the end, which has to come by itself.
pub(crate) fn fail(command: &mut Command) -> String {
    let Output { status, stderr, stdout } = command.output().unwrap();
    assert_eq!(status.code(), Some(1), "{}", String::from_utf8_lossy(&stdout));
    String::from_utf8(stderr).unwrap()
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn the_banner_says_what_a_person_needs_next() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&["--data", text(folder.path())]);

    let banner = server.banner.join("\n");
    for needed in [text(folder.path()), "6oHE1nRiq6AK0MxcayE9rA", "default = ", "curl "] {
        assert!(banner.contains(needed), "{needed} in {banner}");
    }
    assert_ne!(server.base(), "http://127.0.0.1:0");
}

#[test]
fn the_ready_file_gets_the_base_url() {
    let folder = tempfile::tempdir().unwrap();
    let ready = folder.path().join("ready");
    let mut server = Server::start(&["--ephemeral", "--ready-file", text(&ready)]);

    // It is written before the server accepts requests, and the listener is open by then.
    let (status, _) = server.get(&format!("{API}/v1"));

    assert_eq!(status, 200);
    assert_eq!(fs::read_to_string(&ready).unwrap(), server.base());
    server.signal(Signal::TERM);
}

#[test]
fn who_does_not_say_what_the_server_is_called_gets_urls_with_its_port() {
    let server = Server::start(&["--ephemeral"]);

    for head in ["HTTP/1.0\r\n", "HTTP/1.1\r\nhost: me:secret@localhost\r\n"] {
        let (status, urls) = server.send(&format!("GET /_tintype/urls {head}"), &[]);
        assert_eq!(status, 200, "{head}");
        let urls: Value = serde_json::from_slice(&urls).unwrap();
        assert_eq!(urls["here"]["delivery"], server.base(), "{head}");
    }
}

#[test]
fn both_signals_end_the_program_well() {
    for signal in [Signal::INT, Signal::TERM] {
        let mut server = Server::start(&["--ephemeral"]);

        assert_eq!(server.signal(signal).code(), Some(0), "{signal:?}");
    }
}

#[test]
fn as_many_connections_are_taken_as_the_system_allows() {
    let mut shell = clean(Command::new("sh"));
    shell.args(["-c", "ulimit -S -n 256; exec \"$0\" --listen 127.0.0.1:0 --ephemeral"]);
    shell.arg(env!("CARGO_BIN_EXE_tintype"));
    let server = Server::spawn(shell);

    let limits = fs::read_to_string(format!("/proc/{}/limits", server.child.id())).unwrap();

    let files = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let [soft, hard] = [3, 4].map(|word| files.split_whitespace().nth(word).unwrap());
    assert_eq!(soft, hard);
}

#[test]
fn an_ephemeral_folder_is_removed_at_exit() {
    let temporary = tempfile::tempdir().unwrap();
    let mut command = tintype(&["--listen", "127.0.0.1:0", "--ephemeral"]);
    let mut child = command.env("TMPDIR", temporary.path()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 1);

    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();

    assert!(child.wait().unwrap().success());
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);
}

#[test]
fn acknowledged_uploads_survive_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let data = ["--data", text(folder.path())];
    let mut server = Server::start(&data);
    let images: Vec<_> = ["photo.jpg", "geometry.png", "still.webp"]
        .iter()
        .map(|fixture| (*fixture, server.upload(fixture)["result"]["id"].clone()))
        .collect();

    server.signal(Signal::KILL);

    let server = Server::start(&data);
    for (fixture, id) in images {
        let (status, bytes) = server.get(&format!("{API}/v1/{}/blob", id.as_str().unwrap()));
        assert_eq!(status, 200, "{fixture}");
        assert!(bytes == fixtures::read(fixture), "{fixture}");
    }
}

#[test]
fn two_servers_on_one_folder_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = ["--data", text(folder.path())];
    let _first = Server::start(&data);

    let message = fail(&mut tintype(&["--listen", "127.0.0.1:0", data[0], data[1]]));

    assert!(message.contains("is in use by another tintype"), "{message}");
    assert!(message.contains(text(folder.path())), "{message}");
}

#[test]
fn a_port_in_use_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();

    let message = fail(&mut tintype(&["--ephemeral", "--listen", &address]));

    assert!(message.contains(&format!("{address} (--listen)")), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
}

#[test]
fn a_folder_that_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a-file");
    fs::write(&file, "").unwrap();

    // A folder without write permission stops everyone but root, whom tests may run as.
    let message = fail(&mut tintype(&["--data", text(&file.join("data"))]));

    assert!(message.contains(text(&file.join("data"))), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
}

#[test]
fn a_folder_of_a_newer_version_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let database = rusqlite::Connection::open(folder.path().join("tintype.db")).unwrap();
    database.pragma_update(None, "user_version", 9999).unwrap();
    drop(database);

    let message = fail(&mut tintype(&["--data", text(folder.path())]));

    assert!(message.contains("newer tintype"), "{message}");
    assert!(message.contains(text(folder.path())), "{message}");
}

#[test]
fn settings_come_from_the_environment_too() {
    let folder = tempfile::tempdir().unwrap();
    let ready = folder.path().join("ready");
    let mut command = tintype(&["serve"]);
    command.env("TINTYPE_LISTEN", "127.0.0.1:0").env("TINTYPE_EPHEMERAL", "1");
    let mut child = command.env("TINTYPE_READY_FILE", &ready).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();

    assert!(line.starts_with("tintype listening on http://127.0.0.1:"), "{line}");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_proxy_of_the_environment_is_not_used() {
    let origin = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/a.gif", origin.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut stream, _) = origin.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]);
        let image = fixtures::read("still.gif");
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", image.len());
        stream.write_all(&[head.as_bytes(), &image].concat()).unwrap();
    });
    let mut command = tintype(&["--listen", "127.0.0.1:0", "--ephemeral"]);
    // Nobody listens there.
    command.env("http_proxy", "http://127.0.0.1:1").env("HTTP_PROXY", "http://127.0.0.1:1");
    let server = Server::spawn(command);

    let uploaded = server.upload_part("name=\"url\"", url.as_bytes());

    assert_eq!(uploaded["result"]["filename"], "a.gif");
}

#[test]
fn an_unknown_variable_is_refused() {
    let message = fail(tintype(&[]).env("TINTYPE_LISTENN", "127.0.0.1:0"));

    assert!(message.contains("did you mean TINTYPE_LISTEN?"), "{message}");
}

#[test]
fn log_lines_are_json_when_asked_for() {
    let mut server = Server::start(&["--ephemeral", "--log", "json"]);
    server.get("/nowhere");
    server.signal(Signal::TERM);

    let log = server.log();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().any(|line| line["fields"]["status"] == 404), "{log}");
}

/// Runs a command that asks the server, and gives what it prints.
fn ask(server: &Server, arguments: &[&str]) -> String {
    let Output { status, stdout, stderr } =
        tintype(arguments).env("TINTYPE_SERVER", server.base()).output().unwrap();
    assert!(status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

/// How many images the server has.
fn images(server: &Server) -> usize {
    let (status, listed) = server.get(&format!("{API}/v1"));
    assert_eq!(status, 200);
    let listed: Value = serde_json::from_slice(&listed).unwrap();
    listed["result"]["images"].as_array().unwrap().len()
}

#[test]
fn a_start_with_a_seed_has_its_images() {
    let folder = tempfile::tempdir().unwrap();
    let demo = format!("{}/fixtures/demo", env!("CARGO_MANIFEST_DIR"));
    let data = ["--data", text(folder.path()), "--seed", &demo];

    let mut server = Server::start(&data);
    assert!(server.banner.join("\n").contains("default = demo-key"), "{:?}", server.banner);
    assert_eq!(images(&server), 8);
    server.upload("still.gif");
    server.signal(Signal::TERM);

    // The second start puts the same in place and leaves the rest.
    let server = Server::start(&data);
    assert_eq!(images(&server), 9);
    ask(&server, &["reset"]);
    assert_eq!(images(&server), 8);
}

#[test]
fn a_bad_seed_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let bad = "[[images]]\nfile = \"missing.png\"\n";
    fs::write(folder.path().join("tintype.toml"), bad).unwrap();

    let seed = ["--ephemeral", "--listen", "127.0.0.1:0", "--seed", text(folder.path())];
    let message = fail(&mut tintype(&seed));

    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(message.contains("tintype.toml:1: "), "{message}");
    assert!(message.contains("missing.png"), "{message}");
}

#[test]
fn tokens_may_come_from_the_seed_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("tintype.toml"), "[[accounts]]\ntokens = [\"any\"]\n").unwrap();

    let none = tintype(&["--auth", "tokens", "--ephemeral"]).output().unwrap();
    assert_eq!(none.status.code(), Some(2));
    let server = Server::start(&["--ephemeral", "--auth", "tokens", "--seed", text(folder.path())]);
    assert_eq!(images(&server), 0);
}

#[test]
fn the_clock_and_the_ids_are_set_at_the_start() {
    let start = || {
        let time = ["--clock", "2026-01-01T00:00:00Z", "--id-seed", "7"];
        Server::start(&[&["--ephemeral"][..], &time].concat())
    };
    let [one, two] = [start(), start()].map(|server| (server.upload("still.gif"), server));

    assert_eq!(one.0, two.0);
    assert_eq!(one.0["result"]["uploaded"], "2026-01-01T00:00:00.000Z");
    let message = tintype(&["--clock", "today"]).output().unwrap();
    assert_eq!(message.status.code(), Some(2));
}

#[test]
fn a_running_server_is_asked_from_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&["--ephemeral", "--clock", "2026-01-01T00:00:00Z"]);
    let demo = format!("{}/fixtures/demo", env!("CARGO_MANIFEST_DIR"));

    assert_eq!(ask(&server, &["seed", &demo]), "8 images in 1 account\n");
    assert_eq!(ask(&server, &["clock"]), "2026-01-01T00:00:00.000Z, standing still\n");
    assert_eq!(
        ask(&server, &["clock", "advance", "90s"]),
        "2026-01-01T00:01:30.000Z, standing still\n"
    );
    let set = ask(&server, &["clock", "--account", "a", "set", "2030-01-01T00:00:00Z"]);
    assert_eq!(set, "2030-01-01T00:00:00.000Z, standing still\n");
    assert_eq!(ask(&server, &["clock", "freeze"]), "2026-01-01T00:01:30.000Z, standing still\n");

    assert_eq!(ask(&server, &["snapshot", "save", "base"]), "");
    server.upload("still.gif");
    let file = folder.path().join("state.tar");
    assert_eq!(ask(&server, &["export", text(&file)]), "");
    ask(&server, &["snapshot", "restore", "base"]);
    assert_eq!(images(&server), 8);
    assert_eq!(
        ask(&server, &["snapshot", "list"]),
        "base  2026-01-01T00:01:30.000Z  8 images in 1 account\n\
         seed  2026-01-01T00:00:00.000Z  8 images in 1 account\n"
    );
    ask(&server, &["snapshot", "delete", "base"]);

    ask(&server, &["reset", "--to", "nothing"]);
    assert_eq!(images(&server), 0);
    assert_eq!(ask(&server, &["import", text(&file)]), "9 images in 1 account\n");
    assert_eq!(images(&server), 9);
    ask(&server, &["reset"]);
    assert_eq!(images(&server), 8);
    let running = ask(&server, &["clock", "resume"]);
    assert!(running.ends_with("Z\n"), "{running}");
}

#[test]
fn what_a_running_server_refuses_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&["--ephemeral"]);
    let fail = |arguments: &[&str]| {
        fail(tintype(arguments).env("TINTYPE_SERVER", server.base())).trim_end().to_owned()
    };

    let missing = folder.path().join("none.tar");
    assert_eq!(fail(&["snapshot", "restore", "none"]), "tintype: there is no snapshot none");
    assert!(fail(&["reset", "--to", "seed"]).contains("there is no seed"));
    assert!(fail(&["import", text(&missing)]).contains("none.tar: No such file"));
    assert!(fail(&["seed", text(&missing)]).contains("none.tar: No such file"));
    assert!(fail(&["clock", "advance", "soon"]).starts_with("tintype: advance: "));
    fs::write(&missing, "no tar").unwrap();
    assert!(fail(&["import", text(&missing)]).contains("no export of tintype"));

    let nobody = fail(&["reset", "--server", "http://127.0.0.1:1"]);
    assert!(nobody.starts_with("tintype: no tintype answers at http://127.0.0.1:1: "), "{nobody}");
}
