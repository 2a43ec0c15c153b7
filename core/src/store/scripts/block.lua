-- Refuses a key for a time, whatever its policies say. A longer block that exists already stays.
--
-- KEYS: the block, and where window.lua decides the counter.
-- ARGV: a time to use instead of Redis's (tests; else empty), ms that tests add to every TTL, and the
--       microseconds.
-- Answers: 1.
local MAX = 9007199254740991
local frozen, shift, span = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = frozen ~= '' and tonumber(frozen) or time[1] * 1000000 + time[2]
local till = math.min(MAX, now + span)

local function whole(number)
  return string.format('%.0f', number)
end

local standing = string.match(redis.call('GET', KEYS[1]) or '0', '^%d+')
if till <= now or tonumber(standing) > till then return 1 end
redis.call('SET', KEYS[1], whole(till) .. ' 0', 'PX', whole(math.ceil((till - now) / 1000) + shift))

-- The counter becomes a text, so that window.lua notices without asking for blocks each time.
local counter = KEYS[2]
if counter then
  local value = redis.call('GET', counter) or '0'
  local used, ends = string.match(value, '^B%d+ (%d+) (%d+)$')
  if not used then
    local ttl = redis.call('PTTL', counter)
    used, ends = value, whole(ttl < 0 and 0 or now + (ttl - shift) * 1000)
  end
  local text = 'B' .. whole(till) .. ' ' .. used .. ' ' .. ends
  redis.call('SET', counter, text, 'PX', whole(math.ceil((math.max(till, tonumber(ends)) - now) / 1000) + shift))
end
return 1
