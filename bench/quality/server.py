"""A tintype that keeps nothing, on a free port of the loopback, as a context manager."""

import http.client
import json
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

TOKEN = {"authorization": "Bearer " + "x" * 40}


class Server:
    def __init__(self, tintype):
        self.command = [str(tintype), "--ephemeral", "--listen", "127.0.0.1:0"]

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
            base, banner = ready.read_text().strip(), log.read_text().splitlines()
        account = next(line for line in banner if "account id" in line).split()[-1]
        self.images = f"/client/v4/accounts/{account}/images"
        self.client = http.client.HTTPConnection(urlsplit(base).netloc, timeout=120)
        flexible = json.dumps({"flexible_variants": True})
        self.ask("PATCH", f"{self.images}/v1/config", flexible, TOKEN | {"content-type": "application/json"})
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(20)

    def ask(self, method, path, body=None, headers=()):
        """The body of the answer, its media type, and the milliseconds it took."""
        started = time.perf_counter()
        self.client.request(method, path, body, dict(headers))
        response = self.client.getresponse()
        answer = response.read()
        took = (time.perf_counter() - started) * 1000
        if response.status != 200:
            raise SystemExit(f"{method} {path}: {response.status} {answer[:300]}")
        return answer, response.headers["content-type"], took

    def upload(self, image):
        """Where the image is delivered: a path without the variant."""
        head = b'--boundary\r\ncontent-disposition: form-data; name="file"; filename="photo"\r\n\r\n'
        form = head + image + b"\r\n--boundary--\r\n"
        headers = TOKEN | {"content-type": "multipart/form-data; boundary=boundary"}
        answer, *_ = self.ask("POST", f"{self.images}/v1", form, headers)
        return urlsplit(json.loads(answer)["result"]["variants"][0]).path.rpartition("/")[0]
