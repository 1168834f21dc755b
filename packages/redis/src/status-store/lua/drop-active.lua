-- Takes members off a tenant's active list, unless they were put on it again since they were looked at.
--
-- KEYS  1 the sorted set
-- ARGV  member, score, member, score, …: the score is the one that was seen
-- Returns how many were removed

local removed = 0
for i = 1, #ARGV, 2 do
  if redis.call('ZSCORE', KEYS[1], ARGV[i]) == ARGV[i + 1] then
    removed = removed + redis.call('ZREM', KEYS[1], ARGV[i])
  end
end
return removed
