"""Live job status for Python workers: the functions that existing code calls, over Statusplane's guarded write.

One file, Python 3.9 or newer, and the `redis` package (Debian: python3-redis; redis-py 4.3 or newer). Copy it beside your
code and import it where the old helpers were imported.

    from statusplane import cache_video_status, record_progress

    cache_video_status(7, 42, "PROCESSING")                                   # a start
    record_progress("video:42", "encode", {"percent": 35}, tenant_id=7)       # at every step
    cache_video_status(7, 42, "READY", hls_path="…", duration=61)             # after COMMIT, never before

The rules:

- Every PROCESSING is a start and takes the job's next attempt (or the one that waits as PENDING). From then on all that
  this process says about the job carries that attempt, so that it is refused once somebody else has started the job.
- A process that did not start the job speaks for the attempt that is there now; such ends are counted (`counts()`).
- PENDING → PROCESSING → READY | DONE | FAILED | CANCELLED within an attempt, never back. Who wants another try starts again.
- The life of a key follows its status: 6 hours, sliding, while it lives; afterwards for ever, or FINISHED_TTL_SECONDS.
- While a job runs, a thread of this process says every 10 seconds that it is alive, for an hour after the job's own last
  word.
- A write never fails a job because of Redis: it answers False, and start, end and newest progress are written as soon as
  Redis is back, as long as this process lives. Wrong ids, statuses and results are a ValueError at once.
- A read while Redis is away raises StatusUnavailable: that is not "no such job", and no reason to ask the database.

The client comes from REDIS_URL, or from `configure(client=…)`.
"""

from __future__ import annotations

import atexit
import collections
import json
import logging
import math
import os
import random
import re
import threading
import time
from datetime import datetime, timedelta, timezone
from typing import Any, Dict, NamedTuple, Optional, Tuple, Union

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

__all__ = [
    "RedisProgressAdapter",
    "StatusUnavailable",
    "cache_job_status",
    "cache_video_status",
    "configure",
    "counts",
    "get_job_status_from_redis",
    "get_video_encoding_progress",
    "get_video_encoding_remaining_seconds",
    "get_video_encoding_step_detail",
    "get_video_status_from_redis",
    "record_progress",
    "refresh_job_progress_ttl",
    "refresh_video_progress_ttl",
]

logger = logging.getLogger("statusplane")

Id = Union[int, str]

LIVE_TTL_SECONDS = 21_600
# What a tenant's list of ended jobs holds.
MAX_ENDED = 100
ENDED_LIFE_SECONDS = 86_400
MIN_FINISHED_TTL_SECONDS = 86_400
FINISHED_TTL_SPREAD = 0.1
FINAL_VERSION = 2_147_483_647
TITLE_MAX_CHARACTERS = 200
RESULT_INLINE_MAX_BYTES = 8_192
RESULT_MAX_BYTES = 1_048_576
SIGN_OF_LIFE_SECONDS = 10.0
# A process that lives but says nothing more about a job is believed for so long.
SILENT_FOR_SECONDS = 3_600.0
# The default client gives up after this, and for AWAY_SECONDS nobody waits for Redis again.
TIMEOUT_SECONDS = 0.5
AWAY_SECONDS = 1.0
MAX_ENTRIES = 10_000
# Starts that collide with others, and writes that others were quicker with, are repeated so often.
MAX_ROUNDS = 50
# Integers beyond 2^53 - 1 are rounded by every browser.
MAX_SAFE_INTEGER = 9_007_199_254_740_991


class _Script(NamedTuple):
    """A script of the server: its source, and the digest by which Redis remembers it."""

    sha: str
    lua: str


