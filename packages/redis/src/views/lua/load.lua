-- Puts a view in as its row has it. What is there already is merged with it; nothing is lowered. What a merge changes has a
-- version of its own, is told to whoever watches, and stays dirty until that version is written.
--
-- KEYS  1 the view, a hash · 2 its watched seconds, a bitmap · 3 the viewer's clock, a hash
--       4 the video's viewers, a sorted set
-- ARGV  1 now, ms; empty: Redis' own time · 2 session · 3 version · 4 position · 5 length · 6 seen, ms · 7 attended, ms
--       (4, 6, 7 empty: none) · 8 watched seconds · 9 TTL of what nobody reports, seconds
--       10 credit is given for the time since it was seen if that is no more, ms
--       11 the viewer's name · 12 channel · 13 PUBLISH or, in Cluster, SPUBLISH
-- Returns 1 if it was not there, else 0

local FIRST_CREDIT = 15000
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end

if redis.call('EXISTS', KEYS[1]) == 1 then
  local current = redis.call('GET', KEYS[2]) or ''
  local seconds, isNew = redis.call('BITCOUNT', KEYS[2]), false
  if #ARGV[8] > 0 then
    local merged = {}
    for i = 1, math.max(#current, #ARGV[8]) do
      merged[i] = string.char(bit.bor(string.byte(current, i) or 0, string.byte(ARGV[8], i) or 0))
    end
    redis.call('SETRANGE', KEYS[2], 0, table.concat(merged)) -- keeps the TTL
    if redis.call('PTTL', KEYS[1]) >= 0 then
      redis.call('PEXPIRE', KEYS[2], redis.call('PTTL', KEYS[1])) -- there may have been no watched second, and no key
    end
    isNew = redis.call('BITCOUNT', KEYS[2]) > seconds
    redis.call('HSET', KEYS[1], 'seconds', redis.call('BITCOUNT', KEYS[2]))
  end
  if ARGV[7] ~= '' and redis.call('HSETNX', KEYS[1], 'attended', ARGV[7]) == 1 then
    isNew = true
  end
  if isNew then
    redis.call('HINCRBY', KEYS[1], 'version', 1)
    redis.call('ZADD', KEYS[4], 'XX', now, ARGV[11])
    redis.call(ARGV[13], ARGV[12], ARGV[11])
  end
  return 0
end

redis.call('HSET', KEYS[1], 'session', ARGV[2], 'version', ARGV[3], 'player', '', 'position_at', 0,
  'length', ARGV[5], 'since', now)
local optional = { position = ARGV[4], seen = ARGV[6], attended = ARGV[7] }
for field, value in pairs(optional) do
  if value ~= '' then
    redis.call('HSET', KEYS[1], field, value)
  end
end
redis.call('DEL', KEYS[2])
if #ARGV[8] > 0 then
  redis.call('SET', KEYS[2], ARGV[8])
end
redis.call('HSET', KEYS[1], 'seconds', redis.call('BITCOUNT', KEYS[2]))
redis.call('EXPIRE', KEYS[1], ARGV[9])
redis.call('EXPIRE', KEYS[2], ARGV[9])

local since = now - (tonumber(ARGV[6]) or 0)
if since >= 0 and since <= tonumber(ARGV[10]) and redis.call('HEXISTS', KEYS[3], 'at') == 0 then
  redis.call('HSET', KEYS[3], 'credit', FIRST_CREDIT + since, 'at', now)
  redis.call('PEXPIRE', KEYS[3], 43200000)
end
return 1
