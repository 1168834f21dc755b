-- Counts one report of a player, keeps it, marks the view for the next flush, and tells whoever watches.
-- The rules are those of countReport in packages/core/src/views/count-report.ts.
--
-- KEYS  1 the view, a hash · 2 its watched seconds, a bitmap · 3 the viewer's clock, a hash
--       4 the video's viewers, a sorted set · 5 what is dirty, a sorted set (all in the tenant's slot)
-- ARGV  1 now, ms; empty: Redis' own time
--       2 player · 3 how old the report is, ms · 4 position, seconds · 5 speed · 6 muted · 7 hidden · 8 left (1 or 0)
--       9 length of the video, seconds · 10 greatest speed that counts · 11 may skip (1 or 0) · 12 places
--       13 seconds that are enough · 14 deadline, ms; empty: none
--       15 the viewer's name · 16 the view on the dirty list · 17 channel · 18 PUBLISH or, in Cluster, SPUBLISH
--       19 generation of the grant that it comes by; empty: none · 20… ranges, from and to of each
-- Returns {'load'} if the view is not here, {'revoked'} if that grant was taken away, {'refused'} if as many others play
--         as may, else
--         {'counted', counted, too fast, beyond the end, ahead, then STATE of views/view-reply.ts}

local FIRST_CREDIT, MAX_CREDIT, PLACE, AHEAD, LIFE = 15000, 14400000, 45000, 3, 43200000
local FIELDS, MAX_SESSIONS = 12, 200 -- of a view's hash: those that are no session's line, and lines

if redis.call('EXISTS', KEYS[1]) == 0 then
  return { 'load' }
end

local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local player, ago, speed = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[5])
local length, maxSpeed, places = tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[12])
local reportedAt = now - ago

-- the viewer's clock
local flat = redis.call('HGETALL', KEYS[3])
local credit, at, generation, own, others, gone = nil, nil, 0, 0, 0, {}
for i = 1, #flat, 2 do
  local field, value = flat[i], tonumber(flat[i + 1])
  if field == 'credit' then
    credit = value
  elseif field == 'at' then
    at = value
  elseif field == 'generation' then
    generation = value
  elseif field == 'p:' .. player then
    own = value
  elseif value <= now - PLACE then
    gone[#gone + 1] = field
  else
    others = others + 1
  end
end
if ARGV[19] ~= '' and tonumber(ARGV[19]) ~= generation then
  return { 'revoked' }
end
if ago < PLACE and own <= now - PLACE and others >= places then
  return { 'refused' }
end
if not at or now - at > MAX_CREDIT then
  credit = FIRST_CREDIT
else
  credit = math.min(MAX_CREDIT, credit + math.max(0, now - at) * places)
end

-- the seconds
local before = redis.call('GET', KEYS[2]) or ''
local fresh = {}
local function isWatched(second)
  if fresh[second] then
    return true
  end
  local byte = string.byte(before, math.floor(second / 8) + 1) or 0
  return math.floor(byte / 2 ^ (7 - second % 8)) % 2 == 1
end
local stop = math.huge
if ARGV[11] == '0' then
  stop = 0
  for i = #before, 1, -1 do
    local byte = string.byte(before, i)
    if byte ~= 0 then
      local low = 0
      while math.floor(byte / 2 ^ low) % 2 == 0 do
        low = low + 1
      end
      stop = i * 8 - low
      break
    end
  end
end
local mayCount = math.floor(credit * maxSpeed / 1000)
local counted, tooFast, beyond, ahead = 0, 0, 0, 0
for i = 20, #ARGV, 2 do
  for second = tonumber(ARGV[i]), tonumber(ARGV[i + 1]) - 1 do
    if second >= length then
      beyond = beyond + 1
    elseif not isWatched(second) then
      if second > stop + AHEAD then
        ahead = ahead + 1
      elseif counted >= mayCount then
        tooFast = tooFast + 1
      else
        fresh[second] = true
        redis.call('SETBIT', KEYS[2], second, 1)
        counted = counted + 1
        stop = math.max(stop, second + 1)
      end
    end
  end
end

credit = math.max(0, credit - math.floor(counted * 1000 / maxSpeed))
redis.call('HSET', KEYS[3], 'credit', credit, 'at', math.max(now, at or 0))
own = math.max(own, reportedAt)
if ARGV[8] == '1' or own <= now - PLACE then -- whoever holds no place is not kept: names of players are made up
  redis.call('HDEL', KEYS[3], 'p:' .. player)
else
  redis.call('HSET', KEYS[3], 'p:' .. player, own)
end
if #gone > 0 then
  redis.call('HDEL', KEYS[3], unpack(gone))
end
redis.call('PEXPIRE', KEYS[3], LIFE)

-- the view
local view = redis.call('HMGET', KEYS[1], 'session', 'player', 'position_at', 'seen', 'due', 'seconds')
local session = tonumber(view[1])
if view[2] ~= player then
  session = session + 1
end
local seconds = tonumber(view[6]) + counted
redis.call('HSET', KEYS[1], 'session', session, 'player', player, 'length', length, 'seconds', seconds,
  'seen', math.max(tonumber(view[4]) or 0, reportedAt), 'changed', now)
redis.call('HINCRBY', KEYS[1], 'version', 1)
if reportedAt >= tonumber(view[3]) then
  redis.call('HSET', KEYS[1], 'position', ARGV[4], 'position_at', reportedAt)
end
if not view[5] and seconds >= tonumber(ARGV[13]) and (ARGV[14] == '' or now <= tonumber(ARGV[14])) then
  redis.call('HSET', KEYS[1], 'due', now)
end

-- the session's line: began, ended, counted, muted, hidden, speed
local field = 'log:' .. session
local line = redis.call('HGET', KEYS[1], field)
if line or redis.call('HLEN', KEYS[1]) < FIELDS + MAX_SESSIONS then
  local log = {}
  for part in string.gmatch(line or '', '%S+') do
    log[#log + 1] = tonumber(part)
  end
  redis.call('HSET', KEYS[1], field, string.format('%.0f %.0f %d %d %d %.17g',
    math.min(log[1] or reportedAt, reportedAt), math.max(log[2] or reportedAt, reportedAt),
    (log[3] or 0) + counted, (log[4] or 0) + (ARGV[6] == '1' and counted or 0),
    (log[5] or 0) + (ARGV[7] == '1' and counted or 0), math.max(log[6] or 0, speed)))
end

redis.call('PERSIST', KEYS[1])
redis.call('PERSIST', KEYS[2])
redis.call('PERSIST', KEYS[4])
redis.call('ZADD', KEYS[4], now, ARGV[15])
redis.call('ZADD', KEYS[5], 'NX', now, ARGV[16])
redis.call(ARGV[18], ARGV[17], ARGV[15])

local reply = { 'counted', counted, tooFast, beyond, ahead }
local state = redis.call('HMGET', KEYS[1], 'session', 'version', 'position', 'length', 'seconds', 'seen', 'due', 'attended')
for i = 1, 8 do
  reply[5 + i] = state[i] or ''
end
return reply
