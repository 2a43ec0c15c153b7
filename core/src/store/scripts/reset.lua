-- Forgets a key: its use under every limit, and its block.
--
-- KEYS: the mark of the last reset, the block, the list of own limits, and a state for each policy.
-- ARGV: the microseconds for which a charge can be refunded.
-- Answers: 1.
--
-- States under own limits are found through their list; they share the slot of KEYS.
local MAX = 9007199254740991
local time = redis.call('TIME')
local now = math.min(time[1] * 1000000 + time[2], MAX - 1)
-- States under own limits may last longer than the policies' own.
local matters_until = math.max(math.ceil((now + ARGV[1]) / 1000), redis.call('PEXPIRETIME', KEYS[3]))
local own = redis.call('SMEMBERS', KEYS[3])
for i = 2, #KEYS do own[#own + 1] = KEYS[i] end
-- As many at a time as `unpack` takes.
for first = 1, #own, 5000 do redis.call('DEL', unpack(own, first, math.min(first + 4999, #own))) end
-- A refund of what was taken before credits nothing.
redis.call('SET', KEYS[1], string.format('%.0f', now), 'PXAT', matters_until)
return 1
