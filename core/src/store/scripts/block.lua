-- Refuses a key for a time, whatever its policies say. A longer block that exists already stays.
--
-- KEYS: the block, and where window.lua decides the counter.
-- ARGV: the microseconds.
-- Answers: 1.
local MAX = 9007199254740991
local time = redis.call('TIME')
local now = math.min(time[1] * 1000000 + time[2], MAX - 1)
local till = math.min(MAX, now + ARGV[1])

local standing = string.match(redis.call('GET', KEYS[1]) or '0', '^%d+')
if till <= now or tonumber(standing or 0) > till then return 1 end

-- The counter becomes a text, so that window.lua notices without asking for blocks each time.
local counter = KEYS[2]
if counter then
  local value = redis.call('GET', counter) or '0'
  local used, ends = string.match(value, '^B%d+ (%d+) (%d+)$')
  if not used then
    used, ends = string.match(value, '^%d+$'), math.max(0, redis.call('PEXPIRETIME', counter))
  end
  if not used then return redis.error_reply('ERR a key of ours holds a value that is not ours: ' .. counter) end
  local text = string.format('B%.0f %s %.0f', till, used, ends)
  redis.call('SET', counter, text, 'PXAT', math.max(math.ceil(till / 1000), ends))
end
redis.call('SET', KEYS[1], string.format('%.0f 0', till), 'PXAT', math.ceil(till / 1000))
return 1