# --- generated from the scripts in Lua: do not edit, run `npm run docs` ---
_WRITE = _Script("c15be4edace4ffd5e604306928cb1cfdf2b69cdd", r"""-- The guarded write of a snapshot: guard, text, hash, result, TTL, publish in one atomic step.
-- The same rules as applyTransition in packages/core/src/transitions.ts; one contract suite proves that they agree.
--
-- KEYS  1 `:status`, the snapshot's text · 2 `:progress`, its hash · 3 `:result` (all in one slot)
-- ARGV  1 kind: announce, progress or finish
--       2 the text, beginning {"attempt":A,"version":V,"status":"S",
--       3 TTL in seconds: 1 or more while live; 0 (for ever) or more when terminal
--       4 channel of the events · 5 PUBLISH or, in Cluster, SPUBLISH
--       6 the text for `:result`, or '' where there is none
--       7 n, how many of the following are fields and values for the hash: ARGV[8] .. ARGV[7 + n];
--         whatever follows those are names of fields that the hash must not have
-- Returns { answer, cancel }: answer is accepted, duplicate, stale, fenced, finished or absent;
--         cancel is 1 if the live hash asks this attempt to stop, else 0
-- Refuses (error REFUSED, nothing is written) a text without that head, a kind, status, version and TTL
--         that do not fit each other, and a field without a value
-- A value that another program wrote (no such head) counts as attempt 0; the mark of a removed job fences all.

local HEAD = '^{"attempt":(%d+),"version":(%d+),"status":"(%u+)",'
local FINAL_VERSION = 2147483647
local REMOVED = '{"removed":true}'

local function isLive(status)
  return status == 'PENDING' or status == 'PROCESSING'
end

local function isTerminal(status)
  return status == 'READY' or status == 'DONE' or status == 'FAILED' or status == 'CANCELLED'
end

local kind, text, ttl, hashArgs = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[7])
local attemptText, versionText, status = string.match(text, HEAD)
local attempt, version = tonumber(attemptText), tonumber(versionText)

local fits = false
if attempt and attempt >= 1 then
  if status == 'PENDING' then
    fits = kind == 'announce' and version == 0 and ttl >= 1
  elseif status == 'PROCESSING' then
    fits = (kind == 'announce' or kind == 'progress') and version >= 1 and version < FINAL_VERSION and ttl >= 1
  elseif isTerminal(status) then
    fits = kind == 'finish' and version == FINAL_VERSION and ttl >= 0
  end
end
if not fits or hashArgs % 2 ~= 0 then
  return redis.error_reply('REFUSED a ' .. kind .. ' write cannot carry ' .. string.sub(text, 1, 72))
end

-- The head alone is fetched, however long the text is: 65 bytes hold the longest.
local held = redis.call('GETRANGE', KEYS[1], 0, 71)
if held == REMOVED then
  return { 'fenced', 0 }
end
local heldAttemptText, heldVersionText, heldStatus = string.match(held, HEAD)
local heldAttempt, heldVersion = 0, 0
if heldStatus and (isLive(heldStatus) or isTerminal(heldStatus)) then
  heldAttempt, heldVersion = tonumber(heldAttemptText), tonumber(heldVersionText)
end

if heldAttempt > attempt then
  return { 'fenced', 0 }
end
local overtakes = heldAttempt < attempt
if overtakes and kind == 'progress' then
  return { 'absent', 0 }
end

local cancel = 0
if not overtakes then
  if isTerminal(heldStatus) then
    if kind == 'finish' and status == heldStatus then
      return { 'duplicate', 0 }
    end
    return { 'finished', 0 }
  end
  if kind ~= 'finish' then
    if heldStatus == 'PROCESSING' and redis.call('HGET', KEYS[2], 'cancel_requested') == attemptText then
      cancel = 1
    end
    if version == heldVersion and kind == 'announce' then
      redis.call('EXPIRE', KEYS[1], ttl)
      redis.call('EXPIRE', KEYS[2], ttl)
      return { 'duplicate', cancel }
    end
    if version <= heldVersion then
      return { 'stale', cancel }
    end
  end
end

-- SET comes first: if memory is full it is refused, and nothing else has been changed.
if ttl > 0 then
  redis.call('SET', KEYS[1], text, 'EX', ttl)
else
  redis.call('SET', KEYS[1], text)
end
if status == 'PROCESSING' then
  if overtakes then
    redis.call('DEL', KEYS[2], KEYS[3])
  elseif #ARGV > 7 + hashArgs then
    redis.call('HDEL', KEYS[2], unpack(ARGV, 8 + hashArgs))
  end
  if hashArgs > 0 then
    redis.call('HSET', KEYS[2], unpack(ARGV, 8, 7 + hashArgs))
  end
  redis.call('EXPIRE', KEYS[2], ttl)
elseif ARGV[6] == '' then
  redis.call('DEL', KEYS[2], KEYS[3])
else
  redis.call('DEL', KEYS[2])
  if ttl > 0 then
    redis.call('SET', KEYS[3], ARGV[6], 'EX', ttl)
  else
    redis.call('SET', KEYS[3], ARGV[6])
  end
end
redis.call(ARGV[5], ARGV[4], text)
return { 'accepted', cancel }
""")
_LIST_LIVE = _Script("ea4629571926f72181f7ac214b77434b6b2844e6", r"""-- Puts live jobs on their tenant's active list, and tells those who watch it where a list has changed by that.
--
-- KEYS  1 the active list, a sorted set · 2 the ended list, a sorted set (both in one slot)
-- ARGV  1 announced: the job comes to the top
--         reopened: that, and it is no longer on the ended list
--         alive: who is missing comes to the top, the others keep their places, so that nothing moves where nothing begins
--         (Liveness in packages/core/src/tenant-lists.ts)
--       2 how long who shows no sign of life stays, seconds; the key lives as long
--       3 channel of the hint · 4 PUBLISH or, in Cluster, SPUBLISH
--       5… members
-- Returns 1 if a list has changed, else 0
-- Times are Redis' own, in ms: a writer whose clock is wrong takes nobody off.

local kind, ttlMs = ARGV[1], ARGV[2] * 1000
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local changed = 0

for i = 5, #ARGV do
  local since = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[i]))
  if not since then
    changed = 1
  end
  -- a long job is put on the list anew before its time is over, and after Redis' clock was set back
  if kind ~= 'alive' or not since or since < now - ttlMs / 2 or since > now then
    redis.call('ZADD', KEYS[1], now, ARGV[i])
  end
  if kind == 'reopened' and redis.call('ZREM', KEYS[2], ARGV[i]) == 1 then
    changed = 1
  end
end
if redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ttlMs) > 0 then
  changed = 1
end
redis.call('EXPIRE', KEYS[1], ARGV[2])
if changed == 1 then
  redis.call(ARGV[4], ARGV[3], '1')
end
return changed
""")
_LIST_ENDED = _Script("609933549904663d29d18fa60636f0a125a6c464", r"""-- Puts an ended job on its tenant's ended list instead of the active one, and tells those who watch it if that changed one.
--
-- KEYS  1 the active list, a sorted set · 2 the ended list, a sorted set (both in one slot)
-- ARGV  1 the member · 2 its end, Unix ms
--       3 how many the ended list holds at most, the newest · 4 how long, seconds; the key lives as long
--       5 channel of the hint · 6 PUBLISH or, in Cluster, SPUBLISH
-- Returns 1 if a list has changed, else 0: the same end once more changes nothing

local time = redis.call('TIME')
local changed = redis.call('ZREM', KEYS[1], ARGV[1])
local before = redis.call('ZSCORE', KEYS[2], ARGV[1])
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
if redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', (time[1] - ARGV[4]) * 1000) > 0 then
  changed = 1
end
redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -ARGV[3] - 1)
if redis.call('ZSCORE', KEYS[2], ARGV[1]) ~= before then
  changed = 1
end
redis.call('EXPIRE', KEYS[2], ARGV[4])
if changed == 1 then
  redis.call(ARGV[6], ARGV[5], '1')
end
return changed
""")
# --- end of what is generated ---


