-- Writes the reconciler's tick where its sentinel still says what was read: a loss of data between the reading and
-- the writing, or before a writing that was sent again to another master, must stay visible.
--
-- KEYS  1 the sentinel
-- ARGV  1 what was read, '' where it was missing · 2 what it is to say
-- Returns 1 if written, 0 if it says something else by now
-- A text that is no sentinel counts as missing, as for whoever reads it.

local held = redis.call('GET', KEYS[1])
if not held or not string.match(held, '^{"tick":%d+,"tickedAtMs":%-?[%d.]+}$') then
  held = ''
end
if held ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[2])
return 1
