# SPDX-License-Identifier: Apache-2.0
"""The peers as processes on the server's core: own folders, own ports on loopback, no services."""

import glob
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from measured import SERVER_CORE, Failed

EJABBERD = """\
hosts: [localhost]
loglevel: error
listen:
  - {{port: {port}, ip: "127.0.0.1", module: ejabberd_c2s, shaper: none, access: all,
     starttls: false}}
auth_method: internal
auth_password_format: plain
registration_timeout: infinity
acl: {{}}
access_rules: {{register: {{allow: all}}}}
shaper_rules: {{max_user_offline_messages: 1000000}}
default_db: sql
sql_type: pgsql
sql_server: "127.0.0.1"
sql_port: {database}
sql_database: ejabberd
sql_username: bench
sql_password: ""
modules:
  mod_offline: {{access_max_user_messages: max_user_offline_messages}}
  mod_mam: {{default: always}}
  mod_stream_mgmt: {{}}
  mod_ping: {{}}
  mod_roster: {{}}
  mod_register: {{ip_access: all, access: register}}
"""

PROSODY = """\
run_as_root = true
data_path = "{folder}"
pidfile = "{folder}/pid"
log = {{ error = "{folder}/log" }}
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {port} }}
modules_enabled = {{ "roster", "saslauth", "disco", "ping", "smacks", "mam", "register", "offline",
  "posix" }}
modules_disabled = {{ "s2s", "tls" }}
allow_registration = true
allow_unencrypted_plain_auth = true
c2s_require_encryption = false
authentication = "internal_plain"
network_backend = "epoll"
storage = "{storage}"
sql = {{ driver = "SQLite3", database = "{folder}/prosody.sqlite" }}
default_archive_policy = true
VirtualHost "localhost"
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def tree(process):
    """A process and all that it started."""
    found, waiting = [], [process]
    while waiting:
        one = waiting.pop()
        found.append(one)
        for path in glob.glob(f"/proc/{one}/task/*/children"):
            try:
                waiting += [int(word) for word in pathlib.Path(path).read_text().split()]
            except OSError:
                pass
    return found


def birth(process):
    """When a process was started, in ticks since the machine was; None when it is gone."""
    try:
        return pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[19]
    except OSError:
        return None


class Peer:
    """A process with a folder; ends with the `with` block."""

    stop_signal = signal.SIGTERM

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="sotto-peer-")
        self.port = free_port()
        self.process = None

    def start(self, words, user=None, environment=None):
        def prepare():
            os.sched_setaffinity(0, {SERVER_CORE})
            if user:
                os.setgid(user.pw_gid)
                os.setuid(user.pw_uid)
        with open(os.path.join(self.folder, "out"), "ab") as out:
            self.process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=self.folder,
                preexec_fn=prepare, env={**os.environ, **(environment or {})})

    def wait(self):
        """Until the port takes connections."""
        for _ in range(600):
            if self.process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.1)
        said = pathlib.Path(self.folder, "out").read_text(errors="replace")[-800:]
        self.__exit__()
        raise Failed(f"{type(self).__name__} does not start: {said}")

    @property
    def processes(self):
        return tree(self.process.pid)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process is not None:
            children = [(one, birth(one)) for one in tree(self.process.pid)[1:]]
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            for one, born in children:
                # What is left of them; the number may be somebody else's by now.
                if born is not None and birth(one) == born:
                    os.kill(one, signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)


class PostgreSQL(Peer):
    """A cluster of its own, owned by a user without rights; fsync is on, as it is by default."""

    # Fast shutdown: it waits for no client.
    stop_signal = signal.SIGINT

    def __init__(self):
        super().__init__()
        binaries = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
        if not binaries:
            raise Failed("there is no PostgreSQL")
        self.binaries = binaries[-1]
        user = pwd.getpwnam("nobody")
        os.chmod(self.folder, 0o755)
        data = os.path.join(self.folder, "data")
        os.mkdir(data, 0o700)
        os.chown(data, user.pw_uid, user.pw_gid)
        done = subprocess.run(
            [f"{self.binaries}/initdb", "-D", data, "-A", "trust", "-U", "bench", "--locale=C",
             "-E", "UTF8"], capture_output=True, text=True, user=user.pw_uid, group=user.pw_gid,
            cwd="/", check=False)
        if done.returncode != 0:
            raise Failed(f"initdb: {done.stderr}")
        self.start([f"{self.binaries}/postgres", "-D", data, "-p", str(self.port), "-c",
                    "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="], user=user)
        self.wait()
        for _ in range(50):
            if self.sql("postgres", "SELECT 1").returncode == 0:
                break
            time.sleep(0.1)
        settings = self.sql("postgres", "SELECT current_setting('fsync') || ' ' || "
                            "current_setting('synchronous_commit')").stdout.strip()
        if settings != "on on":
            self.__exit__()
            raise Failed(f"PostgreSQL has fsync and synchronous_commit {settings!r}")

    def sql(self, database, text=None, file=None):
        words = [f"{self.binaries}/psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", "bench",
                 "-d", database, "-v", "ON_ERROR_STOP=1", "-qAt"]
        return subprocess.run(words + (["-f", file] if file else ["-c", text]),
                              capture_output=True, text=True, check=False)


class Ejabberd(Peer):
    """With PostgreSQL. No distribution, hence no epmd."""

    def __init__(self):
        super().__init__()
        self.database = PostgreSQL()
        listed = subprocess.run(["dpkg", "-L", "ejabberd"], capture_output=True, text=True,
                                check=True).stdout.split()
        schema = [path for path in listed if path.endswith("/pg.sql")]
        beams = [path for path in listed if path.endswith("/ejabberd.beam")]
        if not schema or not beams:
            self.__exit__()
            raise Failed("the package ejabberd has another layout")
        for made in (self.database.sql("postgres", "CREATE DATABASE ejabberd"),
                     self.database.sql("ejabberd", file=schema[0])):
            if made.returncode != 0:
                self.__exit__()
                raise Failed(f"psql: {made.stderr}")
        config = os.path.join(self.folder, "ejabberd.yml")
        pathlib.Path(config).write_text(
            EJABBERD.format(port=self.port, database=self.database.port))
        spool = os.path.join(self.folder, "spool")
        self.start(
            ["erl", "+K", "true", "-noinput", "-pa", os.path.dirname(beams[0]), "-mnesia", "dir",
             f'"{spool}"', "-s", "ejabberd"],
            environment={"EJABBERD_CONFIG_PATH": config, "HOME": self.folder,
                         "EJABBERD_LOG_PATH": os.path.join(self.folder, "ejabberd.log")})
        self.wait()

    @property
    def processes(self):
        return tree(self.process.pid) + self.database.processes

    def __exit__(self, *_):
        super().__exit__()
        self.database.__exit__()


class Prosody(Peer):
    """With its own files, or with SQLite."""

    def __init__(self, storage):
        super().__init__()
        config = os.path.join(self.folder, "prosody.cfg.lua")
        pathlib.Path(config).write_text(
            PROSODY.format(folder=self.folder, port=self.port, storage=storage))
        self.start(["prosody", "-F", "--config", config])
        self.wait()
