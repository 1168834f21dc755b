-- A job's row is gone: so is everything of it here, and a mark stays that fences off whoever comes late.
--
-- KEYS  1 `:status` · 2 `:progress` · 3 `:result` (all in one slot)
-- ARGV  1 how long the mark stays, seconds: as long as a live key lives
-- Returns 1
-- DEL comes first: it makes the room for the mark where memory is full.

redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
redis.call('SET', KEYS[1], '{"removed":true}', 'EX', ARGV[1])
return 1
