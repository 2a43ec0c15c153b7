-- Leaves: at once, or when the grace is over and it has not come back.
-- ARGV: room, channel, id, session, grace (ms).
local room = open_room(KEYS[2], KEYS[3], KEYS[4], ARGV[2])
local cid, mine, grace = ARGV[3], ARGV[4], tonumber(ARGV[5])
local now = read_clock()

local session, rest = meet(room, cid, now)
local answer = standing(session, mine)
if answer == HELD and grace == 0 then
  take_out(room, 'left', cid, rest)
elseif answer == HELD then
  local expiry = whole(now + grace)
  redis.call('HSET', room.who, cid, '- ' .. rest)
  redis.call('ZADD', room.expiry, expiry, cid)
  redis.call('ZADD', KEYS[1], 'LT', expiry, ARGV[1])
end
close_room(room)
return answer
