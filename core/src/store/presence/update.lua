-- Changes the data of a member.
-- ARGV: channel, id, session, data.
local room = open_room(KEYS[2], KEYS[3], KEYS[4], ARGV[1])
local cid, mine = ARGV[2], ARGV[3]
local now = read_clock()

local session, was = meet(room, cid, now)
local answer = standing(session, mine)
if answer == HELD then
  local user = user_of(was) or ''
  local rest = #user .. ' ' .. user .. ARGV[4]
  if rest ~= was then
    redis.call('HSET', room.who, cid, session .. ' ' .. rest)
    tell(room, 'updated', cid, rest)
  end
end
close_room(room)
return answer
