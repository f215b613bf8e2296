"""Writes made-up answers of every provider as recordings.

    python3 -m made.make FOLDER [PROVIDER...]
"""

import json
import shutil
import sys
from collections import Counter
from importlib import import_module
from pathlib import Path
from random import Random

from .variants import Walker

PROVIDERS = ["anthropic", "google", "responses", "bedrock", "cohere", "ollama", "openai"]


def write(folder, provider):
    module = import_module(f"made.of_{provider}")
    place = folder / provider
    place.mkdir(parents=True)
    walker, random = Walker(module.WALKED), Random(provider)
    number = 0
    for number, answer in enumerate(module.answers(walker, random), 1):
        form = "" if answer.framing == "json" else ".stream"
        name = f"made.{provider}{form}-{number:04}"
        (place / f"{name}.json").write_text(json.dumps(answer.recording(name), ensure_ascii=False))
    return number


def main():
    folder = Path(sys.argv[1])
    shutil.rmtree(folder, ignore_errors=True)
    made = Counter({provider: write(folder, provider) for provider in sys.argv[2:] or PROVIDERS})
    print(f"[judges] {made.total()} answers made: {dict(made)}")


if __name__ == "__main__":
    main()
