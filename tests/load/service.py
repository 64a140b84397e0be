"""Runs triaged on a free port, and reads its memory, descriptors and threads from /proc."""

import os
import re
import signal
import subprocess


class Service:
    """A running triaged with the given options, stopped at the end of a `with` block."""

    def __init__(self, build, *flags):
        root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        self.models = os.path.join(root, "models")
        self.process = subprocess.Popen(
            [os.path.join(build, "triaged"), "--listen", "127.0.0.1:0", "--models",
             self.models, "--log-level", "none", *flags],
            stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("listening on "):
            raise SystemExit("triaged did not start")
        self.port = int(line.rsplit(":", 1)[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()
        self.process.stdout.close()

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def stop(self):
        """Send SIGTERM and return the exit code."""
        self.terminate()
        return self.process.wait(60)

    def on_one_processor(self):
        """Move the service to the first processor that we may use and the caller to the others.

        Returns the processors that the caller could use before.
        """
        mine = sorted(os.sched_getaffinity(0))
        for task in os.listdir(f"/proc/{self.process.pid}/task"):
            os.sched_setaffinity(int(task), mine[:1])
        os.sched_setaffinity(0, mine[1:] or mine)
        return mine

    def status(self, name):
        """A number in /proc/PID/status; memory in bytes."""
        with open(f"/proc/{self.process.pid}/status") as file:
            value = re.search(rf"^{name}:\s+(\d+)( kB)?", file.read(), re.M)
        return int(value[1]) * (1024 if value[2] else 1)

    def resident(self):
        return self.status("VmRSS")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))
