-- Asks the worker of an attempt to stop: a flag in the live hash, and a message that makes it immediate.
--
-- KEYS  1 `:status` · 2 `:progress` (one slot)
-- ARGV  1 the attempt · 2 the control channel · 3 PUBLISH or, in Cluster, SPUBLISH
-- Returns 1 if the text says that this attempt is PROCESSING (its worker was told), else 0
-- Never creates the hash, never touches a TTL; a hash that is gone is no reason not to publish.

local attempt, _, status =
  string.match(redis.call('GETRANGE', KEYS[1], 0, 71), '^{"attempt":(%d+),"version":(%d+),"status":"(%u+)",')
if attempt ~= ARGV[1] or status ~= 'PROCESSING' then
  return 0
end
if redis.call('EXISTS', KEYS[2]) == 1 then
  redis.call('HSET', KEYS[2], 'cancel_requested', attempt)
end
redis.call(ARGV[3], ARGV[2], attempt)
return 1
