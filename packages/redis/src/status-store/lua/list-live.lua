-- Puts live jobs on their tenant's active list, and tells those who watch it where a list has changed by that.
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
