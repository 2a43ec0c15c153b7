-- Becomes a member, or takes the place over from the session that held it.
-- ARGV: room, channel, id, session, "<bytes of user> <user><data>", ttl (ms), life of keys (ms), "again" for a process
-- that joins a member again which the store had lost: then it takes nobody's place.
local room = open_room(KEYS[2], KEYS[3], KEYS[4], ARGV[2])
local cid, session, rest = ARGV[3], ARGV[4], ARGV[5]
local now = read_clock()
local expiry = whole(now + ARGV[6])

local holder, was = meet(room, cid, now)
if ARGV[8] == 'again' and standing(holder, session) == REPLACED then
  close_room(room)
  return REPLACED
end
-- Under another user it is somebody else.
if was and user_of(was) ~= user_of(rest) then
  take_out(room, 'left', cid, was)
  was = nil
end
redis.call('ZADD', room.expiry, expiry, cid)
redis.call('HSET', room.who, cid, session .. ' ' .. rest)
if not was then
  tell_joined(room, cid, rest)
elseif was ~= rest then
  tell(room, 'updated', cid, rest)
end
close_room(room)
redis.call('ZADD', KEYS[1], 'LT', expiry, ARGV[1])
keep(room, KEYS[1], ARGV[7])
return HELD
