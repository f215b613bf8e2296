#!/usr/bin/env python3
"""Installs the providers' own SDKs below the target folder and lets them judge: see judge.py."""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PLACE = Path(os.environ.get("CARGO_TARGET_DIR", HERE.parents[2] / "target")) / "sdk" / "judges"
SDKS = ["anthropic>=2.11,<3", "google-genai>=3.4,<4", "cohere>=7.3,<8", "ollama>=0.6,<1", "boto3>=1.44,<2"]


def main():
    venv = PLACE / "venv"
    python = venv / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    print(f"[judges] installing {', '.join(SDKS)} from PyPI", flush=True)
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade", *SDKS]
    subprocess.run(install, check=True)
    return subprocess.run([python, HERE / "judge.py", *sys.argv[1:]]).returncode


if __name__ == "__main__":
    sys.exit(main())