class StatusUnavailable(Exception):
    """Redis did not answer: nobody knows now how the job is. Answer 503 with Retry-After, not 404."""


# ---------------------------------------------------------------- what existing code calls


def cache_video_status(
    tenant_id: Id,
    video_id: Id,
    status: str,
    hls_path: Optional[str] = None,
    duration: Optional[float] = None,
    error_reason: Optional[str] = None,
    ttl: Optional[int] = None,
    title: Optional[str] = None,
) -> bool:
    """Says how a video is: PENDING, PROCESSING (a start), READY, FAILED or CANCELLED.

    `duration` is in seconds. `title` is what people call the video: its first 200 characters are shown; it may be left out
    after the start. `ttl` is taken for the sake of existing calls and not heeded: the life follows the status.
    Answers True if that is now (or already was) what Redis says; False if it was refused, or Redis is away.
    Raises ValueError for ids and statuses that are none.
    """
    ref = _ref("video", tenant_id, video_id)
    status = _status(ref, status)
    members: Dict[str, Any] = {}
    if status in ("READY", "FAILED"):
        members = {"hls_path": _text_or_none(hls_path, "hls_path"), "duration": _whole(duration)}
    if status == "FAILED":
        members.update(error_reason=_text_or_none(error_reason, "error_reason"), error_code=None)
    if status == "CANCELLED":
        members = {"error_code": "cancelled"}
    names = _Names(None, _text_or_none(title, "title"))
    return _say(ref, status, names, _Ending(status, members, ""))


def cache_job_status(
    tenant_id: Id,
    job_id: Id,
    status: str,
    job_type: Optional[str] = None,
    error_message: Optional[str] = None,
    result: Any = None,
    ttl: Optional[int] = None,
    title: Optional[str] = None,
) -> bool:
    """Says how a job is: PENDING, PROCESSING (a start), DONE, FAILED or CANCELLED.

    `job_type` and `title` may be left out after the start. A `result` above 8 KiB gets a key of its own, one above 1 MiB
    is left out (only its size is told). `title`, `ttl`, answer and ValueError as for `cache_video_status`; ValueError too
    for a result that JSON cannot say (NaN, numbers that a browser would round).
    """
    ref = _ref("job", tenant_id, job_id)
    status = _status(ref, status)
    members: Dict[str, Any] = {}
    result_text = ""
    if status in ("DONE", "FAILED"):
        members = {"error_message": _text_or_none(error_message, "error_message") if status == "FAILED" else None}
    if status == "FAILED":
        members["error_code"] = None
    if status == "CANCELLED":
        members = {"error_code": "cancelled"}
    if status in ("DONE", "CANCELLED"):
        more, result_text = _result_members(ref, result)
        members.update(more)
    names = _Names(_text_or_none(job_type, "job_type"), _text_or_none(title, "title"))
    return _say(ref, status, names, _Ending(status, members, result_text))


def refresh_video_progress_ttl(tenant_id: Id, video_id: Id, ttl: int = LIVE_TTL_SECONDS) -> bool:
    """A sign of life: the running video's keys live 6 hours from now. Never touches a finished one (False)."""
    return _progress(_ref("video", tenant_id, video_id), None)


def refresh_job_progress_ttl(tenant_id: Id, job_id: Id, ttl: int = LIVE_TTL_SECONDS) -> bool:
    """A sign of life: the running job's keys live 6 hours from now. Never touches a finished one (False)."""
    return _progress(_ref("job", tenant_id, job_id), None)


def record_progress(
    job_id: Id, step: str, extra: Optional[Dict[str, Any]] = None, tenant_id: Optional[Id] = None
) -> bool:
    """Says how far a running job is. `job_id` is the job's id, or `video:{id}` for a video's. The tenant is required.

    `extra`: percent (0–100 of the whole, never falling within an attempt), remaining_seconds, step_index (from 1),
    step_total, step_name_display, step_percent. What is not given is unknown, but for percent, which stays.
    Answers False if the job is not running, another attempt of it is, or Redis is away.
    """
    ref = _progress_ref(job_id, tenant_id)
    if not isinstance(step, str):
        raise ValueError(f"step must be a text: {step!r}")
    return _progress(ref, _fields(str.__str__(step), extra or {}))


class RedisProgressAdapter:
    """`record_progress` and `get_progress` as methods, as existing code has them."""

    def __init__(self, ttl_seconds: int = LIVE_TTL_SECONDS) -> None:
        """`ttl_seconds` is taken for the sake of existing calls and not heeded."""

    def record_progress(
        self, job_id: Id, step: str, extra: Optional[Dict[str, Any]] = None, tenant_id: Optional[Id] = None
    ) -> bool:
        return record_progress(job_id, step, extra, tenant_id)

    def get_progress(self, job_id: Id, tenant_id: Optional[Id] = None) -> Optional[Dict[str, Any]]:
        """How far a running job is, or None. `job_id` as for `record_progress`; the tenant is required."""
        return _read_progress(_progress_ref(job_id, tenant_id))


def get_video_status_from_redis(tenant_id: Id, video_id: Id) -> Optional[Dict[str, Any]]:
    """The video's whole snapshot (status, hls_path, duration, error_reason, …), or None. Raises StatusUnavailable."""
    return _read_status(_ref("video", tenant_id, video_id))


def get_job_status_from_redis(tenant_id: Id, job_id: Id) -> Optional[Dict[str, Any]]:
    """The job's whole snapshot (status, job_type, result, error_message, …), or None. Raises StatusUnavailable."""
    ref = _ref("job", tenant_id, job_id)
    found = _read_status(ref)
    if found is not None and found.get("result") is None and "result_url" in found:
        text = _reading(lambda client: client.get(_keys(ref).result))
        found["result"] = None if text is None else json.loads(text)
    return found


