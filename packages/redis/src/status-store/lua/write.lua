-- The guarded write of a snapshot: guard, text, hash, result, TTL, publish in one atomic step.
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
