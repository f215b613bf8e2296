"""Plays the fault table to one SDK: its upstreams, a gateway in front of them, the SDK, and the judgement."""

import json
import subprocess
import urllib.request

from . import judge


class Table:
    """The upstreams of the table, in a process of their own that lives as long as its input is open."""

    def __init__(self, binary):
        self.process = subprocess.Popen([str(binary)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.description = json.loads(self.process.stdout.readline())

    def counts(self):
        with urllib.request.urlopen(self.description["counts"], timeout=20) as response:
            return json.load(response)

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=20)


def play(name, table_binary, start_gateway, ask, folder):
    """Gives what was not as the table has it, and of how many cases. `ask` makes the SDK's command of a base
    URL, the one that tells what upstreams have seen, and two files."""
    table = Table(table_binary)
    asked, told = folder / f"faults-{name}.json", folder / f"faults-{name}-told.json"
    asked.write_text(json.dumps(table.description["cases"]))
    told.unlink(missing_ok=True)
    gateway = start_gateway(table.description["gateway"])
    try:
        subprocess.run([str(part) for part in ask(f"{gateway.url}/v1", table.description["counts"], asked, told)], check=True, cwd=folder, timeout=240)
        cases = table.description["cases"]
        return judge.problems(cases, json.loads(told.read_text()), table.counts()), len(cases)
    finally:
        gateway.stop()
        table.close()
