-- Refuses a key for a time, whatever its policies say. A longer block that exists already stays.
--
-- KEYS: the block, and the state where window.lua or bucket.lua decides.
-- ARGV: the microseconds.
-- Answers: 1.
local MAX = 9007199254740991
local time = redis.call('TIME')
local now = math.min(time[1] * 1000000 + time[2], MAX - 1)
local till = math.min(MAX, now + ARGV[1])

local standing = string.match(redis.call('GET', KEYS[1]) or '0', '^%d+')
if till <= now or tonumber(standing or 0) > till then return 1 end

-- The state becomes a text with a "B", so that those scripts notice without asking for blocks each time.
local state = KEYS[2]
if state then
  local value = redis.call('GET', state) or '0 0'
  local ends = math.max(0, redis.call('PEXPIRETIME', state))
  local free = string.match(value, '^B%d+ (%d+ %d+)$') or string.match(value, '^%d+ %d+$')
  if string.match(value, '^%d+$') then free = string.format('%s %d', value, ends) end
  if not free then return redis.error_reply('ERR a key of ours holds a value that is not ours: ' .. state) end
  redis.call('SET', state, string.format('B%d %s', till, free), 'PXAT', math.max(math.ceil(till / 1000), ends))
end
redis.call('SET', KEYS[1], string.format('%d 0', till), 'PXAT', math.ceil(till / 1000))
return 1
