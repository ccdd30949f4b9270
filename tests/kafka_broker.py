"""A real Apache Kafka for tests: one node, a process of its own, that can stop, die and freeze.

    with running(directory) as broker:
        broker.bootstrap  # "127.0.0.1:23456"

It is fetched from its registry by Maven once, and needs Java 17. It listens three times: without
any protection, with SASL in the clear, and with SASL over TLS; who asks for SASL is `USERNAME`
with `PASSWORD`, by PLAIN or SCRAM-SHA-256.
"""

from __future__ import annotations

import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import trustme
from cryptography.hazmat.primitives import serialization
from tests.kept import do_without, install_with, kept

__all__ = ["PASSWORD", "USERNAME", "Broker", "running", "start"]

USERNAME = "prela"
PASSWORD = "kafka-canary-7f3a"  # noqa: S105 - of a broker that lives as long as a test

_POM = Path(__file__).with_name("kafka") / "pom.xml"
_CLUSTER = "MkU3OEVBNTcwNTJENDM2Qk"
_JAVA = ("-Xms64m", "-Xmx320m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData")
_ARCHIVING = "ArchiveClassesAtExit="
_STARTED = "Kafka Server started"
_START_SECONDS = 90
_STOP_SECONDS = 30
# Below the ports that the system gives to outgoing connections: a client that tries a stopped
# broker again and again could else be given the broker's port, and connect to itself.
_PORTS = range(20_000, 32_000)


