-- Takes out members whose time is over, and says when to look again. Whoever runs first does it for all processes.
-- ARGV: life of keys (ms), most removals, then room and channel for each room.
-- The answer: how many were removed, and 1 where more are due.
local life, budget, now = ARGV[1], tonumber(ARGV[2]), read_clock()
local removed, more = 0, 0

local function look_again(room, name)
  local first = redis.call('ZRANGE', room.expiry, 0, 0, 'WITHSCORES')
  if #first == 0 then
    redis.call('ZREM', KEYS[1], name)
    -- The number of the last change stays for as long, so that who follows the room notices nothing.
    redis.call('PEXPIRE', room.users, life)
    return
  end
  redis.call('ZADD', KEYS[1], first[2], name)
  keep(room, KEYS[1], life)
  if tonumber(first[2]) <= now then
    more = 1
  end
end

for key = 2, #KEYS, 3 do
  local at = 3 + (key - 2) / 3 * 2
  if removed < budget then
    local room = open_room(KEYS[key], KEYS[key + 1], KEYS[key + 2], ARGV[at + 1])
    removed = removed + evict(room, budget - removed, now)
    close_room(room)
    look_again(room, ARGV[at])
  else
    more = 1
  end
end
return { removed, more }
