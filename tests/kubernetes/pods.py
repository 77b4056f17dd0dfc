"""A pretended Kubernetes cluster on 127.0.0.1, which answers what Snakemake asks of one.

In place of each pod, it starts a process in an empty folder.
"""

import base64
import json
import subprocess
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from killing import kill


class Cluster(ThreadingHTTPServer):
    """The cluster with its secrets and pods; `path` holds the programs that a pod's image would have."""

    def __init__(self, folder, path):
        super().__init__(("127.0.0.1", 0), Api)
        self.folder, self.path = folder, path
        self.secrets, self.asked, self.pods = {}, {}, {}

    @property
    def kubeconfig(self):
        """Return the text of a kubeconfig file for this cluster."""
        cluster = {"server": f"http://127.0.0.1:{self.server_port}"}
        context = {"cluster": "here", "user": "me"}
        named = {"clusters": {"cluster": cluster}, "contexts": {"context": context}, "users": {"user": {}}}
        names = {"clusters": "here", "contexts": "here", "users": "me"}
        entries = {kind: [{"name": names[kind], **entry}] for kind, entry in named.items()}
        return json.dumps({"apiVersion": "v1", "kind": "Config", "current-context": "here", **entries})

    def start(self, job):
        """Start the process of a job, with the environment that the job's container would have."""
        name, container = job["metadata"]["name"], job["spec"]["template"]["spec"]["containers"][0]
        folder = self.folder / name
        folder.mkdir(parents=True)
        variables = {
            entry["name"]: self.secret(**entry["valueFrom"]["secretKeyRef"]) for entry in container["env"]
        }
        environment = {"PATH": self.path, "HOME": str(folder), "LC_ALL": "C.UTF-8", **variables}
        command = [*container["command"], *container["args"]]
        with open(f"{folder}.log", "w") as log:
            said = {"stdout": log, "stderr": subprocess.STDOUT}
            self.pods[name] = subprocess.Popen(
                command, cwd=folder, env=environment, start_new_session=True, **said
            )
        self.asked[name] = job["spec"]["template"]["spec"]

    def secret(self, name, key):
        return base64.b64decode(self.secrets[name][key]).decode()

    def status(self, name):
        """Return the `status` of a Kubernetes job: empty while it runs."""
        code = self.pods[name].poll()
        return {} if code is None else {"failed" if code else "succeeded": 1}

    def server_close(self):
        super().server_close()
        for pod in self.pods.values():
            kill(pod)


class Api(BaseHTTPRequestHandler):
    """The requests that Snakemake makes: it creates secrets and jobs, asks for their status, deletes them."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path.endswith("/secrets"):
            self.server.secrets[body["metadata"]["name"]] = body["data"]
        else:
            self.server.start(body)
        self.answer(body)

    def do_GET(self):
        *_, name, last = self.path.split("/")
        self.answer({"status": self.server.status(name)} if last == "status" else {"items": []})

    def do_DELETE(self):
        self.answer({})
        self.server.secrets.pop(self.path.split("/")[-1], None)

    def answer(self, body):
        said = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_):
        """Print nothing: the requests would appear among the results of the tests."""