def get_video_encoding_progress(video_id: Id, tenant_id: Optional[Id] = None) -> Optional[int]:
    """Percent of a running video, 0–100, or None. The tenant is required. Raises StatusUnavailable."""
    progress = _read_progress(_tenant_ref("video", video_id, tenant_id))
    return None if progress is None or progress["percent"] is None else min(100, progress["percent"])


def get_video_encoding_remaining_seconds(video_id: Id, tenant_id: Optional[Id] = None) -> Optional[int]:
    """Seconds that a running video still needs, or None. The tenant is required. Raises StatusUnavailable."""
    progress = _read_progress(_tenant_ref("video", video_id, tenant_id))
    return None if progress is None else progress["remaining_seconds"]


def get_video_encoding_step_detail(video_id: Id, tenant_id: Optional[Id] = None) -> Optional[Dict[str, Any]]:
    """step_index, step_total, step_name, step_name_display and step_percent of a running video; None unless all are known.

    The tenant is required. Raises StatusUnavailable.
    """
    progress = _read_progress(_tenant_ref("video", video_id, tenant_id))
    if progress is None:
        return None
    detail = {name: progress[name] for name in ("step_index", "step_total", "step_name_display", "step_percent")}
    if any(value is None for value in detail.values()):
        return None
    return {**detail, "step_name": progress["step_key"] or detail["step_name_display"]}


# ---------------------------------------------------------------- settings and counts


def configure(
    client: Any = None,
    url: Optional[str] = None,
    finished_ttl_seconds: Optional[int] = None,
    sign_of_life_seconds: Optional[float] = None,
) -> None:
    """Sets what is given and leaves the rest.

    client                 a redis.Redis or redis.cluster.RedisCluster of yours; give it timeouts. Default: from `url`
    url                    default: the environment's REDIS_URL
    finished_ttl_seconds   life of finished keys: 0 (for ever) or 86,400 and more, each plus 0–10 %.
                           Default: the environment's FINISHED_TTL_SECONDS, or 0
    sign_of_life_seconds   how often a running job is said to be alive; 0: never. Default 10
    """
    if finished_ttl_seconds is not None:
        _settings.finished_ttl_seconds = _finished_ttl(finished_ttl_seconds)
    if sign_of_life_seconds is not None:
        _settings.sign_of_life_seconds = float(sign_of_life_seconds)
    if url is not None:
        _settings.client = _open(url)
    if client is not None:
        _settings.client = client


def counts() -> Dict[str, int]:
    """What this process has counted since its start, for your metrics.

    `{announce,progress,finish}_{accepted,duplicate,stale,fenced,finished,absent}`: the script's answers;
    `finish_not_begun`: ends by this process of jobs that it had not started; `unavailable`: Redis did not answer;
    `hint_lost`: a change of an active list that was lost (the next sign of life repeats it).
    """
    return dict(_counts)


class _Settings:
    def __init__(self) -> None:
        self.client: Any = None
        self.finished_ttl_seconds = _finished_ttl(int(os.environ.get("FINISHED_TTL_SECONDS") or 0))
        self.sign_of_life_seconds = SIGN_OF_LIFE_SECONDS


def _finished_ttl(seconds: int) -> int:
    if seconds != 0 and seconds < MIN_FINISHED_TTL_SECONDS:
        raise ValueError(f"finished_ttl_seconds must be 0 or at least {MIN_FINISHED_TTL_SECONDS}: {seconds!r}")
    return seconds


def _open(url: str) -> Any:
    # Newer versions of the package send a write again by themselves, and wait in between: the keeper does that here.
    once = Retry(NoBackoff(), 0)
    return redis.Redis.from_url(
        url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS, retry=once
    )


def _client() -> Any:
    if _settings.client is None:
        url = os.environ.get("REDIS_URL")
        if not url:
            raise RuntimeError("statusplane knows no Redis: set REDIS_URL or call statusplane.configure(client=…)")
        _settings.client = _open(url)
    return _settings.client


def _is_cluster() -> bool:
    return hasattr(_client(), "get_node_from_key")


# ---------------------------------------------------------------- ids, keys, values


class _Ref(NamedTuple):
    tenant: str
    kind: str
    id: str


class _Keys(NamedTuple):
    status: str
    progress: str
    result: str
    events: str


_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_JSON_NUMBER_ID = re.compile(r"0|[1-9][0-9]{0,14}")
_STATUSES = {
    "video": ("PENDING", "PROCESSING", "READY", "FAILED", "CANCELLED"),
    "job": ("PENDING", "PROCESSING", "DONE", "FAILED", "CANCELLED"),
}
_LIVE = ("PENDING", "PROCESSING")
_TERMINAL = ("READY", "DONE", "FAILED", "CANCELLED")


def _ref(kind: str, tenant_id: Any, job_id: Any) -> _Ref:
    return _Ref(_id(tenant_id, "tenant_id"), kind, _id(job_id, f"{kind}_id"))


def _tenant_ref(kind: str, job_id: Any, tenant_id: Any) -> _Ref:
    if tenant_id is None:
        raise ValueError("tenant_id is missing: ids are one tenant's own, not everybody's")
    return _ref(kind, tenant_id, job_id)


def _progress_ref(job_id: Any, tenant_id: Any) -> _Ref:
    if isinstance(job_id, str) and job_id.startswith("video:"):
        return _tenant_ref("video", job_id[len("video:") :], tenant_id)
    return _tenant_ref("job", job_id, tenant_id)


def _id(value: Any, name: str) -> str:
    text = "" if value is None or isinstance(value, (bool, float, bytes)) else str(value)
    if _ID.fullmatch(text) is None:
        raise ValueError(f"{name} must be 1 to 64 of A-Z a-z 0-9 _ -: {str(value)[:80]!r}")
    return text


