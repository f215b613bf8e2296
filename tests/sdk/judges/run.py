#!/usr/bin/env python3
"""Installs the providers' own SDKs below the target folder and lets them judge.

What the gateway sends to each provider (judge.py), and what this tree believes that each provider sends (read.py). With
GATEWAY_CORPUS recorded traffic is judged, too. And answers that nobody has recorded, made from the SDKs' own types
(made/), and from the habits of vendors who say that they speak OpenAI's words, go through the gateway: all that they say
must reach a chat client.

    python3 tests/sdk/judges/run.py            GATEWAY_BIN=/path/to/gateway skips a build
"""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
PLACE = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "sdk" / "judges"
SDKS = ["anthropic>=2.11,<3", "google-genai>=3.4,<4", "cohere>=7.3,<8", "ollama>=0.6,<1", "boto3>=1.44,<2", "openai>=3.52,<4"]


def main():
    os.environ["PYTHONUNBUFFERED"] = "1"  # in the order in which it happens
    venv = PLACE / "venv"
    python = venv / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    print(f"[judges] installing {', '.join(SDKS)} from PyPI", flush=True)
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade", *SDKS]
    subprocess.run(install, check=True)
    judgements = [[python, HERE / "judge.py"], [python, HERE / "read.py", what_is_sent()]]
    statuses = [subprocess.run(judgement).returncode for judgement in judgements]
    return max(*statuses, made_answers(python))


def made_answers(python):
    """Whether every answer that the SDKs' types allow reaches a chat client whole, and openai-python reads it."""
    made, told = PLACE / "made", PLACE / "made-told"
    subprocess.run([python, "-m", "made.make", made], cwd=HERE, check=True)
    environment = {**os.environ, "GATEWAY_CORPUS": str(made), "GATEWAY_CORPUS_OUT": str(told)}
    replay = ["cargo", "test", "--quiet", "--package", "gateway-e2e", "--test", "corpus", "every_recording"]
    judgements = [
        (replay, ROOT),
        ([python, "-m", "made.lost", made, told], HERE),
        ([python, "-W", "ignore", HERE.parent / "corpus" / "read.py", told], HERE),
    ]
    return max(subprocess.run(command, cwd=place, env=environment).returncode for command, place in judgements)


def what_is_sent():
    """What the corpus test's upstreams send as each provider, written down; gives the folder."""
    environment = {**os.environ, "GATEWAY_CORPUS_OUT": str(PLACE)}
    write = ["cargo", "test", "--quiet", "--package", "gateway-e2e", "--test", "corpus", "sent::"]
    subprocess.run(write, cwd=ROOT, env=environment, check=True)
    return PLACE / "sent"


if __name__ == "__main__":
    sys.exit(main())
