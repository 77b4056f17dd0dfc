"""A SLURM of one node on this machine, from the distribution's packages.

It needs no systemd, and keeps all its state in one scratch folder. Every daemon stays in the foreground, as a
child of this process. All processes that a daemon starts inherit MARK in their environment, by which
leftovers are found and stopped.
"""

import os
import secrets
import socket
import subprocess
from contextlib import ExitStack
from pathlib import Path

import psutil
from waiting import wait_for

MARK = "GROKKING_TEST_CLUSTER"
DATABASE_PASSWORD = secrets.token_hex(16)
# SLURM calls its step launcher without SLURM_CONF, so the launcher reads the distribution's path.
SYSTEM_CONF = Path("/etc/slurm/slurm.conf")

SLURM_CONF = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={munge}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
# Without these, the scheduler looks for jobs only every 30 seconds.
SchedulerParameters=sched_interval=1,sched_min_interval=0,bf_interval=1
# More processors than the machine has, so that tests do not wait in the queue for each other's.
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=5
MinJobAge=3600
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
GresTypes=gpu
AccountingStorageType={accounting}
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} Boards=1 SocketsPerBoard=1 CoresPerSocket={cpus} \
ThreadsPerCore=1 RealMemory=64000 Gres=gpu:1 State=UNKNOWN
PartitionName=low Nodes={host} Default=YES MaxTime=INFINITE State=UP PriorityTier=1 OverTimeLimit=0
PartitionName=high Nodes={host} MaxTime=INFINITE State=UP PriorityTier=10
"""

SLURMDBD_CONF = """
AuthType=auth/munge
AuthInfo=socket={munge}
DbdHost=localhost
SlurmUser=root
PidFile={folder}/slurmdbd.pid
LogFile={folder}/slurmdbd.log
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={port}
StorageUser=slurm
StoragePass={password}
StorageLoc=slurm_acct_db
"""


class Cluster:
    """A SLURM that runs inside `with Cluster(folder) as cluster:`; its clients need `cluster.environment`."""

    def __init__(self, folder: Path, *, accounting: bool = False, cpus: int = 4) -> None:
        self.folder, self.accounting, self.cpus = Path(folder), accounting, cpus
        self.environment = os.environ | {
            "SLURM_CONF": str(self.folder / "slurm.conf"),
            MARK: str(self.folder),
        }
        self._stack = ExitStack()

    def __enter__(self) -> "Cluster":
        if SYSTEM_CONF.exists():
            raise RuntimeError(
                f"{SYSTEM_CONF}: the file exists, and this test starts a SLURM only where there is none; "
                "run the test in a container without SLURM"
            )
        with self._stack:  # if a daemon does not start, the earlier ones are stopped
            self._stack.callback(self._stop_leftovers)
            self._start_munge()
            if self.accounting:
                self._start_accounting()
            self._start_slurm()
            self._stack = self._stack.pop_all()
        return self

    def __exit__(self, *exception) -> None:
        self._stack.close()

    def call(self, *command: str) -> str:
        """Return what a client prints; raise AssertionError if it fails."""
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def succeeds(self, *command: str) -> bool:
        return subprocess.run(command, env=self.environment, capture_output=True).returncode == 0

    def jobs(self) -> list[dict]:
        """Return all jobs that the scheduler remembers, oldest first: what each asked for, and its state."""
        blocks = self.call("scontrol", "--oneliner", "show", "job").splitlines()
        found = [dict(part.split("=", 1) for part in block.split() if "=" in part) for block in blocks]
        return sorted((job for job in found if "JobId" in job), key=lambda job: int(job["JobId"]))

    def running(self) -> list[str]:
        """Return the ids of the jobs that run or wait."""
        return self.call("squeue", "--noheader", "--format=%i").split()

    def cancel_everything(self) -> None:
        self.succeeds("scancel", "--user=root")
        wait_for(lambda: not self.running(), 30)

    def _daemon(self, name: str, *command: str, ready) -> None:
        """Start a daemon, and wait until `ready()`; it is stopped together with the cluster."""
        with open(self.folder / f"{name}.out", "w") as out:
            process = subprocess.Popen(
                command, env=self.environment, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT
            )
        self._stack.callback(stop, process)
        wait_for(lambda: process.poll() is not None or ready(), 60)
        assert process.poll() is None, f"{name} ended: {(self.folder / f'{name}.out').read_text()[-2000:]}"

    def _start_munge(self) -> None:
        place = self.folder / "munge"
        place.mkdir(parents=True, mode=0o700)
        key, self.munge = place / "key", place / "socket"
        key.touch(mode=0o400)
        key.write_bytes(secrets.token_bytes(1024))
        files = [f"--{kind}-file={place / kind}" for kind in ("key", "pid", "log", "seed")]
        self._daemon(
            "munged",
            *("munged", "--foreground", "--force", f"--socket={self.munge}", *files),
            ready=lambda: self.succeeds("munge", f"--socket={self.munge}", "--no-input"),
        )

    def _start_accounting(self) -> None:
        data, unix, port = self.folder / "mariadb", self.folder / "mariadb.sock", free_port()
        common = ["--no-defaults", f"--datadir={data}", "--user=root"]
        subprocess.run(
            ["mariadb-install-db", *common, "--auth-root-authentication-method=socket"],
            check=True,
            capture_output=True,
        )
        client = ["mariadb", "--no-defaults", f"--socket={unix}", "--user=root"]
        self._daemon(
            "mariadbd",
            *("mariadbd", *common, f"--socket={unix}", f"--port={port}", "--bind-address=127.0.0.1"),
            ready=lambda: self.succeeds(*client, "--execute=SELECT 1"),
        )
        grant = (
            "CREATE USER slurm@127.0.0.1 IDENTIFIED BY '{}'; GRANT ALL ON slurm_acct_db.* TO slurm@127.0.0.1"
        )
        self.call(*client, f"--execute={grant.format(DATABASE_PASSWORD)}")
        conf = self.folder / "slurmdbd.conf"
        conf.touch(mode=0o600)
        conf.write_text(
            SLURMDBD_CONF.format(folder=self.folder, munge=self.munge, port=port, password=DATABASE_PASSWORD)
        )
        self._write_conf()
        self._daemon(
            "slurmdbd", "slurmdbd", "-D", ready=lambda: self.succeeds("sacctmgr", "--noheader", "show", "qos")
        )
        for entity in ("cluster test", "account lab", "user root account=lab"):
            self.call("sacctmgr", "--immediate", "add", *entity.split())

    def _write_conf(self) -> None:
        accounting = "accounting_storage/none"
        if self.accounting:
            accounting = (
                "accounting_storage/slurmdbd\nAccountingStorageHost=localhost\n"
                f"AccountingStoragePass={self.munge}"
            )
        conf = self.folder / "slurm.conf"
        conf.write_text(
            SLURM_CONF.format(
                host=socket.gethostname(),
                folder=self.folder,
                munge=self.munge,
                cpus=self.cpus,
                accounting=accounting,
            )
        )
        (self.folder / "gres.conf").write_text(f"Name=gpu File={self.folder}/gpu0\n")
        (self.folder / "gpu0").touch()
        (self.folder / "cgroup.conf").touch()

    def _start_slurm(self) -> None:
        self._write_conf()
        conf = self.folder / "slurm.conf"
        SYSTEM_CONF.unlink(missing_ok=True)  # a killed test has left it, and its target is gone
        SYSTEM_CONF.symlink_to(conf)
        self._stack.callback(SYSTEM_CONF.unlink)
        self._daemon(
            "slurmctld",
            "slurmctld",
            "-D",
            "-c",
            "-f",
            str(conf),
            ready=lambda: self.succeeds("scontrol", "ping"),
        )
        self._daemon(
            "slurmd",
            *("slurmd", "-D", "-f", str(conf)),
            ready=lambda: self.call("sinfo", "--noheader", "--partition=low", "--format=%t") == "idle",
        )
        self._stack.callback(self.cancel_everything)

    def _stop_leftovers(self) -> None:
        for process in psutil.process_iter():
            try:
                if process.pid != os.getpid() and process.environ().get(MARK) == str(self.folder):
                    process.kill()
            except psutil.Error:
                continue


def stop(process: subprocess.Popen) -> None:
    """Ask a process to end, and kill it if it has not ended after 20 seconds."""
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
