"""The servers that are compared, each a process on chosen cores and on a free port of the loopback."""

import http.client
import json
import os
import re
import socket
import subprocess
import time
from pathlib import Path
from urllib.parse import quote, urlsplit

HERE = Path(__file__).parent
TOKEN = {"authorization": f"Bearer {'x' * 40}"}
TICKS = os.sysconf("SC_CLK_TCK")


class Defect(Exception):
    """What is to be timed doesn't do its job."""


class Server:
    """A process; its command must print or write where it listens. A context manager."""

    def __init__(self, command, cores, scratch, name):
        self.command = ["taskset", "-c", ",".join(map(str, cores)), *map(str, command)]
        self.log = Path(scratch, f"{name}-{time.monotonic_ns()}.log")
        self.name = name

    def __enter__(self):
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log)
        self.base = self.wait(self.listening)
        self.client = self.connect()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def listening(self):
        return re.match(r"(http://\S+)\n", self.log.read_text())

    def wait(self, found):
        deadline = time.monotonic() + 20
        while not (match := found()):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                raise Defect(f"{self.name} didn't start: {self.log.read_text()[-500:]}")
            time.sleep(0.01)
        return match[1]

    def connect(self):
        return http.client.HTTPConnection(urlsplit(self.base).netloc, timeout=120)

    def ask(self, path, method="GET", body=None, headers=None, client=None):
        """The body of the answer and the seconds from sending to the last byte."""
        client = client or self.client
        started = time.perf_counter()
        client.request(method, path, body, headers or {"accept": "*/*"})
        response = client.getresponse()
        answer = response.read()
        took = time.perf_counter() - started
        if response.status != 200:
            raise Defect(f"{self.name}, {path}: {response.status} {answer[:200]}")
        return answer, took

    def memory(self):
        """Resident now and at most, in MiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return tuple(int(re.search(rf"{key}:\s*(\d+)", status)[1]) / 1024 for key in ("VmRSS", "VmHWM"))

    def busy(self):
        """Seconds of processor time so far, children included."""
        parent, total = self.process.pid, 0
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        for pid in [parent, *children]:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICKS


class Tintype(Server):
    def __init__(self, program, cores, scratch, *settings):
        self.ready = Path(scratch, f"ready-{time.monotonic_ns()}")
        places = ["--listen", "127.0.0.1:0", "--ready-file", self.ready]
        super().__init__([program, *places, *settings], cores, scratch, "tintype")

    def listening(self):
        text = self.ready.read_text() if self.ready.exists() else ""
        return re.match(r"(http://\S+)", text)

    def account(self):
        """Its id and its hash, from the banner."""
        return self.wait(lambda: re.search(r"account id +(\S+)", self.log.read_text())), self.wait(
            lambda: re.search(r"account hash +(\S+)", self.log.read_text())
        )

    def api(self, path, method="GET", body=None, kind="application/json"):
        account, _ = self.account()
        path = f"/client/v4/accounts/{account}/images{path}"
        return json.loads(self.ask(path, method, body, TOKEN | {"content-type": kind})[0])["result"]

    def upload(self, image):
        head = b'--boundary\r\ncontent-disposition: form-data; name="file"; filename="photo.jpg"\r\n\r\n'
        form = head + image + b"\r\n--boundary--\r\n"
        return self.api("/v1", "POST", form, "multipart/form-data; boundary=boundary")["id"]


def node(script, cores, scratch, *arguments):
    return Server(["node", HERE / script, *arguments], cores, scratch, script.removesuffix(".mjs"))


class Nginx(Server):
    """Serves a folder as it does by default in Debian, with one worker for each core it has.

    With `sendfile` files go to a socket within the kernel; without, they are read and written, as by other servers.
    """

    def __init__(self, program, cores, scratch, folder, sendfile="on"):
        self.free = free_port()
        config = Path(scratch, "nginx.conf")
        user = "user root;" if os.geteuid() == 0 else ""
        temporary = "".join(
            f"{kind}_temp_path {scratch}/nginx-{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        config.write_text(
            f"{user} daemon off; worker_processes {len(cores)}; pid {scratch}/nginx.pid; error_log {scratch}/nginx.error;"
            "events { worker_connections 768; }"
            f"http {{ sendfile {sendfile}; tcp_nopush on; access_log {scratch}/nginx.access; keepalive_requests 1000000000;"
            f"types {{ image/jpeg jpg; }} {temporary}"
            f"server {{ listen 127.0.0.1:{self.free}; root {folder}; }} }}"
        )
        super().__init__([program, "-c", config, "-e", f"{scratch}/nginx.error"], cores, scratch, "nginx")

    def listening(self):
        with socket.socket() as probe:
            open_now = probe.connect_ex(("127.0.0.1", self.free)) == 0
        return re.match("(.*)", f"http://127.0.0.1:{self.free}") if open_now else None


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Judge:
    """Looks at images with sharp, in a process of its own."""

    def __init__(self, server):
        self.server = server

    def look(self, image, file=None):
        query = f"?file={quote(str(file), safe='')}" if file else ""
        return json.loads(self.server.ask(f"/{query}", "POST", image)[0])
