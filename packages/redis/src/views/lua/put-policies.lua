-- Puts policies of a tenant in. A newer one that is there stays.
--
-- KEYS  1 the tenant's policies, a hash: video, or * for the tenant's own → revision, blank, JSON
-- ARGV  1 all: these are all that there are, and from now on the tenant's are known · some: only where they are known
--       then of each: field, revision, JSON
-- Returns 1 if they are known now, else 0

if ARGV[1] == 'some' and redis.call('EXISTS', KEYS[1]) == 0 then
  return 0
end
for i = 2, #ARGV, 3 do
  local revision = tonumber(string.match(redis.call('HGET', KEYS[1], ARGV[i]) or '', '^%d+') or -1)
  if revision <= tonumber(ARGV[i + 1]) then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1] .. ' ' .. ARGV[i + 2])
  end
end
return 1