def _status(ref: _Ref, status: Any) -> str:
    """The plain word: a member of an enumeration of texts equals its word but does not print as it."""
    words = _STATUSES[ref.kind]
    if not isinstance(status, str) or status not in words:
        raise ValueError(f"status of a {ref.kind} must be one of {', '.join(words)}: {str(status)[:80]!r}")
    return str.__str__(status)


def _keys(ref: _Ref) -> _Keys:
    # In Redis Cluster the id is a hash tag, so that all keys of a job share one slot.
    job_id = f"{{{ref.id}}}" if _is_cluster() else ref.id
    base = f"tenant:{ref.tenant}:{ref.kind}:{job_id}"
    return _Keys(f"{base}:status", f"{base}:progress", f"{base}:result", f"{base}:events")


def _text_or_none(value: Any, name: str) -> Optional[str]:
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{name} must be a text: {str(value)[:80]!r}")
    return value


def _whole(value: Any) -> Optional[int]:
    """A number, or a text that is one, as a whole number of at least 0; None for anything else."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return max(0, round(number)) if math.isfinite(number) and number <= MAX_SAFE_INTEGER else None


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=str)


def _result_members(ref: _Ref, result: Any) -> Tuple[Dict[str, Any], str]:
    """How the snapshot carries a result, and the text for its own key ('' where it needs none)."""
    try:
        _refuse_rounded(result)
        text = _json(result)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"result cannot be said in JSON: {error}") from None
    size = len(text.encode("utf-8", "replace"))
    if size <= RESULT_INLINE_MAX_BYTES:
        return {"result": result}, ""
    if size <= RESULT_MAX_BYTES:
        return {"result": None, "result_bytes": size, "result_url": f"/api/v1/jobs/{ref.id}/result/"}, text
    logger.error("result of %s left out: %d bytes, at most %d are kept", _name(ref), size, RESULT_MAX_BYTES)
    return {"result": None, "result_bytes": size}, ""


def _refuse_rounded(value: Any) -> None:
    if isinstance(value, int) and abs(value) > MAX_SAFE_INTEGER:
        raise ValueError(f"{value} would be rounded by a browser, send it as a text")
    if isinstance(value, dict):
        for each in value.values():
            _refuse_rounded(each)
    if isinstance(value, (list, tuple)):
        for each in value:
            _refuse_rounded(each)


def _fields(step: str, extra: Dict[str, Any]) -> Dict[str, Any]:
    """Progress in the snapshot's words. A percent of None: as before."""
    percent, step_percent = _whole(extra.get("percent")), _whole(extra.get("step_percent"))
    name = extra.get("step_name_display")
    return {
        "percent": None if percent is None else min(100, percent),
        "remaining_seconds": _whole(extra.get("remaining_seconds")),
        "step_index": _whole(extra.get("step_index")),
        "step_total": _whole(extra.get("step_total")),
        "step_key": step,
        "step_name_display": step if name is None else str(name),
        "step_percent": None if step_percent is None else min(100, step_percent),
    }


_FIELD_NAMES = (
    "percent",
    "remaining_seconds",
    "step_index",
    "step_total",
    "step_key",
    "step_name_display",
    "step_percent",
)
_VIDEO_NAMES = {name: f"encoding_{name}" for name in _FIELD_NAMES}
_VIDEO_NAMES.update(percent="encoding_progress", step_name_display="encoding_step_name")
_NO_PROGRESS: Dict[str, Any] = dict.fromkeys(_FIELD_NAMES)
_BEGUN: Dict[str, Any] = {**_NO_PROGRESS, "percent": 0}


def _merged(before: Dict[str, Any], fields: Optional[Dict[str, Any]]) -> Dict[str, Any]:
    """Percent never falls within an attempt; no fields: all as before."""
    if fields is None:
        return before
    known = [each for each in (before["percent"], fields["percent"]) if each is not None]
    return {**fields, "percent": max(known) if known else None}


def _snapshot(head: Tuple[int, int, str], members: Dict[str, Any], now: datetime) -> str:
    """The snapshot's text. Scripts and servers read attempt, version and status off its beginning without parsing."""
    updated_at = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    body = _json({**members, "record": False, "updated_at": updated_at})
    return '{"attempt":%d,"version":%d,"status":"%s",' % head + body[1:]


def _members(ref: _Ref, names: "_Names", progress: Optional[Dict[str, Any]]) -> Dict[str, Any]:
    title = None if names.title is None else names.title[:TITLE_MAX_CHARACTERS]
    if ref.kind == "video":
        shown = progress or _NO_PROGRESS
        job_id: Any = int(ref.id) if _JSON_NUMBER_ID.fullmatch(ref.id) else ref.id
        return {"id": job_id, "title": title, **{_VIDEO_NAMES[name]: shown[name] for name in _FIELD_NAMES}}
    return {"job_id": ref.id, "job_type": names.job_type, "title": title, "progress": progress}


def _name(ref: _Ref) -> str:
    return f"{ref.kind} {ref.id} of tenant {ref.tenant}"


# ---------------------------------------------------------------- Redis


def _reading(work: Any) -> Any:
    try:
        return work(_client())
    except (redis.RedisError, OSError) as error:
        _counts["unavailable"] += 1
        raise StatusUnavailable(f"Redis did not answer: {error}") from error


def _read_status(ref: _Ref) -> Optional[Dict[str, Any]]:
    found = _parsed(_reading(lambda client: client.get(_keys(ref).status)))
    return None if found == _REMOVED else found


def _read_progress(ref: _Ref) -> Optional[Dict[str, Any]]:
    found = _reading(lambda client: client.hgetall(_keys(ref).progress))
    if not found:
        return None
    texts = {_text(name): _text(value) for name, value in found.items()}
    return {
        name: texts.get(name) if name in ("step_key", "step_name_display") else _whole(texts.get(name))
        for name in _FIELD_NAMES
    }


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _parsed(text: Any) -> Optional[Dict[str, Any]]:
    try:
        value = None if text is None else json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


