"""Watches a real autoscaler until standard input ends, then lets the emitted repository's algorithm decide on what it saw.

Usage, in the folder of an emitted repository: `python autoscaling.py KUBECONFIG NAMESPACE NAME LOG`. LOG is what the controller
manager writes; it says when the autoscaler was looked at. Prints JSON: for each time `[seconds, percent of the request, ready
and reporting pods, pods that do not report, replicas, replicas wanted, replicas that the algorithm wants]`.
"""

import json
import re
import ssl
import sys
import threading
import time
import urllib.error
import urllib.request
from datetime import datetime

import yaml
from tasks.scale.autoscaler import Autoscaler, Policy, Rules

kubeconfig, namespace, name, log = sys.argv[1:]
with open(kubeconfig) as file:
    config = yaml.safe_load(file)
server, token = config["clusters"][0]["cluster"]["server"], config["users"][0]["user"]["token"]
unsigned = ssl._create_unverified_context()  # the cluster's certificate is signed by nobody
stopping = threading.Event()


def asked(path):
    request = urllib.request.Request(f"{server}/{path}", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, context=unsigned, timeout=5) as answer:
        return json.load(answer)


def seconds(text):
    return datetime.fromisoformat(text).timestamp()


def lasting(text):
    minutes, rest = re.fullmatch(r"(?:(\d+)m)?([\d.]+)s", text).groups()
    return 60 * int(minutes or 0) + float(rest)


def counted():
    """How many pods the autoscaler takes to be ready, and how many do not report (podautoscaler/replica_calculator.go)."""
    found = asked(f"apis/metrics.k8s.io/v1beta1/namespaces/{namespace}/pods")["items"]
    reports = {item["metadata"]["name"]: (seconds(item["timestamp"]), lasting(item["window"])) for item in found}
    ready = missing = 0
    for pod in asked(f"api/v1/namespaces/{namespace}/pods?labelSelector=app.kubernetes.io/name={name}")["items"]:
        if "deletionTimestamp" in pod["metadata"] or pod["status"]["phase"] != "Running":
            continue
        if pod["metadata"]["name"] not in reports:
            missing += 1
            continue
        at, window = reports[pod["metadata"]["name"]]
        state = next(each for each in pod["status"]["conditions"] if each["type"] == "Ready")
        young = time.time() < seconds(pod["status"]["startTime"]) + 300
        ready += not young or (state["status"] == "True" and at >= seconds(state["lastTransitionTime"]) + window)
    return ready, missing


samples = []


def watch():
    while not stopping.is_set():
        try:
            seen = asked(f"apis/autoscaling/v2/namespaces/{namespace}/horizontalpodautoscalers/{name}")
            samples.append((time.time(), seen, counted()))
        except (OSError, KeyError) as error:
            print(f"{time.time():.1f} {error!r}", file=sys.stderr)
        stopping.wait(0.5)


def rules(said):
    policies = (Policy(each["type"], each["value"], each["periodSeconds"]) for each in said["policies"])
    return Rules(said["stabilizationWindowSeconds"], tuple(policies), said["selectPolicy"])


watching = threading.Thread(target=watch)
watching.start()
sys.stdin.read()
stopping.set()
watching.join()
spec = samples[-1][1]["spec"]
target = spec["metrics"][0]["containerResource"]["target"]["averageUtilization"]
behavior = spec["behavior"]
ours = Autoscaler(spec["minReplicas"], spec["maxReplicas"], target, rules(behavior["scaleUp"]), rules(behavior["scaleDown"]))
begin, steps = samples[0][0], []
with open(log) as file:
    lines = [line for line in file if f"{namespace}/{name}" in line and re.search("Decided not|Successfully resc", line)]
for line in lines:
    written = datetime.strptime(f"{datetime.now().year} {line[1:21]}", "%Y %m%d %H:%M:%S.%f").timestamp()
    before = [pods for at, _, pods in samples if at < written]
    after = [seen for at, seen, _ in samples if at > written + 0.2]
    if before and after:
        status = after[0]["status"]
        current = [each["containerResource"]["current"] for each in status.get("currentMetrics") or []]
        metric = current[0].get("averageUtilization") if current else None
        ready, missing = before[-1]
        wants = ours.step(written, status["currentReplicas"], metric, ready, missing)
        row = [round(written - begin), metric, ready, missing, status["currentReplicas"], status["desiredReplicas"], wants]
        steps.append(row)
print(json.dumps(steps))
