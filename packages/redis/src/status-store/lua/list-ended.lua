-- Puts an ended job on its tenant's ended list instead of the active one, and tells those who watch it if that changed one.
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
