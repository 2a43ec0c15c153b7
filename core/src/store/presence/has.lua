-- Whether somebody is a member: 1 or 0.
-- ARGV: id, frozen time.
local now = read_clock(ARGV[2])
local expiry = redis.call('ZSCORE', KEYS[2], ARGV[1])
return expiry and tonumber(expiry) > now and 1 or 0