# What is left of a job that a person removed: it is not there, and nothing is written of it any more.
_REMOVED = {"removed": True}


class _Present(NamedTuple):
    """What Redis says of a job now: attempt 0 is a value that no guarded write made, or none at all (status None)."""

    attempt: int
    version: int
    status: Optional[str]
    members: Dict[str, Any]

    @property
    def progress(self) -> Dict[str, Any]:
        shown = self.members.get("progress")
        if isinstance(shown, dict):
            return {name: shown.get(name) for name in _FIELD_NAMES}
        return {name: self.members.get(_VIDEO_NAMES[name]) for name in _FIELD_NAMES}


_HEAD = re.compile(r'\{"attempt":([0-9]{1,10}),"version":([0-9]{1,10}),"status":"([A-Z]+)",')


def _present(ref: _Ref) -> _Present:
    text = _client().get(_keys(ref).status)
    members = _parsed(text) or {}
    status = members.get("status")
    known = status if status in _LIVE + _TERMINAL else None
    head = None if text is None else _HEAD.match(_text(text))
    if head is None or known is None:
        return _Present(0, 0, known, members)
    return _Present(int(head[1]), int(head[2]), known, members)


def _write(
    ref: _Ref,
    kind: str,
    head: Tuple[int, int, str],
    members: Dict[str, Any],
    progress: Optional[Dict[str, Any]] = None,
    result_text: str = "",
) -> str:
    """The guarded write: answers what the script answers. `kind` is announce, progress or finish."""
    keys, client = _keys(ref), _client()
    ttl = LIVE_TTL_SECONDS
    if kind == "finish":
        ttl = int(_settings.finished_ttl_seconds * (1 + FINISHED_TTL_SPREAD * random.random()))
    present: list = []
    missing: list = []
    for name, value in (progress or {}).items():
        if value is None:
            missing.append(name)
        else:
            present += [name, str(value)]
    now = datetime.now(timezone.utc)
    tail = [kind, _snapshot(head, members, now), ttl, keys.events, _publish(), result_text, len(present), *present, *missing]
    reply = _run(client, _WRITE, keys[:3], tail)
    answer = _text(reply[0])
    _counts[f"{kind}_{answer}"] += 1
    # Only after the answer: what was refused says nothing of where the job belongs.
    if kind == "announce" and answer == "accepted":
        _list_live(ref, "reopened" if head[0] > 1 else "announced")
    if kind == "announce" and answer in ("duplicate", "stale"):
        _list_live(ref, "alive")
    if kind == "finish" and answer in ("accepted", "duplicate"):
        _list_ended(ref, now if answer == "accepted" else None)
    return answer


def _run(client: Any, script: _Script, keys: Any, arguments: Any) -> Any:
    args = [*keys, *(_bytes(each) for each in arguments)]
    try:
        return client.evalsha(script.sha, len(keys), *args)
    except redis.exceptions.NoScriptError:
        return client.eval(script.lua, len(keys), *args)


def _publish() -> str:
    return "SPUBLISH" if _is_cluster() else "PUBLISH"


def _bytes(value: Any) -> Any:
    return value.encode("utf-8", "replace") if isinstance(value, str) else value


class _TenantKeys(NamedTuple):
    """A tenant's two lists, of live and of ended jobs, and the channel that says that one of them has changed."""

    active: str
    ended: str
    lists: str


def _tenant_keys(tenant: str) -> _TenantKeys:
    base = f"tenant:{{{tenant}}}" if _is_cluster() else f"tenant:{tenant}"
    return _TenantKeys(f"{base}:active", f"{base}:ended", f"{base}:lists")


def _list_live(ref: _Ref, liveness: str) -> None:
    """Puts the job on its tenant's list of live ones; list-live.lua says what each liveness does. Only a hint."""
    keys = _tenant_keys(ref.tenant)
    arguments = [liveness, LIVE_TTL_SECONDS, keys.lists, _publish(), f"{ref.kind}:{ref.id}"]
    _hint(lambda client: _run(client, _LIST_LIVE, keys[:2], arguments))


def _list_ended(ref: _Ref, ended_at: Optional[datetime]) -> None:
    """Puts the job on its tenant's list of ended ones, by its snapshot's time (None: the one that Redis has)."""

    def work(client: Any) -> None:
        at = ended_at or _time(_present(ref).members.get("updated_at"))
        if at is None:
            return
        keys, ended_at_ms = _tenant_keys(ref.tenant), (at - _EPOCH) // timedelta(milliseconds=1)
        bounds = [MAX_ENDED, ENDED_LIFE_SECONDS]
        _run(client, _LIST_ENDED, keys[:2], [f"{ref.kind}:{ref.id}", ended_at_ms, *bounds, keys.lists, _publish()])

    _hint(work)


_EPOCH = datetime.fromtimestamp(0, timezone.utc)


def _time(text: Any) -> Optional[datetime]:
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
    except (TypeError, ValueError):
        return None


def _hint(work: Any) -> None:
    try:
        work(_client())
    except (redis.RedisError, OSError):
        _counts["hint_lost"] += 1


# ---------------------------------------------------------------- what this process has begun


class _Names(NamedTuple):
    """What a job is called: its type, which a video does not say, and its title. None: not said."""

    job_type: Optional[str] = None
    title: Optional[str] = None

    def over(self, before: "_Names") -> "_Names":
        """These, and where one is not said the one from before."""
        return _Names(self.job_type or before.job_type, self.title or before.title)


class _Ending(NamedTuple):
    status: str
    members: Dict[str, Any]
    result_text: str


