-- Takes a removed job off both lists of its tenant, and tells those who watch them if it was on one.
--
-- KEYS  1 the active list, a sorted set · 2 the ended list, a sorted set (both in one slot)
-- ARGV  1 the member · 2 channel of the hint · 3 PUBLISH or, in Cluster, SPUBLISH
-- Returns 1 if a list has changed, else 0

local changed = redis.call('ZREM', KEYS[1], ARGV[1]) + redis.call('ZREM', KEYS[2], ARGV[1])
if changed > 0 then
  redis.call(ARGV[3], ARGV[2], '1')
end
return math.min(changed, 1)
