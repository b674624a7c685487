"""A tintype on a data folder, on a free port of the loopback, as a context manager."""

import http.client
import json
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

FIXTURES = Path(__file__).parents[2] / "fixtures"
TOKEN = "x" * 40


class Server:
    def __init__(self, tintype, folder):
        self.command = [str(tintype), "--data", str(folder), "--listen", "127.0.0.1:0"]

    def __enter__(self):
        with tempfile.TemporaryDirectory() as folder:
            ready, log = Path(folder, "ready"), Path(folder, "log")
            with log.open("w") as out:
                command = [*self.command, "--ready-file", str(ready)]
                self.process = subprocess.Popen(command, stdout=out, stderr=out)
            deadline = time.monotonic() + 20
            while not (ready.exists() and "account id" in log.read_text()):
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.process.kill()
                    raise SystemExit(f"tintype didn't start: {log.read_text()}")
                time.sleep(0.02)
            self.base = ready.read_text().strip()
            banner = log.read_text().splitlines()
        account = next(line for line in banner if "account id" in line).split()[-1]
        self.images = f"/client/v4/accounts/{account}/images"
        self.client = self.connect()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(20)

    def connect(self):
        return http.client.HTTPConnection(urlsplit(self.base).netloc, timeout=60)

    def get(self, path, client=None):
        """Seconds from sending the request to the last byte of the answer, and the answer."""
        client = client or self.client
        headers = {"authorization": f"Bearer {TOKEN}"}
        started = time.perf_counter()
        client.request("GET", self.images + path, headers=headers)
        response = client.getresponse()
        body = response.read()
        took = time.perf_counter() - started
        if response.status != 200:
            raise SystemExit(f"{path}: {response.status} {body[:300]}")
        return took, body

    def result(self, path):
        return json.loads(self.get(path)[1])["result"]

    def upload(self, image):
        boundary = "boundary"
        body = b"\r\n".join(
            (
                f"--{boundary}".encode(),
                b'content-disposition: form-data; name="file"; filename="photo.jpg"',
                b"content-type: image/jpeg",
                b"",
                image,
                f"--{boundary}--".encode(),
                b"",
            )
        )
        headers = {
            "authorization": f"Bearer {TOKEN}",
            "content-type": f"multipart/form-data; boundary={boundary}",
        }
        self.client.request("POST", f"{self.images}/v1", body, headers)
        response = self.client.getresponse()
        answer = response.read()
        if response.status != 200:
            raise SystemExit(f"upload: {response.status} {answer[:300]}")

    def memory(self):
        """(resident now, most ever resident) in MiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        values = dict(line.split(":", 1) for line in status)
        return tuple(int(values[key].split()[0]) / 1024 for key in ("VmRSS", "VmHWM"))
