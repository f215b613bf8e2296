#!/usr/bin/env python3
"""Contract tests with the official OpenAI SDKs, current major versions, against a real gateway.

One command: installs openai-python (PyPI) and openai-node (npm) below target/sdk, starts gateways and an upstream
that counts, runs every test of python/, node/ and seeds/, and plays the fault table to both SDKs (faults/). Anything
that fails makes it end with status 1.

    python3 tests/sdk/run.py            GATEWAY_BIN=/path/to/gateway skips the build
"""

import http.client
import json
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from faults import play

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PLACE = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "sdk" / "contract"
PYTHON_SDK = "openai>=3.52,<4"
NODE_SDK = "openai@^7"
NODE_MAJOR = 22  # what openai-node 7 asks for
KEY = "YOUR_API_KEY"  # the key of the first document's snippet, word for word


def say(text):
    print(f"[sdk] {text}", flush=True)


def run(*command, **options):
    say(" ".join(str(part) for part in command))
    subprocess.run([str(part) for part in command], check=True, **options)


# --- installing -------------------------------------------------------------------------------------------


def install_python():
    """A virtual environment with the SDK; gives its interpreter."""
    venv = PLACE / "venv"
    python = venv / "bin" / "python"
    if not python.exists():
        say(f"making a virtual environment in {venv}")
        try:
            run(sys.executable, "-m", "venv", venv)
        except subprocess.CalledProcessError:
            shutil.rmtree(venv, ignore_errors=True)
            install_debian("python3-venv")
            run(sys.executable, "-m", "venv", venv)
    say(f"installing {PYTHON_SDK} from PyPI")
    run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade", PYTHON_SDK)
    return python


def install_node():
    """An npm prefix with the SDK; gives the interpreter, which is a package of the prefix where the system's is too old."""
    prefix = PLACE / "node"
    prefix.mkdir(parents=True, exist_ok=True)
    if shutil.which("npm") is None:
        install_debian("nodejs", "npm")
    packages = [NODE_SDK, "zod@^4"]
    node = shutil.which("node")
    if node is None or node_major(node) < NODE_MAJOR:
        say(f"the system has no Node {NODE_MAJOR}; npm's `node` package brings one")
        packages.append(f"node@{NODE_MAJOR}")
        node = prefix / "node_modules" / ".bin" / "node"
    say(f"installing {', '.join(packages)} from npm")
    run("npm", "install", "--prefix", prefix, "--no-audit", "--no-fund", "--loglevel=error", *packages)
    return node, prefix


def node_major(node):
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    return int(version.lstrip("v").split(".")[0])


def install_debian(*packages):
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        sys.exit(f"[sdk] these are missing and only root can install them: {' '.join(packages)}")
    run("apt-get", "update", "-qq")
    run("apt-get", "install", "-y", "-qq", *packages)


def gateway_binary():
    if given := os.environ.get("GATEWAY_BIN"):
        return Path(given)
    return built("gateway-server", "gateway")


def built(package, binary):
    run("cargo", "build", "--package", package, "--bin", binary, cwd=ROOT)
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug" / binary


def recorded_answers():
    """What the gateway says for recorded traffic (GATEWAY_CORPUS names it) and for made-up samples; gives the folder."""
    folder = PLACE / "corpus"
    shutil.rmtree(folder, ignore_errors=True)
    environment = {**os.environ, "GATEWAY_CORPUS_OUT": str(folder)}
    run("cargo", "test", "--quiet", "--package", "gateway-e2e", "--test", "corpus", "every", cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    return folder


# --- an upstream that counts ------------------------------------------------------------------------------


class CountingUpstream(BaseHTTPRequestHandler):
    """Answers the status that the model's name says (`status-503`), and tells how often it was asked."""

    protocol_version = "HTTP/1.1"
    counts = {}
    lock = threading.Lock()

    def do_GET(self):
        if self.path.startswith("/count/"):
            with self.lock:
                self.answer(200, self.counts.get(self.path.removeprefix("/count/"), 0))
        else:
            self.answer(200, {"object": "list", "data": []})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        model = json.loads(body)["model"]
        with self.lock:
            self.counts[model] = self.counts.get(model, 0) + 1
        status = int(model.split("-")[1])
        self.answer(status, {"error": {"message": f"scripted {status}", "type": "scripted", "param": None, "code": None}})

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def start_upstream():
    server = ThreadingHTTPServer(("127.0.0.1", 0), CountingUpstream)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}"


# --- gateways ---------------------------------------------------------------------------------------------


