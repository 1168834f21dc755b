-- Restores a large result's key beside the terminal snapshot of its attempt, for as long as that one lives.
--
-- KEYS  1 `:status` · 2 `:result` (one slot)
-- ARGV  1 the attempt · 2 the result's text
-- Returns 1 if restored; 0 if the text is not a terminal snapshot of this attempt (nothing is written)

local attempt, _, status =
  string.match(redis.call('GETRANGE', KEYS[1], 0, 71), '^{"attempt":(%d+),"version":(%d+),"status":"(%u+)",')
local terminal = status == 'READY' or status == 'DONE' or status == 'FAILED' or status == 'CANCELLED'
if attempt ~= ARGV[1] or not terminal then
  return 0
end
local ttlMs = redis.call('PTTL', KEYS[1])
if ttlMs > 0 then
  redis.call('SET', KEYS[2], ARGV[2], 'PX', ttlMs)
else
  redis.call('SET', KEYS[2], ARGV[2])
end
return 1
