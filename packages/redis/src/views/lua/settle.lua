-- Views that were written to their rows: what is as it was written is clean and gets a TTL, what is not is dirty since now; a
-- decision is kept in any case.
--
-- KEYS  1 what is dirty, a sorted set · then of each view 2 its hash · 3 its bitmap · 4 the video's viewers, a sorted set
-- ARGV  1 TTL, seconds · 2 PUBLISH or SPUBLISH · 3 now, ms; empty: Redis' own time · then of each view:
--       4 itself on the dirty list · 5 mark of what was written (markOf of views/view-reply.ts);
--         empty: nothing was · 6 when it attended, ms; empty: it did not
--       7 channel · 8 the viewer's name
-- Returns how many are clean

local now = tonumber(ARGV[3])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local clean = 0
for i = 1, (#KEYS - 1) / 3 do
  local view, watched, viewers = KEYS[3 * i - 1], KEYS[3 * i], KEYS[3 * i + 1]
  local first = 5 * i - 1
  local member, mark, attended, channel, name = unpack(ARGV, first, first + 4)
  local at = redis.call('HMGET', view, 'version', 'changed')
  local isWritten = (at[1] or '') .. ' ' .. (at[2] or '') == mark
  if isWritten then
    local current = redis.call('HGET', view, 'session')
    for _, field in ipairs(redis.call('HKEYS', view)) do
      if string.sub(field, 1, 4) == 'log:' and field ~= 'log:' .. current then
        redis.call('HDEL', view, field)
      end
    end
    redis.call('ZREM', KEYS[1], member)
    redis.call('EXPIRE', view, ARGV[1])
    redis.call('EXPIRE', watched, ARGV[1])
    clean = clean + 1
  elseif redis.call('EXISTS', view) == 0 then
    redis.call('ZREM', KEYS[1], member)
  elseif mark ~= '' then
    redis.call('ZADD', KEYS[1], 'XX', now, member)
  end
  if attended ~= '' and redis.call('EXISTS', view) == 1 and redis.call('HSETNX', view, 'attended', attended) == 1 then
    redis.call('HINCRBY', view, 'version', 1)
    redis.call('ZADD', viewers, 'XX', now, name)
    redis.call(ARGV[2], channel, name)
  end
end
return clean