class Gateway:
    """A gateway process on a free port, in a folder of its own and without the caller's environment."""

    def __init__(self, binary, config=None):
        self.folder = tempfile.TemporaryDirectory(prefix="gateway-sdk-")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        command = [binary, "--listen", f"127.0.0.1:{self.port}"]
        if config is not None:
            path = Path(self.folder.name) / "gateway.toml"
            path.write_text(config)
            command += ["--config", path]
        self.log = open(Path(self.folder.name) / "log", "w+")
        environment = {"PATH": os.environ["PATH"]}
        self.process = subprocess.Popen(command, cwd=self.folder.name, env=environment, stdout=self.log, stderr=self.log)
        self.wait_until_ready()

    def wait_until_ready(self):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
                connection.request("GET", "/readyz")
                if connection.getresponse().status == 200:
                    return
            except OSError:
                time.sleep(0.05)
        self.log.seek(0)
        sys.exit(f"[sdk] the gateway does not start:\n{self.log.read()}")

    def leaks(self):
        """Keys and prompts that the log shows."""
        self.log.flush()
        text = Path(self.log.name).read_text()
        return [secret for secret in (KEY, "sk-count-0123456789", "Hello gateway", "weather in Paris") if secret in text]

    def records(self):
        """The access log: one JSON object for each request."""
        lines = Path(self.log.name).read_text().splitlines()
        records = [json.loads(line) for line in lines if line.startswith('{"time"')]
        return [record for record in records if record.get("kind") == "request"]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return "the gateway did not stop within 20 s"
        return None if status == 0 else f"the gateway ended with status {status}"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def keyed_config(upstream):
    return f"""
[auth]
api_keys = ["{KEY}"]

[features]
vision = true

[demo]
enabled = true
pace = "2ms"
list_faults = true

# One story's faults must not rest another's provider.
[resilience]
attempts = 1
breaker = false

[providers.count]
vendor = "custom"
base_url = "{upstream}/v1"
api_key = "sk-count-0123456789"
operations = ["chat"]

[models.default]
targets = ["demo/chat"]

[models."Qwen/Qwen2.5-7B-Instruct"]
targets = ["demo/chat"]
"""


# --- running ----------------------------------------------------------------------------------------------


def snippet(name, open_url, keyed_url):
    """A document's snippet as it is written there, but for the base URL; gives the file to run."""
    text = (HERE / "seeds" / name).read_text()
    text = text.replace("http://127.0.0.1:8000", keyed_url).replace("http://localhost:18888", open_url)
    folder = PLACE / "node" if name.endswith(".mjs") else PLACE  # Node looks for packages beside the file
    path = folder / f"seed-{name}"
    path.write_text(text)
    return path


def main():
    PLACE.mkdir(parents=True, exist_ok=True)
    python = install_python()
    node, prefix = install_node()
    binary = gateway_binary()
    say(f"gateway: {binary} on {platform.platform()}")
    upstream = start_upstream()
    gateways = [Gateway(binary), Gateway(binary, keyed_config(upstream))]
    open_url, keyed_url = (gateway.url for gateway in gateways)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", str(PLACE)),
        "OPEN_URL": open_url,
        "KEYED_URL": keyed_url,
        "UPSTREAM_URL": upstream,
        "GATEWAY_KEY": KEY,
    }
    contract = prefix / "contract.test.mjs"
    shutil.copy(HERE / "node" / "contract.test.mjs", contract)
    suites = [
        ("openai-python", [python, HERE / "python" / "contract.py", "-v"]),
        ("openai-node", [node, "--test", "--test-reporter=spec", contract]),
        ("seed s0.py", [python, snippet("s0.py", open_url, keyed_url)]),
        ("seed s1.py", [python, snippet("s1.py", open_url, keyed_url)]),
        ("seed s1.mjs", [node, snippet("s1.mjs", open_url, keyed_url)]),
        ("openai-python on recorded answers", [python, HERE / "corpus" / "read.py", recorded_answers()]),
    ]
    failures = [failure for name, command in suites if (failure := suite(name, command, environment))]
    failures += [f"the fault table with {name}" for name in fault_tables(python, node, binary)]
    failures += [failure for gateway in gateways if (failure := gateway.stop())]
    failures += [f"the log shows {secret!r}" for gateway in gateways for secret in gateway.leaks()]
    if not told(gateways[1]):
        failures.append("the access log does not tell what happened")
    for failure in failures:
        say(f"FAILED: {failure}")
    if failures:
        sys.exit(1)
    say("all SDK contracts hold")


def fault_tables(python, node, gateway):
    """Plays the fault table to each SDK; gives the names of those that showed something else."""
    table = built("gateway-e2e", "fault-table")
    program = shutil.copy(HERE / "faults" / "ask.mjs", PLACE / "node")  # Node looks for packages beside the file
    asks = {
        "openai-python": lambda *arguments: [python, HERE / "faults" / "ask.py", *arguments],
        "openai-node": lambda *arguments: [node, program, *arguments],
    }
    return [name for name, ask in asks.items() if not fault_table(name, table, gateway, ask)]


def fault_table(name, table, gateway, ask):
    say(f"playing the fault table to {name}")
    began = time.monotonic()
    problems, cases = play.play(name, table, lambda config: Gateway(gateway, config), ask, PLACE)
    for problem in problems:
        say(problem)
    say(f"{cases} cases in {time.monotonic() - began:.0f} s, {len(problems)} not as promised")
    return not problems


def told(gateway):
    """Whether the access log has a good stream and its numbers."""
    wanted = {"request_id", "provider", "model", "status", "duration_ms", "first_token_ms", "input_tokens", "output_tokens"}
    return any(wanted <= record.keys() and record["stream"] and record["complete"] for record in gateway.records())


def suite(name, command, environment):
    say(f"running {name}")
    result = subprocess.run([str(part) for part in command], env=environment, cwd=PLACE, timeout=300)
    print(flush=True)
    return None if result.returncode == 0 else name


if __name__ == "__main__":
    main()
