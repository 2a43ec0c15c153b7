-- Whether somebody is a member: 1 or 0.
-- ARGV: id.
local now = read_clock()
local expiry = redis.call('ZSCORE', KEYS[2], ARGV[1])
return expiry and tonumber(expiry) > now and 1 or 0