class Broker:
    """A broker whose data stay in `directory`; it is started when this returns.

    `prefix` is a command that runs it elsewhere, such as in a network namespace where `host`
    is its address.
    """

    def __init__(
        self, directory: Path, *, host: str = "127.0.0.1", prefix: Sequence[str] = ()
    ) -> None:
        self.directory = directory
        self._prefix = list(prefix)
        self._process: subprocess.Popen[bytes] | None = None
        plain, sasl, tls, controller = (f"{host}:{port}" for port in _free_ports(4))
        self.bootstrap = plain
        self.bootstrap_sasl = sasl
        self.bootstrap_tls = tls
        self.certificate = directory / "authority.pem"
        directory.mkdir(parents=True, exist_ok=True)
        keys = _make_certificates(directory, host)
        (directory / "log4j2.properties").write_text(_LOGGING.format(log=self._log))
        self._properties.write_text(
            _PROPERTIES.format(
                plain=plain,
                sasl=sasl,
                tls=tls,
                controller=controller,
                data=directory / "data",
                keys=keys,
                username=USERNAME,
                password=PASSWORD,
            )
        )
        scram = f"SCRAM-SHA-256=[name={USERNAME},password={PASSWORD}]"
        format_it = ("format", "-t", _CLUSTER, "-c", self._properties, "--add-scram", scram)
        done = subprocess.run(
            self._command("kafka.tools.StorageTool", *format_it, options=self._known_classes()),
            capture_output=True,
            text=True,
            timeout=_START_SECONDS,
            check=False,
        )
        assert 0 == done.returncode, (done.stdout + done.stderr)[-5000:]
        self.start()

    @property
    def log(self) -> str:
        """What the broker wrote since it was started last."""
        return self._log.read_text() if self._log.exists() else ""

    @property
    def pid(self) -> int:
        """Its process; there must be one."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it, with the data and the ports it had; returns when it serves."""
        self._log.unlink(missing_ok=True)
        # Loaded classes are kept for later starts, which then take half the time.
        classes = self._known_classes() or [f"-XX:{_ARCHIVING}{self._classes}"]
        command = self._command("kafka.Kafka", self._properties, options=classes)
        with (self.directory / "output").open("wb") as output:
            self._process = subprocess.Popen(command, stdout=output, stderr=output)
        until = time.monotonic() + _START_SECONDS
        while _STARTED not in self.log:
            if self._process.poll() is not None or time.monotonic() > until:
                self.kill()
                said = (self.directory / "output").read_text() + self.log
                raise AssertionError(f"the broker did not start: {said[-5000:]}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Let it shut down in its own way."""
        self._end(signal.SIGTERM)
        if self._classes.exists():
            self._classes.replace(_archive())

    def kill(self) -> None:
        """End it as a failing machine would."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Let it hang: connections are accepted by the system, and nothing is ever answered."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """End the hanging."""
        self._signal(signal.SIGCONT)

    @property
    def _log(self) -> Path:
        return self.directory / "broker.log"

    @property
    def _properties(self) -> Path:
        return self.directory / "server.properties"

    @property
    def _classes(self) -> Path:
        return self.directory / "classes.jsa"

    def _known_classes(self) -> list[str]:
        return [f"-XX:SharedArchiveFile={_archive()}"] if _archive().exists() else []

    def _command(self, main: str, *arguments: object, options: Sequence[str] = ()) -> list[str]:
        java = shutil.which("java")
        if java is None:
            do_without("Kafka needs Java, and there is none here")
        logging = f"-Dlog4j2.configurationFile={self.directory / 'log4j2.properties'}"
        classes = ("-cp", str(_jars() / "*"))
        return [
            *(*self._prefix, java, *_JAVA, *options, logging, *classes),
            *(main, *map(str, arguments)),
        ]

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(number)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def start(directory: Path) -> Broker:
    """Start a broker with its data in `directory`, which it may make."""
    return Broker(directory)


@contextmanager
def running(
    directory: Path, *, host: str = "127.0.0.1", prefix: Sequence[str] = ()
) -> Iterator[Broker]:
    """Run a broker for the time of a block."""
    broker = Broker(directory, host=host, prefix=prefix)
    try:
        yield broker
    finally:
        broker.kill()


def _jars() -> Path:
    def install(home: Path) -> None:
        if shutil.which("mvn") is None:
            do_without("Kafka is fetched with Maven, and there is none here")
        install_with(
            *("mvn", "-B", "-q", "-f", str(_POM), "dependency:copy-dependencies"),
            *("-DincludeScope=runtime", f"-DoutputDirectory={home}"),
        )

    return kept("kafka", _POM.read_text(), install)


def _archive() -> Path:
    return _jars() / "classes.jsa"


def _free_ports(count: int) -> list[int]:
    found: list[int] = []
    for port in random.SystemRandom().sample(_PORTS, len(_PORTS)):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise AssertionError("no port is free")


def _make_certificates(directory: Path, host: str) -> Path:
    """Write what the broker proves itself with, and the authority that clients must trust."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(directory / "authority.pem")
    issued = authority.issue_cert(host, "localhost")
    key = serialization.load_pem_private_key(issued.private_key_pem.bytes(), None)
    keys = directory / "broker.pem"
    # Kafka reads keys as PKCS #8 only.
    keys.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + b"".join(blob.bytes() for blob in issued.cert_chain_pems)
    )
    keys.chmod(0o600)
    return keys


_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{controller}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listeners=PLAINTEXT://{plain},SASL_PLAINTEXT://{sasl},SASL_SSL://{tls},CONTROLLER://{controller}
advertised.listeners=PLAINTEXT://{plain},SASL_PLAINTEXT://{sasl},SASL_SSL://{tls}
listener.security.protocol.map=\
CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256
listener.name.sasl_plaintext.plain.sasl.jaas.config=\
org.apache.kafka.common.security.plain.PlainLoginModule required user_{username}="{password}";
listener.name.sasl_plaintext.scram-sha-256.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.sasl_ssl.plain.sasl.jaas.config=\
org.apache.kafka.common.security.plain.PlainLoginModule required user_{username}="{password}";
listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.type=PEM
ssl.keystore.location={keys}
log.dirs={data}
auto.create.topics.enable=false
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
metadata.max.idle.interval.ms=0
log.segment.bytes=16777216
log.cleaner.dedupe.buffer.size=4194304
num.network.threads=2
num.io.threads=4
"""

_LOGGING = """\
status=error
appender.log.type=File
appender.log.name=log
appender.log.fileName={log}
appender.log.layout.type=PatternLayout
appender.log.layout.pattern=%d{{HH:mm:ss.SSS}} %p %c{{1}} %m%n
rootLogger.level=info
rootLogger.appenderRef.log.ref=log
"""
