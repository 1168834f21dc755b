"""Calls functions of statusplane.py for a test, as a worker process does.

usage: caller.py REDIS_URL SIGN_OF_LIFE_SECONDS TIMEOUT_SECONDS, then one JSON array a line: [function, args, kwargs]; each is answered by
one line: {"value": …} or {"error": "Type: text"}. A timeout of 0: the file's own client. `forked` calls the function named first in a forked child.
"""

import enum
import json
import os
import sys
from pathlib import Path

import redis

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import statusplane  # noqa: E402  (its folder is known only now)


def forked(name, *args, **kwargs):
    child = os.fork()
    if child == 0:
        os._exit(0 if getattr(statusplane, name)(*args, **kwargs) else 1)
    return os.waitpid(child, 0)[1] == 0


def end_by_enum(tenant_id, video_id):
    """As code with an enumeration of statuses calls it."""
    words = enum.Enum("Status", {"READY": "READY"}, type=str)
    return statusplane.cache_video_status(tenant_id, video_id, words.READY)


def get_progress(*args, **kwargs):
    return statusplane.RedisProgressAdapter().get_progress(*args, **kwargs)


def main():
    url, sign_of_life, timeout = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
    client = redis.Redis.from_url(url, socket_timeout=timeout) if timeout > 0 else None
    statusplane.configure(client=client, url=url, sign_of_life_seconds=sign_of_life)
    own = {"forked": forked, "get_progress": get_progress, "end_by_enum": end_by_enum}
    for line in sys.stdin:
        name, args, kwargs = json.loads(line)
        function = own.get(name) or getattr(statusplane, name)
        try:
            answer = {"value": function(*args, **kwargs)}
        except Exception as error:  # the test looks at it
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


main()