class _Entry:
    """What this process knows of one job, and what it still owes Redis about it: a start, an end, newer progress."""

    def __init__(self, ref: _Ref) -> None:
        self.ref = ref
        self.lock = threading.RLock()
        self.attempt = 0  # the one that this process began; 0: it began none
        self.version = 0
        self.is_running = False  # begun here, and neither ended nor overtaken
        self.is_shared = False  # another process reports it too: that one gives the signs of life
        self.names = _Names()
        self.progress = _BEGUN
        self.owes_start = False
        self.owes_progress = False
        self.ending: Optional[_Ending] = None
        self.spoke_at = self.wrote_at = self.listed_at = -math.inf

    @property
    def owes(self) -> bool:
        return self.owes_start or self.owes_progress or self.ending is not None

    def give_up(self) -> None:
        self.is_running = self.owes_start = self.owes_progress = False
        self.ending = None


# Answers about this one key, which will be the same next time: no outage, and no reason to keep other jobs waiting.
_HOPELESS = ("WRONGTYPE", "REFUSED")


def _say(ref: _Ref, status: str, names: _Names, ending: _Ending) -> bool:
    entry = _entry(ref)
    with entry.lock:
        entry.spoke_at = time.monotonic()
        entry.names = names.over(entry.names)
        if status == "PENDING":
            return _attempted(entry, lambda: _wait(entry))
        if status == "PROCESSING":
            entry.attempt, entry.version, entry.progress = 0, 0, _BEGUN
            entry.is_running, entry.is_shared, entry.owes_start = True, False, True
            entry.owes_progress, entry.ending = False, None
        else:
            entry.ending, entry.owes_progress = ending, False
        return _attempted(entry, lambda: _settle(entry))


def _progress(ref: _Ref, fields: Optional[Dict[str, Any]]) -> bool:
    entry = _entry(ref)
    with entry.lock:
        entry.spoke_at = time.monotonic()
        if not entry.is_running:
            # An attempt of ours that has ended or was overtaken says nothing more; somebody else's is reported for.
            return entry.attempt == 0 and _attempted(entry, lambda: _advance_present(ref, fields))
        entry.progress = _merged(entry.progress, fields)
        entry.owes_progress = True
        return _attempted(entry, lambda: _settle(entry))


def _attempted(entry: _Entry, work: Any) -> bool:
    """Does the work if Redis is there. If not, what the entry owes is written by the keeper as soon as it is."""
    done = False
    if time.monotonic() >= _keeper.away_until:
        try:
            done = work()
            _keeper.is_back()
        except (redis.RedisError, OSError) as error:
            if any(word in str(error) for word in _HOPELESS):
                entry.give_up()
                logger.error("%s: Redis refuses it for good: %s", _name(entry.ref), error)
            else:
                _counts["unavailable"] += 1
                _keeper.is_away(entry.ref, error)
    _keeper.look_after(entry)
    return done


def _settle(entry: _Entry) -> bool:
    """Writes what the entry owes, in order; each is owed until Redis has answered."""
    done = True
    if entry.owes_start:
        done = _begin(entry)
        entry.owes_start = False
    if entry.ending is not None:
        done = _end(entry, entry.ending)
        entry.ending, entry.owes_progress, entry.is_running = None, False, False
    elif entry.owes_progress:
        done = _advance(entry)
        entry.owes_progress = False
    return done


def _begin(entry: _Entry) -> bool:
    """Takes the next attempt. Of several that take the same one, the script accepts one; the others take the next."""
    ref = entry.ref
    for _ in range(MAX_ROUNDS):
        now = _present(ref)
        if now.members == _REMOVED:
            logger.warning("%s: removed, nothing is written", _name(ref))
            return False
        names = entry.names.over(_known_names(now))
        attempt = now.attempt if now.attempt > 0 and now.status == "PENDING" else now.attempt + 1
        members = _members(ref, names, entry.progress)
        if _write(ref, "announce", (attempt, 1, "PROCESSING"), members, entry.progress) == "accepted":
            entry.attempt, entry.version, entry.names = attempt, 1, names
            entry.wrote_at = entry.listed_at = time.monotonic()
            return True
    raise redis.RedisError(f"{MAX_ROUNDS} others started it at the same time")


def _known_names(now: _Present) -> _Names:
    job_type, title = (now.members.get(name) for name in ("job_type", "title"))
    return _Names(job_type if isinstance(job_type, str) else None, title if isinstance(title, str) else None)


def _advance(entry: _Entry) -> bool:
    """Says the entry's progress, which is its sign of life too."""
    ref, kind = entry.ref, "progress"
    if time.monotonic() - entry.listed_at >= SIGN_OF_LIFE_SECONDS:
        _list_live(ref, "alive")
        entry.listed_at = time.monotonic()
    for _ in range(MAX_ROUNDS):
        head = (entry.attempt, entry.version + 1, "PROCESSING")
        answer = _write(ref, kind, head, _members(ref, entry.names, entry.progress), entry.progress)
        if answer == "accepted":
            entry.version, entry.wrote_at = entry.version + 1, time.monotonic()
            return True
        now = _present(ref)
        is_ended_by_old_code = now.attempt == 0 and now.status in _TERMINAL
        if answer == "absent" and not is_ended_by_old_code:
            kind = "announce"  # Redis lost the job, or old code wrote over it: the whole story again
        elif answer in ("stale", "duplicate") and now.attempt == entry.attempt:
            entry.version, entry.is_shared = max(entry.version, now.version), True
            entry.progress = _merged(now.progress, entry.progress)
        elif answer in ("absent", "fenced", "finished"):
            entry.is_running = False
            logger.warning("%s: attempt %d is over (%s), no more is written", _name(ref), entry.attempt, answer)
            return False
    return False


