-- How many are in a room, without reading them.
-- ARGV: channel, most removals.
-- The answer: connections, users, and 1 where so many are due that their users are still counted.
local room = open_room(KEYS[2], KEYS[3], KEYS[4], ARGV[1])
local now = read_clock()
evict(room, tonumber(ARGV[2]), now)
close_room(room)
read_numbers(room)

local members = redis.call('ZCOUNT', room.expiry, '(' .. whole(now), '+inf')
return { members, room.count, members < redis.call('ZCARD', room.expiry) and 1 or 0 }
