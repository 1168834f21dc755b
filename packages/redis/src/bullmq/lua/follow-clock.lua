-- The clock of this Redis was set back, so that what BullMQ lets expire would live for as much longer: no look for
-- deliveries whose consumer died, and a lock on each of them. Brought down to their term.
--
-- KEYS  1 the key that keeps others from looking · 2 the list of active deliveries
-- ARGV  1 the term of both, ms · 2 what the key of a delivery begins with
-- Returns how many were brought down. What has up to two terms to live is left alone: other consumers' may be longer.

local term = tonumber(ARGV[1])
local broughtDown = 0
local function bringDown(key)
  if redis.call('PTTL', key) > 2 * term then
    redis.call('PEXPIRE', key, term)
    broughtDown = broughtDown + 1
  end
end
bringDown(KEYS[1])
for _, id in ipairs(redis.call('LRANGE', KEYS[2], 0, -1)) do
  bringDown(ARGV[2] .. id .. ':lock')
end
return broughtDown