def _advance_present(ref: _Ref, fields: Optional[Dict[str, Any]]) -> bool:
    """Progress by a process that did not start the job: for the attempt that runs now. Never makes a key."""
    for _ in range(MAX_ROUNDS):
        now = _present(ref)
        if now.attempt == 0 or now.status not in _LIVE:
            return False
        progress = _merged(now.progress, fields)
        if fields is None and now.status == "PENDING":
            return False
        head = (now.attempt, now.version + 1, "PROCESSING")
        answer = _write(ref, "progress", head, _members(ref, _known_names(now), progress), progress)
        if answer == "accepted":
            _list_live(ref, "alive")
            return True
        if answer != "stale":
            return False
    return False


def _end(entry: _Entry, ending: _Ending) -> bool:
    """The end of the attempt that this process began, else of the present one."""
    ref, attempt, names = entry.ref, entry.attempt, entry.names
    begun = attempt > 0
    if not begun:
        now = _present(ref)
        attempt, names = max(1, now.attempt), names.over(_known_names(now))
    members = {**_members(ref, names, None), **ending.members}
    answer = _write(ref, "finish", (attempt, FINAL_VERSION, ending.status), members, None, ending.result_text)
    if answer == "accepted" and not begun:
        _counts["finish_not_begun"] += 1
    if answer in ("accepted", "duplicate"):
        return True
    logger.warning("%s: %s of attempt %d is refused (%s)", _name(ref), ending.status, attempt, answer)
    return False


def _wait(entry: _Entry) -> bool:
    """PENDING: a new story, or the same wait once more. Only who runs an attempt can put it back."""
    ref = entry.ref
    for _ in range(MAX_ROUNDS):
        now = _present(ref)
        is_mine = entry.is_running and now.attempt == entry.attempt
        if now.status == "PROCESSING" and not is_mine:
            logger.warning("%s: PENDING is refused, it is running", _name(ref))
            return False
        is_waiting = now.attempt > 0 and now.status == "PENDING"
        attempt = now.attempt if is_waiting else now.attempt + 1
        members = _members(ref, entry.names.over(_known_names(now)), None)
        answer = _write(ref, "announce", (attempt, 0, "PENDING"), members)
        if answer == "accepted" or (answer == "duplicate" and is_waiting):
            entry.is_running = entry.owes_start = entry.owes_progress = False
            return True
    return False


# ---------------------------------------------------------------- signs of life, and what Redis is owed


class _Keeper:
    """A thread that says of each running job that it is alive, and writes what is owed once Redis is back."""

    def __init__(self) -> None:
        self.away_until = -math.inf
        self.entries: "collections.OrderedDict[_Ref, _Entry]" = collections.OrderedDict()
        self.lock = threading.Lock()
        self.thread: Optional[threading.Thread] = None

    def is_away(self, ref: _Ref, error: Exception) -> None:
        """Said once an outage, not once a write."""
        level = logging.DEBUG if self.away_until > -math.inf else logging.WARNING
        logger.log(level, "%s: not written, Redis does not answer: %s", _name(ref), error)
        self.away_until = time.monotonic() + AWAY_SECONDS

    def is_back(self) -> None:
        if self.away_until > -math.inf:
            logger.warning("Redis answers again")
            self.away_until = -math.inf

    def entry(self, ref: _Ref) -> _Entry:
        _client()  # without any, this is said to whoever calls, not to the keeper
        with self.lock:
            entry = self.entries.pop(ref, None) or _Entry(ref)
            self.entries[ref] = entry
            if len(self.entries) > MAX_ENTRIES:
                self._forget_one()
            return entry

    def _forget_one(self) -> None:
        """The one that was not spoken of for longest and has nothing to come; if all have, the oldest."""
        idle = next((ref for ref, each in self.entries.items() if not each.is_running and not each.owes), None)
        self.entries.pop(next(iter(self.entries)) if idle is None else idle)

    def look_after(self, entry: _Entry) -> None:
        if not (entry.is_running or entry.owes):
            return
        with self.lock:
            if self.thread is None or not self.thread.is_alive():
                self.thread = threading.Thread(target=self._keep, name="statusplane", daemon=True)
                self.thread.start()

    def _keep(self) -> None:
        while True:
            beat = _settings.sign_of_life_seconds
            time.sleep(min(1.0, beat / 2) if beat > 0 else 1.0)
            self.round()

    def round(self) -> None:
        with self.lock:
            entries = list(self.entries.values())
        for entry in entries:
            # One that is busy is being written by its own code just now.
            if entry.lock.acquire(blocking=False):
                try:
                    if self._is_due(entry):
                        entry.owes_progress = entry.is_running
                    if entry.owes and time.monotonic() >= self.away_until:
                        _attempted(entry, lambda one=entry: _settle(one))
                except Exception:  # a keeper that dies keeps nothing: say it, go on with the next
                    logger.exception("%s: what is owed was not written", _name(entry.ref))
                finally:
                    entry.lock.release()

    def _is_due(self, entry: _Entry) -> bool:
        beat, now = _settings.sign_of_life_seconds, time.monotonic()
        is_silent = now - entry.spoke_at > SILENT_FOR_SECONDS
        return beat > 0 and entry.is_running and not entry.is_shared and not is_silent and now - entry.wrote_at >= beat

    def after_fork(self) -> None:
        """In a child: no lock is held and no thread runs. The parent goes on giving the signs of life."""
        self.lock, self.thread = threading.Lock(), None
        for entry in self.entries.values():
            entry.lock, entry.is_shared = threading.RLock(), True

    def at_exit(self) -> None:
        """One last try for what is owed."""
        if any(entry.owes for entry in self.entries.values()):
            self.away_until = -math.inf
            self.round()


_counts: "collections.Counter[str]" = collections.Counter()
_settings = _Settings()
_keeper = _Keeper()
_entry = _keeper.entry
atexit.register(_keeper.at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_keeper.after_fork)
