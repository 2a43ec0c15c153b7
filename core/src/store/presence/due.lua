-- Rooms in which somebody's time may be over.
-- ARGV: how many at most.
local now = read_clock()
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', whole(now), 'LIMIT', 0, ARGV[1])
