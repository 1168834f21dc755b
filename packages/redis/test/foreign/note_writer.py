"""Writes to Redis as the design note's helpers do: json.dumps with its spaces and \\uXXXX, SET or SETEX of `:status`,
HSET of `:progress`, EXPIRE on both keys. Neither attempt nor version, and nothing is published.

usage: note_writer.py PORT, then one JSON array a line: [command, kind, tenant, id, members]; each is answered by a line.
  processing   mark processing: SETEX, HSET of each member, EXPIRE on both keys
  finish       SET of the members without a TTL; the progress key goes
"""

import json
import sys

import redis

TTL_IN_PROGRESS = 21600


def processing(client, kind, status_key, progress_key, members):
    status = {"status": "PROCESSING"}
    if kind == "job":
        status["job_type"] = "parsing"
    client.setex(status_key, TTL_IN_PROGRESS, json.dumps(status))
    for name, value in members.items():
        client.hset(progress_key, name, str(value))
    client.expire(progress_key, TTL_IN_PROGRESS)
    client.expire(status_key, TTL_IN_PROGRESS)


def finish(client, _kind, status_key, progress_key, members):
    client.set(status_key, json.dumps(members))
    client.delete(progress_key)


def main():
    client = redis.Redis(host="127.0.0.1", port=int(sys.argv[1]))
    commands = {"processing": processing, "finish": finish}
    for line in sys.stdin:
        command, kind, tenant, job_id, members = json.loads(line)
        prefix = f"tenant:{tenant}:{kind}:{job_id}"
        commands[command](client, kind, f"{prefix}:status", f"{prefix}:progress", members)
        print("written", flush=True)


main()
