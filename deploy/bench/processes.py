"""What the benches beside it start: processes that are pinned to processors, with a certificate to serve."""
import argparse
import os
import re
import signal
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TICKS = os.sysconf("SC_CLK_TCK")


def positive(kind):
    """For argparse: reads a number of this kind that is greater than zero."""
    def read(text):
        try:
            number = kind(text)
        except ValueError:
            number = 0
        if not number > 0:
            raise argparse.ArgumentTypeError("found %s, expected a number of type %s above 0" % (text, kind.__name__))
        return number
    return read


def certificate(folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                    "-keyout", folder + "/key.pem", "-out", folder + "/cert.pem"],
                   check=True, stderr=subprocess.DEVNULL)
    with open(folder + "/both.pem", "w") as both:
        for name in ("cert.pem", "key.pem"):
            with open(folder + "/" + name) as part:
                both.write(part.read())


def sallyport(folder, server, port, loops=1):
    return lambda _: ([HERE + "/peer-listen"], {
        "LISTEN": str(port), "BACKEND": str(server), "DIR": folder,
        "CERT": folder + "/cert.pem", "KEY": folder + "/key.pem", "BENCH_EVENT_LOOPS": str(loops)})


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def others():
    return "1-%d" % (os.cpu_count() - 1)


class Process:
    """A server or proxy, pinned to processors."""

    def __init__(self, command, processors, folder, name, port):
        words, environment = command(port)
        self.name, self.port, self.log = name, port, folder + "/" + name + ".out"
        with open(self.log, "w") as out:
            self.process = subprocess.Popen(["taskset", "-c", processors] + words, stdout=out, stderr=out,
                                            env=dict(os.environ, **environment))

    def await_port(self):
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.1)
        with open(self.log) as out:
            sys.exit("%s does not start: %s" % (self.name, out.read()[-2000:]))

    def tree(self):
        found, todo = [], [self.process.pid]
        while todo:
            pid = todo.pop()
            found.append(pid)
            try:
                with open("/proc/%d/task/%d/children" % (pid, pid)) as children:
                    todo += [int(child) for child in children.read().split()]
            except OSError:
                pass
        return found

    def seconds(self):
        total = 0
        for pid in self.tree():
            with open("/proc/%d/stat" % pid) as file:
                fields = file.read().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICKS

    def kibibytes(self):
        total = 0
        for pid in self.tree():
            with open("/proc/%d/smaps_rollup" % pid) as file:
                total += int(re.search(r"Pss:\s+(\d+)", file.read()).group(1))
        return total

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
